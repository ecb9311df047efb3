"""The secret addresses of feeds for one person."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.calendar import private
from app.calendar.models import PrivateFeed
from app.calendar.private import Owner
from app.core.db import transaction
from app.core.errors import GoneError, NotFoundError

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
ADA, BOB = Owner(email_key="ada@example.com"), Owner(email_key="bob@example.com")


def opened(owner: Owner = ADA, *, now: datetime = NOW) -> str:
    with transaction():
        token = private.token_of(private.open_feed(owner, language="zh", now=now))
    assert token is not None
    return token


def ended(owner: Owner = ADA, *, now: datetime = NOW) -> bool:
    with transaction():
        return private.end_feed(owner, now=now)


def test_feed_is_found_by_its_secret_alone(app):
    token, other = opened(), opened(BOB)

    assert private.feed_behind(token, "attendee", now=NOW).email_key == "ada@example.com"
    assert private.feed_behind(other, "attendee", now=NOW).email_key == "bob@example.com"
    with pytest.raises(NotFoundError):
        private.feed_behind(token[:-1], "attendee", now=NOW)
    with pytest.raises(NotFoundError):
        private.feed_behind(token, "organizer", now=NOW)


def test_secret_has_128_bits_and_is_not_in_the_database(app, db):
    token = opened()

    row = db.scalars(select(PrivateFeed)).one()
    stored = [str(getattr(row, column.key)) for column in PrivateFeed.__table__.columns]
    assert len(token) * 6 >= 128
    assert not [value for value in stored if token in value]
    assert len(row.token_hash) == 64


def test_asking_again_gives_the_same_address(app, db):
    first = opened()

    assert opened(now=NOW + timedelta(days=3)) == first
    assert len(db.scalars(select(PrivateFeed)).all()) == 1


def test_two_who_ask_at_once_get_the_same_address(app, db):
    start, tokens = Barrier(4), []

    def ask() -> None:
        with app.app_context():
            start.wait(10)
            tokens.append(opened())

    threads = [Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens) == 4
    assert len(set(tokens)) == 1
    assert len(db.scalars(select(PrivateFeed)).all()) == 1


def test_ended_address_is_gone_for_a_month_and_then_never_was(app):
    token = opened()

    assert (ended(), ended()) == (True, False)

    with pytest.raises(GoneError):
        private.feed_behind(token, "attendee", now=NOW + timedelta(days=30))
    with pytest.raises(NotFoundError):
        private.feed_behind(token, "attendee", now=NOW + timedelta(days=30, seconds=1))


def test_new_address_is_another_one_and_the_old_row_goes_after_a_month(app, db):
    first = opened()
    ended()
    second = opened()

    assert second != first
    assert len(db.scalars(select(PrivateFeed)).all()) == 2
    opened(now=NOW + timedelta(days=31))
    assert [private.token_of(row) for row in db.scalars(select(PrivateFeed))] == [second]


def test_address_outlives_the_site_key(app):
    token = opened()

    app.config["SECRET_KEY"], app.config["SECRET_KEY_FALLBACKS"] = "another key", [app.config["SECRET_KEY"]]
    feed = private.feed_behind(token, "attendee", now=NOW)
    with_old_key = private.token_of(feed)
    app.config["SECRET_KEY_FALLBACKS"] = []

    assert with_old_key == token
    assert private.feed_behind(token, "attendee", now=NOW) is feed
    assert private.token_of(feed) is None


def test_whoever_is_erased_leaves_no_feed(app, db):
    token, other = opened(), opened(BOB)

    with transaction():
        private.forget(ADA)

    with pytest.raises(NotFoundError):
        private.feed_behind(token, "attendee", now=NOW)
    assert private.feed_behind(other, "attendee", now=NOW).email_key == "bob@example.com"

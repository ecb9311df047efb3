"""Links that sign in once, and who may use them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import codes, queries, rules, service
from app.accounts.models import Organizer, SignInLink, SignInSession
from app.core.addresses import normalise
from app.core.errors import NotFoundError
from app.core.tokens import hashed
from app.mail.models import Letter
from tests.support.organizers import remove

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA = normalise("Ada@example.com")


@pytest.fixture
def ada(app):
    service.add_organizer(ADA, name="Ada", now=NOW)
    return ADA


def letters(db):
    return db.scalars(select(Letter).order_by(Letter.id)).all()


def test_organizer_is_added_once(app, db):
    first = service.add_organizer(ADA, name="Ada", now=NOW)
    second = service.add_organizer(normalise("ada@EXAMPLE.com"), now=NOW)

    assert (first, second) == (True, False)
    assert [(row.email, row.name) for row in db.scalars(select(Organizer))] == [("Ada@example.com", "Ada")]


def test_link_is_sent_to_an_organizer_by_letter(ada, db):
    codes.request_letter(normalise("ada@example.com"), language="en", onward="/organizer/events/x/attendees", now=NOW)

    link = db.scalars(select(SignInLink)).one()
    assert [(letter.kind, letter.to_email, letter.language, letter.ids) for letter in letters(db)] == [
        ("sign_in", "Ada@example.com", "en", {"link": link.id, "next": "/organizer/events/x/attendees"})
    ]
    assert link.expires_at == NOW + timedelta(minutes=10)


def test_link_is_not_made_for_a_stranger(ada, db):
    codes.request_letter(normalise("bob@example.com"), language="en", now=NOW)

    # The row is there for the time it takes to write it: it is nobody's, and opens nothing.
    (row,) = db.scalars(select(SignInLink))
    assert letters(db) == []
    assert row.organizer_id is None
    with pytest.raises(NotFoundError):
        service.sign_in(rules.token_of(row), user_agent="", now=NOW)


def test_link_is_not_made_beyond_three_open_ones(ada, db):
    for minute in range(5):
        codes.request_letter(ADA, language="en", now=NOW + timedelta(minutes=minute))
    after_the_first_has_expired = NOW + timedelta(minutes=10, seconds=1)
    codes.request_letter(ADA, language="en", now=after_the_first_has_expired)

    assert len(letters(db)) == 4


def test_link_stores_nothing_that_signs_in(ada, db):
    token = service.link_for_command(ADA, now=NOW)

    stored = db.scalars(select(SignInLink)).one()
    assert token.startswith(stored.code)
    assert rules.code_of(token) == stored.code
    assert rules.code_of(stored.code + "A" * 22) is None


def test_sign_in_opens_a_session_of_thirty_days(ada, db):
    secret = service.sign_in(service.link_for_command(ADA, now=NOW), user_agent="x" * 400, now=NOW)

    row = db.scalars(select(SignInSession)).one()
    assert (row.secret_hash, len(row.user_agent)) == (hashed(secret), 300)
    assert queries.live_session(secret, now=NOW + timedelta(days=29, hours=23)).organizer.name == "Ada"
    assert queries.live_session(secret, now=NOW + timedelta(days=30)) is None


@pytest.mark.parametrize("how", ["used", "expired", "unknown", "altered", "removed"])
def test_sign_in_refuses_a_link_that_does_not_hold(ada, db, how):
    token = service.link_for_command(ADA, now=NOW)
    later = NOW
    if how == "used":
        service.sign_in(token, user_agent="", now=NOW)
    elif how == "expired":
        later = NOW + timedelta(hours=1)
    elif how == "unknown":
        token = "2345678923" + "A" * 22
    elif how == "altered":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    else:
        remove(ADA.email)
    before = db.scalar(select(func.count()).select_from(SignInSession))

    with pytest.raises(NotFoundError):
        service.sign_in(token, user_agent="", now=later)

    assert db.scalar(select(func.count()).select_from(SignInSession)) == before


def test_sign_out_ends_only_this_session(ada, db):
    here = service.sign_in(service.link_for_command(ADA, now=NOW), user_agent="", now=NOW)
    there = service.sign_in(service.link_for_command(ADA, now=NOW), user_agent="", now=NOW)

    ended, again = service.sign_out(here, now=NOW), service.sign_out(here, now=NOW)

    assert (ended, again) == (True, False)
    assert queries.live_session(here, now=NOW) is None
    assert queries.live_session(there, now=NOW) is not None


def test_removed_organizer_is_out_at_once_and_stays_out_when_added_again(ada, db):
    secret = service.sign_in(service.link_for_command(ADA, now=NOW), user_agent="", now=NOW)

    remove(ADA.email)
    while_removed = queries.live_session(secret, now=NOW)
    service.add_organizer(ADA, now=NOW)

    assert (while_removed, queries.live_session(secret, now=NOW)) == (None, None)
    assert queries.organizer_with(ADA.key).name == "Ada"


def test_removing_a_stranger_is_refused(ada):
    with pytest.raises(NotFoundError):
        remove("bob@example.com")


def test_old_links_and_sessions_are_forgotten(ada, db):
    service.sign_in(service.link_for_command(ADA, now=NOW), user_agent="", now=NOW)

    codes.request_letter(normalise("bob@example.com"), language="en", now=NOW + timedelta(days=40))
    after_the_session = db.scalar(select(func.count()).select_from(SignInSession))
    codes.request_letter(normalise("cyd@example.com"), language="en", now=NOW + timedelta(days=431))

    # The session outlives its end, so that the device is known again; of the links only the newest is left.
    assert db.scalar(select(func.count()).select_from(SignInLink)) == 1
    assert after_the_session == 1
    assert db.scalar(select(func.count()).select_from(SignInSession)) == 0

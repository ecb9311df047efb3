"""Signed-in browsers: seen, listed, ended, and the letter about one we did not know."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import mails, queries, service, sessions
from app.accounts.models import SignInSession
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import speaking
from app.core.tokens import new_secret
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from tests.support.organizers import remove, signed_in

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA, BOB = normalise("ada@example.com"), normalise("bob@example.com")
LAPTOP, PHONE = new_secret(), new_secret()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ada(app):
    service.add_organizer(ADA, name="Ada", language="en", now=NOW)
    service.add_organizer(BOB, now=NOW)
    return ADA


def enter(address=ADA, device=LAPTOP, *, user_agent=FIREFOX, now=NOW):
    """Sign in; return the secret of the cookie, and who acts by it."""
    secret = service.sign_in(service.link_for_command(address, now=now), user_agent=user_agent, device=device, now=now)
    session = queries.live_session(secret, now=now)
    return secret, Actor(organizer_id=session.organizer_id, session_id=session.id)


def told(db):
    """Return the letters about new devices: to whom, in which language, about which sign-in."""
    rows = db.scalars(select(Letter).where(Letter.kind == "new_device").order_by(Letter.id))
    return [(row.to_email, row.language, row.ids["session"]) for row in rows]


def test_new_device_is_told_by_letter_but_not_the_very_first(ada, db):
    enter()
    enter()
    after_the_first = told(db)
    _secret, phone = enter(device=PHONE)
    enter(device=PHONE)
    enter()

    assert after_the_first == []
    assert told(db) == [("ada@example.com", "en", phone.session_id)]


def test_device_is_known_by_its_own_organizer_alone(ada, db):
    enter()
    enter(BOB, PHONE)
    _secret, here = enter(BOB, LAPTOP)

    assert told(db) == [("bob@example.com", "zh", here.session_id)]


def test_device_that_was_signed_out_by_its_owner_is_new_again(ada, db):
    _secret, stolen = enter(device=PHONE)
    _secret, me = enter()
    sessions.revoke(stolen.session_id, by=me, now=NOW)

    _secret, again = enter(device=PHONE)

    assert [session for _to, _language, session in told(db)] == [me.session_id, again.session_id]


def test_device_that_signed_out_itself_is_known(ada, db):
    secret, _me = enter()
    service.sign_out(secret, now=NOW)

    enter(now=NOW + timedelta(days=399))

    assert told(db) == []


def test_letter_about_a_device_says_which_when_and_what_to_do(ada, db):
    enter()
    enter(device=PHONE)
    (letter,) = db.scalars(select(Letter).where(Letter.kind == "new_device"))

    with speaking("en"):
        draft = mails.new_device(letter)

    assert draft.subject.startswith("New sign-in to ")
    for part in (draft.text, draft.html):
        assert "Firefox on Linux" in part
        assert "Sunday, 1 March 2026 12:00 Beijing time (UTC+8)" in part
        assert "http://127.0.0.1:8000/organizer/account/?lang=en#sessions" in part


def test_letter_about_a_device_is_not_sent_once_it_was_signed_out(ada, db):
    _secret, me = enter()
    _secret, other = enter(device=PHONE)
    (letter,) = db.scalars(select(Letter).where(Letter.kind == "new_device"))
    sessions.revoke(other.session_id, by=me, now=NOW)
    db.expire_all()

    assert mails.new_device(letter) is None


def test_session_is_revoked_by_its_organizer_alone(ada, db):
    mine, me = enter()
    other, there = enter(device=PHONE)
    foreign, bob = enter(BOB)

    sessions.revoke(there.session_id, by=me, now=NOW)

    for actor, number in ((me, there.session_id), (me, bob.session_id), (me, 999)):
        with pytest.raises(NotFoundError):
            sessions.revoke(number, by=actor, now=NOW)
    assert [queries.live_session(secret, now=NOW) is not None for secret in (mine, other, foreign)] == [
        True,
        False,
        True,
    ]


def test_all_other_sessions_are_revoked_at_once(ada, db):
    mine, me = enter()
    others = [enter(device=PHONE)[0] for _ in range(3)]
    foreign, _bob = enter(BOB)

    number, again = sessions.revoke_others(by=me, now=NOW), sessions.revoke_others(by=me, now=NOW)

    assert (number, again) == (3, 0)
    assert [queries.live_session(secret, now=NOW) is not None for secret in (mine, *others, foreign)] == [
        True, False, False, False, True,
    ]  # fmt: skip


def test_sign_out_and_revocation_are_written_down(ada, db):
    _secret, me = enter()
    _secret, there = enter(device=PHONE)
    sessions.revoke(there.session_id, by=me, now=NOW)
    enter(device=PHONE)
    sessions.revoke_others(by=me, now=NOW)
    secret, last = enter()
    service.sign_out(secret, now=NOW)
    service.sign_out(secret, now=NOW)

    entries = db.scalars(select(Entry).where(Entry.action != "signed_in").order_by(Entry.id)).all()
    assert [(entry.action, entry.session_id, entry.changes) for entry in entries] == [
        ("session.revoked", me.session_id, {}),
        ("session.others_revoked", me.session_id, {"sessions": [1, 0]}),
        ("signed_out", last.session_id, {}),
    ]
    assert {entry.organizer_id for entry in entries} == {me.organizer_id}


def test_last_visit_is_written_at_most_every_ten_minutes(app, db, count_statements):
    browser = signed_in(app)
    browser.get("/organizer/account/")  # the community's own row is read for the first time
    session = db.scalars(select(SignInSession)).one()

    def visit(last_seen):
        session.last_seen_at = last_seen
        db.commit()
        with count_statements() as seen:
            browser.get("/organizer/account/")
        db.expire_all()
        return session.last_seen_at != last_seen, len(seen)

    now = utc_now()
    recent, long_ago = visit(now - timedelta(minutes=9)), visit(now - timedelta(minutes=11))

    assert (recent[0], long_ago[0]) == (False, True)
    assert long_ago[1] == recent[1] + 1


def test_removed_organizer_leaves_no_way_in(ada, db):
    secret, _me = enter()
    token = service.link_for_command(ADA, now=NOW)
    remove(ADA.email)
    service.add_organizer(ADA, now=NOW)

    assert queries.live_session(secret, now=NOW) is None
    with pytest.raises(NotFoundError):
        service.sign_in(token, user_agent="", now=NOW)

"""The clock is set back: no stamp goes backwards, nothing is sent twice, and nobody is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.community.models import Person, Site
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.versions import Seen
from app.events import venues
from app.events.models import Event, Venue
from app.events.service import apply_changes, touch_events
from app.exchange.load import load
from app.history.service import Actor
from app.mail import delivery, queries
from app.mail.models import Letter, LetterState
from app.registrations import offers, overrides, service
from app.registrations.changes import announce
from app.registrations.models import Registration, RegistrationState
from app.registrations.reminders import remind
from app.registrations.service import cancel
from tests.support.factories import LONG_AGO, sign_up_as, states

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
NOW = STARTS_AT - 20 * DAY
EARLIER = NOW - 3 * HOUR
DELAY = timedelta(minutes=10)


@pytest.fixture
def settings(mail_settings):
    return mail_settings | {"PUBLIC_URL": "https://meetup.example.org"}


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=1, starts_at=STARTS_AT)


def change(event, *, now, **values):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), values, now=now)


def stamps(client):
    """Return what the feed says of its age: its header, and every DTSTAMP and LAST-MODIFIED."""
    response = client.get("/calendar.ics?lang=en")
    names = ("DTSTAMP:", "LAST-MODIFIED:")
    return response.last_modified, {line for line in response.text.split("\r\n") if line.startswith(names)}


def received(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def test_feed_never_grows_younger_and_still_says_that_it_changed(db, event, client):
    with transaction() as session:
        session.add(Site(id=1, name=Texts(en="Meetup"), revised_at=LONG_AGO))
    change(event, now=LONG_AGO + 2 * HOUR, title=Texts(en="First"))
    first, etag = stamps(client), client.get("/calendar.ics?lang=en").headers["ETag"]

    change(event, now=LONG_AGO + HOUR, title=Texts(en="Second"))
    second = stamps(client)
    again = client.get("/calendar.ics?lang=en", headers={"If-None-Match": etag})

    assert first == second == (LONG_AGO + 2 * HOUR, {"DTSTAMP:20191202T060000Z", "LAST-MODIFIED:20191202T060000Z"})
    assert (again.status_code, "SUMMARY:Second" in again.text) == (200, True)
    assert db.scalar(select(Event.revision)) == 3


def test_venue_and_what_is_held_there_keep_the_later_stamp(db, event):
    venue = db.scalars(select(Venue)).one()
    for moment, words in ((NOW, "一"), (EARLIER, "二")):
        seen = venues.values_of(venue)
        given = seen | {"address": Texts(zh=words)}
        venues.save_venue(venue.id, given, seen=Seen.of(seen), by=Actor(organizer_id=1), now=moment)
        db.expire_all()

    assert (venue.revised_at, venue.address, db.get(Event, event.id).revised_at) == (NOW, Texts(zh="二"), NOW)
    with transaction() as session:
        touch_events([session.get(Event, event.id)], "speakers", now=NOW + HOUR)
    assert db.get(Event, event.id).revised_at == NOW + HOUR  # and a clock that goes on is followed


def test_loaded_rows_keep_the_later_stamp(db, app, tmp_path):
    file = tmp_path / "community.yaml"
    for moment, name in ((NOW, "Ada"), (EARLIER, "Ada L."), (EARLIER, "Ada Lovelace")):
        file.write_text(f"format: juhui/1\npeople:\n  - {{slug: ada, name: {name}}}\n")
        load([file], now=moment)

    db.expire_all()
    ada = db.scalars(select(Person)).one()
    assert (ada.name, ada.revised_at) == (Texts(en="Ada Lovelace"), NOW)


def test_registration_keeps_the_later_stamp_whatever_is_done_with_it(db, event):
    ada, bob = (sign_up_as(event, name, now=NOW) for name in ("ada", "bob"))
    steps = [
        lambda: service.change_answers(ada, name="Ada L.", answers={}, now=EARLIER),
        lambda: cancel(ada, now=EARLIER),  # gives bob the seat
    ]
    for step in steps:
        step()
        db.expire_all()
        assert {row.revised_at for row in db.scalars(select(Registration))} == {NOW}

    assert states(event) == {"ada": "cancelled", "bob": "confirmed"}
    assert db.get(Registration, bob.id).confirmed_at == EARLIER  # when it happened, as the clock said it


def test_leased_letter_is_sent_once_when_its_time_comes_again(db, event, smtp_server):
    sign_up_as(event, "ada", now=NOW)
    (letter,) = delivery._lease(NOW)
    lease_ends = queries.letter(letter.id).due_at

    nothing = [delivery.deliver(moment) for moment in (EARLIER, NOW, lease_ends - timedelta(seconds=1))]
    sent = [delivery.deliver(moment) for moment in (lease_ends, EARLIER, lease_ends + HOUR)]

    assert (nothing, sent) == ([0, 0, 0], [1, 0, 0])
    assert len(smtp_server.messages) == 1
    assert queries.lateness(EARLIER) == timedelta()


def test_letter_settled_by_an_earlier_clock_is_not_sent_again(db, event, smtp_server):
    sign_up_as(event, "ada", now=EARLIER - HOUR)

    sent = [delivery.deliver(moment) for moment in (NOW, EARLIER, NOW, NOW + DAY)]

    assert (sent, len(smtp_server.messages)) == ([1, 0, 0, 0], 1)
    assert db.scalar(select(Letter.state)) is LetterState.SENT


def test_offer_runs_out_once_at_its_own_time(db, event):
    near = STARTS_AT - DAY
    ada, *_rest = (sign_up_as(event, name, now=NOW) for name in ("ada", "bob", "cyd"))
    cancel(ada, now=near)
    until = db.scalar(select(Registration.offer_expires_at).where(Registration.email_key == "bob@example.com"))

    early = [offers.expire(moment) for moment in (near - 5 * HOUR, until - timedelta(seconds=1))]
    held = states(event)
    late = [offers.expire(moment) for moment in (until, near - 5 * HOUR, until)]

    assert (early, held) == ([0, 0], {"ada": "cancelled", "bob": "offered", "cyd": "waiting"})
    assert (late, states(event)) == ([1, 0, 0], {"ada": "cancelled", "bob": "cancelled", "cyd": "offered"})
    assert [kind for kind, who in received(db) if who == "bob"] == ["waiting", "offered", "offer-expired"]


def test_reminders_go_once_however_often_their_moment_comes(db, event):
    sign_up_as(event, "ada", now=NOW)
    week = STARTS_AT - 7 * DAY

    for moment in (week, week - HOUR, week, week + HOUR, STARTS_AT - DAY, week + DAY, STARTS_AT - DAY):
        while remind(moment):
            pass

    assert received(db) == [("confirmed", "ada"), ("reminder", "ada"), ("reminder", "ada")]
    assert db.scalar(select(func.count(func.distinct(Letter.key))).where(Letter.kind == "reminder")) == 2


def test_who_came_by_the_later_clock_hears_of_a_change_by_the_earlier_one(db, event):
    sign_up_as(event, "ada", now=NOW)

    change(event, now=EARLIER, starts_at=STARTS_AT + HOUR)
    announce(EARLIER + DELAY)

    assert received(db) == [("confirmed", "ada"), ("event-changed", "ada")]


def test_an_edit_by_the_earlier_clock_takes_nobody_out_of_the_letter(db, event):
    change(event, now=NOW - 2 * HOUR, starts_at=STARTS_AT + HOUR)
    sign_up_as(event, "ada", now=NOW - 3 * HOUR)

    change(event, now=NOW - 4 * HOUR, starts_at=STARTS_AT + 2 * HOUR)
    announce(NOW)

    assert received(db) == [("confirmed", "ada"), ("event-changed", "ada")]


def test_a_seat_given_by_the_earlier_clock_keeps_the_later_stamp(db, event):
    sign_up_as(event, "ada", now=NOW)
    bob = sign_up_as(event, "bob", now=NOW)
    decision = overrides.Decision("was at the door", Actor(organizer_id=1), EARLIER, adds_seat=True)

    overrides.promote(bob.id, decision)

    db.expire_all()
    assert (bob.state, bob.revised_at) == (RegistrationState.CONFIRMED, NOW)

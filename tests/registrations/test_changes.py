"""An event moves or is cancelled: who registered hears it once, whatever dies in between."""

import re
from datetime import UTC, datetime, timedelta

import mailparser
import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.versions import Seen
from app.events import venues
from app.events.models import Event, EventState, Venue
from app.events.service import apply_changes
from app.history.service import Actor
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations import changes
from app.registrations.changes import announce
from app.registrations.models import EventChange
from app.registrations.service import cancel
from tests.races.test_killed_sign_up import POINTS, die_at
from tests.support.factories import LONG_AGO, sign_up_as

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DELAY = timedelta(minutes=10)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    return make_event(capacity=2, starts_at=STARTS_AT, title=Texts(zh="北京 Meetup", en="Beijing meetup"))


def change(event, *, now, **values):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), values, now=now)


def told(db):
    """Return who gets which letter about a change, by the part of the address before the @."""
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).where(Letter.kind.startswith("event-")).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def lines_of(raw):
    """Return the invitation's lines, unfolded."""
    parts = [
        part for part in mailparser.parse_from_bytes(raw).message.walk() if part.get_content_type() == "application/ics"
    ]
    return re.sub(rb"\r\n[ \t]", b"", parts[0].get_payload(decode=True)).decode().split("\r\n") if parts else []


def test_everybody_registered_hears_of_a_move_after_the_edits_have_gathered(db, event):
    for name in ("ada", "bob", "cyd"):  # cyd waits
        sign_up_as(event, name)
    now = utc_now()

    change(event, now=now, starts_at=STARTS_AT + HOUR)
    change(event, now=now + timedelta(minutes=5), venue=None)
    early = announce(now + DELAY - timedelta(seconds=1))
    announce(now + DELAY)
    announce(now + DELAY + HOUR)

    assert early == 0
    assert told(db) == [("event-changed", name) for name in ("ada", "bob", "cyd")]


def test_the_letter_says_what_was_and_what_is_and_moves_the_calendar(db, event, smtp_server):
    sign_up_as(event, "ada", language="en")
    now = utc_now()

    change(event, now=now, starts_at=STARTS_AT + HOUR, ends_at=STARTS_AT + 6 * HOUR)
    announce(now + DELAY)
    deliver(now + DELAY)

    raw = smtp_server.wait_for(2)[-1].raw
    mail = mailparser.parse_from_bytes(raw)
    assert mail.subject == "Changed: Beijing meetup"
    for text in (mail.text_plain[0], mail.text_html[0]):
        assert "Saturday, 13 December 2031 13:00–18:00 Beijing time (UTC+8)" in text
        assert "Saturday, 13 December 2031 14:00–19:00 Beijing time (UTC+8)" in text
        assert "Where" not in text
    lines = lines_of(raw)
    assert {"METHOD:REQUEST", "SEQUENCE:1", f"UID:{event.uid}"} <= set(lines)
    assert "DTSTART;TZID=Asia/Shanghai:20311213T140000" in lines


def test_a_cancelled_event_withdraws_the_entry_and_gives_the_reason(db, event, smtp_server):
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)
    now = utc_now()

    change(event, now=now, state=EventState.CANCELLED, cancellation_reason=Texts(zh="场地临时关闭。"))
    announce(now + DELAY)
    deliver(now + DELAY)

    messages = [m.raw for m in smtp_server.wait_for(3)]
    assert told(db) == [("event-cancelled", name) for name in ("ada", "bob", "cyd")]
    # The three confirmations had not left: they are no longer true, and are stopped.
    assert db.execute(select(Letter.state, func.count()).group_by(Letter.state).order_by(Letter.state)).all() == [
        ("sent", 3),
        ("stopped", 3),
    ]
    ada, _bob, cyd = messages
    assert "场地临时关闭。" in mailparser.parse_from_bytes(ada).text_plain[0]
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1", f"UID:{event.uid}"} <= set(lines_of(ada))
    assert lines_of(cyd) == []  # who waited had no entry


@pytest.mark.parametrize(
    "values",
    [
        {"title": Texts(zh="改了一个错字")},
        {"starts_at": STARTS_AT},
    ],
    ids=["a corrected typo", "nothing"],
)
def test_what_calendars_need_not_hear_sends_nothing(db, event, values):
    sign_up_as(event, "ada")

    change(event, now=utc_now(), **values)
    announce(utc_now() + DELAY)

    assert told(db) == []


def test_a_change_taken_back_in_time_sends_nothing(db, event):
    sign_up_as(event, "ada")
    now = utc_now()

    change(event, now=now, starts_at=STARTS_AT + HOUR)
    change(event, now=now, starts_at=STARTS_AT)
    announce(now + DELAY)

    assert told(db) == []


def test_a_cancelled_event_that_takes_place_after_all_says_so_and_invites_anew(db, event, smtp_server):
    sign_up_as(event, "ada", language="en")
    now = utc_now()
    change(event, now=now, state=EventState.CANCELLED)
    announce(now + DELAY)
    deliver(now + DELAY)

    change(event, now=now + HOUR, state=EventState.PUBLISHED)
    announce(now + HOUR + DELAY)
    deliver(now + HOUR + DELAY)

    raw = smtp_server.wait_for(2)[-1].raw
    mail = mailparser.parse_from_bytes(raw)
    for text in (mail.text_plain[0], mail.text_html[0]):
        assert "cancelled" in text
        assert "takes place" in text
        assert "Beijing meetup" in text
    assert {"METHOD:REQUEST", "STATUS:CONFIRMED", "SEQUENCE:2"} <= set(lines_of(raw))


def test_who_signs_up_after_the_change_or_has_left_is_told_nothing(db, event):
    now = utc_now()
    ada = sign_up_as(event, "ada", now=now - HOUR)
    sign_up_as(event, "bob", now=now - HOUR)
    change(event, now=now, starts_at=STARTS_AT + HOUR)
    cancel(ada, now=now)
    sign_up_as(event, "cyd", now=now + timedelta(minutes=1))

    announce(now + DELAY)

    assert told(db) == [("event-changed", "bob")]


def test_publishing_a_draft_is_no_news_and_a_past_event_tells_nobody(db, make_event):
    draft = make_event(state=EventState.DRAFT)
    past = make_event(starts_at=LONG_AGO)
    now = utc_now()

    change(draft, now=now, state=EventState.PUBLISHED)
    change(past, now=now, zone="Europe/Berlin")

    assert db.scalar(select(func.count()).select_from(EventChange)) == 0


def test_a_later_change_sends_a_letter_of_its_own(db, event):
    sign_up_as(event, "ada")
    now = utc_now()

    change(event, now=now, starts_at=STARTS_AT + HOUR)
    announce(now + DELAY)
    change(event, now=now + HOUR, venue=None)
    announce(now + HOUR + DELAY)

    assert told(db) == [("event-changed", "ada")] * 2


def test_a_corrected_venue_is_told_as_it_is_now(db, event, smtp_server):
    from app.events.service import touch_events

    sign_up_as(event, "ada", language="en")
    now = utc_now()

    with transaction() as session:
        venue = session.scalars(select(Venue)).one()
        venue.address = Texts(en="2 New Street")
        touch_events([session.get(Event, event.id)], "venue", now=now, for_calendars=True)
    announce(now + DELAY)
    deliver(now + DELAY)

    text = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw).text_plain[0]
    assert "2 New Street" in text
    assert "Where" in text
    assert "before" not in text


def test_a_corrected_address_is_told_from_what_it_was_to_what_it_is(db, event, smtp_server):
    sign_up_as(event, "ada", language="en")
    now = utc_now()
    venue = db.scalars(select(Venue)).one()
    seen = venues.values_of(venue)

    given = seen | {"name": Texts(zh="歌华大厦", en="Gehua Tower"), "address": Texts(en="2 New Street")}
    venues.save_venue(venue.id, given, seen=Seen.of(seen), by=Actor(organizer_id=1), now=now)
    announce(now + DELAY)
    deliver(now + DELAY)

    mail = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw)
    assert "before: Gehua Tower, 13th floor, 北京市东城区青龙胡同 1 号歌华大厦 13 层" in mail.text_plain[0]
    assert "now: Gehua Tower, 2 New Street" in mail.text_plain[0]
    assert "<s>Gehua Tower, 13th floor, 北京市东城区青龙胡同 1 号歌华大厦 13 层</s>" in mail.text_html[0]


def test_an_address_corrected_and_put_right_again_sends_nothing(db, event):
    sign_up_as(event, "ada")
    now = utc_now()
    venue = db.scalars(select(Venue)).one()
    right = venues.values_of(venue)
    wrong = right | {"address": Texts(zh="写错了")}

    for before, after in ((right, wrong), (wrong, right)):
        venues.save_venue(venue.id, after, seen=Seen.of(before), by=Actor(organizer_id=1), now=now)
    announce(now + DELAY)

    assert told(db) == []


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (Texts(zh="改期"), Texts(zh="换地方"), Texts(zh="改期\n\n换地方")),
        (Texts(zh="改期", en="Moved"), Texts(zh="换地方"), Texts(zh="改期\n\n换地方", en="Moved\n\n换地方")),
        (Texts(zh="改期"), Texts(en="Elsewhere"), Texts(zh="改期\n\nElsewhere", en="改期\n\nElsewhere")),
        (Texts(zh="改期"), Texts(), Texts(zh="改期")),
        (Texts(), Texts(en="Elsewhere"), Texts(en="Elsewhere")),
        (Texts(zh="改期"), Texts(zh="改期"), Texts(zh="改期")),
    ],
)
def test_the_notes_of_several_edits_are_all_kept(db, event, first, second, kept):
    now = utc_now()

    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"starts_at": STARTS_AT + HOUR}, now=now, note=first)
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"venue": None}, now=now, note=second)

    db.expire_all()
    assert db.scalars(select(EventChange)).one().note == kept


def test_both_notes_stand_in_the_letter(db, event, smtp_server):
    sign_up_as(event, "ada", language="en")
    now = utc_now()

    for number, note in enumerate(("The trains do not run.", "Bring a coat."), start=1):
        with transaction() as session:
            values = {"starts_at": STARTS_AT + number * HOUR}
            apply_changes(session.get(Event, event.id), values, now=now, note=Texts(en=note))
    announce(now + DELAY)
    deliver(now + DELAY)

    mail = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw)
    assert "From the organizers:\nThe trains do not run.\n\nBring a coat.\n" in mail.text_plain[0].replace("\r", "")
    assert re.search(r"<p[^>]*>The trains do not run\.</p>\s*<p[^>]*>Bring a coat\.</p>", mail.text_html[0])


def test_a_fan_out_killed_anywhere_goes_on_and_reaches_everybody_once(app, db, make_event, monkeypatch):
    # Steps of two, so that five people take three steps and a kill falls between and inside them.
    monkeypatch.setattr(changes, "STEP", 2)
    event = make_event(capacity=None, starts_at=STARTS_AT)
    names = ["ada", "bob", "cyd", "dan", "eve"]
    for name in names:
        sign_up_as(event, name)
    now = utc_now()
    change(event, now=now, starts_at=STARTS_AT + HOUR)
    db.remove()

    for point in range(1, POINTS * 3):
        if die_at(app, point, lambda: run_until_quiet(now + DELAY)):
            break
    run_until_quiet(now + DELAY)

    assert point > 3, "the first run came to its end: nothing was killed"
    assert told(db) == [("event-changed", name) for name in names]
    assert db.scalar(select(EventChange.finished_at)) is not None


def run_until_quiet(now):
    while announce(now):
        pass

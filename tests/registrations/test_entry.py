"""The life of one person's calendar entry, as letters and feeds tell it (docs/calendar.md draws it)."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from app.calendar.objects import event_file
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import Event, EventState, Mode
from app.events.service import apply_changes
from app.history.service import THE_SITE, Actor
from app.mail.delivery import deliver
from app.registrations import approval, changes, offers, overrides, service, transfers
from app.registrations.models import Registration, Transfer
from app.registrations.overrides import Decision
from app.registrations.transfers import Receiver
from tests.calendar.samples import values_of
from tests.support.factories import sign_up_as

SECRET = "https://meet.example.org/room"
KINDS = [
    {"slug": "on-site", "capacity": 1},
    {"slug": "online", "capacity": 1},
]


@pytest.fixture
def settings(mail_settings) -> dict[str, object]:
    return mail_settings | {"CHANGE_LETTER_DELAY": "0", "WAITING_LIST_ENTRY": "tentative"}


@pytest.fixture
def entries(app, smtp_server):
    """Deliver what is due, and return what it tells the calendar of one person: method, status, answer, SEQUENCE."""
    seen: dict[str, int] = {}

    def tell(name: str, *, now: datetime | None = None) -> list[tuple[str, ...]]:
        changes.announce(now or utc_now())
        deliver(now or utc_now())
        mails = [message_from_bytes(each.raw, policy=policy.default) for each in smtp_server.messages]
        theirs = [mail for mail in mails if mail["To"].addresses[0].username == name]
        new, seen[name] = theirs[seen.get(name, 0) :], len(theirs)
        return [told(mail) for mail in new]

    return tell


def told(mail) -> tuple[str, ...]:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return ()
    content = parts[0].get_payload(decode=True)
    answer = re.search(r"PARTSTAT=(\w+)", values_of(content, "ATTENDEE")[0])
    return (
        values_of(content, "METHOD")[0][1:],
        *(value[1:] for value in values_of(content, "STATUS")),
        *([answer[1]] if answer else []),
        values_of(content, "SEQUENCE")[0][1:],
    )


def change(event: Event, **values: object) -> None:
    with transaction():
        apply_changes(db.session.get_one(Event, event.id), values, now=utc_now())


def test_entry_of_who_waits_moves_up_moves_with_the_event_leaves_and_comes_back(make_event, entries):
    event = make_event(capacity=1, mode=Mode.HYBRID, online_url=SECRET)
    bob, ada = sign_up_as(event, "bob"), sign_up_as(event, "ada")

    waiting = entries("ada")
    service.cancel(bob, now=utc_now())
    promoted = entries("ada")
    change(event, starts_at=event.starts_at + timedelta(hours=1))
    moved = entries("ada")
    db.session.expire_all()
    service.cancel(ada, now=utc_now())
    left = entries("ada")
    db.session.expire_all()
    sign_up_as(event, "ada")
    back = entries("ada")
    change(event, state=EventState.CANCELLED)
    off = entries("ada")

    assert [waiting, promoted, moved, left, back, off] == [
        [("REQUEST", "TENTATIVE", "TENTATIVE", "0")],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "1")],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "2")],
        [("CANCEL", "3")],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "4")],
        [("CANCEL", "CANCELLED", "5")],
    ]


def test_removal_by_an_organizer_takes_the_entry_from_that_person_alone(make_event, smtp_server):
    event = make_event(capacity=1)
    ada = sign_up_as(event, "ada", full_name="王芳")
    for name in ("bob", "cyd"):
        sign_up_as(event, name)
    deliver(utc_now())
    before = len(smtp_server.messages)

    overrides.remove(ada.id, Decision("twice the same person", THE_SITE, utc_now()))
    deliver(utc_now())

    mails = [message_from_bytes(each.raw, policy=policy.default) for each in smtp_server.messages[before:]]
    by_name = {mail["To"].addresses[0].username: mail for mail in mails}
    withdrawal = next(part for part in by_name["ada"].walk() if part.get_content_type() == "text/calendar")
    content = withdrawal.get_payload(decode=True)
    # The event goes on: without STATUS, and for her alone.
    assert withdrawal.get_param("method") == "CANCEL"
    assert told(by_name["ada"]) == ("CANCEL", "1")
    assert values_of(content, "STATUS") == []
    assert values_of(content, "UID") == [f":{db.session.get_one(Event, event.id).uid}"]
    assert [value.rpartition("mailto:")[2] for value in values_of(content, "ATTENDEE")] == ["ada@example.com"]
    # bob has her seat; cyd, who waits on, and the calendars of both hear of nothing else.
    assert {name: told(mail) for name, mail in by_name.items() if name != "ada"} == {
        "bob": ("REQUEST", "CONFIRMED", "ACCEPTED", "1")
    }


def test_tentative_entry_follows_the_event_and_goes_with_the_person(make_event, entries):
    event = make_event(capacity=1)
    sign_up_as(event, "bob")
    ada = sign_up_as(event, "ada")
    entries("ada")

    change(event, venue=None)
    moved = entries("ada")
    db.session.expire_all()
    service.cancel(ada, now=utc_now())
    left = entries("ada")

    assert (moved, left) == ([("REQUEST", "TENTATIVE", "TENTATIVE", "1")], [("CANCEL", "2")])


def test_tentative_entry_goes_with_the_event(make_event, entries):
    event = make_event(capacity=1)
    sign_up_as(event, "bob")
    sign_up_as(event, "ada")
    entries("ada")

    change(event, state=EventState.CANCELLED)

    assert entries("ada") == [("CANCEL", "CANCELLED", "1")]


def test_tentative_entry_does_not_tell_the_link(make_event, smtp_server):
    event = make_event(capacity=1, mode=Mode.HYBRID, online_url=SECRET)
    for name in ("bob", "ada"):
        sign_up_as(event, name)

    deliver(utc_now())

    links = {}
    for message in smtp_server.messages:
        mail = message_from_bytes(message.raw, policy=policy.default)
        calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
        content = calendar.get_payload(decode=True).replace(b"\r\n ", b"")
        links[mail["To"].addresses[0].username] = SECRET.encode() in content
    assert links == {"bob": True, "ada": False}


def test_without_the_setting_nothing_waits_in_the_calendar(app, make_event, entries):
    app.config["WAITING_LIST_ENTRY"] = "none"
    event = make_event(capacity=1)
    bob, ada = sign_up_as(event, "bob"), sign_up_as(event, "ada")

    waiting = entries("ada")
    change(event, venue=None)
    moved = entries("ada")
    db.session.expire_all()
    service.cancel(ada, now=utc_now())
    left = entries("ada")

    assert bob.id < ada.id
    assert (waiting, moved, left) == ([()], [()], [()])


def test_entry_follows_what_organizers_decide(make_event, entries):
    event = make_event(ticket_types=KINDS, needs_approval=True)
    ada = sign_up_as(event, "ada")
    other = event.ticket_types[1].id
    decision = Decision("asked for it", Actor(), utc_now())

    pending = entries("ada")
    approval.approve(event.id, [ada.id], by=Actor(), now=utc_now())
    approved = entries("ada")
    overrides.move(ada.id, other, decision)
    moved = entries("ada")
    change(event, state=EventState.CANCELLED)
    off = entries("ada")
    change(event, state=EventState.PUBLISHED)
    after_all = entries("ada")
    overrides.remove(ada.id, decision)
    removed = entries("ada")

    assert [pending, approved, moved, off, after_all, removed] == [
        [()],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "1")],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "1")],
        [("CANCEL", "CANCELLED", "2")],
        [("REQUEST", "CONFIRMED", "ACCEPTED", "3")],
        [("CANCEL", "4")],
    ]


def test_entry_of_a_seat_that_is_offered_goes_when_nobody_takes_it(make_event, entries):
    event = make_event(capacity=1, offer_within_hours=24 * 365 * 20)
    bob, ada = sign_up_as(event, "bob"), sign_up_as(event, "ada")
    entries("ada")

    service.cancel(bob, now=utc_now())
    offered = entries("ada")
    db.session.expire_all()
    until = db.session.get_one(Registration, ada.id).offer_expires_at
    db.session.rollback()
    offers.expire(until)
    expired = entries("ada", now=until)

    assert (offered, expired) == ([("REQUEST", "TENTATIVE", "TENTATIVE", "0")], [("CANCEL", "1")])


def test_entry_of_a_place_passed_on_goes_from_one_to_the_other(make_event, entries):
    event = make_event()
    ada = sign_up_as(event, "ada")
    entries("ada")

    transfers.pass_on(ada, Receiver("Bob", normalise("bob@example.com")), language="en", now=utc_now())
    asked = entries("bob")
    transfer = db.session.scalars(select(Transfer)).one()
    transfers.accept(transfer, name="Bob", answers={}, language="en", now=utc_now())

    assert asked == [()]
    assert entries("ada") == [("CANCEL", "1")]
    assert entries("bob") == [("REQUEST", "CONFIRMED", "ACCEPTED", "0")]


def test_letter_file_and_feed_name_the_event_by_the_same_uid(client, make_event, smtp_server):
    event = make_event()
    sign_up_as(event, "ada")
    deliver(utc_now())

    mail = message_from_bytes(smtp_server.messages[0].raw, policy=policy.default)
    letter = next(part for part in mail.walk() if part.get_content_type() == "text/calendar").get_payload(decode=True)
    feed = client.get("/calendar.ics").data
    event = db.session.get_one(Event, event.id)

    uids = [values_of(each, "UID") for each in (letter, feed, event_file(event, language="zh"))]
    assert uids == [[f":{event.uid}"]] * 3
    assert [values_of(each, "SEQUENCE") for each in (letter, feed)] == [[":0"], [":0"]]

"""What erasing somebody sends: one last letter for each place to come, after which nobody here knows them."""

import json
import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select, update

from app.attendees import editing
from app.attendees.editing import Correction
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import Model, transaction
from app.core.db import db as database
from app.core.errors import ConflictError
from app.events.models import EventState
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.mail import delivery
from app.mail import service as mail
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState, RefusedAddress
from app.registrations import erasing, service, transfers
from app.registrations.models import Transfer
from app.registrations.transfers import Receiver
from tests.calendar.samples import values_of
from tests.support.factories import sign_up_as, states

ADA = normalise("ada@example.com")
LATER = timedelta(hours=1)


@pytest.fixture
def settings(mail_settings):
    return mail_settings | {"CHANGE_LETTER_DELAY": "0"}


@pytest.fixture
def to_ada(app, smtp_server):
    """Deliver what is due at `at`, and return the mails to ada that came of it."""
    seen = 0

    def new(at=None):
        nonlocal seen
        deliver(at or utc_now())
        mails = [message_from_bytes(each.raw, policy=policy.default) for each in smtp_server.messages[seen:]]
        seen = len(smtp_server.messages)
        return [each for each in mails if each["To"].addresses[0].username == "ada"]

    return new


def calendar_of(letter):
    """Return what a letter tells the calendar: method, UID, SEQUENCE, whom, and the event's STATUS."""
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    (attendee,) = values_of(content, "ATTENDEE")
    return (
        *(values_of(content, name)[0][1:] for name in ("METHOD", "UID", "SEQUENCE")),
        attendee.rpartition("mailto:")[2],
        values_of(content, "STATUS"),
    )


def erase(now=None):
    erased = erasing.erase_person(ADA.key, by=THE_SITE, now=now or utc_now())
    database.session.expire_all()
    return erased


def everything(db):
    """Return all that is in the database, as one text for each table."""
    db.rollback()
    return {
        table.name: json.dumps([list(map(str, row)) for row in db.execute(select(table))], ensure_ascii=False)
        for table in Model.metadata.sorted_tables
    }


def traces(db):
    """Return the tables in which something of ada is left."""
    return [name for name, text in everything(db).items() if re.search(r"王芳|\bada\b", text, re.IGNORECASE)]


def last_letter(db):
    db.rollback()
    return db.scalars(select(Letter).where(Letter.kind == "erased").execution_options(populate_existing=True)).one()


def test_last_letter_takes_the_entry_out_of_the_calendar_and_nothing_remains(make_event, db, to_ada):
    event = make_event("spring")
    sign_up_as(event, "ada", full_name="王芳")
    uid = event.uid
    (confirmation,) = to_ada()

    erase()
    before = traces(db)
    (letter,) = to_ada()

    assert calendar_of(confirmation)[:3] == ("REQUEST", uid, "0")
    # For her alone: the event itself is not said to be off.
    assert calendar_of(letter) == ("CANCEL", uid, "1", "ada@example.com", [])
    assert "王芳" in letter.get_body(("plain",)).get_content()
    assert not re.search(r"/r/", letter.get_body(("plain",)).get_content())
    assert before == ["letters"]
    assert traces(db) == []
    assert last_letter(db).state is LetterState.SENT


def test_one_letter_for_each_event_to_come_and_none_for_what_is_over(make_event, to_ada):
    now = utc_now()
    over = make_event("over", starts_at=now - timedelta(days=2))
    events = [make_event("spring"), make_event("autumn")]
    sign_up_as(over, "ada", now=over.starts_at - LATER)
    for event in events:
        sign_up_as(event, "ada")
    uids = {event.uid for event in events}
    to_ada()

    erase(now)
    sent = to_ada()

    assert {calendar_of(letter)[:2] for letter in sent} == {("CANCEL", uid) for uid in uids}
    assert len(sent) == 2


@pytest.mark.parametrize(("entry", "told"), [("none", []), ("tentative", [("CANCEL", "1")])])
def test_who_waits_hears_of_it_only_if_it_is_in_their_calendar(app, make_event, to_ada, entry, told):
    app.config["WAITING_LIST_ENTRY"] = entry
    event = make_event(capacity=1)
    sign_up_as(event, "bob")
    sign_up_as(event, "ada")
    to_ada()

    erase()

    assert [calendar_of(letter)[0::2][:2] for letter in to_ada()] == told


def test_sequence_is_above_all_that_came_before(make_event, db, to_ada):
    event = make_event(capacity=1)
    bob = sign_up_as(event, "bob")
    sign_up_as(event, "ada")
    service.cancel(bob, now=utc_now())  # ada waited: her entry is one above the event's
    with transaction() as session:
        event = session.merge(event)
        apply_changes(event, {"starts_at": event.starts_at + LATER}, now=utc_now())
    confirmed = [calendar_of(letter)[2] for letter in to_ada()]

    erase()
    (letter,) = to_ada()

    assert confirmed == ["2"]
    assert calendar_of(letter)[2] == "3"


def test_who_comes_back_is_above_the_cancel(make_event, to_ada):
    event = make_event()
    sign_up_as(event, "ada")
    to_ada()
    erase()
    (gone,) = to_ada()

    sign_up_as(event, "ada")
    (back,) = to_ada()

    assert calendar_of(gone)[0::2][:2] == ("CANCEL", "1")
    assert calendar_of(back)[0::2][:2] == ("REQUEST", "3")


def test_who_takes_over_a_place_after_it_is_above_the_cancel_too(make_event, db, to_ada):
    event = make_event()
    sign_up_as(event, "ada")
    bob = sign_up_as(event, "bob")
    erase()
    transfers.pass_on(bob, Receiver("Ada", ADA), language="en", now=utc_now())
    (transfer,) = db.scalars(select(Transfer))
    transfers.accept(transfer, name="Ada", answers={}, language="en", now=utc_now())

    sent = [letter for letter in to_ada() if len(list(letter.walk())) > 3]

    assert [calendar_of(letter)[0::2][:2] for letter in sent] == [("CANCEL", "1"), ("REQUEST", "3")]


def test_place_given_back_a_moment_before_is_withdrawn_all_the_same(make_event, db, to_ada):
    event = make_event()
    ada = sign_up_as(event, "ada")
    to_ada()
    service.cancel(ada, now=utc_now())  # its letter waits

    erase()
    (letter,) = to_ada()

    assert calendar_of(letter)[0::2][:2] == ("CANCEL", "1")
    assert traces(db) == []


def test_place_whose_end_was_told_is_not_told_again(make_event, to_ada):
    event = make_event()
    ada = sign_up_as(event, "ada")
    service.cancel(ada, now=utc_now())
    to_ada()

    erase()

    assert to_ada() == []


def test_entry_of_a_cancelled_event_is_withdrawn(make_event, db, to_ada):
    event = make_event()
    sign_up_as(event, "ada")
    to_ada()
    with transaction() as session:
        apply_changes(session.merge(event), {"state": EventState.CANCELLED}, now=utc_now())

    erase()
    (letter,) = to_ada()

    assert calendar_of(letter)[0] == "CANCEL"
    assert traces(db) == []


def test_erasing_again_leaves_the_letter_that_waits(make_event, db, to_ada):
    sign_up_as(make_event("spring"), "ada")
    erase()
    sign_up_as(make_event("autumn"), "ada")

    erase()
    sent = to_ada()

    assert [calendar_of(letter)[0] for letter in sent] == ["CANCEL", "CANCEL"]
    assert traces(db) == []


def test_killed_before_the_letter_is_settled_it_comes_again_and_then_nothing_remains(make_event, db, to_ada):
    sign_up_as(make_event(), "ada")
    to_ada()
    erase()
    # A worker takes it, hands it over, and dies before it can say so.
    now = utc_now()
    (leased,) = delivery._lease(now)
    message = delivery._written(leased, now)
    with delivery.open_transport() as transport:
        transport.send(message, name="killed")
    killed, too_early = traces(db), to_ada(now)
    (again,) = to_ada(now + delivery.lease_length())

    assert killed == ["letters"]
    assert [letter["Message-ID"] for letter in too_early] == [again["Message-ID"]]
    assert traces(db) == []


def test_letter_that_is_refused_is_given_up_and_forgotten(make_event, db, smtp_server):
    event = make_event()
    sign_up_as(event, "ada")
    deliver(utc_now())
    erase()
    smtp_server.refuse("RCPT", 550, "5.1.1 <ada@example.com>: no such user ada", times=1)

    deliver(utc_now())

    letter = last_letter(db)
    assert (letter.state, letter.to_email, letter.to_name, letter.to_key) == (LetterState.FAILED, "", "", "")
    assert traces(db) == []
    assert db.scalars(select(RefusedAddress)).all() == []
    with pytest.raises(ConflictError):
        mail.send_again(letter.id, now=utc_now())


def test_letter_that_waits_for_the_server_keeps_its_address_until_it_is_given_up(make_event, db, smtp_server):
    sign_up_as(make_event(), "ada")
    deliver(utc_now())
    erase()
    smtp_server.refuse("RCPT", 451, "later", times=delivery.ATTEMPTS_MAX)
    now, addresses = utc_now(), []
    for pause in (*delivery.PAUSES, timedelta()):
        deliver(now)
        addresses.append(last_letter(db).to_email)
        now += pause + LATER

    assert addresses == ["ada@example.com"] * (delivery.ATTEMPTS_MAX - 1) + [""]
    assert last_letter(db).state is LetterState.FAILED


def test_letter_that_is_too_late_is_stopped_and_forgotten(make_event, db, to_ada):
    now = utc_now()
    event = make_event(starts_at=now - timedelta(days=1))
    sign_up_as(event, "ada", now=event.starts_at - LATER)
    to_ada()

    erase(event.starts_at - timedelta(minutes=1))

    assert to_ada() == []
    assert last_letter(db).state is LetterState.STOPPED
    assert traces(db) == []


def test_place_on_its_way_to_somebody_is_withdrawn_and_they_are_forgotten_too(make_event, db, to_ada):
    event = make_event()
    bob = sign_up_as(event, "bob")
    transfers.pass_on(bob, Receiver("王芳", ADA), language="en", now=utc_now())
    sign_up_as(make_event("other"), "ada")
    to_ada()

    erase()
    to_ada()

    assert traces(db) == []
    assert states(event) == {"bob": "confirmed"}


def test_address_that_was_corrected_meanwhile_is_forgotten_with_the_person(make_event, db):
    event, other = make_event("one"), make_event("two")
    ada, elsewhere = sign_up_as(event, "old"), sign_up_as(other, "old")
    with transaction() as session:
        session.execute(update(Letter).values(state=LetterState.SENT))
    wish = Correction("Ada", ADA, {}, frozenset())
    editing.correct(ada.id, wish, by=THE_SITE, now=utc_now())

    erase()

    db.expire_all()
    left = db.execute(select(Letter.ids["registration"].as_integer(), Letter.to_email).where(Letter.to_email != ""))
    assert set(left.all()) == {(elsewhere.id, "old@example.com"), (ada.id, "ada@example.com")}
    assert last_letter(db).kind == "erased"

"""Sign-ups that an organizer decides on: no seat before; a seat, the queue or a refusal after, each with a letter."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError
from app.events.models import EventState, TicketType
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import Actor, forget_person
from app.mail.models import Letter
from app.registrations import approval
from app.registrations.approval import Approved, approve, approve_all, decline, outlook, pending_of
from app.registrations.erasing import erase_person
from app.registrations.mails import write
from app.registrations.models import Registration
from app.registrations.service import cancel
from tests.registrations.samples import ADA, ENGLISH
from tests.registrations.test_views import own_path
from tests.support.factories import sign_up_as, states

OLGA = Actor(organizer_id=7, session_id=9)


def letters(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def three_pending(make_event, **values):
    event = make_event(needs_approval=True, **values)
    return event, [sign_up_as(event, name) for name in ("ada", "bob", "cyd")]


def test_sign_up_that_needs_approval_takes_no_seat(db, make_event):
    event, _people = three_pending(make_event, capacity=2)

    assert states(event) == dict.fromkeys(("ada", "bob", "cyd"), "pending")
    assert db.scalar(select(TicketType.seats_taken)) == 0
    assert letters(db) == [("pending", "ada"), ("pending", "bob"), ("pending", "cyd")]


def test_public_answer_is_the_same_for_a_new_and_a_known_address(make_event, send_form, client):
    event = make_event(needs_approval=True)

    first, again = send_form(event, **ADA), send_form(event, **ADA)

    assert (first.status_code, first.location, first.data) == (again.status_code, again.location, again.data)
    assert "look at each sign-up" in client.get(f"/events/{event.slug}", headers=ENGLISH).text
    assert "look at each sign-up" in client.get(first.location, headers=ENGLISH).text


def test_approving_gives_seats_in_order_of_arrival_and_then_places_in_the_queue(db, make_event):
    event, (ada, bob, cyd) = three_pending(make_event, capacity=2)

    seen = outlook(event, pending_of(event.id))
    done = approve(event.id, [cyd.id, ada.id, bob.id], by=OLGA, now=utc_now())

    assert seen == done == Approved(confirmed=2, waiting=1)
    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "waiting"}
    assert db.scalar(select(TicketType.seats_taken)) == 2
    assert letters(db)[3:] == [("confirmed", "ada"), ("confirmed", "bob"), ("waiting", "cyd")]


def test_approving_where_nobody_may_wait_leaves_those_without_a_seat(db, make_event):
    event, people = three_pending(make_event, capacity=1, has_waiting_list=False)

    seen = outlook(event, pending_of(event.id))
    done = approve(event.id, [person.id for person in people], by=OLGA, now=utc_now())

    assert seen == done == Approved(confirmed=1, left=2)
    assert states(event) == {"ada": "confirmed", "bob": "pending", "cyd": "pending"}
    assert letters(db)[3:] == [("confirmed", "ada")]


def test_declining_says_why_and_takes_no_seat(db, make_event, client):
    event, (ada, bob, _cyd) = three_pending(make_event)

    number = decline(event.id, [ada.id, bob.id], words="Next time!", by=OLGA, now=utc_now())

    assert number == 2
    assert states(event) == {"ada": "declined", "bob": "declined", "cyd": "pending"}
    assert letters(db)[3:] == [("declined", "ada"), ("declined", "bob")]
    draft = write(db.scalars(select(Letter).where(Letter.kind == "declined")).first())
    assert "Next time!" in draft.text
    assert "Next time!" in draft.html
    assert draft.calendar is None
    page = client.get(own_path(ada), headers=ENGLISH).text
    assert "cannot give you a place" in page
    assert "Next time!" in page


def test_deciding_twice_decides_once(db, make_event):
    event, (ada, bob, cyd) = three_pending(make_event)

    approve(event.id, [ada.id], by=OLGA, now=utc_now())
    decline(event.id, [bob.id], words="", by=OLGA, now=utc_now())
    cancel(cyd, now=utc_now())
    before = letters(db)
    ids = [ada.id, bob.id, cyd.id]

    assert approve(event.id, ids, by=OLGA, now=utc_now()) == Approved()
    assert decline(event.id, ids, words="", by=OLGA, now=utc_now()) == 0
    assert states(event) == {"ada": "confirmed", "bob": "declined", "cyd": "cancelled"}
    assert letters(db) == before


def test_somebody_at_another_event_is_not_decided_on(make_event):
    event, _people = three_pending(make_event)
    other = make_event(needs_approval=True)
    eve = sign_up_as(other, "eve")

    assert approve(event.id, [eve.id], by=OLGA, now=utc_now()) == Approved()
    assert states(other) == {"eve": "pending"}


@pytest.mark.parametrize(
    ("values", "when"), [({"state": EventState.CANCELLED}, timedelta()), ({}, timedelta(days=60))], ids=["off", "over"]
)
def test_nobody_gets_a_place_at_an_event_that_is_over_or_cancelled(make_event, values, when):
    event, (ada, *_others) = three_pending(make_event)
    with transaction():
        apply_changes(event, values, now=utc_now())

    with pytest.raises(ConflictError):
        approve(event.id, [ada.id], by=OLGA, now=utc_now() + when)

    assert states(event)["ada"] == "pending"


def test_everybody_is_approved_in_steps(db, make_event, monkeypatch):
    event, _people = three_pending(make_event, capacity=2, has_waiting_list=False)
    monkeypatch.setattr(approval, "STEP", 1)

    assert approve_all(event.id, by=OLGA, now=utc_now()) == Approved(confirmed=2, left=1)


def test_history_says_who_decided_until_the_person_is_erased(db, make_event):
    event, (ada, bob, _cyd) = three_pending(make_event)
    approve(event.id, [ada.id], by=OLGA, now=utc_now())
    decline(event.id, [bob.id], words="Sorry", by=OLGA, now=utc_now())

    rows = db.scalars(select(Entry).where(Entry.registration_id.is_not(None)).order_by(Entry.id)).all()

    assert [(row.action, row.registration_id, row.organizer_id, row.subject, row.changes) for row in rows] == [
        ("registration.approved", ada.id, 7, "ada", {"state": ["pending", "confirmed"]}),
        ("registration.declined", bob.id, 7, "bob", {"state": ["pending", "declined"], "words": [None, "Sorry"]}),
    ]
    with transaction():
        forget_person(bob.id)
    db.expire_all()
    assert (rows[1].subject, rows[1].changes) == ("", {})


def test_words_of_a_refusal_go_when_the_person_is_erased(db, make_event):
    event, (ada, *_others) = three_pending(make_event)
    decline(event.id, [ada.id], words="Sorry, Ada", by=OLGA, now=utc_now())

    erase_person(ada.email_key, by=OLGA, now=utc_now())

    db.expire_all()
    assert db.get(Registration, ada.id).declined_words is None
    assert "Sorry" not in repr(db.scalars(select(Entry.changes)).all())


def test_pending_person_can_take_the_sign_up_back_and_come_again(db, make_event, client):
    event, (ada, *_others) = three_pending(make_event)
    page = client.get(own_path(ada), headers=ENGLISH).text

    client.post(f"{own_path(ada)}/cancellation")
    again = sign_up_as(event, "ada")

    assert "have yet to decide" in page
    assert "Take my sign-up back" in page
    assert (db.get(Registration, ada.id).state, again.state) == ("cancelled", "pending")


def test_letter_that_says_wait_is_not_written_once_it_is_decided(db, make_event):
    event, (ada, *_others) = three_pending(make_event)
    letter = db.scalars(select(Letter).order_by(Letter.id)).first()
    told = write(letter)

    approve(event.id, [ada.id], by=OLGA, now=utc_now())
    db.expire_all()

    assert told.calendar is None
    assert write(letter) is None

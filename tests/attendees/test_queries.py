"""Who comes: counts, search, pages, and letters that did not arrive."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from app.attendees import queries as attendees
from app.attendees.wanted import Wanted
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.events.models import EventState
from app.mail.models import Letter, LetterState
from app.registrations.models import Registration, RegistrationState
from tests.support.factories import sign_up_as

CONFIRMED, WAITING, CANCELLED = (
    RegistrationState.CONFIRMED,
    RegistrationState.WAITING,
    RegistrationState.CANCELLED,
)


def names(event, wanted=None, **place):
    page = attendees.attendee_page(event, wanted or Wanted(), **place)
    return [attendee.name for attendee in page.attendees], page.before, page.after


def bulk(db, event, number):
    """Sign up so many people at once, as plain rows."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction() as session:
        session.execute(
            Registration.__table__.insert(),
            [
                {
                    "code": f"CODE{place:06}",
                    "event_id": event.id,
                    "ticket_type_id": event.ticket_types[0].id,
                    "state": CONFIRMED,
                    "name": f"Guest {place:03}",
                    "email": f"guest{place}@example.com",
                    "email_key": f"guest{place}@example.com",
                    "language": "zh",
                    "token_version": 1,
                    "calendar_offset": 0,
                    "created_at": now,
                    "revised_at": now,
                }
                for place in range(number)
            ],
        )


def test_counts_tell_the_states_of_several_events_in_one_statement(make_event, count_statements):
    full, empty = make_event(capacity=1), make_event()
    sign_up_as(full, "ada")
    sign_up_as(full, "bob")
    ids = [full.id, empty.id]

    with count_statements() as seen:
        counted = attendees.counts(ids)

    assert counted == {
        ids[0]: dict.fromkeys(RegistrationState, 0) | {CONFIRMED: 1, WAITING: 1},
        ids[1]: dict.fromkeys(RegistrationState, 0),
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["王芳", "Bob O'Neil", "ada_x"]),
        ("王", ["王芳"]),
        ("bob o'", ["Bob O'Neil"]),
        ("ADA_X", ["ada_x"]),
        ("@example", ["王芳", "Bob O'Neil", "ada_x"]),
        ("%", []),
        ("_", ["ada_x"]),
        ("'; DROP TABLE registrations; --", []),
    ],
)
def test_search_finds_by_part_of_name_or_address(make_event, search, found):
    event = make_event()
    sign_up_as(event, "wang", full_name="王芳")
    sign_up_as(event, "bob", full_name="Bob O'Neil")
    sign_up_as(event, "a.x", full_name="ada_x")

    shown, _before, _after = names(event, Wanted(search=search))

    assert shown == found


def test_search_finds_by_the_beginning_of_the_code(make_event):
    event = make_event()
    ada = sign_up_as(event, "ada")
    sign_up_as(event, "bob")

    assert names(event, Wanted(search=ada.code[:6].lower()))[0] == ["ada"]


@pytest.mark.parametrize(
    ("status", "found"), [("confirmed", ["ada"]), ("waiting", ["bob"]), ("cancelled", []), ("nonsense", ["ada", "bob"])]
)
def test_status_narrows_the_list(make_event, status, found):
    event = make_event(capacity=1)
    sign_up_as(event, "ada")
    sign_up_as(event, "bob")

    assert names(event, Wanted.of(MultiDict({"status": status})))[0] == found


def test_pages_lead_forth_and_back_without_gap_or_repetition(make_event, db):
    event = make_event()
    bulk(db, event, 120)

    first, first_before, first_after = names(event)
    second, second_before, second_after = names(event, after=first_after)
    third, third_before, third_after = names(event, after=second_after)
    back, back_before, back_after = names(event, before=third_before)

    assert first + second + third == [f"Guest {place:03}" for place in range(120)]
    assert (len(first), len(second), len(third)) == (50, 50, 20)
    assert (first_before, third_after) == (None, None)
    assert (back, back_after) == (second, second_after)
    assert names(event, before=second_before) == (first, None, first_after)
    assert back_before == second_before


def test_event_to_manage_may_be_a_draft(make_event):
    event = make_event("secret", state=EventState.DRAFT)

    assert attendees.event_to_manage("secret").id == event.id
    with pytest.raises(NotFoundError):
        attendees.event_to_manage("nowhere")


def test_failed_letters_are_those_of_this_event(make_event, db):
    here, elsewhere = make_event(), make_event()
    sign_up_as(here, "ada")
    sign_up_as(here, "bob")
    sign_up_as(elsewhere, "eve")
    with transaction() as session:
        session.execute(
            update(Letter)
            .where(Letter.to_email != "bob@example.com")
            .values(state=LetterState.FAILED, last_error="550 no")
        )

    found = attendees.failed_letters(here.id)

    assert [(letter.to_email, attendee.name) for letter, attendee in found] == [("ada@example.com", "ada")]
    assert attendees.failed_letter(here.id, found[0][0].id).last_error == "550 no"
    with pytest.raises(NotFoundError):
        attendees.failed_letter(elsewhere.id, found[0][0].id)

"""Advice from the community's own show rates; followed only when an organizer says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError
from app.events.models import TicketType
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations.models import Registration
from app.registrations.overbooking import Rates, Show, overbook, past_shows, rates, up_to
from tests.support.factories import LONG_AGO, sign_up_as
from tests.support.organizers import signed_in

NOW = datetime(2020, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shows", "expected"),
    [
        ([], None),
        ([Show(10, 5), Show(10, 5)], None),
        ([Show(10, 5), Show(10, 6), Show(20, 10)], Rates(3, 52, 60)),
        # Rounded against the promise: 61 of 98 is 62.2 %, and seats are there for 63 %.
        ([Show(98, 61), Show(98, 61), Show(98, 61)], Rates(3, 62, 63)),
        # More came than had a place: everybody came, and some besides.
        ([Show(10, 12), Show(10, 9), Show(10, 9)], Rates(3, 100, 100)),
    ],
)
def test_rates_need_some_events_and_keep_to_the_fullest(shows, expected):
    assert rates(shows) == expected


@pytest.mark.parametrize(("highest", "expected"), [(100, 50), (63, 79), (50, 100), (0, 50)])
def test_advice_fills_the_seats_even_on_a_full_day(highest, expected):
    assert up_to(50, Rates(3, 40, highest)) == expected


@pytest.fixture
def past(make_event, db):
    """Three past events with four places each, at which two, two and three came; and one that counted nobody."""
    for number, came in enumerate((2, 2, 3, 0)):
        starts_at = LONG_AGO + timedelta(days=30 * number)
        event = make_event(starts_at=starts_at)
        for name in ("ada", "bob", "cyd", "dan"):
            sign_up_as(event, name, now=starts_at - timedelta(days=1))
        ids = db.scalars(select(Registration.id).where(Registration.event_id == event.id).limit(came)).all()
        db.execute(update(Registration).where(Registration.id.in_(ids)).values(checked_in_at=starts_at))
        db.commit()


@pytest.fixture
def event(make_event, past):
    event = make_event("meetup", capacity=3)
    for name in ("ada", "bob", "cyd", "dan", "eve"):
        sign_up_as(event, name)
    return event


@pytest.mark.usefixtures("past")
def test_past_events_are_counted_by_who_came_through_the_door(db, make_event):
    told = make_event(starts_at=LONG_AGO + timedelta(days=160), attendance=1)
    sign_up_as(told, "ada", now=LONG_AGO)
    sign_up_as(told, "bob", now=LONG_AGO)

    assert past_shows(now=NOW) == [Show(2, 1), Show(4, 3), Show(4, 2), Show(4, 2)]
    assert past_shows(now=LONG_AGO + timedelta(days=40)) == [Show(4, 2), Show(4, 2)]


def test_capacity_rises_as_far_as_advised_and_who_waits_gets_a_place(db, event):
    kind = event.ticket_types[0].id

    overbook(event.id, kind, 4, by=THE_SITE, now=utc_now())

    db.expire_all()
    found = db.get(TicketType, kind)
    assert (found.capacity, found.seats_taken, found.overbooked_from) == (4, 4, 3)
    assert db.scalars(select(Letter.to_email).where(Letter.kind == "promoted")).all() == ["dan@example.com"]


@pytest.mark.parametrize("capacity", [3, 5, 100])
def test_capacity_beyond_the_advice_or_below_the_present_is_refused(db, event, capacity):
    # 3 seats at 75 %: four may be confirmed.
    with pytest.raises(BadInputError):
        overbook(event.id, event.ticket_types[0].id, capacity, by=THE_SITE, now=utc_now())

    db.expire_all()
    assert db.get(TicketType, event.ticket_types[0].id).capacity == 3


def test_advice_goes_by_the_seats_there_are_and_not_by_what_it_has_added(db, event):
    overbook(event.id, event.ticket_types[0].id, 4, by=THE_SITE, now=utc_now())

    with pytest.raises(BadInputError):
        overbook(event.id, event.ticket_types[0].id, 5, by=THE_SITE, now=utc_now())


def test_the_attendees_page_says_it_and_does_nothing_by_itself(app, db, event):
    browser = signed_in(app, "organizer@example.com")
    kind = event.ticket_types[0].id

    page = browser.get("/organizer/events/meetup/attendees?lang=en").text
    untouched = db.scalar(select(TicketType.capacity).where(TicketType.id == kind))
    db.rollback()
    answer = browser.post("/organizer/events/meetup/overbooking", data={"ticket_type": kind, "capacity": "4"})
    refused = browser.post("/organizer/events/meetup/overbooking", data={"ticket_type": kind, "capacity": "many"})

    assert "At the last 3 events that counted, 58 % of those confirmed came; at the fullest, 75 %." in page
    assert "with 3 seats you could confirm up to 4 people" in page
    assert untouched == 3
    assert (answer.status_code, refused.status_code) == (303, 422)
    db.expire_all()
    assert db.get(TicketType, kind).capacity == 4
    after = browser.get("/organizer/events/meetup/attendees?lang=en").text
    assert "you could confirm up to" not in after


def test_an_event_without_a_past_to_go_by_gets_no_advice(app, make_event):
    make_event("meetup", capacity=3)

    page = signed_in(app).get("/organizer/events/meetup/attendees?lang=en").text

    assert "How many will come?" not in page


def test_somebody_who_may_not_configure_sees_no_advice(app, event):
    from app.accounts.models import Organizer

    browser = signed_in(app, "manager@example.com")
    with transaction() as session:
        session.scalars(select(Organizer)).one().role = "attendee_manager"

    assert "How many will come?" not in browser.get("/organizer/events/meetup/attendees?lang=en").text
    answer = browser.post(
        "/organizer/events/meetup/overbooking", data={"ticket_type": event.ticket_types[0].id, "capacity": "4"}
    )
    assert answer.status_code == 403

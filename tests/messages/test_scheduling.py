"""A message that goes by itself: at its time, to who fits then, not for an event that is cancelled."""

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.events.models import EventState
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.messages import sending
from app.messages.models import MessageState
from app.messages.queries import message_of
from tests.messages.sending import told
from tests.support.factories import sign_up_as

BASE = "/organizer/events/meetup/messages"


@pytest.fixture
def at(event):
    """A moment to come, at noon there."""
    return event.starts_at.replace(hour=4)


def test_it_goes_by_itself_at_its_time_to_who_fits_then(db, event, draft, at):
    sign_up_as(event, "bob")
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=THE_SITE, now=utc_now())
    sign_up_as(event, "cyd")

    sending.send_due(utc_now())
    before = told(db)
    for _ in range(3):
        sending.send_due(at)

    assert before == []
    assert told(db) == ["bob", "cyd"]
    entry = db.scalars(select(Entry).where(Entry.action == "message.sent")).one()
    assert (entry.organizer_id, entry.changes) == (None, {"recipients": [None, 2]})


def test_at_night_only_when_it_is_said_twice(ada, event, draft):
    message = draft()
    night = {"at": f"{event.starts_at:%Y-%m-%d}T23:30", "revision": "1"}
    path = f"{BASE}/{message.id}/schedule"

    asked = ada.post(f"{path}?lang=en", data=night)
    done = ada.post(path, data=night | {"at_night": "y"})

    assert asked.status_code == 422
    assert "people are asleep" in asked.text
    assert done.status_code == 303
    found = message_of(event.id, message.id)
    assert (found.state, found.send_at.hour) == (MessageState.SCHEDULED, 15)


def test_it_can_be_taken_back_and_not_after_it_set_off(ada, event, draft, at):
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=THE_SITE, now=utc_now())

    first = ada.post(f"{BASE}/{message.id}/schedule/removal")
    second = ada.post(f"{BASE}/{message.id}/schedule/removal")

    assert (first.status_code, second.status_code) == (303, 409)
    assert message_of(event.id, message.id).state is MessageState.DRAFT


def test_a_time_that_has_passed_is_refused(ada, draft):
    message = draft()

    answer = ada.post(f"{BASE}/{message.id}/schedule?lang=en", data={"at": "2020-01-01T12:00", "revision": "1"})

    assert answer.status_code == 422
    assert "This time has passed already." in answer.text


def test_a_cancelled_event_holds_it_back(db, event, draft, at):
    sign_up_as(event, "bob")
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=THE_SITE, now=utc_now())
    with transaction():
        apply_changes(event, {"state": EventState.CANCELLED}, now=utc_now())

    sending.send_due(at)

    assert message_of(event.id, message.id).state is MessageState.DRAFT
    assert told(db) == []

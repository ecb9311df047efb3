"""A message that goes by itself: at its time, to who fits then, not for an event that is cancelled."""

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.models import EventState
from app.events.service import apply_changes
from app.history.models import Entry
from app.messages import sending
from app.messages.models import Message, MessageState
from app.messages.queries import message_of
from tests.messages.sending import told
from tests.support.factories import sign_up_as

BASE = "/organizer/events/meetup/messages"


@pytest.fixture
def at(event):
    """A moment to come, at noon there."""
    return event.starts_at.replace(hour=4)


def test_it_goes_by_itself_at_its_time_to_who_fits_then(db, event, draft, at, writer):
    sign_up_as(event, "bob")
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=writer, now=utc_now())
    sign_up_as(event, "cyd")

    sending.send_due(utc_now())
    before = told(db)
    for _ in range(3):
        sending.send_due(at)

    assert before == []
    assert told(db) == ["bob", "cyd"]
    entry = db.scalars(select(Entry).where(Entry.action == "message.sent")).one()
    assert (entry.organizer_id, entry.changes) == (None, {"message": [None, message.id], "recipients": [None, 2]})


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


def test_it_can_be_taken_back_and_not_after_it_set_off(ada, event, draft, at, writer):
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=writer, now=utc_now())

    first = ada.post(f"{BASE}/{message.id}/schedule/removal")
    second = ada.post(f"{BASE}/{message.id}/schedule/removal")

    assert (first.status_code, second.status_code) == (303, 409)
    assert message_of(event.id, message.id).state is MessageState.DRAFT


def test_a_time_that_has_passed_is_refused(ada, draft):
    message = draft()

    answer = ada.post(f"{BASE}/{message.id}/schedule?lang=en", data={"at": "2020-01-01T12:00", "revision": "1"})

    assert answer.status_code == 422
    assert "This time has passed already." in answer.text


def test_a_cancelled_event_holds_it_back(db, event, draft, at, writer):
    sign_up_as(event, "bob")
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=writer, now=utc_now())
    with transaction():
        apply_changes(event, {"state": EventState.CANCELLED}, now=utc_now())

    sending.send_due(at)

    assert message_of(event.id, message.id).state is MessageState.DRAFT
    assert told(db) == []


@pytest.mark.parametrize("change", [{"role": Role.VIEWER}, {"removed_at": utc_now()}])
def test_it_goes_in_nobody_s_name_who_may_not_write_any_more(db, event, draft, at, writer, change):
    sign_up_as(event, "bob")
    message = draft()
    sending.schedule(event, message.id, at=at, revision=1, by=writer, now=utc_now())
    with transaction() as session:
        for name, value in change.items():
            setattr(session.get_one(Organizer, writer.organizer_id), name, value)

    sending.send_due(at)

    assert message_of(event.id, message.id).state is MessageState.DRAFT
    assert told(db) == []
    assert db.scalars(select(Entry.action).order_by(Entry.id.desc())).first() == "message.unscheduled"


def test_a_message_that_cannot_go_on_keeps_no_other_back(db, event, draft, at, writer, caplog):
    sign_up_as(event, "bob")
    broken, *others = (draft() for _number in range(12))
    for message in (broken, *others):
        sending.schedule(event, message.id, at=at, revision=1, by=writer, now=utc_now())
    with transaction() as session:
        session.get_one(Message, broken.id).audience = {"status": [["bob@example.com"]]}

    while sending.send_due(at):
        pass

    states = {message_of(event.id, message.id).state for message in others}
    assert (states, len(told(db))) == ({MessageState.SENT}, 11)
    assert message_of(event.id, broken.id).state is MessageState.SCHEDULED
    assert f"a step of message {broken.id} failed" in caplog.text
    assert "bob@example.com" not in caplog.text

"""Five thousand people are told of a change by a process that is killed again and again: each has one letter for it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import Event
from app.events.service import apply_changes
from app.mail.models import Letter
from app.registrations.models import EventChange, Registration, RegistrationState
from bench import seed
from tests.support.steps import Steps

PEOPLE = 5_000
KILLS = (400, 2_000, 4_400)  # letters that are there when the process dies


@pytest.fixture
def settings():
    return {"CHANGE_LETTER_DELAY": "0"}


def letters():
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Letter.kind == "event-changed"))


def test_each_of_five_thousand_has_one_letter_whenever_the_process_was_killed(app, engine_url, tmp_path):
    now = utc_now()
    seed.places(now)
    seed.events(1, agenda=0, now=now)
    seed.attendees(PEOPLE, now=now)
    with transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.CONFIRMED))
        event = session.scalars(select(Event).where(Event.slug == seed.CROWDED)).one()
        apply_changes(event, {"starts_at": event.starts_at + timedelta(hours=1)}, now=now)

    reached = []
    for wanted in KILLS:
        with Steps(engine_url, tmp_path, "announce") as killed:
            reached.append(killed.advance_to(wanted, letters))
    with Steps(engine_url, tmp_path, "announce") as last:
        last.finish()

    assert all(wanted <= there < PEOPLE for wanted, there in zip(KILLS, reached, strict=True)), reached
    assert letters() == PEOPLE
    told = select(func.count(func.distinct(Letter.ids["registration"].as_integer()))).where(
        Letter.kind == "event-changed"
    )
    assert db.session.scalar(told) == PEOPLE
    assert db.session.scalar(select(EventChange.finished_at)) is not None

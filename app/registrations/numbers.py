"""Numbers of the sign-up, by ticket type and by question; each in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core.db import db
from app.registrations.models import SEATED, Answer, Question, Registration, RegistrationState


@dataclass(frozen=True, slots=True)
class Places:
    """How many people have which place by a ticket type; `all` counts those who left too."""

    seated: int = 0
    waiting: int = 0
    pending: int = 0
    all: int = 0


def places_of(event_id: int) -> Mapping[int, Places]:
    """Return the numbers of each ticket type that anybody has used, by its id."""
    rows = db.session.execute(
        select(Registration.ticket_type_id, Registration.state, func.count())
        .where(Registration.event_id == event_id)
        .group_by(Registration.ticket_type_id, Registration.state)
    )
    counts: dict[int, dict[RegistrationState, int]] = {}
    for ticket_type_id, state, number in rows:
        counts.setdefault(ticket_type_id, {})[state] = number
    return {
        ticket_type_id: Places(
            seated=sum(number for state, number in states.items() if state in SEATED),
            waiting=states.get(RegistrationState.WAITING, 0),
            pending=states.get(RegistrationState.PENDING, 0),
            all=sum(states.values()),
        )
        for ticket_type_id, states in counts.items()
    }


def answers_of(event_id: int) -> Mapping[int, int]:
    """Return how many people have answered each question, by its id."""
    rows = db.session.execute(
        select(Answer.question_id, func.count())
        .join(Question, Question.id == Answer.question_id)
        .where(Question.event_id == event_id)
        .group_by(Answer.question_id)
    )
    return dict(rows.all())

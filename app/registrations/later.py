"""What is asked of those who have a place, on their own page: phone and ID number for the venue's door, say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from app.core.db import db
from app.events.models import EventState
from app.registrations.models import Answer, Purpose, Question, Registration, RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.rules import asked, can_change_answers, can_leave

# Of one event, those that are asked of who has a place.
_IS_LATER = and_(Question.is_after_acceptance.is_(True), Question.is_retired.is_(False))


def later_questions_of(event_id: int) -> Sequence[Question]:
    """Return what this event asks those who have a place, in order."""
    return [each for each in all_questions_of(event_id) if each.is_after_acceptance and not each.is_retired]


def asks_later(event_id: int) -> bool:
    """Tell whether those who have a place are asked for more on their own page."""
    return db.session.scalar(select(Question.id).where(Question.event_id == event_id, _IS_LATER).limit(1)) is not None


def can_answer_later(registration: Registration, *, now: datetime) -> bool:
    """Tell whether this person is asked for more: with a confirmed place, until the event is over."""
    return registration.state is RegistrationState.CONFIRMED and can_leave(registration, now=now)


def questions_for(registration: Registration, *, now: datetime) -> Sequence[Question]:
    """Return what this person is asked beside the sign-up form; what hangs on an answer given there only with it."""
    if not can_answer_later(registration, now=now):
        return []
    questions = [each for each in all_questions_of(registration.event_id) if not each.is_retired]
    counting = asked(questions, _given(registration))
    at_sign_up = {each.key for each in questions if not each.is_after_acceptance}
    return [
        each
        for each in questions
        if each.is_after_acceptance
        and (each.id in counting or (each.condition and each.condition["question"] not in at_sign_up))
    ]


def lacks_answers(registration: Registration, questions: Sequence[Question]) -> bool:
    """Tell whether this person has yet to answer what is asked of them; of what nobody must, anything will do."""
    given = _given(registration)
    if needed := _needed(questions):
        return any(each.id not in given for each in needed)
    return bool(questions) and not any(each.id in given for each in questions)


def _needed(questions: Sequence[Question]) -> list[Question]:
    """Return those that everybody with a place must answer."""
    return [each for each in questions if each.is_required and not each.condition]


def lacking(event_id: int, rows: type[Registration] = Registration) -> ColumnElement[bool]:
    """Return the condition on a registration of this event that says as `lacks_answers`, for lists and counts.

    Which questions these are is read here, in one statement: a database that has to find them for each of a hundred
    thousand people takes half a second.
    """
    questions = later_questions_of(event_id)
    if not questions:
        return false()
    if needed := _needed(questions):
        lacks = or_(*(~_has_given(rows, [each.id]) for each in needed))
    else:
        lacks = ~_has_given(rows, [each.id for each in questions])
    return and_(rows.state == RegistrationState.CONFIRMED, lacks)


def _has_given(rows: type[Registration], question_ids: Sequence[int]) -> ColumnElement[bool]:
    return exists().where(Answer.registration_id == rows.id, Answer.question_id.in_(question_ids))


def number_lacking(event_id: int) -> int:
    """Return how many of those who have a place have yet to answer what they are asked on their own page."""
    return (
        db.session.scalar(
            select(func.count(Registration.id)).where(Registration.event_id == event_id, lacking(event_id))
        )
        or 0
    )


def consents_to_take_back(registration: Registration, *, now: datetime) -> Sequence[Question]:
    """Return the sponsors whom this person has let have their name, where no open form shows it any more.

    Consent can be taken back as long as one's own page opens (PIPL Art. 15, GDPR Art. 7(3)).
    """
    given = _given(registration)
    at_sign_up_open, later_open = can_change_answers(registration, now=now), can_answer_later(registration, now=now)
    return [
        each
        for each in all_questions_of(registration.event_id)
        if each.purpose is Purpose.SPONSOR_CONSENT
        and given.get(each.id) is True
        and (each.is_retired or not (later_open if each.is_after_acceptance else at_sign_up_open))
        and registration.event.state is not EventState.DRAFT
    ]


def _given(registration: Registration) -> dict[int, Any]:
    return {answer.question_id: answer.value for answer in registration.answers}

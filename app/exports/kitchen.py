"""What those who come eat: how many of each, for the kitchen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from app.core.db import db, transaction
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.events.models import Event
from app.history.service import Actor, record
from app.registrations.models import Answer, Purpose, Question, QuestionKind, Registration, RegistrationState
from app.registrations.purposes import ANSWERS_MIN, FEW

ANSWERS_MAX: Final = 500  # different ones of a question that is answered in words
NAMES_MAX: Final = 2000  # of all questions together
GROUPS_MAX: Final = 10_000  # different answers to all questions together, the most frequent ones
_CHOICES: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)


@dataclass(frozen=True, slots=True)
class Dish:
    """One answer, how many gave it, and who they are where that was asked for."""

    label: str
    people: int
    names: Sequence[str]


class Hidden(StrEnum):
    """Why it is not said what people answered."""

    MASKED = "masked"  # to nobody
    WORDS = "words"  # their own: to whoever may not see them
    FEW = "few"  # so few that it could be told who: to whoever may not see them


@dataclass(frozen=True, slots=True)
class Count:
    """The answers to one question: `dishes`, or how many gave one and why it is not said which."""

    question: Question
    dishes: Sequence[Dish]
    unanswered: int
    answered: int
    hidden: Hidden | None = None


def people(event_id: int) -> int:
    """Return how many come."""
    return db.session.scalar(select(func.count(Registration.id)).where(*_comes(event_id))) or 0


def counts(
    event_id: int, questions: Sequence[Question], *, sees_people: bool, with_names: bool, language: Language
) -> list[Count]:
    """Return the counts of each question about food, the most frequent answers first where there is no other order.

    `sees_people`: for somebody who may see each of them anyway. Three statements, four with names.
    """
    total = people(event_id)
    asked = [each for each in questions if each.purpose is Purpose.DIET and not each.is_retired]
    ids = [each.id for each in asked]
    answered, given = _answered(event_id, ids), _given(event_id, ids)
    names = _names(event_id, ids) if with_names and sees_people else {}
    found = []
    for each in asked:
        number = answered.get(each.id, 0)
        hidden = _hidden(each, number, sees_people=sees_people)
        dishes = [] if hidden else _dishes(each, given.get(each.id, []), names.get(each.id, {}), language)
        shown = dishes if sees_people else _without_few(dishes)
        found.append(Count(each, shown, total - number, number, hidden))
    return found


def record_names_shown(event: Event, *, by: Actor, now: datetime) -> None:
    """Write down that somebody looked at who eats what."""
    number = people(event.id)
    with transaction():
        record("kitchen.names_shown", by=by, now=now, event_id=event.id, changes={"rows": (None, number)})


def _hidden(question: Question, answered: int, *, sees_people: bool) -> Hidden | None:
    if not answered:
        return None
    if question.is_masked:
        return Hidden.MASKED
    if sees_people:
        return None
    if question.kind not in _CHOICES:
        return Hidden.WORDS
    return Hidden.FEW if answered < ANSWERS_MIN else None


def _without_few(dishes: Sequence[Dish]) -> list[Dish]:
    """Return the answers of several people, and all others as one: those that nobody gave too, else they tell."""
    many = [dish for dish in dishes if dish.people >= FEW]
    if len(many) == len(dishes):
        return many
    others = sum(dish.people for dish in dishes) - sum(dish.people for dish in many)
    return [*many, Dish(_("Others (fewer than %(few)s each)", few=FEW), others, [])]


def _dishes(
    question: Question, given: Sequence[tuple[Any, int]], names: Mapping[str, Sequence[str]], language: Language
) -> list[Dish]:
    numbers: Counter[str] = Counter()
    for value, number in given:
        for one in _each(value):
            numbers[one] += number
    labels = {option["value"]: Texts(**option["label"]).in_language(language) for option in question.options}
    # Options in their order, those nobody chose too; then whatever else was said.
    ordered = [*labels, *(one for one, _number in numbers.most_common(ANSWERS_MAX) if one not in labels)]
    return [Dish(labels.get(one, one), numbers[one], names.get(one, [])) for one in ordered]


def _comes(event_id: int) -> tuple[ColumnElement[bool], ...]:
    return Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED


def _answered(event_id: int, question_ids: Sequence[int]) -> Mapping[int, int]:
    rows = db.session.execute(
        select(Answer.question_id, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(*_comes(event_id), Answer.question_id.in_(question_ids))
        .group_by(Answer.question_id)
    )
    return dict(rows.all())


def _given(event_id: int, question_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[Any, int]]]:
    rows = db.session.execute(
        select(Answer.question_id, Answer.value, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(*_comes(event_id), Answer.question_id.in_(question_ids))
        .group_by(Answer.question_id, Answer.value)
        .order_by(func.count().desc(), Answer.question_id, Answer.value)
        .limit(GROUPS_MAX)
    )
    found: dict[int, list[tuple[Any, int]]] = {}
    for question_id, value, number in rows:
        found.setdefault(question_id, []).append((value, number))
    return found


def _names(event_id: int, question_ids: Sequence[int]) -> Mapping[int, Mapping[str, Sequence[str]]]:
    rows = db.session.execute(
        select(Answer.question_id, Answer.value, Registration.name)
        .join(Registration, Registration.id == Answer.registration_id)
        .where(*_comes(event_id), Answer.question_id.in_(question_ids))
        .order_by(Registration.sort_name, Registration.name, Registration.id)
        .limit(NAMES_MAX)
    )
    found: dict[int, dict[str, list[str]]] = {}
    for question_id, value, name in rows:
        for one in _each(value):
            found.setdefault(question_id, {}).setdefault(one, []).append(name)
    return found


def _each(value: object) -> list[str]:
    """Return the answers within an answer."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value).strip()]

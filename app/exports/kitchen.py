"""What those who come eat: how many of each, for the kitchen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from app.core.db import db
from app.core.i18n import Language, Texts
from app.registrations.models import Answer, Purpose, Question, QuestionKind, Registration, RegistrationState

ANSWERS_MAX: Final = 500  # different ones of a question that is answered in words
NAMES_MAX: Final = 2000  # of all questions together
_CHOICES: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)


@dataclass(frozen=True, slots=True)
class Dish:
    """One answer, how many gave it, and who they are where that was asked for."""

    label: str
    people: int
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Count:
    """The answers to one question. What people wrote in their own words is kept from whoever may not see them."""

    question: Question
    dishes: Sequence[Dish]
    unanswered: int
    in_words: int  # answered in their own words, and not shown


def people(event_id: int) -> int:
    """Return how many come."""
    return db.session.scalar(select(func.count(Registration.id)).where(*_comes(event_id))) or 0


def counts(
    event_id: int, questions: Sequence[Question], *, may_see_words: bool, with_names: bool, language: Language
) -> list[Count]:
    """Return the counts of each question about food, the most frequent answers first where there is no other order.

    Two statements, three with names.
    """
    total = people(event_id)
    asked = [each for each in questions if each.purpose is Purpose.DIET and not each.is_retired]
    ids = [each.id for each in asked]
    given = _given(event_id, ids)
    names = _names(event_id, ids) if with_names else {}
    found = []
    for each in asked:
        answers = given.get(each.id, [])
        unanswered = total - sum(number for _value, number in answers)
        if each.kind in _CHOICES or may_see_words:
            found.append(Count(each, _dishes(each, answers, names.get(each.id, {}), language), unanswered, 0))
        else:
            found.append(Count(each, [], unanswered, total - unanswered))
    return found


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


def _given(event_id: int, question_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[Any, int]]]:
    rows = db.session.execute(
        select(Answer.question_id, Answer.value, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(*_comes(event_id), Answer.question_id.in_(question_ids))
        .group_by(Answer.question_id, Answer.value)
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

"""What the filter of the list offers: ticket types, questions, sources and tags of the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, bindparam, select

from app.core.db import db, each_once
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.registrations.marks import AttendeeTag
from app.registrations.models import Question, QuestionKind, Registration
from app.registrations.queries import all_questions_of

OFFERED_MAX: Final = 50
_WITH_OPTIONS: Final = frozenset({QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES})


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """A question of the filter: what may be chosen, as value and words; nothing for one that takes a text."""

    question_id: int
    label: str
    options: Sequence[tuple[str, str]]


def answer_choices(event_id: int, language: Language) -> list[AnswerChoice]:
    """Return the questions to filter by: not those whose answers pages show masked, and no long texts."""
    asked = [
        question
        for question in all_questions_of(event_id)
        if not question.is_masked and question.kind is not QuestionKind.LONG_TEXT
    ]
    return [AnswerChoice(each.id, each.label.in_language(language), _options(each, language)) for each in asked]


def _options(question: Question, language: Language) -> list[tuple[str, str]]:
    if question.kind is QuestionKind.CHECKBOX:
        return [("yes", _("Yes"))]
    if question.kind not in _WITH_OPTIONS:
        return []
    return [
        (str(option["value"]), Texts(**option.get("label", {})).in_language(language) or str(option["value"]))
        for option in question.options
    ]


def sources_of(event_id: int) -> list[str]:
    """Return where the event's sign-ups came from, as far as it is known. One statement, whatever their number."""
    return [found for found in db.session.scalars(_SOURCES, {"event_id": event_id}) if found]


def tags_of(event_id: int) -> list[str]:
    """Return the event's tags as they were written first. One statement, whatever their number."""
    return [found for found in db.session.scalars(_TAGS, {"event_id": event_id}) if found]


def _sources() -> Select[str]:
    steps = each_once(Registration.source, Registration.event_id == bindparam("event_id"), most=OFFERED_MAX + 1)
    return select(steps.c.value).order_by(steps.c.value)


def _tags() -> Select[str]:
    steps = each_once(AttendeeTag.key, AttendeeTag.event_id == bindparam("event_id"), most=OFFERED_MAX)
    name = (
        select(AttendeeTag.name)
        .where(AttendeeTag.event_id == bindparam("event_id"), AttendeeTag.key == steps.c.value)
        .order_by(AttendeeTag.registration_id)
        .limit(1)
        .correlate(steps)
        .scalar_subquery()
    )
    return select(name).select_from(steps).order_by(steps.c.value)


# Built once: it takes longer than the database takes to answer.
_SOURCES: Final = _sources()
_TAGS: Final = _tags()

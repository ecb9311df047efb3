"""Which attendees of an event are meant: what a list shows, a file holds, a message goes to, a button acts on.

The wish stands in an address as a query string, so that it can be shared, saved and sent with a form.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, false, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.datastructures import MultiDict

from app.core.db import db, each_once, position
from app.events.models import Event
from app.registrations.later import lacking
from app.registrations.marks import AttendeeTag, tag_key
from app.registrations.models import Answer, Question, QuestionKind, Registration, RegistrationState, value_key
from app.registrations.queries import all_questions_of
from app.registrations.searching import words_of
from app.web.forms import one_line

SEARCH_MAX: Final = 200
UNKNOWN: Final = "-"
ANSWER_FIELD: Final = "answer-"  # and the question's id
CHOICES_MAX: Final = 20  # of one kind: states, ticket types, answers, tags
COMBINATIONS_MAX: Final = 200
_ID_DIGITS_MAX: Final = 9
_YEARS: Final = (1900, 9000)
_T = TypeVar("_T")
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_YES_NO: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish; each part that is set narrows it. Days are days in the event's zone, the last one included."""

    search: str = ""  # every word of it in name (also in pinyin), address, company or code
    states: tuple[RegistrationState, ...] = ()  # any of these
    ticket_types: tuple[int, ...] = ()  # any of these, by id
    answers: tuple[tuple[int, str], ...] = ()  # all of these: the question's id and a value that was answered
    tags: tuple[str, ...] = ()  # all of these
    is_checked_in: bool | None = None
    signed_up_from: date | None = None
    signed_up_to: date | None = None
    source: str | None = None  # "": those of whom it is not known
    lacks_answers: bool = False  # who has a place and has yet to answer what is asked of those who have

    @property
    def state(self) -> RegistrationState | None:
        """Return the state if it is one alone."""
        return self.states[0] if len(self.states) == 1 else None

    @classmethod
    def of(cls, query: MultiDict[str, str]) -> Self:
        """Read a wish as it stands in an address; what cannot be read is no wish."""
        known = {member.value: member for member in RegistrationState}
        answers = [value.partition(":") for value in query.getlist("answer")[:CHOICES_MAX]]
        # As a form without scripts sends a text: the question stands in the name of its field.
        named = [name for name in query if name.startswith(ANSWER_FIELD)][:CHOICES_MAX]
        answers += [(name.removeprefix(ANSWER_FIELD), ":", one_line(query[name])) for name in named]
        return cls(
            search=one_line(query.get("q"))[:SEARCH_MAX],
            states=_each(known[value] for value in query.getlist("status")[:CHOICES_MAX] if value in known),
            ticket_types=_each(int(value) for value in query.getlist("type")[:CHOICES_MAX] if _is_id(value)),
            answers=_each((int(key), value[:SEARCH_MAX]) for key, _colon, value in answers if _is_id(key) and value),
            tags=_each(name for value in query.getlist("tag")[:CHOICES_MAX] if (name := one_line(value)[:SEARCH_MAX])),
            is_checked_in=_YES_NO.get(query.get("in", "")),
            signed_up_from=_day(query.get("from")),
            signed_up_to=_day(query.get("to")),
            source=_source(query.get("source")),
            lacks_answers=query.get("lacks") == "answers",
        )

    def as_query(self) -> dict[str, list[str]]:
        """Return the wish as it stands in an address, only what is set; `of` reads the same."""
        parts = {
            "q": [self.search] if self.search else [],
            "status": [state.value for state in self.states],
            "type": [str(one) for one in self.ticket_types],
            "answer": [f"{question_id}:{value}" for question_id, value in self.answers],
            "tag": list(self.tags),
            "in": [] if self.is_checked_in is None else ["yes" if self.is_checked_in else "no"],
            "from": [self.signed_up_from.isoformat()] if self.signed_up_from else [],
            "to": [self.signed_up_to.isoformat()] if self.signed_up_to else [],
            "source": [] if self.source is None else [self.source or UNKNOWN],
            "lacks": ["answers"] if self.lacks_answers else [],
        }
        return {name: values for name, values in parts.items() if values}

    @classmethod
    def stored(cls, query: Mapping[str, list[str]]) -> Self:
        """Return the wish that `as_query` was stored of, as JSON."""
        return cls.of(MultiDict([(name, value) for name, values in query.items() for value in values]))

    def keepable(self, questions: Sequence[Question]) -> "Wanted":
        """Return the wish as it may be kept for longer: without what was typed, which nobody could find and empty.

        Somebody's name may be searched for, and typed as an answer; of an answer, only a choice that one of these
        questions offers stays.
        """
        offered = {(question.id, value) for question in questions for value in _offered_by(question)}
        return replace(self, search="", answers=tuple(answer for answer in self.answers if answer in offered))

    def in_state(self, state: RegistrationState | None) -> "Wanted":
        """Return the same wish for one state, or for all."""
        return replace(self, states=(state,) if state else ())


def matching(event: Event, wanted: Wanted, rows: type[Registration] = Registration) -> list[ColumnElement[bool]]:
    """Return the conditions on registrations that single out who is wanted at this event.

    `rows` stands for some of them, few enough to ask about each what it answered and how it is tagged; among all, the
    database shall rather find those with an answer by its index.

    Where answers are wanted, or those who lack some, one statement reads what the event asks: the database finds an
    answer by its index alone when it need not look at the question.
    """
    conditions: list[ColumnElement[bool]] = [rows.event_id == event.id]
    if wanted.states:
        conditions.append(rows.state.in_(wanted.states))
    if wanted.ticket_types:
        conditions.append(rows.ticket_type_id.in_(wanted.ticket_types))
    # The longest first: it is as a rule the rarest, and the others are looked for only where it was found.
    words = sorted(words_of(wanted.search), key=len, reverse=True)
    conditions += [position(rows.search_text, word) > 0 for word in words]
    if wanted.is_checked_in is not None:
        came = rows.checked_in_at.is_not(None)
        conditions.append(came if wanted.is_checked_in else ~came)
    if wanted.signed_up_from:
        conditions.append(rows.created_at >= _midnight(wanted.signed_up_from, event.tz))
    if wanted.signed_up_to:
        conditions.append(rows.created_at < _midnight(wanted.signed_up_to + timedelta(days=1), event.tz))
    if wanted.source is not None:
        conditions.append(rows.source == wanted.source)
    if wanted.lacks_answers:
        conditions.append(lacking(event.id, rows))
    found = [_tagged(event.id, tag) for tag in wanted.tags]
    if wanted.answers:
        questions = {question.id: question for question in all_questions_of(event.id)}
        found += [_who_answered(questions.get(question_id), value) for question_id, value in wanted.answers]
    if rows is Registration:
        return conditions + [rows.id.in_(select(who).where(which)) for who, which in found]
    return conditions + [exists().where(who == rows.id, which) for who, which in found]


def _offered_by(question: Question) -> Iterable[str]:
    if question.kind is QuestionKind.CHECKBOX:
        return _YES_NO
    return [str(option["value"]) for option in question.options]


def _tagged(event_id: int, tag: str) -> tuple[InstrumentedAttribute[int], ColumnElement[bool]]:
    return AttendeeTag.registration_id, and_(AttendeeTag.event_id == event_id, AttendeeTag.key == tag_key(tag))


def _who_answered(question: Question | None, value: str) -> tuple[InstrumentedAttribute[int], ColumnElement[bool]]:
    """Return who answered this: a text or an option's value, a tick by yes or no, a number; or chose it with others.

    Nobody where pages show the answers masked: who may not read them could find them out by trying. Nobody where the
    event asks no such question.
    """
    if question is None or question.is_masked:
        return Answer.registration_id, false()
    said: ColumnElement[bool]
    if question.kind is QuestionKind.SEVERAL_CHOICES:
        said = _has_chosen(question.id, json.dumps(value, ensure_ascii=False))
    else:
        said = Answer.value_key.in_(_keys_of(value))
    return Answer.registration_id, and_(Answer.question_id == question.id, said)


def _has_chosen(question_id: int, chosen: str) -> ColumnElement[bool]:
    """Return the condition on an answer that this choice is one of several.

    Which combinations were answered is read here, in one statement: as a rule they are few, and what is equal to one
    of them the database finds by its index. Of many it has to look at each answer.
    """
    steps = each_once(Answer.value_key, Answer.question_id == question_id, most=COMBINATIONS_MAX + 1)
    combinations = [key for key in db.session.scalars(select(steps.c.value)) if key]
    if len(combinations) <= COMBINATIONS_MAX:
        return Answer.value_key.in_([key for key in combinations if key.startswith("[") and chosen in key])
    return and_(Answer.value_key.startswith("["), position(Answer.value_key, chosen) > 0)


def _keys_of(value: str) -> list[str]:
    """Return what a value that stands in an address may be kept as."""
    keys = {value_key(value)}
    if value in _YES_NO:
        keys.add(value_key(_YES_NO[value]))
    if _NUMBER.fullmatch(value):
        keys |= {value, value_key(float(value))}
    return sorted(keys)


def _source(text: str | None) -> str | None:
    """Read a source; an empty field of a form is no wish, and a dash stands for those of whom it is not known."""
    name = one_line(text)[:SEARCH_MAX]
    return None if not name else "" if name == UNKNOWN else name


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _each(values: Iterable[_T]) -> tuple[_T, ...]:
    """Return the values once each, in their order."""
    return tuple(dict.fromkeys(values))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS_MAX


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    # At the ends of the calendar a zone's midnight does not exist.
    return day if _YEARS[0] <= day.year <= _YEARS[1] else None

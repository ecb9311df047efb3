"""What a row says, by what its columns are: a person to be registered, or what is wrong and in which column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.addresses import normalise
from app.core.i18n import LANGUAGES, Language, language_of
from app.events.models import TicketType
from app.imports import headers
from app.imports.answers import Read, reader_of
from app.imports.files_rows import Fault, Row
from app.imports.headers import spelled
from app.imports.models import Outcome
from app.imports.problems import Code, Problem
from app.registrations import rules
from app.registrations.marks import NOTE_MAX, TAG_MAX
from app.registrations.models import Purpose, Question
from app.registrations.purposes import masked
from app.web.forms import many_lines, one_line

NAME_MAX: Final = 100
TAGS_MAX: Final = 20
# Of a value that is shown beside its problem: enough to find it by.
_SHOWN_MAX: Final = 60
_LETTER: Final = re.compile(r"[^\W\d_]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_BETWEEN_TAGS: Final = re.compile(r"[;；,，、|\n]")

_STATUSES: Final[Mapping[Outcome, tuple[str, ...]]] = {
    Outcome.CONFIRMED: (
        "confirmed", "已确认", "approved", "going", "yes", "paid", "complete", "completed", "attending", "registered",
        "session", "checked in",
        "已支付", "已付款", "已通过", "审核通过", "报名成功", "已报名", "已签到", "通过", "成功",
    ),
    Outcome.WAITING: (
        "waiting", "waiting list", "waitlist", "waitlisted", "seat offered", "候补", "候补中", "名额待确认", "排队中",
    ),
    Outcome.PENDING: (
        "pending", "pending approval", "to be approved", "awaiting approval", "awaiting payment", "pending payment",
        "unpaid", "待审核", "审核中", "待确认", "待支付",
    ),
    Outcome.LEFT: (
        "cancelled", "canceled", "declined", "rejected", "withdrawn", "no", "not going", "not attending", "expired",
        "invited", "refunded", "canceled paid fee", "cancelled paid fee", "已取消", "取消", "已婉拒", "已拒绝",
        "未通过", "已退款",
    ),
}  # fmt: skip
_STATUS_OF: Final = {word: outcome for outcome, words in _STATUSES.items() for word in words}
_LANGUAGES: Final[Mapping[str, Language]] = {
    "中文": "zh", "汉语": "zh", "简体中文": "zh", "chinese": "zh", "english": "en", "英文": "en", "英语": "en",
}  # fmt: skip
_LIKE_A_FAULT: Final[Mapping[Fault, Code]] = {fault: Code(fault.value) for fault in Fault}


@dataclass(slots=True)
class Person:
    """What a row came to; with `problems` it is refused."""

    number: int
    wish: Outcome = Outcome.CONFIRMED
    name: str = ""
    email: str = ""
    email_key: str = ""
    language: Language = "zh"
    ticket_type_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def importable(questions: Sequence[Question]) -> list[Question]:
    """Return the questions that a file may answer: not a consent, which only the person themselves can give."""
    return [each for each in questions if not each.is_retired and each.purpose is not Purpose.SPONSOR_CONSENT]


class Reader:
    """Makes a person of each row, by what the columns of this import are and what the event asks."""

    def __init__(
        self,
        targets: Sequence[str],
        questions: Sequence[Question],
        ticket_types: Sequence[TicketType],
        *,
        ticket_type_id: int | None,
        language: Language,
    ) -> None:
        """Prepare."""
        self.questions = importable(questions)
        by_target = {headers.PREFIX + question.key: question for question in self.questions}
        self.columns = {target: column for column, target in enumerate(targets) if target in headers.SINGLE}
        self.tags = [column for column, target in enumerate(targets) if target == headers.TAG]
        self.notes = [column for column, target in enumerate(targets) if target == headers.NOTE]
        self.answers: list[tuple[int, Question, Read]] = [
            (column, by_target[target], reader_of(by_target[target]))
            for column, target in enumerate(targets)
            if target in by_target
        ]
        self.masked = {column for column, question, _read in self.answers if question.is_masked}
        self.wanted = {column for column, target in enumerate(targets) if target}
        self.ticket_types = _by_name(ticket_types)
        self.ticket_type_id, self.language = ticket_type_id, language

    def person(self, row: Row) -> Person:
        """Return who a row is about, with everything that is wrong with it."""
        person = Person(row.number)
        problems = person.problems
        for column, fault in row.faults.items():
            if column in self.wanted:
                details = {"value": self._shown(row.cells[column], column)}
                problems.append(Problem(_LIKE_A_FAULT[fault], row.number, column, details))
        spoiled = {problem.column for problem in problems}
        person.name = self._name(row, spoiled, problems)
        self._address(row, spoiled, person)
        person.wish = self._status(row, problems)
        person.ticket_type_id = self._ticket_type(row, spoiled, problems)
        person.language = self._language(row, problems)
        person.details = self._details(row, spoiled, problems)
        return person

    def _shown(self, cell: str, column: int) -> str:
        """Return what is kept of a value beside its problem; of one that is masked, what pages show of it."""
        return masked(cell) if column in self.masked else cell[:_SHOWN_MAX]

    def _cell(self, row: Row, target: str) -> str:
        column = self.columns.get(target)
        return row.cells[column] if column is not None and column < len(row.cells) else ""

    def _name(self, row: Row, spoiled: set[int | None], problems: list[Problem]) -> str:
        column = self.columns.get(
            headers.NAME, self.columns.get(headers.FIRST_NAME, self.columns.get(headers.LAST_NAME))
        )
        name = self._cell(row, headers.NAME)
        if not name:
            first, last = self._cell(row, headers.FIRST_NAME), self._cell(row, headers.LAST_NAME)
            # 张三, but Ada Lovelace.
            name = f"{last}{first}" if _HAN.search(last) and _HAN.search(first) else f"{first} {last}"
        name = one_line(name)
        if column in spoiled:
            return ""
        if not name:
            problems.append(Problem(Code.MISSING_NAME, row.number, column))
        elif len(name) > NAME_MAX:
            problems.append(Problem(Code.NAME_TOO_LONG, row.number, column, {"max": NAME_MAX}))
        elif not _LETTER.search(name) or rules.has_web_address(name):
            problems.append(Problem(Code.BAD_NAME, row.number, column, {"value": name[:_SHOWN_MAX]}))
        return name[:NAME_MAX]

    def _address(self, row: Row, spoiled: set[int | None], person: Person) -> None:
        column, typed = self.columns.get(headers.EMAIL), self._cell(row, headers.EMAIL)
        if column in spoiled:
            return
        if not typed:
            person.problems.append(Problem(Code.MISSING_EMAIL, row.number, column))
            return
        try:
            address = normalise(typed.removeprefix("mailto:"))
        except ValueError:
            person.problems.append(Problem(Code.BAD_EMAIL, row.number, column, {"value": typed[:_SHOWN_MAX]}))
            return
        person.email, person.email_key = address.email, address.key

    def _status(self, row: Row, problems: list[Problem]) -> Outcome:
        typed = self._cell(row, headers.STATUS)
        if not typed:
            return Outcome.CONFIRMED
        found = _STATUS_OF.get(spelled(typed))
        if found is None:
            column = self.columns[headers.STATUS]
            problems.append(Problem(Code.UNKNOWN_STATUS, row.number, column, {"value": typed[:_SHOWN_MAX]}))
        return found or Outcome.CONFIRMED

    def _ticket_type(self, row: Row, spoiled: set[int | None], problems: list[Problem]) -> int | None:
        typed = self._cell(row, headers.TICKET_TYPE)
        column = self.columns.get(headers.TICKET_TYPE)
        if not typed:
            if self.ticket_type_id is None:
                problems.append(Problem(Code.NO_TICKET_TYPE, row.number, column))
            return self.ticket_type_id
        found = self.ticket_types.get(spelled(typed))
        if found is None and column not in spoiled:
            problems.append(Problem(Code.UNKNOWN_TICKET_TYPE, row.number, column, {"value": typed[:_SHOWN_MAX]}))
        return found

    def _language(self, row: Row, problems: list[Problem]) -> Language:
        typed = self._cell(row, headers.LANGUAGE)
        if not typed:
            return self.language
        found = _LANGUAGES.get(typed.strip().casefold()) or language_of(typed)
        if found is None:
            column = self.columns[headers.LANGUAGE]
            problems.append(Problem(Code.UNKNOWN_LANGUAGE, row.number, column, {"value": typed[:_SHOWN_MAX]}))
        return found or self.language

    def _details(self, row: Row, spoiled: set[int | None], problems: list[Problem]) -> dict[str, Any]:
        given: dict[int, Any] = {}
        for column, question, read in self.answers:
            cell = row.cells[column] if column < len(row.cells) else ""
            if not cell or column in spoiled:
                continue
            answer = read(cell)
            if isinstance(answer, Code):
                problems.append(Problem(answer, row.number, column, {"value": self._shown(cell, column)}))
            elif answer is not None:
                given[question.id] = answer
        # What the sign-up would not have asked this person is no answer of theirs.
        asked = rules.asked(self.questions, given) if given else frozenset()
        details: dict[str, Any] = {"answers": {str(key): value for key, value in given.items() if key in asked}}
        if tags := self._tags(row, problems):
            details["tags"] = tags
        notes = [row.cells[column] for column in self.notes if column < len(row.cells) and row.cells[column]]
        if notes:
            note = many_lines("\n".join(notes))
            if len(note) > NOTE_MAX:
                problems.append(Problem(Code.TOO_LONG, row.number, self.notes[0], {"value": note[:_SHOWN_MAX]}))
            details["note"] = note[:NOTE_MAX]
        return details

    def _tags(self, row: Row, problems: list[Problem]) -> list[str]:
        tags: list[str] = []
        for column in self.tags:
            cell = row.cells[column] if column < len(row.cells) else ""
            found = [one_line(tag) for tag in _BETWEEN_TAGS.split(cell) if one_line(tag)]
            if any(len(tag) > TAG_MAX for tag in found) or len(found) > TAGS_MAX:
                problems.append(Problem(Code.TOO_LONG, row.number, column, {"value": cell[:_SHOWN_MAX]}))
            tags += found
        return tags[:TAGS_MAX]


def _by_name(ticket_types: Sequence[TicketType]) -> Mapping[str, int]:
    names: dict[str, int] = {}
    for each in ticket_types:
        for words in (*(each.name.in_language(language) for language in LANGUAGES), each.slug):
            names.setdefault(spelled(words), each.id)
    return names

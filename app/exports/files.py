"""The attendees of an event as a table with chosen columns.

They are read a thousand at a time, each batch a read of its own: a long download holds no snapshot open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from app.attendees.queries import ticket_type_names
from app.attendees.wanted import Wanted
from app.core.db import db
from app.core.i18n import Language, Texts, speaking
from app.core.i18n import gettext as _
from app.events.models import Event
from app.exports import columns as kinds
from app.exports import queries
from app.exports.columns import Column
from app.exports.formats import FORMATS, neutral
from app.registrations.models import RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.words import Cell, answer_in_words, source_names, state_names

__all__ = ["BATCH", "FORMATS", "AttendeeList", "Row", "attendee_list", "neutral"]

BATCH: Final = 1000
_LANGUAGES: Final[Mapping[str, str]] = {"zh": "中文", "en": "English"}


class Row(NamedTuple):
    """One attendee as read: `answers` by question id, in the shape they were stored."""

    state: RegistrationState
    name: str
    email: str
    ticket_type_id: int
    signed_up_at: datetime
    confirmed_at: datetime | None
    checked_in_at: datetime | None
    code: str
    language: str
    source: str
    answers: Mapping[int, Any]
    tags: Sequence[str]
    notes: Sequence[str]


Say = Callable[[Row], Cell]


@dataclass(frozen=True, slots=True)
class AttendeeList:
    """What is exported: the attendees of one event that are wanted, and the words of one language."""

    event: Event
    wanted: Wanted
    columns: Sequence[Column]
    ticket_types: Mapping[int, Texts]
    language: Language
    on_progress: Callable[[int], None] = lambda _rows: None

    def title(self) -> str:
        """Return what the sheet is called."""
        return str(_("Attendees"))

    def header(self) -> list[str]:
        """Return the names of the columns."""
        with speaking(self.language):
            return kinds.names(self.columns, self.event.zone, self.language)

    def widths(self) -> list[float]:
        """Return how wide the columns are."""
        return [column.width for column in self.columns]

    def rows(self) -> Iterator[Row]:
        """Yield every attendee in the order of sign-up; what no column shows is not read.

        One statement a batch, and one each for answers, tags and notes.
        """
        keys = {column.key for column in self.columns}
        has_answers = any(column.question for column in self.columns)
        after = 0
        while True:
            batch = queries.batch(self.event, self.wanted, after=after, size=BATCH)
            if not batch:
                db.session.commit()
                return
            within = {"first": batch[0].id, "last": batch[-1].id}
            answers = queries.answers(self.event.id, **within) if has_answers else {}
            tags = queries.tags(self.event.id, **within) if "tags" in keys else {}
            notes = queries.notes(self.event.id, **within) if "notes" in keys else {}
            # Ends the read: the next batch sees today's rows, and no snapshot stays open while we write.
            db.session.commit()
            for found in batch:
                yield Row(
                    state=found.state,
                    name=found.name,
                    email=found.email,
                    ticket_type_id=found.ticket_type_id,
                    signed_up_at=found.created_at,
                    confirmed_at=found.confirmed_at,
                    checked_in_at=found.checked_in_at,
                    code=found.code,
                    language=found.language,
                    source=found.source,
                    answers=answers.get(found.id, {}),
                    tags=tags.get(found.id, ()),
                    notes=notes.get(found.id, ()),
                )
            after = batch[-1].id
            self.on_progress(len(batch))

    def cells(self) -> Iterator[list[Cell]]:
        """Yield every attendee as cells for people to read: words in one language, instants in the event's zone."""
        with speaking(self.language):
            fixed = self._fixed()
            says = [fixed[column.key] if column.question is None else self._answer(column) for column in self.columns]
        for row in self.rows():
            yield [say(row) for say in says]

    def _answer(self, column: Column) -> Say:
        assert column.question is not None  # noqa: S101 - the caller has asked
        question_id = column.question.id
        say = answer_in_words(column.question, self.language, is_whole=True)
        return lambda row: say(row.answers.get(question_id))

    def _fixed(self) -> Mapping[str, Say]:
        states, sources, local = state_names(), source_names(), partial(_local, self.event.tz)
        types = {key: name.in_language(self.language) for key, name in self.ticket_types.items()}
        return {
            "status": lambda row: states[row.state],
            "name": lambda row: row.name,
            "email": lambda row: row.email,
            "ticket_type": lambda row: types.get(row.ticket_type_id, ""),
            "signed_up": lambda row: local(row.signed_up_at),
            "confirmed": lambda row: local(row.confirmed_at),
            "checked_in": lambda row: local(row.checked_in_at),
            "code": lambda row: row.code,
            "language": lambda row: _LANGUAGES.get(row.language, row.language),
            "source": lambda row: sources.get(row.source, row.source),
            "tags": lambda row: "; ".join(row.tags),
            "notes": lambda row: "\n".join(row.notes),
        }

    def objects(self) -> Iterator[Mapping[str, Any]]:
        """Yield every attendee for programs: stable words and keys, answers as stored, instants with their offset."""
        says, zone = _plain(self.ticket_types), self.event.tz
        fixed = [(name, say) for key, (name, say) in says.items() if key in {column.key for column in self.columns}]
        asked = {column.question.id: column.question.key for column in self.columns if column.question}
        for row in self.rows():
            line = {name: say(row, zone) for name, say in fixed}
            line["answers"] = {asked[id_]: value for id_, value in row.answers.items() if id_ in asked}
            yield line


def _local(zone: ZoneInfo, at: datetime | None) -> datetime | None:
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at else None


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def _plain(ticket_types: Mapping[int, Texts]) -> Mapping[str, tuple[str, Callable[[Row, ZoneInfo], Any]]]:
    """Return what each column is for a program: its name, and its value."""
    return {
        "status": ("status", lambda row, _zone: row.state.value),
        "name": ("name", lambda row, _zone: row.name),
        "email": ("email", lambda row, _zone: row.email),
        "ticket_type": ("ticket_type", lambda row, _zone: ticket_types.get(row.ticket_type_id, Texts()).as_dict()),
        "signed_up": ("signed_up_at", lambda row, zone: _iso(row.signed_up_at, zone)),
        "checked_in": ("checked_in_at", lambda row, zone: _iso(row.checked_in_at, zone)),
        "code": ("code", lambda row, _zone: row.code),
        "confirmed": ("confirmed_at", lambda row, zone: _iso(row.confirmed_at, zone)),
        "language": ("language", lambda row, _zone: row.language),
        "source": ("source", lambda row, _zone: row.source),
        "tags": ("tags", lambda row, _zone: list(row.tags)),
        "notes": ("notes", lambda row, _zone: list(row.notes)),
    }


def attendee_list(
    event: Event,
    wanted: Wanted,
    *,
    language: Language,
    columns: Sequence[Column] | None = None,
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> AttendeeList:
    """Return what `Format.chunks` writes; reads the questions and ticket types, but no attendee yet.

    Without `columns` it has the usual ones. `on_progress` is told the number of attendees written since it was told
    last.
    """
    wished = kinds.usual(all_questions_of(event.id)) if columns is None else columns
    return AttendeeList(event, wanted, wished, ticket_type_names(event.id), language, on_progress)

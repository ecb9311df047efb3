"""The columns a file of attendees can have: what is known of everybody, and what an event asks.

A column has a key that stays true wherever it is kept: questions have theirs, since a copy of an event asks the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.registrations.models import Question, QuestionKind

# What every download has had, and has still: the order of its columns.
STANDARD: Final = ("status", "name", "email", "ticket_type", "signed_up", "checked_in", "code")
FIXED: Final = (*STANDARD, "confirmed", "language", "source", "tags", "notes")
COLUMNS_MAX: Final = 120  # more than the fixed ones and all that an event may ask
_ASKED: Final = "q_"  # of a question's column; a question's key is its own, whatever the fixed ones are called
_WIDTHS: Final = {"status": 12, "name": 20, "email": 32, "code": 14, "language": 10, "tags": 24, "notes": 48}
_USUAL: Final = 18
_ANSWER: Final = 26
_WIDTHS_OF_KINDS: Final = {
    QuestionKind.LONG_TEXT: 48, QuestionKind.CHECKBOX: 12, QuestionKind.NUMBER: 12, QuestionKind.PHONE: 20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key, and the question it holds the answers to, if any."""

    key: str
    question: Question | None = None

    @property
    def width(self) -> float:
        """How wide it is, in characters."""
        if self.question is None:
            return _WIDTHS.get(self.key, _USUAL)
        return _WIDTHS_OF_KINDS.get(self.question.kind, _ANSWER)


def key_of(question: Question) -> str:
    """Return the key of a question's column."""
    return _ASKED + question.key


def all_columns(questions: Sequence[Question]) -> list[Column]:
    """Return every column there is at an event."""
    return [*map(Column, FIXED), *(Column(key_of(question), question) for question in questions)]


def usual(questions: Sequence[Question]) -> list[Column]:
    """Return the columns of a download for which none were chosen: what is masked must be asked for by name."""
    return [*map(Column, STANDARD), *(Column(key_of(each), each) for each in questions if not each.is_masked)]


def chosen(keys: Iterable[str], questions: Sequence[Question]) -> list[Column]:
    """Return the columns with these keys, each once and in their order; what is no column any more is left out."""
    known = {column.key: column for column in all_columns(questions)}
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def names(columns: Sequence[Column], zone: str, language: Language) -> list[str]:
    """Return what the columns are called, in the language that is spoken.

    Questions of the same wording are told apart by their key.
    """
    fixed = fixed_names(zone)
    labels = [column.question.label.in_language(language) for column in columns if column.question]
    found = []
    for column in columns:
        if column.question is None:
            found.append(fixed[column.key])
            continue
        label = column.question.label.in_language(language)
        found.append(f"{label} ({column.question.key})" if labels.count(label) > 1 else label)
    return found


def fixed_names(zone: str) -> Mapping[str, str]:
    """Return what the columns are called that every event has."""
    return {
        "status": _("Status"),
        "name": _("Name"),
        "email": _("E-mail"),
        "ticket_type": _("Ticket type"),
        "signed_up": _("Signed up (%(zone)s)", zone=zone),
        "checked_in": _("Checked in (%(zone)s)", zone=zone),
        "code": _("Code"),
        "confirmed": _("Confirmed (%(zone)s)", zone=zone),
        "language": _("Language"),
        "source": _("Sign-up source"),
        "tags": _("Tags"),
        "notes": _("Notes"),
    }

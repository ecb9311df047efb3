"""Writing down that somebody took a copy of data, so that it is known who had it: which columns, of whom, how many."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from app.attendees import queries
from app.attendees.wanted import Wanted
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event
from app.exports.columns import Column
from app.history.models import Entry
from app.history.service import Actor, record
from app.registrations.models import Question
from app.registrations.queries import all_questions_of


def record_download(
    event: Event, wanted: Wanted, suffix: str, columns: Sequence[Column], *, by: Actor, now: datetime
) -> None:
    """Write down who takes which part of an event's list; what was searched for may be a name."""
    entry = entry_of_download(event, wanted, suffix, columns, rows=queries.number(event, wanted))
    with transaction():
        entry(by=by, now=now)


def entry_of_download(
    event: Event, wanted: Wanted, suffix: str, columns: Sequence[Column], *, rows: int
) -> Callable[..., Entry]:
    """Return what writes the entry of a download in the transaction that is open then: `entry(by=…, now=…)`."""
    told = filter_told(wanted, queries.ticket_type_names(event.id), all_questions_of(event.id))
    changes: dict[str, tuple[object, object]] = {"format": (None, suffix), "rows": (None, rows)}
    changes |= {"columns": (None, columns_told(columns))}
    changes |= {name: (None, value) for name, value in told.items()}
    return partial(record, "attendees.downloaded", event_id=event.id, changes=changes)


def columns_told(columns: Iterable[Column]) -> list[object]:
    """Return columns as the history keeps them: those of every event by their word, questions by what they ask."""
    return [column.key if column.question is None else {"label": column.question.label} for column in columns]


def filter_told(wanted: Wanted, ticket_types: Mapping[int, Texts], questions: Sequence[Question]) -> dict[str, object]:
    """Return a wish as the history keeps it, each part by the name of its field; of a search, that there was one."""
    by_id = {question.id: question for question in questions}
    parts: dict[str, object] = {
        "wanted_state": [state.value for state in wanted.states],
        "wanted_ticket_type": [{"name": ticket_types[one]} for one in wanted.ticket_types if one in ticket_types],
        "wanted_answer": [{"label": _answer_told(by_id[key], value)} for key, value in wanted.answers if key in by_id],
        # A tag may be somebody's name.
        "wanted_tags": len(wanted.tags) or None,
        "wanted_checked_in": wanted.is_checked_in,
        "wanted_from": wanted.signed_up_from,
        "wanted_to": wanted.signed_up_to,
        "wanted_source": wanted.source,
        "wanted_lacking": wanted.lacks_answers or None,
        "searched": bool(wanted.search) or None,
    }
    return {name: value for name, value in parts.items() if value is not None and value != []}


def _answer_told(question: Question, value: str) -> Texts:
    """Return which answer to which question is meant, in both languages; of what was typed, the question alone."""
    options = {option["value"]: Texts(**option["label"]) for option in question.options}
    option = options.get(value)
    if option is None:
        return question.label
    label = question.label
    return Texts(
        **{language: f"{label.in_language(language)}: {option.in_language(language)}" for language in ("zh", "en")}
    )

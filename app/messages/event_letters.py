"""The outbox of one event: every letter about it, what became of each, and what can still be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal, select, union_all

from app.attendees.wanted import Wanted, matching
from app.core.addresses import key_of
from app.core.db import db, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events.models import Event
from app.history.service import Actor, record
from app.mail import service as mail
from app.mail.models import Letter, LetterState
from app.mail.queries import IN_A_BATCH
from app.messages.models import Message
from app.registrations.letters import topic_of
from app.registrations.models import Registration

PER_PAGE: Final = 50
# More of them than this are not counted on a page: of 300,000 letters that alone would take as long as all the rest.
COUNTED_MAX: Final = 50_000
# People of whom a search shows the letters; who looks for a common name gives more of it.
SEARCHED_MAX: Final = 200
# The tabs: what organizers call a state may be several of ours.
STATES: Final[Mapping[str, tuple[LetterState, ...]]] = {
    "waiting": (LetterState.QUEUED, LetterState.SENDING),
    "sent": (LetterState.SENT,),
    "failed": (LetterState.FAILED,),
    "stopped": (LetterState.STOPPED,),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which letters are meant: those in a state (a key of STATES, "" for all), to whom is searched, of a message."""

    state: str = ""
    search: str = ""
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A letter with whom and what it is about, where that is known."""

    letter: Letter
    name: str
    code: str | None
    message: Texts | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some letters, the newest first; `newer` and `older` lead to the pages beside this one."""

    lines: Sequence[Line]
    newer: int | None
    older: int | None


def counts(event_id: int) -> dict[str, int]:
    """Return the number of the event's letters behind each tab; what is more than COUNTED_MAX is one more than that.

    One statement within an index.
    """
    each = []
    for state in LetterState:
        some = select(Letter.id).where(Letter.topic == topic_of(event_id), Letter.state == state)
        each.append(
            select(literal(state.value).label("state"), func.count()).select_from(
                some.limit(COUNTED_MAX + 1).subquery()
            )
        )
    found: dict[str, int] = dict(db.session.execute(union_all(*each)).all())
    return {
        tab: min(sum(found.get(state.value, 0) for state in states), COUNTED_MAX + 1) for tab, states in STATES.items()
    }


def in_figures(number: int, counted_max: int) -> str:
    """Return a number that was counted up to a limit, as it is shown."""
    return f"{counted_max:,}+" if number > counted_max else f"{number:,}"


def page(event: Event, wish: Wish, *, before: int | None = None, after: int | None = None) -> Page:
    """Return up to 50 letters older than the id `before`, or those just newer than the id `after`."""
    find = _searched if wish.search else _walked
    ids = db.session.scalars(find(event, wish, before=before, after=after)).all()
    more, ids = len(ids) > PER_PAGE, ids[:PER_PAGE]
    letters = db.session.scalars(select(Letter).where(Letter.id.in_(ids)).order_by(Letter.id.desc())).all()
    lines = _lines(letters)
    if after is not None:
        return Page(lines, letters[0].id if more else None, letters[-1].id if letters else None)
    return Page(lines, letters[0].id if letters and before is not None else None, letters[-1].id if more else None)


def _walked(event: Event, wish: Wish, *, before: int | None, after: int | None) -> Any:  # noqa: ANN401 - a statement
    """Return the statement for the numbers of a page's letters and one more, by the index of topics or of batches."""
    which: list[ColumnElement[bool]] = [Letter.topic == topic_of(event.id)]
    if wish.message_id is not None:
        # The topic asked for in a way that leaves the index of topics alone, which is the longer one.
        which = [*_of_message(wish), func.coalesce(Letter.topic, "") == topic_of(event.id)]
    # One walk along the index for each state, since no index is in the order of the ids of several.
    walks = []
    for state in _states(wish):
        walk = select(Letter.id).where(*which, Letter.state == state, *_bound(Letter.id, before, after))
        walks.append(select(walk.order_by(_order(Letter.id, after)).limit(PER_PAGE + 1).subquery().c.id))
    together = union_all(*walks).subquery()
    return select(together.c.id).order_by(_order(together.c.id, after)).limit(PER_PAGE + 1)


def _searched(event: Event, wish: Wish, *, before: int | None, after: int | None) -> Any:  # noqa: ANN401 - a statement
    """Return the same for the letters to some addresses, by the index of addresses and by no other.

    Everything else is asked for in a way that no index answers: by each of them more letters would be looked at.
    """
    number = Letter.id + 0
    return (
        select(number)
        .where(
            Letter.to_key.in_(_keys(event, wish.search)),
            func.coalesce(Letter.topic, "") == topic_of(event.id),
            func.coalesce(Letter.state, Letter.state).in_(_states(wish)),
            *([func.coalesce(Letter.batch, "") == f"message:{wish.message_id}"] if wish.message_id is not None else []),
            *_bound(number, before, after),
        )
        .order_by(_order(number, after))
        .limit(PER_PAGE + 1)
    )


def _states(wish: Wish) -> Sequence[LetterState]:
    return STATES.get(wish.state) or tuple(LetterState)


def _bound(number: SQLColumnExpression[int], before: int | None, after: int | None) -> list[ColumnElement[bool]]:
    if after is not None:
        return [number > after]
    return [] if before is None else [number < before]


def _order(number: SQLColumnExpression[int], after: int | None) -> SQLColumnExpression[int]:
    """Return the order in which a page is found: from its near end."""
    return number.desc() if after is None else number.asc()


def _of_message(wish: Wish) -> list[ColumnElement[bool]]:
    return [Letter.batch == f"message:{wish.message_id}", cast("ColumnElement[bool]", IN_A_BATCH)]


def _keys(event: Event, search: str) -> Sequence[str]:
    """Return the addresses of those attendees whom a search finds, and the one that it may be itself."""
    people = select(Registration.email_key).where(*matching(event, Wanted(search=search))).limit(SEARCHED_MAX)
    # A place may be on its way to somebody who has not signed up.
    return [*db.session.scalars(people), key_of(search)]


def _lines(letters: Sequence[Letter]) -> list[Line]:
    registration_ids = {letter.ids.get("registration") for letter in letters}
    message_ids = {letter.ids.get("message") for letter in letters}
    codes: dict[int, str] = dict(
        db.session.execute(
            select(Registration.id, Registration.code).where(Registration.id.in_(_numbers(registration_ids)))
        ).all()
    )
    subjects: dict[int, Texts] = dict(
        db.session.execute(select(Message.id, Message.subject).where(Message.id.in_(_numbers(message_ids)))).all()
    )
    return [
        Line(
            letter,
            letter.to_name or letter.to_email,
            codes.get(letter.ids.get("registration", 0)),
            subjects.get(letter.ids.get("message", 0)),
        )
        for letter in letters
    ]


def _numbers(values: set[Any]) -> list[int]:
    return sorted(value for value in values if isinstance(value, int))


def send_again(event_id: int, letter_id: int, *, by: Actor, now: datetime) -> None:
    """Send a failed letter of this event once more. Raises NotFoundError, or ConflictError when it has not failed."""
    letter = _letter(event_id, letter_id)
    with transaction():
        mail.requeue(letter.id, now=now)
        _record("letter.sent_again", letter, event_id, by=by, now=now)


def stop(event_id: int, letter_id: int, *, by: Actor, now: datetime) -> None:
    """Stop a letter of this event that waits. Raises NotFoundError, or ConflictError when it is too late."""
    letter = _letter(event_id, letter_id)
    with transaction():
        mail.stop(letter.id)
        _record("letter.stopped", letter, event_id, by=by, now=now)


def _letter(event_id: int, letter_id: int) -> Letter:
    found = db.session.scalar(select(Letter).where(Letter.id == letter_id, Letter.topic == topic_of(event_id)))
    if found is None:
        raise NotFoundError(_("There is no such letter at this event."))
    return found


def _record(action: str, letter: Letter, event_id: int, *, by: Actor, now: datetime) -> None:
    registration_id = letter.ids.get("registration")
    record(
        action,
        by=by,
        now=now,
        event_id=event_id,
        registration_id=registration_id,
        # A name stands only where erasing finds it.
        subject=letter.to_name if registration_id is not None else "",
        changes={"letter": (None, letter.kind)},
    )

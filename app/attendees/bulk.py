"""One decision on many attendees: what it would do, and doing it; at once for some, as long work for many.

Who is meant may change between the count and the doing: who cannot be decided upon (any more) is passed over, and what
was done is counted as it is done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, func, select

from app.attendees import bulk_marks, marking
from app.attendees.wanted import Wanted, matching
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event
from app.history.service import Actor, record
from app.registrations import approval, overrides
from app.registrations.marks import TAG_MAX, tag_key
from app.registrations.models import LIVE, Registration, RegistrationState
from app.registrations.overrides import Decision
from app.work import service as work
from app.work.models import Task

AT_ONCE_MAX: Final = 50  # more of them are long work
STEP: Final = 50
KIND: Final = "attendees.bulk"
# Of its params: what was searched for is somebody's name, and a reason speaks of people.
PRIVATE: Final = ("query", "words")


class Action(StrEnum):
    """What is done to all of them."""

    APPROVE = "approve"
    DECLINE = "decline"
    PROMOTE = "promote"
    CANCEL = "cancel"
    TAG = "tag"
    UNTAG = "untag"

    @property
    def marks(self) -> bool:
        """Tell whether it only concerns a tag: nobody is told, and it can be undone."""
        return self in {Action.TAG, Action.UNTAG}


# Whom it can be done to; the others are passed over.
STATES: Final[Mapping[Action, tuple[RegistrationState, ...]]] = {
    Action.APPROVE: (RegistrationState.PENDING,),
    Action.DECLINE: (RegistrationState.PENDING,),
    Action.PROMOTE: (RegistrationState.WAITING, RegistrationState.OFFERED),
    Action.CANCEL: LIVE,
    Action.TAG: tuple(RegistrationState),
    Action.UNTAG: tuple(RegistrationState),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Who is meant: those who were ticked, or all who match a wish."""

    ids: tuple[int, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    is_all: bool = False

    def conditions(self, event: Event) -> list[ColumnElement[bool]]:
        """Return the conditions on `Registration`; nobody who was erased."""
        known = Registration.erased_at.is_(None)
        if self.is_all:
            return [*matching(event, self.wanted), known]
        return [Registration.event_id == event.id, Registration.id.in_(self.ids), known]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: the words of a refusal or the reason of an end, or the tag."""

    action: Action
    words: str = ""
    tag: str = ""

    def refuse_unless_whole(self) -> None:
        """Raise BadInputError where words or the tag are missing."""
        if self.action.marks and (not tag_key(self.tag) or len(self.tag) > TAG_MAX):
            raise BadInputError(_("A tag has at most %(max)d characters.", max=TAG_MAX), field="tag")
        if self.action in {Action.CANCEL, Action.PROMOTE} and not self.words:
            raise BadInputError(_("Please say why, for those who look it up later."), field="reason")


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many it concerns, by state; and how many are passed over, by state."""

    concerned: Mapping[RegistrationState, int]
    passed_over: Mapping[RegistrationState, int]

    @property
    def number(self) -> int:
        """Return how many it concerns."""
        return sum(self.concerned.values())

    @property
    def others(self) -> int:
        """Return how many are passed over."""
        return sum(self.passed_over.values())


def outlook(event: Event, action: Action, selection: Selection) -> Outlook:
    """Return whom it would concern now; one statement."""
    rows = db.session.execute(
        select(Registration.state, func.count()).where(*selection.conditions(event)).group_by(Registration.state)
    )
    counts = {state: number for state, number in rows if number}
    can = STATES[action]
    return Outlook(
        {state: counts[state] for state in RegistrationState if state in counts and state in can},
        {state: counts[state] for state in RegistrationState if state in counts and state not in can},
    )


def carry_out(event: Event, order: Order, selection: Selection, *, by: Actor, now: datetime) -> Counter[str]:
    """Do it to at most fifty, at once and in one transaction; return what became of how many."""
    order.refuse_unless_whole()
    with transaction() as session:
        _lock(event, order.action)
        ids = session.scalars(_next(event, order.action, selection, after=0, until=None).limit(AT_ONCE_MAX)).all()
        done = _apply(event, order, ids, by=by, now=now)
        if not done and not order.action.marks:
            raise ConflictError(_("Nobody of those you chose can be decided upon that way any more."))
    return done


def begin(event: Event, order: Order, selection: Selection, *, language: Language, by: Actor, now: datetime) -> Task:
    """Let it be done as long work: to everybody who is meant now, not to who signs up later."""
    order.refuse_unless_whole()
    number = outlook(event, order.action, selection).number
    with transaction() as session:
        until = session.scalar(select(func.max(Registration.id)).where(Registration.event_id == event.id)) or 0
        asked = {"action": order.action.value, "words": order.words, "tag": order.tag, "until": until}
        return work.begin(
            KIND,
            event_id=event.id,
            params=asked | {"query": selection.wanted.as_query(), "entry": bulk_marks.latest_entry(event.id)},
            total=number,
            language=language,
            by=by,
            now=now,
        )


def step(task: Task, now: datetime) -> bool:
    """Do it to the next of them, in the transaction that is open; True while more are to come."""
    session = require_transaction()
    asked = task.params
    order = Order(Action(asked["action"]), asked["words"], asked["tag"])
    event = session.get_one(Event, task.event_id)
    selection = Selection(wanted=Wanted.stored(asked["query"]), is_all=True)
    _lock(event, order.action)
    following = _next(event, order.action, selection, after=task.cursor, until=asked["until"])
    ids = session.scalars(following.limit(STEP)).all()
    by = work.actor_of(task)
    if order.action.marks:
        done = bulk_marks.mark(ids, order.tag, puts_on=order.action is Action.TAG, by=by, now=now, within=task.code)
    else:
        done = _apply(event, order, ids, by=by, now=now)
    task.counts = dict(Counter(task.counts) + done)
    task.done += len(ids)
    if len(ids) == STEP:
        task.cursor = ids[-1]
        return True
    close(task, now)
    return False


def close(task: Task, now: datetime) -> None:
    """Write down what was done to all of them, at the end or where somebody has stopped it."""
    action = Action(task.params["action"])
    if action.marks:
        bulk_marks.close(task, puts_on=action is Action.TAG, by=work.actor_of(task), now=now)


def _lock(event: Event, action: Action) -> None:
    """Let nobody sign up or be decided upon meanwhile: who is found now is as they were found when it is their turn."""
    if not action.marks:
        locked_event(event.id)


def _next(event: Event, action: Action, selection: Selection, *, after: int, until: int | None) -> Select[int]:
    conditions = [*selection.conditions(event), Registration.id > after, Registration.state.in_(STATES[action])]
    if until is not None:
        conditions.append(Registration.id <= until)
    return select(Registration.id).where(*conditions).order_by(Registration.id)


def _apply(event: Event, order: Order, ids: Sequence[int], *, by: Actor, now: datetime) -> Counter[str]:
    """Do it in the caller's transaction, and return what became of how many."""
    if order.action.marks:
        return _mark(event, order, ids, by=by, now=now)
    if order.action is Action.APPROVE:
        became = approval.approve_these(event.id, ids, by=by, now=now)
        return +Counter({"confirmed": became.confirmed, "waiting": became.waiting, "left": became.left})
    if order.action is Action.DECLINE:
        return +Counter(declined=approval.decline_these(event.id, ids, words=order.words, by=by, now=now))
    decision = Decision(reason=order.words, by=by, now=now)
    return _promote(ids, decision) if order.action is Action.PROMOTE else _end(ids, decision)


def _promote(ids: Sequence[int], decision: Decision) -> Counter[str]:
    done: Counter[str] = Counter()
    for registration_id in ids:
        try:
            done["promoted"] += overrides.promote_this(registration_id, decision)
        except BadInputError:
            done["no_seat"] += 1
    return +done


def _end(ids: Sequence[int], decision: Decision) -> Counter[str]:
    return +Counter(cancelled=sum(overrides.remove_this(registration_id, decision) for registration_id in ids))


def _mark(event: Event, order: Order, ids: Sequence[int], *, by: Actor, now: datetime) -> Counter[str]:
    tags = order.action is Action.TAG
    changed = (marking.tag_all if tags else marking.untag_all)(ids, order.tag, by=by, now=now)
    if changed:
        # Which tag stands with each of the people, where erasing them finds it: a tag may be a name.
        record(
            "attendees.tagged" if tags else "attendees.untagged",
            by=by,
            now=now,
            event_id=event.id,
            changes={"number": (None, len(changed)), "_people": (None, changed)},
        )
    return +Counter({"tagged" if tags else "untagged": len(changed), "unchanged": len(ids) - len(changed)})

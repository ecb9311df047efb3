"""The life of an event as one table: what may be done with it, in which state, and if not, why not.

A draft is published, at once or by itself at a time; while nobody is registered it can become a draft again. What was
public can be cancelled, and the cancellation taken back. A draft that nobody saw can be deleted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.core.i18n import gettext as _
from app.events.audience import People
from app.events.models import Event, EventState
from app.events.rules import is_over


class Step(StrEnum):
    """Something an organizer does with an event as a whole."""

    PUBLISH = "publish"
    SCHEDULE = "schedule"  # let it publish itself at a time
    UNSCHEDULE = "unschedule"
    UNPUBLISH = "unpublish"
    MOVE = "move"
    CANCEL = "cancel"
    TAKE_BACK = "take_back"  # a cancellation
    RECAP = "recap"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides which steps are possible."""

    state: EventState
    has_begun: bool
    is_over: bool
    has_title: bool
    is_scheduled: bool  # to publish itself
    was_public: bool
    people: People


def standing(event: Event, people: People, *, now: datetime) -> Standing:
    """Return where an event stands at `now`."""
    return Standing(
        event.state,
        event.starts_at <= now,
        is_over(event, now=now),
        bool(event.title),
        event.publish_at is not None,
        event.published_at is not None,
        people,
    )


def refusal(step: Step, at: Standing) -> str | None:
    """Return why this step cannot be taken, in a sentence for the organizer; None when it can."""
    states, conditions = _STEPS[step]
    if at.state not in states:
        return _not_in(at.state)
    return next((says() for holds, says in conditions if not holds(at)), None)


def possible_steps(at: Standing) -> frozenset[Step]:
    """Return the steps that can be taken."""
    return frozenset(step for step in Step if refusal(step, at) is None)


def _not_in(state: EventState) -> str:
    return {
        EventState.DRAFT: _("This event is a draft at the moment; nobody but you and the other organizers sees it."),
        EventState.PUBLISHED: _("This event is public at the moment. Perhaps somebody else was faster."),
        EventState.CANCELLED: _("This event is cancelled at the moment. Perhaps somebody else was faster."),
    }[state]


_Condition = tuple[Callable[[Standing], bool], Callable[[], str]]

_TITLED: Final[_Condition] = (lambda at: at.has_title, lambda: _("The event has no title yet."))
_NOT_OVER: Final[_Condition] = (
    lambda at: not at.is_over,
    lambda: _("The event's date has passed. What happened can be told in its recap; a new date makes a new event."),
)
_AHEAD: Final[_Condition] = (
    lambda at: not at.is_over,
    lambda: _("The event's date has passed. Give it a date that is still to come first."),
)
_NOBODY: Final[_Condition] = (
    lambda at: not at.people.now,
    lambda: _("People are registered: they would lose the event without a word. Cancel it instead, which tells them."),
)
_BEGUN: Final[_Condition] = (
    lambda at: at.has_begun,
    lambda: _("The event is still to come. Its recap can be written once it has begun."),
)
_PLANNED: Final[_Condition] = (
    lambda at: at.is_scheduled,
    lambda: _("This event is not about to publish itself. Perhaps somebody else was faster."),
)
_NEVER_PUBLIC: Final[_Condition] = (
    lambda at: not at.was_public,
    lambda: _("This event was public once: others may hold its address. It stays as a draft."),
)
_NO_TRACE: Final[_Condition] = (
    lambda at: not at.people.ever,
    lambda: _("People have signed up for this event, so it cannot be deleted."),
)

_DRAFT, _PUBLISHED, _CANCELLED = ({state} for state in EventState)
_STEPS: Final[Mapping[Step, tuple[set[EventState], tuple[_Condition, ...]]]] = {
    Step.PUBLISH: (_DRAFT, (_TITLED, _AHEAD)),
    Step.SCHEDULE: (_DRAFT, (_TITLED, _AHEAD)),
    Step.UNSCHEDULE: (_DRAFT, (_PLANNED,)),
    Step.UNPUBLISH: (_PUBLISHED, (_NOT_OVER, _NOBODY)),
    Step.MOVE: (_DRAFT | _PUBLISHED, ()),
    Step.CANCEL: (_PUBLISHED, (_NOT_OVER,)),
    Step.TAKE_BACK: (_CANCELLED, (_NOT_OVER,)),
    Step.RECAP: (_PUBLISHED, (_BEGUN,)),
    Step.DELETE: (_DRAFT, (_NEVER_PUBLIC, _NO_TRACE)),
}

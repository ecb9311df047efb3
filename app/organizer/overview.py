"""What the overview of one event shows: where it stands, its numbers, what is missing, and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import current_app, url_for
from sqlalchemy import func, select

from app.accounts.rights import Permission
from app.attendees import queries as attendees
from app.core.db import db
from app.core.i18n import gettext as _
from app.events.audience import People
from app.events.checklist import Check, Matter, checklist
from app.events.models import Event, EventState, TicketType
from app.events.rules import is_over, is_running
from app.events.rules_life import Step, possible_steps, standing
from app.history.models import Entry
from app.registrations.models import LIVE, RegistrationState

_BY_ITSELF: Final = ("event.published_late", "event.publishing_missed")
# Where each line of the checklist is mended, and what one must be allowed to do there.
_MENDED_AT: Final = {
    Matter.DETAILS: ("events_manage.details", Permission.EDIT),
    Matter.SCHEDULE: ("life.schedule", Permission.PUBLISH),
    Matter.AGENDA: ("agenda.index", Permission.EDIT),
    Matter.SIGN_UP: ("sign_up_manage.index", Permission.CONFIGURE),
    Matter.COVER: ("events_manage.cover", Permission.EDIT),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many people have which place; `seats` is None without a limit, `takes_sign_ups` false without a list here."""

    by_state: dict[RegistrationState, int]
    seats: int | None
    takes_sign_ups: bool

    def people(self) -> People:
        """Return the numbers that decide which steps are possible."""
        return People(sum(self.by_state[state] for state in LIVE), sum(self.by_state.values()))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist, with the address at which it is mended, if the reader may go there."""

    check: Check
    url: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done next; `weight` is "main", "quiet" or "bad"."""

    label: str
    url: str
    weight: str = "quiet"


def numbers(event_id: int) -> Numbers:
    """Return an event's numbers, in two statements."""
    seats, kinds, limited = db.session.execute(
        select(func.sum(TicketType.capacity), func.count(), func.count(TicketType.capacity)).where(
            TicketType.event_id == event_id
        )
    ).one()
    by_state = dict(attendees.counts([event_id])[event_id])
    return Numbers(by_state, int(seats or 0) if kinds == limited else None, kinds > 0)


def state_words(event: Event, *, now: datetime) -> tuple[str, str]:
    """Return in one word where the event stands, and whether that is good, bad or to be noticed, as a class."""
    if event.state == EventState.CANCELLED:
        return _("Cancelled"), "is-bad"
    if event.state == EventState.DRAFT:
        return _("Draft"), "is-warn"
    if is_running(event, now=now):
        return _("Under way"), "is-good"
    return (_("Over"), "") if is_over(event, now=now) else (_("Published"), "is-good")


def by_itself(event: Event) -> Entry | None:
    """Return the entry about publishing by itself that did not go as planned, if nothing was published since."""
    statement = select(Entry).where(
        Entry.event_id == event.id, Entry.action.in_((*_BY_ITSELF, "event.published", "event.unpublished"))
    )
    latest = db.session.scalar(statement.order_by(Entry.id.desc()).limit(1))
    return latest if latest and latest.action in _BY_ITSELF else None


def lines(event: Event, permissions: frozenset[Permission], *, now: datetime) -> Sequence[Line]:
    """Return the checklist of a draft, each line with where it is mended."""
    found = []
    for check in checklist(event, now=now):
        endpoint, needs = _MENDED_AT[check.matter]
        reachable = needs in permissions and endpoint in current_app.view_functions
        found.append(Line(check, url_for(endpoint, slug=event.slug) if reachable else None))
    return found


def actions(
    event: Event, people: People, permissions: frozenset[Permission], *, now: datetime
) -> tuple[list[Action], list[Action]]:
    """Return what can be done next and what is done more rarely, by what the reader may do and the event's state."""
    possible = possible_steps(standing(event, people, now=now))
    wanted: list[tuple[Step | None, Permission, str, str, str]] = [
        (Step.PUBLISH, Permission.PUBLISH, "life.publication", _("Publish …"), "main"),
        (Step.TAKE_BACK, Permission.PUBLISH, "life.cancellation", _("Let it take place after all …"), "main"),
        (Step.RECAP, Permission.EDIT, "life.recap_page", _("Recap and photos"), "main"),
        (Step.MOVE, Permission.PUBLISH, "life.schedule", _("Date and place"), "quiet"),
        (None, Permission.PUBLISH, "events_manage.copy", _("Copy this event"), "quiet"),
        (None, Permission.PUBLISH, "life.address", _("Web address"), "quiet"),
        (Step.UNPUBLISH, Permission.PUBLISH, "life.withdrawal", _("Unpublish …"), "bad"),
        (Step.CANCEL, Permission.PUBLISH, "life.cancellation", _("Cancel the event …"), "bad"),
        (Step.DELETE, Permission.PUBLISH, "life.deletion", _("Delete the draft …"), "bad"),
    ]
    found = [
        Action(label, url_for(endpoint, slug=event.slug), weight)
        for step, needs, endpoint, label, weight in wanted
        if needs in permissions
        and endpoint in current_app.view_functions
        and (step is None or step in possible)
        and not (step is Step.MOVE and is_over(event, now=now) and event.state != EventState.DRAFT)
    ]
    return [each for each in found if each.weight != "bad"], [each for each in found if each.weight == "bad"]


def saved_form(done: str | None, slug: str) -> str | None:
    """Return the path of the form by which it was done, of which the browser need keep nothing more."""
    endpoints = {"saved": "life.move", "moved": "life.move", "cancelled": "life.cancel", "taken-back": "life.take_back"}
    endpoint = endpoints.get(done or "")
    return url_for(endpoint, slug=slug, lang=None) if endpoint else None


def done_words(done: str | None, people: People, minutes: int) -> str | None:
    """Return the sentence about what has just been done; None for what no step of ours says."""
    told = ""
    if people.now and done in {"moved", "cancelled", "taken-back"}:
        told = " " + _("Those who registered get an e-mail in %(minutes)d minutes.", minutes=minutes)
    sentences = {
        "published": _("The event is public now."),
        "scheduled": _("The event publishes itself at this time."),
        "unscheduled": _("The event stays a draft."),
        "unpublished": _("The event is a draft again."),
        "saved": _("Your changes are saved."),
        "moved": _("Date and place are saved.") + told,
        "cancelled": _("The event is cancelled.") + told,
        "taken-back": _("The event takes place after all.") + told,
        "renewed": _("There is a new preview link. The one before no longer works."),
        "address": _("The address is changed."),
    }
    return sentences.get(done or "")

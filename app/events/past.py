"""What the history says about events, and how a change of one is taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import inspect, select
from sqlalchemy.orm import RelationshipProperty, selectinload

from app.accounts.rights import Permission
from app.core.db import Translated, UtcDateTime, require_transaction
from app.core.i18n import Texts
from app.core.i18n import lazy_gettext as _l
from app.events import team
from app.events.agenda.queries import RESTORABLE
from app.events.agenda.service import bring_back
from app.events.models import Event, TicketType
from app.events.service import CALENDAR_FIELDS, OTHER_FIELDS, apply_changes
from app.history import undo, words
from app.history.models import Entry
from app.history.service import VALUE_MAX, Actor, plain

# What cannot be taken back without more than the values: letters have gone, people have been let in, files deleted.
_ONE_WAY: Final = frozenset({
    "state", "cancellation_reason", "publish_at", "preview_version", "needs_approval", "has_waiting_list", "is_demo",
    "attendance",
})  # fmt: skip
_UNDOABLE: Final = (CALENDAR_FIELDS | OTHER_FIELDS) - _ONE_WAY
_CONFIGURED: Final = frozenset({
    "sign_up_opens_at", "sign_up_closes_at", "visibility", "offer_within_hours", "offer_hours", "reminders",
})  # fmt: skip


def can_undo(entry: Entry) -> bool:
    """Tell whether an entry holds everything that a change of an event was before."""
    return entry.changes.keys() <= _UNDOABLE and not any(_is_cut(before) for before, _after in entry.changes.values())


def needs(entry: Entry) -> frozenset[str]:
    """Return the permissions for taking a change back: those for making it."""
    fields = set(entry.changes)
    found: set[str] = set()
    if fields & CALENDAR_FIELDS:
        found.add(Permission.PUBLISH)
    if fields & _CONFIGURED:
        found.add(Permission.CONFIGURE)
    if fields - CALENDAR_FIELDS - _CONFIGURED:
        found.add(Permission.EDIT)
    return frozenset(found)


def undo_change(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as undo calls it
    """Give an event the values again that it had; a letter to those who registered gathers as for any change."""
    session = require_transaction()
    names = set(entry.changes)
    loads = [selectinload(getattr(Event, name)) for name in sorted(names) if _is_relation(name)]
    # The ticket types first, as everybody does who changes what sign-ups depend on.
    of_event = select(TicketType.id).where(TicketType.event_id == entry.event_id)
    session.execute(of_event.order_by(TicketType.id).with_for_update()).all()
    event = session.scalar(
        select(Event)
        .where(Event.id == entry.event_id)
        .options(*loads)
        .with_for_update(of=Event)
        .execution_options(populate_existing=True)
    )
    if event is None or any(
        _differ(name, plain(getattr(event, name)), after) for name, (_before, after) in entry.changes.items()
    ):
        raise undo.changed_since()
    values = {name: _restored(name, before) for name, (before, _after) in entry.changes.items()}
    apply_changes(event, values, by=by, now=now)


def _is_relation(name: str) -> bool:
    return name in inspect(Event).relationships


def _differ(name: str, present: object, after: object) -> bool:
    if name in {"groups", "tags"} and isinstance(present, list) and isinstance(after, list):
        return sorted(present) != sorted(after)
    return present != after


def _restored(name: str, before: Any) -> object:  # noqa: ANN401 - anything that JSON holds
    """Return a recorded value as the attribute takes it."""
    if _is_relation(name):
        return _rows(inspect(Event).relationships[name], before)
    kind = inspect(Event).columns[name].type
    if isinstance(kind, Translated):
        return Texts(**(before or {}))
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(before) if before else None
    enum = getattr(kind, "enum_class", None)
    return enum(before) if enum is not None and before is not None else before


def _rows(relation: RelationshipProperty[Any], before: str | int | list[Any] | None) -> object:
    """Return the rows that were there, by their slugs or ids. Raises ConflictError when one is gone."""
    model = relation.mapper.class_
    key = model.slug if hasattr(model, "slug") else model.id
    wanted = before if isinstance(before, list) else [] if before is None else [before]
    found = require_transaction().scalars(select(model).where(key.in_(wanted)).order_by(model.id)).all()
    if len(found) != len(set(wanted)):
        raise undo.changed_since()
    return list(found) if relation.uselist else next(iter(found), None)


def _is_cut(value: object) -> bool:
    """Tell whether the history holds only the beginning of a text."""
    if isinstance(value, str):
        return len(value) >= VALUE_MAX and value.endswith("…")
    if isinstance(value, Mapping):
        return any(_is_cut(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_cut(inner) for inner in value)


def register() -> None:
    """Give the history this room's words, and undo its ways."""
    undo.register("event.changed", undo_change, needs=needs, can=can_undo)
    undo.register("event.recap_written", undo_change, needs=needs, can=can_undo)
    for action in RESTORABLE:
        undo.register(action, bring_back, needs={Permission.EDIT})
    undo.register("event_team.removed", team.restore, needs={Permission.TEAM}, needs_proof=True)
    undo.register("event_team.role_changed", team.restore, needs={Permission.TEAM}, needs_proof=True)
    _name_actions()
    _name_fields()


def _name_actions() -> None:
    words.register(
        {
            "event.published": _l("Event published"),
            "event.published_late": _l("Event published itself, late"),
            "event.publishing_scheduled": _l("Time to publish itself set"),
            "event.publishing_unscheduled": _l("Time to publish itself removed"),
            "event.publishing_missed": _l("Event could not publish itself"),
            "event.unpublished": _l("Event made a draft again"),
            "event.moved": _l("Date or place changed"),
            "event.cancelled": _l("Event cancelled"),
            "event.cancellation_taken_back": _l("Cancellation taken back"),
            "event.deleted": _l("Draft deleted"),
            "event.preview_renewed": _l("Preview link renewed"),
            "event.address_changed": _l("Web address changed"),
            "event.recap_written": _l("Recap written"),
            "event.photos_changed": _l("Photos changed"),
            "event.created": _l("Event created"),
            "event.changed": _l("Details of the event changed"),
            "event.copied": _l("Event made from another one"),
            "agenda.added": _l("Added to the agenda"),
            "agenda.changed": _l("Agenda item changed"),
            "agenda.imported": _l("Pasted agenda added"),
            "agenda.moved": _l("Agenda item moved"),
            "agenda.removed": _l("Removed from the agenda"),
            "agenda.replaced": _l("Agenda replaced by a pasted one"),
            "agenda.restored": _l("Agenda brought back"),
            "agenda.timed": _l("Times reckoned from the durations"),
            "agenda.untimed": _l("Times taken out of the agenda"),
            "venue.created": _l("Venue added"),
            "venue.changed": _l("Venue changed"),
            "invitation.created": _l("Invitation code made"),
            "invitation.revoked": _l("Invitation code revoked"),
            "event_team.invited": _l("Invited to manage the event"),
            "event_team.invited_again": _l("Invited again"),
            "event_team.withdrawn": _l("Invitation withdrawn"),
            "event_team.role_changed": _l("Role at the event changed"),
            "event_team.removed": _l("Removed from the event's team"),
            "event_team.restored": _l("Role at the event given back"),
        }
    )


def _name_fields() -> None:
    words.register_fields({
        "title": _l("Title"), "summary": _l("Summary"), "description": _l("Description"), "notice": _l("Notice"),
        "recap": _l("Recap"), "state": _l("State"), "visibility": _l("Who finds it"), "series": _l("Series"),
        "publish_at": _l("Publishes itself"), "preview_version": _l("Version of the preview link"),
        "starts_at": _l("Start"), "ends_at": _l("End"), "is_all_day": _l("Whole day"), "zone": _l("Time zone"),
        "mode": _l("How one attends"), "venue": _l("Venue"), "city": _l("City"), "online_url": _l("Link to take part"),
        "sign_up_opens_at": _l("Sign-up opens"), "sign_up_closes_at": _l("Sign-up closes"),
        "has_waiting_list": _l("Waiting list"), "needs_approval": _l("Needs approval"),
        "contact_email": _l("Contact address"), "offer_within_hours": _l("Offers from (hours before)"),
        "offer_hours": _l("Offers last (hours)"), "reminders": _l("Reminders (minutes before)"),
        "agenda_note": _l("Note on the agenda"), "agenda_is_illustrative": _l("Times are illustrative"),
        "agenda_order_known": _l("Order is known"), "credits": _l("Hosts and sponsors"), "links": _l("Links"),
        "attendance": _l("Number who came"), "cover_url": _l("Address of the picture"), "cover": _l("Picture"),
        "cover_alt": _l("Picture in words"), "cancellation_reason": _l("Reason for cancelling"),
        "groups": _l("Groups"), "tags": _l("Subjects"), "is_demo": _l("Example"), "agenda": _l("Agenda"),
        "ticket_types": _l("Ticket types"), "questions": _l("Questions"), "speakers": _l("Speakers"),
        "name": _l("Name"), "url": _l("Address"), "role": _l("Role"), "label": _l("Words"),
        "photos": _l("Photos"), "slug": _l("Web address"),
    })  # fmt: skip
    words.register_values("state", {
        "draft": _l("Draft"), "published": _l("Published"), "cancelled": _l("Cancelled"),
    })  # fmt: skip
    words.register_values("visibility", {
        "public": _l("Everybody"), "unlisted": _l("Whoever has the address"), "invitation": _l("Whoever has a code"),
    })  # fmt: skip
    words.register_values("mode", {"in_person": _l("In person"), "online": _l("Online"), "hybrid": _l("Hybrid")})

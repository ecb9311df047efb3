"""Creating and changing events. Nothing else writes `sequence`, `revision` and `revised_at`.

All of this takes part in the transaction of the service that calls it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from app.core.db import require_transaction
from app.core.i18n import Texts
from app.events.addresses import refuse_address_of_another
from app.events.models import Event, EventState
from app.events.signals import event_changed
from app.history.service import THE_SITE, Actor, record

# What calendars must hear of: a change raises SEQUENCE (RFC 5546 2.1.4). The venue is in it since a move endangers
# acceptance as much as a new date does.
CALENDAR_FIELDS: Final = frozenset({"starts_at", "ends_at", "is_all_day", "zone", "venue", "online_url", "state"})
OTHER_FIELDS: Final = frozenset({
    "title", "summary", "description", "notice", "recap", "is_demo", "mode", "city", "groups", "tags",
    "sign_up_opens_at", "sign_up_closes_at", "has_waiting_list", "agenda_note", "agenda_is_illustrative",
    "agenda_order_known", "credits", "links", "attendance", "cover_url", "cancellation_reason", "visibility", "series",
    "publish_at", "preview_version", "needs_approval", "contact_email", "offer_within_hours", "offer_hours",
    "reminders", "cover", "cover_alt",
})  # fmt: skip
_UNORDERED: Final = frozenset({"groups", "tags"})


def create_event(
    slug: str, values: Mapping[str, Any], *, by: Actor = THE_SITE, now: datetime, uid: str | None = None
) -> Event:
    """Add an event with a UID of its own, and say so in the history; `values` by attribute, as for `apply_changes`.

    `uid` is given by who must know the event again before it is there: a form that is sent twice makes it once.
    """
    session = require_transaction()
    _refuse_unknown(values)
    # Random and stored once: a UID made of slug or date would change, or come back, with them (RFC 7986 5.3).
    event = Event(slug=slug, uid=uid or str(uuid4()), created_at=now, revised_at=now, sequence=0, revision=1, **values)
    if event.state == EventState.CANCELLED:
        event.cancelled_at = now
    if event.state == EventState.PUBLISHED:
        event.published_at = now
    session.add(event)
    session.flush()
    refuse_address_of_another(event)
    record("event.created", by=by, now=now, event_id=event.id, subject=_name(event))
    return event


def apply_changes(
    event: Event,
    values: Mapping[str, Any],
    *,
    by: Actor = THE_SITE,
    now: datetime,
    parts: Mapping[str, tuple[object, object]] | Iterable[str] = (),
    note: Texts | None = None,
    action: str = "event.changed",
    subject: str = "",
) -> bool:
    """Make the event have these values by attribute, and tell the rooms above; return whether anything changed.

    Values that are as they were change nothing. `parts` names lists that the caller has changed itself (agenda,
    ticket_types, questions, speakers), with before and after if the history should say it; `note` is what the
    organizers add in their own words for those who registered; the history calls it `action`, done to `subject` (the
    event itself when empty). Whatever changed, `revision` rises by one and `revised_at` is `now`, but never earlier
    than it was; if a calendar must hear of it, `sequence` rises by one. Raises ValueError for an attribute that is not
    the caller's.
    """
    session = require_transaction()
    _refuse_unknown(values)
    fields = {name for name, value in values.items() if _differs(name, getattr(event, name), value)}
    before = {name: getattr(event, name) for name in fields | CALENDAR_FIELDS}
    for name in fields:
        setattr(event, name, values[name])
    if "state" in fields:
        event.cancelled_at = now if event.state == EventState.CANCELLED else None
        event.publish_at = None  # whoever decides about the state has overtaken the plan
        if event.state == EventState.PUBLISHED:
            event.published_at = event.published_at or now
    changed = fields | set(parts)
    if not changed:
        return False
    heard = bool(changed & CALENDAR_FIELDS)
    _raise_versions(event, now=now, for_calendars=heard)
    session.flush()
    changes: dict[str, tuple[object, object]] = {name: (before[name], getattr(event, name)) for name in sorted(fields)}
    changes |= dict(parts) if isinstance(parts, Mapping) else dict.fromkeys(parts, (None, None))
    record(action, by=by, now=now, event_id=event.id, subject=subject or _name(event), changes=changes)
    event_changed.send(
        event,
        now=now,
        fields=frozenset(changed),
        for_calendars=heard,
        before={name: before[name] for name in CALENDAR_FIELDS},
        note=note or Texts(),
    )
    return True


def touch_events(
    events: Iterable[Event],
    part: str,
    *,
    now: datetime,
    for_calendars: bool = False,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Record that something these events show has changed beside them: their venue's address, a speaker's name.

    With `for_calendars`, `sequence` rises too, except for an event that is over. `before` says what the part was, for
    whoever tells people of it: a venue as `rules.VenueWords`.
    """
    session = require_transaction()
    for event in events:
        heard = for_calendars and event.ends_at > now
        _raise_versions(event, now=now, for_calendars=heard)
        session.flush()
        event_changed.send(
            event, now=now, fields=frozenset({part}), for_calendars=heard, before=dict(before or {}), note=Texts()
        )


def _name(event: Event) -> str:
    return event.title.in_language("zh")


def _raise_versions(event: Event, *, now: datetime, for_calendars: bool) -> None:
    event.revision += 1
    # A clock that was set back takes no stamp with it: feeds would say that they are older than they were.
    event.revised_at = max(event.revised_at, now)
    if for_calendars:
        event.sequence += 1


def _differs(name: str, old: object, new: object) -> bool:
    if name in _UNORDERED and isinstance(old, list) and isinstance(new, list):
        return set(old) != set(new)
    return old != new


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    unknown = sorted(values.keys() - CALENDAR_FIELDS - OTHER_FIELDS)
    if unknown:
        message = f"not to be set by a caller: {', '.join(unknown)}"
        raise ValueError(message)

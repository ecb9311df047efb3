"""What an event is: its texts, time, place, groups and thanks, saved so that nobody's work is overwritten unseen."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.community.models import Group
from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.times import NoSuchTimeError, instant_of, local_of
from app.core.versions import Seen, settle
from app.events import places
from app.events.locking import locked_event
from app.events.models import Event, EventState, Mode, Venue
from app.events.moving import shifted
from app.events.service import apply_changes
from app.history.service import Actor

# Of a published event these are changed where those who signed up can be told why.
SCHEDULE: Final = frozenset({"starts_at", "ends_at", "is_all_day", "zone", "mode", "venue", "city", "online_url"})
_TIMES: Final = frozenset({"starts_at", "ends_at", "is_all_day", "zone"})
_PLACE: Final = frozenset({"venue", "city"})
_TEXTS: Final = {"title": "title", "lead": "summary", "description": "description", "notice": "notice"}
_DAY: Final = timedelta(days=1)


def of_details() -> tuple[Any, ...]:
    """Return the loading that `values_of` needs."""
    return (
        joinedload(Event.venue).joinedload(Venue.city),
        joinedload(Event.city),
        selectinload(Event.groups),
        selectinload(Event.tags),
    )


def values_of(event: Event) -> dict[str, Any]:
    """Return an event in the shape of its form: local times, slugs, lists of plain rows."""
    return {
        **{name: getattr(event, attribute) for name, attribute in _TEXTS.items()},
        "starts_at": local_of(event.starts_at, event.zone),
        "ends_at": local_of(event.ends_at, event.zone),
        "is_all_day": event.is_all_day,
        "zone": event.zone,
        "mode": event.mode.value if event.mode else "",
        "venue": event.venue.slug if event.venue else "",
        "city": event.city.slug if event.city else "",
        "online_url": event.online_url or "",
        "contact_email": event.contact_email or "",
        "groups": sorted(group.slug for group in event.groups),
        "tags": sorted(tag.slug for tag in event.tags),
        "credits": [
            {"role": line["role"], "name": Texts(**line["name"]), "url": line.get("url") or ""}
            for line in event.credits
        ],
        "links": [{"label": Texts(**line["label"]), "url": line["url"]} for line in event.links],
    }


def is_scheduled_here(event: Event) -> bool:
    """Tell whether time and place are changed with the details: nobody has been told of them yet."""
    return event.state == EventState.DRAFT


def save_details(event_id: int, mine: Mapping[str, Any], *, seen: Seen, by: Actor, now: datetime) -> bool:
    """Write what was changed since it was seen; return whether anything was.

    Raises ClashError for what somebody else has changed differently, ConflictError for a time or place of an event that
    was published meanwhile, and BadInputError for times that do not go together.
    """
    with transaction():
        event = locked_event(event_id, *of_details(), selectinload(Event.sessions))
        theirs = values_of(event)
        write = settle(seen, mine, theirs)
        if write.keys() & SCHEDULE and not is_scheduled_here(event):
            raise ConflictError(
                _("This event was published while you were editing; its time and place are now changed elsewhere.")
            )
        attributes = _attributes(theirs | write, write.keys(), event, now)
        moved = _move_agenda(event, attributes)
        return apply_changes(event, attributes, by=by, now=now, parts=["agenda"] if moved else ())


def _attributes(values: Mapping[str, Any], changed: AbstractSet[str], event: Event, now: datetime) -> dict[str, Any]:
    """Return the attributes of the event for the fields that changed."""
    found: dict[str, Any] = {attribute: values[name] for name, attribute in _TEXTS.items() if name in changed}
    found |= {name: values[name] or None for name in ("online_url", "contact_email") if name in changed}
    if changed & _TIMES:
        found |= _times(values)
    if changed & _PLACE:
        found |= _place(values, event, now)
    if "mode" in changed:
        found["mode"] = Mode(values["mode"]) if values["mode"] else None
    if "groups" in changed:
        statement = select(Group).where(Group.slug.in_(values["groups"])).order_by(Group.position)
        found["groups"] = list(require_transaction().scalars(statement))
    if "tags" in changed:
        found["tags"] = places.tags_of(values["tags"])
    if "credits" in changed:
        found["credits"] = [
            {"role": row["role"], "name": row["name"].as_dict(), "url": row["url"] or None} for row in values["credits"]
        ]
    if "links" in changed:
        found["links"] = [{"label": row["label"].as_dict(), "url": row["url"]} for row in values["links"]]
    return found


def _times(values: Mapping[str, Any]) -> dict[str, Any]:
    starts_at, ends_at, zone = values["starts_at"], values["ends_at"], values["zone"]
    if values["is_all_day"]:
        starts_at = datetime.combine(starts_at, time.min)
        # The end is exclusive: a day that is named last is part of the event.
        ends_at = ends_at if ends_at.time() == time.min and ends_at > starts_at else _midnight_after(ends_at)
    found: dict[str, Any] = {"is_all_day": values["is_all_day"], "zone": zone}
    for name, local in (("starts_at", starts_at), ("ends_at", ends_at)):
        try:
            found[name] = instant_of(local, zone)
        except NoSuchTimeError:
            message = _("This time does not exist there: the clocks are set forward in that hour.")
            raise BadInputError(message, field=name) from None
    if found["ends_at"] <= found["starts_at"]:
        raise BadInputError(_("The end is before the beginning."), field="ends_at")
    return found


def _midnight_after(local: datetime) -> datetime:
    return datetime.combine(local, time.min) + _DAY


def _place(values: Mapping[str, Any], event: Event, now: datetime) -> dict[str, Any]:
    city = places.city_of(values["city"])
    is_same = event.venue is not None and event.venue.slug == values["venue"]
    venue = event.venue if is_same else places.venue_of(values["venue"], city=city, now=now)
    # A venue knows where it is; the event's own city counts while the venue does not.
    if venue is not None and venue.city_id is not None and (city is None or city.id != venue.city_id):
        city = venue.city
    return {"venue": venue, "city": city}


def _move_agenda(event: Event, attributes: Mapping[str, Any]) -> bool:
    """Move the times of the agenda with the beginning of the event, by the clocks; tell whether there were any."""
    if not attributes.keys() & _TIMES:
        return False
    zone = attributes["zone"]
    shift = local_of(attributes["starts_at"], zone) - local_of(event.starts_at, event.zone)
    timed = [item for item in event.sessions if item.starts_at or item.ends_at]
    if not timed or (not shift and zone == event.zone):
        return False
    for item, starts_at, ends_at in shifted(timed, by=shift, read_in=event.zone, zone=zone):
        item.starts_at, item.ends_at = starts_at, ends_at
    return True

"""What organizers choose from on their forms; each list ordered, with a named limit, in one statement."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, load_only, raiseload

from app.community.models import Group
from app.core.db import db
from app.events.models import City, Event, Tag, Venue, event_groups

VENUES_MAX: Final = 500
CITIES_MAX: Final = 500
GROUPS_MAX: Final = 200
TAGS_MAX: Final = 300
EARLIER_MAX: Final = 8

# Offered while typing; every other IANA zone is taken too.
ZONES: Final = (
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Asia/Kuala_Lumpur",
    "Asia/Bangkok", "Asia/Jakarta", "Asia/Kolkata", "Asia/Dubai", "Europe/London", "Europe/Paris", "Europe/Berlin",
    "Europe/Amsterdam", "Europe/Madrid", "Europe/Stockholm", "America/New_York", "America/Chicago",
    "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney", "UTC",
)  # fmt: skip


def venues() -> Sequence[Venue]:
    """Return every venue with its city, by city."""
    return db.session.scalars(
        select(Venue)
        .outerjoin(Venue.city)
        .options(contains_eager(Venue.city), raiseload("*"))
        .order_by(City.slug, Venue.slug)
        .limit(VENUES_MAX)
    ).all()


def cities() -> Sequence[City]:
    """Return every city."""
    return db.session.scalars(select(City).order_by(City.slug).limit(CITIES_MAX)).all()


def groups() -> Sequence[Group]:
    """Return every group, in the order of the community page."""
    statement = select(Group).options(load_only(Group.slug, Group.name, raiseload=True), raiseload("*"))
    return db.session.scalars(statement.order_by(Group.position, Group.id).limit(GROUPS_MAX)).all()


def tags() -> Sequence[Tag]:
    """Return every tag."""
    return db.session.scalars(select(Tag).order_by(Tag.slug).limit(TAGS_MAX)).all()


def earlier_events(*, group: str = "") -> Sequence[Event]:
    """Return the latest events, of a group if one is named: each may be the beginning of a new one."""
    statement = select(Event).options(
        load_only(Event.slug, Event.title, Event.starts_at, Event.zone, Event.is_all_day, raiseload=True),
        raiseload("*"),
    )
    if group:
        statement = statement.where(
            Event.id.in_(
                select(event_groups.c.event_id)
                .join(Group, Group.id == event_groups.c.group_id)
                .where(Group.slug == group)
            )
        )
    return db.session.scalars(statement.order_by(Event.starts_at.desc(), Event.id.desc()).limit(EARLIER_MAX)).all()

"""Cities, venues and tags, found by the name somebody typed or made of it; in the caller's transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from app.core.db import require_transaction
from app.core.i18n import Texts
from app.events import choices
from app.events.cities import both_names, plain_name
from app.events.models import City, Tag, Venue
from app.events.slugs import PLACE_SLUG_MAX, free_slug, slugify

# Stands before a name that was typed, where else the slug of something known stands.
NEW: Final = "+"


def city_of(value: str) -> City | None:
    """Return the city of a slug, or of a typed name (`+深圳`), which is made if nobody knows it yet."""
    session = require_transaction()
    if not value.startswith(NEW):
        return session.scalar(select(City).where(City.slug == value)) if value else None
    typed = value.removeprefix(NEW)
    name = both_names(typed)
    wanted = {plain_name(text) for text in (name.zh, name.en, typed) if text}
    for city in choices.cities():
        if wanted & {plain_name(text) for text in (city.name.zh, city.name.en) if text}:
            return city
    city = City(slug=free_slug(City.slug, slugify(name.en, length_max=PLACE_SLUG_MAX) or "city"), name=name)
    session.add(city)
    session.flush()
    return city


def venue_of(value: str, *, city: City | None, now: datetime) -> Venue | None:
    """Return the venue of a slug, or of a typed name (`+歌华大厦`) in that city, made if it is not there yet."""
    session = require_transaction()
    if not value.startswith(NEW):
        return session.scalar(select(Venue).where(Venue.slug == value)) if value else None
    name = Texts.of(value.removeprefix(NEW))
    if (known := venue_named(name, city=city)) is not None:
        return known
    venue = Venue(slug=venue_slug(name, city=city), name=name, city_id=city and city.id, revised_at=now)
    session.add(venue)
    session.flush()
    return venue


def venue_named(name: Texts, *, city: City | None) -> Venue | None:
    """Return the venue that has this name in either language and is in this city; None when there is none."""
    wanted = {plain_name(text) for text in (name.zh, name.en) if text}
    for venue in choices.venues():
        is_there = venue.city_id == (city.id if city else None)
        if is_there and wanted & {plain_name(text) for text in (venue.name.zh, venue.name.en) if text}:
            return venue
    return None


def venue_slug(name: Texts, *, city: City | None) -> str:
    """Return a free slug for a venue: of its English name, else of its city."""
    base = slugify(name.en, length_max=PLACE_SLUG_MAX) or (f"{city.slug}-venue" if city else "venue")
    return free_slug(Venue.slug, base)


def tags_of(values: list[str]) -> list[Tag]:
    """Return the tags of these slugs and typed names (`+云原生`); those that nobody knows yet are made."""
    session = require_transaction()
    known = choices.tags() if values else []
    found: list[Tag] = []
    for value in values:
        wanted = plain_name(value.removeprefix(NEW))
        tag = next((tag for tag in [*known, *found] if _is_meant(tag, value, wanted)), None)
        if tag is None and value.startswith(NEW):
            name = Texts.of(value.removeprefix(NEW))
            slug = free_slug(Tag.slug, slugify(value, length_max=PLACE_SLUG_MAX) or "topic")
            tag = Tag(slug=slug, name=name)
            session.add(tag)
            session.flush()
        if tag is not None and tag not in found:
            found.append(tag)
    return found


def _is_meant(tag: Tag, value: str, wanted: str) -> bool:
    if not value.startswith(NEW):
        return tag.slug == value
    return wanted in {plain_name(text) for text in (tag.slug, tag.name.zh, tag.name.en) if text}

"""The readable part of an address: made from a name, free at the moment it is asked for."""

import re
import unicodedata
from datetime import date
from typing import Any, Final

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import db
from app.core.i18n import Texts
from app.events.models import Event, EventAddress

EVENT_SLUG_MAX: Final = 100  # of the column's 120, for what makes it unique
PLACE_SLUG_MAX: Final = 70  # of 80
# Pages of ours that stand where an event's address would.
RESERVED: Final = frozenset({"new"})
_PATTERN: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAKEN_MAX: Final = 10_000


def is_slug(text: str) -> bool:
    """Tell whether this may stand in an address: small Latin letters, digits, single hyphens."""
    return _PATTERN.fullmatch(text) is not None


def slugify(text: str, *, length_max: int = EVENT_SLUG_MAX) -> str:
    """Return the text as it may stand in an address; empty when nothing of it may, such as a Chinese name."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:length_max].strip("-")


def event_slug(title: Texts, *, city: str, day: date) -> str:
    """Return a free slug for an event: of its English title, else city and day, as `shenzhen-20260530`."""
    return free_event_slug(slugify(title.en) or f"{city or 'meetup'}-{day:%Y%m%d}")


def free_event_slug(base: str) -> str:
    """Return this slug, or the first with a number behind it that no event has or ever had. One statement."""
    taken = union_all(
        select(Event.slug).where(Event.slug.startswith(base, autoescape=True)),
        select(EventAddress.slug).where(EventAddress.slug.startswith(base, autoescape=True)),
        *(select(literal(word)) for word in sorted(RESERVED)),
    )
    return _first_free(base, set(db.session.scalars(taken.limit(_TAKEN_MAX))))


def free_slug(column: InstrumentedAttribute[str], base: str) -> str:
    """Return this slug, or the first with a number behind it that no other row of the table has. One statement."""
    taken = select(column).where(column.startswith(base, autoescape=True)).limit(_TAKEN_MAX)
    return _first_free(base, set(db.session.scalars(taken)))


def _first_free(base: str, taken: set[Any]) -> str:
    if base not in taken:
        return base
    return next(slug for number in range(2, _TAKEN_MAX + 2) if (slug := f"{base}-{number}") not in taken)

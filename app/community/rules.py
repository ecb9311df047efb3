"""What follows from who holds which role, and how a person is shown without a photograph."""

from datetime import date, datetime
from typing import Final
from zlib import crc32
from zoneinfo import ZoneInfo

from app.community.models import Person, Term

# As many as static/css/site.css has colours for.
AVATAR_TONES: Final = 8
_HAN_FIRST: Final = "\u3400"
_HAN_LAST: Final = "\u9fff"


def local_day(now: datetime, zone: str) -> date:
    """Return the day it is in this IANA zone: terms are held from day to day."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_current(term: Term, *, today: date) -> bool:
    """Tell whether the role is held today; an unknown beginning or end counts as open."""
    return (term.since is None or term.since <= today) and (term.until is None or term.until >= today)


def is_user_group_leader(person: Person, *, today: date) -> bool:
    """Tell whether the person is badged: they hold a leading role today. Reads `terms` and their `role`."""
    return any(term.role.is_leader and is_current(term, today=today) for term in person.terms)


def initials(name: str) -> str:
    """Return what stands on a generated portrait: the given name of a Chinese name, else up to two initials."""
    words = name.split()
    if not words:
        return "·"
    if all(_HAN_FIRST <= character <= _HAN_LAST for character in words[0]):
        return words[0][-2:]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


def avatar_tone(slug: str) -> int:
    """Return the number of the portrait's colour, the same for one person on every page and machine."""
    return crc32(slug.encode()) % AVATAR_TONES

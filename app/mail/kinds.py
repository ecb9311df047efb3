"""What rooms hand to the outbox: who writes the letters of a kind, and what a written letter consists of.

A room registers its writers in its setup: `kinds.register("confirmed", mails.confirmed)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from app.mail.models import Letter

CalendarMethod = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An iCalendar object that travels with a letter; with a method it is an invitation (RFC 6047), else a file."""

    content: bytes
    method: CalendarMethod | None = None
    filename: str = "invite.ics"


@dataclass(frozen=True, slots=True)
class Draft:
    """A written letter, before it has an envelope.

    `headers` may add such as List-Unsubscribe or References; those the mail room writes itself are refused.
    """

    subject: str
    text: str
    html: str
    calendar: CalendarPart | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# Writes a letter in its language; None when nobody needs it any more, and it will never be sent.
# It reads what it needs by `letter.ids`; it must not write to the database.
Write = Callable[[Letter], Draft | None]

_WRITERS: Final[dict[str, Write]] = {}
_LAST: Final[set[str]] = set()
_WITH_TOPIC: Final[set[str]] = set()


class UnknownKindError(LookupError):
    """No room of this version writes such letters."""


def register(kind: str, write: Write, *, is_last: bool = False, has_topic: bool = False) -> None:
    """Let this function write the letters of a kind; raises ValueError when another one does already.

    `is_last`: it goes to somebody who is to be forgotten. The outbox keeps their name and address until it is at rest,
    whatever became of it, and not a moment longer.
    `has_topic`: the outbox takes none that does not say what it is about, such as an event.
    """
    if _WRITERS.setdefault(kind, write) is not write:
        message = f"two rooms write letters of kind {kind!r}"
        raise ValueError(message)
    if is_last:
        _LAST.add(kind)
    if has_topic:
        _WITH_TOPIC.add(kind)


def last_kinds() -> frozenset[str]:
    """Return the kinds of letters after which the outbox forgets whom they went to."""
    return frozenset(_LAST)


def kinds_with_topic() -> frozenset[str]:
    """Return the kinds of letters that say what they are about."""
    return frozenset(_WITH_TOPIC)


def writer_of(kind: str) -> Write:
    """Return who writes the letters of a kind; raises UnknownKindError."""
    try:
        return _WRITERS[kind]
    except KeyError:
        message = f"no room writes letters of kind {kind!r}"
        raise UnknownKindError(message) from None

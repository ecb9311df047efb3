"""Two people edit the same thing: neither overwrites the other unseen.

A form carries, field by field, a digest of the values it was made from (`Seen`). On saving, under the lock of the row,
`settle` compares three values of each field: the one the person saw, the one they send, the one that is there now.
What only one of the two has changed is theirs; what both have changed differently is a `Clash`, and the person decides.
Values are what a form holds: texts, numbers, times, `Texts`, and lists, tuples or mappings of these.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any, Final, Self

from app.core.errors import ConflictError
from app.core.i18n import Texts
from app.core.i18n import gettext as _

# A decision for what somebody else has saved; the one for one's own is the digest of what it may replace.
THEIRS: Final = "theirs"
_DIGEST_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw when they began: a digest a field; and what they decided about fields that clashed."""

    digests: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Return what somebody sees who is shown these values."""
        return cls({name: digest(value) for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two people have changed differently."""

    name: str
    theirs: object
    mine: object


class ClashError(ConflictError):
    """Somebody else has changed the same fields; nothing is saved.

    `values` are what the form shows now: one's own changes, and everything else as it is now; `seen` goes with them.
    """

    def __init__(self, clashes: tuple[Clash, ...], values: Mapping[str, Any], seen: Seen) -> None:
        """Keep what is shown side by side."""
        super().__init__(_("Somebody else has changed the same fields while you were editing."))
        self.clashes = clashes
        self.values = dict(values)
        self.seen = seen


def settle(seen: Seen, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values of `mine` that are to be written over `theirs`, which are read under the row's lock.

    A field that `seen` says nothing of counts as never seen: it is written only where nothing differs from it or the
    person decided. Raises ClashError when a decision is missing, or when what it was about has changed again.
    """
    write: dict[str, Any] = {}
    clashes: list[Clash] = []
    shown: dict[str, Any] = {}
    digests: dict[str, str] = {}
    for name, value in mine.items():
        now, own, then = digest(theirs[name]), digest(value), seen.digests.get(name, "")
        decision = seen.decisions.get(name)
        is_free = now in {then, decision}
        shown[name], digests[name] = (theirs[name], now) if own == then or decision == THEIRS else (value, now)
        if own in {now, then} or decision == THEIRS:
            continue
        if is_free:
            write[name] = value
        else:
            clashes.append(Clash(name, theirs[name], value))
            digests[name] = then
    if clashes:
        raise ClashError(tuple(clashes), shown, Seen(digests))
    return write


def digest(value: object) -> str:
    """Return a short digest of a value, the same for equal values."""
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


def _plain(value: object) -> object:
    """Return the value as JSON holds it; nothing and an empty text are the same to a form."""
    if isinstance(value, Texts):
        return value.as_dict() or None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(str(inner) for inner in value)
    return None if value == "" else value

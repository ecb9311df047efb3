"""Taking back what was done to the texts of letters, and what the history calls it."""

from datetime import datetime

from app.accounts.rights import Permission
from app.core.i18n import Texts
from app.core.i18n import lazy_gettext as _l
from app.history import undo, words
from app.history.models import Entry
from app.history.service import Actor, plain
from app.wording.kinds import field_of, kind_named
from app.wording.queries import values_of
from app.wording.rules import PARTS
from app.wording.service import RESET, SAVED, lock, write_texts


def take_back(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - history.undo.Run
    """Bring back what a letter said before; raises ConflictError when it says something else by now."""
    event_id = entry.event_id
    touched = {name.split(":")[1] for name in entry.changes if name.startswith("letter:")}
    if event_id is None or len(touched) != 1:
        raise undo.changed_since()
    kind = kind_named(touched.pop())
    lock(event_id)
    theirs = values_of(event_id, kind)
    changed = {part: entry.changes[name] for part in PARTS if (name := field_of(kind.name, part)) in entry.changes}
    if any(plain(theirs[part]) != after for part, (_before, after) in changed.items()):
        raise undo.changed_since()
    wanted = theirs | {part: Texts(**before) for part, (before, _after) in changed.items()}
    write_texts(event_id, kind, theirs, wanted, action=SAVED, by=by, now=now)


def register() -> None:
    """Give the history its words, and undo its ways."""
    words.register({SAVED: _l("Text of a letter changed"), RESET: _l("Standard text of a letter taken")})
    for action in (SAVED, RESET):
        undo.register(action, take_back, needs={Permission.WRITE})

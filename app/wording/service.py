"""Changing what an event's letters say, and going back to the standard text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, NotFoundError
from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.core.versions import Seen, settle
from app.events.models import Event
from app.history.service import Actor, record
from app.wording.kinds import Kind, field_of, kind_named
from app.wording.models import LetterText
from app.wording.queries import texts_of, values_of
from app.wording.rules import PARTS, completed, mistakes_in, standard_texts

SAVED: Final = "letter_text.saved"
RESET: Final = "letter_text.reset"


def save(event_id: int, kind_name: str, mine: Mapping[str, Texts], *, seen: Seen, by: Actor, now: datetime) -> bool:
    """Write what was changed since it was seen; return whether anything was. What is empty is the standard text again.

    Raises BadInputError, for the part, when a placeholder is broken, and ClashError for what somebody else has changed
    differently meanwhile.
    """
    kind = kind_named(kind_name)
    _refuse_mistakes(kind, mine)
    with transaction():
        lock(event_id)
        theirs = values_of(event_id, kind)
        write = settle(seen, completed(kind, mine), theirs)
        return write_texts(event_id, kind, theirs, theirs | write, action=SAVED, by=by, now=now)


def reset(event_id: int, kind_name: str, language: Language, *, by: Actor, now: datetime) -> bool:
    """Go back to the standard text in one language; return whether there was another one."""
    kind = kind_named(kind_name)
    standard = standard_texts(kind)
    with transaction():
        lock(event_id)
        theirs = values_of(event_id, kind)
        wanted = {
            part: Texts(**theirs[part].as_dict() | {language: getattr(standard[part], language)}) for part in PARTS
        }
        return write_texts(event_id, kind, theirs, wanted, action=RESET, by=by, now=now)


def copy_texts(source_id: int, copy_ids: list[int], *, now: datetime) -> None:
    """Let events made from another one write what it writes; in the transaction that makes them."""
    require_transaction().add_all(
        LetterText(
            event_id=copy_id, kind=own.kind, language=own.language, subject=own.subject, body=own.body, revised_at=now
        )
        for own in texts_of(source_id)
        for copy_id in copy_ids
    )


def _refuse_mistakes(kind: Kind, texts: Mapping[str, Texts]) -> None:
    for part in PARTS:
        if found := list(mistakes_in(kind, texts[part])):
            raise BadInputError(" ".join(found), field=part)


def lock(event_id: int) -> None:
    """Let one at a time write the texts of an event; who signs up does not wait for it."""
    statement = select(Event.id).where(Event.id == event_id).with_for_update(key_share=True)
    if require_transaction().scalar(statement) is None:
        raise NotFoundError(_("This event was deleted in the meantime."))


def write_texts(
    event_id: int,
    kind: Kind,
    before: Mapping[str, Texts],
    after: Mapping[str, Texts],
    *,
    action: str,
    by: Actor,
    now: datetime,
) -> bool:
    """Keep what differs from the standard text, and nothing else, under the lock; return whether anything changed."""
    changes = {field_of(kind.name, part): (before[part], after[part]) for part in PARTS if before[part] != after[part]}
    if not changes:
        return False
    session, standard = require_transaction(), standard_texts(kind)
    own = {text.language: text for text in texts_of(event_id, kind.name)}
    for language in LANGUAGES:
        texts = {part: getattr(after[part], language) for part in PARTS}
        differing = {part: text if text != getattr(standard[part], language) else "" for part, text in texts.items()}
        row = own.get(language)
        if not any(differing.values()):
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = LetterText(event_id=event_id, kind=kind.name, language=language)
            session.add(row)
        if (row.subject, row.body) != (differing["subject"], differing["body"]):
            row.subject, row.body, row.revised_at = differing["subject"], differing["body"], now
    record(action, by=by, now=now, event_id=event_id, changes=changes)
    return True

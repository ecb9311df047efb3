"""What organizers wrote, put into a letter. Nothing they wrote can keep a letter from being sent."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from app.core.i18n import Language
from app.mail.prose import styled
from app.wording.kinds import Kind, Wording, kind_named
from app.wording.placeholders import filled, filled_markdown
from app.wording.queries import text_for
from app.wording.rules import is_sound, wording_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prose:
    """A subject on one line, and a text in both forms of a letter."""

    subject: str
    html: Markup
    text: str


def prose(kind_name: str, event_id: int, language: Language, values: Mapping[str, str]) -> Prose:
    """Return the text of a letter: the event's own, else that of the house; at most one statement.

    Where the event's own cannot be filled, for whatever reason, the standard text goes out, and the log says so.
    """
    kind, own = kind_named(kind_name), text_for(event_id, kind_name, language)
    if own is not None:
        try:
            wording = wording_of(kind, own, language)
            if is_sound(kind, wording):
                return written(kind, wording, values)
        except Exception:  # noqa: BLE001 - whatever it is: somebody waits for this letter
            # The values are of a person, and an exception may repeat them: neither goes into the log.
            log.warning("filling failed: letter %s, event %d, language %s", kind_name, event_id, language)
        log.warning(
            "the text of letter %s at event %d in language %s cannot be filled; the standard text goes out",
            kind_name,
            event_id,
            language,
        )
    return written(kind, kind.standard_in(language), values)


def written(kind: Kind, wording: Wording, values: Mapping[str, str]) -> Prose:
    """Return a text with its placeholders filled; of the values, those alone that the kind allows."""
    known = {name: value for name, value in values.items() if name in kind.allowed}
    html, text = filled_markdown(wording.body, known)
    subject = " ".join(filled(wording.subject, known).split())
    return Prose(subject, styled(html), text)

"""The letters whose texts may be changed, as the rooms that write them name them in their setup."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask_babel.speaklater import LazyString

from app.core.errors import NotFoundError
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.history import words
from app.mail.kinds import Draft
from app.wording.placeholders import Placeholder


@dataclass(frozen=True, slots=True)
class Wording:
    """A subject, and a text in Markdown; both may hold placeholders."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Standard:
    """The text of the house, in the language being spoken."""

    subject: LazyString
    body: LazyString


# Writes the letter as somebody made up would get it; reads the event, writes nothing. The language is being spoken.
Preview = Callable[[int, Language, Wording], Draft]


@dataclass(frozen=True, slots=True)
class Kind:
    """A letter whose text may be changed: `sent_when` says in a sentence when it goes out."""

    name: str
    title: LazyString
    sent_when: LazyString
    standard: Standard
    placeholders: tuple[Placeholder, ...]
    preview: Preview

    @property
    def allowed(self) -> frozenset[str]:
        """Return the names of the placeholders that may be used."""
        return frozenset(placeholder.name for placeholder in self.placeholders)

    def standard_in(self, language: Language) -> Wording:
        """Return the text of the house in a language."""
        with speaking(language):
            return Wording(str(self.standard.subject), str(self.standard.body))


_KINDS: Final[dict[str, Kind]] = {}


def register(
    kind: str,
    title: LazyString,
    *,
    sent_when: LazyString,
    standard: Standard,
    placeholders: tuple[Placeholder, ...],
    preview: Preview,
) -> None:
    """Let the text of a kind of letter be changed; raises ValueError when another room does so already."""
    made = Kind(kind, title, sent_when, standard, placeholders, preview)
    # Each application of a process registers anew; `title` is made once, when the room's module is read.
    if _KINDS.setdefault(kind, made).title is not title:
        message = f"two rooms offer the text of letters of kind {kind!r}"
        raise ValueError(message)
    # In the history a step is about the letter it changed, so that one about another letter leaves it to be undone.
    words.register_fields(
        {
            field_of(kind, "subject"): _l("%(letter)s: subject", letter=title),
            field_of(kind, "body"): _l("%(letter)s: text", letter=title),
        }
    )


def field_of(kind: str, part: str) -> str:
    """Return what the history calls the subject or the body of a kind of letter."""
    return f"letter:{kind}:{part}"


def all_kinds() -> tuple[Kind, ...]:
    """Return every kind, in the order in which they were registered: that of somebody's way to an event."""
    return tuple(_KINDS.values())


def kind_named(name: str) -> Kind:
    """Return a kind; raises NotFoundError."""
    try:
        return _KINDS[name]
    except KeyError:
        raise NotFoundError(_("There is no such letter.")) from None

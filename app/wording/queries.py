"""Finding the texts that an event has of its own."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from app.core.db import db
from app.core.i18n import LANGUAGES, Language, Texts
from app.wording.kinds import Kind
from app.wording.models import LetterText
from app.wording.rules import PARTS, wording_of

# More than there are kinds and languages: a list has its limit also where rows were written by hand.
_TEXTS_MAX: Final = 500


def text_for(event_id: int, kind: str, language: Language) -> LetterText | None:
    """Return what an event writes in a letter, in one language; None where the standard text holds. One statement."""
    return db.session.scalar(
        select(LetterText).where(
            LetterText.event_id == event_id, LetterText.kind == kind, LetterText.language == language
        )
    )


def texts_of(event_id: int, kind: str | None = None) -> Sequence[LetterText]:
    """Return the texts of an event, or those of one kind of letter, in the order of kind and language."""
    statement = select(LetterText).where(LetterText.event_id == event_id)
    if kind is not None:
        statement = statement.where(LetterText.kind == kind)
    return db.session.scalars(statement.order_by(LetterText.kind, LetterText.language).limit(_TEXTS_MAX)).all()


def values_of(event_id: int, kind: Kind) -> dict[str, Texts]:
    """Return what a kind of letter says at an event in the shape of its form: both parts, in both languages."""
    own = {text.language: text for text in texts_of(event_id, kind.name)}
    now = {language: wording_of(kind, own.get(language), language) for language in LANGUAGES}
    return {part: Texts(**{language: getattr(now[language], part) for language in LANGUAGES}) for part in PARTS}

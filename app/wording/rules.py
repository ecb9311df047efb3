"""What a text of an event's own must be to be saved."""

from collections.abc import Iterator, Mapping
from typing import Final

from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.wording.kinds import Kind, Wording
from app.wording.models import LetterText
from app.wording.placeholders import mistakes, names_in

SUBJECT_MAX: Final = 200
# Four pages; the history keeps what is shorter than its own limit whole, so that it can be brought back.
BODY_MAX: Final = 10_000
PARTS: Final = ("subject", "body")
_NAMES: Final[Mapping[Language, str]] = {"zh": "中文", "en": "English"}


def standard_texts(kind: Kind) -> dict[str, Texts]:
    """Return the texts of the house, by part."""
    standard = {language: kind.standard_in(language) for language in LANGUAGES}
    return {part: Texts(**{language: getattr(standard[language], part) for language in LANGUAGES}) for part in PARTS}


def completed(kind: Kind, texts: Mapping[str, Texts]) -> dict[str, Texts]:
    """Return the texts by part, with those of the house where a language is empty."""
    standard = standard_texts(kind)
    return {
        part: Texts(
            **{language: getattr(texts[part], language) or getattr(standard[part], language) for language in LANGUAGES}
        )
        for part in PARTS
    }


def wording_of(kind: Kind, own: LetterText | None, language: Language) -> Wording:
    """Return what a letter is written from: an event's own text, that of the house where it has none."""
    standard = kind.standard_in(language)
    return Wording((own and own.subject) or standard.subject, (own and own.body) or standard.body)


def is_sound(kind: Kind, wording: Wording) -> bool:
    """Tell whether a letter can be written from this."""
    return not any(mistakes(text, kind.allowed) for text in (wording.subject, wording.body))


def too_long_in(texts: Mapping[str, Texts]) -> Iterator[str]:
    """Yield a sentence for each part of a text, in either language, that is longer than it may be."""
    for part, most in (("subject", SUBJECT_MAX), ("body", BODY_MAX)):
        for language in LANGUAGES:
            if len(getattr(texts[part], language)) > most:
                yield f"{_NAMES[language]} · {_('At most %(max)d characters, please.', max=most)}"


def mistakes_in(kind: Kind, texts: Texts) -> Iterator[str]:
    """Yield a sentence for each thing that keeps one of the two languages from being filled."""
    for language in LANGUAGES:
        for mistake in mistakes(getattr(texts, language), kind.allowed):
            yield f"{_NAMES[language]} · {mistake.message}"


def secret_in_subject(subject: Texts) -> str | None:
    """Return why a subject cannot be so: mail servers and phones show and keep subjects, and this link lets in."""
    if not any("own_page" in names_in(text) for text in (subject.zh, subject.en)):
        return None
    refusal: str = _(
        "A subject cannot hold {own_page}: more people read it than the text, and the link opens the registration."
    )
    return refusal

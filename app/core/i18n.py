"""Languages: the two the site speaks, texts that exist in both, and the gettext doors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, Self

from babel import Locale
from flask import g, has_app_context
from flask_babel import Babel, force_locale, gettext, lazy_gettext, ngettext

__all__ = [
    "BABEL_LOCALE",
    "HTML_LANG",
    "LANGUAGES",
    "Language",
    "Texts",
    "babel",
    "current_language",
    "gettext",
    "language_of",
    "lazy_gettext",
    "ngettext",
    "select_locale",
    "speaking",
]

Language = Literal["zh", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
# BCP 47 for pages and letters; Babel's own names for its data.
HTML_LANG: Final[dict[Language, str]] = {"zh": "zh-Hans", "en": "en"}
BABEL_LOCALE: Final[dict[Language, str]] = {"zh": "zh_Hans", "en": "en"}

_HAN = re.compile(r"[\u3400-\u9fff]")

babel = Babel()


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in the languages it exists in; an empty string means it does not exist in that one."""

    zh: str = ""
    en: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Take a text of unstated language: Chinese if it has a Han character, else English."""
        return cls(zh=text) if _HAN.search(text) else cls(en=text)

    def __bool__(self) -> bool:
        """Be true when the text exists in any language."""
        return bool(self.zh or self.en)

    def in_language(self, language: Language) -> str:
        """Return the text in this language, else in the other one, else an empty string."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)

    def language_shown(self, language: Language) -> Language:
        """Return the language that `in_language` really gives, so that a fallback can be marked as such."""
        wanted, other = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        if wanted or not other:
            return language
        return "en" if language == "zh" else "zh"

    def as_dict(self) -> dict[str, str]:
        """Return only the languages that exist, as stored."""
        return {k: v for k, v in (("zh", self.zh), ("en", self.en)) if v}


def language_of(tag: str | None) -> Language | None:
    """Return the language a BCP 47 tag or a `?lang=` value asks for; None for one the site does not speak."""
    if not tag:
        return None
    primary = tag.strip().replace("_", "-").split("-", 1)[0].lower()
    return primary if primary in LANGUAGES else None


def current_language() -> Language:
    """Return the language of the page or letter being written; where nothing said one, Chinese."""
    language: Language = g.get("language", "zh") if has_app_context() else "zh"
    return language


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Write what is inside in this language, whatever the request asked for: letters, exports, commands."""
    before: Language | None = g.get("language")
    g.language = language
    try:
        with force_locale(BABEL_LOCALE[language]):
            yield
    finally:
        if before is None:
            g.pop("language", None)
        else:
            g.language = before


def select_locale() -> Locale:
    """Tell Flask-Babel which locale data the present page uses."""
    return Locale.parse(BABEL_LOCALE[current_language()])

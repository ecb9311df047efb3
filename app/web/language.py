"""Which language a page speaks: `?lang=`, else what the browser asks for, else the site's own."""

from functools import lru_cache
from typing import Final

from flask import Flask, current_app, g, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.core.i18n import LANGUAGES, Language, language_of

# A browser sends a few dozen characters; what is longer is neither read nor remembered.
HEADER_MAX: Final = 500


def negotiated(accept_language: str, default: Language) -> Language:
    """Return the first language of an Accept-Language header that we speak (RFC 9110 12.5.4)."""
    return _negotiated(accept_language[:HEADER_MAX], default)


@lru_cache(maxsize=512)
def _negotiated(accept_language: str, default: Language) -> Language:
    for tag, quality in parse_accept_header(accept_language, LanguageAccept):
        language = language_of(tag)
        if language and quality > 0:
            return language
    return default


def choose(lang: str | None, accept_language: str, default: Language) -> Language:
    """Return the language for these three wishes, the most explicit first."""
    return language_of(lang) or negotiated(accept_language, default)


def init_app(app: Flask) -> None:
    """Decide the language before every view, and keep an explicit choice in the links of the page."""

    @app.before_request
    def _choose() -> None:
        explicit = language_of(request.args.get("lang"))
        g.language = choose(
            request.args.get("lang"), request.headers.get("Accept-Language", ""), current_app.config["SITE_LANGUAGE"]
        )
        g.explicit_language = explicit

    @app.url_defaults
    def _keep(endpoint: str, values: dict[str, object]) -> None:
        if endpoint != "static" and "lang" not in values and g.get("explicit_language") in LANGUAGES:
            values["lang"] = g.explicit_language

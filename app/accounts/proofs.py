"""What somebody is about to do, in words: shown by the page that asks them to press the button for it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

_NAMES: Final = "names_of_proved_tasks"


def name(app: Flask, words: Mapping[str, object]) -> None:
    """Give endpoints that ask for a fresh proof their words, lazily translated; each room for its own."""
    app.extensions.setdefault(_NAMES, {}).update(words)


def words_for(path: str, *, method: str) -> str:
    """Return what is done at a path of this site; empty for one that has no words."""
    adapter = current_app.url_map.bind("")
    try:
        endpoint, _values = adapter.match(unquote(urlsplit(path).path), method=method)
    except (HTTPException, RequestRedirect):
        return ""
    return str(current_app.extensions.get(_NAMES, {}).get(endpoint, ""))

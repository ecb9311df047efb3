"""What the history's actions and fields are called. Each room registers the words of its own in its setup.

    words.register({"event.published": _l("Event published")})
    words.register_fields({"title": _l("Title")})
    words.register_values("state", {"draft": _l("Draft")})

An action or field without words is shown by its name. A name of a field that begins with an underscore is for undoing
alone and is never shown.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from app.core.i18n import LANGUAGES, Texts, current_language
from app.core.i18n import gettext as _
from app.core.times import spoken_date, spoken_time

_ACTIONS: Final[dict[str, object]] = {}
_BESIDE: Final[set[str]] = set()
_FIELDS: Final[dict[str, object]] = {}
_VALUES: Final[dict[str, dict[str, object]]] = {}

# As `history.service` writes an instant: with its offset, so that no sentence is taken for one.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
_NAMES: Final[Mapping[str, str]] = {"zh": "中文", "en": "English"}


def register(words: Mapping[str, object], *, are_beside: bool = False) -> None:
    """Give actions their words, lazily translated: {"event.published": _l("Event published")}.

    `are_beside`: another entry speaks of all of them together, perhaps hundreds, and a page shows that one alone.
    """
    _ACTIONS.update(words)
    if are_beside:
        _BESIDE.update(words)


def are_beside() -> list[str]:
    """Return the actions of which another entry speaks as a whole."""
    return sorted(_BESIDE)


def register_fields(words: Mapping[str, object]) -> None:
    """Give names inside `changes` their words."""
    _FIELDS.update(words)


def register_values(field: str, words: Mapping[str, object]) -> None:
    """Give the closed set of values of one field their words."""
    _VALUES.setdefault(field, {}).update(words)


def known_actions() -> dict[str, str]:
    """Return every action that has words, in the page's language, in the order of the words."""
    return dict(sorted(((action, str(words)) for action, words in _ACTIONS.items()), key=lambda pair: pair[1]))


def of_action(action: str) -> str:
    """Return what an action is called."""
    return str(_ACTIONS.get(action, action))


def of_field(name: str) -> str:
    """Return what a field is called."""
    return str(_FIELDS.get(name, name))


def of_change(name: str, before: object, after: object, zone: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a field is called, what it was and what it is; of a text in two languages, those that changed."""
    was, is_now = _texts(before), _texts(after)
    if was is None or is_now is None or not (was or is_now):
        yield of_field(name), of_value(name, before, zone), of_value(name, after, zone)
        return
    for language in LANGUAGES:
        if was.get(language) != is_now.get(language):
            yield f"{of_field(name)} ({_NAMES[language]})", was.get(language, ""), is_now.get(language, "")


def _texts(value: object) -> dict[str, str] | None:
    """Return a recorded text by its languages; None for anything else."""
    return value if isinstance(value, dict) and value.keys() <= set(LANGUAGES) else None


def of_value(field: str, value: object, zone: str) -> str:
    """Return a recorded value in words: instants in the zone, texts by language, "nothing" as an empty string."""
    if isinstance(value, bool):
        return str(_("Yes")) if value else str(_("No"))
    if value is None or value in ("", [], {}):
        return ""
    if field == "action":
        return of_action(str(value))
    if isinstance(value, str):
        return str(_VALUES[field][value]) if value in _VALUES.get(field, {}) else _text(value, zone)
    if isinstance(value, list):
        between = "、" if current_language() == "zh" else ", "
        return between.join(of_value(field, one, zone) for one in value)
    if isinstance(value, dict):
        return _mapping(value, zone)
    return str(value)


def _text(value: str, zone: str) -> str:
    if not _INSTANT.fullmatch(value):
        return value
    at = datetime.fromisoformat(value)
    return f"{spoken_date(at, zone, current_language())} {spoken_time(at, zone)}"


def _mapping(value: dict[str, Any], zone: str) -> str:
    if value.keys() <= set(LANGUAGES):
        if len(value) == 1:
            return str(next(iter(value.values())))
        return "\n".join(f"{_NAMES[language]}: {value[language]}" for language in LANGUAGES)
    # A row of a list, such as a sponsor: its name says enough, and where it has none, everything.
    for key in ("name", "label", "title"):
        if isinstance(value.get(key), dict):
            return Texts(**value[key]).in_language(current_language())
    return "; ".join(f"{of_field(key)}: {of_value(key, one, zone)}" for key, one in value.items() if one)

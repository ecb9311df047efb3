"""The form of something that others may edit too: it carries what was seen, and shows a clash side by side.

How to use it, for an event's details as for one agenda item:

1. A function of the room returns the present values in the form's own shape: `values_of(event) -> dict`.
2. The form derives from `EditForm`: `DetailsForm(data=values_of(event))` to show it, `DetailsForm(request.form,
   data=values_of(event))` to read it. The template writes `{{ versions.carry(form) }}` inside the form element and
   `{{ versions.clashes(form) }}` at its top.
3. The service takes `seen=form.seen` and the values, reads the row again under its lock (`with_for_update`), and writes
   only what `core.versions.settle(seen, mine, values_of(fresh_row))` returns.
4. The view catches `ClashError`: `form.show(error)`, and the same page with status 409. One decides by radio buttons
   beside what both have written, and saves again; without JavaScript too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import Field

from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.core.versions import THEIRS, ClashError, Seen, digest
from app.web.forms import Form

SEEN: Final = "seen"
_DECISION: Final = "keep-"
_FIELDS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One field of a clash: its label, both values in lines for the page, and the two decisions' values."""

    name: str
    label: str
    theirs: list[tuple[Language | None, str]]
    mine: list[tuple[Language | None, str]]
    keep_theirs: str
    keep_mine: str


class EditForm(Form):
    """A form that remembers what it was made from."""

    def __init__(self, sent: MultiDict[str, str] | None = None, *, data: Mapping[str, Any]) -> None:
        """Show `data`, or read what was sent over it."""
        super().__init__(sent, data=dict(data))
        self.seen = Seen.of(data) if sent is None else seen_in(sent)
        self.side_by_side: list[SideBySide] = []

    def values(self) -> dict[str, Any]:
        """Return what the form holds, by the same names as the data it was made from."""
        return dict(self.data)

    def carried(self) -> str:
        """Return what the hidden field holds."""
        return json.dumps(dict(self.seen.digests), separators=(",", ":"))

    def show(self, error: ClashError) -> None:
        """Show one's own changes over what is there now, and the clashes side by side."""
        self.process(data=error.values)
        self.seen = error.seen
        self.side_by_side = [
            SideBySide(
                clash.name,
                self._label(clash.name),
                list(self.in_lines(clash.name, clash.theirs)),
                list(self.in_lines(clash.name, clash.mine)),
                THEIRS,
                digest(clash.theirs),
            )
            for clash in error.clashes
        ]

    def in_lines(self, name: str, value: object) -> Iterator[tuple[Language | None, str]]:
        """Yield a value as lines for the page, each with its language where it has one."""
        return _lines(value, dict(_choices(self._fields.get(name))))

    def _label(self, name: str) -> str:
        field = self._fields.get(name)
        return str(field.label.text) if field is not None else name


def seen_in(sent: MultiDict[str, str]) -> Seen:
    """Return what the sender had seen, and what they decided; nothing where it cannot be read."""
    try:
        read = json.loads(sent.get(SEEN, ""))
    except (ValueError, RecursionError):
        read = None
    digests = (
        {str(name): str(value) for name, value in list(read.items())[:_FIELDS_MAX]} if isinstance(read, dict) else {}
    )
    decisions = {
        key.removeprefix(_DECISION): value for key, value in sent.items() if key.startswith(_DECISION) and value
    }
    return Seen(digests, decisions)


def _choices(field: Field | None) -> Iterator[tuple[str, str]]:
    for choice in getattr(field, "choices", None) or ():
        yield str(choice.value), str(choice.label)


def _lines(value: object, names: Mapping[str, str]) -> Iterator[tuple[Language | None, str]]:
    if isinstance(value, Texts):
        for language in LANGUAGES:
            if text := getattr(value, language):
                yield language, text
    elif isinstance(value, Mapping):
        yield None, " · ".join(text for inner in value.values() for _language, text in _lines(inner, names))
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _lines(inner, names)
    elif isinstance(value, bool):
        yield None, _("Yes") if value else _("No")
    elif isinstance(value, datetime):
        yield None, f"{value:%Y-%m-%d %H:%M}"
    elif value is not None and value != "":
        yield None, names.get(str(value), str(value))

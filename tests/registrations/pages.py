"""What the tests of organizers' pages share: a form as it stands on its page, sent back with some fields changed."""

import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


class _Fields(HTMLParser):
    """Collects what a browser would send of one form."""

    def __init__(self, action: str) -> None:
        """Look for the form with this action, its fragment aside."""
        super().__init__()
        self.action, self.inside, self.found = action, False, False
        self.fields: list[tuple[str, str]] = []
        self._select = self._textarea = ""
        self._text = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("action", "").partition("#")[0] == self.action
            self.found = self.found or self.inside
        if not self.inside:
            return
        if tag == "input" and "name" in given:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select, self._options = given["name"], []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._textarea, self._text = given["name"], ""

    def handle_data(self, data: str) -> None:
        """Take the text of a text area."""
        if self._textarea:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End a field, or the form."""
        if tag == "form":
            self.inside = False
        elif tag == "select" and self._select:
            chosen = [value for value, is_selected in self._options if is_selected]
            self.fields += [(self._select, (chosen or [self._options[0][0]])[0])]
            self._select = ""
        elif tag == "textarea" and self._textarea:
            self.fields.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = ""


def fields_on(page: TestResponse, action: str) -> MultiDict[str, str]:
    """Return what the form with this action would send as it stands."""
    reader = _Fields(action)
    reader.feed(page.text)
    assert reader.found, f"no form with the action {action}"
    return MultiDict(reader.fields)


def sides_of(page: str) -> list[tuple[str, ...]]:
    """Return the texts of a clash as the page shows them: first what others saved, then one's own."""
    sides = re.split(r'class="clash-side"', page)[1:]
    return [tuple(re.findall(r'class="clash-text"[^>]*>(.*?)</p>', side)) for side in sides]


def send_back(client: FlaskClient, path: str, action: str | None = None, **changed: Any) -> TestResponse:
    """Open a page and send its form back with these fields; None leaves one out, a list is sent as it is."""
    page = client.get(path)
    assert page.status_code == 200, page.status
    fields = fields_on(page, action or path)
    return client.post(action or path, data=with_changes(fields, changed))


def with_changes(fields: MultiDict[str, str], changed: dict[str, Any]) -> MultiDict[str, str]:
    """Return the fields with some of them changed."""
    fields = MultiDict(fields)
    for key, value in changed.items():
        name = key.replace("__", "-")
        fields.poplist(name)
        if value is not None:
            fields.setlist(name, value if isinstance(value, list) else [value])
    return fields

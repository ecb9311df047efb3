"""The base of every form. Forms check shape and clean; they neither write nor decide permission."""

import re
from collections.abc import Iterator
from typing import Final

from wtforms import Field
from wtforms import Form as BaseForm

from app.core.errors import BadInputError
from app.core.i18n import current_language

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
# Overrides of the writing direction: with one in a name, the rest of an attendee list reads backwards.
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


class Form(BaseForm):
    """A form without a token of its own: writes are checked by origin (same_origin)."""

    class Meta(BaseForm.Meta):
        """WTForms' own messages in the language of the page."""

        def get_translations(self, form: BaseForm) -> object:
            """Return WTForms' catalogue for the page's language; our own messages come through gettext."""
            self.locales = ["zh"] if current_language() == "zh" else ["en"]
            return super().get_translations(form)

    def summary(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message) for everything that is wrong, in the order of the page."""
        for field in self:
            for message in _messages(field):
                yield field.id, message

    def refuse(self, error: BadInputError) -> None:
        """Show what a service refused beside the field it names, else at the first one."""
        field = self[error.field] if error.field and error.field in self else next(iter(self))
        field.errors = [*field.errors, error.message]


def _messages(field: Field) -> Iterator[str]:
    for error in field.errors:
        yield str(error)


def one_line(value: str | None) -> str:
    """Clean a one-line text: control characters become spaces, runs of white space become one."""
    return " ".join(_CONTROL.sub(" ", _TURNING.sub("", value or "")).split())


def many_lines(value: str | None) -> str:
    """Clean a longer text: line ends become LF, tabs spaces; other control characters go."""
    text = _LINE_END.sub("\n", _TURNING.sub("", value or "")).replace("\t", " ")
    return "\n".join(_CONTROL.sub("", line) for line in text.split("\n")).strip()

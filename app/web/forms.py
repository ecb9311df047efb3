"""The base of every form. Forms check shape and clean; they neither write nor decide permission."""

from collections.abc import Iterator

from wtforms import Field
from wtforms import Form as BaseForm

from app.core.errors import BadInputError
from app.core.i18n import current_language


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
    text = "".join(" " if (ord(c) < 32 or ord(c) == 127) else c for c in value or "")  # noqa: PLR2004 - ASCII
    return " ".join(text.split())


def many_lines(value: str | None) -> str:
    """Clean a longer text: line ends become LF, control characters go."""
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c == "\n" or (ord(c) >= 32 and ord(c) != 127)).strip()  # noqa: PLR2004 - ASCII

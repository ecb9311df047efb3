"""What organizers choose for a file: columns in an order, a format, a name; and for a venue, columns and a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import Length

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext
from app.exports.columns import COLUMNS_MAX, Column
from app.exports.formats import FORMATS
from app.exports.handing_over import DAYS
from app.exports.models import NAME_MAX
from app.registrations.fields import Required
from app.web.forms import Form, one_line

USE: Final = "use"
_PLACE: Final = "place-"
_PLACES_DIGITS_MAX: Final = 4
_LAST: Final = 10**_PLACES_DIGITS_MAX


def _name(label: Any) -> StringField:
    return StringField(
        label,
        filters=[one_line],
        validators=[
            Required(_l("Please give it a name.")),
            Length(max=NAME_MAX, message=_l("At most %(max)d characters, please.")),
        ],
        render_kw={"maxlength": NAME_MAX},
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A column as the form shows it: whether it is in the file, and at which place."""

    column: Column
    name: str
    is_used: bool
    place: int


class FileForm(Form):
    """Which columns, in which order, in which format."""

    format = RadioField(_l("Format"), choices=[SelectChoice(name, name.upper()) for name in FORMATS], default="xlsx")

    used: Sequence[Column] = ()

    def validate_format(self, _field: object) -> None:
        """Ask for a column at least."""
        if not self.used:
            raise ValidationError(_("Choose at least one column."))


class NameForm(Form):
    """What a layout is called."""

    name = _name(_l("Name of the layout"))


class LayoutForm(FileForm):
    """A file's columns and format, to be kept under a name."""

    name = _name(_l("Name of the layout"))


def ordered(sent: MultiDict[str, str], offered: Sequence[Column]) -> list[Column]:
    """Return the columns that were ticked, by the numbers beside them; those of one number as the page has them."""
    ticked = set(sent.getlist(USE)[:COLUMNS_MAX])
    return sorted((column for column in offered if column.key in ticked), key=lambda column: _place(sent, column))


def _place(sent: MultiDict[str, str], column: Column) -> int:
    text = sent.get(_PLACE + column.key, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _PLACES_DIGITS_MAX else _LAST


def choices(used: Sequence[Column], offered: Sequence[Column], names: Mapping[str, str]) -> list[Choice]:
    """Return every column for the page: those in the file first and in their order, then the others."""
    keys = [column.key for column in used]
    rest = [column for column in offered if column.key not in keys]
    return [
        Choice(column, names[column.key], column.key in keys, place)
        for place, column in enumerate([*used, *rest], start=1)
    ]


class LinkForm(Form):
    """For whom a link to a frozen list is, and how long it holds."""

    label = _name(_l("For whom"))
    days = SelectField(_l("The link holds"), coerce=int, default=DAYS[1])

    def __init__(self, data: Any = None) -> None:
        """Offer the spans in the page's language."""
        super().__init__(data)
        self.days.choices = [SelectChoice(days, ngettext("%(num)d day", "%(num)d days", days)) for days in DAYS]

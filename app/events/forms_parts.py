"""What the forms about events share: checks, and fields that offer what is known and take what is new."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    Field,
    SelectChoice,
    StringField,
    ValidationError,
)
from wtforms.validators import StopValidation

from app.core.addresses import normalise
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import City, Venue
from app.web.filters import plain
from app.web.forms import one_line

NAME_MAX: Final = 200
URL_MAX: Final = 500
EMAIL_MAX: Final = 254


class Required:
    """Asks for an entry; a mistake in reading it has been reported already."""

    field_flags: ClassVar = {"required": True}

    def __init__(self, message: object) -> None:
        """Keep what to say."""
        self.message = message

    def __call__(self, _form: object, field: Field) -> None:
        """Look at what is left after cleaning."""
        if field.data in (None, "", []):
            if field.errors:
                raise StopValidation
            raise StopValidation(str(self.message))


def text(label: Any, *checks: Any, length_max: int = NAME_MAX, hint: Any = "", **attributes: Any) -> StringField:
    """Return a one-line field, cleaned."""
    return StringField(
        label,
        filters=[one_line],
        validators=[*checks, _AtMost(length_max)],
        description=hint,
        render_kw={"maxlength": length_max, "autocomplete": "off"} | attributes,
    )


class _AtMost:
    def __init__(self, length_max: int) -> None:
        self.length_max = length_max

    def __call__(self, _form: object, field: Field) -> None:
        if len(field.data or "") > self.length_max:
            raise ValidationError(_("At most %(max)d characters, please.", max=self.length_max))


def zone_field() -> StringField:
    """Return the field of an IANA time zone; the page offers the usual ones in the list `zones`."""
    return text(
        _l("Time zone"),
        Required(_l("Please give a time zone, such as Asia/Shanghai.")),
        _is_zone,
        length_max=64,
        hint=_l("Where the clocks of the event are, such as Asia/Shanghai."),
        list="zones",
        spellcheck="false",
    )


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_zone(_form: object, field: Field) -> None:
    if field.data and field.data not in _zones():
        raise ValidationError(_("There is no such time zone. Choose one from the list, such as Asia/Shanghai."))


def is_web_address(_form: object, field: Field) -> None:
    """Refuse what does not begin with http:// or https:// and a host."""
    if not field.data:
        return
    try:
        parts = urlsplit(field.data)
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in field.data
    except ValueError:
        is_right = False
    if not is_right:
        raise ValidationError(_("Please give a whole web address, beginning with https://."))


def is_email(_form: object, field: Field) -> None:
    """Refuse what is no e-mail address; keep it as letters need it."""
    if not field.data:
        return
    try:
        field.data = normalise(field.data).email
    except ValueError:
        raise ValidationError(_("This is no complete e-mail address, such as name@example.com.")) from None


def venue_name(venue: Venue) -> str:
    """Return a venue as a list offers it: its city first."""
    return f"{plain(venue.city.name)} · {plain(venue.name)}" if venue.city else plain(venue.name)


def venue_choices(venues: Iterable[Venue]) -> list[SelectChoice]:
    """Return venues for a list."""
    return [SelectChoice(venue.slug, venue_name(venue)) for venue in venues]


def named_choices(rows: Iterable[Any]) -> list[SelectChoice]:
    """Return rows with slug and name for a list."""
    return [SelectChoice(row.slug, plain(row.name)) for row in rows]


def city_names(cities: Iterable[City]) -> list[str]:
    """Return cities' names in the reader's language, offered while typing."""
    return [plain(city.name) for city in cities]

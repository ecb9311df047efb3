"""The forms of a venue: what it is called, and where its pin stands."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    FloatField,
    SelectChoice,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.versions import ClashError
from app.events.forms_parts import Required, named_choices, text
from app.events.map_links import TEXT_MAX, Datum
from app.events.models import City
from app.events.places import NEW
from app.web.fields import TextsField
from app.web.forms import Form, many_lines
from app.web.versions import EditForm


class VenueForm(EditForm):
    """What a venue is called and how one gets in."""

    name = TextsField(
        _l("Name of the venue"), length_max=200, is_required=True, description=_l("With floor or hall, if it matters.")
    )
    address = TextsField(_l("Address"), length_max=300)
    directions = TextsField(
        _l("How to get in"),
        length_max=1000,
        rows=3,
        description=_l("Which station and exit, where to sign in at the reception."),
    )
    city = SelectField(_l("City"), validators=[Optional()])
    new_city = text(_l("New city"), list="cities", hint=_l("If it is not in the list."))

    def values(self) -> dict[str, Any]:
        """Return what the form holds; a city that is new as `+` and its name."""
        held = {name: field.data for name, field in self._fields.items() if name != "new_city"}
        return held | {"city": f"{NEW}{self.new_city.data}" if self.new_city.data else self.city.data or ""}

    def show(self, error: ClashError) -> None:
        """Show the clash; a city that was new goes back into the field it was typed in."""
        super().show(error)
        if (self.city.data or "").startswith(NEW):
            self.new_city.data, self.city.data = self.city.data.removeprefix(NEW), ""


def venue_form(values: Mapping[str, Any], cities: Sequence[City], sent: MultiDict[str, str] | None = None) -> VenueForm:
    """Return the form of these values."""
    form = VenueForm(sent, data=values)
    form.city.choices = [SelectChoice("", _("None")), *named_choices(cities)]
    return form


DATUMS: Final = {
    Datum.WGS84: _l("GPS, OpenStreetMap (WGS-84)"),
    Datum.GCJ02: _l("AMap, Tencent (GCJ-02)"),
    Datum.BD09: _l("Baidu (BD-09)"),
}


class PinForm(Form):
    """Something pasted that holds a point."""

    pin = TextAreaField(
        _l("Link or coordinates"),
        filters=[many_lines],
        validators=[Required(_l("Please paste the link of a map, or coordinates."))],
        description=_l(
            "The link from the address bar of AMap, Baidu, Tencent, Google, Apple or OpenStreetMap, "
            "or coordinates with the latitude first, such as 39.94, 116.41."
        ),
        render_kw={"rows": 3, "maxlength": TEXT_MAX, "spellcheck": "false"},
    )
    datum = SelectField(
        _l("If these are coordinates, they come from"),
        choices=[SelectChoice(datum, name) for datum, name in DATUMS.items()],
        default=Datum.WGS84.value,
        description=_l("Links say so themselves."),
    )


class PointForm(Form):
    """A point in WGS-84 that was looked at and found right."""

    latitude = FloatField(validators=[InputRequired(), NumberRange(-90, 90)])
    longitude = FloatField(validators=[InputRequired(), NumberRange(-180, 180)])

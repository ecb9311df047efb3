"""The form that makes a new event: a title and a time are enough."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    ValidationError,
)
from wtforms.validators import NumberRange, Optional

from app.community.models import Group
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events import places
from app.events.create import NewEvent
from app.events.forms_parts import Required, named_choices, text, venue_choices, zone_field
from app.events.models import Mode, Venue
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import Form

TITLE_MAX: Final = 200
CAPACITY_MAX: Final = 100_000
ONLINE: Final = "online"
USUAL_LENGTH: Final = timedelta(hours=3)
DAYS_MAX: Final = timedelta(days=31)


def new_key() -> str:
    """Return what one form is known by, so that sending it twice makes one event."""
    return uuid4().hex


class NewEventForm(Form):
    """What is asked of a new event."""

    key = HiddenField()
    title = TextsField(
        _l("Title"), length_max=TITLE_MAX, is_required=True, description=_l("One language is enough for now.")
    )
    starts_at = LocalTimeField(_l("Begins"), validators=[Required(_l("Please say when it begins."))])
    ends_at = LocalTimeField(
        _l("Ends"), validators=[Optional()], description=_l("Left empty: three hours after the beginning.")
    )
    zone = zone_field()
    place = SelectField(_l("Place"), validators=[Optional()])
    new_place = text(_l("New place"), hint=_l("Only for a place that is not in the list."))
    city = text(_l("City"), list="cities", hint=_l("Of the new place; or of the event, while the place is open."))
    capacity = IntegerField(
        _l("Seats"),
        validators=[
            Optional(),
            NumberRange(0, CAPACITY_MAX, message=_l("A number from 0 to 100,000, please.")),
        ],
        description=_l("Left empty: no limit."),
        render_kw={"inputmode": "numeric", "min": 0, "max": CAPACITY_MAX},
    )
    group = SelectField(_l("Group"), validators=[Optional()])

    known_groups: Sequence[Group] = ()
    _starts_at: datetime | None = None
    _ends_at: datetime | None = None

    def validate_starts_at(self, field: Any) -> None:
        """Know the instant, once the zone is known."""
        if not self.zone.errors:
            self._starts_at = field.instant_in(self.zone.data)

    def validate_new_place(self, field: Any) -> None:
        """Take one place, not two."""
        if field.data and self.place.data:
            raise ValidationError(_("Choose a place from the list or give a new one, please, not both."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then the end against the beginning."""
        # The zone first: an instant needs it.
        zone_is_known = self.zone.validate(self)
        if not super().validate(extra_validators) or not zone_is_known or self._starts_at is None:
            return False
        return self._ends_after(self._starts_at)

    def _ends_after(self, starts_at: datetime) -> bool:
        try:
            self._ends_at = self.ends_at.instant_in(self.zone.data or "") or starts_at + USUAL_LENGTH
            check_order(starts_at, self._ends_at)
        except ValidationError as error:
            self.ends_at.errors = [*self.ends_at.errors, str(error)]
            return False
        return True

    def new_event(self) -> NewEvent:
        """Return what was filled in, after it was validated."""
        assert self._starts_at is not None  # noqa: S101 - by validate()
        assert self._ends_at is not None  # noqa: S101 - by validate()
        place, typed = self.place.data or "", self.new_place.data or ""
        is_online = place == ONLINE
        has_place = bool(typed or (place and not is_online))
        return NewEvent(
            title=self.title.data,
            starts_at=self._starts_at,
            ends_at=self._ends_at,
            zone=self.zone.data or "",
            mode=Mode.ONLINE if is_online else Mode.IN_PERSON if has_place or self.city.data else None,
            venue=f"{places.NEW}{typed}" if typed else "" if is_online else place,
            city=f"{places.NEW}{self.city.data}" if self.city.data and not is_online else "",
            group=self.group.data or "",
            capacity=self.capacity.data,
        )


def check_order(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse an end that is not after the beginning, or a month after it; raises ValidationError."""
    if ends_at <= starts_at:
        raise ValidationError(_("The end is before the beginning."))
    if ends_at - starts_at > DAYS_MAX:
        raise ValidationError(_("An event takes at most 31 days. Is the year right?"))


def new_event_form(
    sent: MultiDict[str, str] | None = None, *, zone: str, venues: Sequence[Venue], groups: Sequence[Group]
) -> NewEventForm:
    """Return the form, with what there is to choose from."""
    form = NewEventForm(sent, data={"zone": zone, "key": new_key()})
    form.place.choices = [
        SelectChoice("", _("Not decided yet")),
        SelectChoice(ONLINE, _("Online")),
        *venue_choices(venues),
    ]
    form.group.choices = [SelectChoice("", _("None")), *named_choices(groups)]
    form.known_groups = groups
    return form

"""The organizers' forms for how an event takes sign-ups: its settings, and a ticket type."""

from collections.abc import Mapping
from typing import Any, Final

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    RadioField,
    SelectChoice,
    ValidationError,
)
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext
from app.events.models import REMINDERS, Event, TicketKind, Visibility
from app.registrations.fields import TicksField
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import one_line
from app.web.versions import EditForm

CAPACITY_MAX: Final = 1_000_000
NAME_MAX: Final = 80
DESCRIPTION_MAX: Final = 500
_HOURS_MAX: Final = 24 * 30
_OFFER_HOURS_MAX: Final = 72
_DIGITS_MAX: Final = 10
_MINUTES_A_DAY: Final = 24 * 60
_REMINDERS: Final = tuple(sorted({14 * _MINUTES_A_DAY, 3 * _MINUTES_A_DAY, 60, *REMINDERS}, reverse=True))


class WholeNumberField(Field):
    """A whole number between two, or nothing; kept as typed when it is none, so that nothing is lost."""

    widget = TextInput()

    def __init__(self, label: Any, *, least: int, most: int, is_optional: bool = False, **options: Any) -> None:
        """Make the field."""
        super().__init__(label, **options)
        self.least, self.most, self.flags.required = least, most, not is_optional
        self.render_kw = {"inputmode": "numeric", "maxlength": _DIGITS_MAX, "autocomplete": "off"}

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        typed = one_line(valuelist[0])[:_DIGITS_MAX] if valuelist else ""
        self.data: Any = typed or None
        if not typed and not self.flags.required:
            return
        if not (typed.isascii() and typed.isdigit()) or not self.least <= int(typed) <= self.most:
            raise ValueError(
                _("Please give a whole number from %(least)d to %(most)d.", least=self.least, most=self.most)
            )
        self.data = int(typed)


class SettingsForm(EditForm):
    """The sign-up's window, its waiting list, approval, who may see the event, offers and reminders."""

    visibility = RadioField(
        _l("Who may see this event"),
        choices=[
            SelectChoice(Visibility.PUBLIC.value, _l("Everybody: it is in lists, feeds and search")),
            SelectChoice(Visibility.UNLISTED.value, _l("Whoever has the address: it is in no list, feed or search")),
            SelectChoice(Visibility.INVITATION.value, _l("Only who has an invitation: a link or a code")),
        ],
    )
    opens = LocalTimeField(
        _l("Sign-up opens"), [Optional()], description=_l("Empty: as soon as the event is published.")
    )
    closes = LocalTimeField(_l("Sign-up closes"), [Optional()], description=_l("Empty: when the event starts."))
    has_waiting_list = BooleanField(_l("When all seats are taken, people can join a waiting list"))
    needs_approval = BooleanField(_l("An organizer decides on each sign-up"))
    pending_then = RadioField(
        _l("What becomes of those who wait for a decision?"),
        choices=[
            SelectChoice("approve", _l("Approve all of them now, in the order they signed up")),
            SelectChoice("leave", _l("Leave them for me to decide")),
        ],
        validate_choice=False,
    )
    offer_within_hours = WholeNumberField(
        _l("Offer freed seats in the last … hours before the start"),
        least=0,
        most=_HOURS_MAX,
        description=_l("A seat that is freed earlier goes to the next in line at once. 0: always at once."),
    )
    offer_hours = WholeNumberField(
        _l("Hours to accept an offered seat"), least=1, most=_OFFER_HOURS_MAX, description=_l("Then the next is asked.")
    )

    event: Event

    def validate_opens(self, field: LocalTimeField) -> None:
        """Ask for a time that exists in the event's zone."""
        field.instant_in(self.event.zone)

    def validate_closes(self, field: LocalTimeField) -> None:
        """Ask for one that exists, behind the opening and not behind the event."""
        closes = field.instant_in(self.event.zone)
        if closes is None:
            return
        if self.opens.data and field.data and field.data <= self.opens.data:
            raise ValidationError(_("Sign-up would close before it opens."))
        if closes > self.event.ends_at:
            raise ValidationError(_("Sign-up would close after the event has ended."))

    def mine(self) -> dict[str, Any]:
        """Return the settings as the form holds them."""
        reminders: Any = self["reminders"].data
        values = {name: value for name, value in self.values().items() if name != "pending_then"}
        return values | {"reminders": sorted(reminders, reverse=True)}

    def approve_pending(self) -> bool | None:
        """Return what becomes of those who wait for a decision; None when nothing was said."""
        return {"approve": True, "leave": False}.get(self.pending_then.data)


def settings_form(event: Event, values: Mapping[str, Any], data: Any = None) -> SettingsForm:
    """Return the form of an event's settings; a reminder of an unusual time stays one of the choices."""
    minutes = sorted({*_REMINDERS, *values["reminders"]}, reverse=True)
    field = TicksField(
        _l("Remind those who come"),
        choices=[SelectChoice(each, spoken_minutes(each)) for each in minutes],
        coerce=_whole,
        validate_choice=True,
        required=False,
    )
    made = type("EventSettingsForm", (SettingsForm,), {"reminders": field, "event": event})
    form: SettingsForm = made(data, data=values)
    return form


def _whole(value: object) -> int:
    return int(str(value)[:_DIGITS_MAX])


def spoken_minutes(minutes: int) -> str:
    """Return how long before the start that is, in words."""
    if minutes % _MINUTES_A_DAY == 0:
        return ngettext("%(num)d day before", "%(num)d days before", minutes // _MINUTES_A_DAY)
    if minutes % 60 == 0:
        return ngettext("%(num)d hour before", "%(num)d hours before", minutes // 60)
    return ngettext("%(num)d minute before", "%(num)d minutes before", minutes)


class TicketTypeForm(EditForm):
    """A way to attend."""

    name = TextsField(_l("What it is called"), length_max=NAME_MAX, is_required=True)
    description = TextsField(_l("What it means, in a line"), length_max=DESCRIPTION_MAX)
    kind = RadioField(
        _l("Kind"),
        choices=[
            SelectChoice(TicketKind.IN_PERSON.value, _l("In person")),
            SelectChoice(TicketKind.ONLINE.value, _l("Online")),
            SelectChoice(TicketKind.SPEAKER.value, _l("Speaker")),
            SelectChoice(TicketKind.STAFF.value, _l("Staff")),
        ],
    )
    capacity = WholeNumberField(
        _l("Seats"), least=0, most=CAPACITY_MAX, is_optional=True, description=_l("Empty: no limit.")
    )
    is_public = BooleanField(
        _l("Anybody can choose it"),
        description=_l("Otherwise it is hidden: nobody new can sign up with it; who has keeps it."),
    )


NEW_TICKET_TYPE: Final[Mapping[str, Any]] = {
    "kind": TicketKind.IN_PERSON.value,
    "capacity": 50,
    "is_public": True,
}


def ticket_type_form(values: Mapping[str, Any], data: Any = None) -> TicketTypeForm:
    """Return the form of a ticket type."""
    return TicketTypeForm(data, data=values)

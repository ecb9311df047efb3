"""Forms about an event as a whole: when it is published, where it moves, why it is cancelled, what its address is."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than the stubs
    BooleanField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length

from app.core.errors import BadInputError
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.times import NoSuchTimeError, instant_of
from app.core.versions import ClashError
from app.events.models import Mode
from app.events.moving import Wish, venues
from app.events.pages import mode_name
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import Form, one_line
from app.web.versions import EditForm

NOTE_MAX: Final = 2000
URL_MAX: Final = 500
_REGIONS: Final = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_names() -> tuple[str, ...]:
    """Return the time zones one may choose: those named after a place, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS))


def web_address(_form: Any, field: Any) -> None:
    """Refuse what is no address of the web; empty is none."""
    if field.data and not (field.data.startswith(("https://", "http://")) and _has_host(field.data)):
        raise ValidationError(_("Please give an address that begins with https:// or http://."))


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # a bracket that is left open
        return False


class PublishAtForm(Form):
    """When a draft publishes itself, in the event's zone."""

    at = LocalTimeField(_l("Publish at"), [InputRequired(_l("Please give date and time, such as 2026-05-30 13:00."))])

    def instant(self, zone: str) -> datetime:
        """Return the instant, of a valid form. Raises BadInputError for a time that the clocks of the zone skip."""
        try:
            return instant_of(self.at.data, zone)  # type: ignore[arg-type]  # InputRequired has seen that it is there
        except NoSuchTimeError:
            message = _("This time does not exist there: the clocks are set forward in that hour.")
            raise BadInputError(message, field="at") from None


class CancelForm(Form):
    """Why an event does not take place."""

    reason = TextsField(
        _l("Why it will not take place"),
        length_max=NOTE_MAX,
        rows=3,
        is_required=True,
        description=_l("Stands in the e-mail to everybody who registered, and on the event's page."),
    )


class NoteForm(Form):
    """A word to those who registered."""

    note = TextsField(_l("A word to those who registered"), length_max=NOTE_MAX, rows=3)


class AddressForm(Form):
    """The last part of an event's address."""

    slug = StringField(
        _l("Web address"),
        [InputRequired(_l("Please fill this in.")), Length(max=120)],
        filters=[lambda text: one_line(text).lower()],
        description=_l("Small letters, digits and hyphens, such as shenzhen-2026-05."),
    )


class ScheduleForm(EditForm):
    """When and where an event is; and, of one that is public, how those who registered are told."""

    starts = LocalTimeField(_l("Starts"), [InputRequired(_l("Please fill this in."))])
    ends = LocalTimeField(_l("Ends"), [InputRequired(_l("Please fill this in."))])
    is_all_day = BooleanField(_l("Only the days are known, not the hours"))
    zone = SelectField(_l("Time zone"))
    zone_means = RadioField(
        _l("If the time zone changes"),
        choices=[
            SelectChoice("", _l("It does not change.")),
            SelectChoice("local", _l("Keep the time of day: 13:00 stays 13:00, by the clocks of the new zone.")),
            SelectChoice("instant", _l("Keep the moment: the times above are by the zone so far, and are converted.")),
        ],
        default="",
    )
    mode = SelectField(_l("How people attend"))
    venue = SelectField(_l("Venue"))
    online_url = StringField(
        _l("Link to join online"),
        [Length(max=URL_MAX), web_address],
        filters=[one_line],
        description=_l("Only those with a place see it, in their e-mails and on their own page."),
    )
    shifts_agenda = BooleanField(
        _l("The agenda moves along"),
        default=True,
        description=_l("Each item keeps its distance from the start, and its length."),
    )
    note = TextsField(
        _l("A word to those who registered"),
        length_max=NOTE_MAX,
        rows=3,
        description=_l("Why it moves, what to look out for. It stands in the e-mail about the change."),
    )

    def __init__(self, sent: MultiDict[str, str] | None = None, *, data: Mapping[str, Any]) -> None:
        """Make the form, with the zones and venues there are."""
        super().__init__(sent, data=data)
        language = current_language()
        zones = zone_names()
        zones = zones if data["zone"] in zones else (data["zone"], *zones)
        self.zone.choices = [SelectChoice(name, name.replace("_", " ")) for name in zones]
        self.mode.choices = [
            SelectChoice("", _("Not known yet")),
            *(SelectChoice(mode.value, mode_name(mode)) for mode in Mode),
        ]
        self.venue.choices = [SelectChoice("", _("None, or not known yet"))]
        for venue_id, name, city in venues():
            words = [text.in_language(language) for text in (city, name) if text]
            self.venue.choices.append(SelectChoice(str(venue_id), " · ".join(words)))

    def wish(self) -> Wish:
        """Return what the organizer asks for."""
        names = ("starts", "ends", "is_all_day", "zone", "mode", "venue", "online_url")
        return Wish(
            {name: self[name].data for name in names},
            self.seen,
            keeps_instant=self.zone_means.data == "instant" if self.zone_means.data else None,
            shifts_agenda=self.shifts_agenda.data,
            note=self.note.data or Texts(),
        )

    def show(self, error: ClashError) -> None:
        """Show a clash, and keep what was typed beside the fields that clash."""
        kept = {name: self[name].data for name in ("zone_means", "shifts_agenda", "note")}
        super().show(error)
        for name, value in kept.items():
            self[name].data = value

"""The form of a recap: its lines of links and of thanks grow by what is filled in."""

from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, StringField, ValidationError
from wtforms.validators import Length, NumberRange, Optional

from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events import recap
from app.events.forms_life import URL_MAX, web_address
from app.events.models import Event, EventPhoto
from app.web.fields import TextsField
from app.web.forms import Form, one_line
from app.web.versions import EditForm

ATTENDANCE_MAX: Final = 1_000_000
CAPTION_MAX: Final = 300
_RECAP_MAX: Final = 20_000
_LABEL_MAX: Final = 200
_EMPTY: Final = 2  # lines to write in, below those that are there


class RecapForm(EditForm):
    """What is left of an event; made by `recap_form`, which adds a field for each talk and line."""

    attendance = IntegerField(
        _l("How many people came"),
        [Optional(), NumberRange(min=0, max=ATTENDANCE_MAX, message=_l("Please give a number of people."))],
    )
    recap = TextsField(_l("What happened"), length_max=_RECAP_MAX, rows=10, is_markdown=True)

    lines: int = 0

    def links(self) -> list[tuple[Any, Any]]:
        """Return the two fields of each line for a link."""
        return [(self[f"link_label_{number}"], self[f"link_url_{number}"]) for number in range(self.lines)]

    def thanks(self) -> list[Any]:
        """Return the field of each line for a name."""
        return [self[f"thanks_{number}"] for number in range(self.lines)]

    def material(self, event: Event) -> list[tuple[Any, Any, Any]]:
        """Return each item of the agenda that may have slides with its two fields."""
        return [
            (session, self[f"slides_{session.id}"], self[f"video_{session.id}"])
            for session in event.sessions
            if f"slides_{session.id}" in self
        ]


def recap_form(event: Event, sent: MultiDict[str, str] | None = None) -> RecapForm:
    """Return the form of this event's recap, as it is or as it was sent."""
    lines = recap.lines_of(event) + _EMPTY
    if sent is not None:
        lines = max(lines, sum(name.startswith("link_url_") for name in sent))
    lines = min(lines, recap.LINES_MAX)
    fields: dict[str, Any] = {"lines": lines}
    for session in recap.with_material(event):
        fields[f"slides_{session.id}"] = _url(_l("Slides"))
        fields[f"video_{session.id}"] = _url(_l("Video"))
    for number in range(lines):
        fields[f"link_label_{number}"] = TextsField(
            _l("Text of the link"), length_max=_LABEL_MAX, validators=[_with_address]
        )
        fields[f"link_url_{number}"] = _url(_l("Address of the link"), _with_label)
        fields[f"thanks_{number}"] = TextsField(_l("Name"), length_max=_LABEL_MAX)
    form: RecapForm = type("RecapFormOfEvent", (RecapForm,), fields)(sent, data=recap.values_of(event, lines=lines))
    return form


def _url(label: Any, *more: Any) -> StringField:
    return StringField(label, [Length(max=URL_MAX), web_address, *more], filters=[one_line])


def _with_label(form: Any, field: Any) -> None:
    number = field.name.rpartition("_")[2]
    if field.data and not form[f"link_label_{number}"].data:
        raise ValidationError(_("Please give the link a text, in one language at least."))


def _with_address(form: Any, field: Any) -> None:
    number = field.name.rpartition("_")[2]
    if field.data and not form[f"link_url_{number}"].data:
        raise ValidationError(_("Please give the address this text leads to."))


def captions_form(photos: list[EventPhoto], sent: MultiDict[str, str] | None = None) -> Form:
    """Return the form with a caption for each photo."""
    fields = {
        f"caption-{photo.picture_id}": TextsField(_l("Caption"), length_max=CAPTION_MAX, default=photo.caption)
        for photo in photos
    }
    form: Form = type("CaptionsForm", (Form,), fields)(sent)
    return form


def captions_in(form: Form) -> dict[int, Texts]:
    """Return the captions by picture."""
    return {int(field.name.partition("-")[2]): field.data for field in form}

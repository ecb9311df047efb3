"""The organizers' form of an invitation: whom it is for, for how many, until when."""

from datetime import datetime
from typing import Any, Final

from wtforms import StringField, ValidationError
from wtforms.validators import Length, Optional

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import Event
from app.registrations.forms_sign_up import WholeNumberField
from app.web.fields import LocalTimeField
from app.web.forms import Form, one_line

LABEL_MAX: Final = 100
USES_MAX: Final = 100_000


class InviteForm(Form):
    """A new code."""

    label = StringField(
        _l("Whom is it for?"),
        filters=[one_line],
        validators=[Length(max=LABEL_MAX, message=_l("At most %(max)d characters, please."))],
        description=_l("Only organizers see this. Name a group, such as Press: this is no place for people's names."),
        render_kw={"maxlength": LABEL_MAX, "autocomplete": "off"},
    )
    uses_max = WholeNumberField(
        _l("How many may sign up with it"), least=1, most=USES_MAX, is_optional=True, description=_l("Empty: no limit.")
    )
    expires = LocalTimeField(_l("Until when"), [Optional()], description=_l("Empty: as long as sign-up is open."))

    event: Event
    now: datetime

    def validate_expires(self, field: LocalTimeField) -> None:
        """Ask for a time that exists, and is to come."""
        expires_at = field.instant_in(self.event.zone)
        if expires_at is not None and expires_at <= self.now:
            raise ValidationError(_("This time has passed."))


def invite_form(event: Event, now: datetime, data: Any = None) -> InviteForm:
    """Return the form of a new code for this event."""
    form: InviteForm = type("EventInviteForm", (InviteForm,), {"event": event, "now": now})(data)
    return form

"""The forms with which organizers decide about one attendee, each with a reason."""

from typing import Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from app.core.i18n import lazy_gettext as _l
from app.registrations.forms import Required
from app.web.forms import Form, one_line

REASON_MAX: Final = 500
CAPACITY_MAX: Final = 1_000_000


class ReasonForm(Form):
    """Why; it stands in the history, and the attendee does not see it."""

    reason = StringField(
        _l("Reason"),
        description=_l("For the history. The attendee does not see it."),
        filters=[one_line],
        validators=[
            Required(_l("Please say why, for those who look it up later.")),
            Length(max=REASON_MAX, message=_l("At most %(max)d characters, please.")),
        ],
        render_kw={"maxlength": REASON_MAX},
    )


class PromotionForm(ReasonForm):
    """A seat past the queue, where none is free a new one."""

    adds_seat = BooleanField(_l("Add a seat if none is free: the capacity rises by one"))


class MoveForm(PromotionForm):
    """Another way to attend."""

    ticket_type = SelectField(_l("Ticket type"), coerce=int, validate_choice=True, validators=[InputRequired()])


class OverbookingForm(Form):
    """How many are to be confirmed for the seats of one ticket type."""

    ticket_type = IntegerField(validators=[InputRequired()])
    capacity = IntegerField(
        _l("Confirm up to"),
        validators=[
            InputRequired(_l("Please give a whole number.")),
            NumberRange(1, CAPACITY_MAX, message=_l("Please give a whole number.")),
        ],
        render_kw={"inputmode": "numeric"},
    )


def move_form(choices: list[tuple[int, str]], data: MultiDict[str, str] | None = None) -> MoveForm:
    """Return the form with the ways to attend that there are, besides the present one."""
    form = MoveForm(data, prefix="move-")
    form.ticket_type.choices = list(choices)
    return form

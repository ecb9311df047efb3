"""The form with which somebody says who is to have their place."""

from wtforms import Field, StringField, ValidationError
from wtforms.validators import Length

from app.core.addresses import Address, normalise
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.registrations.forms import EMAIL_MAX, NAME_MAX, Required, no_web_address
from app.registrations.transfers import Receiver
from app.web.forms import Form, one_line


class TransferForm(Form):
    """The other person's name and address."""

    name = StringField(
        _l("Their name"),
        filters=[one_line],
        validators=[
            Required(_l("Please tell us the name of the other person.")),
            Length(max=NAME_MAX, message=_l("At most %(max)d characters, please.")),
            no_web_address,
        ],
        render_kw={"autocomplete": "off", "maxlength": NAME_MAX},
    )
    email = StringField(
        _l("Their e-mail"),
        description=_l("They get a letter with a link, and the place is theirs once they confirm."),
        filters=[one_line],
        validators=[Required(_l("Please tell us the e-mail address of the other person."))],
        render_kw={"type": "email", "autocomplete": "off", "inputmode": "email", "maxlength": EMAIL_MAX},
    )

    address: Address | None = None

    def validate_email(self, field: Field) -> None:
        """Take the address apart once, here."""
        try:
            self.address = normalise(field.data)
        except ValueError:
            raise ValidationError(_("This is not a complete e-mail address. An example: ming@example.com")) from None

    def receiver(self) -> Receiver:
        """Return who is to have the place, validated."""
        if self.address is None:
            message = "the form was not validated"
            raise RuntimeError(message)
        return Receiver(self.name.data or "", self.address)

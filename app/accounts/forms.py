"""The form that asks for a link."""

from wtforms import EmailField, HiddenField, ValidationError
from wtforms.validators import DataRequired

from app.core.addresses import Address, normalise
from app.core.i18n import lazy_gettext as _l
from app.web.forms import Form, one_line

_NO_ADDRESS = _l("Please write one e-mail address, such as name@example.org.")


class SignInForm(Form):
    """An organizer's address."""

    email = EmailField(
        _l("E-mail"),
        [DataRequired(_NO_ADDRESS)],
        filters=[one_line],
        render_kw={"autocomplete": "email", "maxlength": 254},
    )
    next = HiddenField()

    address: Address

    def validate_email(self, field: EmailField) -> None:
        """Take what can be an address; whether an organizer has it is nobody's business here."""
        try:
            self.address = normalise(field.data or "", allow_local=True)
        except ValueError:
            raise ValidationError(_NO_ADDRESS) from None

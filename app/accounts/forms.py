"""The form that asks for a link."""

from wtforms import EmailField, HiddenField, ValidationError

from app.core.addresses import Address, normalise
from app.core.i18n import lazy_gettext as _l
from app.web.forms import Form, one_line


class SignInForm(Form):
    """An organizer's address."""

    email = EmailField(
        _l("E-mail"), filters=[one_line], render_kw={"autocomplete": "email", "required": True, "maxlength": 254}
    )
    next = HiddenField()

    address: Address

    def validate_email(self, field: EmailField) -> None:
        """Take what can be an address; whether an organizer has it is nobody's business here."""
        try:
            self.address = normalise(field.data or "", allow_local=True)
        except ValueError:
            raise ValidationError(_l("Please write one e-mail address, such as name@example.org.")) from None

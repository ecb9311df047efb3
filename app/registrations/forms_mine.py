"""The forms of somebody who looks for their registrations."""

import re
from typing import Any

from wtforms import EmailField, StringField, ValidationError

from app.core.addresses import Address, normalise
from app.core.i18n import lazy_gettext as _l
from app.registrations.forms import EMAIL_MAX, Required
from app.web.forms import Form, one_line

_NO_ADDRESS = _l("Please write one e-mail address, such as name@example.org.")
_NO_DIGITS = _l("Please type the six digits from the e-mail.")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}


def _digits(value: str | None) -> str:
    return re.sub(r"[\s-]", "", one_line(value).translate(_WIDE))


class AddressForm(Form):
    """The address one signed up with."""

    email = EmailField(
        _l("E-mail"),
        filters=[one_line],
        validators=[Required(_NO_ADDRESS)],
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": EMAIL_MAX},
    )

    address: Address

    def validate_email(self, field: Any) -> None:
        """Take what can be an address; whether it is known is nobody's business here."""
        try:
            self.address = normalise(field.data or "")
        except ValueError:
            raise ValidationError(_NO_ADDRESS) from None


class DigitsForm(AddressForm):
    """The address, and the six digits that were sent there."""

    digits = StringField(
        _l("Six digits from the e-mail"),
        filters=[_digits],
        validators=[Required(_NO_DIGITS)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 12},
    )

    def validate_digits(self, field: Any) -> None:
        """Take six digits; whether they are right is for the service to say."""
        if not re.fullmatch(r"[0-9]{6}", field.data or "", re.ASCII):
            raise ValidationError(_NO_DIGITS)

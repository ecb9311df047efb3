"""The forms of signing in: an address, a code, a passkey and its name."""

import json
import re
import unicodedata
from typing import Any, Final

from wtforms import EmailField, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.core.addresses import Address, normalise
from app.core.i18n import lazy_gettext as _l
from app.web.forms import Form, one_line

_NO_ADDRESS = _l("Please write one e-mail address, such as name@example.org.")
_NO_CODE = _l("Please type the six digits from the e-mail.")
_NO_NAME = _l("Please give it a name, so that you know it again.")
_CODE: Final = re.compile(r"[0-9]{6}")
_NAME_MAX: Final = 100


def digits_only(value: str | None) -> str:
    """Clean a code: digits of any width, without the spaces and dashes that came along."""
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", value or ""))


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


class ProofForm(Form):
    """The six digits from a letter."""

    code = StringField(
        _l("Six-digit code"),
        [DataRequired(_NO_CODE)],
        filters=[digits_only],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 20, "class": "code-field"},
    )

    def validate_code(self, field: StringField) -> None:
        """Take six digits; whether they are the right ones is for the service to say."""
        if not _CODE.fullmatch(field.data or ""):
            raise ValidationError(_NO_CODE)


class CodeForm(SignInForm, ProofForm):
    """The address that was asked with, and the six digits from the letter that came."""


class PasskeyNameForm(Form):
    """What somebody calls their passkey."""

    name = StringField(
        _l("Name of the passkey"),
        [DataRequired(_NO_NAME), Length(max=_NAME_MAX)],
        filters=[one_line],
        render_kw={"maxlength": _NAME_MAX, "autocomplete": "off"},
    )


class CredentialForm(Form):
    """What an authenticator answered, as the page's script hands it on."""

    credential = HiddenField()
    next = HiddenField()

    @property
    def answer(self) -> dict[str, Any]:
        """The answer, for the service to judge; empty when it is nothing that could be one."""
        try:
            answer = json.loads(self.credential.data or "")
        except (ValueError, RecursionError):
            return {}
        return answer if isinstance(answer, dict) else {}


class NewPasskeyForm(CredentialForm, PasskeyNameForm):
    """A new passkey with its name."""

"""Forms of a team: whom to invite as what, and another role."""

from collections.abc import Iterable
from typing import Any

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    EmailField,
    RadioField,
    SelectChoice,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from app.accounts.models import Role
from app.accounts.words import MEANINGS, ROLES
from app.core.addresses import Address, normalise
from app.core.i18n import LANGUAGES, Language, current_language
from app.core.i18n import lazy_gettext as _l
from app.web.forms import Form, one_line

_NO_ADDRESS = _l("Please write one e-mail address, such as name@example.org.")
_LANGUAGE_NAMES = {"zh": "中文", "en": "English"}


class RoleForm(Form):
    """One role out of those that may be given."""

    role = RadioField(_l("Role"), [InputRequired(_l("Please choose a role."))], choices=[])

    def __init__(self, formdata: Any = None, *, roles: Iterable[Role], **options: Any) -> None:
        """Make the form; `roles` are those that can be chosen."""
        super().__init__(formdata, **options)
        between = "：" if current_language() == "zh" else ": "
        self.role.choices = [SelectChoice(role.value, f"{ROLES[role]}{between}{MEANINGS[role]}") for role in roles]

    def chosen(self) -> Role:
        """Return the role."""
        return Role(self.role.data)


class InviteForm(RoleForm):
    """Whom to ask, and what they will be."""

    email = EmailField(
        _l("E-mail"),
        [DataRequired(_NO_ADDRESS)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 254},
    )
    name = StringField(
        _l("Name"), [Length(max=200)], filters=[one_line], render_kw={"autocomplete": "off", "maxlength": 200}
    )
    language = RadioField(
        _l("Language of the letter"),
        choices=[SelectChoice(language, _LANGUAGE_NAMES[language]) for language in LANGUAGES],
    )

    address: Address

    def validate_email(self, field: EmailField) -> None:
        """Take what letters can go to."""
        try:
            self.address = normalise(field.data or "", allow_local=True)
        except ValueError:
            raise ValidationError(_NO_ADDRESS) from None

    def chosen_language(self) -> Language:
        """Return the language of the letter; that of the page for anything unknown."""
        return self.language.data if self.language.data in LANGUAGES else current_language()

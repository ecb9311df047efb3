"""The form of a partner link: whose it is, and the word by which it is known."""

from typing import Any

from wtforms import StringField, ValidationError
from wtforms.validators import Length

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.numbers.models import NAME_MAX
from app.registrations.fields import Required
from app.registrations.sources import SOURCE_MAX, clean_source
from app.web.forms import Form, one_line


class LinkForm(Form):
    """A new link."""

    name = StringField(
        _l("Whose link is it?"),
        filters=[one_line],
        validators=[
            Required(_l("Please name the partner or the channel.")),
            Length(max=NAME_MAX, message=_l("At most %(max)d characters, please.")),
        ],
        description=_l("Only organizers see this: a community, a magazine, a chat group."),
        render_kw={"maxlength": NAME_MAX, "autocomplete": "off"},
    )
    code = StringField(
        _l("Word in the address"),
        filters=[one_line],
        description=_l("Lower-case letters, digits, dots and hyphens. Empty: one is made."),
        render_kw={"maxlength": SOURCE_MAX, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_code(self, field: StringField) -> None:
        """Ask for a word that comes back from the address as it is."""
        if field.data and not clean_source(field.data):
            raise ValidationError(_("Only letters a to z, digits, dots, hyphens and underscores, please."))

    def word(self) -> str:
        """Return the word as it is stored; empty where none was given."""
        return clean_source(self.code.data)


def link_form(data: Any = None) -> LinkForm:
    """Return the form of a new link."""
    return LinkForm(data)

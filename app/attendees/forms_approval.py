"""The form of a refusal: words to those whom it is about."""

from typing import Final

from wtforms import TextAreaField
from wtforms.validators import Length

from app.core.i18n import lazy_gettext as _l
from app.web.forms import Form, many_lines

WORDS_MAX: Final = 1000


class DeclineForm(Form):
    """What an organizer says with a refusal."""

    words = TextAreaField(
        _l("Words to them"),
        filters=[many_lines],
        validators=[Length(max=WORDS_MAX, message=_l("At most %(max)d characters, please."))],
        description=_l("They stand in the letter as you write them, in whatever language."),
        render_kw={"rows": 3, "maxlength": WORDS_MAX},
    )

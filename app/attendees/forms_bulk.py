"""The form of a decision on many: the tag, or words and reasons."""

from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from app.attendees.forms_approval import WORDS_MAX
from app.attendees.forms_decisions import REASON_MAX
from app.core.i18n import lazy_gettext as _l
from app.registrations.marks import TAG_MAX
from app.web.forms import Form, many_lines, one_line


class TagForm(Form):
    """A word to put on people or take off them."""

    tag = StringField(
        _l("Tag"),
        filters=[one_line],
        validators=[Length(max=TAG_MAX, message=_l("At most %(max)d characters, please."))],
        render_kw={"maxlength": TAG_MAX, "list": "tags", "autocomplete": "off"},
    )


class BulkForm(TagForm):
    """What goes with a decision on many."""

    words = TextAreaField(
        _l("Words to them"),
        filters=[many_lines],
        validators=[Length(max=WORDS_MAX, message=_l("At most %(max)d characters, please."))],
        description=_l("They stand in the letter as you write them, in whatever language."),
        render_kw={"rows": 3, "maxlength": WORDS_MAX},
    )
    reason = StringField(
        _l("Reason"),
        description=_l("For the history. The attendee does not see it."),
        filters=[one_line],
        validators=[Length(max=REASON_MAX, message=_l("At most %(max)d characters, please."))],
        render_kw={"maxlength": REASON_MAX},
    )

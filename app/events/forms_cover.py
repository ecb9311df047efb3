"""The form of an event's cover."""

from wtforms import FileField

from app.core.i18n import lazy_gettext as _l
from app.web.fields import TextsField
from app.web.versions import EditForm


class CoverForm(EditForm):
    """A picture, and what it shows in words."""

    picture = FileField(
        _l("Picture"),
        description=_l("JPEG, PNG, WebP or AVIF, at most 8 MB. Pages show it about twice as wide as high."),
        render_kw={"accept": "image/jpeg,image/png,image/webp,image/avif"},
    )
    cover_alt = TextsField(
        _l("What it shows"),
        length_max=300,
        description=_l("Read aloud to those who do not see it. Left empty: it only adorns."),
    )

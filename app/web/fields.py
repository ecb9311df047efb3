"""Fields that several forms have: one text in both languages, and a local time in a zone."""

from datetime import datetime
from typing import Any

from wtforms import DateTimeLocalField, Field, ValidationError
from wtforms.utils import unset_value

from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.core.times import NoSuchTimeError, instant_of
from app.web.forms import many_lines, one_line


class TextsField(Field):
    """One text in Chinese and English, side by side; `data` is a Texts. Sent as `<name>-zh` and `<name>-en`.

    `is_required` asks for one of the two: the other is shown as missing, and the page falls back. `rows` above 1 makes
    it a longer text (lines are kept); `is_markdown` offers a preview.
    """

    def __init__(
        self,
        label: Any = None,
        *,
        length_max: int,
        rows: int = 1,
        is_markdown: bool = False,
        is_required: bool = False,
        **options: Any,
    ) -> None:
        """Make the field."""
        super().__init__(label, **options)
        self.length_max = length_max
        self.rows = rows
        self.is_markdown = is_markdown
        self.flags.required = is_required

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:  # noqa: ARG002 - WTForms' signature
        """Take both languages from what was sent, else what was given."""
        self.process_errors = []
        self.data = self.default or Texts() if data is unset_value or data is None else data
        self.object_data = self.data
        if formdata is not None and any(self.name_in(language) in formdata for language in LANGUAGES):
            clean = many_lines if self.rows > 1 else one_line
            self.data = Texts(**{language: clean(formdata.get(self.name_in(language))) for language in LANGUAGES})

    def name_in(self, language: Language) -> str:
        """Return the name, and the id, of the box of one language."""
        return f"{self.name}-{language}"

    def text_in(self, language: Language) -> str:
        """Return what stands in the box of one language."""
        text: str = getattr(self.data, language)
        return text

    def is_missing_in(self, language: Language) -> bool:
        """Tell whether this language lacks what the other one has."""
        return bool(self.data) and not self.text_in(language)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Ask for one language where that is required, and for no more than fits."""
        if self.flags.required and not self.data:
            raise ValidationError(_("Please fill this in, in one language at least."))
        if any(len(self.text_in(language)) > self.length_max for language in LANGUAGES):
            raise ValidationError(_("At most %(max)d characters, please.", max=self.length_max))


class LocalTimeField(DateTimeLocalField):
    """A local time without its zone; `instant_in` makes an instant of it once the zone is known."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        """Make the field; takes what browsers send, and what people type where a browser has no such field."""
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        super().__init__(label, validators, format=formats, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; what cannot be read is said in our words."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Please give date and time, such as 2026-05-30 13:00.")) from None

    def instant_in(self, zone: str) -> datetime | None:
        """Return the instant, None when empty. Raises ValidationError for a time that the clocks of the zone skip."""
        if self.data is None:
            return None
        try:
            return instant_of(self.data, zone)
        except NoSuchTimeError:
            raise ValidationError(
                _("This time does not exist there: the clocks are set forward in that hour.")
            ) from None

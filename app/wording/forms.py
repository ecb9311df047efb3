"""The form of what one kind of letter says: both languages side by side, the standard text where there is no other."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from app.core.i18n import Texts
from app.core.i18n import lazy_gettext as _l
from app.web.fields import TextsField
from app.web.versions import EditForm
from app.wording.kinds import Kind
from app.wording.rules import BODY_MAX, SUBJECT_MAX, completed, mistakes_in, secret_in_subject


class LetterTextForm(EditForm):
    """Subject and text of a letter."""

    kind: Kind

    subject = TextsField(_l("Subject"), length_max=SUBJECT_MAX)
    body = TextsField(
        _l("Text of the letter"),
        length_max=BODY_MAX,
        rows=12,
        description=_l("Markdown: # is the heading, > makes a box, **strong**, lists with -, [text](https://…)."),
    )

    def validate_subject(self, field: Any) -> None:
        """Refuse what cannot be filled, and what lets in whoever reads over a shoulder."""
        self._refuse_mistakes(field)
        if refusal := secret_in_subject(field.data):
            raise ValidationError(refusal)

    def validate_body(self, field: Any) -> None:
        """Refuse what cannot be filled."""
        self._refuse_mistakes(field)

    def _refuse_mistakes(self, field: Any) -> None:
        found = list(mistakes_in(self.kind, field.data))
        field.errors = [*field.errors, *found[:-1]]
        if found:
            raise ValidationError(found[-1])

    def texts(self) -> dict[str, Texts]:
        """Return what the form holds, by part; where a box is empty, the standard text."""
        return completed(self.kind, self.values())


def letter_text_form(
    kind: Kind, values: Mapping[str, Texts], sent: MultiDict[str, str] | None = None
) -> LetterTextForm:
    """Return the form of these values."""
    form = LetterTextForm(sent, data=values)
    form.kind = kind
    return form

"""The organizers' form for a question: its kind, words, choices, when it counts, and how long answers are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.utils import unset_value
from wtforms.validators import Length

from app.core.i18n import Texts, ngettext
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.registrations.models import Purpose, Question, QuestionKind
from app.registrations.questions import conditions_for
from app.registrations.rules import free_key
from app.web.fields import TextsField
from app.web.forms import one_line
from app.web.versions import EditForm

LABEL_MAX: Final = 200
HELP_MAX: Final = 500
SPONSOR_MAX: Final = 200
OPTION_MAX: Final = 100
OPTIONS_MAX: Final = 40
_KEY_MAX: Final = 40
# Rows to write choices into that are offered beside those there are.
_ROWS_MORE: Final = 3
CHOICES: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)
_KEEP_DAYS: Final = (7, 30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One choice as the page shows it: its key (empty for a new one) and its label in both languages."""

    number: int
    value: str
    label: Texts


class OptionsField(Field):
    """Choices, a row each; a row without words is no choice. Sent as `<name>-<number>-{value,zh,en}`.

    `data` is what the column holds: `[{"value": …, "label": {"zh": …}}]`.
    """

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:  # noqa: ARG002 - WTForms' signature
        """Take the rows that were sent, else what was given."""
        self.process_errors = []
        self.data: list[dict[str, Any]] = [] if data is unset_value or data is None else list(data)
        self.object_data = self.data
        if formdata is not None and f"{self.name}-0-zh" in formdata:
            self.data = list(self._sent(formdata))

    def rows(self, *, more: bool = False) -> list[OptionRow]:
        """Return the rows of the page: the choices there are, and some to fill in."""
        filled = [
            OptionRow(number, option["value"], Texts(**option["label"])) for number, option in enumerate(self.data)
        ]
        empty = _ROWS_MORE * (2 if more else 1)
        free = min(max(empty, 2 - len(filled)), OPTIONS_MAX - len(filled))
        return filled + [OptionRow(len(filled) + number, "", Texts()) for number in range(free)]

    def pre_validate(self, form: Any) -> None:
        """Ask for two choices where there must be some, and for no more than fit."""
        if form.kind.data not in {kind.value for kind in CHOICES}:
            self.data = []
            return
        if len(self.data) < 2:  # noqa: PLR2004 - one choice is none
            raise ValidationError(_("Please give at least two choices."))
        if any(len(text) > OPTION_MAX for option in self.data for text in option["label"].values()):
            raise ValidationError(_("At most %(max)d characters, please.", max=OPTION_MAX))

    def _sent(self, formdata: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for number in range(OPTIONS_MAX):
            words = {language: one_line(formdata.get(f"{self.name}-{number}-{language}")) for language in ("zh", "en")}
            label = Texts(**words)
            value = one_line(formdata.get(f"{self.name}-{number}-value"))[:_KEY_MAX]
            taken = {option["value"] for option in found}
            if not label:
                continue
            if not value or value in taken:
                # Those of later rows are not to be taken either.
                later = {formdata.get(f"{self.name}-{other}-value") for other in range(number + 1, OPTIONS_MAX)}
                value = free_key(label.en or f"choice-{number + 1}", taken | later)
            found.append({"value": value, "label": label.as_dict()})
        return found


PURPOSE_NAMES: Final = {
    Purpose.COMPANY: _l("Company"),
    Purpose.JOB_TITLE: _l("Job title"),
    Purpose.CITY: _l("City"),
    Purpose.PHONE: _l("Phone number, for the venue"),
    Purpose.ID_NUMBER: _l("Number of an ID card or passport, for the venue"),
    Purpose.DIET: _l("What somebody eats, for the kitchen"),
    Purpose.SPONSOR_CONSENT: _l("Consent that a sponsor gets name and address"),
}


class QuestionForm(EditForm):
    """Something to ask those who sign up."""

    label = TextsField(_l("Question"), length_max=LABEL_MAX, is_required=True)
    help = TextsField(_l("Explanation below it"), length_max=HELP_MAX)
    kind = RadioField(
        _l("How it is answered"),
        choices=[
            SelectChoice(QuestionKind.SHORT_TEXT.value, _l("A line of text")),
            SelectChoice(QuestionKind.LONG_TEXT.value, _l("Several lines of text")),
            SelectChoice(QuestionKind.ONE_CHOICE.value, _l("One of several choices")),
            SelectChoice(QuestionKind.SEVERAL_CHOICES.value, _l("Any of several choices")),
            SelectChoice(QuestionKind.CHECKBOX.value, _l("A box to tick")),
            SelectChoice(QuestionKind.NUMBER.value, _l("A number")),
            SelectChoice(QuestionKind.PHONE.value, _l("A phone number")),
        ],
    )
    options = OptionsField(
        _l("Choices"),
        description=_l("One a row, in one language at least. A row that is left empty is no choice."),
    )
    purpose = SelectField(
        _l("What the answers are for"),
        choices=[
            SelectChoice("", _l("Nothing but to be read")),
            *(SelectChoice(purpose.value, word) for purpose, word in PURPOSE_NAMES.items()),
        ],
        description=_l("It puts the answers into the lists for the venue, for a sponsor, or for the kitchen."),
        default="",
    )
    sponsor = StringField(
        _l("Sponsor"),
        filters=[one_line],
        validators=[Length(max=SPONSOR_MAX, message=_l("At most %(max)d characters, please."))],
        description=_l("Who gets the names of those who tick it. They read this beside the box."),
        render_kw={"maxlength": SPONSOR_MAX},
    )
    is_after_acceptance = BooleanField(
        _l("Ask only those who have a place"),
        description=_l("It is not on the sign-up form: who has a place answers it on their own page."),
    )
    is_masked = BooleanField(
        _l("Mask the answers"),
        description=_l("Pages show the last characters alone; files that are meant for it have them whole."),
    )
    is_required = BooleanField(_l("It must be answered"))
    keep_days = SelectField(
        _l("Delete the answers"), coerce=lambda value: int(value) if value not in {"", None, "None"} else None
    )

    def values(self) -> dict[str, Any]:
        """Return what the form holds: ID numbers are masked without being asked, a sponsor counts for consent alone."""
        values = super().values()
        if values["purpose"] == Purpose.ID_NUMBER:
            values["is_masked"] = True
        if values["purpose"] != Purpose.SPONSOR_CONSENT:
            values["sponsor"] = ""
        return values


def question_form(
    questions: Sequence[Question], question: Question | None, values: Mapping[str, Any], data: Any = None
) -> QuestionForm:
    """Return the form of a question; it can hang on answers to the questions before it."""
    offered = conditions_for(questions, question)
    always = SelectChoice("", _("Always"))
    condition = SelectField(
        _("Ask it"),
        choices=[
            always,
            *(SelectChoice(word, _("Only after: %(answer)s", answer=spoken)) for word, spoken in offered.items()),
        ],
        description=_("A question can hang on a choice or a box before it."),
        default="",
    )
    form: QuestionForm = type("EventQuestionForm", (QuestionForm,), {"condition": condition})(data, data=values)
    days = sorted({*_KEEP_DAYS, *filter(None, [values.get("keep_days")])})
    form.keep_days.choices = [SelectChoice("", _("Never: keep them with the event")), *map(_kept, days)]
    return form


def _kept(days: int) -> Any:
    return SelectChoice(days, ngettext("%(num)d day after the event", "%(num)d days after the event", days))

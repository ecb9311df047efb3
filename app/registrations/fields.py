"""The fields of an event's questions, one kind each: how an answer is typed, cleaned and checked."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final

import phonenumbers
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.form import BaseForm
from wtforms.validators import Length, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from app.core.i18n import Language, Texts, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.registrations.models import Purpose, Question, QuestionKind
from app.registrations.purposes import id_number, is_mainland_id, masked
from app.web.forms import Form, many_lines, one_line

SHORT_MAX: Final = 200
LONG_MAX: Final = 2000
NUMBER_MAX: Final = 10**12
# A number without a country code is taken as one of the country most events are in.
PHONE_REGION: Final = "CN"
# Of the name a question's field has, so that no key can be a field of ours.
PREFIX: Final = "q_"


class Required:
    """Asks for an answer: something other than blanks, nothing chosen, or a box not ticked; nought is one."""

    field_flags: ClassVar = {"required": True}

    def __init__(self, message: object) -> None:
        """Keep what to say."""
        self.message = message

    def __call__(self, _form: Form, field: Field) -> None:
        """Look at what is left after cleaning; a mistake in reading it has been reported already."""
        if is_empty(field.data):
            raise StopValidation(str(self.message))


def is_empty(value: object) -> bool:
    """Tell whether nothing was answered."""
    # Nought is an answer, and equals False.
    return value is None or value is False or value in ("", [])


class OnlyIfAsked:
    """Lets pass whatever stands in a field whose question does not count; nobody reads it."""

    def __init__(self, question: Question) -> None:
        """Keep whose field it is."""
        self.question = question

    def __call__(self, form: Any, field: Field) -> None:
        """End the checks here, and take back what was found in reading."""
        if not form.is_asked(self.question):
            field.errors = []
            raise StopValidation


def question_field(question: Question, held: object = None) -> Any:
    """Return the field for a question: its label, its help, whether it must be answered.

    `held` is the answer to a masked question that is there already: the field begins empty, and may stay so.
    """
    language = current_language()
    make = _id_number if question.purpose is Purpose.ID_NUMBER else _FIELDS[question.kind]
    validators = [_required(question.kind)] if question.is_required and held is None else [Optional()]
    if question.condition:
        validators.insert(0, OnlyIfAsked(question))
    return make(
        question,
        label=question.label.in_language(language),
        description=("" if language == "zh" else " ").join(_notes(question, held, language)),
        validators=validators,
    )


def _notes(question: Question, held: object, language: Language) -> Iterator[str]:
    if text := question.help.in_language(language):
        yield text
    if question.purpose is Purpose.SPONSOR_CONSENT:
        # Whatever the question says, nobody ticks it without having read who gets what.
        yield _("%(sponsor)s gets your name, company, job title and e-mail address.", sponsor=question.sponsor)
    if held is not None:
        yield _("We have %(answer)s. Leave this empty to keep it.", answer=masked(held))


def _required(kind: QuestionKind) -> Any:
    if kind is QuestionKind.CHECKBOX:
        return Required(_("Please tick this box to continue."))
    return Required(_("Please choose.") if kind is QuestionKind.ONE_CHOICE else _("Please fill this in."))


def spoken_condition(on: Question, value: object) -> str:
    """Return in a sentence which answer to another question makes one count."""
    language = current_language()
    asked = on.label.in_language(language)
    if value is True:
        return _("Only if you ticked “%(question)s”.", question=asked)
    labels = {option["value"]: Texts(**option["label"]).in_language(language) for option in on.options}
    answer = labels.get(value, str(value))
    return _("Only if you answered “%(question)s” with “%(answer)s”.", question=asked, answer=answer)


def _choices(question: Question) -> list[SelectChoice]:
    language = current_language()
    return [
        SelectChoice(option["value"], Texts(**option["label"]).in_language(language)) for option in question.options
    ]


def _too_long(limit: int) -> Length:
    return Length(max=limit, message=_l("At most %(max)d characters, please."))


def _short(_question: Question, *, validators: list[Any], **options: Any) -> Any:
    return StringField(
        filters=[one_line],
        validators=[*validators, _too_long(SHORT_MAX)],
        render_kw={"maxlength": SHORT_MAX},
        **options,
    )


def _long(_question: Question, *, validators: list[Any], **options: Any) -> Any:
    return TextAreaField(
        filters=[many_lines],
        validators=[*validators, _too_long(LONG_MAX)],
        render_kw={"maxlength": LONG_MAX, "rows": 4},
        **options,
    )


def _one(question: Question, *, validators: list[Any], **options: Any) -> Any:
    choices = _choices(question)
    return RadioField(choices=choices, validators=[*validators, _known(choices)], validate_choice=False, **options)


class TicksField(SelectMultipleField):
    """Several choices, as boxes to tick; a required one asks for one tick.

    The browser's own `required` on each box would ask for all of them, so the claim stands at the field and not at
    its validators, which the boxes inherit.
    """

    def __init__(self, *arguments: Any, required: bool, **options: Any) -> None:
        """Make the field; `required` asks for at least one."""
        super().__init__(*arguments, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), **options)
        self.flags.required = required
        self.type = "SelectMultipleField"  # what templates know it by

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take each choice once, however often it was sent."""
        super().process_formdata(list(dict.fromkeys(valuelist)))

    def post_validate(self, form: BaseForm, validation_stopped: bool) -> None:  # noqa: ARG002, FBT001 - WTForms' signature
        """Ask for one tick."""
        if self.flags.required and not self.data and not validation_stopped:
            raise ValidationError(_("Please choose at least one."))


def _several(question: Question, *, validators: list[Any], **options: Any) -> Any:
    choices = _choices(question)
    optional = [each for each in validators if isinstance(each, Optional | OnlyIfAsked)]
    return TicksField(
        choices=choices,
        validators=[*optional, _known(choices)],
        validate_choice=False,
        required=question.is_required,
        **options,
    )


def _known(choices: list[SelectChoice]) -> Any:
    values = {choice.value for choice in choices}

    def check(_form: Form, field: Field) -> None:
        given = field.data if isinstance(field.data, list) else [field.data]
        if not values.issuperset(given):
            raise ValidationError(_("Please choose from the list."))

    return check


def _checkbox(_question: Question, **options: Any) -> Any:
    return BooleanField(**options)


class NumberField(Field):
    """A number as people type it; kept as typed when it is none, so that nothing is lost."""

    widget = TextInput()

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a whole or decimal number."""
        typed = one_line(valuelist[0]) if valuelist else ""
        self.data = typed or None
        if not typed:
            return
        try:
            number = float(typed)
        except ValueError:
            raise ValueError(_("Please give a number, in digits.")) from None
        if not abs(number) <= NUMBER_MAX:  # also true of "nan"
            raise ValueError(_("This number is too large."))
        self.data = int(number) if number.is_integer() else number


def _number(_question: Question, **options: Any) -> Any:
    return NumberField(render_kw={"inputmode": "decimal", "maxlength": 20}, **options)


class IdNumberField(StringField):
    """The number of an identity document, and which one it is: a card of mainland China is checked to its last digit.

    Both are sent under the field's name, the number first; only the number is stored, which tells what it is.
    """

    MAINLAND: ClassVar = "mainland"
    OTHER: ClassVar = "other"
    document = MAINLAND

    def process_data(self, value: Any) -> None:
        """Show a number that is known with the document it belongs to."""
        super().process_data(value)
        if value:
            self.document = self.MAINLAND if is_mainland_id(str(value)) else self.OTHER

    def process_formdata(self, valuelist: list[str]) -> None:
        """Check the number by the document that it is said to be of; what was typed stays as it was typed."""
        self.data = one_line(valuelist[0]) if valuelist else None
        self.document = self.OTHER if len(valuelist) > 1 and valuelist[1] == self.OTHER else self.MAINLAND
        if self.data:
            self.data = id_number(self.data, is_mainland=self.document == self.MAINLAND)


def _id_number(_question: Question, **options: Any) -> Any:
    return IdNumberField(render_kw={"autocomplete": "off", "maxlength": 30, "spellcheck": "false"}, **options)


class PhoneField(StringField):
    """A phone number; stored in international form (E.164), so that one person has one number."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a number with a country code, or one of PHONE_REGION without."""
        self.data = one_line(valuelist[0]) if valuelist else None
        if not self.data:
            return
        try:
            number = phonenumbers.parse(self.data, PHONE_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValueError(_("Please give a phone number, such as 138 0013 8000 or +49 30 123456."))
        self.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _phone(_question: Question, **options: Any) -> Any:
    return PhoneField(render_kw={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "maxlength": 30}, **options)


_FIELDS: Final[dict[QuestionKind, Callable[..., Any]]] = {
    QuestionKind.SHORT_TEXT: _short,
    QuestionKind.LONG_TEXT: _long,
    QuestionKind.ONE_CHOICE: _one,
    QuestionKind.SEVERAL_CHOICES: _several,
    QuestionKind.CHECKBOX: _checkbox,
    QuestionKind.NUMBER: _number,
    QuestionKind.PHONE: _phone,
}

"""The sign-up form of an event, made from what the event asks; and the form that corrects it later."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import phonenumbers
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    HiddenField,
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

from app.core.addresses import Address, normalise
from app.core.i18n import Language, Texts, current_language, ngettext
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import TicketType
from app.registrations.models import Question, QuestionKind
from app.registrations.rules import seats_left
from app.registrations.service import AnswerValue, SignUp
from app.web.forms import Form, many_lines, one_line
from app.web.pages import seconds_since

NAME_MAX: Final = 100
EMAIL_MAX: Final = 254
SHORT_MAX: Final = 200
LONG_MAX: Final = 2000
NUMBER_MAX: Final = 10**12
DIGITS_MAX: Final = 10
# A number without a country code is taken as one of the country most events are in.
PHONE_REGION: Final = "CN"

PREFIX: Final = "q_"

# What mail programs turn into a link; "J.R. Smith" is none.
_WEB_ADDRESS: Final = re.compile(
    r"://|\bwww\.|\w\.[a-z]{2,}/|[\w-]{2,}\.(?:com|cn|net|org|io|top|xyz|info|vip|ru|me|cc|shop|link)\b", re.IGNORECASE
)


class Required:
    """Asks for an answer: something other than blanks, nothing chosen, or a box not ticked; nought is one."""

    field_flags: ClassVar = {"required": True}

    def __init__(self, message: object) -> None:
        """Keep what to say."""
        self.message = message

    def __call__(self, _form: Form, field: Field) -> None:
        """Look at what is left after cleaning; a mistake in reading it has been reported already."""
        if _is_empty(field.data):
            raise StopValidation(str(self.message))


def _is_empty(value: object) -> bool:
    # Nought is an answer, and equals False.
    return value is None or value is False or value in ("", [])


def no_web_address(_form: Form, field: Field) -> None:
    """Refuse a web address as a name: letters begin with the name, so anybody could have us advertise it."""
    if _WEB_ADDRESS.search(field.data or ""):
        raise ValidationError(_("Please give a name only, without a web address."))


def _whole_number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < DIGITS_MAX else None


class _Answered(Form):
    """What sign-up and correction share: the name and the event's questions."""

    name = StringField(
        _l("Name"),
        filters=[one_line],
        validators=[
            Required(_l("Please tell us your name.")),
            Length(max=NAME_MAX, message=_l("At most %(max)d characters, please.")),
            no_web_address,
        ],
        render_kw={"autocomplete": "name", "maxlength": NAME_MAX},
    )

    questions: Sequence[Question] = ()

    def question_fields(self) -> list[Field]:
        """Return the fields of the event's questions, in order."""
        return [self[PREFIX + question.key] for question in self.questions]

    def summary(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message); a question's message names it, as "Please choose." says too little."""
        asked = {field.id: field.label.text for field in self.question_fields()}
        for id_, message in super().summary():
            yield id_, f"{asked[id_]}{_(': ')}{message}" if id_ in asked else message

    def answers(self) -> dict[int, AnswerValue]:
        """Return what was answered, by question id; what was left empty is not there."""
        given = {question.id: self[PREFIX + question.key].data for question in self.questions}
        return {key: value for key, value in given.items() if not _is_empty(value)}


class _SignUp(_Answered):
    email = StringField(
        _l("E-mail"),
        filters=[one_line],
        validators=[Required(_l("Please tell us your e-mail address: the confirmation goes there."))],
        render_kw={"type": "email", "autocomplete": "email", "inputmode": "email", "maxlength": EMAIL_MAX},
    )
    # Which numbers there are is the service's to check: what is full or hidden changes while the form is filled in.
    ticket_type = RadioField(
        _l("How will you attend?"),
        coerce=_whole_number,
        validators=[Required(_l("Please choose how you will attend."))],
        validate_choice=False,
    )
    # What only a machine fills in; hidden from people by the page's style and from screen readers.
    website = StringField(
        _l("Website"),
        validators=[Length(max=0, message=_l("This field must stay empty: clear it and send the form again."))],
    )
    stamp = HiddenField()

    seconds_min: float = 0
    address: Address | None = None

    def validate_email(self, field: Field) -> None:
        """Take the address apart once, here; everything later uses the result."""
        try:
            self.address = normalise(field.data)
        except ValueError:
            raise ValidationError(_("This is not a complete e-mail address. An example: ming@example.com")) from None

    def validate_stamp(self, field: Field) -> None:
        """Send back what came faster than a person types, or without having seen the form."""
        age = seconds_since(field.data or "")
        if age is None or age < self.seconds_min:
            raise ValidationError(_("That was very quick. Please check your entries and send the form again."))

    def wish(self, language: Language) -> SignUp:
        """Return the validated sign-up."""
        if self.address is None:
            message = "the form was not validated"
            raise RuntimeError(message)
        return SignUp(
            name=self.name.data or "",
            address=self.address,
            ticket_type_id=self.ticket_type.data,
            answers=self.answers(),
            language=language,
        )


def sign_up_form(
    ticket_types: Sequence[TicketType], questions: Sequence[Question], data: Any = None, *, seconds_min: float = 0
) -> _SignUp:
    """Return the form of an event; with one ticket type the choice is made and its field is not shown."""
    form: _SignUp = _with_questions(_SignUp, questions)(data)
    form.seconds_min = seconds_min
    form.ticket_type.choices = [SelectChoice(each.id, _ticket_label(each)) for each in ticket_types]
    if len(ticket_types) == 1 and form.ticket_type.data is None:
        form.ticket_type.data = ticket_types[0].id
    return form


def _ticket_label(ticket_type: TicketType) -> str:
    name = ticket_type.name.in_language(current_language())
    left = seats_left(ticket_type)
    if left is None:
        return name
    if left == 0:
        return _("%(name)s (full: waiting list)", name=name)
    return ngettext("%(name)s (%(num)d seat left)", "%(name)s (%(num)d seats left)", left, name=name)


def correction_form(
    questions: Sequence[Question], data: Any = None, *, name: str = "", answers: Mapping[int, AnswerValue] | None = None
) -> _Answered:
    """Return the form of one's own registration, filled with what was answered before."""
    known = {PREFIX + q.key: (answers or {}).get(q.id) for q in questions}
    form: _Answered = _with_questions(_Answered, questions)(data, data={"name": name, **known})
    return form


def _with_questions(base: type[_Answered], questions: Sequence[Question]) -> Any:
    fields: dict[str, Any] = {PREFIX + question.key: _field(question) for question in questions}
    return type("EventForm", (base,), {**fields, "questions": questions})


def _field(question: Question) -> Any:
    """Return the field for a question: its label, its help, whether it must be answered."""
    language = current_language()
    make = _FIELDS[question.kind]
    validators = [_required(question.kind)] if question.is_required else [Optional()]
    return make(
        question,
        label=question.label.in_language(language),
        description=question.help.in_language(language),
        validators=validators,
    )


def _required(kind: QuestionKind) -> Any:
    if kind is QuestionKind.CHECKBOX:
        return Required(_("Please tick this box to continue."))
    return Required(_("Please choose.") if kind is QuestionKind.ONE_CHOICE else _("Please fill this in."))


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
    optional = [each for each in validators if isinstance(each, Optional)]
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

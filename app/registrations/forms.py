"""The sign-up form of an event, made from what the event asks; and the form that corrects it later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    Field,
    HiddenField,
    RadioField,
    SelectChoice,
    StringField,
    ValidationError,
)
from wtforms.validators import Length

from app.core.addresses import Address, normalise
from app.core.errors import BadInputError
from app.core.i18n import Language, current_language, ngettext
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.admission import CODE_MAX, clean_code
from app.events.models import TicketType
from app.registrations import rules
from app.registrations.fields import PREFIX, Required, is_empty, question_field, spoken_condition
from app.registrations.models import Question
from app.registrations.rules import seats_left
from app.registrations.searching import company_among
from app.registrations.service import AnswerValue, SignUp
from app.web.forms import Form, one_line
from app.web.pages import seconds_since

NAME_MAX: Final = 100
EMAIL_MAX: Final = 254
DIGITS_MAX: Final = 10


def no_web_address(_form: Form, field: Field) -> None:
    """Refuse a web address as a name."""
    if rules.has_web_address(field.data or ""):
        raise ValidationError(_("Please give a name only, without a web address."))


def _whole_number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < DIGITS_MAX else None


@dataclass(frozen=True, slots=True)
class Condition:
    """When a question counts: `name` of the field and `value` for scripts, and the same in a sentence for people."""

    name: str
    value: str
    sentence: str


class _Answers(Form):
    """Questions of an event, whichever."""

    questions: Sequence[Question] = ()
    # What is known already, by question id: of masked questions, which show nothing of it and keep it when left empty.
    held: Mapping[int, AnswerValue] = MappingProxyType({})

    def question_fields(self) -> list[Field]:
        """Return the fields of the event's questions, in order."""
        return [self[PREFIX + question.key] for question in self.questions]

    def summary(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message); a question's message names it, as "Please choose." says too little."""
        asked = {field.id: field.label.text for field in self.question_fields()}
        for id_, message in super().summary():
            yield id_, f"{asked[id_]}{_(': ')}{message}" if id_ in asked else message

    def is_asked(self, question: Question) -> bool:
        """Tell whether what was answered so far makes this question one of them."""
        return question.id in rules.asked(self.questions, self._given())

    def condition_of(self, field: Field) -> Condition | None:
        """Return when the question of this field counts; None for one that everybody is asked."""
        by_key = {question.key: question for question in self.questions}
        condition = by_key[field.name.removeprefix(PREFIX)].condition
        on = by_key.get(condition["question"]) if condition else None
        if condition is None or on is None:
            return None
        value = condition["value"]
        return Condition(PREFIX + on.key, "y" if value is True else str(value), spoken_condition(on, value))

    def has_conditions(self) -> bool:
        """Tell whether any question counts for some people only."""
        return any(question.condition for question in self.questions)

    def answers(self) -> dict[int, AnswerValue]:
        """Return what was answered, by question id; what was left empty, or does not count, is not there."""
        given = self._given()
        asked = rules.asked(self.questions, given)
        return {key: value for key, value in given.items() if key in asked and not is_empty(value)}

    def _given(self) -> dict[int, Any]:
        typed = {question.id: self[PREFIX + question.key].data for question in self.questions}
        return typed | {key: value for key, value in self.held.items() if is_empty(typed.get(key))}


class _Later(_Answers):
    """What is asked of those who have a place."""


class _Answered(_Answers):
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

    def wish(self, language: Language, *, code: str = "", source: str = "") -> SignUp:
        """Return the validated sign-up; `code` is the invitation that let the person in, `source` what led here."""
        if self.address is None:
            message = "the form was not validated"
            raise RuntimeError(message)
        answers = self.answers()
        return SignUp(
            name=self.name.data or "",
            address=self.address,
            ticket_type_id=self.ticket_type.data,
            answers=answers,
            language=language,
            code=code,
            company=company_among(self.questions, answers),
            source=source,
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
    return _answered(_Answered, questions, data, answers or {}, name=name)


def later_form(
    questions: Sequence[Question], data: Any = None, *, answers: Mapping[int, AnswerValue] | None = None
) -> _Later:
    """Return the form of some questions of an event, on the page of somebody who has a place."""
    form: _Later = _answered(_Later, questions, data, answers or {})
    return form


def _answered(
    base: type[_Answers], questions: Sequence[Question], data: Any, answers: Mapping[int, AnswerValue], **more: str
) -> Any:
    held = {q.id: answers[q.id] for q in questions if q.is_masked and q.id in answers}
    known = {PREFIX + q.key: answers.get(q.id) for q in questions if q.id not in held}
    return _with_questions(base, questions, held)(data, data=more | known)


def _with_questions(
    base: type[_Answers], questions: Sequence[Question], held: Mapping[int, AnswerValue] | None = None
) -> Any:
    held = held or {}
    fields: dict[str, Any] = {PREFIX + each.key: question_field(each, held.get(each.id)) for each in questions}
    return type("EventForm", (base,), {**fields, "questions": questions, "held": held})


class InvitationForm(Form):
    """The code that opens an event by invitation."""

    code = StringField(
        _l("Invitation code"),
        filters=[clean_code],
        validators=[Required(_l("Please type the code you were given."))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": CODE_MAX},
    )

    def refuse_code(self) -> None:
        """Say that the code opens nothing."""
        self.refuse(
            BadInputError(_("This code does not open this event, or no longer. Ask for another one."), field="code")
        )


def invitation_form(data: Any = None, *, code: str = "") -> InvitationForm:
    """Return the form that asks for a code, with the one that was in the address."""
    return InvitationForm(data, data={"code": code})

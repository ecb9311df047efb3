"""The forms of one attendee: correcting them, adding somebody by hand, notes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length, Optional

from app.attendees.by_hand import Kind
from app.core.addresses import Address, normalise
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.registrations import rules
from app.registrations.fields import PREFIX, Required, is_empty, question_field
from app.registrations.forms import EMAIL_MAX, NAME_MAX, no_web_address
from app.registrations.marks import NOTE_MAX
from app.registrations.models import Question
from app.registrations.service import AnswerValue
from app.web.forms import Form, many_lines, one_line

_DIGITS_MAX: Final = 9
_F = TypeVar("_F", bound="PersonForm")


def _whole(value: object) -> int:
    return int(str(value)[:_DIGITS_MAX])


class NoteForm(Form):
    """A note for the other organizers."""

    text = TextAreaField(
        _l("Note"),
        filters=[many_lines],
        validators=[
            Required(_l("Please write something.")),
            Length(max=NOTE_MAX, message=_l("At most %(max)d characters, please.")),
        ],
        render_kw={"rows": 3, "maxlength": NOTE_MAX},
    )


class PersonForm(Form):
    """Name, address and answers, as an organizer writes them: nothing but the name must be there."""

    name = StringField(
        _l("Name"),
        filters=[one_line],
        validators=[
            Required(_l("Please give a name.")),
            Length(max=NAME_MAX, message=_l("At most %(max)d characters, please.")),
            no_web_address,
        ],
        render_kw={"maxlength": NAME_MAX, "autocomplete": "off"},
    )
    email = StringField(
        _l("E-mail"),
        description=_l("Without one they get no e-mails, and no link of their own."),
        filters=[one_line],
        render_kw={"type": "email", "inputmode": "email", "maxlength": EMAIL_MAX, "autocomplete": "off"},
    )

    questions: Sequence[Question] = ()
    address: Address | None = None

    def validate_email(self, field: Field) -> None:
        """Take the address apart once, here; everything later uses the result."""
        if not field.data:
            return
        try:
            self.address = normalise(field.data)
        except ValueError:
            raise ValidationError(_("This is not a complete e-mail address. An example: ming@example.com")) from None

    def question_fields(self) -> list[Field]:
        """Return the fields of the questions, in order."""
        return [self[PREFIX + question.key] for question in self.questions]

    def answers(self) -> dict[int, AnswerValue]:
        """Return what was answered, by question id; what was left empty, or does not count, is not there."""
        given = {question.id: self[PREFIX + question.key].data for question in self.questions}
        counting = rules.asked(self.questions, given)
        return {id_: value for id_, value in given.items() if id_ in counting and not is_empty(value)}


class CorrectionForm(PersonForm):
    """Who is registered already."""

    revokes_link = BooleanField(
        _l("Earlier e-mails went to somebody else: their link opens no longer"),
        description=_l("The person gets a new link, if they have an address."),
    )


class NewcomerForm(PersonForm):
    """Who is added by hand."""

    kind = RadioField(
        _l("Added as"),
        choices=[
            SelectChoice(Kind.ATTENDEE.value, _l("Attendee")),
            SelectChoice(Kind.WALK_IN.value, _l("Walk-in")),
            SelectChoice(Kind.GUEST.value, _l("Guest")),
            SelectChoice(Kind.SPEAKER.value, _l("Speaker")),
        ],
        default=Kind.WALK_IN.value,
        description=_l("It becomes their tag, in this page's language."),
    )
    ticket_type = RadioField(
        _l("Ticket type"),
        coerce=_whole,
        validate_choice=True,
        validators=[Required(_l("Please choose how this person will attend."))],
    )
    writes = BooleanField(_l("Send them a confirmation"))
    adds_seat = BooleanField(_l("Add a seat if none is free: the capacity rises by one"))


def correction_form(
    questions: Sequence[Question], values: Mapping[str, Any], answers: Mapping[int, object], data: Any = None
) -> CorrectionForm:
    """Return the form of somebody who is registered, filled with what is known."""
    known = {PREFIX + question.key: answers.get(question.id) for question in questions}
    form: CorrectionForm = _with_questions(CorrectionForm, questions)(data, data={**values, **known})
    return _all_optional(form)


def newcomer_form(questions: Sequence[Question], ways: Sequence[tuple[int, str]], data: Any = None) -> NewcomerForm:
    """Return the form that adds somebody; with one ticket type the choice is made."""
    form: NewcomerForm = _with_questions(NewcomerForm, questions)(data)
    form.ticket_type.choices = [SelectChoice(id_, name) for id_, name in ways]
    if form.ticket_type.data is None and ways:
        form.ticket_type.data = ways[0][0]
    return _all_optional(form)


def _with_questions(base: type[PersonForm], questions: Sequence[Question]) -> Any:
    fields: dict[str, Any] = {PREFIX + question.key: question_field(question) for question in questions}
    return type("PersonWithAnswersForm", (base,), {**fields, "questions": questions})


def _all_optional(form: _F) -> _F:
    """Ask for no answer: what somebody does not know at the door must not keep a person out."""
    for field in form.question_fields():
        field.validators = [Optional(), *(each for each in field.validators if not isinstance(each, Required))]
        field.flags.required = False
    return form

"""The forms of a message: what it says and to whom, when it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    DateField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.attendees.attendee import ticket_types
from app.core.db import db
from app.core.errors import BadInputError
from app.core.i18n import LANGUAGES, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.times import NoSuchTimeError, instant_of
from app.events.models import TicketType
from app.messages.mails import ALLOWED
from app.messages.models import WHY_MAX, Purpose
from app.messages.words import answer_words
from app.registrations.marks import AttendeeTag
from app.registrations.models import Question, QuestionKind
from app.registrations.queries import all_questions_of
from app.registrations.words import source_name, state_names
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import Form, one_line
from app.web.versions import EditForm
from app.wording.placeholders import mistakes
from app.wording.rules import BODY_MAX, SUBJECT_MAX, secret_in_subject

TAGS_MAX: Final = 100
SEARCH_MAX: Final = 200
_CHOSEN: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)


@dataclass(frozen=True, slots=True)
class Offered:
    """What an audience is chosen from."""

    ticket_types: Sequence[TicketType]
    questions: Sequence[Question]
    tags: Sequence[str]

    @classmethod
    def read(cls, event_id: int) -> "Offered":
        """Ask the database, in three statements."""
        names = (
            select(func.min(AttendeeTag.name))
            .where(AttendeeTag.event_id == event_id)
            .group_by(AttendeeTag.key)
            .order_by(AttendeeTag.key)
            .limit(TAGS_MAX)
        )
        return cls(ticket_types(event_id), all_questions_of(event_id), db.session.scalars(names).all())

    def answers(self) -> list[tuple[str, str]]:
        """Return the answers that may be asked for, as they stand in a form and in words."""
        language, found = current_language(), []
        for question in self.questions:
            label = question.label.in_language(language)
            values = ["yes", "no"] if question.kind is QuestionKind.CHECKBOX else []
            values += [option["value"] for option in question.options] if question.kind in _CHOSEN else []
            found += [
                (f"{question.id}:{value}", f"{label} → {answer_words(question, value, language)}") for value in values
            ]
        return found


class MessageForm(EditForm):
    """What a message says, and what it is for."""

    subject = TextsField(_l("Subject"), length_max=SUBJECT_MAX)
    body = TextsField(
        _l("Body"),
        length_max=BODY_MAX,
        rows=12,
        description=_l("Markdown: # is the heading, > makes a box, **strong**, lists with -, [text](https://…)."),
    )
    purpose = RadioField(
        _l("What it is for"),
        choices=[
            SelectChoice(
                Purpose.NEWS.value,
                _l("News. Whoever wants none is left out, and each e-mail has a link to stop them."),
            ),
            SelectChoice(
                Purpose.REGISTRATION.value,
                _l(
                    "About people's own registration: something they must know or answer to take part, such as a "
                    "number that the venue asks for. Goes to everybody, without that link."
                ),
            ),
        ],
    )
    why = StringField(
        _l("What it has to do with their registration"),
        filters=[one_line],
        validators=[Length(max=WHY_MAX, message=_l("At most %(max)d characters, please."))],
        description=_l("Only for the second choice. For the other organizers; attendees do not see it."),
        render_kw={"maxlength": WHY_MAX},
    )

    def validate_subject(self, field: Any) -> None:
        """Refuse what cannot be filled, and what lets in whoever reads over a shoulder."""
        _refuse_mistakes(field)
        if refusal := secret_in_subject(field.data):
            raise ValidationError(refusal)

    def validate_body(self, field: Any) -> None:
        """Refuse what cannot be filled."""
        _refuse_mistakes(field)

    def validate_why(self, field: Any) -> None:
        """Ask for it where everybody gets the message."""
        if self.purpose.data == Purpose.REGISTRATION and not field.data:
            raise ValidationError(_("Please say why everybody must get it, also those who want no news."))


def _refuse_mistakes(field: Any) -> None:
    names = {"zh": "中文", "en": "English"}
    found = [
        f"{names[language]} · {mistake.message}"
        for language in LANGUAGES
        for mistake in mistakes(field.text_in(language), ALLOWED)
    ]
    if found:
        *others, last = found
        field.errors = [*field.errors, *others]
        raise ValidationError(last)


def message_form(offered: Offered, values: Mapping[str, Any], sent: MultiDict[str, str] | None = None) -> MessageForm:
    """Return the form of a message; the fields of its audience are named as in an address (attendees.wanted)."""
    language = current_language()
    ways = [(str(each.id), each.name.in_language(language)) for each in offered.ticket_types]
    fields = {
        "status": _boxes(_("Status"), [(state.value, name) for state, name in state_names().items()], values["status"]),
        "type": _boxes(_("Ticket type"), ways, values["type"]),
        "answer": _boxes(_("Have answered all of these"), offered.answers(), values["answer"]),
        "tag": _boxes(_("Have all of these tags"), [(tag, tag) for tag in offered.tags], values["tag"]),
        "in": SelectField(
            _("Checked in"),
            choices=[SelectChoice("", _("Whether or not")), SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))],
        ),
        "lacks": SelectField(
            _("What the venue asks for"),
            choices=[SelectChoice("", _("Whether or not")), SelectChoice("answers", _("Not answered yet"))],
        ),
        "q": StringField(
            _("Name, e-mail or code"),
            filters=[one_line],
            validators=[Length(max=SEARCH_MAX)],
            render_kw={"maxlength": SEARCH_MAX},
        ),
        "from": DateField(_("Signed up from"), validators=[Optional()]),
        "to": DateField(_("Signed up until"), validators=[Optional()]),
        "source": SelectField(_("Came from"), choices=_sources(values["source"])),
    }
    form: MessageForm = type("EventMessageForm", (MessageForm,), fields)(sent, data=values)
    return form


def _boxes(label: str, choices: Sequence[tuple[str, str]], present: Sequence[str]) -> SelectMultipleField:
    # What is asked for already can still be asked for, also when nobody has it any more.
    known = {value for value, _label in choices}
    offered = [*choices, *((value, value) for value in present if value not in known)]
    return SelectMultipleField(
        label,
        choices=[SelectChoice(value, name) for value, name in offered],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[Optional()],
    )


def _sources(present: str) -> list[SelectChoice]:
    wherever = SelectChoice("", _("From wherever"))
    return (
        [wherever, SelectChoice(present, source_name(present.removeprefix("=")) or _("not known"))]
        if present
        else [wherever]
    )


class ScheduleForm(Form):
    """When a message goes by itself, in the event's zone."""

    at = LocalTimeField(_l("Send at"), [InputRequired(_l("Please give date and time, such as 2026-05-30 13:00."))])
    at_night = BooleanField(_l("Send it at night all the same"))

    def instant(self, zone: str) -> datetime:
        """Return the instant, of a valid form. Raises BadInputError for a time that the clocks of the zone skip."""
        try:
            return instant_of(self.at.data, zone)  # type: ignore[arg-type]  # InputRequired has seen that it is there
        except NoSuchTimeError:
            message = _("This time does not exist there: the clocks are set forward in that hour.")
            raise BadInputError(message, field="at") from None

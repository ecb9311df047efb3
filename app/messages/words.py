"""What people call messages, their states, and the letters of an event."""

from collections.abc import Sequence

from app.attendees.attendee import letter_names
from app.attendees.queries import failure_names
from app.attendees.wanted import Wanted
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import TicketType
from app.history import words
from app.messages.models import MessageState
from app.registrations.models import Question
from app.registrations.words import answer_in_words, source_name, state_names

__all__ = ["audience_words", "failure_names", "letter_names", "register", "state_words", "tab_names"]


def state_words(state: MessageState) -> str:
    """Return what a state of a message is called."""
    return {
        MessageState.DRAFT: _("Draft"),
        MessageState.SCHEDULED: _("Scheduled"),
        MessageState.SENDING: _("Being sent"),
        MessageState.SENT: _("Sent"),
        MessageState.STOPPED: _("Stopped"),
    }[state]


def tab_names() -> dict[str, str]:
    """Return what the tabs of the outbox are called."""
    return {"waiting": _("Waiting"), "sent": _("Sent"), "failed": _("Failed"), "stopped": _("Stopped")}


def audience_words(
    wanted: Wanted,
    *,
    ticket_types: Sequence[TicketType],
    questions: Sequence[Question],
    language: Language,
) -> list[tuple[str, str]]:
    """Return whom a message is for, as label and words; only what narrows it."""
    names, said = state_names(), _("; ")
    found = []
    if wanted.states:
        found.append((_("Status"), said.join(names[state] for state in wanted.states)))
    if wanted.ticket_types:
        chosen = [each.name.in_language(language) for each in ticket_types if each.id in wanted.ticket_types]
        found.append((_("Ticket type"), said.join(chosen) or _("one that is gone")))
    if wanted.is_checked_in is not None:
        found.append((_("Checked in"), _("Yes") if wanted.is_checked_in else _("No")))
    if wanted.lacks_answers:
        found.append((_("What the venue asks for"), _("Not answered yet")))
    by_id = {question.id: question for question in questions}
    for question_id, value in wanted.answers:
        question = by_id.get(question_id)
        if question is not None:
            found.append((question.label.in_language(language), answer_words(question, value, language)))
    if wanted.tags:
        found.append((_("Tags"), said.join(wanted.tags)))
    if wanted.search:
        found.append((_("Search"), wanted.search))
    if wanted.signed_up_from:
        found.append((_("Signed up from"), wanted.signed_up_from.isoformat()))
    if wanted.signed_up_to:
        found.append((_("Signed up until"), wanted.signed_up_to.isoformat()))
    if wanted.source is not None:
        found.append((_("Came from"), source_name(wanted.source) or _("not known")))
    return found


def answer_words(question: Question, value: str, language: Language) -> str:
    """Return an answer that is asked for, in words."""
    if value in {"yes", "no"}:
        return _("Yes") if value == "yes" else _("No")
    return str(answer_in_words(question, language)(value))


def register() -> None:
    """Give the history this room's words."""
    words.register(
        {
            "message.created": _l("Message begun"),
            "message.changed": _l("Message changed"),
            "message.removed": _l("Draft of a message thrown away"),
            "message.scheduled": _l("Message scheduled"),
            "message.unscheduled": _l("Message taken back to a draft before its time"),
            "message.sent": _l("Message sent"),
            "message.stopped": _l("Message stopped"),
            "letter.stopped": _l("E-mail stopped"),
            "letter.sent_again": _l("E-mail sent again"),
        }
    )
    words.register_fields(
        {
            "send_at": _l("Goes at"),
            "recipients": _l("Number of people"),
            "letters": _l("E-mails"),
            "letter": _l("E-mail"),
            "message": _l("Message"),
        }
    )

"""Coming back: who left signs up again by one press, with what we know of them."""

from datetime import datetime

from app.core.addresses import normalise
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.registrations import service
from app.registrations.models import Registration
from app.registrations.queries import event_for_sign_up, latest_of, questions_of, was_removed
from app.registrations.rules import asked, can_come_back, code_of, is_live
from app.registrations.searching import company_among
from app.registrations.service import SignUp


def come_back(registration: Registration, *, now: datetime) -> None:
    """Sign the person up anew: a seat if one is free, else the end of the queue, and the letter that says which.

    It is a registration of its own, whose calendar entry has a SEQUENCE above that of the CANCEL. However old the link,
    it goes by the last registration of this person, so that nothing is forgotten by going back to an earlier one.

    Somebody who has a place again already keeps it, and nothing happens. Raises ConflictError when nobody can sign up,
    an organizer ended the registration, or the event now asks something that was not answered: then the form is the
    way. BadInputError when this takes a use of an invitation, since the place was passed on, and there is none left.
    """
    registration = latest_of(registration)
    if is_live(registration):
        return  # they have come back already; the link to it is in their newest e-mail
    if not can_come_back(registration, now=now):
        raise ConflictError(_("This event takes no sign-ups at the moment."))
    if was_removed(registration.id):
        raise ConflictError(_("The organizers ended this registration. Please sign up on the event's page."))
    questions = questions_of(registration.event_id)
    given = {answer.question_id: answer.value for answer in registration.answers}
    counting = asked(questions, given)
    answers = {question_id: value for question_id, value in given.items() if question_id in counting}
    if any(question.is_required and question.id in counting and question.id not in answers for question in questions):
        raise ConflictError(_("The event asks more than before. Please sign up on its page."))
    wish = SignUp(
        name=registration.name,
        address=normalise(registration.email),
        ticket_type_id=registration.ticket_type_id,
        answers=answers,
        language=registration.language,
        code=code_of(registration) or "",
        returns_from=registration.id,
        company=company_among(questions, answers),
        source=registration.source,
    )
    event = event_for_sign_up(registration.event.slug, now=now, code=wish.code)
    service.sign_up(event, wish, now=now)

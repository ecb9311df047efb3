"""Coming back: who left signs up again by one press, with what we know of them."""

from datetime import datetime

from app.core.addresses import normalise
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.registrations import rules, service
from app.registrations.models import Registration
from app.registrations.queries import event_for_sign_up, questions_of
from app.registrations.rules import can_come_back
from app.registrations.service import SignUp


def come_back(registration: Registration, *, now: datetime) -> None:
    """Sign the person up anew: a seat if one is free, else the end of the queue, and the letter that says which.

    It is a registration of its own, whose calendar entry has a SEQUENCE above that of the CANCEL. Raises ConflictError
    when nobody can sign up, or the event now asks something that was not answered; then the form is the way.
    """
    if not can_come_back(registration, now=now):
        raise ConflictError(_("This event takes no sign-ups at the moment."))
    questions = {question.id: question for question in questions_of(registration.event_id)}
    given = {answer.question_id: answer.value for answer in registration.answers if answer.question_id in questions}
    asked = rules.asked(list(questions.values()), given)
    if any(questions[each].is_required and each not in given for each in asked):
        raise ConflictError(_("The event asks more than before. Please sign up on its page."))
    wish = SignUp(
        name=registration.name,
        address=normalise(registration.email),
        ticket_type_id=registration.ticket_type_id,
        answers={each: value for each, value in given.items() if each in asked},
        language=registration.language,
        code=rules.code_of(registration) or "",
    )
    service.sign_up(event_for_sign_up(registration.event.slug, now=now, code=wish.code), wish, now=now)

"""People in bulk, as the services would have left them: what the numbers are counted from."""

from datetime import datetime
from itertools import count

from app.core.db import transaction
from app.core.tokens import new_code
from app.registrations.models import Answer, Registration, RegistrationState

_NUMBERS = count(1)


def add(event, *, at: datetime, state="confirmed", source="", came=False, email=None, answers=None, people=1):
    """Add so many who signed up at one moment."""
    with transaction() as session:
        for _each in range(people):
            key = email or f"person-{next(_NUMBERS)}@example.com"
            row = Registration(
                code=new_code(),
                event_id=event.id,
                ticket_type_id=event.ticket_types[0].id,
                state=RegistrationState(state),
                name="Somebody",
                email=key,
                email_key=key,
                created_at=at,
                confirmed_at=at,
                checked_in_at=event.starts_at if came else None,
                offer_expires_at=event.starts_at if state == "offered" else None,
                revised_at=at,
                source=source,
            )
            session.add(row)
            session.flush()
            for question_id, value in (answers or {}).items():
                session.add(Answer(registration_id=row.id, question_id=question_id, value=value))

"""What the history says about those who come."""

from app.core.i18n import lazy_gettext as _l
from app.history import words


def register() -> None:
    """Give the history this room's words."""
    words.register(
        {
            "registration.approved": _l("Sign-up approved"),
            "registration.declined": _l("Sign-up declined"),
            "registration.moved": _l("Moved to another ticket type"),
            "registration.promoted": _l("Given a seat past the queue"),
            "registration.removed": _l("Registration ended by organizers"),
            "change.announced": _l("Letters about a change sent at once"),
            "attendees.downloaded": _l("Attendee list downloaded"),
            "person.erased": _l("Somebody's data erased"),
            "answers.forgotten": _l("Answers deleted after their time"),
        }
    )
    words.register_fields(
        {
            "reason": _l("Reason"),
            "answers": _l("Answers"),
            "ticket_type": _l("Ticket type"),
            "format": _l("File format"),
            "wanted_state": _l("Only in this state"),
            "rows": _l("Number of rows"),
            "searched": _l("Only what a search found"),
        }
    )

"""What the history says about what organizers did with attendees, and what can be taken back."""

from typing import Final

from app.accounts.rights import Permission
from app.attendees import bulk_marks
from app.core.i18n import lazy_gettext as _l
from app.history import undo, words

# What became of how many, after a decision on many.
OUTCOMES: Final[dict[str, object]] = {
    "confirmed": _l("Given a seat"),
    "waiting": _l("Put on the waiting list"),
    "left": _l("No seat left: still to be approved"),
    "declined": _l("Declined"),
    "promoted": _l("Given a seat past the queue"),
    "no_seat": _l("No seat left: still waiting"),
    "cancelled": _l("Registration ended"),
    "tagged": _l("Tagged"),
    "untagged": _l("Tag taken off"),
    "unchanged": _l("Nothing to change"),
}


def register() -> None:
    """Give the history this room's words, and the ways back."""
    words.register(
        {
            "attendee.added": _l("Attendee added by hand"),
            "attendee.corrected": _l("Attendee corrected by organizers"),
            "attendee.sent_again": _l("Link sent again by organizers"),
            "attendee.answers_shown": _l("Masked answers looked at"),
            "attendee.tagged": _l("Tag put on"),
            "attendee.untagged": _l("Tag taken off"),
            "attendee.note_written": _l("Note written"),
            "attendee.note_deleted": _l("Note deleted"),
            "attendees.tagged": _l("Several attendees tagged"),
            "attendees.untagged": _l("Tag taken off several attendees"),
            "attendees.view_saved": _l("View of the attendees saved"),
            "attendees.view_removed": _l("View of the attendees deleted"),
        }
    )
    words.register(
        {
            "attendee.tagged_with_others": _l("Tag put on, with others"),
            "attendee.untagged_with_others": _l("Tag taken off, with others"),
        },
        are_beside=True,
    )
    words.register_fields(
        {
            "tag": _l("Tag"),
            "number": _l("People"),
            "email": _l("E-mail"),
            "link": _l("Earlier link ended"),
            "view": _l("View"),
        }
    )
    for action in ("attendees.tagged", "attendees.untagged"):
        undo.register(action, bulk_marks.undo, needs={Permission.MANAGE_ATTENDEES})

"""What the history says about files that left the site."""

from typing import Final

from app.core.i18n import lazy_gettext as _l
from app.history import words

_ACTIONS: Final = {
    "export_layout.saved": _l("Export layout saved"),
    "export_layout.renamed": _l("Export layout renamed"),
    "export_layout.deleted": _l("Export layout deleted"),
    "export_schedule.added": _l("Daily list set up"),
    "export_schedule.paused": _l("Daily list paused"),
    "export_schedule.resumed": _l("Daily list resumed"),
    "export_schedule.deleted": _l("Daily list deleted"),
    "venue_list.frozen": _l("Venue list frozen"),
    "venue_list.downloaded": _l("Venue list downloaded"),
    "venue_list.link_made": _l("Link to a venue list made"),
    "venue_list.link_revoked": _l("Link to a venue list revoked"),
    "venue_list.handed_over": _l("Venue list taken by a link"),
    "venue_list.deleted": _l("Venue list deleted after its time"),
    "kitchen.names_shown": _l("Names of who eats what looked at"),
    "sponsor_list.downloaded": _l("Sponsor list downloaded"),
}
_FIELDS: Final = {
    "columns": _l("Columns"),
    "layout": _l("Layout"),
    "version": _l("Version"),
    "expires_at": _l("Holds until"),
    "wanted_ticket_type": _l("Only of this ticket type"),
    "wanted_answer": _l("Only with this answer"),
    "wanted_tags": _l("Only with so many tags"),
    "wanted_checked_in": _l("Only whether checked in"),
    "wanted_from": _l("Signed up from"),
    "wanted_to": _l("Signed up to"),
    "wanted_source": _l("Only from this source"),
    "wanted_lacking": _l("Only who has yet to answer what the venue asks"),
}


def register() -> None:
    """Give the history this room's words."""
    words.register(_ACTIONS)
    words.register_fields(_FIELDS)
    states = {
        "confirmed": _l("Confirmed"),
        "waiting": _l("Waiting list"),
        "offered": _l("Seat offered"),
        "pending": _l("To be approved"),
        "cancelled": _l("Cancelled"),
        "declined": _l("Declined"),
    }
    words.register_values("wanted_state", states)
    words.register_values(
        "columns",
        {
            "status": _l("Status"),
            "name": _l("Name"),
            "email": _l("E-mail"),
            "ticket_type": _l("Ticket type"),
            "signed_up": _l("Signed up"),
            "checked_in": _l("Checked in"),
            "code": _l("Code"),
            "confirmed": _l("Confirmed at"),
            "language": _l("Language"),
            "source": _l("Sign-up source"),
            "tags": _l("Tags"),
            "notes": _l("Notes"),
            "company": _l("Company"),
            "job_title": _l("Job title"),
        },
    )

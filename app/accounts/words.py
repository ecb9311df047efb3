"""Roles and permissions in words: for pages and letters, and for docs/organizers.md, which a test compares."""

from typing import Final

from app.accounts.models import Role
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.history import words

ROLES: Final[dict[Role, object]] = {
    Role.OWNER: _l("Owner"),
    Role.ORGANIZER: _l("Organizer"),
    Role.EDITOR: _l("Editor"),
    Role.ATTENDEE_MANAGER: _l("Attendee manager"),
    Role.DOOR: _l("Door"),
    Role.VIEWER: _l("Viewer"),
}
MEANINGS: Final[dict[Role, object]] = {
    Role.OWNER: _l("everything, and who else may manage"),
    Role.ORGANIZER: _l("everything about events; not the site itself"),
    Role.EDITOR: _l("texts, pictures, place and agenda; no attendees"),
    Role.ATTENDEE_MANAGER: _l("attendees, their letters and the door; no texts"),
    Role.DOOR: _l("check-in only"),
    Role.VIEWER: _l("numbers only, no names"),
}
PERMISSIONS: Final[dict[Permission, object]] = {
    Permission.SEE: _l("See an event's overview and its numbers"),
    Permission.EDIT: _l("Edit texts, pictures, place and agenda"),
    Permission.CONFIGURE: _l("Set ticket types, questions, the sign-up window and who may see the event"),
    Permission.PUBLISH: _l("Publish, move, cancel, duplicate and delete"),
    Permission.SEE_ATTENDEES: _l("See attendees by name"),
    Permission.MANAGE_ATTENDEES: _l("Approve, decline, promote, move and remove attendees"),
    Permission.EXPORT: _l("Download the attendee list"),
    Permission.WRITE: _l("Write to attendees"),
    Permission.CHECK_IN: _l("Check people in at the door"),
    Permission.TEAM: _l("Say who else manages the event"),
    Permission.HISTORY: _l("See the event's history"),
    Permission.CREATE: _l("Create events"),
    Permission.SITE: _l("Say who manages the site, see its history"),
}


def register() -> None:
    """Give the history the words of this room."""
    words.register(
        {
            "organizer.invited": _l("Invited to manage the site"),
            "organizer.invited_again": _l("Invited again"),
            "organizer.withdrawn": _l("Invitation withdrawn"),
            "organizer.accepted": _l("Invitation accepted"),
            "organizer.role_changed": _l("Role changed"),
            "organizer.removed": _l("Removed from those who manage the site"),
            "organizer.erased": _l("Erased from those who managed the site"),
            "organizer.restored": _l("Given back the right to manage the site"),
            "signed_in": _l("Signed in"),
            "signed_out": _l("Signed out"),
            "proved": _l("Confirmed who they are"),
            "session.revoked": _l("Signed another browser out"),
            "session.others_revoked": _l("Signed all other browsers out"),
            "passkey.added": _l("Passkey added"),
            "passkey.renamed": _l("Passkey renamed"),
            "passkey.removed": _l("Passkey removed"),
            "identity.linked": _l("Account of another provider linked"),
            "identity.unlinked": _l("Account of another provider unlinked"),
        }
    )
    words.register_fields(
        {"role": _l("Role"), "way": _l("How"), "sessions": _l("Number of browsers"), "name": _l("Name")}
    )
    words.register_values("role", {role.value: name for role, name in ROLES.items()})
    words.register_values("way", {
        "link": _l("Link in a letter"),
        "code": _l("Code in a letter"),
        "passkey": _l("Passkey"),
        "provider": _l("Another provider"),
        "invited": _l("Invitation"),
    })  # fmt: skip

"""What each role may do. The one table of rights; docs/organizers.md repeats it, and a test compares the two."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from app.accounts.models import Role


class Permission(StrEnum):
    """Something that may be done on the organizers' pages."""

    SEE = "see"  # an event's overview with its numbers; nothing of any one person
    EDIT = "edit"  # texts, pictures, place, agenda
    CONFIGURE = "configure"  # ticket types, questions, the sign-up window, who may see the event
    PUBLISH = "publish"  # publish, move, cancel, delete, duplicate
    SEE_ATTENDEES = "see_attendees"
    MANAGE_ATTENDEES = "manage_attendees"  # approve, decline, promote, move, remove
    EXPORT = "export"
    WRITE = "write"  # letters to attendees
    CHECK_IN = "check_in"
    TEAM = "team"  # who else may manage this event
    HISTORY = "history"
    CREATE = "create"  # new events; for the whole site only
    SITE = "site"  # who manages the site, its settings and history


_ALL: Final = frozenset(Permission)
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.OWNER: _ALL,
    Role.ORGANIZER: _ALL - {Permission.SITE},
    Role.EDITOR: frozenset({Permission.SEE, Permission.EDIT}),
    Role.ATTENDEE_MANAGER: frozenset({
        Permission.SEE, Permission.SEE_ATTENDEES, Permission.MANAGE_ATTENDEES, Permission.EXPORT, Permission.WRITE,
        Permission.CHECK_IN,
    }),
    Role.DOOR: frozenset({Permission.SEE, Permission.CHECK_IN}),
    Role.VIEWER: frozenset({Permission.SEE}),
}  # fmt: skip
# What a role at one event can never give, whatever the role: it concerns other events too.
SITE_WIDE: Final = frozenset({Permission.CREATE, Permission.SITE})


def permissions_of(site_role: Role | None, event_roles: Iterable[Role] = ()) -> frozenset[Permission]:
    """Return what somebody may do at an event: by their role for the site, and by those at the event itself."""
    everywhere = PERMISSIONS[site_role] if site_role else frozenset()
    here = frozenset().union(*(PERMISSIONS[role] for role in event_roles)) - SITE_WIDE
    return everywhere | here


def may_give(mine: Iterable[Role], role: Role) -> bool:
    """Tell whether somebody with these roles may make another one this: nobody gives more than they have."""
    held = list(mine)
    # What an organizer may do at one event equals what its owner may: only the name says who stands above whom.
    if role is Role.OWNER:
        return Role.OWNER in held
    return PERMISSIONS[role] <= frozenset[Permission]().union(*(PERMISSIONS[one] for one in held))

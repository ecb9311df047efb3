"""The page about the community: its groups, its roles, and what it says of itself."""

from flask import Blueprint, Response

from app.community import queries, rules
from app.community.models import GroupKind
from app.community.site import site
from app.core.clock import utc_now
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.web.pages import public_page

# Pages about people that show their talks hang on this blueprint too, from the room that knows talks: events.
bp = Blueprint("community", __name__)


def kind_names() -> dict[GroupKind, str]:
    """Return the heading over the groups of each kind, in the reader's language, in the order of the page."""
    return {
        GroupKind.USER_GROUP: _("User Group"),
        GroupKind.STATION: _("City stations"),
        GroupKind.DEVELOPER_GROUP: _("Developer Group"),
        GroupKind.COMMITTEE: _("Committees"),
        GroupKind.SIG: _("Special interest groups"),
    }


@bp.get("/community/")
def index() -> Response:
    """Show every group by kind, and every role with its criteria and holders."""
    today = rules.local_day(utc_now(), site().time_zone)
    return public_page(
        "community/index.html",
        groups=queries.groups(today=today),
        role_sections=_sections(queries.roles(today=today)),
        kinds=kind_names(),
    )


def _sections(lines: list[queries.RoleHolders]) -> list[tuple[str, list[queries.RoleHolders]]]:
    """Return the roles under the group, or the kind of group, that they belong to; those of none come last."""
    kinds, places = kind_names(), list(GroupKind)
    sections: dict[tuple[int, int, str], list[queries.RoleHolders]] = {}
    for line in lines:
        role = line.role
        if role.group:
            key = (places.index(role.group.kind), role.group.position, role.group.name.in_language(current_language()))
        elif role.group_kind:
            key = (places.index(role.group_kind), -1, kinds[role.group_kind])
        else:
            key = (len(places), 0, _("Programmes"))
        sections.setdefault(key, []).append(line)
    return [(heading, sections[key]) for key in sorted(sections) for heading in key[2:]]

"""How the organizers' pages answer: in their frame, with who is signed in and what they may do."""

from flask import Flask, Response, g

from app.accounts import gate, menu
from app.accounts.models import Organizer, SignInSession
from app.accounts.rights import PERMISSIONS, Permission
from app.core.clock import utc_now
from app.mail import checks as mail_checks
from app.mail import queries as mail_queries
from app.web.pages import render


def manage_page(
    template: str, status: int = 200, /, *, permissions: frozenset[Permission] | None = None, **context: object
) -> Response:
    """Return a page for organizers. `permissions` are those at the event it shows; else those for the whole site."""
    organizer = gate.signed_in_organizer()
    allowed = site_permissions(organizer) if permissions is None else permissions
    # `may` holds the words, for templates: {% if "edit" in may %}; `allowed` is what menus take.
    may = frozenset(permission.value for permission in allowed)
    # Whoever manages must know within a minute that nobody gets their letters; one look at a small index.
    late = mail_queries.lateness(utc_now())
    letters_late = late if late > mail_checks.OVERDUE else None
    return render(template, status, organizer=organizer, allowed=allowed, may=may, letters_late=letters_late, **context)


def site_permissions(organizer: Organizer) -> frozenset[Permission]:
    """Return what this organizer may do everywhere."""
    return PERMISSIONS[organizer.role] if organizer.role else frozenset()


def _site_menu() -> list[menu.Item]:
    session: SignInSession | None = g.get("sign_in")
    return menu.items("site", site_permissions(session.organizer)) if session else []


def init_app(app: Flask) -> None:
    """Offer templates the menus."""
    app.jinja_env.globals.update(site_menu=_site_menu, event_menu=lambda permissions: menu.items("event", permissions))

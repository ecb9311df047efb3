"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.history import words
from app.numbers import views, views_links, views_site

# The pages on which the tab is the present one.
_INSIDE = ("numbers.answers", "partner_links.index", "partner_links.add")


def init_app(app: Flask) -> None:
    """Register the room's pages and the history's words."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_links.bp)
    app.register_blueprint(views_site.bp)
    menu.add(app, "event", 55, "numbers.index", _l("Numbers"), needs=Permission.SEE, inside=_INSIDE)
    menu.add(app, "site", 55, "site_numbers.index", _l("Numbers"), needs=Permission.SEE)
    words.register(
        {
            "partner_link.created": _l("Link for a partner made"),
            "partner_link.removed": _l("Link for a partner removed"),
        }
    )
    words.register_fields({"via": _l("Word in the address")})

"""One search for everything, and the keys that lead there."""

from flask import Blueprint, Response, request

from app.accounts.gate import PATH, signed_in_organizer
from app.accounts.pages import manage_page
from app.organizer import search
from app.registrations.words import state_names

bp = Blueprint("search", __name__, url_prefix=PATH)


@bp.get("/search")
def index() -> Response:
    """Show the events, members and attendees that fit, as far as one may see them."""
    searched = search.cleaned(request.args.get("q"))
    found = search.search(searched, signed_in_organizer())
    return manage_page("organizer/search.html", searched=searched, found=found, state_names=state_names())


@bp.get("/keyboard")
def keyboard() -> Response:
    """Show the keys, and let them be switched off."""
    return manage_page("organizer/keyboard.html")

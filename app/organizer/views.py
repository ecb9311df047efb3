"""The first page an organizer sees: every event, and how many come."""

from typing import cast

from flask import Blueprint, Response, request

from app.accounts.gate import PATH, signed_in_organizer
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.events.queries import Cursor
from app.organizer import queries
from app.organizer.queries import When

bp = Blueprint("organizer", __name__, url_prefix=PATH)


@bp.get("/")
def dashboard() -> Response:
    """Show what is ahead and what is past; further pages show one of the two."""
    organizer, now = signed_in_organizer(), utc_now()
    wanted, cursor = request.args.get("when"), Cursor.read(request.args.get("after", ""))
    lists: list[When] = [cast("When", wanted)] if wanted in {"upcoming", "past"} else ["upcoming", "past"]
    pages = {
        when: queries.events(when, organizer, cursor=cursor if len(lists) == 1 else None, now=now) for when in lists
    }
    return manage_page("organizer/dashboard.html", pages=pages, is_first=cursor is None)

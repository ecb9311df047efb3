"""The page of whoever is given a list: it says what it is, and a button takes it, once."""

from flask import Blueprint, Response, request

from app.core.clock import utc_now
from app.exports import handing_over, venue
from app.exports.formats import FOR_PEOPLE
from app.exports.responses import file_response
from app.registrations.own_pages import secret_page
from app.web.limits import limiter, sign_in_rate

bp = Blueprint("handed_over", __name__)


@bp.get("/lists/<token>")
def show(token: str) -> Response:
    """Say which list it is. Looking does not use the link up: programs that check links in e-mails look, too."""
    link, event = handing_over.offered(token, now=utc_now())
    return secret_page("exports/handed_over.html", link=link, event=event, formats=tuple(FOR_PEOPLE), token=token)


@bp.post("/lists/<token>")
@limiter.limit(sign_in_rate)
def take(token: str) -> Response:
    """Send the list, and use the link up."""
    suffix = request.form.get("format", "")
    suffix = suffix if suffix in FOR_PEOPLE else next(iter(FOR_PEOPLE))
    link, event = handing_over.take(token, suffix, now=utc_now())
    table = venue.sheet(link.list, event.zone, language=link.list.language)
    return file_response(FOR_PEOPLE[suffix], table, f"{event.slug}-{link.list.version}")

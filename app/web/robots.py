"""What search engines and calendar fetchers may read: all that is public. Google refuses a feed that is disallowed."""

from typing import Final

from flask import Blueprint, Response

# One's own pages are not named here: they say `noindex` themselves, which a fetcher must be let in to read.
RULES: Final = "User-agent: *\nDisallow: /organizer/\nAllow: /\n"

bp = Blueprint("robots", __name__)


@bp.get("/robots.txt")
def robots() -> Response:
    """Return the rules."""
    response = Response(RULES, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response

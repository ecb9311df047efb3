"""Old addresses of events: whoever comes by one is led on to the present one, whatever they came for."""

from http import HTTPStatus

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.db import db
from app.core.errors import NotFoundError
from app.events.addresses import address_now
from app.web.addresses import is_impossible
from app.web.error_pages import error_page
from app.web.same_origin import SAFE_METHODS

_PAGES = "/events/<slug>"


def _onward() -> BaseResponse | None:
    """Return the redirect to the same page of the event that had this address before; asked on a miss alone."""
    if is_impossible():
        return None
    rule, arguments = request.url_rule, request.view_args or {}
    slug = arguments.get("slug")
    if rule is None or not rule.rule.startswith(_PAGES) or not slug or (now := address_now(slug)) is None:
        return None
    path = url_for(rule.endpoint, **{**arguments, "slug": now, "lang": None})
    # Behind the address and not through url_for, whose options a reader's query could set (web.pages.address_in).
    query = request.query_string.decode("ascii", "ignore")
    # 308 keeps the form that was sent (RFC 9110 15.4.9).
    safe = request.method in SAFE_METHODS
    response = redirect(
        f"{path}?{query}" if query else path, HTTPStatus.MOVED_PERMANENTLY if safe else HTTPStatus.PERMANENT_REDIRECT
    )
    # Asked again each time: an event may go back to an address it had, and who kept this would go in circles.
    response.headers["Cache-Control"] = "no-cache"
    return response


def init_app(app: Flask) -> None:
    """Look for an old address before a page says that there is nothing."""

    @app.errorhandler(NotFoundError)
    def _not_found(error: NotFoundError) -> BaseResponse | Response:
        db.session.rollback()
        return _onward() or error_page(error.status, error.message)

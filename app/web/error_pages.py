"""Every error is a page of the site (problem+json for the API) with a sentence that tells what to do."""

import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, g, jsonify, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.config import FORM_BYTES_MAX
from app.core.db import db
from app.core.errors import AppError
from app.core.i18n import HTML_LANG, current_language
from app.core.i18n import gettext as _
from app.core.traces import trace
from app.web.bodies import body_limit

log = logging.getLogger(__name__)

_KILOBYTE: Final = 1024
_MEGABYTE: Final = 1024 * _KILOBYTE


def title_of(status: int) -> str:
    """Return the heading of the page for this status, in the reader's language."""
    return {
        HTTPStatus.FORBIDDEN: _("Not allowed"),
        HTTPStatus.NOT_FOUND: _("Page not found"),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This does not work here"),
        HTTPStatus.CONFLICT: _("Something changed in the meantime"),
        HTTPStatus.GONE: _("No longer available"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Too much text"),
        HTTPStatus.TOO_MANY_REQUESTS: _("One moment, please"),
        HTTPStatus.INTERNAL_SERVER_ERROR: _("Our mistake"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("One moment, please"),
    }.get(HTTPStatus(status), _("That did not work"))


def sentence_for(status: int) -> str:
    """Return what the reader can do about this status, in the reader's language."""
    return {
        HTTPStatus.NOT_FOUND: _("There is nothing at this address, or it is not public yet."),
        HTTPStatus.METHOD_NOT_ALLOWED: _(
            "This address cannot be used in this way. Go back and try again from the page."
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _too_large(),
        HTTPStatus.TOO_MANY_REQUESTS: _(
            "Many requests came from your network just now. Nothing is lost: wait a minute, then send it again."
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: _(
            "Something broke on our side, and it has been logged. Please try again in a minute."
        ),
    }.get(HTTPStatus(status), _("Please go back and try again."))


def _too_large() -> str:
    limit = body_limit()
    if limit <= FORM_BYTES_MAX:
        return _("What you sent is longer than 64 kB. Please shorten your answers.")
    if limit < _MEGABYTE:
        return _("What you sent is longer than %(size)d kB. Please shorten it.", size=limit // _KILOBYTE)
    return _("What you sent is larger than %(size)d MB. Please send less at once.", size=limit // _MEGABYTE)


def error_page(status: int, sentence: str | None = None) -> Response:
    """Return the page for this status."""
    sentence = sentence or sentence_for(status)
    if request.path.startswith("/api/"):
        response = jsonify(type="about:blank", title=title_of(status), status=status, detail=sentence)
        response.content_type = "application/problem+json"
    else:
        response = Response(_page(status, sentence), content_type="text/html; charset=utf-8")
        response.headers["Content-Language"] = HTML_LANG[current_language()]
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.headers["Retry-After"] = "60"
    response.vary.add("Accept-Language")
    return response


def _page(status: int, sentence: str) -> str:
    """Return the page; when what broke also breaks the site's frame (its database is away), a page without it."""
    context = {"status": status, "title": title_of(status), "sentence": sentence}
    try:
        return render_template("web/error.html", **context)
    except Exception as error:  # noqa: BLE001 - this is where every error ends
        log.error("the error page failed as well: %s", type(error).__name__)  # noqa: TRY400 - its trace is the same
        return render_template("web/error_alone.html", **context)


def _note(what: str, error: Exception) -> None:
    """Log where it broke; what the error says may quote what people typed, so that is for debugging alone."""
    log.error("%s\n%s", what, trace(error))
    log.debug("%s", what, exc_info=error)


def init_app(app: Flask) -> None:
    """Show errors we expect as they say, the framework's by their status, and the rest as our mistake."""

    @app.errorhandler(AppError)
    def _refusal(error: AppError) -> Response:
        db.session.rollback()
        return error_page(error.status, error.message)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> HTTPException | Response:
        status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        if status < HTTPStatus.BAD_REQUEST:
            return error
        response = error_page(status)
        if error.get_response().headers.get("Allow"):
            response.headers["Allow"] = error.get_response().headers["Allow"]
        return response

    @app.errorhandler(Exception)
    def _crash(error: Exception) -> Response:
        # The pattern of the address only: the address itself may hold a token, and its query what people typed.
        _note(f"{request.method} {request.url_rule or 'unknown address'} failed", error)
        with suppress(SQLAlchemyError):
            db.session.rollback()
        g.setdefault("language", current_language())
        return error_page(HTTPStatus.INTERNAL_SERVER_ERROR)

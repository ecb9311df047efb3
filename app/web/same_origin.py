"""Refuses writes that another site started. No token, so that a cached page can hold a form. Decision 0004."""

from typing import Final

from flask import Flask, current_app, request

from app.core.errors import RefusedError
from app.core.i18n import gettext as _

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_cross_site() -> bool:
    """Tell whether a browser says that this request was started elsewhere.

    Fetch Metadata first (every browser since 2023), the Origin header for older ones. A client that sends
    neither is no browser, and so carries nobody's cookie by accident.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    return origin not in {current_app.config["PUBLIC_URL"], request.host_url.rstrip("/")}


def init_app(app: Flask) -> None:
    """Check every write before its view."""

    @app.before_request
    def _refuse() -> None:
        if request.method not in SAFE_METHODS and is_cross_site():
            raise RefusedError(_("This form was sent from another site. Please open our page and send it from there."))

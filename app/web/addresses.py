"""Refuses addresses that none of our links has, before they reach a view or a database."""

from flask import Flask, request

from app.core.errors import NotFoundError
from app.core.i18n import gettext as _


def is_impossible() -> bool:
    """Tell whether the address holds a NUL: PostgreSQL takes none in a text, so such a look-up would crash."""
    return "\x00" in request.path or any("\x00" in text for pair in request.args.items(multi=True) for text in pair)


def init_app(app: Flask) -> None:
    """Check every address before its view."""

    @app.before_request
    def _refuse() -> None:
        if is_impossible():
            raise NotFoundError(_("There is nothing at this address, or it is not public yet."))

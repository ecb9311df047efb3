"""The test client: each request in a context of its own, as in the server."""

import contextvars
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import db


class SeparateClient(FlaskClient):
    """Flask's client, except that a request shares neither `g` nor the database session with the test around it.

    After a request the test's own session forgets what it had read, so that it sees what was written.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request; the test must not hold unsaved changes."""
        # Read to its end inside: a streamed answer closes its context where it was opened.
        kwargs.setdefault("buffered", True)
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            session = db.session()
            unsaved = [*session.new, *session.dirty, *session.deleted]
            assert unsaved == [], "save before you send a request"
            session.rollback()
            session.expire_all()
        return response

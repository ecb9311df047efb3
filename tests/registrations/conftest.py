"""What the sign-up tests share: the form as a browser sends it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.smtp import SmtpServer

SendForm = Callable[..., TestResponse]


@pytest.fixture
def send_form(client: FlaskClient) -> SendForm:
    """Open the event page and send its form: `send_form(event, name="Ada", email="ada@example.com", q_company="…")`."""

    def send(event, *, headers: dict[str, str] | None = None, **fields: object) -> TestResponse:
        page = client.get(f"/events/{event.slug}", headers=headers).text
        stamp = re.search(r'name="stamp" value="([^"]+)"', page)
        form = {"stamp": stamp[1] if stamp else "", "website": ""} | fields
        return client.post(f"/events/{event.slug}/registrations", data=form, headers=headers)

    return send


@pytest.fixture
def mail_settings(smtp_server: SmtpServer) -> dict[str, object]:
    """Settings of a site whose letters go to the test's mail server; a module's `settings` takes or adds to them."""
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_SENDER": "meetup@community.example",
        "PUBLIC_URL": "https://meetup.community.example",
    }

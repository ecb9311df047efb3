"""What the sign-up tests share: the form as a browser sends it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

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

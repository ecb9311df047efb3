"""An organizer's browser, signed in the way a person does it: by the link, and the button behind it."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service, team
from app.accounts.models import Role
from app.core.addresses import normalise
from app.core.clock import utc_now

ADA = "ada@example.com"


def signed_in(app: Flask, email: str = ADA, *, name: str = "Ada") -> FlaskClient:
    """Return a browser in which this organizer, added if need be, has pressed the button."""
    address = normalise(email)
    service.add_organizer(address, name=name, now=utc_now())
    client = app.test_client()
    response: Any = client.post(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    assert response.status_code == 303, response.text
    return client


def remove(email: str) -> None:
    """Take somebody's right to manage away, as whoever sits at the machine does; another owner stays."""
    service.add_organizer(normalise("keeper@example.com"), name="Keeper", role=Role.OWNER, now=utc_now())
    team.remove_address(normalise(email), now=utc_now())

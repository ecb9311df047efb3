"""What the tests of messages share: a site that sends by a real mail server, an event, a message about it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Organizer
from app.core.clock import utc_now
from app.core.db import db
from app.events.models import Event
from app.history.service import THE_SITE, Actor
from app.messages import service
from app.messages.models import Message
from app.messages.queries import message_of
from tests.messages.sending import VALUES
from tests.support.organizers import signed_in
from tests.support.smtp import SmtpServer


@pytest.fixture
def settings(smtp_server: SmtpServer) -> dict[str, object]:
    return {
        "MAIL_SERVER": smtp_server.host,
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_SENDER": "meetup@community.example",
        "MAIL_DOMAIN_PER_MINUTE": "0",
        "PUBLIC_URL": "https://meetup.community.example",
        "SIGN_IN_RATE": "10000 per minute",
    }


@pytest.fixture
def event(make_event: Callable[..., Event]) -> Event:
    return make_event("meetup", capacity=None, contact_email="host@community.example")


@pytest.fixture
def ada(app: Flask) -> FlaskClient:
    """The browser of an owner of the site."""
    return signed_in(app)


@pytest.fixture
def draft(event: Event) -> Callable[..., Message]:
    """Make a draft: `draft(body=Texts(en="…"), status=["waiting"])`."""

    def make(**values: Any) -> Message:
        message_id = service.create(event.id, VALUES | values, by=THE_SITE, now=utc_now())
        return message_of(event.id, message_id)

    return make


@pytest.fixture
def writer(ada: FlaskClient) -> Actor:
    """Whoever schedules, an owner of the site."""
    return Actor(organizer_id=db.session.scalars(select(Organizer.id)).one())

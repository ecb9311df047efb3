"""What the tests of messages do: queue, let leave, press the button, look at what arrived."""

from typing import Any

import mailparser
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.messages.models import Message
from app.messages.sending import send_due
from tests.registrations.pages import fields_on
from tests.support.factories import MESSAGE as VALUES
from tests.support.smtp import SmtpServer


def run() -> None:
    """Let the duty come to rest."""
    while send_due(utc_now()):
        pass


def send_all() -> None:
    """Let every letter leave."""
    while deliver(utc_now()):
        pass


def confirm(browser: FlaskClient, message: Message) -> Any:
    """Open the page that says to how many it goes, and press its button; return what is answered."""
    path = f"/organizer/events/meetup/messages/{message.id}/sending"
    return browser.post(path, data=fields_on(browser.get(path), path))


def arrived(smtp_server: SmtpServer, subject: str) -> dict[str, Any]:
    """Return the letters with this in their subject that have come, by whom they went to."""
    mails = [mailparser.parse_from_bytes(each.raw) for each in smtp_server.messages]
    return {mail.to[0][1]: mail for mail in mails if subject in mail.subject}


def told(db):
    """Return who has a letter of a message in the outbox, by the part of the address before the @."""
    db.expire_all()
    rows = db.scalars(select(Letter.to_email).where(Letter.kind == "message").order_by(Letter.id))
    return [email.partition("@")[0] for email in rows]


def states_of(db):
    db.expire_all()
    return dict(
        db.execute(select(Letter.state, func.count()).where(Letter.kind == "message").group_by(Letter.state)).all()
    )


__all__ = ["VALUES", "arrived", "confirm", "run", "send_all", "states_of", "told"]

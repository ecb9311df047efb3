"""Whether letters leave: the server takes us in, and none is left lying."""

from datetime import datetime, timedelta
from typing import Final

from flask import Flask, current_app
from sqlalchemy import func, select

from app.core import checks
from app.core.checks import Finding
from app.core.db import db
from app.mail import queries, transport
from app.mail.models import Letter, LetterState
from app.mail.transport import DeliveryError

# A worker looks every second; what has been due for a minute, nobody looks at.
OVERDUE: Final = timedelta(minutes=1)
# Beyond this the site is taken out of service: it would go on promising letters that do not leave.
STUCK: Final = timedelta(minutes=15)


def server(_now: datetime) -> Finding:
    """Connect, encrypt and sign in as for a letter."""
    name = current_app.config["MAIL_SERVER"]
    if not name:
        return Finding(f"letters are written to {transport.captured_folder()}")
    where = f"{name}:{current_app.config['MAIL_PORT']} ({current_app.config['MAIL_SECURITY']})"
    try:
        transport.check_server()
    except DeliveryError as error:
        return Finding(
            f"{where}: {error.words}",
            "Check MAIL_SERVER, MAIL_PORT, MAIL_SECURITY, MAIL_USERNAME and MAIL_PASSWORD; for a certificate of your "
            "own authority set MAIL_CA_FILE.",
        )
    return Finding(f"{where} takes us in")


def outbox(now: datetime) -> Finding:
    """See whether letters are due that nobody sends, and whether some were given up."""
    state = queries.outbox_state(now)
    waits, failed = state.oldest_due_at, state.counts[LetterState.FAILED]
    if waits is not None and now - waits > OVERDUE:
        minutes = int((now - waits).total_seconds()) // 60
        return Finding(
            f"the oldest letter has been due for {minutes} min",
            "No worker delivers. Start the server (DUTIES=thread) or `flask --app wsgi worker`.",
        )
    if failed:
        # No problem of the installation: most are addresses that do not exist, and stay in the list for ever.
        return Finding(f"nothing is late; {failed} letters could not be delivered (see the attendee lists)")
    return Finding("nothing is late")


def flow(now: datetime) -> Finding:
    """See whether letters have been stuck so long that no more should be promised; one statement."""
    waits = db.session.scalar(select(func.min(Letter.due_at)).where(queries.IN_THE_QUEUE, Letter.due_at <= now))
    if waits is not None and now - waits > STUCK:
        return Finding("letters are stuck", "No worker delivers. Start one: `flask --app wsgi worker`.")
    return Finding("letters leave")


def init_app(app: Flask) -> None:
    """Register the checks."""
    checks.register(app, "mail server", server)
    checks.register(app, "outbox", outbox)
    checks.register(app, "letters", flow, decides_readiness=True)

"""Whether letters leave: the server takes us in, and none is left lying."""

from datetime import datetime, timedelta
from typing import Final

from flask import Flask, current_app

from app.core import checks
from app.core.checks import Finding
from app.mail import dns, queries, transport
from app.mail.models import LetterState
from app.mail.transport import DeliveryError

# A worker looks every second; what has been due for a minute, nobody looks at.
OVERDUE: Final = timedelta(minutes=1)
# Beyond this the site is taken out of service: it would go on promising letters that do not leave.
STUCK: Final = timedelta(minutes=15)
REFUSALS_WITHIN: Final = timedelta(days=3)
_START_ONE: Final = "No worker delivers. Start one: `flask --app wsgi worker`."


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
    """See whether letters are late, and whether so much that no more should be promised; one statement."""
    late = queries.lateness(now)
    if late > STUCK:
        return Finding("letters are stuck", _START_ONE)
    if late > OVERDUE:
        return Finding("letters are late", _START_ONE, can_wait=True)
    return Finding("letters leave")


def refusals(now: datetime) -> Finding:
    """See whether servers have refused letters for what we are, and not for whom they are to; one statement."""
    number = queries.policy_refusals(since=now - REFUSALS_WITHIN)
    if number:
        return Finding(
            f"{number} letters were refused as a matter of policy in the last days",
            "The recipients' servers do not trust the sender: see SPF, DKIM and DMARC, and the words of the letters.",
            can_wait=True,
        )
    return Finding("none refused as a matter of policy")


def init_app(app: Flask) -> None:
    """Register the checks."""
    checks.register(app, "mail server", server)
    checks.register(app, "outbox", outbox)
    checks.register(app, "letters", flow, decides_readiness=True)
    checks.register(app, "refusals", refusals)
    # A sender that exists on this machine alone has no domain that anybody could ask about.
    if app.config["MAIL_SERVER"] and "." in app.config["MAIL_SENDER"].partition("@")[2].removesuffix(".localdomain"):
        for name, check in (("SPF", dns.spf), ("DKIM", dns.dkim), ("DMARC", dns.dmarc), ("MX", dns.mx)):
            checks.register(app, name, check)

"""The letters that would have left, to look at; in development only."""

from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Response, request

from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.mail import captured
from app.mail.transport import captured_folder
from app.web.headers import CONTENT_SECURITY_POLICY
from app.web.pages import render

bp = Blueprint("mail", __name__, url_prefix="/dev/mail")

# The letter's own HTML: styles inside as in a mail client, nothing from elsewhere, no script, links in a new window.
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@bp.before_request
def _for_this_machine() -> None:
    """Show the letters to this machine alone: they hold links that sign in, and `make run` may listen for others."""
    try:
        is_here = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise NotFoundError(_("There is nothing at this address, or it is not public yet."))


def _letter(name: str) -> EmailMessage:
    found = captured.letter(captured_folder(), name)
    if found is None:
        raise NotFoundError(_("There is no such letter."))
    return found


@bp.get("/", endpoint="captured")
def captured_letters() -> Response:
    """List what was kept."""
    return render("mail/dev/letters.html", letters=captured.summaries(captured_folder()), limit=captured.LISTED_MAX)


@bp.get("/<name>")
def letter(name: str) -> Response:
    """Show one letter: its headers, both its texts, its files."""
    found = _letter(name)
    response = render(
        "mail/dev/letter.html",
        letter_name=name,
        subject=found["Subject"],
        headers=list(found.items()),
        text=captured.body(found, "plain"),
        has_html=bool(captured.body(found, "html")),
        attachments=list(captured.attachments(found)),
    )
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


@bp.get("/<name>/html")
def html(name: str) -> Response:
    """Give the HTML of a letter for the frame in its page."""
    text = captured.body(_letter(name), "html")
    response = Response(text.replace("<head>", '<head><base target="_blank">', 1))
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/<name>/source")
def source(name: str) -> Response:
    """Give the letter as it would have travelled."""
    _letter(name)
    response = Response(captured.raw(captured_folder(), name), content_type="text/plain; charset=us-ascii")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/<name>/files/<int:position>")
def attachment(name: str, position: int) -> Response:
    """Give one file of a letter."""
    files = list(captured.attachments(_letter(name)))
    if position >= len(files):
        raise NotFoundError(_("This letter has no such file."))
    response = Response(files[position].content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=files[position].filename)
    response.headers["Cache-Control"] = "private, no-store"
    return response

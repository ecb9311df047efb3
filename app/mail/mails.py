"""The letter of this room: a proof that letters arrive."""

from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft

TEST = "test"


def test(letter: Letter) -> Draft:
    """Write the letter that `flask doctor --send-to` sends; it says when it was asked for."""
    return draft(TEST, asked_at=letter.created_at)

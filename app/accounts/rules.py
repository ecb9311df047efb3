"""How long links and sign-ins last, and what a link's token is made of."""

from datetime import datetime, timedelta
from typing import Final

from app.accounts.models import SignInLink
from app.core import tokens

LINK_LIFETIME: Final = timedelta(minutes=15)
# Printed in a terminal and carried to a browser by hand: no mail server in between, but slower fingers.
COMMAND_LINK_LIFETIME: Final = timedelta(hours=1)
SESSION_LIFETIME: Final = timedelta(days=30)
# More letters than this do not help whoever waits for one, and would let a stranger fill the mailbox.
OPEN_LINKS_MAX: Final = 3

_PURPOSE: Final = "sign-in"


def token_of(link: SignInLink) -> str:
    """Return what stands in the link's address: its code, and the proof that this site made it."""
    return link.code + tokens.mac(_PURPOSE, link.code)


def code_of(token: str) -> str | None:
    """Return the code inside a token that this site made; None for any other text."""
    code, proof = token[: tokens.CODE_LENGTH], token[tokens.CODE_LENGTH :]
    return code if tokens.mac_matches(proof, _PURPOSE, code) else None


def is_open(link: SignInLink, *, now: datetime) -> bool:
    """Tell whether the link still signs in: not used, and not past its time."""
    return link.used_at is None and now < link.expires_at

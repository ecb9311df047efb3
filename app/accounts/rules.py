"""How long links, codes, sign-ins and proofs last, and what a link's token and code are made of."""

import hmac
import re
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from app.accounts.models import LinkKind, SignInLink, SignInSession
from app.core import tokens

LINK_LIFETIME: Final = timedelta(minutes=10)
# Printed in a terminal and carried to a browser by hand: no mail server in between, but slower fingers.
COMMAND_LINK_LIFETIME: Final = timedelta(hours=1)
SESSION_LIFETIME: Final = timedelta(days=30)
# More letters than this do not help whoever waits for one, and would let a stranger fill the mailbox.
OPEN_LINKS_MAX: Final = 3
# Five of a million codes; then the letter's code is void. Its link is not: nobody guesses that one's 132 bits.
WRONG_CODES_MAX: Final = 5
# What a letter has that is sent by its link alone: no code, and no guess at it.
NO_CODE: Final = WRONG_CODES_MAX + 1
# So long a code that was guessed at stands for one that can be: at most 15 guesses an hour at one address.
GUESSED_AT_LASTS: Final = timedelta(hours=1)
PROOF_LASTS: Final = timedelta(minutes=30)
CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
# How exactly we know when a browser was last here; each look costs a write.
SEEN_EVERY: Final = timedelta(minutes=10)
# By its past sign-ins a device is known again: as long as browsers keep a cookie at most.
DEVICE_LIFETIME: Final = timedelta(days=400)
PASSKEYS_MAX: Final = 20
IDENTITIES_MAX: Final = 20
SESSIONS_SHOWN: Final = 50

_PURPOSE: Final = "sign-in"
_CODE_PURPOSE: Final = "sign-in-code"
_SECRET: Final = re.compile(r"[\w-]{43}", re.ASCII)


def token_of(link: SignInLink) -> str:
    """Return what stands in the link's address: its code, and the proof that this site made it."""
    return link.code + tokens.mac(_PURPOSE, link.code)


def code_of(token: str) -> str | None:
    """Return the code inside a token that this site made; None for any other text."""
    code, proof = token[: tokens.CODE_LENGTH], token[tokens.CODE_LENGTH :]
    return code if tokens.mac_matches(proof, _PURPOSE, code) else None


def typed_code_of(link: SignInLink) -> str:
    """Return the six digits that stand in the link's letter."""
    return tokens.digits(_CODE_PURPOSE, link.code)


def is_code_of(link: SignInLink, typed: str) -> bool:
    """Tell whether these six digits are those of the link's letter."""
    return hmac.compare_digest(typed.encode(errors="replace"), typed_code_of(link).encode())


def asked_with(email_key: str) -> str:
    """Return by what the letters to an address are looked up when a code is typed; the address is not in it."""
    return tokens.mac("sign-in-asked", email_key)


def asked_from(session_id: int) -> str:
    """Return by what the letters are looked up that a signed-in browser asked for, to prove who sits at it."""
    return tokens.mac("proof-asked", session_id)


def is_open(link: SignInLink, *, now: datetime) -> bool:
    """Tell whether the link still signs in: not used, and not past its time; wrong codes do it no harm."""
    return link.kind is not LinkKind.PROOF and link.used_at is None and now < link.expires_at


def has_code(link: SignInLink) -> bool:
    """Tell whether the link's letter has a code that may still be typed."""
    return link.wrong_codes < WRONG_CODES_MAX


def is_proved(session: SignInSession, *, now: datetime) -> bool:
    """Tell whether whoever sits at this browser has shown within the last half hour who they are."""
    return session.proved_at is not None and now - session.proved_at < PROOF_LASTS


def is_secret(text: str) -> bool:
    """Tell whether this has the form of a secret that we hand out in a cookie."""
    return _SECRET.fullmatch(text) is not None


def passkey_host(public_url: str) -> str | None:
    """Return the host that passkeys are bound to (WebAuthn's RP ID); None where browsers refuse to make them.

    They need a name, and a connection that nobody listens to: https, or this very machine.
    """
    address = urlsplit(public_url)
    host = address.hostname or ""
    is_here = host == "localhost" or host.endswith(".localhost")
    if _is_number(host) or not (address.scheme == "https" or is_here):
        return None
    return host


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

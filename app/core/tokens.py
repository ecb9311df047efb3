"""Unguessable things: random codes, and tokens that prove themselves with the site's secret key.

A signed token is not stored: it is derived from what is stored, so that a stolen database opens no
registration, and a letter that is rendered late (or again) carries the same link.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

from flask import current_app

# Without 0/O, 1/I/L and U: read aloud at a door, typed from paper.
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 10
_MAC_LENGTH: Final = 22  # 132 bits


def new_code(length: int = CODE_LENGTH) -> str:
    """Return a random code for people: 49 bits at the default length, unique by the column's constraint."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def new_secret() -> str:
    """Return 256 random bits for an address or a cookie; only `hashed` of it is stored."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Return what is stored of a random secret. No salt or stretching: the secret itself has 256 bits."""
    return sha256(secret.encode()).hexdigest()


def mac(purpose: str, *parts: object, key: str | None = None) -> str:
    """Return a keyed digest over purpose and parts, as 22 URL-safe characters (132 bits)."""
    # Each part with its length in front: ("ab", "c") and ("a", "bc") are two things, whatever is in them.
    message = "".join(f"{len(text)}:{text}" for text in (purpose, *map(str, parts))).encode()
    digest = hmac.new((key or current_app.config["SECRET_KEY"]).encode(), message, sha256).digest()
    return urlsafe_b64encode(digest).decode()[:_MAC_LENGTH]


def mac_matches(given: str, purpose: str, *parts: object) -> bool:
    """Tell in constant time whether `given` was made by `mac`, with today's key or one that was retired."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    proof = given.encode(errors="replace")
    matches = [hmac.compare_digest(proof, mac(purpose, *parts, key=key).encode()) for key in keys]
    return any(matches)


def digits(purpose: str, *parts: object, length: int = 6, key: str | None = None) -> str:
    """Return a keyed digest as a few digits, for people to type; the caller limits how often one may guess."""
    number = int.from_bytes(sha256(mac(purpose, *parts, key=key).encode()).digest())
    return f"{number % 10**length:0{length}}"


def digits_match(given: str, purpose: str, *parts: object, length: int = 6) -> bool:
    """Tell in constant time whether `given` was made by `digits`, with today's key or one that was retired."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    typed = given.encode(errors="replace")
    matches = [hmac.compare_digest(typed, digits(purpose, *parts, length=length, key=key).encode()) for key in keys]
    return any(matches)

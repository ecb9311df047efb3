"""E-mail addresses: cleaned once, at the door, so that letters arrive and the same person is known again."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from email_validator import EmailNotValidError, validate_email

# RFC 5321 4.5.3.1.3 allows a path of 256 octets with its angle brackets.
LENGTH_MAX: Final = 254

_PUBLIC: Final = ".example.org"

# What a Chinese input method leaves on: full-width ＡＳＣＩＩ, the ideographic full stop and space.
_TYPED_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord("。"): ".",
    ord("｡"): ".",
    ord("\u3000"): " ",
}


@dataclass(frozen=True, slots=True)
class Address:
    """An address that letters can go to, and the key by which the same one is recognised."""

    email: str
    key: str

    @property
    def domain(self) -> str:
        """The part behind the @, in ASCII."""
        return self.email.rpartition("@")[2]


def normalise(text: str, *, allow_local: bool = False) -> Address:
    """Return the address a person typed, ready to be stored and compared; asks no name server.

    `email` keeps the local part as it was typed, since a server may tell cases apart (RFC 5321 2.4), with the domain
    in lower case and IDNA's ASCII form, which SMTP and iCalendar both demand. `key` is its casefolded form: two
    spellings with one key are one person. Tags (`ada+news@`) and dots count: whose they are, only the server knows.
    `allow_local` takes names of this machine or network too, for the sender of an installation that has no other.

    Raises ValueError for what is no address, and for a local part outside ASCII: few servers take those (RFC 6531),
    and a confirmation that cannot leave is worse than a question asked now.
    """
    cleaned = "".join(c for c in text.translate(_TYPED_WIDE) if unicodedata.category(c) != "Cf").strip()
    # The library knows no way to take `localhost` or `.local`; below a public name they are like any other.
    above = _PUBLIC if allow_local else ""
    try:
        # strict: local parts of at most 64 characters (RFC 5321 4.5.3.1.1).
        found = validate_email(cleaned + above, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    email = (found.ascii_email or "").removesuffix(above)
    if not email or len(email) > LENGTH_MAX:
        message = f"an address has at most {LENGTH_MAX} characters"
        raise ValueError(message)
    return Address(email=email, key=key_of(email))


def key_of(email: str) -> str:
    """Return the key of an address that `normalise` has returned before."""
    return unicodedata.normalize("NFC", email).casefold()

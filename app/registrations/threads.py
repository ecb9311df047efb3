"""Letters about one registration stand together in a mailbox: each later one answers the first (RFC 5322 3.6.4)."""

from typing import Final

from app.mail import queries
from app.mail.models import Letter

# What somebody gets first, by what became of their sign-up.
_FIRST: Final = ("confirmed", "waiting", "pending")


def thread_headers(letter: Letter) -> dict[str, str]:
    """Return the headers that put a letter beside the first one about its registration; one statement.

    None for the first one itself.
    """
    keys = [f"{kind}:{letter.ids['registration']}" for kind in _FIRST]
    first = queries.first_message_id(keys, before=letter.id)
    return {"In-Reply-To": first, "References": first} if first else {}

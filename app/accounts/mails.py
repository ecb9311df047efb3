"""The letters about signing in: the one that does it, the one that proves it is you, and the one about a new device."""

from app.accounts import devices, queries, rules
from app.core.clock import utc_now
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.web.pages import public_url

SIGN_IN = "sign_in"
PROOF = "proof"
NEW_DEVICE = "new_device"
WAY_ADDED = "way_added"


def sign_in(letter: Letter) -> Draft | None:
    """Write the letter with the link, and the code if it has one.

    None when it was used, is too old, or its organizer was removed.
    """
    found = queries.letter_link(letter.ids["link"])
    if found is None:
        return None
    link, organizer = found
    if not rules.is_open(link, now=utc_now()):
        return None
    onward = {"next": letter.ids["next"]} if letter.ids.get("next") else {}
    return draft(
        SIGN_IN,
        organizer=organizer,
        address=public_url("accounts.open_link", token=rules.token_of(link), lang=letter.language, **onward),
        code=spaced(rules.typed_code_of(link)) if rules.has_code(link) else "",
        minutes=minutes(),
    )


def proof(letter: Letter) -> Draft | None:
    """Write the letter with a code for a browser that is signed in; None when that is over, or the code is."""
    found, session = queries.letter_link(letter.ids["link"]), queries.letter_session(letter.ids["session"])
    if found is None or session is None:
        return None
    link, organizer = found
    if link.used_at is not None or not rules.has_code(link) or utc_now() >= link.expires_at:
        return None
    return draft(
        PROOF,
        organizer=organizer,
        code=spaced(rules.typed_code_of(link)),
        device=devices.in_words(session.user_agent),
        minutes=minutes(),
    )


def way_added(letter: Letter) -> Draft | None:
    """Write the letter about a new way to sign in; None when its organizer was removed."""
    organizer = queries.organizer_by_id(letter.ids["organizer"])
    if organizer is None:
        return None
    return draft(
        WAY_ADDED,
        organizer=organizer,
        way=letter.ids["way"],
        name=letter.ids["name"],
        at=letter.created_at,
        address=public_url("account.index", lang=letter.language) + "#passkeys",
    )


def new_device(letter: Letter) -> Draft | None:
    """Write the letter about a sign-in from a device not seen before; None when it was ended meanwhile."""
    session = queries.letter_session(letter.ids["session"])
    if session is None:
        return None
    return draft(
        NEW_DEVICE,
        organizer=session.organizer,
        device=devices.in_words(session.user_agent),
        at=session.created_at,
        address=public_url("account.index", lang=letter.language) + "#sessions",
    )


def minutes() -> int:
    """Return how long a letter's link and code hold, in whole minutes."""
    return int(rules.LINK_LIFETIME.total_seconds()) // 60


def spaced(code: str) -> str:
    """Return the six digits as people read them: three and three."""
    return f"{code[:3]} {code[3:]}"

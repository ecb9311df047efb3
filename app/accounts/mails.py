"""The letter that signs in."""

from app.accounts import queries, rules
from app.core.clock import utc_now
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.web.pages import public_url

SIGN_IN = "sign_in"


def sign_in(letter: Letter) -> Draft | None:
    """Write the letter with the link; None when the link was used, is too old, or its organizer was removed."""
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
        minutes=int(rules.LINK_LIFETIME.total_seconds()) // 60,
    )

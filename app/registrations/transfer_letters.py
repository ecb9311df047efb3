"""The letter to whom a place is passed on."""

from app.core.clock import utc_now
from app.core.db import db
from app.core.times import spoken_instant
from app.mail import kinds
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations.letter_texts import values_of
from app.registrations.mails import context_of
from app.registrations.models import Transfer
from app.registrations.queries import live_place, registration_for_letter
from app.registrations.rules import is_on_its_way, transfer_token_of
from app.web.pages import public_url
from app.wording.mails import prose


def transfer(letter: Letter) -> Draft | None:
    """Say who passes a place on and how to take it; None when it is no longer to be had."""
    found = db.session.get(Transfer, letter.ids["transfer"])
    giver = registration_for_letter(found.registration_id, now=utc_now()) if found else None
    if found is None or giver is None or not is_on_its_way(found, giver, now=utc_now()):
        return None
    own = live_place(giver.event_id, found.email_key)
    until = spoken_instant(found.expires_at, giver.event.zone, letter.language)
    context = context_of(giver, letter.language)
    # The giver's own page is for the giver alone: the text of this letter has no placeholder for it.
    values = values_of(context, letter.language, name=found.name, giver=giver.name, until=until)
    return draft(
        "transfer",
        reply_to=giver.event.contact_email,
        prose=prose("transfer", giver.event_id, letter.language, values),
        **context
        | {
            "transfer": found,
            # Only here, and never to the giver: whether this address has a place already.
            "has_place": own is not None,
            "until": until,
            "transfer_url": public_url("transfers.show", token=transfer_token_of(found), lang=letter.language),
        },
    )


def register() -> None:
    """Tell the outbox who writes it."""
    kinds.register("transfer", transfer, has_topic=True)

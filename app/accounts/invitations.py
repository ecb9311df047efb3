"""Asking somebody to manage: the row, the letter, and the link in it that accepts it once within seven days."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, event, select, update
from sqlalchemy.orm import Mapper, aliased

from app.accounts.models import Organizer, OrganizerInvitation, Role, SignInSession
from app.accounts.sessions import Browser, open_session
from app.accounts.words import MEANINGS, ROLES
from app.core import tokens
from app.core.addresses import Address
from app.core.clock import utc_now
from app.core.db import db, require_transaction, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.history.service import Actor, record
from app.mail import outbox
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.web.pages import public_url

KIND: Final = "invited"
LIFETIME: Final = timedelta(days=7)
_PURPOSE: Final = "invitation"
_RECENT_MAX: Final = 500
# How an organizer's row is locked to say what they may: each waits for the other, and no history that names them waits.
LOCK: Final = {"key_share": True}


def token_of(invitation: OrganizerInvitation) -> str:
    """Return what stands in the link's address: its code, and the proof that this site made it."""
    return invitation.code + tokens.mac(_PURPOSE, invitation.code)


def is_open(invitation: OrganizerInvitation, *, now: datetime) -> bool:
    """Tell whether the link still lets in."""
    return invitation.used_at is None and now < invitation.expires_at


def by_token(token: str) -> tuple[OrganizerInvitation, Organizer, Organizer | None] | None:
    """Return the invitation behind a token with who is invited and by whom; None for any other text."""
    code, proof = token[: tokens.CODE_LENGTH], token[tokens.CODE_LENGTH :]
    if not tokens.mac_matches(proof, _PURPOSE, code):
        return None
    return _with_people(OrganizerInvitation.code == code)


def latest(organizer_ids: Sequence[int], event_id: int | None) -> dict[int, OrganizerInvitation]:
    """Return the invitation of each of these organizers to the site or an event; one statement."""
    rows = db.session.scalars(
        select(OrganizerInvitation)
        .where(OrganizerInvitation.organizer_id.in_(organizer_ids), _place(event_id))
        .order_by(OrganizerInvitation.id)
        .limit(_RECENT_MAX)
    )
    return {row.organizer_id: row for row in rows}


def newcomer(address: Address, *, name: str, language: Language, now: datetime) -> Organizer:
    """Return who has this address, added without any role if need be; takes part in the caller's transaction.

    Somebody who was removed comes back with nothing of what they had.
    """
    session = require_transaction()
    known = session.scalar(select(Organizer).where(Organizer.email_key == address.key).with_for_update(key_share=True))
    if known is None:
        known = Organizer(
            email=address.email, email_key=address.key, name=name, language=language, role=None, created_at=now
        )
        session.add(known)
        session.flush()
    if known.removed_at is not None:
        known.removed_at, known.role, known.joined_at = None, None, None
        known.language = language
    known.name = known.name or name
    return known


def invite(
    organizer: Organizer, role: Role, *, event_id: int | None, event_title: Texts, by: Actor, now: datetime
) -> None:
    """Queue the letter with a link of its own; a link sent before for the same no longer lets in.

    Takes part in the caller's transaction.
    """
    session = require_transaction()
    session.execute(
        delete(OrganizerInvitation).where(OrganizerInvitation.organizer_id == organizer.id, _place(event_id))
    )
    invitation = OrganizerInvitation(
        organizer_id=organizer.id,
        event_id=event_id,
        event_title=event_title,
        role=role,
        invited_by_id=by.organizer_id,
        code=tokens.new_code(),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(invitation)
    session.flush()
    outbox.queue(
        KIND,
        key=f"{KIND}:{invitation.code}",
        to_email=organizer.email,
        to_name=organizer.name,
        language=organizer.language,
        ids={"invitation": invitation.id},
        now=now,
    )


def withdraw(organizer_id: int, event_id: int | None) -> bool:
    """Let the link no longer let in; tell whether one was still open. Takes part in the caller's transaction."""
    taken = require_transaction().scalars(
        delete(OrganizerInvitation)
        .where(OrganizerInvitation.organizer_id == organizer_id, _place(event_id))
        .returning(OrganizerInvitation.used_at)
    )
    return None in taken.all()


def is_pending(organizer: Organizer, event_id: int | None) -> bool:
    """Tell whether somebody has been asked, here or at an event, and has never signed in."""
    return organizer.joined_at is None and bool(latest([organizer.id], event_id))


def accept(token: str, browser: Browser, *, now: datetime) -> str | None:
    """Use the link up and open the first sign-in; return the secret for the cookie.

    None for somebody who has signed in before: they have ways of their own, and a link that lies in a mailbox for a
    week is none of them. It proves less than a link of ten minutes does: taking data out will ask for a code.

    Raises NotFoundError when the link is unknown, too old, used, or withdrawn.
    """
    code = token[: tokens.CODE_LENGTH]
    is_ours = tokens.mac_matches(token[tokens.CODE_LENGTH :], _PURPOSE, code)
    with transaction() as session:
        # One guarded write decides: of two browsers that press at once, one gets in.
        used = session.execute(
            update(OrganizerInvitation)
            .where(
                OrganizerInvitation.code == (code if is_ours else ""),
                OrganizerInvitation.used_at.is_(None),
                OrganizerInvitation.expires_at > now,
                OrganizerInvitation.organizer_id.in_(select(Organizer.id).where(Organizer.removed_at.is_(None))),
            )
            .values(used_at=now)
            .returning(OrganizerInvitation.organizer_id, OrganizerInvitation.event_id, OrganizerInvitation.role)
        ).one_or_none()
        if used is None:
            raise NotFoundError(_("This invitation has been used, withdrawn, or is too old."))
        record(
            "organizer.accepted",
            by=Actor(used.organizer_id),
            now=now,
            event_id=used.event_id,
            changes={"role": (None, used.role)},
        )
        if session.get_one(Organizer, used.organizer_id, populate_existing=True).joined_at is not None:
            return None
        return open_session(used.organizer_id, browser, way=KIND, is_proof=False, now=now)


def write(letter: Letter) -> Draft | None:
    """Write the letter; None when the invitation was used, withdrawn, or is too old."""
    found = _with_people(OrganizerInvitation.id == letter.ids["invitation"])
    if found is None or not is_open(found[0], now=utc_now()):
        return None
    invitation, organizer, inviter = found
    return draft(
        KIND,
        invitation=invitation,
        organizer=organizer,
        inviter=(inviter.name or inviter.email) if inviter else "",
        role=ROLES[invitation.role],
        meaning=MEANINGS[invitation.role],
        address=public_url("team.open_invitation", token=token_of(invitation), lang=letter.language),
        days=LIFETIME.days,
        reply_to=inviter.email if inviter else None,
    )


def _with_people(condition: ColumnElement[bool]) -> tuple[OrganizerInvitation, Organizer, Organizer | None] | None:
    inviter = aliased(Organizer)
    found = db.session.execute(
        select(OrganizerInvitation, Organizer, inviter)
        .join(Organizer, Organizer.id == OrganizerInvitation.organizer_id)
        .outerjoin(inviter, inviter.id == OrganizerInvitation.invited_by_id)
        .where(condition, Organizer.removed_at.is_(None))
    ).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


def _place(event_id: int | None) -> ColumnElement[bool]:
    column = OrganizerInvitation.event_id
    return column.is_(None) if event_id is None else column == event_id


@event.listens_for(SignInSession, "after_insert")
def _joined(_mapper: Mapper[SignInSession], connection: Connection, sign_in: SignInSession) -> None:
    """Note the first sign-in, whichever way it was: link, code, passkey or another provider."""
    connection.execute(
        update(Organizer)
        .where(Organizer.id == sign_in.organizer_id, Organizer.joined_at.is_(None))
        .values(joined_at=sign_in.created_at)
    )

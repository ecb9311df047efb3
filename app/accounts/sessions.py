"""Sign-ins: opened by whatever proved who it is, seen, proved again, ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, update

from app.accounts import devices, mails, queries, rules
from app.accounts.models import Identity, Organizer, OrganizerInvitation, Passkey, SignInLink, SignInSession
from app.core.db import require_transaction, transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.core.tokens import hashed, new_code, new_secret
from app.history.service import Actor, record
from app.mail import outbox

_USER_AGENT_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Browser:
    """What we know of a browser that signs in; `device` is the secret of its long-lived cookie, empty for none."""

    user_agent: str = ""
    device: str = ""


def open_session(organizer_id: int, browser: Browser, *, way: str, is_proof: bool = True, now: datetime) -> str:
    """Open a sign-in of 30 days in the caller's transaction; return the secret for the cookie.

    An organizer who has been here before hears of a new device by letter. Raises NotFoundError for one that was
    removed meanwhile.
    """
    session = require_transaction()
    organizer = session.get(Organizer, organizer_id, populate_existing=True)
    if organizer is None or organizer.removed_at is not None:
        raise NotFoundError(_("There is no organizer with this address."))
    secret, device_hash = new_secret(), hashed(browser.device) if browser.device else ""
    is_new_device = queries.is_new_device(organizer.id, device_hash)
    opened = SignInSession(
        organizer_id=organizer.id,
        secret_hash=hashed(secret),
        user_agent=browser.user_agent[:_USER_AGENT_MAX],
        device_hash=device_hash,
        created_at=now,
        last_seen_at=now,
        proved_at=now if is_proof else None,
        expires_at=now + rules.SESSION_LIFETIME,
    )
    session.add(opened)
    session.flush()
    actor = Actor(organizer_id=organizer.id, session_id=opened.id)
    record("signed_in", by=actor, now=now, subject=_called(organizer), changes={"way": (None, way)})
    if is_new_device:
        outbox.queue(
            mails.NEW_DEVICE,
            key=f"{mails.NEW_DEVICE}:{opened.id}",
            to_email=organizer.email,
            to_name=organizer.name,
            language=organizer.language,
            ids={"session": opened.id},
            now=now,
        )
    return secret


def end_session(secret: str, *, now: datetime) -> bool:
    """End the sign-in behind this cookie; False when it had ended before."""
    with transaction() as session:
        ended = session.execute(
            update(SignInSession)
            .where(SignInSession.secret_hash == hashed(secret), SignInSession.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(SignInSession.id, SignInSession.organizer_id)
        ).one_or_none()
        if ended is None:
            return False
        record("signed_out", by=Actor(organizer_id=ended.organizer_id, session_id=ended.id), now=now)
        return True


def revoke(session_id: int, *, by: Actor, now: datetime) -> None:
    """End one of one's own sign-ins at its next request; its device is a new one from then on. Raises NotFoundError."""
    with transaction() as session:
        user_agent = session.scalar(
            update(SignInSession)
            .where(
                SignInSession.id == session_id,
                SignInSession.organizer_id == by.organizer_id,
                SignInSession.revoked_at.is_(None),
            )
            .values(revoked_at=now, device_hash="")
            .returning(SignInSession.user_agent)
        )
        if user_agent is None:
            raise NotFoundError(_("This browser is signed out already."))
        record("session.revoked", by=by, now=now, subject=devices.in_words(user_agent))


def revoke_others(*, by: Actor, now: datetime) -> int:
    """End all of one's sign-ins but the present one; return how many there were."""
    with transaction() as session:
        ended = session.execute(
            update(SignInSession)
            .where(
                SignInSession.organizer_id == by.organizer_id,
                SignInSession.id != by.session_id,
                SignInSession.revoked_at.is_(None),
                SignInSession.expires_at > now,
            )
            .values(revoked_at=now, device_hash="")
        )
        number = cast("CursorResult[Any]", ended).rowcount
        if number:
            record("session.others_revoked", by=by, now=now, changes={"sessions": (number, 0)})
        return number


def close_access(organizer_id: int, *, now: datetime) -> None:
    """Shut every way in of an organizer, in the caller's transaction.

    Sign-ins, links, invitations to the site and to events, passkeys, identities.
    Not left to the gate alone: if the address is added again, old cookies and keys must stay shut.
    """
    session = require_transaction()
    session.execute(
        update(SignInSession)
        .where(SignInSession.organizer_id == organizer_id, SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    for table in (SignInLink, OrganizerInvitation, Passkey, Identity):
        session.execute(delete(table).where(table.organizer_id == organizer_id))


def tell_of_new_way(organizer: Organizer, way: str, name: str, *, now: datetime) -> None:
    """Queue, in the caller's transaction, the letter that says that one more way to sign in was added.

    `way` is as in the history; `name` is what it is called.
    """
    outbox.queue(
        mails.WAY_ADDED,
        key=f"{mails.WAY_ADDED}:{new_code()}",
        to_email=organizer.email,
        to_name=organizer.name,
        language=organizer.language,
        ids={"organizer": organizer.id, "way": way, "name": name},
        now=now,
    )


def note_seen(session_id: int, *, now: datetime) -> None:
    """Keep when a browser was last here, exact to ten minutes."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.last_seen_at <= now - rules.SEEN_EVERY)
            .values(last_seen_at=now)
        )


def note_proof(by: Actor, *, way: str, now: datetime) -> None:
    """Keep, in the caller's transaction, that whoever sits at a browser has shown who they are."""
    require_transaction().execute(update(SignInSession).where(SignInSession.id == by.session_id).values(proved_at=now))
    record("proved", by=by, now=now, changes={"way": (None, way)})


def _called(organizer: Organizer) -> str:
    return organizer.name or organizer.email

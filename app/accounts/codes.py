"""The letter that signs in, by its link or by the six digits in it; and the one that proves who sits at a browser."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from app.accounts import mails, queries, rules
from app.accounts.models import LinkKind, Organizer, SignInLink, SignInSession
from app.accounts.sessions import Browser, note_proof, open_session
from app.core.addresses import Address
from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.history.service import Actor
from app.mail import outbox

# Old links are kept a while, so that their pages can say "used" instead of "unknown".
_KEPT: Final = timedelta(days=7)


def request_letter(address: Address, *, language: Language, onward: str = "", now: datetime) -> None:
    """Send an organizer a letter that signs in once, within ten minutes, by its link or its code.

    Once its codes were guessed at too often within the hour, the letter comes with the link alone. For any other
    address the same is written, and nothing sent: neither the answer nor its time tells them apart.
    """
    asked_key = rules.asked_with(address.key)
    with transaction():
        _forget_old(now)
        organizer = queries.organizer_to_write_to(address.key)
        if queries.open_links(asked_key, now=now) >= rules.OPEN_LINKS_MAX:
            return
        organizer_id, lifetime = organizer.id if organizer else None, rules.LINK_LIFETIME
        has_code = queries.codes_at_risk(asked_key, now=now) < rules.OPEN_LINKS_MAX
        link = add_link(organizer_id, LinkKind.LETTER, asked_key, lifetime=lifetime, has_code=has_code, now=now)
        if organizer is not None:
            _queue(mails.SIGN_IN, link, organizer, language=language, ids={"next": onward}, now=now)


def request_proof(by: Actor, *, language: Language, now: datetime) -> None:
    """Send an organizer who is signed in a letter with a code, to show within ten minutes that it is them."""
    session_id = by.session_id or 0
    asked_key = rules.asked_from(session_id)
    with transaction() as session:
        statement = select(Organizer).where(Organizer.id == by.organizer_id).with_for_update(key_share=True)
        organizer = session.scalars(statement).one()
        if queries.codes_at_risk(asked_key, now=now) >= rules.OPEN_LINKS_MAX:
            return
        link = add_link(organizer.id, LinkKind.PROOF, asked_key, lifetime=rules.LINK_LIFETIME, now=now)
        _queue(mails.PROOF, link, organizer, language=language, ids={"session": session_id}, now=now)


def sign_in_by_code(address: Address, typed: str, browser: Browser, *, now: datetime) -> str:
    """Use a letter up by its code and open a sign-in; return the secret for the cookie.

    Raises BadInputError, with the same words whether the code is wrong, used, too old, guessed at too often, or the
    address nobody's; each of these costs the address's open letters one of their five guesses.
    """
    with transaction():
        link = _link_with(rules.asked_with(address.key), typed, now=now)
        if link is not None and link.organizer_id is not None:
            return open_session(link.organizer_id, browser, way="code", now=now)
    # Outside: the guess must be counted, so this transaction commits.
    raise BadInputError(
        _(
            "This code is wrong, has been used, or is too old. After five wrong codes an e-mail's code no longer "
            "works; its link still does."
        ),
        field="code",
    )


def prove_by_code(by: Actor, typed: str, *, now: datetime) -> None:
    """Take a code as proof of who sits at this browser, for half an hour. Raises BadInputError."""
    with transaction():
        if _link_with(rules.asked_from(by.session_id or 0), typed, now=now) is not None:
            note_proof(by, way="code", now=now)
            return
    raise BadInputError(
        _(
            "This code is wrong, has been used, or is too old. After five wrong codes an e-mail's code no longer "
            "works; then ask for a new one."
        ),
        field="code",
    )


def add_link(
    organizer_id: int | None,
    kind: LinkKind,
    asked_key: str,
    *,
    lifetime: timedelta,
    has_code: bool = True,
    now: datetime,
) -> SignInLink:
    """Make a link in the caller's transaction."""
    session = require_transaction()
    link = SignInLink(
        organizer_id=organizer_id,
        kind=kind,
        code=new_code(),
        asked_key=asked_key,
        wrong_codes=0 if has_code else rules.NO_CODE,
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(link)
    session.flush()
    return link


def _link_with(asked_key: str, typed: str, *, now: datetime) -> SignInLink | None:
    """Find the letter with this code and use it up; count the guess at every letter it might have been for.

    Counted before compared: however many guess at once, five at most are looked at.
    """
    session = require_transaction()
    is_open = (
        SignInLink.asked_key == asked_key,
        SignInLink.used_at.is_(None),
        SignInLink.wrong_codes < rules.WRONG_CODES_MAX,
        SignInLink.expires_at > now,
    )
    # In one order, so that two who guess at once wait for each other and not in a circle.
    ids = session.scalars(select(SignInLink.id).where(*is_open).order_by(SignInLink.id).with_for_update()).all()
    links = session.scalars(
        update(SignInLink)
        .where(SignInLink.id.in_(ids), *is_open)
        .values(wrong_codes=SignInLink.wrong_codes + 1)
        .returning(SignInLink)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    found = next((link for link in links if rules.is_code_of(link, typed)), None)
    if found is not None:
        found.used_at = now
    return found


def _queue(
    kind: str, link: SignInLink, organizer: Organizer, *, language: Language, ids: dict[str, object], now: datetime
) -> None:
    outbox.queue(
        kind,
        key=f"{kind}:{link.code}",
        to_email=organizer.email,
        to_name=organizer.name,
        language=language,
        ids={"link": link.id} | ids,
        now=now,
    )


def _forget_old(now: datetime) -> None:
    session = require_transaction()
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now - _KEPT))
    # Nobody has a letter of these, so no page need speak of them.
    is_nobodys = SignInLink.organizer_id.is_(None)
    session.execute(delete(SignInLink).where(is_nobodys, SignInLink.created_at < now - rules.GUESSED_AT_LASTS))
    session.execute(delete(SignInSession).where(SignInSession.expires_at < now - rules.DEVICE_LIFETIME))

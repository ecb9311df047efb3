"""Passkeys: added by whoever is signed in, and afterwards as good as a letter, or better."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from app.accounts import queries, rules
from app.accounts.models import ChallengeKind, Organizer, Passkey, PasskeyChallenge
from app.accounts.sessions import Browser, note_proof, open_session, tell_of_new_way
from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.core.tokens import hashed, new_secret
from app.history.service import Actor, record

log = logging.getLogger(__name__)

_Outcome = TypeVar("_Outcome")
_MS: Final = 1000
_TIMEOUT: Final = int(rules.CHALLENGE_LIFETIME.total_seconds()) * _MS
# What a broken or foreign answer raises: ours, and what the library's parsers let through.
_BROKEN: Final = (
    NoResultFound, IntegrityError, NotFoundError, ValueError, KeyError, TypeError, AttributeError,
    IndexError, RecursionError,
)  # fmt: skip


class Site:
    """Where passkeys hold: the host they are bound to, and the origin that browsers must name. Raises RefusedError."""

    def __init__(self, public_url: str) -> None:
        """Take both from PUBLIC_URL."""
        host = rules.passkey_host(public_url)
        if host is None:
            raise RefusedError(_("Passkeys do not work at this address of the site."))
        self.host, self.origin = host, public_url


def options_to_add(site: Site, site_name: str, *, by: Actor, now: datetime) -> str:
    """Ask an authenticator for a new passkey of whoever is signed in; return the options for the browser, as JSON."""
    from app.accounts import authenticators

    with transaction() as session:
        organizer = session.scalars(select(Organizer).where(Organizer.id == by.organizer_id)).one()
        known = queries.passkeys_of(organizer.id)
        # The same for all passkeys of one person, so that an authenticator keeps one of them per person.
        handle = known[0].user_handle if known else new_secret()
        challenge = _ask(ChallengeKind.ADD, session_id=by.session_id, user_handle=handle, now=now)
    return authenticators.options_to_add(
        authenticators.Question(site.host, site.origin, challenge),
        site_name,
        handle=handle,
        email=organizer.email,
        name=organizer.name or organizer.email,
        known=[one.credential_id for one in known],
        timeout=_TIMEOUT,
    )


def options_to_use(site: Site, kind: ChallengeKind, *, by: Actor | None, now: datetime) -> str:
    """Ask an authenticator who is there: anybody to sign in, or the one who is signed in (`by`) to prove it."""
    from app.accounts import authenticators

    with transaction():
        known = queries.passkeys_of(by.organizer_id or 0) if by else []
        challenge = _ask(kind, session_id=by.session_id if by else None, now=now)
    question = authenticators.Question(site.host, site.origin, challenge)
    return authenticators.options_to_use(question, known=[one.credential_id for one in known], timeout=_TIMEOUT)


def add(site: Site, answer: dict[str, Any], name: str, *, by: Actor, now: datetime) -> None:
    """Keep the passkey that an authenticator made. Raises BadInputError."""
    from app.accounts import authenticators

    def keep(handle: str, challenge: bytes) -> None:
        session = require_transaction()
        made = authenticators.verified_new(authenticators.Question(site.host, site.origin, challenge), answer)
        credential_id = urlsafe_b64encode(made.credential_id).decode().rstrip("=")
        known = session.scalar(select(func.count()).where(Passkey.organizer_id == by.organizer_id)) or 0
        is_taken = session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None
        if is_taken or known >= rules.PASSKEYS_MAX:
            raise ValueError
        session.add(
            Passkey(
                organizer_id=by.organizer_id,
                credential_id=credential_id,
                public_key=made.credential_public_key,
                user_handle=handle,
                sign_count=made.sign_count,
                name=name,
                created_at=now,
            )
        )
        session.flush()
        record("passkey.added", by=by, now=now, subject=name)
        tell_of_new_way(session.get_one(Organizer, by.organizer_id), "passkey", name, now=now)

    _answered(answer, ChallengeKind.ADD, session_id=by.session_id, now=now, then=keep)


def sign_in(site: Site, answer: dict[str, Any], browser: Browser, *, now: datetime) -> str:
    """Open a sign-in for whose passkey answered; return the secret for the cookie. Raises BadInputError."""
    return _answered(
        answer,
        ChallengeKind.SIGN_IN,
        session_id=None,
        now=now,
        then=lambda _handle, challenge: open_session(
            _used(site, answer, challenge, must_name=True, now=now).organizer_id, browser, way="passkey", now=now
        ),
    )


def prove(site: Site, answer: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Take one's own passkey as proof of who sits at this browser, for half an hour. Raises BadInputError."""

    def note(_handle: str, challenge: bytes) -> None:
        if _used(site, answer, challenge, must_name=False, now=now).organizer_id != by.organizer_id:
            raise ValueError
        note_proof(by, way="passkey", now=now)

    _answered(answer, ChallengeKind.PROVE, session_id=by.session_id, now=now, then=note)


def rename(passkey_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """Call one's own passkey something else. Raises NotFoundError."""
    with transaction() as session:
        passkey = session.scalar(
            select(Passkey).where(Passkey.id == passkey_id, Passkey.organizer_id == by.organizer_id).with_for_update()
        )
        if passkey is None:
            raise NotFoundError(_("This passkey was removed already."))
        if passkey.name != name:
            record("passkey.renamed", by=by, now=now, subject=name, changes={"name": (passkey.name, name)})
            passkey.name = name


def remove(passkey_id: int, *, by: Actor, now: datetime) -> None:
    """Take one's own passkey away; it signs nobody in from now on. Raises NotFoundError."""
    with transaction() as session:
        name = session.scalar(
            delete(Passkey)
            .where(Passkey.id == passkey_id, Passkey.organizer_id == by.organizer_id)
            .returning(Passkey.name)
        )
        if name is None:
            raise NotFoundError(_("This passkey was removed already."))
        record("passkey.removed", by=by, now=now, subject=name)


def _ask(kind: ChallengeKind, *, session_id: int | None, user_handle: str = "", now: datetime) -> bytes:
    secret, session = new_secret(), require_transaction()
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now))
    session.add(
        PasskeyChallenge(
            kind=kind,
            challenge_hash=hashed(secret),
            session_id=session_id,
            user_handle=user_handle,
            expires_at=now + rules.CHALLENGE_LIFETIME,
        )
    )
    return _bytes(secret)


def _answered(
    answer: dict[str, Any],
    kind: ChallengeKind,
    *,
    session_id: int | None,
    now: datetime,
    then: Callable[[str, bytes], _Outcome],
) -> _Outcome:
    """Use up the question that this answers, then go on with its user handle and its challenge.

    It stays used up when the answer turns out to be wrong. Raises BadInputError.
    """
    why: Exception | None = None
    with transaction() as session:
        try:
            secret = _challenge_in(answer)
            handle = session.scalars(
                delete(PasskeyChallenge)
                .where(
                    PasskeyChallenge.challenge_hash == hashed(secret),
                    PasskeyChallenge.kind == kind,
                    PasskeyChallenge.session_id.is_not_distinct_from(session_id),
                    PasskeyChallenge.expires_at > now,
                )
                .returning(PasskeyChallenge.user_handle)
            ).one()
            with session.begin_nested():
                return then(handle, _bytes(secret))
        except _BROKEN as error:
            why = error
    log.info("a passkey was refused: %s", type(why).__name__)
    raise BadInputError(_("This passkey did not work here. Please try again, or have an e-mail sent."))


def _challenge_in(answer: dict[str, Any]) -> str:
    """Return which question an answer says it answers, as the browser wrote it down."""
    said = json.loads(_bytes(answer["response"]["clientDataJSON"]))
    challenge = said["challenge"]
    if not isinstance(challenge, str):
        raise TypeError
    return challenge


def _bytes(text: str) -> bytes:
    """Return what base64url without padding stands for. Raises ValueError, TypeError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _used(site: Site, answer: dict[str, Any], challenge: bytes, *, must_name: bool, now: datetime) -> Passkey:
    """Return the passkey that answered, its counter raised. Raises what `_BROKEN` holds.

    `must_name`: nobody has said yet who it is, so the answer has to (WebAuthn 7.2, step 6).
    """
    from app.accounts import authenticators

    session = require_transaction()
    passkey = session.scalars(select(Passkey).where(Passkey.credential_id == str(answer["id"])).with_for_update()).one()
    handle = answer["response"].get("userHandle") or (None if must_name else passkey.user_handle)
    verified = authenticators.verified_use(
        authenticators.Question(site.host, site.origin, challenge),
        answer,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
    )
    if handle != passkey.user_handle:
        raise ValueError
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now
    return passkey

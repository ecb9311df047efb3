"""Who organizers are at an OpenID Connect provider; remembered from their first sign-in with it."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.accounts import queries
from app.accounts.models import Identity, Organizer
from app.accounts.oidc import Person
from app.accounts.sessions import Browser, open_session, tell_of_new_way
from app.core.addresses import normalise
from app.core.db import require_transaction, transaction
from app.core.errors import NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.history.service import Actor, record


def sign_in(issuer: str, person: Person, browser: Browser, *, now: datetime) -> str:
    """Open a sign-in for the organizer a provider vouches for; return the secret for the cookie.

    Makes nobody an organizer. Counts as no proof for exports: the provider may have asked its question days ago.
    Raises RefusedError with a sentence that says which of the conditions is missing.
    """
    with transaction() as session:
        known = session.scalar(
            select(Identity.organizer_id)
            .join(Organizer, Organizer.id == Identity.organizer_id)
            .where(Identity.issuer == issuer, Identity.subject == person.subject, Organizer.removed_at.is_(None))
        )
        organizer_id = known if known is not None else _remember(issuer, person, now=now)
        return open_session(organizer_id, browser, way="provider", is_proof=False, now=now)


def _remember(issuer: str, person: Person, *, now: datetime) -> int:
    session = require_transaction()
    if not person.email or not person.is_verified:
        raise RefusedError(
            _("Your account there has no verified e-mail address. Verify it there, or have us e-mail you a code.")
        )
    try:
        organizer = queries.organizer_with(normalise(person.email).key)
    except ValueError:
        organizer = None
    if organizer is None:
        raise RefusedError(
            _("The e-mail address of your account there belongs to no organizer of this site. An owner can add you.")
        )
    try:
        with session.begin_nested():
            session.add(Identity(organizer_id=organizer.id, issuer=issuer, subject=person.subject, created_at=now))
    except IntegrityError:  # two browsers at once, for the first time
        return organizer.id
    record("identity.linked", by=Actor(organizer_id=organizer.id), now=now, subject=issuer)
    tell_of_new_way(organizer, "provider", issuer, now=now)
    return organizer.id


def unlink(identity_id: int, *, by: Actor, now: datetime) -> None:
    """Let one's account at a provider no longer sign in; its next sign-in links it anew. Raises NotFoundError."""
    with transaction() as session:
        statement = delete(Identity).where(Identity.id == identity_id, Identity.organizer_id == by.organizer_id)
        issuer = session.scalar(statement.returning(Identity.issuer))
        if issuer is None:
            raise NotFoundError(_("This account is no longer linked."))
        record("identity.unlinked", by=by, now=now, subject=issuer)

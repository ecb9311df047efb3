"""Tables of those who manage."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Translated, UtcDateTime, choice
from app.core.i18n import Language, Texts


class Role(StrEnum):
    """What an organizer is, for the whole site or at one event; `rights.PERMISSIONS` says what each may do."""

    OWNER = "owner"
    ORGANIZER = "organizer"
    EDITOR = "editor"
    ATTENDEE_MANAGER = "attendee_manager"
    DOOR = "door"
    VIEWER = "viewer"


class Organizer(Model):
    """Somebody who signs in to manage; without a password."""

    __tablename__ = "organizers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    role: Mapped[Role | None] = mapped_column(choice(Role, "role"))  # None: only at the events they were given
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first sign-in; None while only invited


class OrganizerInvitation(Model):
    """Somebody is asked to manage, here or at one event. Its token is derived from `code`; no secret is stored.

    The role itself is given at once, so that whoever is invited may also sign in as everybody else does.
    """

    __tablename__ = "organizer_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    # By name only: the room of events lies above this one. None: the whole site.
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    event_title: Mapped[Texts] = mapped_column(Translated, default=Texts())  # as it was called then
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"))
    code: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkKind(StrEnum):
    """How a link reaches its organizer, and what it is good for."""

    LETTER = "letter"  # a letter with a link and a code, either of which signs in
    COMMAND = "command"  # printed in a terminal; a link alone
    PROOF = "proof"  # a letter with a code alone, for a browser that is signed in


class SignInLink(Model):
    """A link that signs in once. Its token and its six-digit code are derived from `code` with the site's key.

    No secret is stored. One that was asked for with an address nobody manages with has no organizer: it exists so that
    the answer takes as long, and opens nothing.
    """

    __tablename__ = "sign_in_links"
    __table_args__ = (Index(None, "asked_key", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LinkKind] = mapped_column(choice(LinkKind, "kind"), default=LinkKind.LETTER)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    asked_key: Mapped[str] = mapped_column(String(22), default="")  # what a typed code is looked up by; see rules
    wrong_codes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInSession(Model):
    """A browser that is signed in; its cookie holds the secret, the row can be revoked."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (Index(None, "organizer_id", "device_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    device_hash: Mapped[str] = mapped_column(String(64), default="")  # the device is known again by it; or empty
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by a letter or a passkey; see rules.is_proved
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organizer: Mapped[Organizer] = relationship()


class Passkey(Model):
    """A passkey (WebAuthn credential) that signs its organizer in."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)  # base64url of at most 1023 bytes
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    user_handle: Mapped[str] = mapped_column(String(64))  # the organizer's name among authenticators; says nothing
    sign_count: Mapped[int] = mapped_column(BigInteger)  # 32 bits without a sign
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChallengeKind(StrEnum):
    """What an authenticator was asked for."""

    ADD = "add"
    SIGN_IN = "sign_in"
    PROVE = "prove"


class PasskeyChallenge(Model):
    """A question to an authenticator; the answer takes the row away, so that no answer counts twice."""

    __tablename__ = "passkey_challenges"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChallengeKind] = mapped_column(choice(ChallengeKind, "kind"))
    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in_sessions.id", ondelete="CASCADE"), index=True)
    user_handle: Mapped[str] = mapped_column(String(64), default="")  # which a passkey to be added gets
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Identity(Model):
    """Who an organizer is at an OpenID Connect provider."""

    __tablename__ = "organizer_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

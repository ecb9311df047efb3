"""Tables of those who manage."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
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


class SignInLink(Model):
    """A link that signs in once. Its token is derived from `code` with the site's key; no secret is stored."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInSession(Model):
    """A browser that is signed in; its cookie holds the secret, the row can be revoked."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organizer: Mapped[Organizer] = relationship()

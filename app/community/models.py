"""Tables of the community: who is in which group, with which role, since when."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Translated, UtcDateTime, choice
from app.core.i18n import Texts


class Site(Model):
    """The community this installation serves: one row, with id 1."""

    __tablename__ = "sites"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Texts] = mapped_column(Translated)
    tagline: Mapped[Texts] = mapped_column(Translated, default=Texts())
    about: Mapped[Texts] = mapped_column(Translated, default=Texts())  # Markdown
    url: Mapped[str | None] = mapped_column(String(500))
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GroupKind(StrEnum):
    """What a group is; the order here is the order on the community page."""

    USER_GROUP = "user_group"
    STATION = "station"
    DEVELOPER_GROUP = "developer_group"
    COMMITTEE = "committee"
    SIG = "sig"


class Group(Model):
    """A User Group, the Developer Group, a SIG, a committee or a city station."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[GroupKind] = mapped_column(choice(GroupKind, "kind"))
    name: Mapped[Texts] = mapped_column(Translated)
    summary: Mapped[Texts] = mapped_column(Translated, default=Texts())
    meets: Mapped[Texts] = mapped_column(Translated, default=Texts())
    city: Mapped[Texts] = mapped_column(Translated, default=Texts())
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    founded_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    parent: Mapped["Group | None"] = relationship(remote_side=[id])


class Role(Model):
    """A role that is earned: data, not code. `is_leader` marks those who are badged User Group Leader."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    # A role of every group of a kind (a Leader of each city station) names the kind instead of one group.
    group_kind: Mapped[GroupKind | None] = mapped_column(choice(GroupKind, "group_kind"))
    name: Mapped[Texts] = mapped_column(Translated)
    criteria: Mapped[Texts] = mapped_column(Translated, default=Texts())
    duty: Mapped[Texts] = mapped_column(Translated, default=Texts())
    grants: Mapped[Texts] = mapped_column(Translated, default=Texts())
    era: Mapped[Texts] = mapped_column(Translated, default=Texts())
    promotes_to_id: Mapped[int | None] = mapped_column(ForeignKey("roles.id"))
    rank: Mapped[int] = mapped_column(default=100)  # smaller first
    is_leader: Mapped[bool] = mapped_column(default=False)

    group: Mapped[Group | None] = relationship()


class Person(Model):
    """A member with a public profile; not an account, and without a mail address."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Texts] = mapped_column(Translated)
    company: Mapped[Texts] = mapped_column(Translated, default=Texts())
    bio: Mapped[Texts] = mapped_column(Translated, default=Texts())
    city: Mapped[Texts] = mapped_column(Translated, default=Texts())
    github: Mapped[str | None] = mapped_column(String(80))
    is_guest: Mapped[bool] = mapped_column(default=False)  # spoke here, and is no member of the community
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    terms: Mapped[list["Term"]] = relationship(back_populates="person", cascade="all, delete-orphan")
    awards: Mapped[list["Award"]] = relationship(back_populates="person", cascade="all, delete-orphan")


class Term(Model):
    """A person holds a role in a group, from a day (if known) to a day (if it ended and is known)."""

    __tablename__ = "terms"
    __table_args__ = (
        CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name="order"),
        UniqueConstraint("person_id", "group_id", "role_id", "since"),
        Index(None, "group_id", "role_id"),
        Index(None, "role_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"))
    since: Mapped[date | None]
    until: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="terms")
    group: Mapped[Group | None] = relationship()
    role: Mapped[Role] = relationship()


class Award(Model):
    """A recognition a person got in a year."""

    __tablename__ = "awards"
    __table_args__ = (UniqueConstraint("person_id", "slug", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[Texts] = mapped_column(Translated)
    year: Mapped[int]

    person: Mapped[Person] = relationship(back_populates="awards")

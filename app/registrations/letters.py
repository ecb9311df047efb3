"""The door to the outbox for letters about a registration: each says which event it is about.

An event's outbox page finds its letters by that. Of the kinds registered with `has_topic` the outbox takes no letter
without it, so that no place that queues one can forget it.
"""

from collections.abc import Mapping
from typing import Protocol

from app.core.i18n import Language
from app.mail.models import Priority
from app.mail.outbox import Wanted


class Addressee(Protocol):
    """Whom a letter goes to: a registration, or what stands for one."""

    @property
    def id(self) -> int:
        """The registration's number."""

    @property
    def email(self) -> str:
        """Where it goes."""

    @property
    def name(self) -> str:
        """The name beside the address."""

    @property
    def language(self) -> Language | str:
        """What it is written in."""


def topic_of(event_id: int) -> str:
    """Return what letters about an event have as their topic."""
    return f"event:{event_id}"


def letter_to(
    person: Addressee,
    kind: str,
    *,
    event_id: int,
    key: str = "",
    language: Language | str = "",
    priority: Priority = Priority.PERSONAL,
    batch: str = "",
    ids: Mapping[str, object] | None = None,
) -> Wanted:
    """Return a letter of this kind about somebody's registration, once for it or for the longer `key`.

    `ids` are what it is written from beside the registration; `language` is that of the person, if not said.
    """
    return Wanted(
        kind,
        key=key or f"{kind}:{person.id}",
        to_email=person.email,
        to_name=person.name,
        language=language or person.language,
        ids={"registration": person.id, **(ids or {})},
        priority=priority,
        topic=topic_of(event_id),
        batch=batch,
    )

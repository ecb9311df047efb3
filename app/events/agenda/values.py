"""An agenda item in the form's own shape, so that two organizers can be told apart field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.core.i18n import Texts
from app.core.times import local_of
from app.events.agenda.times import minutes_of
from app.events.models import Event, Session, SessionKind

NOTHING: Final = Texts()


class Start(StrEnum):
    """When an item begins."""

    FOLLOWS = "follows"  # when the one before it ends
    FIXED = "fixed"
    OPEN = "open"  # not known


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody who gives an item: a person of the community by slug, or a guest to be added by this name."""

    person: str = ""
    affiliation: Texts = NOTHING
    guest: Texts = NOTHING


def start_of(session: Session) -> Start:
    """Return how an item's start is known."""
    if session.follows:
        return Start.FOLLOWS
    return Start.FIXED if session.starts_at else Start.OPEN


def values_of(session: Session, event: Event) -> dict[str, Any]:
    """Return an item as the form holds it; the start only where it is fixed. Reads speakers and their people."""
    start = start_of(session)
    return {
        "kind": session.kind.value,
        "title": session.title,
        "abstract": session.abstract,
        "start": start.value,
        "starts": local_of(session.starts_at, event.zone) if session.starts_at and start is Start.FIXED else None,
        "minutes": minutes_of(session),
        "track": str(session.track),
        "speakers": [{"who": part.person.slug, "affiliation": part.affiliation} for part in session.speakers],
        "speaker_note": session.speaker_note,
        "slides_url": session.slides_url or "",
        "video_url": session.video_url or "",
    }


def empty_values(*, kind: SessionKind = SessionKind.TALK, start: Start = Start.FOLLOWS) -> dict[str, Any]:
    """Return what the form of a new item begins with."""
    return {
        "kind": kind.value,
        "title": Texts(),
        "abstract": Texts(),
        "start": start.value,
        "starts": None,
        "minutes": 30,
        "track": "0",
        "speakers": [],
        "speaker_note": Texts(),
        "slides_url": "",
        "video_url": "",
    }


def brief(session: Session) -> dict[str, object]:
    """Return an item as the history tells of it."""
    return {
        "title": session.title,
        "kind": session.kind.value,
        "minutes": minutes_of(session),
        "speakers": [part.person.slug for part in session.speakers],
    }


# The history shortens a longer text, and what was removed must come back whole.
_PIECE = 1500


def snapshot(session: Session) -> dict[str, object]:
    """Return everything that an item is, for the history: what `restored` needs."""
    return brief(session) | {
        "position": session.position,
        "abstract": {language: _pieces(text) for language, text in session.abstract.as_dict().items()},
        "follows": session.follows,
        "starts_at": session.starts_at.isoformat() if session.starts_at else None,
        "track": session.track,
        "speaker_note": session.speaker_note,
        "slides_url": session.slides_url,
        "video_url": session.video_url,
        "speakers": [{"person_id": part.person_id, "affiliation": part.affiliation} for part in session.speakers],
    }


def _pieces(text: str) -> Sequence[str]:
    return [text[begin : begin + _PIECE] for begin in range(0, len(text), _PIECE)]


def restored(kept: dict[str, Any]) -> dict[str, Any]:
    """Return an item's columns from its snapshot; position and speakers are for the caller."""
    abstract = {language: "".join(pieces) for language, pieces in kept["abstract"].items()}
    return {
        "kind": SessionKind(kept["kind"]),
        "title": Texts(**kept["title"]),
        "abstract": Texts(**abstract),
        "follows": kept["follows"],
        "starts_at": datetime.fromisoformat(kept["starts_at"]) if kept["starts_at"] else None,
        "minutes": kept["minutes"],
        "track": kept["track"],
        "speaker_note": Texts(**kept["speaker_note"]),
        "slides_url": kept["slides_url"],
        "video_url": kept["video_url"],
    }

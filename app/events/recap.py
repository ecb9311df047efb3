"""What is left of an event: how many came, what happened, slides and recordings, photos, and whom to thank."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import require_transaction
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.versions import Seen, settle
from app.events import pictures
from app.events.life import taking
from app.events.models import Event, EventPhoto, Picture, Session
from app.events.queries import PHOTOS_MAX, photos_of
from app.events.rules import PAUSES
from app.events.rules_life import Step
from app.events.service import apply_changes
from app.history.service import Actor

LINES_MAX: Final = 40  # of links, and of thanks
VOLUNTEER: Final = "volunteer"


def loads() -> tuple[Any, ...]:
    """Return the loading of what a recap shows and changes."""
    return (joinedload(Event.venue), selectinload(Event.sessions))


def values_of(event: Event, *, lines: int) -> dict[str, Any]:
    """Return the recap as a form with so many lines for links and for thanks holds it."""
    values: dict[str, Any] = {"attendance": event.attendance, "recap": event.recap}
    for session in with_material(event):
        values[f"slides_{session.id}"] = session.slides_url or ""
        values[f"video_{session.id}"] = session.video_url or ""
    thanks = _volunteers(event)
    for number in range(lines):
        link: dict[str, Any] = event.links[number] if number < len(event.links) else {"label": {}, "url": ""}
        values[f"link_label_{number}"], values[f"link_url_{number}"] = Texts(**link["label"]), link["url"]
        values[f"thanks_{number}"] = Texts(**thanks[number]["name"]) if number < len(thanks) else Texts()
    return values


def with_material(event: Event) -> list[Session]:
    """Return the items of the agenda that may have slides or a recording: nobody records a break."""
    return [session for session in event.sessions if session.kind not in PAUSES or _has_material(session)]


def _has_material(session: Session) -> bool:
    return bool(session.slides_url or session.video_url)


def lines_of(event: Event) -> int:
    """Return how many lines the longer of its two lists has."""
    return max(len(event.links), len(_volunteers(event)))


def _volunteers(event: Event) -> list[dict[str, Any]]:
    return [line for line in event.credits if line["role"] == VOLUNTEER]


def write_recap(event_id: int, mine: Mapping[str, Any], seen: Seen, *, lines: int, by: Actor, now: datetime) -> bool:
    """Write what an organizer has changed of the recap; return whether anything did.

    `mine` is in the form of `values_of` with `lines`. Raises ClashError, ConflictError.
    """
    with taking(Step.RECAP, event_id, *loads(), now=now) as event:
        present = values_of(event, lines=max(lines, lines_of(event)))
        # An item of the agenda that was removed meanwhile has no slides any more.
        mine = {name: value for name, value in mine.items() if name in present}
        values = present | settle(seen, mine, present)
        parts = _write_material(with_material(event), values)
        changes = {
            "attendance": values["attendance"],
            "recap": values["recap"],
            "links": _links(values),
            "credits": _credits(event, values),
        }
        return apply_changes(event, changes, by=by, now=now, parts=parts, action="event.recap_written")


def _write_material(sessions: Sequence[Session], values: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    before, after = {}, {}
    for session in sessions:
        was = (session.slides_url or "", session.video_url or "")
        wanted = (values[f"slides_{session.id}"], values[f"video_{session.id}"])
        if was != wanted:
            title = session.title.in_language("zh")
            before[title], after[title] = was, wanted
            session.slides_url, session.video_url = (url or None for url in wanted)
    return {"agenda": (before, after)} if after else {}


def _numbers(values: Mapping[str, Any], prefix: str) -> list[int]:
    return sorted(int(name.removeprefix(prefix)) for name in values if name.startswith(prefix))


def _links(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    lines = [(values[f"link_label_{n}"], values[f"link_url_{n}"]) for n in _numbers(values, "link_url_")]
    return [{"label": label.as_dict(), "url": url} for label, url in lines if url]


def _credits(event: Event, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the credits with these volunteers; who had an address keeps it where the name stays in its line."""
    known = _volunteers(event)
    thanked = []
    for number in _numbers(values, "thanks_"):
        name: Texts = values[f"thanks_{number}"]
        if name:
            line = known[number] if number < len(known) else {"role": VOLUNTEER}
            thanked.append({**line, "name": name.as_dict()})
    return [line for line in event.credits if line["role"] != VOLUNTEER] + thanked


def add_photos(event_id: int, encoded: Sequence[pictures.Encoded], *, by: Actor, now: datetime) -> int:
    """Put pictures behind the photos there are, each once and as many as fit; return how many are new."""
    with taking(Step.RECAP, event_id, now=now) as event:
        session = require_transaction()
        photos = list(photos_of(event_id))
        known, place = {photo.picture_id for photo in photos}, photos[-1].position + 1 if photos else 0
        before = len(known)
        for each in encoded:
            picture = pictures.keep(each, now=now)
            if picture.id in known or len(known) >= PHOTOS_MAX:
                continue
            session.add(EventPhoto(event_id=event_id, picture_id=picture.id, position=place))
            known.add(picture.id)
            place += 1
        _note(event, (before, len(known)), by=by, now=now)
        return len(known) - before


def write_captions(event_id: int, captions: Mapping[int, Texts], *, by: Actor, now: datetime) -> None:
    """Write what stands below the photos, by picture; of photos that are gone, nothing."""
    with taking(Step.RECAP, event_id, now=now) as event:
        before, after = {}, {}
        for photo in photos_of(event_id):
            caption = captions.get(photo.picture_id, photo.caption)
            if caption != photo.caption:
                before[str(photo.picture_id)], after[str(photo.picture_id)] = photo.caption, caption
                photo.caption = caption
        _note(event, (before, after), by=by, now=now)


def move_photo(event_id: int, picture_id: int, *, earlier: bool, by: Actor, now: datetime) -> None:
    """Let a photo change places with the one before it, or behind it. At the end of the row nothing happens."""
    with taking(Step.RECAP, event_id, now=now) as event:
        photos = list(photos_of(event_id))
        place = next((n for n, photo in enumerate(photos) if photo.picture_id == picture_id), None)
        if place is None:
            raise _gone()
        other = place - 1 if earlier else place + 1
        if 0 <= other < len(photos):
            photos[place], photos[other] = photos[other], photos[place]
        before = [photo.picture_id for photo in sorted(photos, key=lambda photo: photo.position)]
        for number, photo in enumerate(photos):
            photo.position = number
        _note(event, (before, [photo.picture_id for photo in photos]), by=by, now=now)


def remove_photo(event_id: int, picture_id: int, *, by: Actor, now: datetime) -> None:
    """Take a photo away; the picture itself goes too, unless something else shows it."""
    with taking(Step.RECAP, event_id, now=now) as event:
        session = require_transaction()
        photo = session.get(EventPhoto, (event_id, picture_id))
        if photo is None:
            raise _gone()
        session.delete(photo)
        session.flush()
        is_shown = exists().where(EventPhoto.picture_id == Picture.id) | exists().where(Event.cover_id == Picture.id)
        unused = delete(Picture).where(Picture.id == picture_id, ~is_shown)
        session.execute(unused, execution_options={"synchronize_session": False})
        _note(event, (picture_id, None), by=by, now=now)


def _note(event: Event, change: tuple[object, object], *, by: Actor, now: datetime) -> None:
    if change[0] != change[1]:
        apply_changes(event, {}, by=by, now=now, parts={"photos": change}, action="event.photos_changed")


def _gone() -> NotFoundError:
    return NotFoundError(_("This photo was removed in the meantime."))

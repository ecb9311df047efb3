"""The texts of a calendar entry: title, place and description as a person reads them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.calendar.entries import Entry, Item, Standing
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.core.times import zone_label
from app.events.models import Mode

_COMMA: Final[dict[Language, str]] = {"zh": "，", "en": ", "}
_LIST_COMMA: Final[dict[Language, str]] = {"zh": "、", "en": ", "}


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words in one language: looked up once a calendar, not once an event."""

    language: Language
    archive: str
    cancelled: str
    draft: str
    waiting: str
    online: str
    agenda: str
    agenda_illustrative: str
    agenda_illustrative_unordered: str
    agenda_unordered: str
    tracks: tuple[str, ...]
    length: str
    join: str
    details: str
    registration: str


def words_in(language: Language) -> Words:
    """Return the fixed words in this language."""
    with speaking(language):
        return Words(
            language=language,
            archive=_("Archive"),
            cancelled=_("Cancelled: %(title)s"),
            draft=_("Draft: %(title)s"),
            waiting=_("Waiting list: %(title)s"),
            online=_("Online"),
            agenda=_("Agenda"),
            agenda_illustrative=_("Agenda (times are illustrative)"),
            agenda_illustrative_unordered=_("Agenda (times and order are illustrative)"),
            agenda_unordered=_("Agenda (order not known)"),
            tracks=("", _("Track %(number)d", number=1), _("Track %(number)d", number=2)),
            length=_("%(num)d min"),
            join=_("Join online: %(url)s"),
            details=_("Details: %(url)s"),
            registration=_("Your registration, to see, change or cancel it: %(url)s"),
        )


def title(entry: Entry, words: Words) -> str:
    """Return the title, with what some clients do not show of STATUS: cancelled, a draft, on the waiting list."""
    if entry.is_cancelled:
        return words.cancelled % {"title": entry.title}
    if entry.standing is Standing.SETTLED:
        return entry.title
    return (words.draft if entry.standing is Standing.DRAFT else words.waiting) % {"title": entry.title}


def location(entry: Entry, words: Words, online_url: str | None = None) -> str:
    """Return the place in one line: venue and address, or the city, or the link of an event that is online only."""
    if entry.mode is Mode.ONLINE:
        return online_url or words.online
    place = entry.place
    parts = [place.name, place.address] if place.name not in place.address else [place.address]
    shown = [part.replace("\n", " ") for part in parts if part] or [place.city]
    return _COMMA[words.language].join(shown)


def description(
    entry: Entry, words: Words, *, url: str, online_url: str | None = None, manage_url: str | None = None
) -> str:
    """Return everything the event page says that fits a calendar; the two private links only if they are given."""
    if entry.is_cancelled:
        paragraphs = [entry.remark, entry.cancellation_reason]
    else:
        paragraphs = [words.join % {"url": online_url}] if online_url else []
        paragraphs += [entry.remark, entry.notice, entry.summary, _agenda(entry, words)]
    links = [words.details % {"url": url}]
    if manage_url:
        links.append(words.registration % {"url": manage_url})
    paragraphs.append("\n".join(links))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _agenda(entry: Entry, words: Words) -> str:
    if not entry.agenda:
        return ""
    heading = words.agenda
    if entry.agenda_is_illustrative:
        heading = words.agenda_illustrative if entry.agenda_order_known else words.agenda_illustrative_unordered
    elif not entry.agenda_order_known:
        heading = words.agenda_unordered
    zone = ZoneInfo(entry.zone)
    start = entry.starts_at.astimezone(zone)
    if any(item.starts_at for item in entry.agenda):
        # The reader's calendar may stand in another zone than the event.
        heading = f"{heading} · {zone_label(start, entry.zone, words.language)}"
    lines = [heading]
    if entry.agenda_note:
        lines.append(entry.agenda_note)
    lines += [_line(item, start, zone, words) for item in entry.agenda]
    return "\n".join(lines)


def _line(item: Item, start: datetime, zone: ZoneInfo, words: Words) -> str:
    text = f"[{words.tracks[item.track]}] {item.title}" if item.track else item.title
    if item.speakers:
        text = f"{text} · {_LIST_COMMA[words.language].join(item.speakers)}"
    elif item.speaker_note:
        text = f"{text} · {item.speaker_note}"
    if item.starts_at:
        return f"{_clock(item, start, zone)} {text}"
    return f"{words.length % {'num': item.minutes}} {text}" if item.minutes else text


def _clock(item: Item, start: datetime, zone: ZoneInfo) -> str:
    """Return the times of a session in the event's zone, with the day when it is not the event's first."""
    if item.starts_at is None:
        return ""
    begin = item.starts_at.astimezone(zone)
    text = f"{begin.hour:02}:{begin.minute:02}"
    if item.ends_at:
        end = item.ends_at.astimezone(zone)
        text = f"{text}–{end.hour:02}:{end.minute:02}"
    return text if begin.date() == start.date() else f"{begin.month:02}-{begin.day:02} {text}"

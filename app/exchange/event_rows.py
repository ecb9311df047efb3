"""Makes events what the files say, with agenda, ticket types and questions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.events.agenda.times import following
from app.events.models import Event, SessionSpeaker, TicketType
from app.events.models import Session as AgendaSession
from app.events.service import apply_changes, create_event
from app.exchange.bundle import Bundle, Located
from app.exchange.report import LoadReport
from app.exchange.rows import Rows, changed
from app.exchange.schedule import Schedule
from app.exchange.schema import CreditEntry, EventEntry, QuestionEntry, SessionEntry
from app.registrations.models import Question
from app.registrations.seats import set_capacity

# Fields of the file that are attributes of the event as they are.
_PLAIN: Final = (
    "title", "summary", "description", "notice", "recap", "is_demo", "state", "mode", "online_url", "attendance",
    "agenda_note", "agenda_is_illustrative", "agenda_order_known",
)  # fmt: skip
_OUT_OF_THE_WAY: Final = 100_000

# Key of the file, and the role of such credits in the database.
_CREDITS: Final = {
    "hosts": "host", "co_organizers": "co_organizer", "sponsors": "sponsor", "partners": "partner",
    "volunteers": "volunteer",
}  # fmt: skip


def write_events(
    bundle: Bundle, schedules: dict[str, Schedule], rows: Rows, session: Session, *, now: datetime, report: LoadReport
) -> None:
    """Make the events; the bundle has been checked, and the rows they name exist."""
    for located in bundle.events:
        slug = located.entry.slug
        event = rows.events.get(slug)
        values = _values(located, schedules[slug], rows, event)
        is_new = event is None
        if event is None:
            rows.events[slug] = event = create_event(slug, values, now=now)
        parts = _write_parts(located, event, schedules[slug], rows, session)
        is_changed = False if is_new else apply_changes(event, values, now=now, parts=parts)
        report.note("events", created=is_new, changed=is_changed)
    session.flush()


def _values(located: Located[EventEntry], planned: Schedule, rows: Rows, event: Event | None) -> dict[str, Any]:
    """Return the event's attributes that the file states; of a new event also what is taken without saying."""
    entry = located.entry
    values: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN if located.gave(name)}
    values |= {
        "zone": planned.zone,
        "starts_at": planned.starts_at,
        "ends_at": planned.ends_at,
        "is_all_day": planned.is_all_day,
    }
    if located.gave("venue"):
        values["venue"] = rows.venues[entry.venue] if entry.venue else None
    if located.gave("city"):
        values["city"] = rows.cities[entry.city] if entry.city else None
    for section in ("groups", "tags"):
        if located.gave(section):
            of_section = getattr(rows, section)
            values[section] = [of_section[slug] for slug in dict.fromkeys(getattr(entry, section))]
    if any(located.gave(key) for key in _CREDITS):
        values["credits"] = _credits(located, event.credits if event else [])
    if located.gave("links"):
        values["links"] = [{"label": link.label.as_dict(), "url": link.url} for link in entry.links]
    if located.gave("sign_up"):
        values["sign_up_opens_at"] = planned.opens_at
        values["sign_up_closes_at"] = planned.closes_at
        values["has_waiting_list"] = entry.sign_up.waiting_list
    if event is None:
        values.setdefault("state", entry.state)
        venue = values.get("venue")
        if venue is not None and "city" not in values and venue.city_id:
            values["city"] = next(city for city in rows.cities.values() if city.id == venue.city_id)
    return values


def _credits(located: Located[EventEntry], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return who is thanked, in the order of the roles; roles that the file does not state keep theirs."""
    credits_: list[dict[str, Any]] = []
    for key, role in _CREDITS.items():
        if not located.gave(key):
            credits_ += [credit for credit in before if credit["role"] == role]
            continue
        stated: list[CreditEntry] = getattr(located.entry, key)
        credits_ += [
            {"role": role, "name": credit.name.as_dict()} | ({"url": credit.url} if credit.url else {})
            for credit in stated
        ]
    return credits_


def _write_parts(
    located: Located[EventEntry], event: Event, planned: Schedule, rows: Rows, session: Session
) -> list[str]:
    """Make the lists that the file states what it says; return the names of those that were different."""
    parts = []
    if located.gave("agenda") and _write_agenda(located.entry.agenda, event, planned, rows, session):
        parts.append("agenda")
    if located.gave("ticket_types") and _write_ticket_types(located.entry, event):
        parts.append("ticket_types")
    if located.gave("questions") and _write_questions(located.entry, event, rows, session):
        parts.append("questions")
    return parts


def _write_agenda(entries: list[SessionEntry], event: Event, planned: Schedule, rows: Rows, session: Session) -> bool:
    matched = _matched(entries, event.sessions)
    kept = {id(row) for row in matched if row is not None}
    different = False
    for row in [row for row in event.sessions if id(row) not in kept]:
        event.sessions.remove(row)
        different = True
    session.flush()  # a flush inserts before it deletes, and the new ones may take the places of the old
    moved = [row for index, row in enumerate(matched) if row is not None and row.position != index]
    if moved:
        # Positions are unique in an event at every moment: first out of the way, then each to its place.
        for row in moved:
            row.position += _OUT_OF_THE_WAY
        session.flush()
    for index, (entry, found, times) in enumerate(zip(entries, matched, planned.sessions, strict=True)):
        values = _session_values(entry, times) | {"position": index}
        item = found or AgendaSession(speakers=[])
        different |= bool(changed(item, values))
        different |= _write_speakers(entry, item, rows)
        if found is None:
            event.sessions.append(item)
    session.flush()
    event.sessions.sort(key=lambda row: row.position)
    # On the site, an item that begins where the one before it ends goes on doing so when others are moved.
    for row, follows in following(event.sessions, start=None if event.is_all_day else planned.starts_at):
        row.follows = follows
    return different


def _matched(entries: Iterable[SessionEntry], rows: Iterable[AgendaSession]) -> list[AgendaSession | None]:
    """Return the row of each entry: the first unused one of the same title, else none."""
    unused = sorted(rows, key=lambda row: row.position)
    found: list[AgendaSession | None] = []
    for entry in entries:
        row = next((row for row in unused if row.title == entry.title), None)
        found.append(row)
        if row is not None:
            unused.remove(row)
    return found


def _session_values(entry: SessionEntry, times: tuple[datetime | None, datetime | None]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": entry.title,
        "abstract": entry.abstract,
        "kind": entry.kind,
        "starts_at": times[0],
        "ends_at": times[1],
        "minutes": entry.minutes,
        "speaker_note": entry.speaker_note,
    }
    # Slides and recordings come after the event and are often added on the site, as tracks are: only a file that speaks
    # of them changes them.
    return values | {
        name: getattr(entry, name) for name in ("slides_url", "video_url", "track") if name in entry.model_fields_set
    }


def _write_speakers(entry: SessionEntry, row: AgendaSession, rows: Rows) -> bool:
    wanted = {rows.people[speaker.person]: speaker.affiliation for speaker in entry.speakers}
    before = {speaker.person_id: speaker for speaker in row.speakers}
    ids = {person.id for person in wanted}
    different = False
    for person_id, speaker in before.items():
        if person_id not in ids:
            row.speakers.remove(speaker)
            different = True
    for position, (person, affiliation) in enumerate(wanted.items()):
        values: dict[str, Any] = {"position": position, "affiliation": affiliation}
        known = before.get(person.id)
        if known is None:
            row.speakers.append(SessionSpeaker(person=person, **values))
            different = True
        elif changed(known, values):
            different = True
    return different


def _write_ticket_types(entry: EventEntry, event: Event) -> bool:
    before = {row.slug: row for row in event.ticket_types}
    slugs = {ticket.slug for ticket in entry.ticket_types}
    different = False
    for row in [row for row in event.ticket_types if row.slug not in slugs]:
        event.ticket_types.remove(row)
        different = True
    for position, ticket in enumerate(entry.ticket_types):
        values: dict[str, Any] = {
            "position": position,
            "kind": ticket.kind,
            "name": ticket.name,
            "description": ticket.description,
            "is_public": ticket.is_public,
        }
        if ticket.slug in before:
            row = before[ticket.slug]
            different |= bool(changed(row, values)) or row.capacity != ticket.capacity
            set_capacity(row, ticket.capacity)
        else:
            event.ticket_types.append(TicketType(slug=ticket.slug, capacity=ticket.capacity, **values))
            different = True
    return different


def _use_of(question: QuestionEntry) -> dict[str, Any]:
    """Return what the file says of what the answers are for; what it does not state stays as it is."""
    stated = question.model_fields_set
    values = {
        "purpose": ("purpose", question.purpose),
        "sponsor": ("sponsor", question.sponsor or ""),
        "is_after_acceptance": ("after_acceptance", question.after_acceptance),
        "is_masked": ("masked", question.masked),
        "keep_days": ("keep_days", question.keep_days),
    }
    return {column: value for column, (name, value) in values.items() if name in stated}


def _write_questions(entry: EventEntry, event: Event, rows: Rows, session: Session) -> bool:
    before = {row.key: row for row in rows.questions.get(event.id, [])}
    keys = {question.key for question in entry.questions}
    different = False
    for key, row in before.items():
        if key not in keys:
            session.delete(row)
            different = True
    for position, question in enumerate(entry.questions):
        values: dict[str, Any] = {
            "position": position,
            "kind": question.kind,
            "label": question.label,
            "help": question.help,
            "is_required": question.required,
            "options": [{"value": option.value, "label": option.label.as_dict()} for option in question.options],
            **_use_of(question),
        }
        if question.key in before:
            different |= bool(changed(before[question.key], values))
        else:
            session.add(Question(event_id=event.id, key=question.key, **values))
            different = True
    return different

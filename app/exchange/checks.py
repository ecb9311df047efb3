"""Mistakes that no entry can have on its own: names that nobody bears, doubles, what the database cannot follow."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from app.exchange.bundle import Bundle, Located
from app.exchange.mistakes import Mistake, Path
from app.exchange.rows import Rows
from app.exchange.schedule import Schedule, schedule
from app.exchange.schema import AwardEntry, Entry, EventEntry, GroupEntry, PersonEntry, QuestionEntry
from app.registrations.models import Purpose, Question

_KINDS: Final = {
    "cities": "city", "tags": "tag", "groups": "group", "roles": "role", "people": "person", "venues": "venue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reference:
    """An entry names another one by its slug."""

    by: Located[Entry]
    path: Path
    section: str
    slug: str | None


def find_mistakes(
    bundle: Bundle, rows: Rows, *, site_zone: str, now: datetime
) -> tuple[list[Mistake], dict[str, Schedule]]:
    """Return everything that is wrong between the entries, and the schedule of each event by slug."""
    mistakes = [*_unknown_names(bundle, rows), *_circles(bundle.groups, rows)]
    for person in bundle.people:
        mistakes += _doubles_of_person(person)
    schedules: dict[str, Schedule] = {}
    for event in bundle.events:
        existing = rows.events.get(event.entry.slug)
        planned = schedule(
            event.entry, site_zone=site_zone, existing=existing, now=now, report=_reporter(event, mistakes)
        )
        if planned is not None:
            schedules[event.entry.slug] = planned
        mistakes += _doubles_of_event(event)
        mistakes += _cannot_be_taken_back(event, rows)
    return mistakes, schedules


def award_slug(award: AwardEntry) -> str:
    """Return the award's slug: as given, else made of its name; empty when no letter of it can stand in a slug."""
    name = award.name.en or award.name.zh
    return award.slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80]


def _reporter(event: Located[EventEntry], mistakes: list[Mistake]) -> Callable[[Path, str], None]:
    def report(path: Path, sentence: str) -> None:
        mistakes.append(event.mistake(path, sentence))

    return report


def _references(bundle: Bundle) -> Iterator[_Reference]:
    for group in bundle.groups:
        yield _Reference(group, ("parent",), "groups", group.entry.parent)
        yield _Reference(group, ("city",), "cities", group.entry.city)
    for role in bundle.roles:
        yield _Reference(role, ("group",), "groups", role.entry.group)
        yield _Reference(role, ("promotes_to",), "roles", role.entry.promotes_to)
    for person in bundle.people:
        yield _Reference(person, ("city",), "cities", person.entry.city)
        for index, term in enumerate(person.entry.terms):
            yield _Reference(person, ("terms", index, "role"), "roles", term.role)
            yield _Reference(person, ("terms", index, "group"), "groups", term.group)
    for venue in bundle.venues:
        yield _Reference(venue, ("city",), "cities", venue.entry.city)
    for event in bundle.events:
        yield _Reference(event, ("venue",), "venues", event.entry.venue)
        yield _Reference(event, ("city",), "cities", event.entry.city)
        for section in ("groups", "tags"):
            for index, slug in enumerate(getattr(event.entry, section)):
                yield _Reference(event, (section, index), section, slug)
        for index, item in enumerate(event.entry.agenda):
            for place, speaker in enumerate(item.speakers):
                path = ("agenda", index, "speakers", place, "person")
                yield _Reference(event, path, "people", speaker.person)


def _unknown_names(bundle: Bundle, rows: Rows) -> Iterator[Mistake]:
    for reference in _references(bundle):
        slug, section = reference.slug, reference.section
        if slug is None or slug in bundle.slugs[section] or rows.has(section, slug):
            continue
        close = get_close_matches(slug, [*bundle.slugs[section], *getattr(rows, section)], n=1)
        hint = f" Is {close[0]} meant?" if close else ""
        sentence = f"There is no {_KINDS[section]} {slug}, neither in the files nor in the database.{hint}"
        yield reference.by.mistake(reference.path, sentence)


def _circles(groups: Iterable[Located[GroupEntry]], rows: Rows) -> Iterator[Mistake]:
    """Find groups that are inside themselves."""
    by_id = {row.id: slug for slug, row in rows.groups.items()}
    parents = {slug: by_id.get(row.parent_id) if row.parent_id else None for slug, row in rows.groups.items()}
    stated = [group for group in groups if group.gave("parent")]
    parents |= {group.entry.slug: group.entry.parent for group in stated}
    for group in stated:
        above, seen = group.entry.parent, set[str]()
        while above is not None and above not in seen:
            if above == group.entry.slug:
                yield group.mistake(("parent",), "This group would be inside itself.")
                break
            seen.add(above)
            above = parents.get(above)


def _doubles(
    located: Located[Entry], path: Path, name: str, keys: Iterable[Hashable], sentence: str
) -> Iterator[Mistake]:
    """Report each item of a list whose key an earlier one has; `name` is the field of the item to point at."""
    seen: set[Hashable] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield located.mistake((*path, index, name), sentence)
        seen.add(key)


def _doubles_of_person(person: Located[PersonEntry]) -> Iterator[Mistake]:
    terms = [(term.role, term.group, term.since) for term in person.entry.terms]
    yield from _doubles(person, ("terms",), "role", terms, "This term is there twice.")
    awards = [(award_slug(award), award.year) for award in person.entry.awards]
    yield from _doubles(person, ("awards",), "name", awards, "This award is there twice.")
    for index, (slug, _year) in enumerate(awards):
        if not slug:
            sentence = "Give this award a `slug`: none can be made of its name."
            yield person.mistake(("awards", index, "name"), sentence)


def _doubles_of_event(event: Located[EventEntry]) -> Iterator[Mistake]:
    entry = event.entry
    slugs = [ticket.slug for ticket in entry.ticket_types]
    yield from _doubles(event, ("ticket_types",), "slug", slugs, "This ticket type is there twice.")
    keys = [question.key for question in entry.questions]
    yield from _doubles(event, ("questions",), "key", keys, "This question is there twice.")
    for index, question in enumerate(entry.questions):
        values = [option.value for option in question.options]
        path: Path = ("questions", index, "options")
        yield from _doubles(event, path, "value", values, "This option is there twice.")
    for index, item in enumerate(entry.agenda):
        names = [speaker.person for speaker in item.speakers]
        path = ("agenda", index, "speakers")
        yield from _doubles(event, path, "person", names, "This speaker is there twice.")


def _cannot_be_taken_back(event: Located[EventEntry], rows: Rows) -> Iterator[Mistake]:
    """Find what people who signed up already rely on."""
    existing = rows.events.get(event.entry.slug)
    if existing is None:
        return
    if event.gave("ticket_types"):
        stated = {ticket.slug: (index, ticket) for index, ticket in enumerate(event.entry.ticket_types)}
        for ticket in existing.ticket_types:
            if ticket.slug not in stated:
                if ticket.id in rows.used_ticket_types:
                    sentence = f"The ticket type {ticket.slug} cannot be removed: people have signed up with it."
                    yield event.mistake(("ticket_types",), sentence)
                continue
            index, wanted = stated[ticket.slug]
            # A capacity that was lowered on the site, knowingly, may stand in a file as it is.
            if wanted.capacity not in {None, ticket.capacity} and wanted.capacity < ticket.seats_taken:
                sentence = f"The capacity cannot be less than the {ticket.seats_taken} seats already taken."
                yield event.mistake(("ticket_types", index, "capacity"), sentence)
    if event.gave("questions"):
        kinds = {question.key: (index, question.kind) for index, question in enumerate(event.entry.questions)}
        for question in rows.questions.get(existing.id, []):
            if question.id not in rows.answered_questions:
                continue
            if question.key not in kinds:
                sentence = f"The question {question.key} cannot be removed: people have answered it."
                yield event.mistake(("questions",), sentence)
            elif kinds[question.key][1] != question.kind:
                sentence = f"The question {question.key} cannot become another kind: people have answered it."
                yield event.mistake(("questions", kinds[question.key][0], "kind"), sentence)
            elif _shares_otherwise(question, event.entry.questions[kinds[question.key][0]]):
                sentence = f"People have ticked {question.key} for what it was: add a question for another sponsor."
                yield event.mistake(("questions", kinds[question.key][0], "sponsor"), sentence)


def _shares_otherwise(question: Question, stated: QuestionEntry) -> bool:
    """Tell whether what people agreed to, or answered, would become consent to another sponsor."""
    if stated.purpose is not Purpose.SPONSOR_CONSENT:
        return False
    return question.purpose is not Purpose.SPONSOR_CONSENT or question.sponsor != stated.sponsor

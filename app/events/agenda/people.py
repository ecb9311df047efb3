"""Who can be chosen as a speaker, who is meant by what was typed, and guests."""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import raiseload

from app.community.models import Person, Term
from app.community.queries import held_on, leading
from app.core.db import db, require_transaction
from app.core.i18n import LANGUAGES, Language, Texts
from app.events.models import Event, EventState, Session, SessionSpeaker

CHOICES_MAX: Final = 300
NAMESAKES_MAX: Final = 500
SLUG_LENGTH_MAX: Final = 80
# What a form shows of a person: the name, and the slug that tells namesakes apart.
_WITH_SLUG: Final = re.compile(r"^.*[(（]\s*([a-z0-9][a-z0-9-]*)\s*[)）]$", re.DOTALL)
_TWO_NAMES: Final = re.compile(r"\s*[/／|｜]\s*")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who can be chosen: whether they lead a User Group today, and when they last spoke."""

    person: Person
    is_leader: bool
    last_spoke_at: datetime | None


def choices(*, today: date, now: datetime) -> list[Choice]:
    """Return whom to ask first: User Group Leaders, then who spoke last, then the others by name. One statement."""
    is_leader = exists().where(Term.person_id == Person.id, leading(), held_on(today))
    spoken = (
        select(SessionSpeaker.person_id, func.max(Event.starts_at).label("last"))
        .join(Session, Session.id == SessionSpeaker.session_id)
        .join(Event, Event.id == Session.event_id)
        .where(Event.state == EventState.PUBLISHED, Event.is_demo.is_(False), Event.starts_at <= now)
        .group_by(SessionSpeaker.person_id)
        .subquery()
    )
    statement = (
        select(Person, is_leader, spoken.c.last)
        .outerjoin(spoken, spoken.c.person_id == Person.id)
        .options(raiseload("*"))
        .order_by(is_leader.desc(), spoken.c.last.desc().nulls_last(), Person.slug)
        .limit(CHOICES_MAX)
    )
    return [Choice(person, leads, last) for person, leads, last in db.session.execute(statement)]


def written(person: Person, language: Language) -> str:
    """Return how a form writes a person, so that `found` knows them again: `艾达 (ada)`."""
    return f"{person.name.in_language(language)} ({person.slug})"


def slug_in(text: str) -> str | None:
    """Return the slug of what `written` wrote; None for anything else."""
    match = _WITH_SLUG.match(text.strip())
    return match[1] if match else None


def key_of(name: str) -> str:
    """Return a name as names are compared: without case, spaces and dots, full-width letters as usual ones."""
    return re.sub(r"[\s.·・•_-]", "", unicodedata.normalize("NFKC", name).casefold())


def found(names: Iterable[str]) -> dict[str, list[Person]]:
    """Return who may be meant by each name that was typed: by slug, else by a name in either language. One statement.

    A name that nobody has is not in the answer; one that several have gives them all, members before guests.
    """
    names = list(names)
    slugs = {name: slug for name in names if (slug := slug_in(name))}
    plain = {name: _keys(name) for name in names if name not in slugs and name.strip()}
    if not slugs and not plain:
        return {}
    conditions: list[ColumnElement[bool]] = [Person.slug.in_([*slugs.values(), *plain])]
    keys = {key for several in plain.values() for key in several}
    conditions += [_is_called(key) for key in sorted(keys)]
    statement = (
        select(Person)
        .where(or_(*conditions))
        .options(raiseload("*"))
        .order_by(Person.is_guest, Person.slug)
        .limit(NAMESAKES_MAX)
    )
    people = db.session.scalars(statement).all()
    answer = {name: [one for one in people if one.slug == slug] for name, slug in slugs.items()}
    for name, wanted in plain.items():
        answer[name] = [one for one in people if one.slug == name or wanted & _keys_of(one)]
    return {name: those for name, those in answer.items() if those}


def _keys(name: str) -> set[str]:
    return {key for part in _TWO_NAMES.split(name) if (key := key_of(part))}


def _keys_of(person: Person) -> set[str]:
    return {key_of(getattr(person.name, language)) for language in LANGUAGES} - {""}


def _is_called(key: str) -> ColumnElement[bool]:
    # The twin of `key_of`, as far as the databases can do it: enough to find, and Python compares exactly.
    def stripped(language: Language) -> ColumnElement[str]:
        text: ColumnElement[str] = func.lower(Person.name[language].as_string())
        for character in (" ", ".", "·", "-", "_"):
            text = func.replace(text, character, "")
        return text

    return or_(*(stripped(language) == key for language in LANGUAGES))


def as_texts(name: str) -> Texts:
    """Return a name that may be written in both languages, such as `张三 / San Zhang`."""
    parts = [part for part in _TWO_NAMES.split(name.strip()) if part]
    if len(parts) == len(LANGUAGES):
        chinese = next((part for part in parts if _HAN.search(part)), "")
        if chinese:
            return Texts(zh=chinese, en=next(part for part in parts if part != chinese))
    return Texts.of(" / ".join(parts))


def in_both(name: Texts) -> str:
    """Return a name as `as_texts` takes it apart."""
    return " / ".join(name.as_dict().values())


def add_guest(name: Texts, company: Texts, *, now: datetime) -> Person:
    """Add somebody who speaks here and is no member, in the caller's transaction."""
    session = require_transaction()
    guest = Person(slug=_free_slug(name), name=name, company=company, is_guest=True, revised_at=now)
    session.add(guest)
    session.flush()
    return guest


def _free_slug(name: Texts) -> str:
    plain = unicodedata.normalize("NFKD", name.en or name.zh).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: SLUG_LENGTH_MAX - 10].strip("-")
    # A Chinese name leaves nothing to write an address with.
    candidates = [stem] if stem else []
    candidates += [f"{stem or 'guest'}-{secrets.token_hex(4)}" for _ in range(3)]
    taken: Sequence[str] = db.session.scalars(select(Person.slug).where(Person.slug.in_(candidates))).all()
    return next(slug for slug in candidates if slug not in taken)

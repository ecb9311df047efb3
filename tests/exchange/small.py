"""A small community of the tests' own: one file, changed a little by each test."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from app.core.db import db
from app.events.models import Event
from app.exchange.load import load
from app.exchange.report import LoadReport

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)

SMALL = """\
format: juhui/1
community:
  name: {zh: 小社区, en: Small Community}
  time_zone: Europe/Berlin
cities:
  - {slug: berlin, name: {zh: 柏林, en: Berlin}}
tags:
  - {slug: web, name: Web}
groups:
  - {slug: users, kind: user_group, name: Users, city: berlin}
roles:
  - {slug: leader, group: users, name: Leader, is_leader: true}
people:
  - slug: ada
    name: Ada
    terms:
      - {group: users, role: leader, since: 2026-01-01}
  - {slug: bob, name: Bob}
venues:
  - {slug: hall, name: Hall, address: 1 Main Street, city: berlin}
events:
  - slug: spring
    title: {zh: 春天, en: Spring}
    starts: 2026-05-01T18:00
    ends: 2026-05-01T21:00
    mode: in_person
    venue: hall
    groups: [users]
    tags: [web]
    hosts: [Small Community]
    ticket_types:
      - {slug: seat, name: A seat, capacity: 20}
      - {slug: stream, name: The stream, kind: online}
    questions:
      - {key: company, kind: short_text, label: Company}
    agenda:
      - {title: Opening, kind: opening, start: "18:00", end: "18:15"}
      - {title: First talk, start: "18:15", end: "19:00", speakers: [ada]}
      - {title: Second talk, start: "19:00", speakers: [{person: bob, affiliation: Bob Ltd}, ada]}
"""


def file_of(folder: Path, text: str, name: str = "community.yaml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load_text(folder: Path, text: str, *, now: datetime = NOW) -> LoadReport:
    """Load one file of this text."""
    return load([file_of(folder, text)], now=now)


def event_named(slug: str) -> Event:
    """Return the stored event as it is now."""
    statement = select(Event).where(Event.slug == slug).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def versions_of(slug: str) -> tuple[int, int, datetime]:
    """Return sequence, revision and the instant of the last revision."""
    event = event_named(slug)
    return event.sequence, event.revision, event.revised_at

"""The audit log is written in the transaction of what it tells, and forgets people, not facts."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventState
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import Actor, forget_person, record

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


def entries(db):
    return db.scalars(select(Entry).order_by(Entry.id)).all()


def test_entry_says_who_when_and_what_in_plain_values(app, db):
    changes = {
        "title": (Texts(zh="旧"), Texts(zh="新", en="New")),
        "state": (EventState.DRAFT, EventState.PUBLISHED),
        "on": (None, date(2026, 6, 1)),
        "note": ("", "x" * 30_000),
    }

    with transaction():
        record("event.changed", by=Actor(7, 9), now=NOW, event_id=3, subject="云原生", changes=changes)

    (entry,) = entries(db)
    assert (entry.action, entry.organizer_id, entry.session_id, entry.event_id, entry.at) == (
        "event.changed", 7, 9, 3, NOW,
    )  # fmt: skip
    assert entry.changes == {
        "title": [{"zh": "旧"}, {"zh": "新", "en": "New"}],
        "state": ["draft", "published"],
        "on": [None, "2026-06-01"],
        "note": ["", "x" * 19_999 + "…"],
    }


def test_what_did_not_happen_is_not_told(app, db):
    def fail():
        with transaction():
            record("event.changed", by=Actor(), now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert entries(db) == []


def test_erased_person_leaves_the_fact(app, db):
    with transaction():
        record(
            "registration.changed", by=Actor(7), now=NOW, registration_id=5, subject="Ada", changes={"n": ("A", "B")}
        )
        record(
            "registration.changed", by=Actor(7), now=NOW, registration_id=6, subject="Bob", changes={"n": ("C", "D")}
        )

    with transaction():
        forget_person(5)

    db.expire_all()
    assert [(entry.subject, entry.changes, entry.organizer_id) for entry in entries(db)] == [
        ("", {}, 7), ("Bob", {"n": ["C", "D"]}, 7),
    ]  # fmt: skip


def test_every_change_of_an_event_is_told(make_event, db):
    event = make_event("spring")

    with transaction():
        apply_changes(event, {"title": Texts(en="Autumn")}, by=Actor(7, 9), now=NOW, parts={"agenda": (2, 3)})

    told = [(entry.action, entry.event_id, entry.organizer_id) for entry in entries(db)]
    assert told == [("event.created", event.id, None), ("event.changed", event.id, 7)]
    assert entries(db)[1].changes["agenda"] == [2, 3]
    assert entries(db)[1].changes["title"][1] == {"en": "Autumn"}

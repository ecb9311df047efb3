"""Organizers who press at the same moment: nothing is overwritten unseen or made twice, and nobody sees a crash."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from app.core.db import db as database
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.versions import ClashError, Seen, settle
from app.events.create import NewEvent, create
from app.events.details import save_details, values_of
from app.events.models import City, Event, EventState
from app.history.models import Entry
from app.history.service import Actor

PATIENCE = 60
PEOPLE = 8
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NEW = NewEvent(
    title=Texts(zh="深圳站"),
    starts_at=datetime(2026, 5, 30, 6, 0, tzinfo=UTC),
    ends_at=datetime(2026, 5, 30, 9, 0, tzinfo=UTC),
    zone="Asia/Shanghai",
    venue="+大厦",
    city="+深圳",
)


def at_once(app, act, number=PEOPLE):
    """Let so many threads do it at the same moment, each in a context of its own; return what they answer."""
    together = threading.Barrier(number)

    def one(place):
        with app.app_context():
            together.wait(PATIENCE)
            return act(place)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.fixture
def draft(db, make_event):
    made = make_event("draft", state=EventState.DRAFT)
    return db.get(Event, made.id)


def test_one_of_many_who_change_the_same_field_wins_and_all_others_are_asked(app, db, draft):
    before = values_of(draft)
    seen, event_id = Seen.of(before), draft.id
    db.commit()

    def save(number):
        mine = before | {"title": Texts(en=f"By {number}")}
        try:
            return save_details(event_id, mine, seen=seen, by=Actor(organizer_id=number), now=NOW)
        except ClashError as error:
            return error.clashes[0].theirs

    answers = at_once(app, save)

    db.expire_all()
    event = db.get(Event, event_id)
    assert Counter(answers) == {True: 1, event.title: PEOPLE - 1}
    assert event.revision == 2
    assert db.scalar(select(func.count()).where(Entry.action == "event.changed")) == 1


def test_many_who_change_different_fields_are_all_heard(app, db, draft):
    before = values_of(draft)
    seen, event_id = Seen.of(before), draft.id
    changes = [
        {"title": Texts(en="a")}, {"lead": Texts(en="b")}, {"notice": Texts(en="c")}, {"description": Texts(en="d")},
        {"contact_email": "e@example.com"}, {"online_url": "https://f.example.org"},
    ]  # fmt: skip
    db.commit()

    answers = at_once(
        app,
        lambda number: save_details(event_id, before | changes[number], seen=seen, by=Actor(), now=NOW),
        len(changes),
    )

    db.expire_all()
    event = db.get(Event, event_id)
    assert answers == [True] * len(changes)
    assert values_of(event) == {name: value for part in [before, *changes] for name, value in part.items()}
    assert event.revision == 1 + len(changes)


def test_the_race_exists_where_the_row_is_not_read_again_under_its_lock(app, db, draft):
    before = values_of(draft)
    seen, event_id = Seen.of(before), draft.id
    all_have_read = threading.Barrier(PEOPLE)
    db.commit()

    def save_unguarded(number):
        theirs = values_of(database.session.get(Event, event_id))
        database.session.rollback()
        all_have_read.wait(PATIENCE)
        write = settle(seen, before | {"title": Texts(en=f"By {number}")}, theirs)
        with transaction() as session:
            session.execute(update(Event).where(Event.id == event_id).values(title=write["title"]))
        return True

    # Everybody is told that theirs was saved; of all but one it is gone.
    assert at_once(app, save_unguarded) == [True] * PEOPLE


def test_one_form_sent_many_times_at_once_makes_one_event(app, db):
    made = at_once(app, lambda _number: create(NEW, key="same", by=Actor(organizer_id=1), now=NOW).id)

    db.expire_all()
    assert made == [db.scalars(select(Event.id)).one()] * PEOPLE
    assert db.scalar(select(func.count()).select_from(Entry)) == 1


def test_many_events_of_one_title_made_at_once_have_addresses_of_their_own(app, db):
    def make(number):
        return create(replace(NEW, capacity=number), key=f"key {number}", by=Actor(organizer_id=1), now=NOW).slug

    slugs = at_once(app, make)

    db.expire_all()
    assert sorted(slugs) == ["shenzhen-20260530", *(f"shenzhen-20260530-{number}" for number in range(2, PEOPLE + 1))]
    assert [city.slug for city in db.scalars(select(City))] == ["shenzhen"]
    assert None not in db.scalars(select(Event.venue_id)).all()

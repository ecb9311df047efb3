"""Saving what an event is, alone and together with others."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.core.times import instant_of
from app.core.versions import THEIRS, ClashError, Seen, digest
from app.events.details import save_details, values_of
from app.events.models import City, Event, EventState, Mode, Tag, Venue
from app.history.models import Entry
from app.history.service import Actor
from tests.support.people import add_session, make_group

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ADA = Actor(organizer_id=1, session_id=7)


def local(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - as a form holds it


@pytest.fixture
def draft(make_event, db):
    made = make_event("draft", state=EventState.DRAFT, starts_at=instant_of(local(2026, 5, 30, 13), "Asia/Shanghai"))
    return db.get(Event, made.id)


def save(event: Event, *, seen: Seen | None = None, **changes: object) -> bool:
    before = values_of(event)
    return save_details(event.id, before | changes, seen=seen or Seen.of(before), by=ADA, now=NOW)


def test_values_are_in_the_shape_of_the_form(draft):
    assert values_of(draft) == {
        "title": Texts(zh="云原生 Meetup 1", en="Cloud native meetup 1"),
        "lead": Texts(),
        "description": Texts(),
        "notice": Texts(),
        "starts_at": local(2026, 5, 30, 13),
        "ends_at": local(2026, 5, 30, 18),
        "is_all_day": False,
        "zone": "Asia/Shanghai",
        "mode": "in_person",
        "venue": "gehua",
        "city": "beijing",
        "online_url": "",
        "contact_email": "",
        "groups": [],
        "tags": [],
        "credits": [],
        "links": [],
    }


def test_everything_is_saved_and_written_down(db, draft):
    make_group("sig"), make_group("user-group")
    values = {
        "title": Texts(zh="甲"),
        "lead": Texts(en="b"),
        "description": Texts(en="**c**"),
        "notice": Texts(en="d"),
        "mode": "hybrid",
        "online_url": "https://live.example.org",
        "contact_email": "meet@example.org",
        "groups": ["sig", "user-group"],
        "tags": ["+云原生", "+DevOps"],
        "credits": [{"role": "sponsor", "name": Texts(en="E"), "url": "https://e.example.org"}],
        "links": [{"label": Texts(en="F"), "url": "https://f.example.org"}],
    }

    assert save(draft, **values)

    db.expire_all()
    event = db.get(Event, draft.id)
    slugs = sorted(tag.slug for tag in db.scalars(select(Tag)))
    assert values_of(event) | {"tags": []} == values_of(draft) | values | {"tags": []}
    assert (slugs, sorted(tag.slug for tag in event.tags)) == (["devops", "topic"], ["devops", "topic"])
    assert (event.revision, event.sequence, event.mode) == (2, 1, Mode.HYBRID)
    entry = db.scalars(select(Entry).where(Entry.action == "event.changed")).one()
    assert (entry.organizer_id, entry.session_id, entry.event_id) == (1, 7, event.id)
    assert entry.changes["title"] == [{"zh": "云原生 Meetup 1", "en": "Cloud native meetup 1"}, {"zh": "甲"}]


def test_nothing_changed_is_nothing_saved(db, draft):
    assert not save(draft)

    assert db.get(Event, draft.id).revision == 1
    assert db.scalars(select(Entry).where(Entry.action == "event.changed")).all() == []


def test_place_that_is_known_decides_the_city(db, draft):
    save(draft, city="+Shenzhen", venue="+Tower")
    db.expire_all()
    moved = db.get(Event, draft.id)
    assert (moved.city.slug, moved.venue.slug, moved.venue.city.slug) == ("shenzhen", "tower", "shenzhen")

    with transaction():
        moved.venue.city_id = None
    db.expire_all()
    moved = db.get(Event, draft.id)
    save(moved, city="beijing")
    db.expire_all()
    by_the_event = db.get(Event, draft.id).city.slug
    tower = db.scalars(select(Venue).where(Venue.slug == "tower")).one()
    shenzhen = db.scalars(select(City.id).where(City.slug == "shenzhen")).one()
    with transaction():
        tower.city_id = shenzhen
    db.expire_all()
    save(db.get(Event, draft.id), city="")

    db.expire_all()
    assert (by_the_event, db.get(Event, draft.id).city.slug) == ("beijing", "shenzhen")


def test_agenda_moves_with_the_beginning_by_the_clocks(db, draft):
    add_session(draft, "甲", starts_at=draft.starts_at, ends_at=draft.starts_at + timedelta(minutes=30))
    add_session(draft, "乙")
    draft = db.get(Event, draft.id)

    save(draft, starts_at=local(2026, 6, 6, 14), ends_at=local(2026, 6, 6, 18), zone="Asia/Tokyo")

    db.expire_all()
    first, second = db.get(Event, draft.id).sessions
    assert (first.starts_at, first.ends_at, second.starts_at) == (
        instant_of(local(2026, 6, 6, 14), "Asia/Tokyo"), instant_of(local(2026, 6, 6, 14, 30), "Asia/Tokyo"), None,
    )  # fmt: skip


def test_days_without_hours_are_from_midnight_to_midnight(db, draft):
    save(draft, is_all_day=True, starts_at=local(2026, 5, 30, 13), ends_at=local(2026, 5, 31, 18))

    db.expire_all()
    event = db.get(Event, draft.id)
    values = values_of(event)
    assert (values["starts_at"], values["ends_at"]) == (local(2026, 5, 30), local(2026, 6, 1))
    assert not save(event)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": local(2026, 5, 30, 13)}, "ends_at"),
        ({"ends_at": local(2026, 5, 30, 12)}, "ends_at"),
        ({"zone": "Europe/Berlin", "starts_at": local(2026, 3, 29, 2, 30)}, "starts_at"),
    ],
    ids=["no time at all", "end before start", "a time the clocks skip"],
)
def test_times_that_cannot_be_are_refused_beside_their_field(db, draft, changes, field):
    with pytest.raises(BadInputError) as refused:
        save(draft, title=Texts(en="not saved"), **changes)

    db.expire_all()
    assert refused.value.field == field
    assert db.get(Event, draft.id).revision == 1


def test_time_and_place_of_a_published_event_are_not_changed_here(db, make_event):
    event = make_event()
    before = values_of(event)

    with pytest.raises(ConflictError):
        save(event, starts_at=before["starts_at"] + timedelta(hours=1))
    save(event, title=Texts(en="New"))

    db.expire_all()
    after = db.get(Event, event.id)
    assert (after.title, after.starts_at, after.sequence) == (Texts(en="New"), event.starts_at, 0)


def test_two_organizers_who_change_different_fields_both_are_heard(db, draft):
    seen, before = Seen.of(values_of(draft)), values_of(draft)

    save_details(draft.id, before | {"title": Texts(en="Hers")}, seen=seen, by=ADA, now=NOW)
    save_details(draft.id, before | {"notice": Texts(en="His")}, seen=seen, by=ADA, now=NOW)

    db.expire_all()
    event = db.get(Event, draft.id)
    assert (event.title, event.notice, event.revision) == (Texts(en="Hers"), Texts(en="His"), 3)


def test_second_of_two_who_change_one_field_decides(db, draft):
    seen, before = Seen.of(values_of(draft)), values_of(draft)
    save_details(draft.id, before | {"title": Texts(en="Hers"), "lead": Texts(en="a")}, seen=seen, by=ADA, now=NOW)
    his = before | {"title": Texts(en="His"), "notice": Texts(en="b")}

    with pytest.raises(ClashError) as raised:
        save_details(draft.id, his, seen=seen, by=ADA, now=NOW)
    db.expire_all()
    after_the_clash = db.get(Event, draft.id).notice
    error = raised.value
    for decision, title in ((THEIRS, "Hers"), (digest(Texts(en="Hers")), "His")):
        decided = Seen(error.seen.digests, {"title": decision})
        save_details(draft.id, error.values, seen=decided, by=ADA, now=NOW)
        db.expire_all()
        event = db.get(Event, draft.id)
        assert (event.title, event.summary, event.notice) == (
            Texts(en=title), Texts(en="a"), Texts(en="b"),
        )  # fmt: skip

    assert after_the_clash == Texts()
    assert [clash.name for clash in error.clashes] == ["title"]

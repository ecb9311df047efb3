from datetime import UTC, datetime, timedelta

import pytest

from app.community.site import site
from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.events import queries
from app.events.models import City, EventState, Tag
from app.events.queries import Cursor, Filter
from tests.support.people import add_session, give_role, make_group, make_person, make_role
from tests.support.statements import counted

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def days(number):
    return NOW + timedelta(days=number)


def slugs(events):
    return [event.slug for event in events]


@pytest.fixture
def three_years(make_event):
    """A past event, one under way, one to come, a cancelled one to come, and a draft."""
    make_event("past", starts_at=days(-400))
    make_event("running", starts_at=NOW - timedelta(hours=1))
    make_event("next", starts_at=days(10))
    make_event("later", starts_at=days(20), state=EventState.CANCELLED)
    make_event("draft", starts_at=days(5), state=EventState.DRAFT)


def test_home_shows_what_runs_and_comes_first_and_what_was_after(three_years):
    assert slugs(queries.upcoming_events(now=NOW)) == ["running", "next", "later"]
    assert slugs(queries.past_events(now=NOW).events) == ["past"]


def test_an_event_that_has_ended_this_instant_is_past(make_event):
    make_event("ended", starts_at=NOW - timedelta(hours=5))

    assert slugs(queries.upcoming_events(now=NOW)) == []
    assert slugs(queries.past_events(now=NOW).events) == ["ended"]


def test_the_gate_opens_for_what_is_public_only(three_years):
    assert queries.public_event("next", now=NOW).slug == "next"
    assert queries.public_event("later", now=NOW).state == EventState.CANCELLED
    for slug in ("draft", "unknown"):
        with pytest.raises(NotFoundError):
            queries.public_event(slug, now=NOW)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_gate_asks_twice_however_much_the_event_has(make_event, rows):
    leader, groups = make_role("leader", is_leader=True), [make_group(f"group-{n}") for n in range(rows)]
    tags = [Tag(slug=f"tag-{n}", name=Texts(en=str(n))) for n in range(rows)]
    tickets = [{"slug": f"kind-{n}", "capacity": n} for n in range(rows)]
    event = make_event("big", groups=groups, tags=tags, ticket_types=tickets)
    for number in range(rows):
        speaker = make_person(f"person-{number}")
        give_role(speaker, leader, groups[0])
        add_session(event, f"talk {number}", speaker)
    site()  # the community's own row is kept in the process from now on
    db.session.expunge_all()

    with counted(db.engine) as statements:
        found = queries.public_event("big", now=NOW)
        shown = (
            found.venue.name, found.city.name, len(found.groups), len(found.tags), len(found.ticket_types),
            [part.person.terms[0].role.is_leader for item in found.sessions for part in item.speakers],
        )  # fmt: skip

    assert len(statements) == 2
    assert shown[2:] == (rows, rows, rows, [True] * rows)


def test_the_gate_loads_only_terms_as_leader_of_today(make_event):
    ada, group = make_person("ada"), make_group("north")
    give_role(ada, make_role("member"), group)
    give_role(ada, make_role("leader", is_leader=True), group, until=days(-1).date())
    add_session(make_event("talk"), "one", ada)
    db.session.expunge_all()

    (session,) = queries.public_event("talk", now=NOW).sessions

    assert session.speakers[0].person.terms == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), ["hangzhou", "online", "beijing"]),
        (Filter(when="upcoming"), ["online", "hangzhou"]),
        (Filter(when="past"), ["beijing"]),
        (Filter(city="hangzhou"), ["hangzhou"]),
        (Filter(city="nowhere"), []),
        (Filter(tag="wasm"), ["online", "beijing"]),
        (Filter(group="north"), ["beijing"]),
        (Filter(when="upcoming", tag="wasm"), ["online"]),
        (Filter(q="istio"), ["online"]),
        (Filter(q="ISTIO 实践"), ["online"]),
        (Filter(q="歌华"), ["hangzhou", "online", "beijing"]),
        (Filter(q="杭州"), ["hangzhou"]),
        (Filter(q="zh"), ["hangzhou"]),  # in Hangzhou, not in the JSON's key
        (Filter(q="100%"), ["beijing"]),
        (Filter(q="_"), []),
        (Filter(q='"'), ["beijing"]),
    ],
)
def test_the_list_holds_what_fits(make_event, wanted, expected):
    wasm, north = Tag(slug="wasm", name=Texts(en="Wasm")), make_group("north")
    make_event("beijing", starts_at=days(-9), tags=[wasm], groups=[north], title=Texts(en='"100% cloud"'))
    hangzhou = City(slug="hangzhou", name=Texts(zh="杭州", en="Hangzhou"))
    make_event("hangzhou", starts_at=days(9), city=hangzhou)
    make_event("online", starts_at=days(8), tags=[wasm], city=None, summary=Texts(zh="Istio 实践", en="On Istio"))
    make_event("draft", state=EventState.DRAFT, tags=[wasm], groups=[north])

    assert slugs(queries.listed_events(wanted, after=None, now=NOW).events) == expected


@pytest.mark.parametrize(("when", "sign"), [("past", -1), ("upcoming", 1), ("all", -1)])
def test_pages_of_a_list_hold_every_event_once_also_those_of_one_instant(make_event, when, sign):
    begins = [30, 20, 20, 20, 10]
    for number, day in enumerate(begins):
        make_event(f"event-{number}", starts_at=days(sign * day))
    wanted = Filter(when=when)

    seen, cursor = [], None
    for _page in range(3):
        page = queries.listed_events(wanted, after=cursor, now=NOW, limit=2)
        seen += [(event.starts_at, event.id) for event in page.events]
        cursor = Cursor.read(str(page.next_page)) if page.next_page else None

    assert cursor is None
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=when != "upcoming")


@pytest.mark.parametrize("text", ["", "1", "-", "a-1", "1-b", "1-2-3", "٣-1", f"{10**30}-1"])
def test_a_cursor_that_nobody_wrote_is_none(text):
    assert Cursor.read(text) is None or Cursor.read(text).at.year < 10_000


def test_a_cursor_survives_the_address():
    cursor = Cursor(datetime(2019, 12, 14, 5, 0, 0, 123456, tzinfo=UTC), 28)

    assert str(cursor) == "1576299600123456-28"
    assert Cursor.read(str(cursor)) == cursor


def test_the_list_can_be_narrowed_to_what_has_public_events(make_event):
    tag, other = Tag(slug="wasm", name=Texts(en="Wasm")), Tag(slug="ai", name=Texts(zh="人工智能"))
    north, south = make_group("north", position=2), make_group("south", position=1)
    make_event("public", tags=[tag], groups=[north, south])
    make_event("draft", state=EventState.DRAFT, tags=[other], city=City(slug="wuhan", name=Texts(zh="武汉")))
    make_group("empty")

    with counted(db.engine) as statements:
        found = queries.options()

    assert len(statements) == 1
    assert found.cities == [("beijing", Texts(zh="北京", en="Beijing"))]
    assert found.tags == [("wasm", Texts(en="Wasm"))]
    assert [slug for slug, _name in found.groups] == ["south", "north"]


def test_events_of_a_group_are_its_latest(make_event):
    north = make_group("north")
    for number in range(queries.GROUP_EVENTS_MAX + 2):
        make_event(f"event-{number}", starts_at=days(number), groups=[north])
    make_event("draft", groups=[north], state=EventState.DRAFT)

    found = slugs(queries.events_of_group(north.id))

    assert found == [f"event-{number}" for number in range(21, 1, -1)]


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_once_and_load_no_long_text(make_event, rows):
    for number in range(rows):
        make_event(f"event-{number}", starts_at=days(number), description=Texts(zh="长" * 1000))
    db.session.expunge_all()

    with counted(db.engine) as statements:
        events = queries.listed_events(Filter(), after=None, now=NOW).events
        places = [(event.venue.name.zh, event.city.name.zh) for event in events]

    assert len(statements) == 1
    assert "description" not in statements[0]
    assert places == [("歌华大厦 13 层", "北京")] * rows

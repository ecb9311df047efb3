"""Loading: what a file says becomes so, what it does not speak of stays, and a second load changes nothing."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.community.models import Group, Person, Term
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.life import change_address, publish_due
from app.events.models import Event, EventState, TicketType, Venue
from app.events.service import apply_changes
from app.events.signals import event_changed
from app.exchange.load import load
from app.history.service import THE_SITE
from app.registrations.models import Question
from app.registrations.seats import set_capacity
from tests.exchange.small import LATER, NOW, SMALL, event_named, file_of, load_text, versions_of
from tests.support.factories import sign_up_as, states


def test_load_of_small_community_makes_what_it_says(app: Flask, tmp_path: Path) -> None:
    report = load_text(tmp_path, SMALL)

    event = event_named("spring")
    assert str(report) == (
        "community: 1 created, 0 changed, 0 unchanged\n"
        "cities: 1 created, 0 changed, 0 unchanged\n"
        "tags: 1 created, 0 changed, 0 unchanged\n"
        "groups: 1 created, 0 changed, 0 unchanged\n"
        "roles: 1 created, 0 changed, 0 unchanged\n"
        "people: 2 created, 0 changed, 0 unchanged\n"
        "venues: 1 created, 0 changed, 0 unchanged\n"
        "events: 1 created, 0 changed, 0 unchanged"
    )
    assert report.summary == "9 created, 0 changed, 0 unchanged"
    assert (event.starts_at, event.ends_at, event.zone) == (
        datetime(2026, 5, 1, 16, 0, tzinfo=UTC),
        datetime(2026, 5, 1, 19, 0, tzinfo=UTC),
        "Europe/Berlin",
    )
    assert (event.state, event.city and event.city.slug) == (EventState.PUBLISHED, "berlin")
    assert event.credits == [{"role": "host", "name": {"en": "Small Community"}}]
    assert [
        (item.title.en, item.ends_at is None, [(s.person.slug, s.affiliation.en) for s in item.speakers])
        for item in event.sessions
    ] == [
        ("Opening", False, []),
        ("First talk", False, [("ada", "")]),
        ("Second talk", True, [("bob", "Bob Ltd"), ("ada", "")]),
    ]


def test_load_again_changes_nothing(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    before = versions_of("spring")

    report = load_text(tmp_path, SMALL, now=LATER)

    assert (report.created, report.changed) == (0, 0)
    assert versions_of("spring") == before


def test_load_knows_an_event_by_an_address_it_had_before(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    event_id = event_named("spring").id
    change_address(event_id, "berlin-2026", by=THE_SITE, now=NOW)

    again = load_text(tmp_path, SMALL, now=LATER)
    changed = load_text(tmp_path, SMALL.replace("en: Spring", "en: Spring meetup"), now=LATER)

    assert (again.created, again.changed, changed.created, changed.changed) == (0, 0, 0, 1)
    assert [(row.id, row.slug, row.title.en) for row in db.session.scalars(select(Event))] == [
        (event_id, "berlin-2026", "Spring meetup")
    ]


def test_load_that_publishes_a_draft_ends_its_plan_to_publish_itself(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL.replace("mode: in_person", "mode: in_person\n    state: draft"))
    with transaction() as session:
        apply_changes(session.get_one(Event, event_named("spring").id), {"publish_at": LATER}, now=NOW)

    load_text(tmp_path, SMALL.replace("mode: in_person", "mode: in_person\n    state: published"), now=NOW)

    assert publish_due(LATER) == 0
    assert (event_named("spring").state, event_named("spring").publish_at) == (EventState.PUBLISHED, None)


@pytest.mark.parametrize(
    ("old", "new", "sequence"),
    [
        ("starts: 2026-05-01T18:00", "starts: 2026-05-01T17:30", 1),
        ("ends: 2026-05-01T21:00", "ends: 2026-05-01T22:00", 1),
        ("venue: hall", "venue: null", 1),
        ("mode: in_person", "online_url: https://live.example.org/", 1),
        ("mode: in_person", "state: cancelled", 1),
        ("time_zone: Europe/Berlin", "time_zone: Europe/London", 1),
        ("address: 1 Main Street", "address: 2 Main Street", 1),
        ("en: Spring", "en: Spring meetup", 0),
        ("capacity: 20", "capacity: 30", 0),
        ("label: Company", "label: Employer", 0),
        ("title: Opening", "title: Welcome", 0),
        ("affiliation: Bob Ltd", "affiliation: Bob Inc", 0),
        ("tags: [web]", "tags: []", 0),
        ("name: Bob}", "name: Robert}", 0),
        ("name: Web}", "name: The web}", 0),
        ("en: Berlin}", "en: Berlin city}", 0),
    ],
)
def test_load_of_a_change_raises_versions_once(app: Flask, tmp_path: Path, old: str, new: str, sequence: int) -> None:
    load_text(tmp_path, SMALL)

    report = load_text(tmp_path, SMALL.replace(old, new), now=LATER)

    assert report.changed >= 1
    assert versions_of("spring") == (sequence, 2, LATER)


def test_load_tells_the_rooms_above_what_changed(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    heard: list[tuple[str, frozenset[str], bool]] = []

    def listen(event: Event, *, fields: frozenset[str], for_calendars: bool, **_more: object) -> None:
        heard.append((event.slug, fields, for_calendars))

    with event_changed.connected_to(listen):
        load_text(tmp_path, SMALL.replace("capacity: 20", "capacity: 30").replace("T21:00", "T22:00"), now=LATER)

    assert heard == [("spring", frozenset({"ends_at", "ticket_types"}), True)]


def test_load_leaves_alone_what_the_file_does_not_speak_of(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    with transaction() as session:
        session.add(Person(slug="eve", name=Texts(en="Eve"), revised_at=NOW))
        apply_changes(event_named("spring"), {"recap": Texts(en="It was good."), "attendance": 17}, now=NOW)
        event_named("spring").sessions[1].video_url = "https://video.example.org/1"

    report = load_text(tmp_path, SMALL, now=LATER)

    event = event_named("spring")
    assert report.changed == 0
    assert db.session.scalar(select(func.count(Person.id))) == 3
    assert (event.recap.en, event.attendance) == ("It was good.", 17)
    assert event.sessions[1].video_url == "https://video.example.org/1"


def test_load_of_null_clears_a_field(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL.replace("mode: in_person", "mode: in_person\n    attendance: 12\n    summary: Short"))

    load_text(tmp_path, SMALL.replace("mode: in_person", "mode: null\n    attendance: null\n    summary: null"))

    event = event_named("spring")
    assert (event.mode, event.attendance, event.summary) == (None, None, Texts())


def test_load_makes_the_agenda_what_the_file_says(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    ids = {item.title.en: item.id for item in event_named("spring").sessions}
    opening = '      - {title: Opening, kind: opening, start: "18:00", end: "18:15"}\n'
    first = '      - {title: First talk, start: "18:15", end: "19:00", speakers: [ada]}\n'
    pause = "      - {title: Pause, kind: break, minutes: 10}\n"

    load_text(tmp_path, SMALL.replace(opening, "").replace(first, pause) + first, now=LATER)

    sessions = event_named("spring").sessions
    assert [(item.position, item.title.en, item.minutes) for item in sessions] == [
        (0, "Pause", 10),
        (1, "Second talk", None),
        (2, "First talk", None),
    ]
    assert [sessions[1].id, sessions[2].id] == [ids["Second talk"], ids["First talk"]]


def test_load_makes_ticket_types_and_questions_what_the_file_says(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    changed = SMALL.replace("slug: stream, name: The stream", "slug: online, name: Online")
    changed = changed.replace("key: company, kind: short_text", "key: phone, kind: phone")

    load_text(tmp_path, changed, now=LATER)

    event = event_named("spring")
    assert [(ticket.slug, ticket.position) for ticket in event.ticket_types] == [("seat", 0), ("online", 1)]
    assert list(db.session.scalars(select(Question.key))) == ["phone"]
    assert db.session.scalar(select(func.count(TicketType.id))) == 2


def test_load_of_a_larger_capacity_gives_seats_to_those_who_wait(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL.replace("capacity: 20", "capacity: 1"))
    for name in ("ada", "bob", "eve"):
        sign_up_as(event_named("spring"), name, now=NOW)
    before = states(event_named("spring"))

    load_text(tmp_path, SMALL.replace("capacity: 20", "capacity: 2"), now=LATER)

    assert before == {"ada": "confirmed", "bob": "waiting", "eve": "waiting"}
    assert states(event_named("spring")) == {"ada": "confirmed", "bob": "confirmed", "eve": "waiting"}


def test_load_makes_the_terms_of_a_person_what_the_file_says(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    role = "role: leader, since: 2026-01-01"

    ended = load_text(tmp_path, SMALL.replace(role, f"{role}, until: 2026-02-01"), now=LATER)
    terms = [(term.since, term.until) for term in db.session.scalars(select(Term))]
    load_text(tmp_path, SMALL.replace(f"terms:\n      - {{group: users, {role}}}", "terms: []"), now=LATER)

    assert ended.counts["people"].changed == 1
    assert [(str(since), str(until)) for since, until in terms] == [("2026-01-01", "2026-02-01")]
    assert db.session.scalar(select(func.count(Term.id))) == 0


def test_load_takes_references_across_files_and_to_what_is_stored(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    event = (
        "format: juhui/1\nevents:\n  - {slug: autumn, title: Autumn, date: 2026-10-25, venue: barn, groups: [users]}\n"
    )
    venue = "format: juhui/1\nvenues:\n  - {slug: barn, name: Barn, city: berlin}\n"

    load([file_of(tmp_path, event, "a.yaml"), file_of(tmp_path, venue, "b.yaml")], now=NOW)

    autumn = event_named("autumn")
    assert (autumn.venue and autumn.venue.slug, [group.slug for group in autumn.groups]) == ("barn", ["users"])
    # The clocks are set back on that day in Berlin: it has 25 hours.
    assert (autumn.is_all_day, autumn.starts_at, autumn.ends_at) == (
        True,
        datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 23, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("datum", "latitude", "longitude"),
    [("wgs84", 39.911954, 116.377817), ("gcj02", 39.9133455, 116.3840472), ("bd09", 39.9195756, 116.3904547)],
)
def test_load_stores_coordinates_in_wgs84(
    app: Flask, tmp_path: Path, datum: str, latitude: float, longitude: float
) -> None:
    text = SMALL.replace("address: 1 Main Street", f"latitude: {latitude}, longitude: {longitude}, datum: {datum}")

    load_text(tmp_path, text)
    again = load_text(tmp_path, text, now=LATER)

    venue = db.session.scalars(select(Venue)).one()
    assert (venue.latitude, venue.longitude) == (
        pytest.approx(39.911954, abs=1e-6),
        pytest.approx(116.377817, abs=1e-6),
    )
    assert again.changed == 0


def test_load_of_groups_takes_a_parent_that_comes_later(app: Flask, tmp_path: Path) -> None:
    child = "  - {slug: station, kind: station, name: Station, parent: users}\n"

    load_text(tmp_path, SMALL.replace("groups:\n", f"groups:\n{child}", 1))

    station = db.session.scalars(select(Group).where(Group.slug == "station")).one()
    assert station.parent is not None
    assert (station.parent.slug, load_text(tmp_path, SMALL, now=LATER).changed) == ("users", 0)


def test_sign_up_window_and_long_night_are_reckoned_in_the_zone(app: Flask, tmp_path: Path) -> None:
    text = (
        "format: juhui/1\nevents:\n"
        "  - slug: night\n    title: Night\n    time_zone: America/New_York\n"
        "    starts: 2026-03-07T22:00\n    ends: 2026-03-08T05:00\n"
        '    sign_up: {opens: 2026-03-01T09:00, closes: {days_before: 1, at: "18:00"}, waiting_list: false}\n'
        '    agenda:\n      - {title: Late, start: "23:30", end: "01:00"}\n      - {title: Early, start: "04:00"}\n'
    )

    load_text(tmp_path, text)

    event = event_named("night")
    assert (event.sign_up_opens_at, event.sign_up_closes_at, event.has_waiting_list) == (
        datetime(2026, 3, 1, 14, 0, tzinfo=UTC),
        datetime(2026, 3, 6, 23, 0, tzinfo=UTC),
        False,
    )
    # The clocks are set forward at 02:00: the night is an hour shorter.
    assert (event.starts_at, event.ends_at) == (
        datetime(2026, 3, 8, 3, 0, tzinfo=UTC),
        datetime(2026, 3, 8, 9, 0, tzinfo=UTC),
    )
    assert [(item.starts_at, item.ends_at) for item in event.sessions] == [
        (datetime(2026, 3, 8, 4, 30, tzinfo=UTC), datetime(2026, 3, 8, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), None),
    ]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_serving_process_does_not_carry_what_only_a_load_needs(engine_url: str) -> None:
    program = (
        "import sys; from app import create_app; import app.exchange.load; "
        f"create_app({{'APP_ENV': 'testing', 'DATABASE_URL': {engine_url!r}, 'SECRET_KEY': 'x' * 40}}); "
        "print(sorted({'pydantic', 'yaml'} & set(sys.modules)))"
    )

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (answer.stdout, answer.stderr) == ("[]\n", "")


def test_items_of_a_file_that_begin_where_the_one_before_ends_follow_it_on_the_site(app: Flask, tmp_path: Path) -> None:
    agenda = """
    agenda:
      - {title: A, start: "18:00", end: "18:30"}
      - {title: B, start: "18:30", end: "19:00", track: 1}
      - {title: C, start: "18:30", end: "18:45", track: 2}
      - {title: D, start: "19:10", end: "19:30"}
      - {title: E, start: "19:30"}
      - {title: F, minutes: 10}
"""
    text = re.sub(r"\n    agenda:.*?(?=\n    \w|\Z)", agenda.rstrip(), SMALL, flags=re.DOTALL)

    load_text(tmp_path, text)
    load_text(tmp_path, text.replace(", track: 1}", "}"))

    assert [(item.title.en, item.track, item.follows) for item in event_named("spring").sessions] == [
        ("A", 0, True), ("B", 1, True), ("C", 2, True), ("D", 0, False), ("E", 0, False), ("F", 0, False),
    ]  # fmt: skip


def test_capacity_lowered_on_the_site_may_stand_in_the_file_and_be_raised_by_it(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event_named("spring"), name, now=NOW)
    with transaction() as session:
        set_capacity(session.scalars(select(TicketType).where(TicketType.slug == "seat")).one(), 1)

    columns = (TicketType.capacity, TicketType.seats_taken, TicketType.seats_over)
    statement, seen = select(*columns).where(TicketType.slug == "seat"), []
    for capacity in (1, 20):
        load_text(tmp_path, SMALL.replace("capacity: 20", f"capacity: {capacity}"), now=LATER)
        db.session.expire_all()
        seen.append(db.session.execute(statement).one())

    assert seen == [(1, 3, 2), (20, 3, 0)]

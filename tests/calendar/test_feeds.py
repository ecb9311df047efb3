"""Feeds: what is in them, and that nothing is done twice."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.calendar import feeds, queries
from app.calendar.entries import entry_of
from app.calendar.queries import Scope, ScopeKind
from app.community.models import Group, GroupKind, Person, Site
from app.core.db import db, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.events.models import Event, EventState, Mode, Series, Session, SessionSpeaker, Tag, Visibility
from app.events.service import apply_changes
from tests.calendar.samples import as_ics, as_vobject, lines_of, values_of
from tests.support.statements import counted

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=20)
SITE = Scope(ScopeKind.SITE)


@pytest.fixture
def settings() -> dict[str, object]:
    return {"PUBLIC_URL": "https://meetup.example.org"}


@pytest.fixture(autouse=True)
def community(app: Flask) -> None:
    name = Texts(zh="KubeSphere 社区", en="KubeSphere, the community")
    with transaction():
        db.session.add(Site(id=1, name=name, tagline=Texts(zh="一起聊云原生"), revised_at=EARLIER))


@pytest.fixture
def meetup(make_event):
    """Make an event that starts some days from now, with an agenda: `meetup("a", days=-3)`."""

    def make(slug: str, *, days: int = 7, **values):
        starts_at = NOW + timedelta(days=days)
        event = make_event(slug, starts_at=starts_at, now=EARLIER, **values)
        with transaction() as session:
            ada, bob = (
                Person(slug=f"{slug}-{n.lower()}", name=Texts(en=n), revised_at=EARLIER) for n in ("Ada", "Bob")
            )
            talk = Session(event=event, position=0, title=Texts(zh="开场", en="Opening"), starts_at=starts_at)
            panel = Session(event=event, position=1, title=Texts(zh="圆桌"))
            # Told out of order, so that only their position can bring them into it.
            panel.speakers = [SessionSpeaker(person=bob, position=1), SessionSpeaker(person=ada, position=0)]
            session.add_all([ada, bob, talk, panel])
        return event

    return make


def feed(scope: Scope = SITE, *, language="zh", now: datetime = NOW) -> bytes:
    db.session.expire_all()
    edition = queries.edition(scope, since=feeds.since(now))
    return feeds.content(scope, edition, language=language, now=now)


def etag(scope: Scope = SITE, *, language="zh", now: datetime = NOW) -> str:
    return feeds.etag(scope, queries.edition(scope, since=feeds.since(now)), language)


def change(event: Event, *, now: datetime = NOW, **values: object) -> None:
    with transaction():
        apply_changes(db.session.get_one(Event, event.id), values, now=now)


def titles(content: bytes) -> list[str]:
    return [value[1:] for value in values_of(content, "SUMMARY")]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_feed_is_the_golden_one(make_event, golden):
    for number, zone in enumerate(("Asia/Shanghai", "Europe/Berlin", "Asia/Shanghai")):
        starts_at = datetime(2026, 12, 5 + number, 6, 0, tzinfo=UTC)
        event = make_event(f"meetup-{number}", starts_at=starts_at, now=EARLIER, zone=zone)
        with transaction():
            db.session.get_one(Event, event.id).uid = f"0b7a3c52-0000-4000-8000-00000000000{number}"

    content = feed()

    golden("feed", content)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_feed_without_events_is_the_golden_one(golden):
    content = feed()

    golden("feed-empty", content)
    assert as_vobject(content).vtimezone.tzid.value == "Asia/Shanghai"
    assert as_ics(content).events == set()


def test_feed_holds_what_is_public_in_order(meetup):
    meetup("late", days=9, title=Texts(zh="后来"))
    meetup("first", days=2, title=Texts(zh="先来"))
    meetup("hidden", state=EventState.DRAFT, title=Texts(zh="草稿"))
    meetup("off", days=5, state=EventState.CANCELLED, title=Texts(zh="不办"))

    content = feed()

    assert titles(content) == ["先来", "已取消：不办", "后来"]
    assert values_of(content, "STATUS") == [":CONFIRMED", ":CANCELLED", ":CONFIRMED"]
    assert set(values_of(content, "TRANSP")) == {":TRANSPARENT"}


def test_feed_keeps_a_year_and_the_archive_all(meetup):
    meetup("kept", days=-364, title=Texts(zh="还在"))
    meetup("off", days=-300, title=Texts(zh="停了"), state=EventState.CANCELLED)
    meetup("gone", days=-366, title=Texts(zh="已去"))
    meetup("old", days=-3650, title=Texts(zh="很久"))

    assert titles(feed()) == ["还在", "已取消：停了"]
    assert titles(feed(Scope(ScopeKind.ARCHIVE))) == ["很久", "已去", "还在", "已取消：停了"]
    assert values_of(feed(Scope(ScopeKind.ARCHIVE)), "NAME") == [":KubeSphere 社区 · 历届活动"]


def test_feed_that_an_event_has_grown_too_old_for_is_another_one(meetup):
    event = meetup("old", days=-364)
    later = event.ends_at + timedelta(days=365, hours=1)
    before = queries.edition(SITE, since=feeds.since(NOW))

    after = queries.edition(SITE, since=feeds.since(later))

    assert (before.events, after.events) == (1, 0)
    assert feeds.etag(SITE, before, "zh") != feeds.etag(SITE, after, "zh")
    assert feeds.changed_at(before) == EARLIER
    assert feeds.changed_at(after) == event.ends_at + timedelta(days=365)


@pytest.mark.parametrize("kind", [ScopeKind.SITE, ScopeKind.ARCHIVE, ScopeKind.CITY])
def test_feed_tells_of_no_event_that_only_its_address_leads_to(meetup, kind):
    meetup("a", title=Texts(zh="公开"))
    meetup("b", title=Texts(zh="不列出"), visibility=Visibility.UNLISTED)
    meetup("c", title=Texts(zh="邀请"), visibility=Visibility.INVITATION)

    assert titles(feed(Scope(kind, "beijing" if kind is ScopeKind.CITY else ""))) == ["公开"]


def test_feed_tells_what_it_is(meetup):
    meetup("a")

    content = feed(language="en")

    head = lines_of(content)[: lines_of(content).index("BEGIN:VTIMEZONE")]
    assert head == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Juhui//Juhui//EN",
        "CALSCALE:GREGORIAN",
        "NAME:KubeSphere the community",
        "X-WR-CALNAME:KubeSphere the community",
        "DESCRIPTION:一起聊云原生",
        "X-WR-CALDESC:一起聊云原生",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "URL:https://meetup.example.org/events/?lang=en",
        "SOURCE;VALUE=URI:https://meetup.example.org/calendar.ics?lang=en",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "COLOR:teal",
        "LAST-MODIFIED:20261102T090000Z",
    ]
    assert not [n for n in ("METHOD", "ATTENDEE", "ORGANIZER", "TRIGGER") if values_of(content, n)]
    assert len(values_of(content, "UID")) == 1


def test_feed_never_tells_the_online_link(meetup):
    meetup("a", mode=Mode.HYBRID, online_url="https://secret.example.org/room")
    meetup("b", mode=Mode.ONLINE, online_url="https://secret.example.org/room")

    assert b"secret" not in feed().replace(b"\r\n ", b"")


def test_feed_is_the_same_bytes_each_time(app, meetup):
    meetup("a")
    meetup("b", days=1)
    first = feed()
    app.extensions.pop("written_events")

    again = feed(now=NOW + timedelta(hours=3))

    assert again == first


def test_feed_says_what_the_file_and_the_invitation_say(meetup):
    tags = [Tag(slug="mesh", name=Texts(zh="服务网格", en="Mesh")), Tag(slug="ai", name=Texts(en="AI"))]
    event = meetup("a", tags=tags, agenda_note=Texts(en="Soon"), notice=Texts(zh="演示"), agenda_order_known=False)
    db.session.expire_all()

    for language in ("zh", "en"):
        assert queries.entries([event.id], language) == {event.id: entry_of(event, language)}


def test_feeds_of_a_part_hold_their_events(meetup):
    group = Group(slug="user-group", kind=GroupKind.USER_GROUP, name=Texts(en="User Group"), revised_at=EARLIER)
    tag = Tag(slug="mesh", name=Texts(zh="服务网格"))
    series = Series(slug="monthly", name=Texts(zh="每月一聚"), created_at=EARLIER)
    meetup("a", title=Texts(zh="组"), groups=[group], city=None)
    meetup("b", title=Texts(zh="标签"), tags=[tag], city=None)
    meetup("c", title=Texts(zh="城市"))
    meetup("d", title=Texts(zh="系列"), series=series, city=None, days=8)
    meetup("e", title=Texts(zh="演示"), is_demo=True, city=None)

    scopes = {
        "组": Scope(ScopeKind.GROUP, "user-group"),
        "标签": Scope(ScopeKind.TAG, "mesh"),
        "城市": Scope(ScopeKind.CITY, "beijing"),
        "系列": Scope(ScopeKind.SERIES, "monthly"),
    }
    assert {name: titles(feed(scope)) for name, scope in scopes.items()} == {name: [name] for name in scopes}
    assert titles(feed(Scope(ScopeKind.SPEAKER, "d-bob"))) == ["系列"]
    assert titles(feed(Scope(ScopeKind.SPEAKER, "e-bob"))) == []  # nobody will speak at a demo
    assert values_of(feed(Scope(ScopeKind.TAG, "mesh")), "NAME") == [":KubeSphere 社区 · 服务网格"]


@pytest.mark.parametrize("kind", [kind for kind in ScopeKind if kind not in {ScopeKind.SITE, ScopeKind.ARCHIVE}])
def test_calendar_of_something_unknown_is_not_found(meetup, kind):
    meetup("draft", state=EventState.DRAFT)

    with pytest.raises(NotFoundError):
        feed(Scope(kind, "draft"))


def test_sequence_rises_when_calendars_must_hear(meetup):
    event = meetup("a")

    change(event, summary=Texts(zh="错字"), now=NOW)
    typo = feed()
    change(event, venue=None, now=NOW + timedelta(minutes=1))
    moved = feed()
    change(event, state=EventState.CANCELLED, now=NOW + timedelta(minutes=2))
    cancelled = feed()

    assert [values_of(each, "SEQUENCE") for each in (typo, moved, cancelled)] == [[":0"], [":1"], [":2"]]
    assert [values_of(each, "DTSTAMP") for each in (typo, moved, cancelled)] == [
        [":20261122T090000Z"],
        [":20261122T090100Z"],
        [":20261122T090200Z"],
    ]
    assert values_of(typo, "UID") == values_of(moved, "UID") == values_of(cancelled, "UID") == [f":{event.uid}"]


def test_etag_changes_with_whatever_changes_the_feed(meetup):
    tag = Tag(slug="mesh", name=Texts(zh="服务网格"))
    first, second = meetup("a", tags=[tag]), meetup("b")
    mesh = Scope(ScopeKind.TAG, "mesh")
    seen = [etag(), etag(language="en"), etag(mesh)]

    change(first, summary=Texts(zh="新"))
    seen += [etag(), etag(mesh)]
    change(first, tags=[])
    seen += [etag(), etag(mesh)]
    change(second, tags=[tag])
    seen += [etag(), etag(mesh)]
    change(second, state=EventState.DRAFT)
    seen += [etag()]

    assert len(set(seen)) == len(seen)


def test_etag_stays_when_another_feed_changes(meetup):
    tag = Tag(slug="mesh", name=Texts(zh="服务网格"))
    meetup("a", tags=[tag])
    other = meetup("b")
    before = etag(Scope(ScopeKind.TAG, "mesh"))

    change(other, summary=Texts(zh="新"))

    assert etag(Scope(ScopeKind.TAG, "mesh")) == before


def test_one_change_writes_one_event_anew(app, meetup):
    events = [meetup(slug) for slug in ("a", "b", "c")]
    feed()
    written = feeds.written_events()
    size = len(written)

    change(events[1], title=Texts(zh="新名字"))
    with counted(db.engine) as statements:
        content = feed()

    assert len(written) == size + 1
    assert "新名字" in titles(content)
    assert len(statements) == 5


def test_feed_asks_as_much_for_one_event_as_for_three(app, meetup):
    def cold() -> int:
        app.extensions.pop("written_events")
        with counted(db.engine) as statements:
            feed()
        return len(statements)

    meetup("a")
    feed()  # the community's own row is read once a process
    one = cold()
    meetup("b")
    meetup("c")
    three = cold()

    assert (one, three) == (5, 5)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_memory_of_written_events_is_bounded():
    memory = feeds.WrittenEvents(bytes_max=5_000)
    keys = [(number, 1, NOW, "zh", "https://meetup.example.org") for number in range(20)]

    for key in keys:
        memory.keep({key: (b"x" * 600, None)})
        memory.get(keys[:1])

    assert len(memory) == 5
    assert set(memory.get(keys)) == {keys[0], *keys[-4:]}

"""News of events as feed readers fetch it."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.community.models import Site
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState, Tag, Visibility
from app.events.service import apply_changes
from tests.support.statements import counted

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
BOTH = ["/events.atom", "/events.json"]


@pytest.fixture
def settings() -> dict[str, object]:
    return {"PUBLIC_URL": "https://meetup.example.org"}


@pytest.fixture(autouse=True)
def community(app: Flask) -> None:
    with transaction() as session:
        name, tagline = Texts(zh="KubeSphere 社区", en="KubeSphere"), Texts(zh="一起聊云原生")
        session.add(Site(id=1, name=name, tagline=tagline, revised_at=NOW))


@pytest.fixture
def announce(make_event):
    """Announce an event some days after the first: `announce("a", days=3)`."""

    def make(slug: str, *, days: int = 0, **values) -> Event:
        starts_at = NOW + timedelta(days=30)
        return make_event(slug, **{"starts_at": starts_at, "now": NOW + timedelta(days=days)} | values)

    return make


def items(client, address: str = "/events.json") -> list[dict]:
    return client.get(address).json["items"]


def read(response: TestResponse) -> ET.Element:
    """Return an Atom feed as an XML parser reads it."""
    return ET.fromstring(response.data)  # noqa: S314 - our own answer, not a stranger's


def slugs(client) -> list[str]:
    return [item["url"].rpartition("/")[2] for item in items(client)]


def change(event: Event, *, now: datetime, **values: object) -> None:
    with transaction():
        apply_changes(db.session.get_one(Event, event.id), values, now=now)


def test_news_is_what_was_announced_last(client, announce):
    announce("second", days=1)
    announce("third", days=2)
    announce("first")

    assert slugs(client) == ["third", "second", "first"]


def test_news_tells_only_of_what_everybody_may_find_and_is_new(client, announce):
    announce("draft", state=EventState.DRAFT)
    announce("unlisted", visibility=Visibility.UNLISTED)
    announce("invited", visibility=Visibility.INVITATION)
    announce("written-down-later", starts_at=NOW - timedelta(days=400))
    announce("shown")

    assert slugs(client) == ["shown"]


def test_draft_becomes_news_on_the_day_it_is_published(client, announce):
    draft = announce("draft", state=EventState.DRAFT)
    announce("other", days=1)

    change(draft, now=NOW + timedelta(days=2), state=EventState.PUBLISHED)

    assert slugs(client) == ["draft", "other"]
    assert items(client)[0]["date_published"] == "2026-11-03T08:30:00Z"


def test_json_feed_has_the_form_of_version_1_1(client, announce):
    tag = Tag(slug="mesh", name=Texts(zh="服务网格"))
    event = announce("meetup", tags=[tag], summary=Texts(zh="聊聊 <网格>"), title=Texts(zh="云原生\x0b聚会"))

    response = client.get("/events.json")

    assert response.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    told = json.loads(response.data)
    assert told == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "KubeSphere 社区",
        "home_page_url": "https://meetup.example.org/?lang=zh",
        "feed_url": "https://meetup.example.org/events.json?lang=zh",
        "language": "zh-Hans",
        "description": "一起聊云原生",
        "items": [
            {
                "id": f"urn:uuid:{event.uid}",
                "url": "https://meetup.example.org/events/meetup",
                "title": "云原生聚会",
                "summary": "聊聊 <网格>",
                "content_text": "2026年12月1日 星期二 16:30–21:30 北京时间 (UTC+8)\n"
                "北京市东城区青龙胡同 1 号歌华大厦 13 层\n\n"
                "聊聊 <网格>\n\n详情：https://meetup.example.org/events/meetup",
                "date_published": "2026-11-01T08:30:00Z",
                "date_modified": "2026-11-01T08:30:00Z",
                "tags": ["服务网格"],
            }
        ],
    }


def test_atom_says_the_same_as_json(client, announce):
    tag = Tag(slug="mesh", name=Texts(zh="服务网格", en="Mesh & more"))
    announce("a", tags=[tag], summary=Texts(en="<b>one</b> & two"))
    announce("b", days=1, title=Texts(zh="第二场"))

    response = client.get("/events.atom?lang=en")

    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = read(response)
    assert [
        {
            "id": entry.findtext(f"{ATOM}id"),
            "url": entry.find(f"{ATOM}link").get("href"),
            "title": entry.findtext(f"{ATOM}title"),
            "content_text": entry.findtext(f"{ATOM}content"),
            "date_published": entry.findtext(f"{ATOM}published"),
            "date_modified": entry.findtext(f"{ATOM}updated"),
        }
        | ({"summary": summary} if (summary := entry.findtext(f"{ATOM}summary")) else {})
        | ({"tags": tags} if (tags := [each.get("term") for each in entry.findall(f"{ATOM}category")]) else {})
        for entry in feed.findall(f"{ATOM}entry")
    ] == items(client, "/events.json?lang=en")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "https://meetup.example.org/events.atom?lang=en",
        "alternate": "https://meetup.example.org/?lang=en",
    }
    assert feed.findtext(f"{ATOM}updated") == "2026-11-02T08:30:00Z"


def test_news_without_events_is_a_feed(client):
    assert items(client) == []
    assert read(client.get("/events.atom")).findtext(f"{ATOM}title") == "KubeSphere 社区"


def test_changed_news_keeps_its_id_and_place_and_says_when(client, announce):
    event = announce("a")
    announce("b", days=1)
    before = items(client)[1]

    change(event, now=NOW + timedelta(days=3), state=EventState.CANCELLED)

    after = items(client)[1]
    assert after["id"] == before["id"]
    assert after["title"] == f"已取消：{before['title']}"
    assert (after["date_published"], after["date_modified"]) == (before["date_published"], "2026-11-04T08:30:00Z")


@pytest.mark.parametrize("address", BOTH)
def test_known_news_is_a_304_after_one_statement(app, client, announce, address):
    event = announce("a")
    first = client.get(address)
    tag = first.headers["ETag"]

    with counted(db.engine) as statements:
        known = client.get(address, headers={"If-None-Match": tag})
    change(event, now=NOW + timedelta(days=1), summary=Texts(zh="新"))
    changed = client.get(address, headers={"If-None-Match": tag})

    assert client.get(address).data == changed.data != first.data
    assert (known.status_code, known.data, len(statements)) == (304, b"", 1)
    assert changed.status_code == 200
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("address", BOTH)
def test_news_asks_as_much_for_one_event_as_for_three(client, announce, address):
    def asked() -> int:
        with counted(db.engine) as statements:
            client.get(address)
        return len(statements)

    announce("a")
    client.get(address)  # the community's own row is read once a process
    one = asked()
    announce("b")
    announce("c")

    assert (one, asked()) == (4, 4)


def test_two_kinds_of_news_have_two_etags(client, announce):
    announce("a")

    tags = [client.get(address).headers["ETag"] for address in (*BOTH, *(f"{each}?lang=en" for each in BOTH))]

    assert len(set(tags)) == 4


@pytest.mark.parametrize("page", ["/", "/events/", "/calendar/"])
def test_pages_tell_readers_where_the_news_is(client, announce, page):
    announce("a")

    text = client.get(f"{page}?lang=en").text

    for kind, address in (("atom+xml", "/events.atom"), ("feed+json", "/events.json")):
        title_and_address = f'title="KubeSphere" href="https://meetup.example.org{address}?lang=en"'
        assert f'<link rel="alternate" type="application/{kind}" {title_and_address}>' in text

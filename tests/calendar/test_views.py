"""Calendars as clients fetch them, and the page that offers them."""

import gzip
import html
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

import pytest
from flask import Flask

from app.community.models import Group, GroupKind, Person, Site
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState, Series, Session, SessionSpeaker, Tag, Visibility
from app.events.service import apply_changes
from tests.calendar.samples import as_vobject, values_of
from tests.support.codes import scanned
from tests.support.statements import counted

EARLIER = datetime(2026, 11, 1, 8, 30, 15, 500_000, tzinfo=UTC)
PARTS = [
    "/calendar/groups/user-group",
    "/calendar/series/monthly",
    "/calendar/cities/beijing",
    "/calendar/tags/mesh",
    "/calendar/speakers/ada",
]
FEEDS = ["/calendar.ics", "/calendar/archive.ics", *(f"{part}.ics" for part in PARTS)]
ALL = [*FEEDS, "/events/meetup.ics"]


@pytest.fixture
def settings() -> dict[str, object]:
    return {"PUBLIC_URL": "https://meetup.example.org"}


@pytest.fixture
def event(app: Flask, make_event) -> Event:
    with transaction() as session:
        session.add(Site(id=1, name=Texts(zh="KubeSphere 社区", en="KubeSphere"), revised_at=EARLIER))
    group = Group(slug="user-group", kind=GroupKind.USER_GROUP, name=Texts(en="User Group"), revised_at=EARLIER)
    tag = Tag(slug="mesh", name=Texts(zh="服务网格", en="Service mesh"))
    title = Texts(zh="云原生聚会", en="Cloud native meetup")
    series = Series(slug="monthly", name=Texts(zh="每月一聚", en="Monthly"), created_at=EARLIER)
    event = make_event("meetup", now=EARLIER, groups=[group], tags=[tag], title=title, series=series)
    with transaction() as session:
        ada = Person(slug="ada", name=Texts(en="Ada"), revised_at=EARLIER)
        talk = Session(event_id=event.id, position=0, title=Texts(zh="开场"))
        talk.speakers = [SessionSpeaker(person=ada, position=0)]
        session.add_all([ada, talk])
    return event


def change(event: Event, *, now: datetime, **values: object) -> None:
    with transaction():
        apply_changes(db.session.get_one(Event, event.id), values, now=now)


@pytest.mark.parametrize("address", ALL)
def test_calendar_is_served_for_every_client(client, event, address):
    # Outlook sends this on its first try; a 401 or 400 would end the subscription.
    response = client.get(address, headers={"Authorization": "Bearer nonsense", "Accept": "text/nothing"})

    assert response.status_code == 200
    assert as_vobject(response.data).vevent.uid.value == event.uid
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Last-Modified"] == "Sun, 01 Nov 2026 08:30:15 GMT"
    assert "Set-Cookie" not in response.headers


def test_calendar_is_the_same_bytes_twice(client, event):
    first = [(each.data, each.headers["ETag"]) for each in map(client.get, ALL)]
    second = [(each.data, each.headers["ETag"]) for each in map(client.get, ALL)]

    assert first == second
    assert len({tag for _data, tag in first}) == len(ALL)
    assert not [tag for _data, tag in first if tag.startswith("W/")]


@pytest.mark.parametrize("address", ALL)
def test_known_calendar_is_a_304_after_one_statement(app, client, event, address):
    tag = client.get(address).headers["ETag"]
    app.extensions.pop("written_events", None)

    with counted(db.engine) as statements:
        response = client.get(address, headers={"If-None-Match": f'"other", {tag}'})

    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == tag
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert len(statements) == 1
    assert "written_events" not in app.extensions


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_compressed_calendar_is_a_304_without_rendering_too(client, event, make_event, encoding):
    for number in range(3):
        make_event(f"more-{number}")
    headers = {"Accept-Encoding": encoding}
    whole, packed = client.get("/calendar.ics"), client.get("/calendar.ics", headers=headers)

    with counted(db.engine) as statements:
        again = client.get("/calendar.ics", headers=headers | {"If-None-Match": packed.headers["ETag"]})

    assert packed.headers["Content-Encoding"] == encoding
    assert packed.headers["ETag"] != whole.headers["ETag"]
    assert encoding != "gzip" or gzip.decompress(packed.data) == whole.data
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    assert len(statements) == 1


@pytest.mark.parametrize("address", ["/calendar/tags/mesh.ics", "/events/meetup.ics"])
def test_changed_calendar_is_not_a_304(client, event, address):
    before = client.get(address)

    change(event, now=EARLIER + timedelta(minutes=1), title=Texts(zh="改了"))
    response = client.get(address, headers={"If-None-Match": before.headers["ETag"]})

    assert response.status_code == 200
    assert as_vobject(response.data).vevent.dtstamp.value == datetime(2026, 11, 1, 8, 31, 15, tzinfo=UTC)


def test_if_modified_since_counts_where_there_is_no_etag(client, event):
    known = client.get("/calendar.ics").headers["Last-Modified"]
    earlier = format_datetime(parsedate_to_datetime(known) - timedelta(seconds=1), usegmt=True)

    answers = [
        [
            client.get(address, headers={"If-Modified-Since": known}).status_code,
            client.get(address, headers={"If-Modified-Since": earlier}).status_code,
            client.get(address, headers={"If-Modified-Since": known, "If-None-Match": '"other"'}).status_code,
        ]
        for address in ALL
    ]

    assert answers == [[304, 200, 200]] * len(ALL)


def test_event_that_leaves_a_feed_is_heard_by_if_modified_since(client, event):
    known = client.get("/calendar/tags/mesh.ics").headers["Last-Modified"]

    change(event, now=EARLIER + timedelta(minutes=1), tags=[])
    response = client.get("/calendar/tags/mesh.ics", headers={"If-Modified-Since": known})

    assert (response.status_code, values_of(response.data, "UID")) == (200, [])


def test_last_modified_waits_until_the_second_is_over(client, event):
    change(event, now=utc_now(), title=Texts(zh="改了"))

    assert "Last-Modified" not in client.get("/calendar.ics").headers


def test_head_has_the_headers_and_no_body(client, event):
    pairs = [(client.get(address), client.head(address)) for address in ALL]

    assert [(head.status_code, head.data) for _whole, head in pairs] == [(200, b"")] * len(ALL)
    assert [dict(head.headers) for _whole, head in pairs] == [dict(whole.headers) for whole, _head in pairs]


def test_feed_speaks_the_language_of_its_address_and_not_of_the_client(client, event):
    english = {"Accept-Language": "en"}
    plain, asked = client.get("/calendar.ics", headers=english), client.get("/calendar.ics?lang=en")

    assert as_vobject(plain.data).vevent.summary.value == "云原生聚会"
    assert as_vobject(asked.data).vevent.summary.value == "Cloud native meetup"
    assert as_vobject(asked.data).vevent.url.value == "https://meetup.example.org/events/meetup?lang=en"
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_file_speaks_the_language_of_the_reader(client, event):
    response = client.get("/events/meetup.ics", headers={"Accept-Language": "en"})

    assert as_vobject(response.data).vevent.summary.value == "Cloud native meetup"
    assert sorted(response.vary) == ["Accept-Encoding", "Accept-Language"]


def test_file_is_a_download_with_a_name(client, event):
    disposition = client.get("/events/meetup.ics").headers["Content-Disposition"]

    assert disposition == "attachment; filename=\"meetup.ics\"; filename*=UTF-8''meetup.ics"


def test_feed_is_shown_inline_with_a_name(client, event):
    assert client.get("/calendar.ics").headers["Content-Disposition"] == 'inline; filename="calendar.ics"'


def test_unknown_calendar_is_not_found(client, event, make_event):
    make_event("draft", state=EventState.DRAFT)
    unknown = [
        "/events/draft.ics",
        "/events/none.ics",
        *(f"/calendar/{k}/none.ics" for k in ("groups", "cities", "tags", "series", "speakers")),
        *(f"/calendar/{k}/none" for k in ("groups", "cities", "tags", "series", "speakers", "events")),
    ]

    assert [client.get(address).status_code for address in unknown] == [404] * len(unknown)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"state": EventState.DRAFT}, 404),
        ({"visibility": Visibility.UNLISTED}, 404),
        ({"visibility": Visibility.INVITATION}, 404),
        ({}, 200),
    ],
)
def test_calendar_of_what_only_a_hidden_event_speaks_of_says_no_name(client, event, make_event, values, status):
    series = Series(slug="secret", name=Texts(en="Secret series"), created_at=EARLIER)
    event = make_event("hidden", series=series, **values)
    with transaction() as session:
        guest = Person(slug="secret", name=Texts(en="Secret guest"), is_guest=True, revised_at=EARLIER)
        talk = Session(event_id=event.id, position=0, title=Texts(en="Opening"))
        talk.speakers = [SessionSpeaker(person=guest, position=0)]
        session.add_all([guest, talk])
    parts = ("series", "speakers")

    answers = [client.get(f"/calendar/{part}/secret{suffix}") for part in parts for suffix in ("", ".ics")]

    assert [answer.status_code for answer in answers] == [status] * 4
    assert [b"Secret" in answer.data for answer in answers] == [status == 200] * 4


def test_file_of_a_cancelled_event_says_so(client, make_event):
    make_event("meetup", state=EventState.CANCELLED, title=Texts(zh="不办"))

    response = client.get("/events/meetup.ics")

    assert values_of(response.data, "STATUS") == [":CANCELLED"]
    assert as_vobject(response.data).vevent.summary.value == "已取消：不办"


def test_slug_may_hold_a_dot(client, make_event):
    make_event("v3.0")

    assert client.get("/events/v3.0.ics").status_code == 200


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_offers_the_calendar_of_all_events_and_leads_to_the_others(client, event, language):
    page = client.get(f"/calendar/?lang={language}").text

    lang = "" if language == "zh" else "?lang=en"
    assert [f'href="https://meetup.example.org{part}{lang}"' in page for part in PARTS] == [True] * len(PARTS)
    assert ways_in(page) == [*ways_to("/calendar.ics", lang), *ways_to("/calendar/archive.ics", lang)]
    codes = re.findall(r'<img src="https://meetup\.example\.org(/calendar/[^"]+)"', page)
    assert codes == [f"/calendar/qr.svg{lang}", f"/calendar/archive.svg{lang}"]


@pytest.mark.parametrize("part", PARTS)
def test_page_of_a_feed_offers_it(client, event, part):
    page = client.get(f"{part}?lang=en")

    assert ways_in(page.text) == ways_to(f"{part}.ics", "?lang=en")
    assert f'src="https://meetup.example.org{part}.svg?lang=en"' in page.text
    assert page.headers["Cache-Control"].startswith("public")


def test_archive_has_a_page_of_its_own(client, event):
    page = client.get("/calendar/archive?lang=en")

    assert ways_in(page.text) == ways_to("/calendar/archive.ics", "?lang=en")
    assert 'src="https://meetup.example.org/calendar/archive.svg?lang=en"' in page.text
    assert page.headers["Cache-Control"].startswith("public")


def ways_in(page: str) -> list[str]:
    """Return the ways into calendars that a page shows, in its order: what cannot be reached in China last."""
    links = re.findall(r'<a class="button[^"]*" href="([^"]+)"', page)
    return [html.unescape(link) for link in links]


def ways_to(address: str, lang: str) -> list[str]:
    whole = f"meetup.example.org{address}{lang}"
    encoded = quote(whole, safe="")
    return [
        f"webcal://{whole}",
        f"https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F{encoded}",
        f"https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F{encoded}",
        f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{encoded}",
    ]


def test_page_tells_how_often_each_client_looks(client, event):
    page = client.get("/calendar/?lang=en").text

    clients = ["iPhone", "Outlook", "Android", "WeChat", "Thunderbird", "Google Calendar"]
    assert [f">{name}" in page or f">{name}," in page for name in clients] == [True] * len(clients)
    assert "every 8 to 24 hours" in page


def test_code_leads_to_the_page_of_the_feed(client, event, browser):
    addresses = ("/calendar/qr.svg", "/calendar/archive.svg", f"{PARTS[3]}.svg")

    codes = {address: client.get(f"{address}?lang=en") for address in addresses}

    assert {address: scanned(browser, response.data) for address, response in codes.items()} == {
        "/calendar/qr.svg": "https://meetup.example.org/calendar/?lang=en",
        "/calendar/archive.svg": "https://meetup.example.org/calendar/archive?lang=en",
        "/calendar/tags/mesh.svg": "https://meetup.example.org/calendar/tags/mesh?lang=en",
    }
    known = codes["/calendar/qr.svg"]
    assert known.headers["Cache-Control"] == "public, max-age=86400"
    again = client.get("/calendar/qr.svg?lang=en", headers={"If-None-Match": known.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/calendar/tags/{'x' * 121}.svg").status_code == 404


def test_page_offers_only_feeds_that_hold_something(client, event, make_event):
    with transaction() as session:
        session.add(Tag(slug="empty", name=Texts(zh="空")))
    make_event("draft", state=EventState.DRAFT, tags=[Tag(slug="drafts", name=Texts(zh="草稿"))])
    make_event("hidden", visibility=Visibility.UNLISTED, tags=[Tag(slug="hidden", name=Texts(zh="内部"))])

    page = client.get("/calendar/").text

    assert "/calendar/tags/mesh" in page
    assert [slug for slug in ("empty", "drafts", "hidden") if f"/calendar/tags/{slug}" in page] == []


def test_page_offers_speakers_of_listed_events_alone(client, event, make_event):
    draft = make_event("draft", state=EventState.DRAFT)
    with transaction() as session:
        eve = Person(slug="eve", name=Texts(en="Eve"), revised_at=EARLIER)
        talk = Session(event_id=draft.id, position=0, title=Texts(en="Later"))
        talk.speakers = [SessionSpeaker(person=eve, position=0)]
        session.add_all([eve, talk])

    page = client.get("/calendar/").text

    assert "/calendar/speakers/ada" in page
    assert "/calendar/speakers/eve" not in page


def test_page_asks_as_much_for_one_event_as_for_three(app, client, event, make_event):
    def asked() -> int:
        with counted(db.engine) as statements:
            client.get("/calendar/")
        return len(statements)

    asked()  # the community's own row is read once a process
    one = asked()
    make_event("b", tags=[Tag(slug="ai", name=Texts(en="AI"))])
    make_event("c", tags=[Tag(slug="ml", name=Texts(en="ML"))])

    assert (one, asked()) == (1, 1)


def test_calendars_are_open_to_fetchers_that_obey_robots(client):
    robots = client.get("/robots.txt")

    assert robots.status_code == 200
    assert "Disallow: /\n" not in robots.text

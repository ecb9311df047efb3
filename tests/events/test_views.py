import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.core.db import db
from app.core.i18n import Texts
from app.events import queries
from app.events.models import EventState, Mode, SessionKind
from tests.support.people import add_session, give_role, make_group, make_person, make_role
from tests.support.statements import counted

ENGLISH = {"Accept-Language": "en"}
IN_2019 = datetime(2019, 12, 14, 5, tzinfo=UTC)


def test_home_without_events_offers_the_calendar(client):
    page = client.get("/", headers=ENGLISH)

    assert page.status_code == 200
    assert "Nothing is planned right now" in page.text
    assert 'href="/calendar/"' in page.text


def test_home_shows_the_next_event_large_and_past_ones_by_year(client, make_event):
    make_event("past", starts_at=IN_2019, title=Texts(en="First meetup"))
    make_event("next", title=Texts(en="Next meetup"), is_demo=True)
    make_event("draft", state=EventState.DRAFT, title=Texts(en="Secret"))

    page = client.get("/", headers=ENGLISH).text

    assert page.index("Next meetup") < page.index(">2019<") < page.index("First meetup")
    assert "Demo" in page
    assert "14 Dec" in page
    assert "Secret" not in page


def test_an_event_in_progress_is_still_first(client, make_event):
    now = datetime.now(UTC)
    make_event("running", starts_at=now - timedelta(hours=1), title=Texts(en="Right now"))

    page = client.get("/", headers=ENGLISH).text

    assert page.index("Next event") < page.index("Right now")


def test_the_list_keeps_the_filter_in_its_form_and_links(client, make_event):
    make_event("one", title=Texts(en="Istio evening"))
    make_event("two", title=Texts(en="Other"))

    page = client.get("/events/?q=istio&city=beijing&when=upcoming", headers=ENGLISH).text

    assert "Istio evening" in page
    assert "Other" not in page
    assert 'value="istio"' in page
    assert '<option value="beijing" selected>' in page
    assert 'name="when" value="upcoming"' in page
    assert "/events/?when=past&amp;city=beijing&amp;q=istio" in page


@pytest.mark.parametrize("query", ["when=whatever", "after=nonsense", "city=%25", "q=" + "x" * 5000, "page=0"])
def test_the_list_answers_to_nonsense(client, make_event, query):
    make_event("one")

    assert client.get(f"/events/?{query}").status_code == 200


def test_nothing_fits_is_said_with_a_way_on(client, make_event):
    make_event("one")

    page = client.get("/events/?q=nothing", headers=ENGLISH).text

    assert "No matching events" in page
    assert 'href="/events/"' in page


def test_the_list_leads_to_its_next_page(client, make_event, monkeypatch):
    for number in range(queries.LIST_MAX + 1):
        make_event(f"event-{number:02}", starts_at=IN_2019 + timedelta(days=number))

    first = client.get("/events/?when=past", headers=ENGLISH).text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    second = client.get(following[1].replace("&amp;", "&"), headers=ENGLISH).text

    assert "/events/event-00" not in first
    assert "/events/event-00" in second
    assert 'rel="next"' not in second
    assert "First page" in second


@pytest.mark.parametrize("rows", [1, 3])
def test_public_pages_ask_at_most_three_times(client, make_event, rows):
    for number in range(rows):
        make_event(f"past-{number}", starts_at=IN_2019 + timedelta(days=number))
        event = make_event(f"next-{number}", groups=[make_group(f"group-{number}")], questions=[{}] * rows)
        add_session(event, "talk", make_person(f"person-{number}"))
    client.get("/")  # the community's own row is kept in the process from now on

    asked = {}
    for path in ("/", "/events/", "/events/?city=beijing&q=meetup", "/events/next-0", "/events/past-0"):
        with counted(db.engine) as statements:
            assert client.get(path).status_code == 200
        asked[path] = len(statements)

    assert asked == {
        "/": 2, "/events/": 2, "/events/?city=beijing&q=meetup": 2, "/events/next-0": 3, "/events/past-0": 3,
    }  # fmt: skip


def test_the_event_page_says_what_when_where_and_who(client, make_event):
    leader = make_person("ada", zh="艾达")
    give_role(leader, make_role("leader", is_leader=True), make_group("north"))
    event = make_event(
        "beijing",
        starts_at=IN_2019,
        title=Texts(zh="聚会 <北京>"),
        description=Texts(zh="## 介绍\n\n<script>alert(1)</script> **好**"),
        recap=Texts(zh="来了很多人"),
        links=[{"label": {"zh": "照片"}, "url": "https://example.org/photos"}],
        attendance=80,
    )
    add_session(event, "签到", kind=SessionKind.CHECK_IN, starts_at=IN_2019, ends_at=IN_2019 + timedelta(minutes=30))
    add_session(event, "走近 KubeSphere", leader, starts_at=IN_2019 + timedelta(minutes=40))
    add_session(event, "落地实践", speaker_note=Texts(zh="本来生活"), slides_url="https://example.org/s.pdf")

    page = client.get("/events/beijing", headers={"Accept-Language": "zh"}).text

    for text in ("聚会 &lt;北京&gt;", "2019年12月14日 星期六", "北京时间 (UTC+8)", "歌华大厦 13 层", "<h3>介绍</h3>",
                 "<strong>好</strong>", "来了很多人", "https://example.org/photos", "User Group Leader", "本来生活",
                 '<time datetime="2019-12-14T13:40:00+08:00">13:40</time>', "https://example.org/s.pdf",
                 "uri.amap.com", "api.map.baidu.com", "openstreetmap.org"):  # fmt: skip
        assert text in page, text
    assert "<script>alert" not in page


def test_the_page_is_plain_about_what_it_does_not_know(client, make_event):
    midnight = datetime(2020, 6, 30, 16, 0, tzinfo=UTC)
    event = make_event(
        "july", starts_at=midnight, ends_at=midnight + timedelta(days=1), is_all_day=True, venue=None, mode=None,
        agenda_order_known=False,
    )  # fmt: skip
    add_session(event, "没有时间的议题")

    page = client.get("/events/july", headers=ENGLISH).text

    for text in ("Wednesday, 1 July 2020", "The hours are not known.", "The venue is not known.",
                 "The order of these items was not published.", '<ul class="agenda">'):  # fmt: skip
        assert text in page, text
    assert "00:00" not in page


def test_an_illustrative_agenda_is_marked(client, make_event):
    event = make_event("demo", agenda_is_illustrative=True, is_demo=True, notice=Texts(en="This is a demo event."))
    add_session(event, "one", starts_at=event.starts_at)

    page = client.get("/events/demo", headers=ENGLISH).text

    assert "Illustrative times" in page
    assert "The times below are an illustration" in page
    assert "This is a demo event." in page


def test_two_tracks_stand_in_one_slot_each_with_its_name(client, make_event):
    event = make_event("tracks")
    for track in (1, 2):
        times = {"starts_at": event.starts_at, "ends_at": event.starts_at + timedelta(minutes=30 * track)}
        add_session(event, f"item {track}", track=track, abstract=Texts(en="*so*"), **times)

    page = client.get("/events/tracks", headers=ENGLISH).text

    agenda = re.search(r'<ol class="agenda.*?</ol>', page, re.DOTALL)[0]
    assert agenda.count('<li class="agenda-item') == 1
    assert ["".join(found) for found in re.findall(r">(Track \d)<|(until) <time|>(item \d)<|(<em>)", agenda)] == [
        "Track 1", "until", "item 1", "<em>", "Track 2", "until", "item 2", "<em>",
    ]  # fmt: skip


def test_a_cancelled_event_says_why_and_offers_what_comes(client, make_event):
    make_event("off", state=EventState.CANCELLED, cancellation_reason=Texts(en="The building is closed."))

    page = client.get("/events/off", headers=ENGLISH).text

    assert "This event is cancelled." in page
    assert "The building is closed." in page
    assert "<form" not in page


def test_the_stream_of_an_online_event_is_not_on_its_page(client, make_event):
    make_event("online", mode=Mode.ONLINE, online_url="https://live.example.org/secret")

    assert "live.example.org" not in client.get("/events/online").text


def test_machines_read_the_event_and_cannot_leave_its_script(client, make_event):
    make_event("beijing", title=Texts(en="</script><b>"))

    page = client.get("/events/beijing?lang=en").text
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)

    assert json.loads(data[1])["name"] == "</script><b>"
    assert re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', page) == [
        ("zh-Hans", "http://127.0.0.1:8000/events/beijing?lang=zh"),
        ("en", "http://127.0.0.1:8000/events/beijing?lang=en"),
        ("x-default", "http://127.0.0.1:8000/events/beijing"),
    ]
    assert '<link rel="canonical" href="http://127.0.0.1:8000/events/beijing?lang=en">' in page
    assert '<meta property="og:image" content="http://127.0.0.1:8000/events/beijing/cover.png?v=1">' in page
    assert '<meta property="og:title" content="&lt;/script&gt;&lt;b&gt;">' in page


@pytest.mark.parametrize("slug", ["unknown", "draft"])
def test_a_draft_is_not_found_as_if_it_did_not_exist(client, make_event, slug):
    make_event("draft", state=EventState.DRAFT)

    page = client.get(f"/events/{slug}", headers=ENGLISH)

    assert page.status_code == 404
    assert "There is no event at this address" in page.text


@pytest.mark.parametrize(("ending", "content_type", "asks"), [("svg", "image/svg+xml", 0), ("png", "image/png", 1)])
def test_covers_are_kept_for_ever_and_ask_next_to_nothing(client, make_event, ending, content_type, asks):
    make_event("whatever")
    with counted(db.engine) as statements:
        cover = client.get(f"/events/whatever/cover.{ending}?v=1")
    again = client.get(f"/events/whatever/cover.{ending}?v=1", headers={"If-None-Match": cover.headers["ETag"]})

    assert (cover.status_code, cover.mimetype) == (200, content_type)
    assert cover.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(statements) == asks
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/events/{'a' * 121}/cover.{ending}").status_code == 404


def test_nobody_can_have_pictures_drawn_of_made_up_addresses(client, make_event):
    make_event("secret", state=EventState.DRAFT)

    assert [client.get(f"/events/{slug}/cover.png").status_code for slug in ("made-up", "secret")] == [404, 404]

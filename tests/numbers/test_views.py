"""The pages of an event's numbers, their pictures and files, and the links of partners."""

import io
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import openpyxl
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select, update

from app.accounts.models import Role
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventRole, TicketType
from app.history.models import Entry
from app.numbers.models import PartnerLink
from app.registrations.models import Purpose, Question
from tests.numbers.people import add
from tests.registrations.pages import send_back
from tests.registrations.samples import CHINESE, ENGLISH
from tests.support.factories import LONG_AGO
from tests.support.organizers import signed_in
from tests.support.world import organizer_named

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def olga(app):
    return signed_in(app)


@pytest.fixture
def event(make_event, db):
    """An event with sign-ups of several days, from two sources, with a company that looks like a formula."""
    event = make_event(
        "meetup",
        questions=[{"key": "firm", "purpose": Purpose.COMPANY, "label": Texts(zh="公司", en="Company")}],
    )
    firm = db.scalars(select(Question.id)).one()
    now = utc_now()
    add(event, at=now - timedelta(days=3), people=3, source="zhihu", answers={firm: "青云科技"})
    add(event, at=now - timedelta(days=1), answers={firm: '=HYPERLINK("http://evil.example","x")'}, came=True)
    add(event, at=now, state="waiting", people=2)
    return event


def get(client, event, path="", **headers):
    response = client.get(f"/organizer/events/{event.slug}/numbers{path}", headers=headers)
    assert response.status_code == 200, response.status
    return response


def test_page_shows_every_number_and_each_chart_with_its_table(olga, event):
    page = get(olga, event, **ENGLISH).text

    assert "6 people have signed up since" in page
    assert "6 of them are still there, for 50 seats." in page
    assert re.findall(r'<figure class="card chart[^"]*" id="([^"]+)"', page) == ["sign-ups", "sources"]
    assert page.count("<table") == page.count("<figure") == 2
    assert "style=" not in page
    assert "How many will come cannot be told yet" in page


def test_seats_are_told_by_ticket_type_where_there_are_several(olga, make_event, db):
    event = make_event("meetup", capacity=50)
    assert "Seats taken, by ticket type" not in get(olga, event, **ENGLISH).text
    with transaction() as session:
        session.add(
            TicketType(event_id=event.id, slug="online", name=Texts(zh="线上", en="Online"), position=9, capacity=None)
        )
        session.flush()
        session.execute(update(TicketType).where(TicketType.slug != "online").values(seats_taken=12))

    page = get(olga, event, **ENGLISH).text

    assert re.findall(r'<span class="soft">(\d+ of \d+|\d+, no limit)</span>', page) == ["12 of 50", "0, no limit"]


def test_pages_without_sign_ups_say_so(olga, make_event):
    event = make_event("meetup", questions=[{"label": Texts(en="Why?")}])

    assert "Nobody has signed up yet" in get(olga, event, **ENGLISH).text
    assert "No answers to show yet" in get(olga, event, "/answers", **ENGLISH).text
    assert olga.get("/organizer/events/meetup/numbers/charts/sign-ups.svg").status_code == 404
    assert olga.get("/organizer/events/meetup/numbers/charts/answers-1.svg").status_code == 404
    assert olga.get("/organizer/events/meetup/numbers/charts/made-up.svg").status_code == 404


def test_picture_is_a_still_svg_that_follows_the_theme(olga, event):
    for width in (340, 520, 680, 1000):
        response = get(olga, event, f"/charts/sign-ups.svg?width={width}", **ENGLISH)

        root = ET.fromstring(response.data)  # noqa: S314 - drawn by us
        assert root.tag == f"{SVG}svg"
        assert root.get("width") == str(width)
        assert root.find(f"{SVG}title").text == "Sign-ups over time"
        assert "6 people have signed up" in root.find(f"{SVG}desc").text
        assert "prefers-color-scheme: dark" in root.find(f"{SVG}defs/{SVG}style").text
        assert not list(root.iter(f"{SVG}script"))
        texts = [each.text for each in root.iter(f"{SVG}text")]
        assert {"Still there 6", "Signed up in all 6", "Seats 50"} <= set(texts)
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "http" not in response.text.replace("http://www.w3.org/", "")
    # A width that is none of ours is drawn as one that is: nobody chooses how much we draw.
    assert 'width="680"' in get(olga, event, "/charts/sign-ups.svg?width=99999999").text


def test_downloads_are_the_chart_and_its_table(olga, event, db):
    key = f"answers-{db.scalars(select(Question.id)).one()}"
    files = {suffix: get(olga, event, f"/files/{key}.{suffix}", **CHINESE) for suffix in ("svg", "png", "xlsx")}

    for suffix, response in files.items():
        assert response.headers["Content-Disposition"] == f'attachment; filename="meetup-{key}.{suffix}"'
    drawn = ET.fromstring(files["svg"].data)  # noqa: S314 - drawn by us
    assert any(each.text == "公司" for each in drawn.iter(f"{SVG}text"))
    picture = Image.open(io.BytesIO(files["png"].data))
    assert (picture.format, picture.width) == ("PNG", 1360)
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"].data)).active
    rows = list(sheet.iter_rows(max_row=3, values_only=True))
    assert rows == [
        ("回答", "人数", "百分比"), ("青云科技", 3, 75), ('=HYPERLINK("http://evil.example","x")', 1, 25),
    ]  # fmt: skip
    assert sheet["A3"].data_type == "s"
    assert olga.get(f"/organizer/events/meetup/numbers/files/{key}.pdf").status_code == 404


def test_png_shows_chinese_with_the_font_we_ship(olga, event, db):
    """Of a character that the font lacks a box is drawn: two different characters would look alike."""
    key = f"answers-{db.scalars(select(Question.id)).one()}"
    first = get(olga, event, f"/files/{key}.png", **CHINESE).data
    with transaction():
        db.scalars(select(Question)).one().label = Texts(zh="学校", en="School")

    assert first != get(olga, event, f"/files/{key}.png", **CHINESE).data


def test_viewer_sees_numbers_of_many_and_no_answer_of_one(app, event, olga):
    viewer = signed_in(app, "eve@example.com", name="Eve")
    with transaction() as session:
        eve = organizer_named("eve@example.com")
        eve.role = None
        session.add(EventRole(event_id=event.id, organizer_id=eve.id, role=Role.VIEWER, created_at=utc_now()))

    assert "HYPERLINK" in get(olga, event, "/answers").text
    page = get(viewer, event, "/answers", **ENGLISH).text
    assert "HYPERLINK" not in page
    assert "Partner links" not in page
    assert viewer.get("/organizer/numbers").status_code == 403


def test_every_page_asks_as_often_for_three_of_everything_as_for_one(olga, make_event, db, count_statements):
    def asked():
        found = {}
        for path in ("", "/answers", "/links"):
            with count_statements() as seen:
                get(olga, event, path)
            found[path] = len(seen)
        return found

    event = make_event(questions=[{"key": f"q-{n}", "purpose": Purpose.COMPANY} for n in range(3)])
    ids = db.scalars(select(Question.id)).all()
    add(event, at=utc_now(), source="a", answers={ids[0]: "A"})
    asked()
    once = asked()
    for number in range(3):
        add(event, at=LONG_AGO + timedelta(days=number), source=f"b{number}", answers=dict.fromkeys(ids, "B"))
        send_back(olga, f"/organizer/events/{event.slug}/numbers/links", name=f"Partner {number}")

    assert asked() == once
    assert max(once.values()) <= 14


def test_link_is_made_copied_and_counted(db, olga, event):
    path = "/organizer/events/meetup/numbers/links"

    sent = send_back(olga, path, name=" 知乎 专栏 ", code="ZhiHu")

    assert (sent.status_code, sent.location) == (303, f"{path}?done=added#links")
    link = db.scalars(select(PartnerLink)).one()
    assert (link.name, link.code, link.event_id) == ("知乎 专栏", "zhihu", event.id)
    page = olga.get(path, headers=ENGLISH).text
    assert "http://127.0.0.1:8000/events/meetup?via=zhihu" in page
    assert "3 sign-ups · 0 came" in page
    assert "知乎 专栏" in get(olga, event).text
    entry = db.scalars(select(Entry).order_by(Entry.id.desc())).first()
    assert (entry.action, entry.changes) == ("partner_link.created", {"via": [None, "zhihu"]})
    for suffix in ("svg", "png"):
        assert olga.get(f"{path}/{link.id}.{suffix}").status_code == 200
    code = Image.open(io.BytesIO(olga.get(f"{path}/{link.id}.png").data))
    assert zxingcpp.read_barcode(code).text == "http://127.0.0.1:8000/events/meetup?via=zhihu"
    assert olga.get(f"{path}/{link.id}.pdf").status_code == 404


@pytest.mark.parametrize(("code", "message"), [("知乎", "Only letters a to z"), ("zhihu", "has this word already")])
def test_bad_or_taken_word_is_shown_again(db, olga, event, code, message):
    path = "/organizer/events/meetup/numbers/links"
    send_back(olga, path, name="First", code="zhihu")

    sent = olga.post(path, data={"name": "Second", "code": code}, headers=ENGLISH)

    assert sent.status_code == 422
    assert message in sent.text
    assert 'value="Second"' in sent.text
    assert [link.name for link in db.scalars(select(PartnerLink))] == ["First"]


def test_same_form_sent_twice_makes_one_link_and_names_give_words(db, olga, event):
    path = "/organizer/events/meetup/numbers/links"

    for _time in range(2):
        send_back(olga, path, name="CNCF News")
    send_back(olga, path, name="微信群")

    codes = {link.name: link.code for link in db.scalars(select(PartnerLink))}
    assert codes["CNCF News"] == "cncf-news"
    assert re.fullmatch(r"[a-z0-9]{6}", codes["微信群"])
    assert len(codes) == 2


def test_removed_link_leaves_its_sign_ups_counted(db, olga, event):
    path = "/organizer/events/meetup/numbers/links"
    send_back(olga, path, name="Zhihu", code="zhihu")
    link_id = db.scalars(select(PartnerLink.id)).one()

    assert olga.post(f"{path}/{link_id}/removal").status_code == 303
    assert olga.post(f"{path}/{link_id}/removal").status_code == 404

    db.expire_all()
    assert db.scalars(select(PartnerLink)).all() == []
    assert '<th scope="row">zhihu</th>' in get(olga, event).text


def test_link_of_another_event_is_none(db, olga, event, make_event):
    make_event("other")
    send_back(olga, "/organizer/events/meetup/numbers/links", name="Zhihu")
    link = db.scalars(select(PartnerLink)).one()

    assert olga.post(f"/organizer/events/other/numbers/links/{link.id}/removal").status_code == 404
    assert olga.get(f"/organizer/events/other/numbers/links/{link.id}.svg").status_code == 404

"""The ticket: a code that scanners read, on the page, in the picture and in the PDF; and the calendar file."""

import io
import re
from datetime import UTC, datetime

import ics
import pypdf
import pytest
import zxingcpp
from PIL import Image

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventState
from app.events.service import apply_changes
from app.mail.delivery import deliver
from app.registrations import tickets
from app.registrations.rules import token_of
from app.registrations.service import cancel
from tests.support.browser import chromium
from tests.support.factories import sign_up_as

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.49"}


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    title = Texts(zh="KubeSphere and Friends Meetup —— 北京，从容器到可观测性的一个下午", en="KubeSphere and Friends")
    return make_event("beijing", capacity=2, starts_at=STARTS_AT, title=title, online_url="https://meet.example.org/x")


@pytest.fixture
def ada(event):
    return sign_up_as(event, "ada", full_name="王芳 😀 Ada")


def own(registration, name=""):
    return f"/r/{token_of(registration)}{name}"


def read(picture):
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_picture_is_read_by_a_scanner(ada, client):
    answer = client.get(own(ada, "/ticket.png"))

    picture = Image.open(io.BytesIO(answer.data))
    assert (answer.status_code, answer.mimetype, picture.width) == (200, "image/png", 1080)
    assert read(picture.convert("RGB")) == [ada.code]
    assert len(answer.data) < 100_000


def test_a_scratched_picture_is_still_read(ada, client):
    picture = Image.open(io.BytesIO(client.get(own(ada, "/ticket.png")).data)).convert("RGB")
    box = picture.height - 400
    picture.paste("white", (520, box, 620, box + 100))

    assert read(picture) == [ada.code]


def test_pdf_is_one_small_page_with_the_name_and_the_code(ada, client):
    answer = client.get(own(ada, "/ticket.pdf?lang=zh"))

    (page,) = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    text = page.extract_text()
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert len(answer.data) < 150_000
    assert "王芳" in text
    assert ada.code in text
    assert "13:00–18:00" in text
    (drawn,) = page.images
    assert read(drawn.image.convert("RGB")) == [ada.code]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_page_shows_a_code_that_a_scanner_reads_on_a_phone_in_the_dark(ada, make_server, page_at):
    with make_server() as server:
        page = page_at(375, locale="zh-CN", color_scheme="dark", base_url=server.base_url)
        page.goto(own(ada, "/ticket"))
        shot = page.locator(".ticket-code").screenshot()

    assert chromium() is not None
    assert read(Image.open(io.BytesIO(shot)).convert("RGB")) == [ada.code]


def test_page_holds_the_code_itself_so_that_it_shows_without_network(ada, client):
    page = client.get(own(ada, "/ticket?lang=en")).text

    assert re.search(r'<div class="ticket-code"[^>]*><svg ', page)
    assert ada.code in page


def test_calendar_file_has_ones_own_links(ada, client):
    answer = client.get(own(ada, "/event.ics"))

    (entry,) = ics.Calendar(answer.text).events
    assert answer.mimetype == "text/calendar"
    assert token_of(ada) in answer.text.replace("\r\n ", "")
    assert "https://meet.example.org/x" in answer.text.replace("\r\n ", "")
    assert entry.uid == ada.event.uid


@pytest.mark.parametrize("name", ["/ticket", "/ticket.png", "/ticket.pdf", "/event.ics"])
def test_who_has_no_seat_has_no_ticket(event, ada, db, client, name):
    bob, cyd = sign_up_as(event, "bob"), sign_up_as(event, "cyd")
    cancel(bob, now=utc_now())
    db.expire_all()

    # cyd waited and has bob's seat now; dan waits.
    dan = sign_up_as(event, "dan")
    statuses = {each.email[:3]: client.get(own(each, name)).status_code for each in (ada, bob, cyd, dan)}
    with transaction():
        apply_changes(event, {"state": EventState.CANCELLED}, now=utc_now())

    assert statuses == {"ada": 200, "bob": 409, "cyd": 200, "dan": 409}
    assert client.get(own(ada, name)).status_code == 409
    assert client.get("/r/nobody" + name).status_code == 404


def test_inside_wechat_the_page_says_so_and_mails_the_file_once(ada, client, smtp_server):
    deliver(utc_now())

    inside = client.get(own(ada, "?lang=en"), headers=WECHAT).text
    outside = client.get(own(ada, "?lang=en")).text
    for _ in range(2):
        answer = client.post(own(ada, "/calendar-letter"))
    deliver(utc_now())

    assert ("You are inside WeChat" in inside, "You are inside WeChat" in outside) == (True, False)
    assert "long" in client.get(own(ada, "/ticket?lang=en"), headers=WECHAT).text
    assert answer.status_code == 303
    letters = smtp_server.wait_for(2)
    assert len(letters) == 2
    assert b"invite.ics" in letters[1].raw
    assert b"METHOD" not in letters[1].raw


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("一二三四五六七", ["一二三四五", "六七"]),
        ("ab cd ef", ["ab cd", "ef"]),
        ("abcdefgh", ["abcde", "fgh"]),
        ("去 Meetup 吧", ["去", "Meetu", "p 吧"]),
    ],
)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_texts_break_where_they_may(app, text, lines):
    assert tickets.broken(text, len, 5) == lines

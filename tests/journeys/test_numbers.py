"""The organizers' numbers, with all there is to show: in both languages and themes, on a phone, without scripts."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.history.service import THE_SITE
from app.numbers.service import add_link
from app.registrations.models import Purpose, Question, QuestionKind
from tests.journeys.test_axe import DARK
from tests.journeys.test_axe_organizers import enter
from tests.numbers.people import add
from tests.support.factories import LONG_AGO

PAGES = (
    "/organizer/events/meetup/numbers", "/organizer/events/meetup/numbers/answers",
    "/organizer/events/meetup/numbers/links", "/organizer/numbers",
)  # fmt: skip
CHOICES = [
    {"value": "a", "label": {"zh": "都可以", "en": "Anything"}},
    {"value": "b", "label": {"zh": "素食", "en": "Vegetarian"}},
]
LONG = "一家名字非常非常长的云计算科技发展有限公司（北京）"
# What the browser drew of every chart; 0 where it could not read the picture.
DRAWN = "[...document.querySelectorAll('.chart img')].map(each => each.complete ? each.naturalWidth : 0)"

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def site(make_event, db, make_server):
    """A site with past events that counted, and one to come with sign-ups, answers and links."""
    for number in range(4):
        past = make_event(f"past-{number}", starts_at=LONG_AGO + timedelta(days=100 * number))
        for name in ("ada", "bob", "cyd", "dan"):
            add(past, at=LONG_AGO, email=f"{name}@example.com", came=name != "dan" or number == 1)
    event = make_event(
        "meetup",
        questions=[
            {"key": "firm", "purpose": Purpose.COMPANY, "label": Texts(zh="公司", en="Company")},
            {"key": "food", "kind": QuestionKind.ONE_CHOICE, "options": CHOICES, "label": Texts(zh="饮食", en="Food")},
            {"key": "note", "kind": QuestionKind.LONG_TEXT, "label": Texts(zh="想问什么", en="Anything to ask?")},
        ],
    )
    firm, food, note = db.scalars(select(Question.id).where(Question.event_id == event.id).order_by(Question.position))
    for day in range(20):
        answers = {firm: LONG if day % 3 else "KubeSphere", food: "ab"[day % 2], note: "?"}
        add(event, at=utc_now() - timedelta(days=day), source="zhihu" if day % 2 else "", answers=answers)
    add_link(event.id, name="知乎专栏", code="zhihu", by=THE_SITE, now=utc_now())
    with make_server() as server:
        yield server


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_numbers_are_readable_for_everybody_and_everywhere(site, page_at, axe, locale):
    page = page_at(375, locale=locale, base_url=site.base_url)
    enter(page)
    found, drawn = {}, []

    for path in PAGES:
        page.goto(path, wait_until="networkidle")
        for summary in page.locator("main summary").all():
            summary.click()
        lines = axe(page)
        page.emulate_media(color_scheme="dark")
        lines += [f"dark: {line}" for line in page.evaluate(DARK)]
        page.emulate_media(color_scheme="light")
        drawn += page.evaluate(DRAWN)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if (scrolls := page.evaluate("document.documentElement.scrollWidth")) > width:
                lines.append(f"scrolls sideways at {width}: {scrolls}")
        page.set_viewport_size({"width": 375, "height": 800})
        if lines:
            found[path] = lines

    assert found == {}
    # Three of the event, two of its answers, four of the site; on a phone the narrow ones.
    assert drawn == [340] * 9


def test_numbers_are_printed_light_with_their_tables(site, page_at):
    page = page_at(1280, locale="en-GB", base_url=site.base_url)
    enter(page)
    page.goto(PAGES[0], wait_until="networkidle")

    page.emulate_media(media="print", color_scheme="dark")

    chart = page.locator("figure#sign-ups")
    assert chart.locator("tbody tr").last.is_visible()
    assert not page.locator(".chart-files").first.is_visible()
    assert not page.locator(".tabs").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.chart img')).colorScheme") == "light only"


def test_numbers_need_no_script(site, page_at):
    page = page_at(375, locale="en-GB", base_url=site.base_url, javascript=False)
    enter(page)

    page.goto(PAGES[0])
    chart = page.locator("figure#sign-ups")
    chart.locator("summary").click()

    assert chart.locator("tbody tr").count() == 20
    assert chart.locator("img").get_attribute("alt").startswith("20 people have signed up since")
    with page.expect_download() as download:
        chart.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "meetup-sign-ups.xlsx"

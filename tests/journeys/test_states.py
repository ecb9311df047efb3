"""The pages that the demo community does not show: each state of an event and of a registration, seen in a browser."""

from datetime import timedelta

import pytest

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import EventState
from app.registrations.rules import token_of
from app.registrations.service import cancel
from tests.journeys.test_axe import DARK
from tests.support.factories import sign_up_as

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def pages(make_event, db):
    """The address of each state, what stands on its page, and how many forms."""
    now = utc_now()
    asked = [{"is_required": True}]
    full, cancelled = make_event(capacity=2, questions=asked), make_event()
    seated, gone, _moved_up = (sign_up_as(full, name) for name in ("seated", "gone", "moves-up"))
    last = sign_up_as(full, "last")
    uninvited = sign_up_as(cancelled, "uninvited")
    cancel(gone, now=now)
    cancelled.state, cancelled.cancellation_reason = EventState.CANCELLED, Texts(zh="场地停电。", en="No power.")
    db.commit()
    no_queue = make_event(capacity=0, has_waiting_list=False)
    not_yet = make_event(sign_up_opens_at=now + timedelta(days=3))
    closed = make_event(sign_up_closes_at=now - timedelta(days=3))
    # Forms: answers, the file by mail, the feed, leaving; in the queue no file; who left may come back.
    return {
        "own, seated": (f"/r/{token_of(seated)}", "seated@example.com", 4),
        "own, first in the queue": (f"/r/{token_of(last)}", "last@example.com", 3),
        "own, given back": (f"/r/{token_of(gone)}", "gone@example.com", 1),
        "own, event cancelled": (f"/r/{token_of(uninvited)}", "uninvited@example.com", 0),
        "full with a queue": (f"/events/{full.slug}", "Meetup 1", 1),
        "full without": (f"/events/{no_queue.slug}", "Meetup 3", 0),
        "not yet": (f"/events/{not_yet.slug}", "Meetup 4", 0),
        "closed": (f"/events/{closed.slug}", "Meetup 5", 0),
        "cancelled": (f"/events/{cancelled.slug}", "Meetup 2", 0),
    }


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 320), ("en-GB", 1280)])
def test_each_state_is_a_page_that_axe_finds_nothing_on(pages, make_server, page_at, axe, locale, width):
    page = page_at(width, locale=locale, base_url=make_server().base_url)

    found = {}
    for name, (path, words, forms) in pages.items():
        answer = page.goto(path)
        found[name] = axe(page)
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(DARK)
        page.emulate_media(color_scheme="light")
        text = page.locator("main").inner_text()
        if answer.status != 200 or words.casefold() not in text.casefold():
            found[f"{name}, words"] = [f"{answer.status}: {text}"]
        if page.locator("main form").count() != forms:
            found[f"{name}, forms"] = [f"{page.locator('main form').count()} and not {forms}"]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{name}, width"] = ["scrolls sideways"]

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_mistakes_on_one_s_own_page_lead_to_their_fields(pages, make_server, page_at, axe):
    page = page_at(375, locale="en-GB", base_url=make_server().base_url)
    page.goto(pages["own, seated"][0])

    page.locator("#name").fill("")
    page.get_by_role("button", name="Save").click()

    assert axe(page) == []
    page.get_by_role("alert").get_by_role("link").first.click()
    assert page.locator(":focus").get_attribute("id") == "name"


def test_event_is_printed_dark_on_light_and_without_what_paper_cannot_do(pages, make_server, page_at):
    page = page_at(1280, locale="en-GB", color_scheme="dark", base_url=make_server().base_url)
    page.goto(pages["full with a queue"][0])

    page.emulate_media(media="print", color_scheme="dark")

    colours = page.evaluate(
        "(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.locator("h1").is_visible()
    assert not page.locator("header nav").is_visible()
    assert not page.locator("form").is_visible()

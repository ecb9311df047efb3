"""Every public page under axe-core (WCAG 2.2 A and AA, best practices), in both languages and both themes."""

from datetime import timedelta

import pytest

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventState, Mode
from app.events.service import apply_changes
from app.registrations.models import QuestionKind
from app.registrations.rules import token_of
from app.registrations.service import cancel
from tests.support.factories import LONG_AGO, sign_up_as

EVENT = "/events/kubesphere-meetup-beijing-demo"
PAGES = {
    "home": "/",
    "list": "/events/",
    "nothing fits": "/events/?q=nothing-of-the-kind",
    "open event": EVENT,
    "past event": "/events/kubesphere-meetup-beijing-20191214",
    "event without agenda": "/events/cncf-kubesphere-meetup-20200701",
    "signed up": f"{EVENT}/registered",
    "speakers": "/speakers/",
    "speaker": "/speakers/benjaminhuo",
    "community": "/community/",
    "group": "/community/user-group",
    "station": "/community/user-group-hangzhou",
    "calendar": "/calendar/",
    "calendar of a city": "/calendar/cities/beijing",
    "calendar of one's own": "/calendar/mine/",
    "sign-in": "/organizer/sign-in",
    "not found": "/nothing-here",
}

DARK = """async () => {
  const { violations } = await axe.run({ runOnly: { type: "rule", values: ["color-contrast"] } });
  return violations.flatMap((violation) => violation.nodes.map((node) => node.html + node.failureSummary));
}"""

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 375), ("en-GB", 1280)])
def test_axe_finds_nothing_on_any_public_page(site, page_at, axe, locale, width):
    page = page_at(width, locale=locale, base_url=site.base_url)

    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        found[name] = axe(page)
        # The themes differ in their colours alone; axe is still on the page.
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(DARK)
        page.emulate_media(color_scheme="light")

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 375), ("en-GB", 1280)])
def test_axe_finds_nothing_on_one_s_own_page_in_any_state(make_event, make_server, page_at, axe, locale, width):
    own_paths = own_pages(make_event)
    with make_server() as server:
        page = page_at(width, locale=locale, base_url=server.base_url)
        found = {}

        def look(name):
            found[name] = axe(page)
            page.emulate_media(color_scheme="dark")
            found[f"{name}, dark"] = page.evaluate(DARK)
            page.emulate_media(color_scheme="light")

        for name, path in own_paths.items():
            page.goto(path)
            look(name)
        page.goto(own_paths["confirmed"])
        with page.expect_navigation():
            page.locator("#answers ~ form button[type=submit]").click()
        look("saved")
        page.locator("#name").fill("")
        with page.expect_navigation():
            page.locator("#answers ~ form button[type=submit]").click()
        assert page.get_by_role("alert").is_visible()
        look("with mistakes")

    assert {name: lines for name, lines in found.items() if lines} == {}


def own_pages(make_event):
    """Return the address of one's own page in each state it can be in."""
    options = [{"value": each, "label": {"zh": f"选项 {each}", "en": f"Option {each}"}} for each in "ab"]
    questions = [
        {"key": kind.value, "kind": kind, "options": options if "choice" in kind.value else []} for kind in QuestionKind
    ]
    event = make_event(capacity=1, questions=questions, mode=Mode.HYBRID, online_url="https://meet.example.org/x")
    ada, bob, cyd = (sign_up_as(event, name) for name in ("ada", "bob", "cyd"))
    cancel(cyd, now=utc_now())
    off, over = make_event(), make_event()
    dan, eve = sign_up_as(off, "dan"), sign_up_as(over, "eve")
    long_ago = {"starts_at": LONG_AGO, "ends_at": LONG_AGO + timedelta(hours=5)}
    with transaction():
        apply_changes(off, {"state": EventState.CANCELLED, "cancellation_reason": Texts(en="Rain.")}, now=utc_now())
        apply_changes(over, long_ago, now=utc_now())
    states = {"confirmed": ada, "waiting": bob, "given back": cyd, "cancelled": dan, "over": eve}
    return {name: f"/r/{token_of(row)}" for name, row in states.items()} | {"no such link": "/r/nobody"}


def test_no_page_scrolls_sideways(site, page_at):
    too_wide = {}
    for width in (320, 375, 768, 1440):
        page = page_at(width, locale="en-GB", base_url=site.base_url)
        for name, path in PAGES.items():
            page.goto(path, wait_until="load")
            overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if overhang > 0:
                too_wide[f"{name} at {width}"] = overhang

    assert too_wide == {}


def test_a_form_with_mistakes_leads_to_them(site, page_at, axe):
    page = page_at(375, locale="zh-CN", base_url=site.base_url)
    page.goto(EVENT)
    page.wait_for_timeout(600)

    page.locator("#sign-up button[type=submit]").click()

    summary = page.get_by_role("alert")
    assert summary.is_visible()
    assert page.url.endswith("#sign-up")
    assert axe(page) == []
    summary.get_by_role("link").first.click()
    assert page.locator(":focus").get_attribute("id") == "name"


def test_what_javascript_adds_is_a_comfort(site, page_at):
    page = page_at(1280, locale="en-GB", base_url=site.base_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(EVENT)

    menu, copy = page.locator("details.menu"), page.get_by_role("button", name="Copy address")
    menu.locator("summary").click()
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    copy.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert "Qinglong Hutong" in page.evaluate("navigator.clipboard.readText()")


def test_an_event_page_weighs_little_and_asks_nobody_else(site, page_at):
    page = page_at(375, locale="zh-CN", base_url=site.base_url)
    sizes = {}
    page.on("requestfinished", lambda request: sizes.setdefault(request.url, sum(request.sizes()[k] for k in BODY)))

    page.goto(EVENT, wait_until="networkidle")

    assert all(url.startswith(site.base_url) for url in sizes)
    assert sum(sizes.values()) <= 30_000, sizes


BODY = ("responseBodySize", "responseHeadersSize")

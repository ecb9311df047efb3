"""An organizer makes an agenda in a real browser: on a phone without scripts, on a laptop by dragging."""

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now

AGENDA = "/organizer/events/kubesphere-meetup-beijing-demo/agenda"
PASTED = """\
13:00-13:30 签到
13：30–14：10　KubeSphere 的可观测性 — 霍秉杰 (青云科技)
25:00 没有
Track 1: 14:10-14:50 Serverless — Ada Lovelace, 李四
Track 2: 14:10-14:30 Operator 入门 — 周鹏飞
"""

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def enter(page):
    address = normalise("olga@example.com")
    service.add_organizer(address, name="Olga", now=utc_now())
    page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    page.locator("main button").click()


def titles(page):
    return [text.strip() for text in page.locator(".plan-title").all_inner_texts()]


@pytest.mark.parametrize(("width", "locale", "scheme"), [(375, "zh-CN", "dark"), (1280, "en-GB", "light")])
def test_agenda_is_pasted_completed_and_looked_at(site, page_at, axe, width, locale, scheme):
    page = page_at(width, locale=locale, color_scheme=scheme, base_url=site.base_url)
    enter(page)

    def look():
        page.wait_for_load_state()
        assert axe(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    page.goto(AGENDA)
    look()
    page.locator('.agenda-head a[href*="/paste"]').click()
    look()
    page.locator("#text").fill(PASTED)
    page.locator("main form button").click()
    expect(page.locator(".pasted > li")).to_have_count(4)
    look()
    page.locator("#mode-replace").check()
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert titles(page) == ["签到", "KubeSphere 的可观测性", "Serverless", "Operator 入门"]
    look()
    page.locator('.agenda-head a[href*="/new"]').click()
    page.locator("#title-zh").fill("圆桌讨论")
    page.locator("#kind").select_option("panel")
    page.locator("#track").select_option("0")
    page.locator("#speakers-0").fill("谁也不是")
    page.locator("form.session-form .button:not(.is-quiet)").click()
    expect(page.locator("#speakers-0-error")).to_be_visible()
    look()
    page.locator("#speakers-0-guest").check()
    page.locator("form.session-form .button:not(.is-quiet)").click()
    expect(page.locator(".plan-item:target .plan-title")).to_have_text("圆桌讨论")
    page.goto("/events/kubesphere-meetup-beijing-demo#agenda")
    expect(page.locator(".agenda-track")).to_have_count(2)
    look()


def test_agenda_is_made_on_a_phone_without_scripts(site, page_at):
    page = page_at(375, locale="zh-CN", javascript=False, base_url=site.base_url)
    enter(page)
    page.goto(AGENDA)
    shown, before = page.locator(".plan-title"), titles(page)

    page.locator(".plan-item").nth(2).locator("button[value=up]").click()

    expect(shown).to_have_text([before[0], before[2], before[1], *before[3:]])

    page.locator(".plan-item").nth(1).locator("summary").click()
    page.locator(".plan-item").nth(1).locator(".confirm button").click()

    expect(shown).to_have_text([before[0], before[1], *before[3:]])

    page.locator(".agenda-done button").click()
    page.locator("button[value=photo]").click()

    expect(shown).to_have_text([before[0], before[2], before[1], *before[3:], "合影"])


def test_item_is_dragged_to_another_place(site, page_at):
    page = page_at(1280, locale="en-GB", base_url=site.base_url)
    enter(page)
    page.goto(AGENDA)
    shown, before = page.locator(".plan-title"), titles(page)

    items = page.locator(".plan-item")
    box = items.nth(3).bounding_box()
    items.nth(0).drag_to(items.nth(3), target_position={"x": 300, "y": box["height"] - 4})

    expect(page.get_by_role("alert")).to_have_text("Moved.")
    expect(shown).to_have_text([*before[1:4], before[0], *before[4:]])

"""What an attendee does, in a real browser against the real site."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import link_in

UPCOMING = "/events/kubesphere-meetup-beijing-demo"


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_in_chinese_on_a_phone_without_javascript(site, page_at, letter):
    page = page_at(375, locale="zh-CN", javascript=False, base_url=site.base_url)

    # The visitor finds the meetup and reads when and where.
    page.goto("/")
    page.get_by_role("link", name=re.compile("KubeSphere and Friends Meetup —— 北京（演示）")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("演示")
    expect(page.locator("main")).to_contain_text("星期六")
    expect(page.locator("main")).to_contain_text("北京时间 (UTC+8)")
    expect(page.locator("main")).to_contain_text("歌华大厦")
    expect(page.locator("main")).to_contain_text("走近 KubeSphere")

    # An incomplete form comes back with what is missing, linked, and with what was typed.
    page.get_by_label("姓名").fill("王小明")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="报名").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写邮箱")
    expect(page.get_by_label("姓名")).to_have_value("王小明")

    page.get_by_label("邮箱").fill("ming@example.com")
    page.get_by_label("现场参加").check()
    page.get_by_label("运维 / SRE").check()
    page.get_by_label("服务网格").check()
    page.wait_for_timeout(600)
    page.get_by_role("button", name="报名").click()
    expect(page).to_have_url(re.compile(rf"{UPCOMING}/registered\b"))
    expect(page.locator("main")).not_to_contain_text("ming@example.com")
    assert no_sideways_scrolling(page)

    # The letter arrives; its link opens one's own page.
    confirmation = letter(1)
    assert confirmation.subject.startswith("报名成功：")
    page.goto(link_in(confirmation, "/r/"))
    expect(page.locator("main")).to_contain_text("王小明")
    expect(page.get_by_label("运维 / SRE")).to_be_checked()
    assert no_sideways_scrolling(page)

    # Answers are corrected, the place is given back.
    page.get_by_label("架构").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_label("架构")).to_be_checked()
    page.get_by_role("button", name="取消报名").click()
    expect(page.get_by_role("button", name="取消报名")).to_have_count(0)
    assert letter(2).subject.startswith("已取消报名：")


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_in_english_on_a_laptop_with_the_keyboard_alone(site, page_at, letter):
    page = page_at(1280, locale="en-GB", base_url=site.base_url)
    page.goto(UPCOMING)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Beijing (demo)")

    # The first stop of the keyboard leads past the menu.
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")

    page.get_by_label("Name").focus()
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # in person
    page.get_by_label("Architecture").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(600)
    page.get_by_label("Name").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"{UPCOMING}/registered\b"))

    confirmation = letter(1)
    assert confirmation.subject.startswith("You are registered: ")
    page.goto(link_in(confirmation, "/r/"))
    expect(page.locator("main")).to_contain_text("Ada Lovelace")

    # The speakers, the event of 2019, and the calendar are a click away.
    page.get_by_role("link", name="Speakers").first.click()
    expect(page.locator("main")).to_contain_text("User Group Leader")
    page.goto("/events/kubesphere-meetup-beijing-20191214")
    expect(page.locator("main")).to_contain_text("Saturday, 14 December 2019")
    page.goto(UPCOMING)
    page.get_by_text("Add to calendar").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file (.ics)").click()
    assert download.value.suggested_filename.endswith(".ics")


def no_sideways_scrolling(page) -> bool:
    """Tell whether everything fits the width of the screen; asked of the browser, not of the page's own scripts."""
    widest = page.locator("body").bounding_box()["width"]
    return widest <= page.viewport_size["width"]

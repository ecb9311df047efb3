"""People from a file, in a real browser against the real site: on a phone without JavaScript, and under axe."""

import os
import re

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import TicketType
from app.registrations.models import QuestionKind
from tests.imports.samples import csv_of, xlsx_of
from tests.journeys.test_axe import DARK
from tests.journeys.test_organizer_pages import enter
from tests.support.factories import sign_up_as, states

FOOD = [{"value": "veg", "label": {"zh": "素食", "en": "Vegetarian"}}, {"value": "any", "label": {"zh": "都可以"}}]
QUESTIONS = [
    {"key": "company", "label": Texts(zh="公司", en="Company")},
    {"key": "phone", "kind": QuestionKind.PHONE, "label": Texts(zh="手机", en="Phone")},
    {"key": "food", "kind": QuestionKind.ONE_CHOICE, "label": Texts(zh="饮食", en="Food"), "options": FOOD},
]
HEAD = ["姓名", "电子邮箱", "工作单位", "手机号", "饮食", "报名状态", "签到时间", "备注"]
ROWS = [
    ["张三", "zhang@example.com", "青云科技", "138 0013 8000", "素食", "已确认", "", "嘉宾"],
    ["李四", "li@example.com", "Acme", "1.38E+10", "鱼", "已确认", "", ""],
    ["王五", "wang@example.com", "", "", "", "已取消", "", ""],
    ["赵六", "zhao@example", "甲公司", "", "", "", "", ""],
    ["钱七", "qian@example.com", "乙公司", "", "", "", "", ""],
    ["孙八", "guest@example.com", "", "", "", "", "", ""],
    ["周九", "zhou@example.com", "", "", "", "", "", ""],
]

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def event(make_event):
    event = make_event("spring", capacity=3, title=Texts(zh="春日会", en="Spring meetup"), questions=QUESTIONS)
    sign_up_as(event, "guest")
    service.add_organizer(normalise("ada@example.com"), name="Ada", now=utc_now())
    return event


@pytest.fixture
def site(event, make_server):
    return make_server(DUTIES="thread", DUTY_PAUSE="0.1")


class Looker:
    """A page that is looked at, in both themes, by axe and by its width."""

    def __init__(self, page, axe):
        self.page, self.axe, self.found = page, axe, {}

    def __call__(self, name):
        lines = self.axe(self.page)
        self.page.emulate_media(color_scheme="dark")
        lines += [f"dark: {line}" for line in self.page.evaluate(DARK)]
        self.page.emulate_media(color_scheme="light")
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            lines.append("scrolls sideways")
        if lines:
            self.found[name] = lines
        if folder := os.environ.get("PICTURES"):
            width = self.page.viewport_size["width"]
            self.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def wait_for_the_end(page, words):
    """Look again, as somebody without JavaScript does, until the work is done."""
    for _try in range(60):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def bring(page, data, name="名单.csv"):
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


def test_in_chinese_on_a_phone_without_javascript(event, db, site, page_at):
    page = page_at(375, locale="zh-CN", javascript=False, base_url=site.base_url)
    enter(page)
    page.goto("/organizer/events/spring/attendees")
    page.get_by_role("link", name="导入", exact=True).click()

    # A file that is none comes back with the reason beside it.
    bring(page, b'name,email\n"Ada')
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_role("alert")).to_contain_text("第 2 行的引号没有闭合。")

    # The columns are known; one of them is corrected.
    bring(page, csv_of([HEAD, *ROWS], encoding="gb18030", delimiter=";"))
    page.get_by_role("button", name="读取文件").click()
    expect(page.locator("main")).to_contain_text("按 GB18030 编码读取，以分号分隔。")
    expect(page.get_by_label("B 列：电子邮箱")).to_have_value("email")
    expect(page.get_by_label("C 列：工作单位")).to_have_value("q_company")
    page.get_by_label("H 列：备注").select_option(label="标签")
    page.get_by_role("button", name="查看导入结果").click()
    wait_for_the_end(page, "查看结果")
    page.get_by_role("link", name="查看结果").click()

    # The dry run says what would happen, and why not.
    main = page.locator("main")
    expect(main).to_contain_text("将新增 3 人报名。")
    expect(main).to_contain_text("表格软件把长号码变成了“1.38E+10”")
    expect(main).to_contain_text("“zhao@example”不是完整的邮箱。")
    page.get_by_role("link", name=re.compile("无法导入")).click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    db.rollback()
    assert states(event) == {"guest": "confirmed"}

    # Applied only with a tick for those that cannot be taken.
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("alert")).to_contain_text("勾选跳过它们")
    page.get_by_label("跳过无法导入的行").check()
    page.get_by_role("button", name="确认导入").click()
    wait_for_the_end(page, "查看结果")
    page.get_by_role("link", name="查看结果").click()
    expect(main).to_contain_text("已导入 3 人。")
    expect(main).to_contain_text("没有发送邮件。")
    db.rollback()
    assert states(event) == {"guest": "confirmed", "zhang": "confirmed", "qian": "confirmed", "zhou": "waiting"}

    # And taken back.
    page.get_by_role("button", name="撤销导入").click()
    wait_for_the_end(page, "查看结果")
    page.get_by_role("link", name="查看结果").click()
    expect(main).to_contain_text("移除 3 人")
    db.rollback()
    assert states(event) == {"guest": "confirmed"}


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 375), ("en-GB", 1280), ("en-GB", 320)])
def test_axe_finds_nothing_on_the_way(event, db, site, page_at, axe, locale, width):
    page = page_at(width, locale=locale, base_url=site.base_url)
    look = Looker(page, axe)
    enter(page)

    page.goto("/organizer/events/spring/imports/")
    bring(page, b"%PDF-1.7")
    page.locator("main form button").first.click()
    page.get_by_role("alert").wait_for()
    look("refused")
    bring(page, xlsx_of([["Cover"]], List=[HEAD, *ROWS]))
    page.locator("main form button").first.click()
    page.locator("#sheet").wait_for()
    look("sheets")
    page.goto("/organizer/events/spring/imports/")
    bring(page, csv_of([HEAD, *ROWS]))
    page.locator("main form button").first.click()
    page.locator(".import-columns").wait_for()
    look("columns")
    page.locator("main form button").first.click()
    page.locator("[data-progress] a.button").wait_for()
    look("checked")
    page.locator("main a.button").last.click()
    page.locator(".import-rows").wait_for()
    look("dry run")
    address = page.url
    sign_up_as(event, "faster")
    page.locator("#without_refused").check()
    page.locator("main form.card button").click()
    page.locator("[data-progress] a.button").wait_for()
    page.goto(address)
    page.locator(".notice.is-bad").wait_for()
    look("changed since")
    page.locator("#without_refused").check()
    page.locator("main form.card button").click()
    page.locator("[data-progress] a.button").wait_for()
    page.goto(address)
    look("applied")
    page.locator("main form button.is-bad").click()
    page.locator("[data-progress] a.button").wait_for()
    page.goto(address)
    look("undone")
    page.goto("/organizer/events/spring/imports/")
    look("earlier imports")

    assert look.found == {}
    db.rollback()
    assert db.get_one(TicketType, event.ticket_types[0].id).seats_taken == 2

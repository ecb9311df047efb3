"""An agenda that is pasted on the organizers' pages: shown row by row, corrected, taken whole or not at all."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import select

from app.core.db import db as database
from app.core.i18n import Texts
from app.events.models import Event, Session, SessionKind
from tests.support.organizers import signed_in
from tests.support.people import add_session, make_person

AGENDA = "/organizer/events/meetup/agenda"
START = datetime(2026, 12, 19, 5, tzinfo=UTC)  # 13:00 in Beijing


@pytest.fixture
def event(make_event):
    return make_event("meetup", starts_at=START)


@pytest.fixture
def browser(app):
    return signed_in(app)


def rows():
    database.session.expire_all()
    statement = select(Session).join(Event).where(Event.slug == "meetup").order_by(Session.position)
    return database.session.scalars(statement).all()


def titles():
    return [row.title.in_language("en") for row in rows()]


def preview(browser, text):
    page = browser.post(f"{AGENDA}/paste?lang=en", data={"text": text})
    fields = dict(re.findall(r'<input[^>]* name="(row-[^"]*)"[^>]* value="([^"]*)"', page.text))
    fields |= dict(re.findall(r'<textarea[^>]* name="(row-[^"]*)"[^>]*>\r?\n?([^<]*)</textarea>', page.text))
    for select_ in re.findall(r'<select[^>]* name="(row-[^"]*)".*?</select>', page.text, re.DOTALL):
        chosen = re.search(rf'name="{select_}".*?<option selected value="([^"]*)"', page.text, re.DOTALL)
        fields[select_] = chosen[1]
    return page, {name: unescape(value) for name, value in fields.items()}


def test_pasted_agenda_is_shown_row_by_row_and_taken(event, browser):
    make_person("ada", zh="艾达")
    add_session(event, "old")
    text = "13:00-13:30 签到\n25:00 nothing\n13:30-14:10 图灵机 — 艾达 (公司)、王五"

    page, fields = preview(browser, text)

    assert page.status_code == 200
    assert "Line 2: There is no such time of day." in page.text
    assert ("Member</span> Ada" in page.text, "New guest</span>" in page.text) == (True, True)
    assert titles() == ["old"]

    answer = browser.post(f"{AGENDA}/pasted", data=fields | {"mode": "replace"})

    assert answer.status_code == 303
    assert [(row.title.zh, row.kind, row.minutes, row.follows) for row in rows()] == [
        ("签到", SessionKind.CHECK_IN, 30, True), ("图灵机", SessionKind.TALK, 40, True),
    ]  # fmt: skip
    assert [(part.person.name.zh, part.person.is_guest, part.affiliation) for part in rows()[1].speakers] == [
        ("艾达", False, Texts(zh="公司")), ("王五", True, Texts()),
    ]  # fmt: skip


def test_pasted_rows_are_taken_all_or_none(event, browser):
    _page, fields = preview(browser, "13:00-13:30 A\n13:30-14:00 B")

    answer = browser.post(f"{AGENDA}/pasted?lang=en", data=fields | {"row-1-title": "", "row-0-title": "Kept"})

    assert answer.status_code == 422
    assert "Row 2: Please give this row a title" in answer.text
    assert 'value="Kept"' in answer.text
    assert titles() == []

    fields.pop("row-1-is_taken")
    assert browser.post(f"{AGENDA}/pasted", data=fields | {"row-1-title": ""}).status_code == 303
    assert titles() == ["A"]


@pytest.mark.parametrize(("text", "message"), [("", "Please paste the agenda here."), ("13:00-12:00 A", "Line 1:")])
def test_text_without_a_row_is_refused(event, browser, text, message):
    page, _fields = preview(browser, text)

    assert page.status_code == 422
    assert message in page.text


def test_long_agenda_in_chinese_fits_through_the_door(event, browser):
    text = "\n".join(f"{hour}:00-{hour}:30 {'长' * 250}" for hour in range(8, 20)) + "\n" + "短\n" * 60

    page, fields = preview(browser, text)

    assert (page.status_code, sum(name.endswith("-title") for name in fields)) == (200, 72)
    assert browser.post(f"{AGENDA}/pasted", data=fields).status_code == 303
    assert len(rows()) == 72

"""Choosing columns, keeping layouts, and what the history says of each file."""

import csv
import io

import pytest
from sqlalchemy import select

from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.duplicate import Copies, duplicate
from app.events.models import EventRole
from app.exports import columns, files, layouts, queries
from app.history.models import Entry
from app.history.service import THE_SITE
from app.registrations.marks import AttendeeNote, AttendeeTag
from app.registrations.models import Purpose, QuestionKind, Registration
from app.registrations.queries import all_questions_of
from tests.exports.test_files import FORMULA
from tests.registrations.samples import ENGLISH
from tests.support.factories import add_question, sign_up_as
from tests.support.organizers import signed_in
from tests.support.world import organizer_named

EXPORTS = "/organizer/events/meetup/exports"


@pytest.fixture
def event(make_event):
    event = make_event("meetup", capacity=1)
    add_question(event, "company", purpose=Purpose.COMPANY, label=Texts(en="Company", zh="公司"))
    add_question(event, "secret", is_masked=True, is_after_acceptance=True, label=Texts(en="Secret", zh="密"))
    return event


@pytest.fixture
def ada(event):
    question = {question.key: question.id for question in all_questions_of(event.id)}
    ada = sign_up_as(event, "ada", full_name=FORMULA, answers={question["company"]: "@Acme", question["secret"]: "s1"})
    with transaction() as session:
        now = utc_now()
        session.merge(Registration(id=ada.id, source="=wechat"))
        for name in ("+vip", "speaker"):
            session.add(AttendeeTag(registration_id=ada.id, key=name, name=name, event_id=event.id))
        for text in ("-first", "second"):
            session.add(AttendeeNote(registration_id=ada.id, text=text, created_at=now))
    return ada


def ticked(*keys, **places):
    return {"use": list(keys), "format": "csv"} | {f"place-{key}": str(place) for key, place in places.items()}


def rows_of(response):
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def last_entry(db, action):
    return db.scalars(select(Entry).where(Entry.action == action).order_by(Entry.id.desc()).limit(1)).one()


def test_a_file_has_the_columns_that_were_ticked_in_the_order_of_their_numbers(app, event, ada):
    data = ticked("name", "email", "q_company", "code", email=1, code=2, name=2, q_company=9)

    response = signed_in(app).post(f"{EXPORTS}/file", data=data, headers=ENGLISH)

    # Of two with the same number, the upper one of the page comes first.
    assert rows_of(response) == [
        ["E-mail", "Name", "Code", "Company"],
        ["ada@example.com", f"'{FORMULA}", ada.code, "'@Acme"],
    ]


def test_no_column_can_become_a_formula(app, event, ada):
    data = ticked("source", "tags", "notes", "language", "q_secret")

    rows = rows_of(signed_in(app).post(f"{EXPORTS}/file", data=data, headers=ENGLISH))

    assert rows == [
        ["Language", "Sign-up source", "Tags", "Notes", "Secret"],
        ["中文", "'=wechat", "'+vip; speaker", "'-first\nsecond", "s1"],
    ]


def test_a_question_worded_as_a_formula_makes_none_of_its_column(make_event):
    event = make_event()
    add_question(event, "evil", label=Texts(en=FORMULA))
    used = columns.chosen(["q_evil"], all_questions_of(event.id))

    content = b"".join(files.FORMATS["csv"].chunks(files.attendee_list(event, Wanted(), language="en", columns=used)))

    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [[f"'{FORMULA}"]]


def test_a_file_without_columns_is_refused_with_what_was_ticked_kept(app, event):
    response = signed_in(app).post(f"{EXPORTS}/file", data=ticked(name=7), headers=ENGLISH)

    assert response.status_code == 422
    assert "Choose at least one column." in response.text


def test_what_is_masked_is_in_a_file_only_if_it_was_ticked(app, event, ada):
    browser = signed_in(app)

    usual = browser.get("/organizer/events/meetup/attendees.csv").get_data(as_text=True)
    lines = browser.get("/organizer/events/meetup/attendees.json").get_data(as_text=True)
    asked = browser.post(f"{EXPORTS}/file", data=ticked("q_secret")).get_data(as_text=True)

    assert ["s1" in text for text in (usual, lines, asked)] == [False, False, True]


def test_the_history_says_columns_filter_and_rows_and_not_what_was_searched_for(app, db, event, ada):
    sign_up_as(event, "bob")
    browser = signed_in(app)

    browser.post(f"{EXPORTS}/file?status=confirmed&q=ada&tag=speaker&lacks=answers", data=ticked("name", "q_company"))

    changes = last_entry(db, "attendees.downloaded").changes
    assert {name: after for name, (_before, after) in changes.items()} == {
        "format": "csv",
        "rows": 0,
        "columns": ["name", {"label": {"en": "Company", "zh": "公司"}}],
        "wanted_state": ["confirmed"],
        "wanted_tags": 1,
        "wanted_lacking": True,
        "searched": True,
    }
    page = browser.get("/organizer/events/meetup/history", headers=ENGLISH).text
    assert "Name, Company" in page


def test_without_a_layout_the_page_says_that_mornings_need_one(app, event):
    browser, says = signed_in(app), "keep one above"

    before = browser.get("/organizer/events/meetup/exports?lang=en").text
    browser.post("/organizer/events/meetup/exports/layouts", data={"use": "name", "format": "csv", "name": "Badges"})
    after = browser.get("/organizer/events/meetup/exports?lang=en").text

    assert says in before
    assert says not in after


def test_a_layout_is_kept_used_changed_renamed_and_deleted(app, db, event, ada):
    browser = signed_in(app)
    data = ticked("email", "name", email=1, name=2) | {"name": "Badges"}

    saved = browser.post(f"{EXPORTS}/layouts?status=confirmed", data=data)
    layout = queries.layouts(event.id)[0]
    layout_id = layout.id
    taken = rows_of(browser.get(f"{EXPORTS}/layouts/{layout_id}/file", headers=ENGLISH))
    browser.post(f"{EXPORTS}/layouts/{layout_id}", data=ticked("code") | {"format": "xlsx"})
    browser.post(f"{EXPORTS}/layouts/{layout_id}/name", data={"new-name": "Door"})
    db.expire_all()
    kept = (layout.name, layout.columns, layout.format)
    browser.post(f"{EXPORTS}/layouts/{layout_id}/deletion")

    assert saved.headers["Location"].endswith(f"done=saved&status=confirmed&layout={layout_id}#layouts")
    assert taken == [["E-mail", "Name"], ["ada@example.com", f"'{FORMULA}"]]
    assert kept == ("Door", ["code"], "xlsx")
    assert queries.layouts(event.id) == []


def test_two_layouts_have_two_names(app, event):
    browser = signed_in(app)
    layout_id = layouts.save(event.id, "Door", [columns.Column("name")], "csv", by=THE_SITE, now=utc_now())
    layouts.save(event.id, "Badges", [columns.Column("name")], "csv", by=THE_SITE, now=utc_now())

    saved = browser.post(f"{EXPORTS}/layouts", data=ticked("code") | {"name": "door"}, headers=ENGLISH)
    asked = browser.get(f"{EXPORTS}?layout={layout_id}&lang=zh").text
    renamed = browser.post(f"{EXPORTS}/layouts/{layout_id}/name", data={"new-name": "Badges"}, headers=ENGLISH)
    nameless = browser.post(f"{EXPORTS}/layouts", data=ticked("code"), headers=ENGLISH)

    assert [response.status_code for response in (saved, renamed, nameless)] == [422, 422, 422]
    assert "has this name" in saved.text
    assert "has this name" in renamed.text
    assert ("方案名称" in asked, "姓名</label>" in asked) == (True, False)
    assert [each.name for each in queries.layouts(event.id)] == ["Badges", "Door"]


def test_a_layout_leaves_out_a_question_that_is_gone(event, ada):
    used = columns.chosen(["q_gone", "name", "name", "=1", "q_company"], all_questions_of(event.id))

    assert [column.key for column in used] == ["name", "q_company"]


def test_copies_of_an_event_have_its_layouts(event):
    layouts.save(event.id, "Door", [columns.Column("name")], "csv", by=THE_SITE, now=utc_now())

    from datetime import date

    made = duplicate(event.id, Copies(days=[date(2031, 5, 1)]), key="k", by=THE_SITE, now=utc_now())

    copied = queries.layouts(made[0].id)
    assert [(each.name, each.columns, each.format) for each in copied] == [("Door", ["name"], "csv")]


def test_a_layout_of_another_event_is_not_there(app, make_event, event):
    other = make_event("other")
    layout_id = layouts.save(other.id, "Door", [columns.Column("name")], "csv", by=THE_SITE, now=utc_now())

    answers = [
        signed_in(app).get(f"{EXPORTS}{path}") for path in (f"?layout={layout_id}", f"/layouts/{layout_id}/file")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_somebody_whose_right_was_taken_gets_no_file_they_could_get_before(app, event, ada):
    from app.accounts.models import Role
    from app.accounts.service import add_organizer
    from app.core.addresses import normalise

    signed_in(app, "owner@example.com")
    add_organizer(normalise("eve@example.com"), name="Eve", role=None, now=utc_now())
    with transaction() as session:
        eve = organizer_named("eve@example.com")
        session.add(EventRole(event_id=event.id, organizer_id=eve.id, role=Role.ATTENDEE_MANAGER, created_at=utc_now()))
    browser = signed_in(app, "eve@example.com")
    before = browser.post(f"{EXPORTS}/file", data=ticked("name"))
    with transaction() as session:
        session.get(EventRole, (event.id, eve.id)).role = Role.VIEWER

    after = [browser.post(f"{EXPORTS}/file", data=ticked("name")), browser.get(EXPORTS)]

    assert (before.status_code, [each.status_code for each in after]) == (200, [403, 403])


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", list(QuestionKind))
def test_every_kind_of_question_has_a_column(make_event, kind):
    event = make_event()
    add_question(event, "asked", kind=kind)

    used = columns.usual(all_questions_of(event.id))

    assert (used[-1].key, used[-1].width > 0) == ("q_asked", True)

"""The attendee list as an organizer sees and downloads it."""

import csv
import io
import json
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select, update

from app.accounts.models import Organizer
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.models import Event, EventState
from app.events.service import apply_changes
from app.history.models import Entry
from app.mail.models import Failure, Letter, LetterState, RefusedAddress
from app.registrations.changes import announce
from app.registrations.models import Registration
from app.registrations.sources import BY_HAND, IMPORTED
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in

LIST = "/organizer/events/meetup/attendees"


@pytest.fixture
def event(make_event):
    event = make_event("meetup", capacity=2)
    sign_up_as(event, "wang", full_name="王芳")
    sign_up_as(event, "ada", full_name="<b>Ada</b>")
    sign_up_as(event, "bob")
    return event


@pytest.fixture
def browser(app):
    return signed_in(app, "organizer@example.com", name="Olga")


def emails(page):
    return [part.split("<")[0] for part in page.split('"mailto:')[1:] for part in part.split(">")[1:2]]


def test_list_shows_who_comes_and_how_many(event, browser):
    page = browser.get(LIST + "?lang=en").text

    assert emails(page) == ["wang@example.com", "ada@example.com", "bob@example.com"]
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    for name, number in (("All", 3), ("Confirmed", 2), ("Waiting list", 1), ("Cancelled", 0)):
        assert f'{name} <span class="count">{number}</span>' in page


def test_list_narrows_by_search_and_status_and_keeps_both_in_its_links(event, browser):
    page = browser.get(LIST + "?lang=en&q=b&status=waiting").text

    assert emails(page) == ["bob@example.com"]
    assert 'href="/organizer/events/meetup/attendees.csv?q=b&amp;status=waiting&amp;lang=en"' in page
    assert 'value="b"' in page


def test_empty_list_says_what_can_be_done(browser, make_event):
    make_event("meetup")

    page = browser.get(LIST + "?lang=en").text

    assert "Nobody has signed up yet" in page
    assert "add somebody by hand, or import a list" in page


def test_list_says_when_nobody_fits(event, browser):
    assert "No matching attendees" in browser.get(LIST + "?lang=en&q=zzz").text


@pytest.mark.parametrize(
    "query", ["after=x", "before=-1", "after=" + "9" * 40, "before=" + "9" * 5000, "status=%27", "q=%27%25"]
)
def test_list_takes_nonsense_in_its_address_calmly(event, browser, query):
    assert browser.get(f"{LIST}?{query}").status_code == 200


def test_letter_of_an_impossible_number_is_not_there(event, browser):
    assert browser.post(f"/organizer/events/meetup/letters/{2**40}/delivery").status_code == 404


def test_list_of_a_draft_is_there_and_of_nothing_is_not(browser, make_event):
    make_event("meetup", state=EventState.DRAFT)

    assert browser.get(LIST).status_code == 200
    assert browser.get("/organizer/events/nowhere/attendees").status_code == 404


def test_list_asks_as_often_for_three_people_as_for_one(make_event, browser, count_statements):
    event = make_event("meetup")
    asked = []
    for names in (["ada"], ["bob", "eve"]):
        for name in names:
            sign_up_as(event, name)
        browser.get(LIST)
        with count_statements() as seen:
            browser.get(LIST)
        asked.append(len(seen))

    assert asked == [16, 16]


@pytest.mark.parametrize(
    ("suffix", "content_type", "name"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "meetup-attendees.xlsx"),
        ("csv", "text/csv; charset=utf-8", "meetup-attendees.csv"),
        ("json", "application/x-ndjson; charset=utf-8", "meetup-attendees.jsonl"),
    ],
)
def test_download_is_a_file_of_those_wanted(event, browser, suffix, content_type, name):
    response = browser.get(f"{LIST}.{suffix}?status=confirmed&lang=en")

    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert names_in(response.data, suffix) == ["王芳", "<b>Ada</b>"]


def test_download_is_told_without_what_was_searched_for(event, browser, db):
    browser.get(f"{LIST}.csv")
    browser.get(f"{LIST}.xlsx?status=confirmed&q=wang")
    browser.get(f"{LIST}.pdf")

    entries = db.scalars(select(Entry).where(Entry.action == "attendees.downloaded").order_by(Entry.id)).all()
    olga = db.scalars(select(Organizer.id)).one()
    columns = ["status", "name", "email", "ticket_type", "signed_up", "checked_in", "code"]
    assert [(each.organizer_id, each.event_id, each.changes) for each in entries] == [
        (olga, event.id, {"format": [None, "csv"], "rows": [None, 3], "columns": [None, columns]}),
        (
            olga,
            event.id,
            {
                "format": [None, "xlsx"],
                "rows": [None, 1],
                "columns": [None, columns],
                "wanted_state": [None, ["confirmed"]],
                "searched": [None, True],
            },
        ),
    ]
    history = browser.get("/organizer/events/meetup/history?lang=en").text
    for words in ("Attendee list downloaded", "File format", "Number of rows", "Columns", "Only what a search found"):
        assert words in history


def names_in(content, suffix):
    if suffix == "xlsx":
        return [
            row[1] for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2, values_only=True)
        ]
    if suffix == "csv":
        return [row[1] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))][1:]
    return [json.loads(line)["name"] for line in content.splitlines()]


def test_download_of_another_kind_is_not_there(event, browser):
    assert browser.get(f"{LIST}.pdf").status_code == 404


def test_failed_letter_is_shown_and_sent_again(event, browser, db):
    with transaction() as session:
        session.execute(
            update(Letter)
            .where(Letter.to_email == "ada@example.com")
            .values(state=LetterState.FAILED, last_error="550 <no>")
        )
    letter_id = db.scalar(select(Letter.id).where(Letter.to_email == "ada@example.com"))
    shown = browser.get(LIST + "?lang=en").text

    answer = browser.post(f"/organizer/events/meetup/letters/{letter_id}/delivery?lang=en")
    again = browser.post(f"/organizer/events/meetup/letters/{letter_id}/delivery?lang=en")

    assert "The mail server said: 550 &lt;no&gt;" in shown
    assert (answer.status_code, answer.location) == (303, f"{LIST}?lang=en#letters")
    assert db.get(Letter, letter_id).state is LetterState.QUEUED
    assert again.status_code == 404
    assert "did not arrive" not in browser.get(LIST + "?lang=en").text


@pytest.mark.parametrize("slug", ["%00", "a%00b", "%ff", "%F0%9F%98%80", "a" * 3000])
def test_list_of_an_impossible_address_is_not_there(browser, slug):
    assert browser.get(f"/organizer/events/{slug}/attendees").status_code == 404


def test_a_change_is_told_at_once_when_an_organizer_says_so(db, event, browser):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"starts_at": event.starts_at - timedelta(hours=1)}, now=utc_now())

    page = browser.get(LIST + "?lang=en").text
    told = browser.post("/organizer/events/meetup/announcement")
    announce(utc_now())
    again = browser.post("/organizer/events/meetup/announcement?lang=en")

    assert "is told to 3 people by e-mail" in page
    assert told.status_code == 303
    assert db.scalar(select(func.count()).where(Letter.kind == "event-changed")) == 3
    assert (again.status_code, "nothing to tell" in again.text) == (409, True)


def test_late_letters_are_told_to_whoever_manages(event, browser):
    before = browser.get("/organizer/?lang=en").text
    with transaction() as session:
        session.execute(update(Letter).values(due_at=utc_now() - timedelta(minutes=3)))

    assert "have not been leaving" not in before
    assert "have not been leaving for 3 minutes" in browser.get("/organizer/?lang=en").text


def test_letters_that_a_worker_holds_and_does_not_send_are_told_to_whoever_manages(event, browser):
    deliver_later = utc_now() + timedelta(minutes=4)
    told = []
    for seconds in (20, 61):
        leased = {"leased_at": utc_now() - timedelta(seconds=seconds), "due_at": deliver_later}
        with transaction() as session:
            session.execute(update(Letter).values(state=LetterState.SENDING, **leased))
        told.append("have not been leaving" in browser.get("/organizer/?lang=en").text)

    assert told == [False, True]


def test_an_address_that_refuses_is_marked_and_the_letter_says_why(event, browser):
    with transaction() as session:
        at = utc_now()
        session.add(RefusedAddress(key="wang@example.com", refusals=1, first_at=at, last_at=at, suppressed_at=at))
        letter = session.scalars(select(Letter).where(Letter.to_email == "wang@example.com")).one()
        letter.state, letter.failure = LetterState.FAILED, Failure.ADDRESS

    page = browser.get(LIST + "?lang=en").text

    assert page.count("refuses e-mails") == 1
    assert "Nobody has this address." in page


def test_where_somebody_came_from_is_said_in_the_language_of_the_page(event, browser, db):
    with transaction() as session:
        for email_key, source in (
            ("wang@example.com", IMPORTED),
            ("ada@example.com", BY_HAND),
            ("bob@example.com", "zhihu"),
        ):
            session.execute(update(Registration).where(Registration.email_key == email_key).values(source=source))
    codes = dict(db.execute(select(Registration.email_key, Registration.code)).all())

    page = browser.get(LIST + "?lang=zh").text
    people = [browser.get(f"{LIST}/{codes[f'{name}@example.com']}?lang=zh").text for name in ("wang", "ada", "bob")]

    for value, words in ((BY_HAND, "手动添加"), (IMPORTED, "名单导入"), ("zhihu", "zhihu")):
        assert f'<option value="{value}">{words}</option>' in page
    for person, words in zip(people, ("名单导入", "手动添加", "zhihu"), strict=True):
        assert f"<dt>来源</dt><dd>{words}</dd>" in person

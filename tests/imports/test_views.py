"""The pages of an import, as an organizer's browser meets them."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import delete, select, update

from app.accounts.models import Organizer, Role, SignInSession
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventRole
from app.imports import forgetting, service
from app.imports.models import Import, ImportPart, ImportRow, ImportState
from app.registrations.models import QuestionKind
from app.work.models import Task
from tests.imports.samples import PEOPLE, advance, check, csv_of, fresh, outcomes, saved, xlsx_of
from tests.support.factories import add_question, sign_up_as, states
from tests.support.organizers import signed_in

BASE = "/organizer/events/meetup/imports"


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=2)


@pytest.fixture
def browser(app, event):
    return signed_in(app)


def send(browser, data, name="people.csv"):
    return browser.post(f"{BASE}/?lang=en", data={"file": (io.BytesIO(data), name)})


def begin(browser, data):
    """Bring a file and say its columns as they were recognised; return the import's address."""
    address = send(browser, data).headers["Location"].partition("?")[0]
    form = {"column-0": "name", "column-1": "email", "has_header": "y", "language": "zh"}
    page = browser.get(address).text
    form["ticket_type"] = page.split('name="ticket_type"')[1].split('<option selected value="')[1].split('"')[0]
    assert browser.post(f"{address}/columns", data=form).status_code == 303
    advance()
    return address


def test_a_file_goes_all_the_way_and_back(browser, event, db):
    address = begin(browser, csv_of([*PEOPLE, ["王五", "nothing"]]))
    page = browser.get(f"{address}?lang=en").text
    assert "2 people would be registered." in page
    assert "“nothing” is no complete e-mail address." in page
    assert "Column B (邮箱)" in page

    refused = browser.post(f"{address}/application?lang=en", data={})
    assert (refused.status_code, states(event)) == (422, {})
    assert browser.post(f"{address}/application", data={"without_refused": "y"}).status_code == 303
    advance()
    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}
    assert "2 attendees were imported." in browser.get(f"{address}?lang=en").text

    assert browser.post(f"{address}/undoing").status_code == 303
    advance()
    assert states(event) == {}
    assert "2 removed" in browser.get(f"{address}?lang=en").text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "There are no rows in this file."),
        (b"%PDF-1.7", "This is no table."),
        (b'name,email\n"Ada', "The quotation mark that opens in row 2 is never closed."),
        (xlsx_of([["x"] * 5000]), "Row 1 has 5000 columns. At most 200 can be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(browser, event, db, data, words):
    response = send(browser, data)

    assert response.status_code == 422
    assert words in response.text
    assert db.scalars(select(Import)).all() == []


def test_without_a_file_one_is_asked_for(browser, event):
    assert "Choose the file" in send(browser, b"", name="").text


def test_what_is_no_choice_is_told_with_those_there_are(browser, event):
    options = [
        {"value": "dev", "label": {"zh": "开发", "en": "Development"}},
        {"value": "ops", "label": {"zh": "运维"}},
    ]
    add_question(event, "role", kind=QuestionKind.ONE_CHOICE, label=Texts(zh="角色", en="Role"), options=options)
    rows = [["Name", "Email", "Role"], ["Ada", "ada@example.com", "Boss"]]
    address = send(browser, csv_of(rows)).headers["Location"].partition("?")[0]
    page = browser.get(address).text
    kind = page.split('name="ticket_type"')[1].split('<option selected value="')[1].split('"')[0]
    form = {"column-0": "name", "column-1": "email", "column-2": "q_role", "has_header": "y", "language": "zh"}
    browser.post(f"{address}/columns", data=form | {"ticket_type": kind})
    advance()

    assert "“Boss” is not among the choices. They are: Development, 运维." in browser.get(f"{address}?lang=en").text
    assert "选项中没有“Boss”。可选：开发、运维。" in browser.get(f"{address}?lang=zh").text


def workbook_of_a_real_office():
    """Return one with a cover whose cells are merged, a list, and another list."""
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([["报名情况"], ["市场部"]], 线下=PEOPLE, 线上=ONLINE, 空=[])))
    book.active.merge_cells("A1:C1")
    return saved(book)


ONLINE = [["Name", "Email"], ["Ada", "ada@example.com"]]


def test_another_sheet_of_a_workbook_is_read_when_it_is_chosen(browser, event, db):
    address = send(browser, workbook_of_a_real_office()).headers["Location"].partition("?")[0]
    first = browser.get(f"{address}?lang=en").text
    refused = [
        browser.post(f"{address}/sheet?lang=en", data={"sheet": sheet}).status_code for sheet in ("0", "7", "x", "")
    ]
    answer = browser.post(f"{address}/sheet", data={"sheet": "2"})
    second = browser.get(f"{address}/columns?lang=en").text

    assert "Only the sheet “线下” is read." in first
    assert re.findall(r'<option(?: selected)? value="(\d)">(.+?)</option>', first)[:2] == [
        ("1", "线下 (3 rows)"), ("2", "线上 (2 rows)"),
    ]  # fmt: skip
    assert "“报名情况” cannot be read:" not in first
    assert "“Sheet” cannot be read: Cells are merged: A1:C1." in " ".join(first.replace("</p>", "").split())
    assert refused == [422] * 4
    assert answer.headers["Location"].endswith(f"{address}/columns")
    assert ("Only the sheet “线上” is read." in second, "Ada" in second) == (True, True)
    work = db.scalars(select(Import)).one()
    check(work)
    assert outcomes(work) == ["confirmed"]
    assert browser.post(f"{address}/sheet", data={"sheet": "1"}).status_code == 303
    check(fresh(work.id))
    assert outcomes(work) == ["confirmed", "confirmed"]


def test_a_sheet_of_a_file_that_is_no_longer_kept_cannot_be_chosen(browser, event, db):
    address = send(browser, workbook_of_a_real_office()).headers["Location"].partition("?")[0]
    with transaction() as session:
        session.execute(delete(ImportPart))

    answer = browser.post(f"{address}/sheet?lang=en", data={"sheet": "1"})

    assert answer.status_code == 409
    assert "This file is no longer kept." in answer.text


def test_a_workbook_of_one_sheet_asks_for_none(browser, event):
    address = send(browser, xlsx_of(PEOPLE, empty=[])).headers["Location"].partition("?")[0]

    assert 'name="sheet"' not in browser.get(address).text
    assert browser.post(f"{address}/sheet", data={"sheet": "0"}).status_code == 303


def test_a_file_of_twenty_megabytes_may_come_and_a_longer_one_may_not(browser, event):
    def answer(data):
        # As one text: the client's own way to make a long body leaves a file open.
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        body = head + data + b"\r\n--x--\r\n"
        return browser.post(f"{BASE}/", data=body, content_type="multipart/form-data; boundary=x").status_code

    assert answer(b"name,email,note\n" + (b"Ada,," + b"x" * 30_000 + b"\n") * 600) == 303
    assert answer(b"x" * 21_500_000) == 413


def test_a_dry_run_that_is_no_longer_true_is_shown_anew_with_what_has_changed(browser, event):
    address = begin(browser, csv_of(PEOPLE))
    sign_up_as(event, "ada")

    browser.post(f"{address}/application", data={})
    advance()

    page = browser.get(f"{address}?lang=en").text
    assert "Nothing was applied" in page
    assert "Confirmed: 1, before 2" in page
    assert states(event) == {"ada": "confirmed"}


def test_rows_come_fifty_a_page_and_by_what_becomes_of_them(browser, event):
    rows = [[f"人{number}", f"p{number}@example.com"] for number in range(120)]
    address = begin(browser, csv_of([PEOPLE[0], *rows, ["坏", "bad"]]))

    first = browser.get(f"{address}?lang=en").text
    second = browser.get(f"{address}?lang=en&after=51").text
    third = browser.get(f"{address}?lang=en&after=101").text
    refused = browser.get(f"{address}?lang=en&outcome=refused").text

    assert [page.count('role="rowheader"') for page in (first, second, third, refused)] == [50, 50, 21, 1]
    assert "before=52" in second
    assert browser.get(f"{address}?before=52").text.count('role="rowheader"') == 50
    assert browser.get(f"{address}?outcome=nonsense&after=x").status_code == 200


def test_it_is_taken_back_from_the_history_too(browser, event, db):
    address = begin(browser, csv_of(PEOPLE))
    browser.post(f"{address}/application", data={})
    advance()

    history = browser.get("/organizer/events/meetup/history?lang=en").text
    assert "Attendees imported" in history
    undo = next(part.split('"')[0] for part in history.split('action="')[1:] if "/undo" in part.split('"')[0])
    assert browser.post(undo).status_code == 303
    advance()

    assert states(event) == {}
    assert db.scalars(select(Import.state)).one() is ImportState.UNDONE


def test_stopped_on_the_way_nothing_is_left(browser, event, db):
    address = begin(browser, csv_of(PEOPLE))
    answer = browser.post(f"{address}/application", data={})

    assert browser.post(f"{answer.headers['Location'].partition('?')[0]}/stop").status_code == 303
    advance()

    db.rollback()
    assert states(event) == {}
    assert db.scalars(select(Task.kind).order_by(Task.id)).all() == ["import-check", "import"]
    assert "Stopped, and taken back" in browser.get(f"{address}?lang=en").text
    sign_up_as(event, "ada")
    sign_up_as(event, "bob")
    assert states(event) == {"ada": "confirmed", "bob": "confirmed"}


def test_a_dropped_file_is_gone(browser, event, db):
    address = begin(browser, csv_of(PEOPLE))

    assert browser.post(f"{address}/removal").status_code == 303
    while forgetting.forget(utc_now()):
        pass

    assert (db.scalars(select(Import)).all(), db.scalars(select(ImportRow)).all()) == ([], [])


def test_the_template_comes_back_recognised(browser, event, db):
    for suffix in ("csv", "xlsx"):
        data = browser.get(f"{BASE}/template.{suffix}?lang=zh").data
        answer = send(browser, data + (b"Ada,ada@example.com\r\n" if suffix == "csv" else b""))
        assert answer.status_code == (303 if suffix == "csv" else 422)

    work = db.scalars(select(Import)).one()
    assert work.targets == ["name", "email", "ticket_type", "language", "tag", "note"]
    assert browser.get(f"{BASE}/template.pdf").status_code == 404


def test_an_import_of_another_event_is_not_there(browser, event, make_event):
    make_event("other")
    address = begin(browser, csv_of(PEOPLE))
    number = address.rpartition("/")[2]

    assert browser.get(f"/organizer/events/other/imports/{number}").status_code == 404
    assert browser.post(f"/organizer/events/other/imports/{number}/application").status_code == 404


def test_columns_of_an_import_that_was_applied_are_asked_for_no_more(browser, event):
    address = begin(browser, csv_of(PEOPLE))
    browser.post(f"{address}/application", data={})
    advance()

    assert browser.get(f"{address}/columns").status_code == 303
    assert browser.post(f"{address}/columns", data={"column-0": "name", "column-1": "email"}).status_code == 409


def test_a_dry_run_of_many_rows_asks_the_database_as_often_as_one_of_few(browser, event, count_statements):
    asked = []
    for number in (1, 60):
        rows = [[f"人{n}", f"of-{number}-{n}@example.com" if n % 2 else "bad"] for n in range(number)]
        address = begin(browser, csv_of([PEOPLE[0], *rows]))
        with count_statements() as seen:
            assert browser.get(address).status_code == 200
        asked.append(len(seen))

    assert asked[0] == asked[1]


def prove_long_ago():
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(hours=1)))


def test_letters_and_an_undoing_ask_who_it_is(browser, event, db):
    address = begin(browser, csv_of(PEOPLE))
    prove_long_ago()

    asked = browser.post(f"{address}/application", data={"letters": "y"})
    assert (asked.status_code, states(event)) == (403, {})
    assert browser.post(f"{address}/application", data={}).status_code == 303
    advance()
    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}

    history = browser.get("/organizer/events/meetup/history").text
    entry = next(part.split('"')[0] for part in history.split('action="')[1:] if "/undo" in part.split('"')[0])
    assert [browser.post(path).status_code for path in (f"{address}/undoing", entry)] == [403, 403]
    advance()
    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}


class Unread(io.RawIOBase):
    """A body that nobody may read."""

    def readinto(self, _buffer):
        pytest.fail("the body was read")

    def seek(self, _place, _whence=0):
        return 0  # the client winds it back at the end


@pytest.mark.parametrize(("role", "slug", "status"), [(Role.VIEWER, "meetup", 403), (None, "meetup", 404)])
def test_a_large_file_is_not_read_of_somebody_who_may_not_bring_it(app, event, role, slug, status):
    browser = signed_in(app, "bob@example.com")
    with transaction() as session:
        bob = session.scalars(select(Organizer).where(Organizer.email_key == "bob@example.com")).one()
        bob.role = None
        if role is not None:
            session.add(EventRole(event_id=event.id, organizer_id=bob.id, role=role, created_at=utc_now()))

    response = browser.post(
        f"/organizer/events/{slug}/imports/",
        input_stream=Unread(),
        content_length=10_000_000,
        content_type="multipart/form-data; boundary=x",
    )

    assert response.status_code == status


def test_one_file_is_read_at_a_time(browser, event, monkeypatch):
    monkeypatch.setattr(service, "PATIENCE", 0.05)
    with service._reading:
        busy = send(browser, csv_of(PEOPLE))

    assert busy.status_code == 503
    assert send(browser, csv_of(PEOPLE)).status_code == 303


def test_what_is_masked_is_masked_on_the_pages_of_an_import_too(browser, event, db):
    add_question(event, "id", is_masked=True, label=Texts(zh="身份证号"))
    phone = {"kind": QuestionKind.PHONE, "is_masked": True, "label": Texts(zh="手机号码")}
    add_question(event, "phone", position=1, **phone)
    number, cut, bad = "11010519491231002X", "110101199003070000", "999012345678901234"
    file = csv_of([[*PEOPLE[0], "身份证号", "手机号码"], [*PEOPLE[1], number, bad], [*PEOPLE[2], cut, ""]])
    address = send(browser, file).headers["Location"].partition("?")[0]

    columns = browser.get(address).text
    work = db.scalars(select(Import)).one()
    check(work)
    page = browser.get(address).text

    assert work.targets[2:] == ["q_id", "q_phone"]
    assert "身份证号" in columns
    assert [secret in text for text in (columns, page) for secret in (number, cut, bad)] == [False] * 6
    assert outcomes(work) == ["refused", "refused"]
    db.rollback()
    assert not any(secret in str(db.execute(select(ImportRow.problems, ImportRow.details)).all())
                   for secret in (number, cut, bad))  # fmt: skip

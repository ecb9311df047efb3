"""A file that is written in the background: whole or not there, whatever dies; for a day, and for who may have it."""

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.models import Role
from app.attendees.wanted import Wanted
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.exports import files, formats, prepared, workbook
from app.exports.models import ExportFile, ExportFilePart
from app.history.models import Entry
from app.history.service import THE_SITE
from app.registrations.erasing import erase_person
from app.registrations.queries import all_questions_of
from app.work import pieces, service
from app.work.models import Task, TaskState
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in

PAGE = "/organizer/events/meetup/exports"
FORM = {"use": ["name", "email"], "place-name": "1", "place-email": "2", "format": "xlsx"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Let a short list have many parts."""
    monkeypatch.setattr(files, "BATCH", 2)
    monkeypatch.setattr(workbook, "_ROWS_A_PART", 1)
    monkeypatch.setattr(prepared, "PART_BYTES", 700)


@pytest.fixture
def event(make_event):
    event = make_event("meetup")
    for name in ("ada", "bob", "cem", "dan", "eve"):
        sign_up_as(event, name)
    return event


@pytest.fixture
def hurried(monkeypatch):
    """Let each round of the duty do one part and no more."""
    monkeypatch.setattr(service, "ROUND", timedelta())


def begin(event, suffix="csv"):
    used = files.attendee_list(event, Wanted(), language="en").columns
    return prepared.begin(event, Wanted(), used, suffix, language="en", by=THE_SITE, now=utc_now())


def die():
    """Leave the work as a process that is killed does: what it held is gone, and nothing is written down."""
    for each in pieces.held().values():
        each.end()
    pieces.held().clear()


def finish(task, now=None):
    for _round in range(100):
        service.advance(now or utc_now())
        if task.state is not TaskState.OPEN:
            return
    pytest.fail("the work does not end")


def test_file_is_written_and_fetched_with_the_columns_that_were_chosen(app, event, db):
    browser = signed_in(app)

    answer = browser.post(f"{PAGE}/files?status=confirmed&lang=en", data=FORM)
    task = db.scalars(select(Task)).one()
    waiting = browser.get(answer.location).text
    finish(task)
    finished = browser.get(answer.location).text
    response = browser.get(f"{PAGE}/files/{task.code}")

    assert (answer.status_code, task.total, task.done) == (303, 5, 5)
    assert 'max="5" value="0"' in waiting
    assert f'href="{PAGE}/files/{task.code}' in finished
    assert response.headers["Content-Disposition"] == 'attachment; filename="meetup-attendees.xlsx"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert int(response.headers["Content-Length"]) == len(response.data)
    rows = openpyxl.load_workbook(io.BytesIO(response.data)).active.iter_rows(values_only=True)
    assert list(rows) == [
        ("Name", "E-mail"),
        *[(name, f"{name}@example.com") for name in ("ada", "bob", "cem", "dan", "eve")],
    ]
    assert db.scalar(select(func.count()).select_from(ExportFilePart)) > 3
    entry = db.scalars(select(Entry).where(Entry.action == "attendees.downloaded")).one()
    assert (entry.changes["rows"], entry.changes["columns"]) == ([None, 5], [None, ["name", "email"]])


@pytest.mark.parametrize("suffix", ["csv", "json", "xlsx"])
def test_file_is_the_same_as_the_one_that_is_sent_at_once(event, db, suffix):
    at_once = b"".join(formats.FORMATS[suffix].chunks(files.attendee_list(event, Wanted(), language="en")))

    task = begin(event, suffix)
    finish(task)
    written = b"".join(prepared.content_of(prepared.file_of(event.id, task.code).id))

    if suffix == "xlsx":
        first, second = (
            [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows()]
            for data in (at_once, written)
        )
        assert first == second
    else:
        assert written == at_once


def test_work_says_how_far_it_is(event, hurried):
    task, seen = begin(event), []

    while task.state is TaskState.OPEN:
        service.advance(utc_now())
        seen.append(task.done)

    assert seen == sorted(seen)
    assert seen[-1] == 5


def test_another_process_begins_anew_when_the_first_dies(event, db, hurried):
    task, now = begin(event, "xlsx"), utc_now()
    for _round in range(3):
        service.advance(now)
    assert task.state is TaskState.OPEN
    die()

    assert service.advance(now + timedelta(seconds=30)) == 0, "it may be alive"
    finish(task, now + pieces.LEASE)

    assert (task.state, task.cursor, task.done) == (TaskState.DONE, 2, 5)
    assert db.scalar(select(func.count()).select_from(ExportFile)) == 1


def test_process_that_lost_its_lease_keeps_nothing(event, db, hurried):
    task, now = begin(event, "xlsx"), utc_now()
    service.advance(now)
    service.advance(now)
    late = dict(pieces.held())
    pieces.held().clear()  # it sleeps
    finish(task, now + pieces.LEASE)

    pieces.held().update(late)
    for _round in range(10):
        service.advance(now + pieces.LEASE)

    assert (pieces.held(), db.scalar(select(func.count()).select_from(ExportFile))) == ({}, 1)


def test_stopped_work_leaves_no_file(event, db, hurried):
    task, now = begin(event, "xlsx"), utc_now()
    service.advance(now)
    service.advance(now)

    service.stop(task.id, now=now)
    finish(task, now)

    assert (task.state, pieces.held()) == (TaskState.STOPPED, {})
    assert db.scalar(select(func.count()).select_from(ExportFile)) == 0


def test_broken_part_leaves_nothing_and_is_tried_again(event, db, monkeypatch, hurried):
    def break_down(_table, _file):
        yield
        raise ValueError

    whole = formats.FORMATS["csv"]
    broken = formats.Format(whole.suffix, whole.content_type, whole.chunks, break_down)
    monkeypatch.setattr(prepared, "FORMATS", {"csv": broken})
    task, now = begin(event), utc_now()
    for _round in range(4):
        service.advance(now)
    assert (task.attempts, pieces.held()) == (1, {})

    monkeypatch.setattr(prepared, "FORMATS", formats.FORMATS)
    finish(task, now + timedelta(minutes=5))

    assert (task.state, task.done) == (TaskState.DONE, 5)


def test_file_is_deleted_after_a_day_and_when_somebody_is_erased(event, db):
    first = begin(event)
    finish(first)
    now = utc_now()

    assert prepared.forget_files(now + timedelta(hours=23)) == 0
    assert prepared.forget_files(now + timedelta(hours=25)) == 1
    second = begin(event)
    finish(second)
    erase_person("bob@example.com", by=THE_SITE, now=now)

    for table in (ExportFile, ExportFilePart):
        assert db.scalar(select(func.count()).select_from(table)) == 0


def test_file_is_for_who_may_take_it_and_of_this_event_alone(app, event, make_event):
    make_event("other")
    task = begin(event)
    finish(task)
    accounts.add_organizer(normalise("eddy@example.com"), name="Eddy", role=Role.EDITOR, now=utc_now())

    owner, editor = signed_in(app), signed_in(app, "eddy@example.com")

    assert owner.get(f"{PAGE}/files/{task.code}").status_code == 200
    assert owner.get(f"/organizer/events/other/exports/files/{task.code}").status_code == 404
    assert editor.get(f"{PAGE}/files/{task.code}").status_code == 403
    assert owner.post(f"{PAGE}/files", data=FORM | {"use": []}).status_code == 422
    assert len(all_questions_of(event.id)) == 0

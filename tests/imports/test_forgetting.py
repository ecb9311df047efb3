"""What a file says of people is forgotten: after a week, when the person is erased, when the file is dropped."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError
from app.core.i18n import Texts
from app.history.service import THE_SITE
from app.imports import checking, parts
from app.imports.forgetting import forget
from app.imports.models import Import, ImportPart, ImportRow, ImportState
from app.registrations.erasing import erase_person, erase_registration
from app.registrations.models import Answer, Registration
from app.work.models import Task
from tests.imports.samples import (
    PEOPLE,
    advance,
    applied,
    begin_applying,
    begin_checking,
    brought,
    checked,
    csv_of,
    fresh,
    undo,
)
from tests.support.factories import add_question, sign_up_as, states

NOW = utc_now()
WEEK, MONTH = timedelta(days=7, minutes=1), timedelta(days=30, minutes=1)


def forget_all(now):
    while forget(now):
        pass


def number(db, table):
    db.rollback()
    return db.scalar(select(func.count()).select_from(table))


def test_a_file_that_was_not_applied_is_gone_after_a_week(make_event, db):
    brought(make_event(), csv_of(PEOPLE), now=NOW)
    checked(make_event(), csv_of(PEOPLE), now=NOW)

    forget_all(NOW + timedelta(days=6))
    assert number(db, Import) == 2
    forget_all(NOW + WEEK)

    assert [number(db, table) for table in (Import, ImportPart, ImportRow)] == [0, 0, 0]


def test_rows_that_were_applied_say_nothing_after_a_week_and_can_be_undone_for_a_month(make_event, db):
    event = make_event()
    work = applied(event, csv_of([*PEOPLE, ["坏", "bad"]]), now=NOW)

    forget_all(NOW + WEEK)

    work = fresh(work.id)
    assert (work.is_forgotten, work.first) == (True, [])
    rows = db.execute(select(ImportRow.name, ImportRow.email, ImportRow.email_key, ImportRow.details)).all()
    assert rows == [("", "", "", {}), ("", "", "", {})]
    undo(work, now=NOW + WEEK)
    assert states(event) == {}


def test_after_a_month_nothing_is_left_to_undo(make_event, db):
    event = make_event()
    work = applied(event, csv_of(PEOPLE), now=NOW)

    forget_all(NOW + WEEK)
    forget_all(NOW + MONTH)

    assert number(db, ImportRow) == 0
    with pytest.raises(ConflictError):
        undo(fresh(work.id), now=NOW + MONTH)
    assert number(db, Registration) == 2


def test_who_is_erased_stands_in_no_file_any_more(make_event, db):
    event = make_event()
    work = checked(event, csv_of(PEOPLE))
    applied(make_event(), csv_of(PEOPLE))

    erase_person("zhang@example.com", by=THE_SITE, now=utc_now())

    assert set(db.scalars(select(ImportRow.email_key))) == {"li@example.com"}
    assert number(db, ImportPart) == 0
    # What is left of the file cannot be checked anew, and so not be applied.
    begin_applying(fresh(work.id))
    advance()
    assert fresh(work.id).state is ImportState.MAPPING
    assert states(event) == {}


def test_who_is_erased_while_they_are_applied_gives_their_seat_back(make_event, db):
    event = make_event(capacity=2)
    work = checked(event, csv_of(PEOPLE))
    begin_applying(work)

    erase_person("zhang@example.com", by=THE_SITE, now=utc_now())
    advance()

    assert states(event) == {"li": "confirmed"}
    assert event.ticket_types[0].seats_taken == 1


WIDE = [["姓名", "联系方式", "邮箱"], ["张三", "ＺＨＡＮＧ＠ｅｘａｍｐｌｅ。com", "other@example.com"]]


@pytest.mark.parametrize("rows", [PEOPLE, WIDE], ids=["the address", "another column"])
def test_who_is_erased_is_not_brought_back_by_a_file_that_came_before(make_event, db, rows):
    event, other = make_event(), make_event()
    work = brought(event, csv_of(rows))
    begun = brought(event, csv_of(rows))
    begin_checking(begun)
    bystander = brought(
        other, csv_of([PEOPLE[0], PEOPLE[2], ["长", "xzhang@example.com"], ["张", "zhang@example.net"]])
    )

    erase_person("zhang@example.com", by=THE_SITE, now=utc_now())
    advance()
    begin_checking(fresh(work.id))
    advance()

    assert [fresh(each.id).state for each in (work, begun)] == [ImportState.MAPPING] * 2
    assert set(db.scalars(select(ImportPart.import_id))) == {bystander.id}
    assert "张三" not in str(db.scalars(select(Import.first)).all())
    assert number(db, ImportRow) == 0


def test_a_check_that_is_under_way_when_somebody_is_erased_shows_no_half_of_the_file(make_event, db):
    event = make_event()
    rows = [[f"人{number}", f"p{number}@example.com"] for number in range(2 * parts.ROWS)]
    work = brought(event, csv_of([*PEOPLE, *rows]))
    begin_checking(work)
    with transaction() as session:
        task = session.scalars(select(Task)).one()
        checking.step(task, utc_now())  # clears what an earlier check has left
    assert number(db, ImportRow) > 0

    erase_person("zhang@example.com", by=THE_SITE, now=utc_now())
    advance()

    assert fresh(work.id).state is ImportState.MAPPING
    assert number(db, ImportRow) == 0


def test_who_does_not_come_is_kept_as_nobody(make_event, db):
    checked(make_event(), csv_of([["Name", "Email", "Status"], ["Ada", "ada@example.com", "cancelled"]]))

    assert db.execute(select(ImportRow.name, ImportRow.email, ImportRow.email_key)).all() == [("", "", "")]


def test_who_is_erased_from_one_event_stands_in_no_file_of_it(make_event, db):
    event, other = make_event(), make_event()
    works = [checked(event, csv_of(PEOPLE)), checked(other, csv_of(PEOPLE))]
    place, _elsewhere = sign_up_as(event, "zhang"), sign_up_as(other, "zhang")

    erase_registration(place.id, "zhang@example.com", by=THE_SITE, now=utc_now())

    rows = db.execute(select(ImportRow.import_id).where(ImportRow.email_key == "zhang@example.com"))
    assert [import_id for (import_id,) in rows] == [works[1].id]
    assert set(db.scalars(select(ImportPart.import_id))) == {works[1].id}


def test_answers_leave_the_rows_with_the_registration(make_event, db):
    event = make_event()
    add_question(event, "why", label=Texts(en="Why"))
    sign_up_as(event, "li")

    work = applied(event, csv_of([[*PEOPLE[0], "Why"], *([*row, "Because"] for row in PEOPLE[1:])]))

    assert db.scalars(select(Answer.value)).all() == ["Because"]
    assert set(map(str, db.scalars(select(ImportRow.details)))) == {"{}"}
    assert work.first == [[*PEOPLE[0], "Why"]]


BREAK = {
    "sqlite": """
        CREATE TRIGGER broken BEFORE DELETE ON import_parts WHEN OLD.import_id = {}
        BEGIN SELECT RAISE(ABORT, 'broken'); END
    """,
    "postgresql": """
        CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER broken BEFORE DELETE ON import_parts FOR EACH ROW WHEN (OLD.import_id = {})
        EXECUTE FUNCTION broken()
    """,
}
MEND = {"sqlite": "DROP TRIGGER broken", "postgresql": "DROP FUNCTION broken CASCADE"}


def test_one_that_cannot_be_forgotten_keeps_no_other(make_event, db, caplog):
    event = make_event()
    first, second = brought(event, csv_of(PEOPLE), now=NOW), brought(event, csv_of(PEOPLE), now=NOW)
    engine = db.get_bind().dialect.name
    with transaction() as session:
        session.execute(text(BREAK[engine].format(first.id)))
    try:
        forget_all(NOW + WEEK)
    finally:
        with transaction() as session:
            session.execute(text(MEND[engine]))

    db.rollback()
    assert db.scalars(select(Import.id)).all() == [first.id]
    assert f"import {first.id} could not be forgotten" in caplog.text
    assert second.id not in db.scalars(select(ImportPart.import_id)).all()

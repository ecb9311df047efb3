"""What a file says of people is forgotten: after a week, when the person is erased, when the file is dropped."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.errors import ConflictError
from app.history.service import THE_SITE
from app.imports.forgetting import forget
from app.imports.models import Import, ImportPart, ImportRow, ImportState
from app.registrations.erasing import erase_person
from app.registrations.models import Registration
from tests.imports.samples import PEOPLE, advance, applied, begin_applying, brought, checked, csv_of, fresh, undo
from tests.support.factories import states

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

"""Fifteen hundred people come from a file, by a process that is killed again and again: each has one place."""

from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import db
from app.events.models import TicketType
from app.history.service import THE_SITE
from app.imports import service
from app.imports.models import ImportRow, ImportState
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from tests.imports.samples import begin_applying, brought, csv_of, fresh
from tests.support.steps import Steps

PEOPLE = 1_500


def number(what):
    db.session.rollback()
    return db.session.scalar(what)


def test_whoever_is_killed_each_row_is_one_place_and_none_is_left_after_undoing(app, make_event, engine_url, tmp_path):
    event = make_event(capacity=PEOPLE)
    data = csv_of([["name", "email"], *([f"Person {n}", f"p{n}@example.com"] for n in range(PEOPLE))])
    work = brought(event, data)
    columns = service.Columns(work.targets, has_header=True, ticket_type_id=work.ticket_type_id, language="en")
    rows = select(func.count()).select_from(ImportRow)
    people = select(func.count()).select_from(Registration)
    letters = select(func.count()).select_from(Letter)
    seats = select(TicketType.seats_taken)

    def killed_at(wanted, what):
        with Steps(engine_url, tmp_path, "advance") as work:
            return work.advance_to(wanted, lambda: number(what))

    def finish():
        with Steps(engine_url, tmp_path, "advance") as work:
            work.finish()

    service.check(event.id, work.id, columns, language="en", by=THE_SITE, now=utc_now())
    half_checked = killed_at(500, rows)
    finish()
    assert 500 <= half_checked < PEOPLE
    assert (number(rows), fresh(work.id).counts["confirmed"]) == (PEOPLE, PEOPLE)

    begin_applying(fresh(work.id), letters=True)
    assert number(seats) == PEOPLE
    half_applied = [killed_at(wanted, people) for wanted in (400, 800)]
    finish()
    assert all(there < PEOPLE for there in half_applied), half_applied
    assert (number(people), number(letters), number(seats)) == (PEOPLE, PEOPLE, PEOPLE)
    assert fresh(work.id).state is ImportState.APPLIED

    cancelled = select(func.count()).where(Registration.state == RegistrationState.CANCELLED)
    service.undo(event.id, work.id, language="en", by=THE_SITE, now=utc_now())
    half_undone = killed_at(400, cancelled)
    finish()
    assert half_undone < PEOPLE
    assert (number(cancelled), number(letters), number(seats)) == (PEOPLE, 2 * PEOPLE, 0)
    assert fresh(work.id).counts["cancelled"] == PEOPLE

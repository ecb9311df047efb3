"""Attendees come from a file while others sign up for the same seats, and while somebody stops it."""

from collections import Counter

from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import db as database
from app.events.models import Event, TicketType
from app.history.service import THE_SITE
from app.imports import service
from app.imports.models import ImportState
from app.registrations.models import LIVE, SEATED, Registration
from app.work import service as work
from app.work.models import Task
from tests.imports.samples import advance, begin_applying, checked, csv_of, fresh
from tests.races.test_approval_race import at_once
from tests.support.factories import sign_up_as

SEATS, ROWS, PEOPLE = 30, 30, 10


def people(number):
    return csv_of([["name", "email"], *([f"Of the file {n}", f"file-{n}@example.com"] for n in range(number))])


def told(db):
    """Return the seats that are counted, and those that somebody has."""
    db.rollback()
    db.expire_all()
    kind = db.scalars(select(TicketType)).one()
    seated = db.scalar(select(func.count()).where(Registration.state.in_(SEATED)))
    return kind.seats_taken, seated


def test_an_import_while_people_sign_up_for_the_same_seats_gives_none_twice(app, db, make_event):
    event = make_event(capacity=SEATS)
    import_id, event_id = checked(event, people(ROWS)).id, event.id

    def sign_up(number):
        return lambda: sign_up_as(database.session.get(Event, event_id), f"new-{number}").state.value

    def bring():
        return lambda: begin_applying(database.session.get_one(service.Import, import_id)) and None

    at_once(app, *map(sign_up, range(PEOPLE // 2)), bring(), *map(sign_up, range(PEOPLE // 2, PEOPLE)), bring())
    advance()

    counted, seated = told(db)
    found = fresh(import_id)
    assert counted == seated == (SEATS if found.state is ImportState.APPLIED else min(SEATS, PEOPLE))
    by_source = Counter(db.scalars(select(Registration.source).where(Registration.state.in_(LIVE))))
    # All of the file or nobody of it, whoever was faster; and everybody who signed up has a place of some kind.
    assert by_source["import"] in {0, ROWS}
    assert sum(number for source, number in by_source.items() if source != "import") == PEOPLE
    if found.state is not ImportState.APPLIED:
        assert (found.state, found.counts["confirmed"]) == (ImportState.CHECKED, SEATS - PEOPLE)


def test_people_of_the_file_who_sign_up_while_it_is_applied_have_one_place(app, db, make_event):
    event = make_event(capacity=SEATS)
    work_, event_id = checked(event, people(ROWS)), event.id
    begin_applying(work_)

    def sign_up(number):
        # Its own try: of two that meet at one address, one may have to wait for the other.
        return lambda: sign_up_as(database.session.get(Event, event_id), f"file-{number}") and None

    at_once(app, *map(sign_up, range(0, ROWS, 5)), advance, advance)
    advance()

    assert fresh(work_.id).state is ImportState.APPLIED
    places = Counter(db.scalars(select(Registration.email_key).where(Registration.state.in_(LIVE))))
    assert set(places.values()) == {1}
    assert len(places) == ROWS
    assert told(db) == (SEATS, SEATS)


def test_stopped_while_it_is_applied_it_leaves_nothing(app, db, make_event):
    event = make_event(capacity=SEATS)
    work_ = checked(event, people(ROWS))
    begin_applying(work_)
    task_id = db.scalars(select(Task.id).order_by(Task.id.desc()).limit(1)).one()

    at_once(app, lambda: work.stop(task_id, now=utc_now()), advance, advance)
    advance()

    found = fresh(work_.id)
    # Stopped in time it is taken back, too late it is not stopped; never half.
    if found.state is ImportState.APPLIED:
        service.undo(event.id, work_.id, language="en", by=THE_SITE, now=utc_now())
        advance()
    assert fresh(work_.id).state is ImportState.UNDONE
    assert told(db) == (0, 0)
    assert db.scalar(select(func.count()).select_from(Registration)) == 0

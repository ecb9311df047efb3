"""Decisions on many while others sign up, and by a process that is killed: no seat twice, nobody twice, none left."""

from collections import Counter

from sqlalchemy import func, select, update

from app.attendees import bulk
from app.attendees.bulk import Action, Order, Selection
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.events.models import Event, TicketType
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from app.work.models import Task, TaskState
from bench import seed
from tests.races.test_approval_race import at_once
from tests.support.factories import sign_up_as
from tests.support.steps import Steps

PEOPLE, SEATS = 10, 4
MANY = 2_000
KILLS = (200, 1_100)  # letters that are there when the process dies


def test_approving_many_while_others_sign_up_gives_no_seat_twice(app, db, make_event):
    event = make_event(capacity=SEATS, needs_approval=True)
    ids = [sign_up_as(event, f"asked-{number}").id for number in range(PEOPLE)]
    with transaction() as session:
        session.execute(update(Event).values(needs_approval=False))
    db.expire_all()
    event_id = event.id

    def decide(chosen):
        def act():
            there = database.session.get(Event, event_id)
            return bulk.carry_out(there, Order(Action.APPROVE), Selection(tuple(chosen)), by=THE_SITE, now=utc_now())

        return act

    def sign_up(number):
        return lambda: sign_up_as(database.session.get(Event, event_id), f"new-{number}").state.value

    at_once(app, decide(ids), decide(ids), decide(ids[:5]), *(sign_up(number) for number in range(PEOPLE)))

    db.rollback()
    kind = db.scalars(select(TicketType)).one()
    states = Counter(db.scalars(select(Registration.state)))
    assert states == {RegistrationState.CONFIRMED: SEATS, RegistrationState.WAITING: 2 * PEOPLE - SEATS}
    assert (kind.seats_taken, kind.seats_over) == (SEATS, 0)
    told = Counter(db.scalars(select(Letter.kind)))
    assert told == {"pending": PEOPLE, "confirmed": SEATS, "waiting": 2 * PEOPLE - SEATS}


def declined():
    database.session.rollback()
    return database.session.scalar(select(func.count()).where(Letter.kind == "declined"))


def test_decision_on_many_by_a_process_that_is_killed_is_done_once_for_everybody(app, db, engine_url, tmp_path):
    now = utc_now()
    seed.places(now)
    seed.events(1, agenda=0, now=now)
    seed.attendees(MANY, now=now)
    with transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.PENDING))
    event = db.scalars(select(Event).where(Event.slug == seed.CROWDED)).one()
    order = Order(Action.DECLINE, words="Sorry")
    bulk.begin(event, order, Selection(is_all=True), language="en", by=THE_SITE, now=utc_now())

    reached = []
    for letters in KILLS:
        with Steps(engine_url, tmp_path, "advance") as killed:
            reached.append(killed.advance_to(letters, declined))
    with Steps(engine_url, tmp_path, "advance") as last:
        last.finish()

    assert all(letters <= there < MANY for letters, there in zip(KILLS, reached, strict=True)), reached
    db.rollback()
    db.expire_all()
    task = db.scalars(select(Task)).one()
    assert (task.state, task.total, task.done, task.counts) == (TaskState.DONE, MANY, MANY, {"declined": MANY})
    assert Counter(db.scalars(select(Registration.state))) == {RegistrationState.DECLINED: MANY}
    assert declined() == MANY

"""A process that dies by SIGKILL at each statement of a sign-up or a departure: all of it happened, or nothing."""

import os
import signal
import traceback
from collections.abc import Callable

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import db as database
from app.events.models import TicketType
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from app.registrations.queries import event_for_sign_up, registration_for_letter
from app.registrations.service import cancel
from tests.support.factories import sign_up_as

# More than any of these actions has statements and commits; the child says when it got to the end.
POINTS = 60
FINISHED = 7


def die_at(app, point: int, action: Callable[[], object]) -> bool:
    """Run the action in a process that kills itself at this point; tell whether it came to its end alive."""
    # SQLite's connections do not survive a fork: a child that inherits one waits for locks that nobody holds.
    database.session.remove()
    database.engine.dispose()
    child = os.fork()
    if child == 0:
        _be_the_child(app, point, action)
    _pid, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == FINISHED, "the action failed in the child"
        return True
    assert os.WTERMSIG(status) == signal.SIGKILL
    return False


def _be_the_child(app, point: int, action: Callable[[], object]) -> None:
    passed = 0

    def count(*_arguments: object) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with app.app_context():
            database.session.registry.clear()
            for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
                sqlalchemy_event.listen(database.engine, moment, count)
            action()
            os._exit(FINISHED)
    except BaseException:  # noqa: BLE001 - a fork must never return into the suite
        traceback.print_exc()
        os._exit(1)


def consistent(db) -> bool:
    """Check what must hold whenever nobody is in the middle of anything; expects one event."""
    db.rollback()
    db.expire_all()
    rows = db.execute(select(Registration.id, Registration.state)).all()
    keys = set(db.scalars(select(Letter.key)))
    confirmed = [id_ for id_, state in rows if state is RegistrationState.CONFIRMED]
    assert db.scalar(select(func.sum(TicketType.seats_taken))) == len(confirmed)
    for id_, state in rows:
        if state is RegistrationState.CANCELLED:
            assert f"cancelled:{id_}" in keys
        else:
            expected = {"confirmed": {f"confirmed:{id_}", f"promoted:{id_}"}, "waiting": {f"waiting:{id_}"}}
            assert keys & expected[state.value]
    told = {int(key.partition(":")[2]) for key in keys}
    assert told <= {id_ for id_, _state in rows}
    return True


def test_a_sign_up_killed_anywhere_happened_wholly_or_not_at_all(app, db, make_event):
    slug = make_event(capacity=100, questions=[{"key": "company"}]).slug
    db.remove()

    for point in range(1, POINTS):
        finished = die_at(
            app, point, lambda point=point: sign_up_as(event_for_sign_up(slug, now=utc_now()), f"person-{point}")
        )
        assert consistent(db)
        if finished:
            break

    assert finished, "the action has more points than were tried"
    assert point > 8, "too few points: the kill was not where the work is"
    sign_up_as(event_for_sign_up(slug, now=utc_now()), "the-next-one")
    assert consistent(db)


def test_a_departure_killed_anywhere_happened_wholly_or_not_at_all(app, db, make_event):
    event = make_event(capacity=1)
    leaver, _first_in_line = sign_up_as(event, "ada"), sign_up_as(event, "bob")
    leaver_id = leaver.id
    db.remove()

    for point in range(1, POINTS):
        finished = die_at(app, point, lambda: cancel(registration_for_letter(leaver_id, now=utc_now()), now=utc_now()))
        assert consistent(db)
        if finished:
            break

    assert finished, "the action has more points than were tried"
    # Whether killed before the end or not, a second press ends it well: ada is gone, bob has the seat.
    cancel(registration_for_letter(leaver_id, now=utc_now()), now=utc_now())
    assert consistent(db)
    assert db.scalars(select(Registration.state).order_by(Registration.id)).all() == [
        RegistrationState.CANCELLED,
        RegistrationState.CONFIRMED,
    ]

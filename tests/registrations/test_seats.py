from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.events.models import Event, EventState, TicketType
from app.events.service import apply_changes
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from app.registrations.service import cancel, change_answers
from app.registrations.waitlist import promote_all
from tests.support.factories import LONG_AGO, sign_up_as, states


def letters(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email, Letter.language).order_by(Letter.id))
    return [(kind, email.partition("@")[0], language) for kind, email, language in rows]


def seats(db):
    db.expire_all()
    return db.scalar(select(func.sum(TicketType.seats_taken)))


def test_signing_up_takes_a_seat_until_the_capacity_and_then_a_place_in_the_queue(db, make_event):
    event = make_event(capacity=2)

    for name in ("ada", "bob", "cyd", "dan"):
        sign_up_as(event, name)

    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "waiting", "dan": "waiting"}
    assert seats(db) == 2
    assert letters(db) == [
        ("confirmed", "ada", "zh"),
        ("confirmed", "bob", "zh"),
        ("waiting", "cyd", "zh"),
        ("waiting", "dan", "zh"),
    ]


def test_signing_up_without_a_limit_always_gives_a_seat(db, make_event):
    event = make_event(capacity=None)

    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)

    assert set(states(event).values()) == {"confirmed"}
    assert seats(db) == 3


def test_signing_up_again_changes_nothing_and_sends_the_link_at_most_thrice_a_day(db, make_event):
    event, now = make_event(capacity=5), utc_now().replace(hour=8, minute=0)
    first = sign_up_as(event, "ada", now=now)

    sign_up_as(event, "ada", now=now + timedelta(seconds=2))  # a double click
    sign_up_as(event, "ada", email="ADA@Example.com", full_name="Somebody Else", now=now + timedelta(hours=1))
    sign_up_as(event, "ada", now=now + timedelta(hours=1, seconds=5))
    sign_up_as(event, "ada", now=now + timedelta(hours=7))
    for hour in range(24, 48):
        sign_up_as(event, "ada", now=now + timedelta(hours=hour))

    assert db.scalar(select(func.count()).select_from(Registration)) == 1
    assert db.get(Registration, first.id).name == "ada"
    assert seats(db) == 1
    assert letters(db) == [("confirmed", "ada", "zh"), *[("again", "ada", "zh")] * 4]


def test_signing_up_when_full_without_a_waiting_list_is_refused_beside_the_choice(db, make_event):
    event = make_event(capacity=1, has_waiting_list=False)
    sign_up_as(event, "ada")

    with pytest.raises(BadInputError) as refused:
        sign_up_as(event, "bob")

    assert refused.value.field == "ticket_type"
    assert states(event) == {"ada": "confirmed"}


def test_signing_up_after_the_end_of_sign_up_is_refused(make_event):
    event = make_event(sign_up_closes_at=utc_now() - timedelta(minutes=1))

    with pytest.raises(ConflictError):
        sign_up_as(event, "ada")

    assert states(event) == {}


def test_a_ticket_type_of_another_event_cannot_be_taken(db, make_event):
    event, other = make_event(), make_event()

    with pytest.raises(BadInputError):
        sign_up_as(event, "ada", ticket_type_id=other.ticket_types[0].id)

    assert seats(db) == 0


def test_each_ticket_type_has_its_own_seats_and_queue(db, make_event):
    event = make_event(
        ticket_types=[
            {"slug": "on-site", "capacity": 1},
            {"slug": "online", "capacity": None, "name": Texts(zh="线上", en="Online")},
        ]
    )
    on_site, online = event.ticket_types

    sign_up_as(event, "ada", ticket_type_id=on_site.id)
    sign_up_as(event, "bob", ticket_type_id=on_site.id)
    sign_up_as(event, "cyd", ticket_type_id=online.id)

    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "confirmed"}


def test_cancelling_gives_the_seat_to_the_first_in_line(db, make_event):
    event = make_event(capacity=1)
    ada, _bob, _cyd = (sign_up_as(event, name) for name in ("ada", "bob", "cyd"))

    cancel(ada, now=utc_now())

    assert states(event) == {"ada": "cancelled", "bob": "confirmed", "cyd": "waiting"}
    assert seats(db) == 1
    assert letters(db)[-2:] == [("cancelled", "ada", "zh"), ("promoted", "bob", "zh")]


def test_cancelling_twice_frees_one_seat(db, make_event):
    event = make_event(capacity=2)
    ada, _bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")

    cancel(ada, now=utc_now())
    cancel(ada, now=utc_now())

    assert seats(db) == 1
    assert [kind for kind, *_ in letters(db)].count("cancelled") == 1


def test_leaving_the_queue_frees_no_seat(db, make_event):
    event = make_event(capacity=1)
    sign_up_as(event, "ada")
    bob = sign_up_as(event, "bob")
    sign_up_as(event, "cyd")

    cancel(bob, now=utc_now())

    assert states(event) == {"ada": "confirmed", "bob": "cancelled", "cyd": "waiting"}
    assert seats(db) == 1


def test_coming_back_is_a_new_registration_with_a_higher_calendar_number(make_event):
    event = make_event(capacity=1)
    first = sign_up_as(event, "ada")
    cancel(first, now=utc_now())

    second = sign_up_as(event, "ada")

    assert (second.id, second.state.value) == (second.id, "confirmed")
    assert second.id != first.id
    # The CANCEL had the first one's number plus one.
    assert second.calendar_offset == first.calendar_offset + 3


def test_raised_capacity_promotes_as_many_as_fit_in_order(db, make_event):
    event = make_event(capacity=1)
    for name in ("ada", "bob", "cyd", "dan"):
        sign_up_as(event, name)

    with transaction() as session:
        session.get(TicketType, event.ticket_types[0].id).capacity = 3
        session.flush()
        apply_changes(event, {}, parts=["ticket_types"], now=utc_now())

    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "confirmed", "dan": "waiting"}
    assert seats(db) == 3


def test_a_free_seat_goes_to_who_waits_before_a_newcomer(db, make_event):
    event = make_event(capacity=1)
    for name in ("ada", "bob"):
        sign_up_as(event, name)
    # Raised behind everybody's back: nobody has promoted bob yet.
    with transaction() as session:
        session.get(TicketType, event.ticket_types[0].id).capacity = 2

    sign_up_as(event, "cyd")

    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "waiting"}
    with transaction():
        assert promote_all(event.ticket_types[0].id, now=utc_now()) == 1
    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "waiting"}


def test_cancelling_after_the_event_is_refused(make_event):
    event = make_event()
    ada = sign_up_as(event, "ada")

    with pytest.raises(ConflictError):
        cancel(ada, now=event.ends_at)

    assert states(event) == {"ada": "confirmed"}


def change(app, event_id, **values):
    """Change the event as somebody else does meanwhile: in a context, and with a session, of its own."""

    def run():
        with app.app_context(), transaction() as session:
            apply_changes(session.get(Event, event_id), values, now=utc_now())

    elsewhere(run)


def elsewhere(work):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result(30)


@pytest.mark.parametrize(
    "values", [{"state": EventState.CANCELLED}, {"sign_up_closes_at": LONG_AGO}, {"has_waiting_list": False}]
)
@pytest.mark.parametrize("capacity", [0, 1])
def test_an_event_that_was_changed_while_somebody_signed_up_gives_no_place(app, db, make_event, values, capacity):
    event = make_event(capacity=capacity)
    ticket_type_id = event.ticket_types[0].id  # the page has been read; now the event changes
    db.commit()
    change(app, event.id, **values)

    with pytest.raises(BadInputError):
        sign_up_as(event, "ada", ticket_type_id=ticket_type_id)

    assert states(event) == {}
    assert (seats(db), letters(db)) == (0, [])


def test_whoever_leaves_while_signing_up_again_has_a_place_in_the_end(app, db, make_event):
    event = make_event(capacity=1)
    first = sign_up_as(event, "ada")
    left = []

    def leave():
        with app.app_context():
            cancel(db.get(Registration, first.id), now=utc_now())

    def after_the_look(_session):  # the sign-up has seen the old place; before it sends its link, that is gone
        if not left:
            left.append(True)
            elsewhere(leave)

    listen(Session, "after_rollback", after_the_look)
    try:
        sign_up_as(event, "ada")
    finally:
        remove(Session, "after_rollback", after_the_look)

    db.expire_all()
    rows = db.scalars(select(Registration).order_by(Registration.id)).all()
    assert [row.state.value for row in rows] == ["cancelled", "confirmed"]
    assert [kind for kind, *_ in letters(db)] == ["confirmed", "cancelled", "confirmed"]
    assert seats(db) == 1


def test_signing_up_again_writes_to_the_disk_as_a_new_sign_up_does(db, make_event, count_statements):
    event = make_event(capacity=5)

    written = []
    for _time in range(2):
        with count_statements() as seen:
            sign_up_as(event, "ada")
        commits = "".join("w" if each.startswith(("INSERT", "UPDATE")) else "r" for each in seen)
        written.append(commits.rstrip("r")[-1:])

    assert written == ["w", "w"]


def test_answers_to_an_event_that_was_changed_meanwhile_are_asked_for_again(app, db, make_event):
    event = make_event()
    ada = sign_up_as(event, "ada")
    known = ada.event
    db.commit()
    change(app, known.id, title=Texts(zh="新名"))

    with pytest.raises(BadInputError):
        change_answers(ada, name="Ada L.", answers={}, now=utc_now())

    db.expire_all()
    assert db.scalar(select(Registration.name)) == "ada"


def test_correcting_a_registration_that_has_ended_meanwhile_is_refused(db, make_event):
    ada = sign_up_as(make_event(), "ada")
    assert ada.event.slug  # read as the page reads it, before somebody else presses the button
    with transaction() as session:
        ended = update(Registration).values(state=RegistrationState.CANCELLED, cancelled_at=utc_now())
        session.execute(ended, execution_options={"synchronize_session": False})

    with pytest.raises(ConflictError):
        change_answers(ada, name="Ada L.", answers={}, now=utc_now())

    assert db.scalar(select(Registration.name)) == "ada"

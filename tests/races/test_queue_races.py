"""Two at the same instant, on real connections: a departure and a departure, an offer at its end, the last seat."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.core.i18n import Texts
from app.events.models import Event, TicketType
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations import offers, overrides, service, transfers
from app.registrations.models import SEATED, Registration, Transfer
from app.registrations.overbooking import overbook
from app.registrations.overrides import Decision
from app.registrations.seats import lock
from app.registrations.transfers import Receiver
from tests.support.factories import LONG_AGO, sign_up_as, states

ROUNDS = 8
PATIENCE = 60


@pytest.fixture
def at_once(app):
    """Run actions in threads that start together; return what each raised, None for what went through."""

    def run(*actions: Callable[[], object]) -> list[str | None]:
        database.session.remove()
        together = threading.Barrier(len(actions))

        def one(action: Callable[[], object]) -> str | None:
            with app.app_context():
                together.wait(PATIENCE)
                try:
                    action()
                except AppError as error:
                    return type(error).__name__
                return None

        with ThreadPoolExecutor(len(actions)) as pool:
            return list(pool.map(one, actions))

    return run


@pytest.fixture
def past(make_event):
    """Three past events at which half of the people came, so that more may be let in than there are seats."""
    for number in range(3):
        starts_at = LONG_AGO + timedelta(days=30 * number)
        event = make_event(starts_at=starts_at)
        ids = [sign_up_as(event, name, now=starts_at - timedelta(days=1)).id for name in ("ada", "bob")]
        with transaction() as session:
            session.execute(update(Registration).where(Registration.id == ids[0]).values(checked_in_at=starts_at))


def registration(registration_id: int) -> Registration:
    return database.session.get_one(Registration, registration_id)


def seats_agree(event_id: int) -> bool:
    """Tell whether the seats counted are the seats held, of every ticket type, and no more than there are."""
    database.session.rollback()
    database.session.expire_all()
    held = Counter(
        row.ticket_type_id
        for row in database.session.scalars(select(Registration).where(Registration.event_id == event_id))
        if row.state in SEATED
    )
    kinds = database.session.scalars(select(TicketType).where(TicketType.event_id == event_id)).all()
    return all(kind.seats_taken == held[kind.id] <= kind.capacity for kind in kinds)


def letters(event_id: int) -> Counter[tuple[str, str]]:
    ids = select(Registration.id).where(Registration.event_id == event_id)
    numbers = set(database.session.scalars(ids))
    return Counter(
        (letter.kind, letter.to_email.partition("@")[0])
        for letter in database.session.scalars(select(Letter))
        if letter.ids["registration"] in numbers
    )


@pytest.mark.parametrize("near", [False, True], ids=["given", "offered"])
def test_two_who_leave_while_the_capacity_rises_free_exactly_their_seats(make_event, at_once, near):
    for _round in range(ROUNDS):
        event = make_event(capacity=2, offer_within_hours=24 * 60 if near else 0)
        event_id, kind_id = event.id, event.ticket_types[0].id
        ids = [sign_up_as(event, name).id for name in ("ada", "bob", "cyd", "dan", "eve")]

        def leave(number, ids=ids):
            service.cancel(registration(ids[number]), now=utc_now())

        def raise_capacity(event_id=event_id, kind_id=kind_id):
            with transaction() as session:
                kind = session.get_one(TicketType, kind_id, with_for_update=True, populate_existing=True)
                kind.capacity += 1
                session.flush()
                apply_changes(session.get_one(Event, event_id), {}, parts=["ticket_types"], now=utc_now())

        outcome = at_once(lambda: leave(0), lambda: leave(1), raise_capacity)

        state, letter = ("offered", "offered") if near else ("confirmed", "promoted")
        assert outcome == [None, None, None]
        assert states(event) == {"ada": "cancelled", "bob": "cancelled", "cyd": state, "dan": state, "eve": state}
        assert seats_agree(event_id)
        assert [letters(event_id)[letter, name] for name in ("cyd", "dan", "eve")] == [1, 1, 1]


@pytest.mark.parametrize("near", [False, True], ids=["given", "offered"])
@pytest.mark.parametrize("is_followed", [False, True], ids=["alone", "followed"])
def test_who_leaves_the_queue_as_a_seat_comes_to_them_has_left_and_the_next_has_it(
    make_event, at_once, near, is_followed
):
    state, letter = ("offered", "offered") if near else ("confirmed", "promoted")
    outcomes = Counter()
    for _round in range(ROUNDS * 2):
        event = make_event(capacity=1, offer_within_hours=24 * 60 if near else 0)
        event_id, names = event.id, ("ada", "bob", "cyd") if is_followed else ("ada", "bob")
        ada_id, bob_id, *_cyd = [sign_up_as(event, name).id for name in names]

        outcome = at_once(
            lambda ada_id=ada_id: service.cancel(registration(ada_id), now=utc_now()),
            lambda bob_id=bob_id: service.cancel(registration(bob_id), now=utc_now()),
        )

        found, sent = states(event), letters(event_id)
        assert outcome == [None, None]
        assert (found.pop("ada"), found.pop("bob")) == ("cancelled", "cancelled")
        assert found == ({"cyd": state} if is_followed else {})
        # With nobody behind him the seat is free: counted for nobody.
        assert seats_agree(event_id)
        taken = select(TicketType.seats_taken).where(TicketType.event_id == event_id)
        assert database.session.scalars(taken).all() == [int(is_followed)]
        # Whether the seat came by him is one of two stories, and the letters tell that one whole.
        was_his = sent.pop((letter, "bob"), 0)
        expected = {("confirmed", "ada"): 1, ("waiting", "bob"): 1, ("cancelled", "ada"): 1, ("cancelled", "bob"): 1}
        if is_followed:
            expected |= {("waiting", "cyd"): 1, (letter, "cyd"): 1}
        assert was_his in {0, 1}
        assert sent == expected
        assert was_of(bob_id) == (state if was_his else "waiting")
        outcomes[was_his] += 1
    assert outcomes.total() == ROUNDS * 2


def was_of(registration_id: int) -> str:
    """Return what somebody who left had, as the letter about it knows it: by this an entry is withdrawn or not."""
    key = f"cancelled:{registration_id}"
    return database.session.scalars(select(Letter).where(Letter.key == key)).one().ids["was"]


def test_an_offer_taken_at_the_moment_it_runs_out_is_taken_or_gone_and_never_both(make_event, at_once):
    outcomes = Counter()
    for _round in range(ROUNDS * 2):
        event = make_event(capacity=1, offer_within_hours=24 * 60)
        event_id = event.id
        ada, bob, _cyd = (sign_up_as(event, name) for name in ("ada", "bob", "cyd"))
        service.cancel(ada, now=utc_now())
        bob_id = bob.id
        ends_at = registration(bob_id).offer_expires_at

        # Each by its own clock: one is a moment before the end, the other at it.
        refused, _done = at_once(
            lambda bob_id=bob_id, ends_at=ends_at: offers.accept(
                registration(bob_id), now=ends_at - timedelta(microseconds=1)
            ),
            lambda ends_at=ends_at: offers.expire(ends_at),
        )

        found, sent = states(event), letters(event_id)
        assert seats_agree(event_id)
        if refused is None:
            assert (found["bob"], found["cyd"]) == ("confirmed", "waiting")
            assert (sent["confirmed", "bob"], sent["offer-expired", "bob"]) == (1, 0)
        else:
            assert (found["bob"], found["cyd"]) == ("cancelled", "offered")
            assert (sent["confirmed", "bob"], sent["offer-expired", "bob"]) == (0, 1)
        outcomes[found["bob"]] += 1
    assert sum(outcomes.values()) == ROUNDS * 2


def test_an_offer_is_ended_once_however_many_workers_look(make_event, at_once):
    event = make_event(capacity=1, offer_within_hours=24 * 60)
    event_id = event.id
    ada, bob, *_rest = (sign_up_as(event, name) for name in ("ada", "bob", "cyd", "dan"))
    service.cancel(ada, now=utc_now())
    ends_at = registration(bob.id).offer_expires_at

    at_once(*[lambda: offers.expire(ends_at)] * 4)

    assert states(event) == {"ada": "cancelled", "bob": "cancelled", "cyd": "offered", "dan": "waiting"}
    assert seats_agree(event_id)
    assert letters(event_id)["offer-expired", "bob"] == 1


def test_of_two_organizers_who_promote_the_last_seat_one_is_refused(make_event, at_once):
    for _round in range(ROUNDS):
        event = make_event(capacity=1)
        event_id = event.id
        ids = [sign_up_as(event, name).id for name in ("ada", "bob", "cyd")]
        with transaction() as session:
            # A seat that nothing has given away yet.
            session.get_one(TicketType, event.ticket_types[0].id).capacity = 2

        decision = Decision("promised", THE_SITE, utc_now())
        outcome = at_once(*[lambda each=each, d=decision: overrides.promote(each, d) for each in ids[1:]])

        assert sorted(outcome, key=str) == ["BadInputError", None]
        assert sorted(states(event).values()) == ["confirmed", "confirmed", "waiting"]
        assert seats_agree(event_id)


def test_two_organizers_who_each_add_a_seat_add_two(make_event, at_once):
    event = make_event(capacity=1)
    ids = [sign_up_as(event, name).id for name in ("ada", "bob", "cyd")]
    decision = Decision("promised", THE_SITE, utc_now(), adds_seat=True)

    outcome = at_once(*[lambda each=each: overrides.promote(each, decision) for each in ids[1:]])

    assert outcome == [None, None]
    assert set(states(event).values()) == {"confirmed"}
    assert seats_agree(event.id)
    assert database.session.scalar(select(TicketType.capacity)) == 3


def test_a_place_taken_over_while_its_giver_leaves_has_one_owner_or_goes_to_the_queue(make_event, at_once):
    for _round in range(ROUNDS):
        event = make_event(capacity=1)
        event_id = event.id
        ada, _cyd = sign_up_as(event, "ada"), sign_up_as(event, "cyd")
        ada_id = ada.id
        transfers.pass_on(ada, Receiver("Bob", normalise("bob@example.com")), language="en", now=utc_now())
        transfer_id = database.session.scalars(select(Transfer.id).where(Transfer.registration_id == ada_id)).one()

        def take(transfer_id=transfer_id):
            transfer = database.session.get_one(Transfer, transfer_id)
            transfers.accept(transfer, name="Bob", answers={}, language="en", now=utc_now())

        refused, _left = at_once(take, lambda ada_id=ada_id: service.cancel(registration(ada_id), now=utc_now()))

        found, sent = states(event), letters(event_id)
        assert seats_agree(event_id)
        assert found["ada"] == "cancelled"
        assert sent["passed-on", "ada"] + sent["cancelled", "ada"] == 1
        if refused is None:
            assert (found["bob"], found["cyd"]) == ("confirmed", "waiting")
        else:
            assert ("bob" in found, found["cyd"]) == (False, "confirmed")


def test_of_two_places_passed_on_to_one_person_at_once_they_get_one(make_event, at_once):
    for _round in range(ROUNDS):
        event = make_event(
            ticket_types=[{"slug": "a", "capacity": 1}, {"slug": "b", "capacity": 1, "name": Texts(en="B")}]
        )
        event_id, bob = event.id, Receiver("Bob", normalise("bob@example.com"))
        givers = [
            sign_up_as(event, name, ticket_type_id=kind.id)
            for name, kind in zip(("ada", "cyd"), event.ticket_types, strict=True)
        ]
        for giver in givers:
            transfers.pass_on(giver, bob, language="en", now=utc_now())
        numbers = [giver.id for giver in givers]
        of_these = select(Transfer.id).where(Transfer.registration_id.in_(numbers))
        transfer_ids = database.session.scalars(of_these).all()

        def take(transfer_id):
            transfer = database.session.get_one(Transfer, transfer_id)
            transfers.accept(transfer, name="Bob", answers={}, language="en", now=utc_now())

        outcome = at_once(*[lambda each=each: take(each) for each in transfer_ids])

        assert sorted(outcome, key=str) == ["ConflictError", None]
        assert sorted(states(event).values()) == ["cancelled", "confirmed", "confirmed"]
        assert seats_agree(event_id)


@pytest.mark.parametrize("way", ["promote", "move", "overbook"])
def test_seats_added_while_somebody_holds_the_first_ticket_type_make_no_deadlock(make_event, at_once, past, way):
    event = make_event(
        ticket_types=[{"slug": slug, "capacity": seats} for slug, seats in (("a", 1), ("b", 1), ("c", 4))]
    )
    event_id, (first, middle, last) = event.id, [kind.id for kind in event.ticket_types]
    for name in ("ada", "bob", "cyd", "dan"):
        sign_up_as(event, name, ticket_type_id=last)
    sign_up_as(event, "fay", ticket_type_id=first)
    sign_up_as(event, "gus", ticket_type_id=first)  # waits, so that a change looks at the first ticket type too
    eve = sign_up_as(event, "eve", ticket_type_id=last if way == "promote" else middle).id
    is_held = threading.Event()

    def hold():
        with transaction():
            lock(first)
            is_held.set()
            time.sleep(1)  # until the other one has what it locks first
            lock(last)

    def add():
        is_held.wait(PATIENCE)
        if way == "overbook":
            overbook(event_id, last, 5, by=THE_SITE, now=utc_now())
            return
        decision = Decision("because", THE_SITE, utc_now(), adds_seat=True)
        _ = overrides.promote(eve, decision) if way == "promote" else overrides.move(eve, last, decision)

    outcome = at_once(hold, add)

    assert outcome == [None, None]
    assert [name for name, state in states(event).items() if state != "confirmed"] == ["gus"]
    assert seats_agree(event_id)

"""Any sequence of sign-ups, departures, approvals, offers, capacity changes, transfers, against a model of it.

After each step seats, places and letters must be exactly those of the model (queue_model.py).
`MACHINE_EXAMPLES=500` looks longer, `MACHINE_SHRINK=1` finds the shortest way to a failure.
"""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.core.addresses import normalise
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.core.i18n import Texts
from app.events.models import Event, TicketType
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations import approval, offers, overrides, returns, service, transfers
from app.registrations.models import LIVE, SEATED, Registration, Transfer
from app.registrations.overrides import Decision
from app.registrations.seats import set_capacity
from app.registrations.service import REMIND_EVERY, REPEAT_IS_A_SLIP
from app.registrations.transfers import OPEN_FOR, TRANSFERS_MAX, Receiver
from tests.registrations.queue_model import STARTS_AT, ZONE, Place, QueueModel
from tests.support.factories import EventFactory, sign_up_as

EXAMPLES, STEPS = int(os.environ.get("MACHINE_EXAMPLES", "75")), 40

names = st.sampled_from(["ada", "bob", "cyd", "dan", "eve", "fay"])
kinds = st.sampled_from([0, 1])
# Which of those whom an action can be about; chosen so, no step goes to waste on somebody whom it cannot be about.
which = st.integers(0, 99)


def about(*states: str) -> Any:
    """Let a rule be about somebody whose place is in one of these states; the rule takes `pick`, and asks `one_of`."""
    return precondition(lambda machine: any(place.state in states for place in machine.places))


class QueueMachine(QueueModel, RuleBasedStateMachine):
    """Does things to an event of two ticket types, and to the model of it."""

    event_factory: ClassVar[EventFactory]
    examples: ClassVar[int] = 0

    @initialize(
        # More come than there are seats, and mostly in the hours in which a seat is offered: so there is a queue.
        first=st.lists(st.tuples(names, kinds), min_size=4, max_size=6, unique_by=lambda pair: pair[0]),
        hours=st.sampled_from([0, 13, 20, 30]),
    )
    def begin(self, first: list[tuple[str, int]], hours: int) -> None:
        """Make a fresh event for which some have signed up; offers that earlier examples left open end with those."""
        database.session.rollback()
        while offers.expire(STARTS_AT):
            pass
        QueueMachine.examples += 1
        types = [
            {"slug": "a", "capacity": 1},
            {"slug": "b", "capacity": 1, "name": Texts(zh="线上", en="Online")},
        ]
        slug = f"machine-{QueueMachine.examples}"
        event = self.event_factory(slug, ticket_types=types, starts_at=STARTS_AT, zone=ZONE)
        self.event_id, self.kind_ids = event.id, [kind.id for kind in event.ticket_types]
        self.first_letter = database.session.scalar(select(func.max(Letter.id))) or 0
        database.session.commit()
        self.open()
        # Per ticket type: who held a seat after the last step, and how many were let in since past what is free.
        self.held: list[set[int]] = [set(), set()]
        self.let_in = [0, 0]
        for name, kind in first:
            self.sign_up_anew(name, kind)
        self.now += timedelta(hours=hours)

    def sign_up_anew(self, name: str, kind: int) -> None:
        """Sign up who has no place."""
        sign_up_as(database.session.get(Event, self.event_id), name, ticket_type_id=self.kind_ids[kind], now=self.now)
        self.arrive(name, kind)

    # What happens.

    def row(self, place: Place) -> Registration:
        """Return the registration behind a place."""
        database.session.rollback()
        rows = select(Registration).where(Registration.event_id == self.event_id).order_by(Registration.id)
        return database.session.scalars(rows.offset(self.places.index(place)).limit(1)).one()

    def ids(self, places: Sequence[Place]) -> list[int]:
        """Return the numbers of the registrations behind these places."""
        statement = select(Registration.id).where(Registration.event_id == self.event_id).order_by(Registration.id)
        ids = database.session.scalars(statement).all()
        database.session.rollback()
        return [ids[self.places.index(place)] for place in places]

    def refused(self, action: Any, *arguments: Any, **options: Any) -> bool:
        """Do something, and tell whether the program refused it."""
        try:
            action(*arguments, **options)
        except AppError:
            database.session.rollback()
            return True
        return False

    @rule(minutes=st.sampled_from([5, 30, 60, 240, 600]))
    def time_passes(self, minutes: int) -> None:
        """Let time pass, up to a moment before the start, and never backwards."""
        self.now = max(self.now, min(self.now + timedelta(minutes=minutes), STARTS_AT - timedelta(minutes=1)))

    @rule(name=names, kind=kinds)
    def sign_up(self, name: str, kind: int) -> None:
        """Sign up, or once more."""
        place = self.live(name)
        if place is None:
            self.sign_up_anew(name, kind)
            return
        sign_up_as(database.session.get(Event, self.event_id), name, ticket_type_id=self.kind_ids[kind], now=self.now)
        slot = int(self.now.timestamp() // REMIND_EVERY.total_seconds())
        if self.now - place.since >= REPEAT_IS_A_SLIP and slot not in place.again:
            place.again.add(slot)
            self.told("again", name)

    @about("pending", "confirmed", "waiting", "offered")
    @rule(pick=which)
    def leave(self, pick: int) -> None:
        """Give the place back, leave the queue, let an offer go, or wait for a decision no longer."""
        place = self.one_of(pick, *LIVE)
        service.cancel(self.row(place), now=self.now)
        self.end(place, "cancelled")

    @about("cancelled")
    @rule(pick=which)
    def come_back(self, pick: int) -> None:
        """Press "sign up again" on the page of a place that has ended."""
        ended = self.one_of(pick, "cancelled")
        if self.live(ended.name) is None:
            last = [place for place in self.places if place.name == ended.name][-1]
            is_over = last.is_removed or last.state == "declined"  # an organizer said no
            assert self.refused(returns.come_back, self.row(ended), now=self.now) is is_over
            if not is_over:
                self.arrive(last.name, last.kind)

    @about("waiting", "offered")
    @rule(pick=which)
    def accept(self, pick: int) -> None:
        """Take the seat that is offered; late, or without an offer, it is refused."""
        place = self.one_of(pick, "waiting", "offered")
        in_time = place.state == "offered" and place.until is not None and self.now < place.until
        assert self.refused(offers.accept, self.row(place), now=self.now) is not in_time
        if in_time:
            place.state = "confirmed"
            self.told("confirmed", place.name)

    @about("offered")
    @rule(pick=which, too_early=st.booleans())
    def an_offer_runs_out(self, pick: int, too_early: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
        """Let the duty come by when an offer ends, or the moment before."""
        until = self.one_of(pick, "offered").until
        assert until is not None
        self.now = max(self.now, until - timedelta(microseconds=too_early))
        over = [p for p in self.places if p.state == "offered" and p.until is not None and p.until <= self.now]
        over.sort(key=lambda place: place.until)

        assert offers.expire(self.now) == len(over)

        for place in over:
            self.end(place, "offer-expired")

    @rule(kind=kinds, capacity=st.integers(0, 5))
    def change_capacity(self, kind: int, capacity: int) -> None:
        """Raise or lower the capacity, also below the seats taken: nobody loses one, nobody new gets one."""
        with transaction() as session:
            row = session.get_one(TicketType, self.kind_ids[kind], with_for_update=True, populate_existing=True)
            QueueMachine.met["over"] += row.seats_taken > capacity
            set_capacity(row, capacity)
            session.flush()
            apply_changes(session.get_one(Event, self.event_id), {}, parts=["ticket_types"], now=self.now)
        self.capacity[kind] = capacity
        self.fill(kind)

    @rule(on=st.booleans())
    def ask_approval(self, on: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
        """Let an organizer decide on each sign-up from now on, or no longer; who waits for a decision waits on."""
        with transaction() as session:
            event = session.get_one(Event, self.event_id, populate_existing=True)
            apply_changes(event, {"needs_approval": on}, now=self.now)
        self.approval = on

    @about("pending")
    @rule(pick=which, everybody=st.booleans())
    def approve(self, pick: int, everybody: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
        """Approve one, or all who wait for a decision and some who do not."""
        one = self.one_of(pick, "pending")
        chosen = [place for place in self.places if everybody or place is one]
        done = approval.approve(self.event_id, self.ids(chosen), by=THE_SITE, now=self.now)
        became = Counter[str]()
        for place in chosen:
            if place.state == "pending":
                place.state = self.seat_or_queue(place.kind)
                became[place.state] += 1
                self.told(place.state, place.name)
        assert done == approval.Approved(became["confirmed"], became["waiting"])

    @about("pending")
    @rule(pick=which)
    def decline(self, pick: int) -> None:
        """Refuse somebody, and by mistake all on whom nothing is to be decided (any more), which does nothing."""
        place = self.one_of(pick, "pending")
        ids = self.ids([other for other in self.places if other is place or other.state != "pending"])
        assert approval.decline(self.event_id, ids, words="", by=THE_SITE, now=self.now) == 1
        place.state = "declined"
        self.told("declined", place.name)

    @about("confirmed", "waiting")
    @rule(pick=which, other=names)
    def pass_on(self, pick: int, other: str) -> None:
        """Offer one's place to somebody else, who may have one already: the giver cannot tell."""
        place = self.one_of(pick, "confirmed", "waiting")
        begun = sum(each.transfers for each in self.places if each.name == place.name)
        may = place.state == "confirmed" and other != place.name and begun < TRANSFERS_MAX and not self.approval
        receiver = Receiver(other, normalise(f"{other}@example.com"))
        assert self.refused(transfers.pass_on, self.row(place), receiver, language="en", now=self.now) is not may
        if may:
            place.transfer = (other, min(self.now + OPEN_FOR, STARTS_AT))
            place.transfers += 1
            self.told("transfer", other)

    @about("confirmed")
    @rule(pick=which)
    def withdraw(self, pick: int) -> None:
        """Keep one's place after all."""
        place = self.one_of(pick, "confirmed")
        transfers.withdraw(self.row(place), now=self.now)
        place.transfer = None

    @precondition(lambda self: any(place.transfers for place in self.places))
    @rule(data=st.data())
    def take_over(self, data: st.DataObject) -> None:
        """Open the link of some transfer, old or new, and press the button."""
        givers = sorted((place for place in self.places if place.transfers), key=lambda place: place.transfer is None)
        giver = data.draw(st.sampled_from(givers[:1] * 3 + givers), label="giver")  # rather one that is still open
        statement = select(Transfer).where(Transfer.registration_id == self.row(giver).id).order_by(Transfer.id.desc())
        transfer = database.session.scalars(statement).first()
        is_open = giver.transfer is not None and self.now < giver.transfer[1] and not self.approval
        may = is_open and self.live(giver.transfer[0]) is None
        answer = self.refused(transfers.accept, transfer, name="x", answers={}, language="en", now=self.now)
        assert answer is not may
        if may:
            other, giver.state, giver.transfer = giver.transfer[0], "cancelled", None
            self.places.append(Place(other, giver.kind, "confirmed", self.now))
            self.let_in[giver.kind] += 1
            self.told("passed-on", giver.name)
            self.told("confirmed", other)

    def decision(self, *, adds_seat: bool = False) -> Decision:
        """Return why."""
        return Decision("because", THE_SITE, self.now, adds_seat)

    @about("pending", "waiting", "offered")
    @rule(pick=which, adds_seat=st.booleans())
    def promote(self, pick: int, adds_seat: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
        """Give somebody a seat past the queue."""
        place = self.one_of(pick, "pending", "waiting", "offered")
        is_free = self.taken(place.kind) < self.capacity[place.kind]
        may = place.state == "offered" or (place.state == "waiting" and (is_free or adds_seat))
        assert self.refused(overrides.promote, self.row(place).id, self.decision(adds_seat=adds_seat)) is not may
        if may:
            added = place.state == "waiting" and not is_free
            self.capacity[place.kind] += added
            self.let_in[place.kind] += added
            place.state = "confirmed"
            self.told("promoted", place.name)

    @about("pending", "confirmed", "waiting", "offered")
    @rule(pick=which, adds_seat=st.booleans())
    def move(self, pick: int, adds_seat: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
        """Let somebody attend in the other way."""
        place = self.one_of(pick, *LIVE)
        self.now += timedelta(milliseconds=1)  # two decisions about one person are never one
        before, target = place.kind, 1 - place.kind
        has_seat, is_free = place.state in {"confirmed", "offered"}, self.taken(target) < self.capacity[target]
        may = not has_seat or is_free or adds_seat
        row, decision = self.row(place), self.decision(adds_seat=adds_seat)
        assert self.refused(overrides.move, row.id, self.kind_ids[target], decision) is not may
        if may:
            self.capacity[target] += has_seat and not is_free
            self.let_in[target] += has_seat and not is_free
            place.kind = target
            self.told("moved", place.name)
            self.fill(before if has_seat else target)

    @about("pending", "confirmed", "waiting", "offered")
    @rule(pick=which)
    def remove(self, pick: int) -> None:
        """End somebody's registration."""
        place = self.one_of(pick, *LIVE)
        overrides.remove(self.row(place).id, self.decision())
        self.end(place, "removed")
        place.is_removed = True

    # What must hold whenever nobody is in the middle of anything.

    @invariant()
    def seats_places_and_letters_are_the_model_s(self) -> None:
        """Compare everything."""
        session = database.session
        session.rollback()
        columns = (Registration.id, Registration.email_key, Registration.ticket_type_id, Registration.state)
        rows = session.execute(
            select(*columns).where(Registration.event_id == self.event_id).order_by(columns[0])
        ).all()
        seats = session.execute(
            select(TicketType.capacity, TicketType.seats_taken, TicketType.seats_over)
            .where(TicketType.event_id == self.event_id)
            .order_by(TicketType.id)
        ).all()
        letters = session.execute(
            select(Letter.kind, Letter.to_email).where(Letter.id > self.first_letter).order_by(Letter.id)
        ).all()
        session.rollback()

        places = [(key.partition("@")[0], self.kind_ids.index(kind), state.value) for _id, key, kind, state in rows]
        assert places == [(place.name, place.kind, place.state) for place in self.places]
        assert [seat[:2] for seat in seats] == list(zip(self.capacity, map(self.taken, (0, 1)), strict=True))
        assert all(over == max(0, taken - capacity) for capacity, taken, over in seats)
        assert max(Counter(name for name, _kind, state in places if state in LIVE).values(), default=0) <= 1
        assert [(kind, email.partition("@")[0]) for kind, email in letters] == self.letters
        # Nobody waits while a seat is free, so nobody can have been passed over by one who came later.
        assert all(not self.waiting(kind) or self.taken(kind) >= self.capacity[kind] for kind in (0, 1))
        self.nobody_new_has_a_seat_while_there_are_too_few(rows, [over for _capacity, _taken, over in seats])

    def nobody_new_has_a_seat_while_there_are_too_few(self, rows: Sequence[Any], over: Sequence[int]) -> None:
        """Compare who holds seats with the step before; organizers may add a seat, and a place may be passed on."""
        for kind in (0, 1):
            seated = {row.id for row in rows if row.ticket_type_id == self.kind_ids[kind] and row.state.value in SEATED}
            assert not over[kind] or len(seated - self.held[kind]) <= self.let_in[kind]
            self.held[kind] = seated
        self.let_in = [0, 0]


def test_whatever_happens_in_whatever_order_seats_places_and_letters_are_what_they_should_be(make_event):
    QueueMachine.event_factory = make_event
    QueueMachine.examples = 0
    QueueMachine.met.clear()

    run_state_machine_as_test(
        QueueMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            # A failure is shown as it was met; making it shorter takes minutes.
            phases=tuple(Phase) if "MACHINE_SHRINK" in os.environ else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )

    # The walk came by everything that can happen; what it never met it cannot have tested.
    everything = {
        *("confirmed", "waiting", "promoted", "offered", "offer-expired", "cancelled", "again"),
        *("transfer", "passed-on", "moved", "removed", "pending", "declined", "over"),
    }
    assert set(QueueMachine.met) == everything, QueueMachine.met

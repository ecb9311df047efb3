"""Many hands at random: sign up, decide, leave, come back, correct, raise and lower the capacity, cancel the event.

Whatever happens in whatever order, seats, places and letters must agree in the end. The seed is in the failure.
"""

import os
import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.core.i18n import Texts
from app.events.models import Event, EventState, TicketType
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations import service
from app.registrations.approval import approve, decline
from app.registrations.models import LIVE, Question, Registration, RegistrationState
from app.registrations.seats import set_capacity
from app.registrations.service import SignUp

THREADS, PEOPLE, SECONDS = 6, 7, 3.0
# On a machine that is busy the walk is longer: until each thing was done by somebody.
SECONDS_MAX = 60.0
ACTIONS = {"sign_up", "leave", "correct", "change", "decide", "look"}


class Walker:
    """One pair of hands: does something at random again and again, and counts what was given and refused."""

    def __init__(self, app: Flask, event_id: int, seed: str, met: set[str]) -> None:
        """Begin with numbers of its own, so that a seed tells what each hand did; `met` is what all have done."""
        self._met = met
        self._app, self._event_id, self._random = app, event_id, random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.done: Counter[str] = Counter()

    def walk(self) -> "Counter[str]":
        """Act until the time is over; an AppError is an answer, anything else a fault."""
        actions = [self.sign_up] * 8 + [self.leave] * 6 + [self.correct] * 3 + [self.change] + [self.look] * 2
        actions += [self.decide] * 3
        begun = time.monotonic()
        while (so_far := time.monotonic() - begun) < SECONDS or (self._met != ACTIONS and so_far < SECONDS_MAX):
            action = self._random.choice(actions)
            with self._app.app_context(), suppress(AppError):
                action()
                self.done[action.__name__] += 1
                self._met.add(action.__name__)
        return self.done

    def sign_up(self) -> None:
        """Sign one of a few people up, by any ticket type."""
        event = database.session.get(Event, self._event_id)
        kinds = [each.id for each in event.ticket_types]
        name = f"person-{self._random.randrange(PEOPLE)}"
        wish = SignUp(name, normalise(f"{name}@example.com"), self._random.choice(kinds), self._answers(), "en")
        service.sign_up(event, wish, now=utc_now())

    def leave(self) -> None:
        """Give somebody's place back, who may have left already."""
        service.cancel(self._somebody(), now=utc_now())

    def correct(self) -> None:
        """Correct somebody's answers."""
        service.change_answers(self._somebody(), name="Somebody", answers=self._answers(), now=utc_now())

    def change(self) -> None:
        """Change the event as a load does: its ticket types locked first, a question taken away or asked anew."""
        with transaction() as session:
            of_event = TicketType.event_id == self._event_id
            kinds = session.scalars(
                select(TicketType).where(of_event).order_by(TicketType.id).with_for_update(),
                execution_options={"populate_existing": True},
            ).all()
            event = session.get(Event, self._event_id, populate_existing=True)
            kind = self._random.choice(kinds)
            set_capacity(kind, self._random.choice([0, 1, 2, 3]))
            question = session.scalar(select(Question).where(Question.event_id == self._event_id))
            parts = ["ticket_types"]
            if question is None:
                session.add(Question(event_id=event.id, key="q", kind="short_text", label=Texts(en="Why?")))
                parts.append("questions")
            state = self._random.choice([EventState.PUBLISHED] * 5 + [EventState.CANCELLED])
            values = {"state": state, "needs_approval": self._random.choice([True, False])}
            apply_changes(event, values, parts=parts, now=utc_now())

    def decide(self) -> None:
        """Approve or decline somebody, who may not be waiting for a decision."""
        ids = [self._somebody().id]
        if self._random.random() < 0.7:
            approve(self._event_id, ids, by=THE_SITE, now=utc_now())
        else:
            decline(self._event_id, ids, words="", by=THE_SITE, now=utc_now())

    def look(self) -> None:
        """Compare seats and places in the middle of it all."""
        with transaction():
            check_seats(self._event_id)

    def _somebody(self) -> Registration:
        rows = database.session.scalars(select(Registration).where(Registration.event_id == self._event_id)).all()
        if not rows:
            message = "nobody is there yet"
            raise AppError(message)
        return self._random.choice(rows)

    def _answers(self) -> dict[int, str]:
        question = database.session.scalar(select(Question.id).where(Question.event_id == self._event_id))
        return {question: "because"} if question else {}


def check_seats(event_id: int) -> None:
    """Compare seats and places; in a transaction that holds the ticket types, nothing else can be under way."""
    session = database.session
    of_event = select(TicketType).where(TicketType.event_id == event_id).order_by(TicketType.id)
    kinds = session.scalars(of_event.with_for_update(), execution_options={"populate_existing": True}).all()
    places: Counter[Any] = Counter(
        session.execute(
            select(Registration.ticket_type_id, Registration.state).where(Registration.event_id == event_id)
        ).all()
    )
    # While the event is off nobody is given anything; when it is on again, all at once.
    is_on = session.scalar(select(Event.state).where(Event.id == event_id)) is EventState.PUBLISHED
    for kind in kinds:
        assert kind.seats_taken == places[kind.id, RegistrationState.CONFIRMED]
        assert kind.seats_over == max(0, kind.seats_taken - kind.capacity)
        waiting = places[kind.id, RegistrationState.WAITING]
        assert not (waiting and is_on) or kind.seats_taken >= kind.capacity, "somebody waits while a seat is free"


def check_letters(event_id: int) -> None:
    """Compare each registration's life with the letters it caused; nobody has two places."""
    rows = database.session.scalars(select(Registration).where(Registration.event_id == event_id)).all()
    live = Counter(row.email_key for row in rows if row.state in LIVE)
    assert max(live.values(), default=0) <= 1
    letters = defaultdict(list)
    for letter in database.session.scalars(select(Letter).order_by(Letter.id)):
        if letter.kind in {"confirmed", "waiting", "promoted", "cancelled", "pending", "declined"}:
            letters[letter.ids["registration"]].append(letter.kind)
    approved = {
        entry.registration_id: entry.changes["state"][1]
        for entry in database.session.scalars(select(Entry).where(Entry.action == "registration.approved"))
    }
    asked = {id_ for id_, kinds in letters.items() if "pending" in kinds}
    assert set(approved) <= asked
    assert {row.id: letters[row.id] for row in rows} == {row.id: expected(row, approved, asked) for row in rows}


def expected(row: Registration, approved: dict[int, str], asked: set[int]) -> list[str]:
    """Return the letters that a registration's life so far has caused, by its own instants and the history."""
    ended = {RegistrationState.CANCELLED: ["cancelled"], RegistrationState.DECLINED: ["declined"]}.get(row.state, [])
    if row.id in approved:
        # With a seat at once, or after a time in the queue; who waits still, or left from there, had none.
        seat = ["waiting", "promoted"] if approved[row.id] == "waiting" else ["confirmed"]
        return ["pending", *(seat if row.confirmed_at else ["waiting"]), *ended]
    if row.id in asked:
        return ["pending", *ended]
    told = ["confirmed"] if row.confirmed_at == row.created_at else ["waiting"]
    if row.confirmed_at and row.confirmed_at != row.created_at:
        told.append("promoted")
    return told + ended


def test_whatever_many_hands_do_seats_places_and_letters_agree(app, make_event):
    seed = os.environ.get("WALK_SEED", str(random.randrange(10**9)))  # noqa: S311 - repeatable, not secret
    event = make_event(ticket_types=[{"slug": "a", "capacity": 2}, {"slug": "b", "capacity": 1}])
    event_id = event.id
    database.session.commit()
    met: set[str] = set()
    walkers = [Walker(app, event_id, f"{seed}-{number}", met) for number in range(THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(walker.walk) for walker in walkers]
    faults = [repr(each.exception()) for each in running if each.exception()]

    assert faults == [], f"WALK_SEED={seed}"
    done = sum((each.result() for each in running), Counter())
    assert set(done) == ACTIONS, done
    database.session.expire_all()
    with transaction():
        check_seats(event_id)
    check_letters(event_id)

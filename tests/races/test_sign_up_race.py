"""Many people at once, through the real server and its processes; and the proof that they do race."""

import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import db as database
from app.events.models import TicketType
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from tests.support.server import Server

PEOPLE, SEATS = 200, 50
PATIENCE = 60


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_more):
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def stamp_of(server: Server, slug: str) -> str:
    with urllib.request.urlopen(f"{server.base_url}/events/{slug}", timeout=PATIENCE) as response:
        page = response.read().decode()
    found = re.search(r'name="stamp"[^>]*value="([^"]+)"', page) or re.search(r'value="([^"]+)"[^>]*name="stamp"', page)
    assert found, "the form has no time stamp"
    return found[1]


def send(server: Server, slug: str, stamp: str, name: str) -> int:
    """Sign somebody up by the form's own request; return the status, 0 when the server is gone."""
    form = {"name": name, "email": f"{name}@example.com", "website": "", "stamp": stamp}
    request = urllib.request.Request(
        f"{server.base_url}/events/{slug}/registrations", data=urllib.parse.urlencode(form).encode(), method="POST"
    )
    try:
        with _opener.open(request, timeout=PATIENCE) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_200_people_for_50_seats_give_50_confirmed_and_150_waiting(db, make_event, make_server):
    event = make_event(capacity=SEATS)
    with make_server(workers=2, SIGN_UP_RATE="100000 per minute") as server:
        stamp = stamp_of(server, event.slug)
        together = threading.Barrier(PEOPLE)

        def sign_up(number: int) -> int:
            together.wait(PATIENCE)
            return send(server, event.slug, stamp, f"person-{number}")

        with ThreadPoolExecutor(PEOPLE) as pool:
            answers = Counter(pool.map(sign_up, range(PEOPLE)))

    db.expire_all()
    assert answers == {303: PEOPLE}
    assert Counter(db.scalars(select(Registration.state))) == {
        RegistrationState.CONFIRMED: SEATS,
        RegistrationState.WAITING: PEOPLE - SEATS,
    }
    assert db.scalar(select(TicketType.seats_taken)) == SEATS
    assert Counter(db.scalars(select(Letter.kind))) == {"confirmed": SEATS, "waiting": PEOPLE - SEATS}


def test_without_the_guard_the_same_race_oversells(app: Flask, db, make_event):
    """What most systems do: count, then insert. It proves that the test above tests something."""
    people, seats = 8, 3
    event = make_event(capacity=seats)
    event_id, ticket_type_id = event.id, event.ticket_types[0].id
    db.commit()
    everybody_has_counted = threading.Barrier(people)

    def sign_up_unguarded(number: int) -> None:
        with Session(database_engine) as session:
            confirmed = session.scalar(
                select(func.count()).where(
                    Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED
                )
            )
            session.commit()
            everybody_has_counted.wait(PATIENCE)
            state = RegistrationState.CONFIRMED if confirmed < seats else RegistrationState.WAITING
            session.execute(
                insert(Registration).values(
                    code=f"CODE{number}",
                    event_id=event_id,
                    ticket_type_id=ticket_type_id,
                    state=state,
                    name=f"person {number}",
                    email=f"person-{number}@example.com",
                    email_key=f"person-{number}@example.com",
                    language="zh",
                    token_version=1,
                    calendar_offset=0,
                    created_at=utc_now(),
                    revised_at=utc_now(),
                )
            )
            session.commit()

    database_engine = database.engine
    with ThreadPoolExecutor(people) as pool:
        list(pool.map(sign_up_unguarded, range(people)))

    db.expire_all()
    confirmed = db.scalar(
        select(func.count()).where(Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED)
    )
    assert confirmed == people > seats


def test_one_person_pressing_ten_times_at_once_is_one_registration(db, make_event, make_server):
    event, times = make_event(capacity=SEATS), 10
    with make_server(workers=2, SIGN_UP_RATE="100000 per minute") as server:
        stamp = stamp_of(server, event.slug)
        together = threading.Barrier(times)

        def press(_number: int) -> int:
            together.wait(PATIENCE)
            return send(server, event.slug, stamp, "ada")

        with ThreadPoolExecutor(times) as pool:
            answers = Counter(pool.map(press, range(times)))

    db.expire_all()
    assert answers == {303: times}
    assert db.scalar(select(func.count()).select_from(Registration)) == 1
    assert db.scalar(select(TicketType.seats_taken)) == 1
    assert db.scalars(select(Letter.kind)).all() == ["confirmed"]


def in_one_snapshot(db) -> None:
    """Read all that follows as of one instant: PostgreSQL may still be ending what the killed server had begun."""
    db.rollback()
    db.expire_all()
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def test_a_server_killed_in_the_rush_has_kept_every_place_it_gave(db, make_event, make_server):
    # Many more than can be served before the kill; whoever comes after it is turned away at once.
    event, people, enough_given = make_event(capacity=30), 600, 40
    given: list[str] = []
    with make_server(workers=2, SIGN_UP_RATE="100000 per minute") as server:
        stamp = stamp_of(server, event.slug)
        enough = threading.Event()

        def sign_up(number: int) -> None:
            if send(server, event.slug, stamp, f"person-{number}") == 303:
                given.append(f"person-{number}@example.com")
                if len(given) == enough_given:
                    enough.set()

        with ThreadPoolExecutor(16) as pool:
            for number in range(people):
                pool.submit(sign_up, number)
            assert enough.wait(PATIENCE)
            server.kill()
        server.start()
        assert send(server, event.slug, stamp, "the-next-one") == 303

    in_one_snapshot(db)
    rows = db.execute(select(Registration.id, Registration.email, Registration.state)).all()
    assert set(given) <= {email for _id, email, _state in rows}
    assert len(given) < people, "the kill came too late to prove anything"
    confirmed = [id_ for id_, _email, state in rows if state is RegistrationState.CONFIRMED]
    assert len(confirmed) == db.scalar(select(TicketType.seats_taken)) == 30
    assert sorted(db.scalars(select(Letter.key))) == sorted(f"{state.value}:{id_}" for id_, _email, state in rows)

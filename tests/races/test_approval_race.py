"""Approving and inviting while others sign up: never a seat or a use too many, and nobody decided on twice."""

import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.events.invitations import invite
from app.events.models import Event, EventInvitation, TicketType, Visibility
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations.approval import approve, decline
from app.registrations.models import Registration, RegistrationState
from tests.races.test_sign_up_race import PATIENCE, _opener
from tests.support.factories import sign_up_as

PEOPLE, SEATS = 12, 5


def at_once(app, *actions):
    """Run these in threads of their own that start together; return how often each kind of answer came."""
    together = threading.Barrier(len(actions))

    def run(action):
        with app.app_context():
            database.session.commit()
            together.wait(PATIENCE)
            try:
                return action()
            except AppError as error:
                return type(error).__name__

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_approving_while_others_sign_up_gives_no_seat_twice(app, db, make_event):
    event = make_event(capacity=SEATS, needs_approval=True)
    pending = [sign_up_as(event, f"asked-{number}").id for number in range(PEOPLE)]
    with transaction() as session:
        # As when approval is taken away and those who wait are left to be decided on.
        session.execute(update(Event).values(needs_approval=False))
    db.expire_all()
    event_id = event.id

    def sign_up(number):
        return lambda: sign_up_as(db.get(Event, event_id), f"new-{number}").state.value

    def give(id_):
        return lambda: approve(event_id, [id_], by=THE_SITE, now=utc_now())

    actions = [each for pair in zip(map(give, pending), map(sign_up, range(PEOPLE)), strict=True) for each in pair]
    at_once(app, *actions)

    db.rollback()  # ends this session's own snapshot
    kind = db.scalars(select(TicketType)).one()
    found = Counter(db.scalars(select(Registration.state)))
    assert found == {RegistrationState.CONFIRMED: SEATS, RegistrationState.WAITING: 2 * PEOPLE - SEATS}
    assert (kind.seats_taken, kind.seats_over) == (SEATS, 0)
    told = Counter(db.scalars(select(Letter.kind)))
    assert told == {"pending": PEOPLE, "confirmed": SEATS, "waiting": 2 * PEOPLE - SEATS}


def test_two_organizers_who_decide_otherwise_at_once_decide_once(app, db, make_event):
    event = make_event(capacity=SEATS, needs_approval=True)
    ids = [sign_up_as(event, f"asked-{number}").id for number in range(PEOPLE)]
    event_id = event.id
    yes = [lambda: approve(event_id, ids, by=THE_SITE, now=utc_now())] * 2
    no = [lambda: decline(event_id, ids, words="", by=THE_SITE, now=utc_now())] * 2

    at_once(app, *yes, *no)

    db.rollback()
    found = Counter(db.scalars(select(Registration.state)))
    assert found in (
        {RegistrationState.DECLINED: PEOPLE},
        {RegistrationState.CONFIRMED: SEATS, RegistrationState.WAITING: PEOPLE - SEATS},
    )
    assert db.scalar(select(TicketType.seats_taken)) == found[RegistrationState.CONFIRMED]
    assert len(db.scalars(select(Letter.key).where(Letter.kind != "pending")).all()) == PEOPLE


def test_code_for_seven_lets_in_seven_of_twenty_at_once(db, make_event, make_server):
    uses, people = 7, 20
    event = make_event("secret", capacity=100, visibility=Visibility.INVITATION)
    code = invite(event.id, label="", uses_max=uses, expires_at=None, by=THE_SITE, now=utc_now()).code
    with make_server(workers=2, SIGN_UP_RATE="100000 per minute") as server:
        with urllib.request.urlopen(f"{server.base_url}/events/secret?code={code}", timeout=PATIENCE) as page:
            stamp = re.search(r'name="stamp" value="([^"]+)"', page.read().decode())[1]
        together = threading.Barrier(people)

        def sign_up(number: int) -> int:
            form = {"name": "x", "email": f"person-{number}@example.com", "website": "", "stamp": stamp}
            address = f"{server.base_url}/events/secret/registrations?code={code}"
            request = urllib.request.Request(address, data=urllib.parse.urlencode(form).encode(), method="POST")
            together.wait(PATIENCE)
            try:
                with _opener.open(request, timeout=PATIENCE) as response:
                    return response.status
            except urllib.error.HTTPError as error:
                return error.code

        with ThreadPoolExecutor(people) as pool:
            answers = Counter(pool.map(sign_up, range(people)))

    db.expire_all()
    assert answers == {303: uses, 422: people - uses}
    assert db.scalar(select(EventInvitation.uses)) == uses
    assert Counter(db.scalars(select(Registration.state))) == {RegistrationState.CONFIRMED: uses}
    assert db.scalar(select(TicketType.seats_taken)) == uses

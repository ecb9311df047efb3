"""Near the event a freed seat is offered for some hours: taken, let go, or gone to the next in line."""

from datetime import UTC, datetime, timedelta

import mailparser
import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError
from app.core.i18n import Texts
from app.events.models import Event, EventState, TicketType
from app.events.service import apply_changes
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations import offers
from app.registrations.models import Question, Registration, RegistrationState
from app.registrations.rules import token_of
from app.registrations.service import cancel
from app.registrations.waitlist import promote_all
from tests.support.factories import sign_up_as, states

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)  # 13:00 in Beijing
NEAR = datetime(2031, 12, 12, 2, 0, tzinfo=UTC)  # 10:00 on the day before
UNTIL = datetime(2031, 12, 12, 8, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=1, starts_at=STARTS_AT)


@pytest.fixture
def queue(event):
    """Somebody with the seat, and two who wait."""
    return [sign_up_as(event, name, now=NEAR - timedelta(days=9)) for name in ("ada", "bob", "cyd")]


def letters(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def seats(db):
    db.expire_all()
    return db.scalar(select(func.sum(TicketType.seats_taken)))


def test_a_seat_freed_long_before_is_given_and_a_late_one_is_offered(db, event, queue):
    ada, bob, _cyd = queue

    cancel(ada, now=STARTS_AT - timedelta(hours=48) - MOMENT)
    given = states(event)
    cancel(bob, now=NEAR)

    assert given == {"ada": "cancelled", "bob": "confirmed", "cyd": "waiting"}
    assert states(event) == {"ada": "cancelled", "bob": "cancelled", "cyd": "offered"}
    assert db.scalar(select(Registration.offer_expires_at).where(Registration.email_key == "cyd@example.com")) == UNTIL
    assert seats(db) == 1
    assert letters(db)[3:] == [("cancelled", "ada"), ("promoted", "bob"), ("cancelled", "bob"), ("offered", "cyd")]


def test_the_hours_are_the_event_s_own(db, make_event):
    event = make_event(capacity=1, starts_at=STARTS_AT, offer_within_hours=72, offer_hours=2)
    ada, _bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")

    cancel(ada, now=STARTS_AT - timedelta(hours=72))

    expires_at = db.scalar(select(Registration.offer_expires_at).where(Registration.state == "offered"))
    assert expires_at == STARTS_AT - timedelta(hours=70)


def test_who_takes_the_seat_in_time_has_it(db, event, queue):
    ada, bob, _cyd = queue
    cancel(ada, now=NEAR)

    offers.accept(bob, now=UNTIL - MOMENT)
    offers.accept(bob, now=UNTIL + timedelta(hours=1))  # a second press, late, takes nothing away

    assert states(event) == {"ada": "cancelled", "bob": "confirmed", "cyd": "waiting"}
    assert seats(db) == 1
    assert letters(db)[-2:] == [("offered", "bob"), ("confirmed", "bob")]


def test_who_comes_too_late_is_told_so(db, event, queue):
    ada, bob, _cyd = queue
    cancel(ada, now=NEAR)

    with pytest.raises(ConflictError):
        offers.accept(bob, now=UNTIL)

    assert states(event)["bob"] == "offered"  # until the duty comes by


def test_who_waits_cannot_take_what_is_not_offered(event, queue):
    with pytest.raises(ConflictError):
        offers.accept(queue[1], now=NEAR)

    assert states(event)["bob"] == "waiting"


def test_letting_go_offers_the_seat_to_the_next(db, event, queue):
    ada, bob, _cyd = queue
    cancel(ada, now=NEAR)

    cancel(bob, now=NEAR)

    assert states(event) == {"ada": "cancelled", "bob": "cancelled", "cyd": "offered"}
    assert seats(db) == 1


def test_an_offer_runs_out_at_its_moment_and_goes_on(db, event, queue):
    cancel(queue[0], now=NEAR)

    early = offers.expire(UNTIL - MOMENT)
    done = [offers.expire(UNTIL), offers.expire(UNTIL)]

    assert (early, done) == (0, [1, 0])
    assert states(event) == {"ada": "cancelled", "bob": "cancelled", "cyd": "offered"}
    assert seats(db) == 1
    assert letters(db)[-2:] == [("offer-expired", "bob"), ("offered", "cyd")]


def test_an_offer_of_a_cancelled_event_waits_for_what_becomes_of_it(db, event, queue):
    cancel(queue[0], now=NEAR)
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"state": EventState.CANCELLED}, now=NEAR)

    assert offers.expire(UNTIL) == 0

    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"state": EventState.PUBLISHED}, now=UNTIL)
    assert offers.expire(UNTIL) == 1
    assert states(event)["cyd"] == "offered"


def test_a_seat_freed_while_the_event_was_off_goes_to_the_queue_when_it_is_on_again(db, event, queue):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"state": EventState.CANCELLED}, now=NEAR)
        session.get(TicketType, event.ticket_types[0].id).capacity = 2
        assert promote_all(event.ticket_types[0].id, now=NEAR) == 0

    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"state": EventState.PUBLISHED}, now=NEAR)

    assert states(event) == {"ada": "confirmed", "bob": "offered", "cyd": "waiting"}


def test_raised_capacity_reaches_everybody_in_a_few_statements(db, make_event, count_statements):
    event = make_event(capacity=1)
    for number in range(12):
        sign_up_as(event, f"person-{number}")
    asked = []
    for capacity in (2, 12):
        with transaction() as session:
            kind = session.get(TicketType, event.ticket_types[0].id)
            kind.capacity = capacity
            session.flush()
            with count_statements() as seen:
                promote_all(kind.id, now=utc_now())
        asked.append(len(seen))

    assert set(states(event).values()) == {"confirmed"}
    assert seats(db) == 12
    assert asked[0] == asked[1]
    assert [kind for kind, _name in letters(db)].count("promoted") == 11


def test_the_letter_says_until_when_in_the_zone_and_leads_to_the_page(db, event, queue, smtp_server):
    # The letter asks the real clock, so the offer is one of today.
    now = utc_now()
    with transaction() as session:
        bob = session.get(Registration, queue[1].id)
        bob.language = "en"
        session.get(Event, event.id).offer_within_hours = 24 * 365 * 20
    cancel(queue[0], now=now)
    deliver(now)

    raw = [m.raw for m in smtp_server.messages if b"bob@example.com" in m.raw][-1]
    mail = mailparser.parse_from_bytes(raw)
    assert mail.subject.startswith("A seat is held for you until ")
    for text in (mail.text_plain[0], mail.text_html[0]):
        assert "Beijing time (UTC+8)" in text
        assert f"/r/{token_of(queue[1])}" in text
    assert not [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]


class TestPage:
    def test_the_offer_is_taken_by_one_press(self, client, make_event):
        event = make_event(capacity=1, offer_within_hours=24 * 60)
        ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
        cancel(ada, now=utc_now())
        own = f"/r/{token_of(bob)}"

        page = client.get(f"{own}?lang=en").text
        answer = client.post(f"{own}/acceptance")
        after = client.get(f"{own}?lang=en").text

        assert "A seat is free, and it is held for you until" in page
        assert "Take the seat" in page
        assert answer.status_code == 303
        assert states(event) == {"ada": "cancelled", "bob": "confirmed"}
        assert "You are registered." in after

    def test_an_offer_that_is_over_is_refused_with_a_sentence(self, client, make_event):
        event = make_event(capacity=1, offer_within_hours=24 * 60)
        ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
        cancel(ada, now=utc_now())
        with transaction() as session:
            session.get(Registration, bob.id).offer_expires_at = utc_now()

        answer = client.post(f"/r/{token_of(bob)}/acceptance", headers={"Accept-Language": "en"})

        assert answer.status_code == 409
        assert "This offer has ended" in answer.text
        assert states(event)["bob"] == RegistrationState.OFFERED

    def test_looking_at_the_page_of_leaving_changes_nothing(self, client, make_event):
        event = make_event(capacity=1)
        ada = sign_up_as(event, "ada")

        page = client.get(f"/r/{token_of(ada)}?leave=yes&lang=en").text

        assert page.index("Can you no longer come?") < page.index("Code")
        assert states(event) == {"ada": "confirmed"}

    def test_who_left_comes_back_by_one_press_with_the_same_answers(self, client, db, make_event):
        event = make_event(capacity=1, questions=[{"key": "company"}])
        ada = sign_up_as(event, "ada", answers={db.scalar(select(Question.id)): "Acme"})
        cancel(ada, now=utc_now())

        answer = client.post(f"/r/{token_of(ada)}/return")
        again = client.post(f"/r/{token_of(ada)}/return")

        new = db.scalars(select(Registration).order_by(Registration.id.desc())).first()
        assert answer.location.startswith(f"/r/{token_of(new)}")
        assert (new.state, new.calendar_offset) == (RegistrationState.CONFIRMED, 3)
        assert [each.value for each in new.answers] == ["Acme"]
        # The old link brings nobody back twice, and leads to no page that it did not make.
        assert token_of(new) not in again.location
        assert db.scalar(select(func.count()).select_from(Registration)) == 2

    def test_nobody_comes_back_when_sign_up_is_closed_or_a_new_question_must_be_answered(self, client, make_event):
        event = make_event(capacity=1)
        ada = sign_up_as(event, "ada")
        cancel(ada, now=utc_now())
        with transaction() as session:
            session.add(
                Question(event_id=event.id, key="new", kind="short_text", label=Texts(en="New?"), is_required=True)
            )

        asked_more = client.post(f"/r/{token_of(ada)}/return")
        with transaction() as session:
            session.get(Event, event.id).sign_up_closes_at = utc_now()
        closed = client.post(f"/r/{token_of(ada)}/return")

        assert [asked_more.status_code, closed.status_code] == [409, 409]
        assert states(event) == {"ada": "cancelled"}

    def test_answers_can_be_corrected_until_sign_up_closes_and_the_place_given_back_after_it(self, client, make_event):
        event = make_event(capacity=1)
        ada = sign_up_as(event, "ada")
        own = f"/r/{token_of(ada)}"
        with transaction() as session:
            session.get(Event, event.id).sign_up_closes_at = utc_now()

        page = client.get(f"{own}?lang=en").text
        corrected = client.post(f"{own}/answers", data={"name": "Somebody Else"})
        left = client.post(f"{own}/cancellation")

        assert "Change your answers" not in page
        assert "Give my place back" in page
        assert corrected.status_code == 409
        assert left.status_code == 303
        assert states(event) == {"ada": "cancelled"}

"""What organizers decide past the queue: with a reason, told by letter, written down, and never a seat too many."""

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.events.models import Event, EventState, TicketType
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from app.registrations import overrides
from app.registrations.models import Registration
from app.registrations.overrides import Decision
from app.registrations.service import cancel
from tests.support.factories import sign_up_as, states
from tests.support.organizers import signed_in

KINDS = [
    {"slug": "on-site", "capacity": 1},
    {"slug": "online", "capacity": 1, "name": Texts(zh="线上", en="Online")},
]


@pytest.fixture
def event(make_event):
    return make_event("meetup", ticket_types=KINDS)


@pytest.fixture
def people(event):
    """Ada has the seat, bob and cyd wait for it in this order."""
    return {name: sign_up_as(event, name) for name in ("ada", "bob", "cyd")}


def decision(reason="a speaker's guest", *, adds_seat=False):
    return Decision(reason, Actor(organizer_id=7), utc_now(), adds_seat=adds_seat)


def letters(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def seats(db):
    db.expire_all()
    return db.execute(select(TicketType.capacity, TicketType.seats_taken).order_by(TicketType.id)).all()


def written(db, action):
    return db.scalars(select(Entry).where(Entry.action == action)).one()


def test_somebody_gets_a_new_seat_past_the_queue_and_the_event_says_so(db, event, people):
    revision = event.revision

    overrides.promote(people["cyd"].id, decision(adds_seat=True))
    overrides.promote(people["cyd"].id, decision(adds_seat=True))  # a second press adds no seat

    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "confirmed"}
    assert seats(db) == [(2, 2), (1, 0)]
    assert letters(db)[3:] == [("promoted", "cyd")]
    assert db.get(Event, event.id).revision == revision + 1
    entry = written(db, "registration.promoted")
    assert (entry.organizer_id, entry.registration_id, entry.event_id) == (7, people["cyd"].id, event.id)
    assert entry.changes == {"state": ["waiting", "confirmed"], "reason": [None, "a speaker's guest"]}


def test_without_a_free_seat_nobody_is_promoted_unless_one_is_added(db, event, people):
    with pytest.raises(BadInputError) as refused:
        overrides.promote(people["cyd"].id, decision())

    assert refused.value.field == "adds_seat"
    assert states(event)["cyd"] == "waiting"
    assert seats(db) == [(1, 1), (1, 0)]
    assert db.scalar(select(func.count()).where(Entry.action == "registration.promoted")) == 0


def test_who_has_an_offer_gets_the_seat_that_is_held_for_them(db, make_event):
    event = make_event(capacity=1, offer_within_hours=24 * 60)
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
    cancel(ada, now=utc_now())

    overrides.promote(bob.id, decision())

    assert states(event) == {"ada": "cancelled", "bob": "confirmed"}
    assert seats(db) == [(1, 1)]


def test_nobody_is_promoted_who_left_or_whose_event_is_off(event, people):
    cancel(people["bob"], now=utc_now())
    with pytest.raises(ConflictError):
        overrides.promote(people["bob"].id, decision(adds_seat=True))
    with transaction() as session:
        session.get(Event, event.id).state = EventState.CANCELLED

    with pytest.raises(ConflictError):
        overrides.promote(people["cyd"].id, decision(adds_seat=True))


def test_moving_takes_a_seat_there_and_gives_the_old_one_to_the_next(db, event, people):
    online = event.ticket_types[1].id

    why = decision("comes by video")
    overrides.move(people["ada"].id, online, why)

    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "waiting"}
    moved = db.get(Registration, people["ada"].id)
    # Calendars that hold the entry take the letter for a newer one by this stamp.
    assert (moved.ticket_type_id, moved.revised_at) == (online, why.now)
    assert seats(db) == [(1, 1), (1, 1)]
    assert letters(db)[3:] == [("moved", "ada"), ("promoted", "bob")]
    assert written(db, "registration.moved").changes == {
        "ticket_type": ["on-site", "online"],
        "reason": [None, "comes by video"],
    }


def test_moving_where_no_seat_is_free_needs_one_more(db, event, people):
    online = event.ticket_types[1].id
    sign_up_as(event, "dan", ticket_type_id=online)

    with pytest.raises(BadInputError) as refused:
        overrides.move(people["ada"].id, online, decision())
    before = (states(event), seats(db))
    overrides.move(people["ada"].id, online, decision(adds_seat=True))

    assert refused.value.field == "adds_seat"
    assert before == ({"ada": "confirmed", "bob": "waiting", "cyd": "waiting", "dan": "confirmed"}, [(1, 1), (1, 1)])
    assert seats(db) == [(1, 1), (2, 2)]
    assert states(event)["bob"] == "confirmed"


def test_who_waits_waits_there_in_the_order_of_their_sign_up(db, event, people):
    online = event.ticket_types[1].id
    overrides.move(people["cyd"].id, online, decision())
    gets_it = states(event)["cyd"]
    sign_up_as(event, "dan", ticket_type_id=online)  # waits, after

    overrides.move(people["bob"].id, online, decision())
    cancel(people["cyd"], now=utc_now())

    assert gets_it == "confirmed"
    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "cancelled", "dan": "waiting"}
    assert seats(db) == [(1, 1), (1, 1)]


def test_nobody_is_moved_to_another_event(make_event, people):
    other = make_event()

    with pytest.raises(BadInputError):
        overrides.move(people["ada"].id, other.ticket_types[0].id, decision())


def test_removing_tells_the_person_and_gives_the_seat_to_the_next(db, event, people):
    overrides.remove(people["ada"].id, decision("asked by phone"))
    overrides.remove(people["ada"].id, decision("asked by phone"))

    assert states(event) == {"ada": "cancelled", "bob": "confirmed", "cyd": "waiting"}
    assert seats(db) == [(1, 1), (1, 0)]
    assert letters(db)[3:] == [("removed", "ada"), ("promoted", "bob")]
    assert written(db, "registration.removed").changes["reason"] == [None, "asked by phone"]


class TestPage:
    @pytest.fixture
    def browser(self, app):
        return signed_in(app, "organizer@example.com", name="Olga")

    def page_of(self, registration):
        return f"/organizer/events/meetup/attendees/{registration.code}"

    def test_page_tells_what_is_known(self, make_event, browser, db):
        from app.registrations.models import Question

        event = make_event("meetup", capacity=1, questions=[{"key": "company"}])
        ada = sign_up_as(event, "ada", answers={db.scalar(select(Question.id)): "<b>Acme</b>"})

        page = browser.get(self.page_of(ada) + "?lang=en").text

        for words in ("ada@example.com", "&lt;b&gt;Acme&lt;/b&gt;", ada.code, "Confirmation", "End their registration"):
            assert words in page
        assert "Give them a seat" not in page

    def test_decisions_are_made_there_and_stand_in_its_history(self, event, people, browser):
        bob = self.page_of(people["bob"])

        answers = [
            browser.post(f"{bob}/promotion", data={"promotion-reason": "promised", "promotion-adds_seat": "y"}),
            browser.post(
                f"{bob}/ticket-type", data={"move-reason": "by video", "move-ticket_type": event.ticket_types[1].id}
            ),
        ]
        page = browser.get(f"{bob}?lang=en").text
        answers.append(browser.post(f"{bob}/removal", data={"removal-reason": "asked"}))

        assert [answer.status_code for answer in answers] == [303, 303, 303]
        assert page.index("by video") < page.index("promised")
        assert "Olga" in page
        assert states(event) == {"ada": "confirmed", "bob": "cancelled", "cyd": "confirmed"}

    def test_a_decision_without_a_reason_comes_back_with_its_form_open(self, event, people, browser):
        answer = browser.post(f"{self.page_of(people['ada'])}/removal?lang=en", data={"removal-reason": " "})

        assert answer.status_code == 422
        assert answer.text.count("<details open>") == 1
        assert "Please say why" in answer.text
        assert states(event)["ada"] == "confirmed"

    def test_a_promotion_without_a_seat_is_refused_beside_the_box(self, people, browser):
        answer = browser.post(f"{self.page_of(people['bob'])}/promotion?lang=en", data={"promotion-reason": "x"})

        assert answer.status_code == 422
        assert 'id="promotion-adds_seat-error"' in answer.text

    def test_a_code_of_another_event_is_not_there(self, make_event, people, browser):
        other = sign_up_as(make_event("other"), "eve")

        assert browser.get(f"/organizer/events/meetup/attendees/{other.code}").status_code == 404
        assert browser.get(f"/organizer/events/other/attendees/{people['ada'].code}").status_code == 404

    @pytest.mark.parametrize(("role", "sees", "decides"), [("attendee_manager", 200, 303), ("editor", 403, 403)])
    def test_only_who_manages_attendees_decides(self, app, people, role, sees, decides):
        browser = signed_in(app, f"{role}@example.com")
        with transaction() as session:
            from app.accounts.models import Organizer

            session.scalars(select(Organizer).where(Organizer.email == f"{role}@example.com")).one().role = role

        page = self.page_of(people["ada"])
        answers = [browser.get(page), browser.post(f"{page}/removal", data={"removal-reason": "x"})]

        assert [answer.status_code for answer in answers] == [sees, decides]

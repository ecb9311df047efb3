"""What organizers correct about an attendee, letters sent again, masked answers, and adding somebody by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import SignInSession
from app.attendees import editing
from app.attendees.editing import Correction
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import TicketType
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail import service as mail
from app.mail.models import Failure, Letter, LetterState
from app.registrations.mails import write
from app.registrations.models import (
    Answer,
    Purpose,
    Question,
    QuestionKind,
    Registration,
    RegistrationState,
    StoppedNews,
    StoppedReminders,
)
from app.registrations.rules import token_of
from app.registrations.service import cancel
from app.registrations.unsubscribing import stop_news, stop_reminders
from tests.support.factories import add_question, sign_up_as
from tests.support.organizers import signed_in

TEN_OCLOCK = datetime(2031, 3, 3, 10, 0, tzinfo=UTC)
LIST = "/organizer/events/meetup/attendees"
QUESTIONS = [
    {"key": "company", "is_required": True},
    {"key": "passport", "kind": QuestionKind.SHORT_TEXT, "is_masked": True, "label": Texts(en="Passport")},
]


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=2, questions=QUESTIONS)


@pytest.fixture
def browser(app):
    return signed_in(app)


def question_ids(db):
    return [db.scalars(select(Question.id).where(Question.key == each["key"])).one() for each in QUESTIONS]


def letters(db):
    db.expire_all()
    return [(row.kind, row.to_email, row.state.value) for row in db.scalars(select(Letter).order_by(Letter.id))]


def entry(db, action):
    return db.scalars(select(Entry).where(Entry.action == action)).one()


def test_correction_changes_name_address_and_answers_and_letters_follow(db, event, browser):
    company, passport = question_ids(db)
    ada = sign_up_as(event, "ada", answers={company: "Old", passport: "E12345678"})
    token = token_of(ada)

    answer = browser.post(
        f"{LIST}/{ada.code}/correction",
        data={"name": "王小明", "email": "Wang@example.com", "q_company": "QingCloud"},
    )

    db.expire_all()
    assert answer.status_code == 303
    assert (ada.name, ada.email, ada.email_key) == ("王小明", "Wang@example.com", "wang@example.com")
    assert ada.search_text == f"王小明 {ada.code.lower()} wang@example.com wangxiaoming wxm qingcloud"
    assert dict(db.execute(select(Answer.question_id, Answer.value)).all()) == {
        company: "QingCloud",
        passport: "E12345678",
    }
    assert letters(db) == [("confirmed", "Wang@example.com", "queued"), ("again", "Wang@example.com", "queued")]
    assert token_of(ada) == token
    changes = entry(db, "attendee.corrected").changes
    assert changes == {
        "name": ["ada", "王小明"],
        "email": ["ada@example.com", "Wang@example.com"],
        "answers": [None, 1],
    }


def test_earlier_link_is_ended_and_letters_without_an_address_are_stopped(db, event, browser):
    ada = sign_up_as(event, "ada")
    token = token_of(ada)

    browser.post(f"{LIST}/{ada.code}/correction", data={"name": "ada", "email": "", "revokes_link": "y"})
    own_page = browser.get(f"/r/{token}")

    db.expire_all()
    assert (ada.email, ada.email_key, own_page.status_code) == ("", f"none:{ada.code}", 404)
    assert letters(db) == [("confirmed", "ada@example.com", "stopped")]


def test_address_of_somebody_else_is_refused_with_a_way_to_them(db, event, browser):
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")

    answer = browser.post(f"{LIST}/{ada.code}/correction?lang=en", data={"name": "Changed", "email": "BOB@example.com"})

    db.expire_all()
    assert (answer.status_code, ada.name, ada.email) == (422, "ada", "ada@example.com")
    assert 'id="email-error"' in answer.text
    assert f'href="{LIST}/{bob.code}' in answer.text


def test_nothing_changed_is_nothing_written(db, event, browser):
    ada = sign_up_as(event, "ada")

    browser.post(f"{LIST}/{ada.code}/correction", data={"name": "ada", "email": "ada@example.com"})

    assert db.scalars(select(Entry).where(Entry.action == "attendee.corrected")).all() == []
    assert len(letters(db)) == 1


def test_link_is_sent_again_once_in_ten_minutes_to_whoever_is_registered(db, event, browser):
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
    cancel(bob, now=utc_now())

    answers = [browser.post(f"{LIST}/{who.code}/letter").status_code for who in (ada, ada, bob)]

    sent = [kind for kind, address, _state in letters(db) if (kind, address) == ("again", "ada@example.com")]
    assert answers == [303, 303, 409]
    assert 1 <= len(sent) <= 2  # the second press may fall into the next ten minutes


def test_masked_answer_is_shown_by_its_end_and_in_full_with_a_trace(db, event, browser):
    _company, passport = question_ids(db)
    ada = sign_up_as(event, "ada", answers={passport: "E12345678"})

    masked = browser.get(f"{LIST}/{ada.code}?lang=en").text
    shown = browser.post(f"{LIST}/{ada.code}/answers?lang=en").text

    assert ("E12345678" in masked, "••••5678" in masked) == (False, True)
    assert "<dd>E12345678</dd>" in shown
    assert entry(db, "attendee.answers_shown").registration_id == ada.id


def test_masked_answer_asks_for_a_proof_first_and_leaves_no_trace_without(db, event, browser):
    _company, passport = question_ids(db)
    ada = sign_up_as(event, "ada", answers={passport: "E12345678"})
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(minutes=31)))

    answer = browser.post(f"{LIST}/{ada.code}/answers?lang=en")

    assert (answer.status_code, "E12345678" in answer.text) == (403, False)
    assert db.scalars(select(Entry).where(Entry.action == "attendee.answers_shown")).all() == []


def test_organizers_give_and_take_back_no_consent_of_others(db, event, browser):
    acme = add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT)
    ada = sign_up_as(event, "ada", answers={acme.id: True})
    bob = sign_up_as(event, "bob")
    sent = {"q_acme": "y", "q_company": ""}

    form = browser.get(f"{LIST}/{ada.code}/correction?lang=en").text
    answers = [
        browser.post(f"{LIST}/{ada.code}/correction", data={"name": "Ada", "email": "ada@example.com"}),
        browser.post(f"{LIST}/{bob.code}/correction", data={"name": "Bob", "email": "bob@example.com"} | sent),
        browser.post(f"{LIST}/new", data=newcomer(event, adds_seat="y") | sent),
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert "q_acme" not in form
    given = db.execute(select(Answer.registration_id, Answer.value).where(Answer.question_id == acme.id)).all()
    assert given == [(ada.id, True)]


def newcomer(event, **values):
    kind = {"ticket_type": str(event.ticket_types[0].id), "kind": "walk_in"}
    return {"name": "Wal", "email": "", **kind} | values


def test_walk_in_without_an_address_has_a_seat_and_no_letters(db, event, browser):
    answer = browser.post(f"{LIST}/new?lang=en", data=newcomer(event))
    page = browser.get(answer.location).text

    wal = db.scalars(select(Registration)).one()
    assert (wal.state, wal.email, wal.email_key) == (RegistrationState.CONFIRMED, "", f"none:{wal.code}")
    assert (wal.source, wal.search_text) == ("by hand", f"wal {wal.code.lower()}")
    assert (letters(db), db.scalars(select(TicketType.seats_taken)).one()) == ([], 1)
    assert f'href="{LIST}/{wal.code}?lang=en">Wal</a>' in page
    assert "Walk-in" in browser.get(f"{LIST}?lang=en&tag=walk-in").text
    with transaction():
        apply_changes(event, {"title": Texts(en="Other")}, now=utc_now())  # a fan-out has nobody to write to


def test_guest_is_told_if_that_was_ticked_and_added_beyond_the_capacity_if_that_was(db, event, browser):
    for name in ("ada", "bob"):
        sign_up_as(event, name)
    guest = newcomer(event, name="Gus", email="gus@example.com", kind="guest", q_company="QingCloud", writes="y")

    full = browser.post(f"{LIST}/new?lang=en", data=guest)
    added = browser.post(f"{LIST}/new?lang=en", data=guest | {"adds_seat": "y"})

    kind = db.scalars(select(TicketType)).one()
    db.refresh(kind)
    assert (full.status_code, added.status_code) == (422, 303)
    assert 'id="adds_seat-error"' in full.text
    assert (kind.capacity, kind.seats_taken) == (3, 3)
    assert letters(db)[-1] == ("confirmed", "gus@example.com", "queued")
    assert db.scalars(select(Answer.value)).all() == ["QingCloud"]


def test_known_address_is_said_with_a_way_to_the_person(db, event, browser):
    ada = sign_up_as(event, "ada")

    answer = browser.post(f"{LIST}/new?lang=en", data=newcomer(event, email="ADA@example.com"))

    assert answer.status_code == 422
    assert f'href="{LIST}/{ada.code}?lang=en">ada</a>' in answer.text
    assert db.scalars(select(TicketType.seats_taken)).one() == 1
    assert len(db.scalars(select(Registration)).all()) == 1


def test_ticket_type_of_another_event_is_refused(db, event, make_event, browser):
    other = make_event("other")

    answer = browser.post(f"{LIST}/new", data=newcomer(event, ticket_type=str(other.ticket_types[0].id)))

    assert (answer.status_code, db.scalars(select(Registration)).all()) == (422, [])


def test_letter_that_was_sent_is_left_as_it_was(db, event, browser):
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        session.scalars(select(Letter)).one().state = LetterState.SENT

    browser.post(f"{LIST}/{ada.code}/correction", data={"name": "ada", "email": "new@example.com"})

    assert letters(db) == [("confirmed", "ada@example.com", "sent"), ("again", "new@example.com", "queued")]


def test_letter_that_failed_goes_to_the_corrected_address_when_it_is_sent_again(db, event, browser):
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        letter = session.scalars(select(Letter)).one()
        letter.state, letter.failure = LetterState.FAILED, Failure.REFUSED

    browser.post(f"{LIST}/{ada.code}/correction", data={"name": "ada", "email": "new@example.com"})
    mail.send_again(letter.id, now=utc_now())

    assert letters(db)[0] == ("confirmed", "new@example.com", "queued")


def test_letter_in_a_worker_s_hands_is_not_written_to_the_former_address(db, event, browser):
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        session.scalars(select(Letter)).one().state = LetterState.SENDING

    written = write(db.scalars(select(Letter)).one())
    browser.post(f"{LIST}/{ada.code}/correction", data={"name": "ada", "email": "new@example.com"})
    db.expire_all()
    late = write(db.scalars(select(Letter).where(Letter.kind == "confirmed")).one())

    assert (written is None, late) == (False, None)


def test_corrections_of_ten_minutes_send_one_letter_however_many_addresses_they_name(db, event):
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        session.scalars(select(Letter)).one().state = LetterState.SENT

    for number in range(3):
        wish = Correction("ada", normalise(f"a{number}@example.com"), {}, frozenset())
        editing.correct(ada.id, wish, by=THE_SITE, now=TEN_OCLOCK + timedelta(minutes=number))
        with transaction() as session:
            session.execute(update(Letter).values(state=LetterState.SENT))

    assert letters(db) == [("confirmed", "ada@example.com", "sent"), ("again", "a0@example.com", "sent")]


@pytest.mark.parametrize(("revokes_link", "wants_none"), [(False, True), (True, False)])
def test_what_somebody_wants_no_more_of_is_kept_with_their_address(db, event, browser, revokes_link, wants_none):
    ada = sign_up_as(event, "ada")
    stop_news(ada.email_key, now=utc_now())
    stop_reminders(ada.email_key, now=utc_now())

    sent = {"name": "ada", "email": "new@example.com"} | ({"revokes_link": "y"} if revokes_link else {})
    browser.post(f"{LIST}/{ada.code}/correction", data=sent)

    stopped = [set(db.scalars(select(table.email_key))) for table in (StoppedNews, StoppedReminders)]
    keys = {"ada@example.com"} | ({"new@example.com"} if wants_none else set())
    assert stopped == [keys, keys]


@pytest.mark.parametrize("path", ["new", "correction"])
def test_name_with_a_web_address_is_refused(db, event, browser, path):
    ada = sign_up_as(event, "ada")
    address = f"{LIST}/new" if path == "new" else f"{LIST}/{ada.code}/correction"

    answer = browser.post(f"{address}?lang=en", data=newcomer(event, name="Win at https://evil.example"))

    assert (answer.status_code, 'id="name-error"' in answer.text) == (422, True)


class TestLimits:
    @pytest.fixture
    def settings(self):
        return {"SIGN_UP_RATE": "2 per minute"}

    def test_letters_to_addresses_that_somebody_types_are_limited_and_a_queue_at_the_door_is_not(self, event, browser):
        ada = sign_up_as(event, "ada")
        written = [newcomer(event, email=f"p{number}@example.com", writes="y", adds_seat="y") for number in range(3)]
        corrected = [{"name": "ada", "email": f"a{number}@example.com"} for number in range(3)]

        door = [browser.post(f"{LIST}/new", data=newcomer(event, adds_seat="y")).status_code for _ in range(4)]
        told = [browser.post(f"{LIST}/new", data=each).status_code for each in written]
        edits = [browser.post(f"{LIST}/{ada.code}/correction", data=each).status_code for each in corrected]

        assert (door, told, edits) == ([303] * 4, [303, 303, 429], [303, 303, 429])

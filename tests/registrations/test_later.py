"""What is asked of those who have a place: not on the form, on their own page, masked, and told in the letter."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.attendees.wanted import Wanted, matching
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import speaking
from app.events.duplicate import Copies, duplicate
from app.events.models import Event
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.mail.kinds import writer_of
from app.mail.models import Letter
from app.registrations import later
from app.registrations.models import Answer, Purpose, QuestionKind, Registration
from app.registrations.queries import all_questions_of
from app.registrations.rules import token_of
from tests.registrations.pages import fields_on, with_changes
from tests.registrations.samples import ENGLISH
from tests.registrations.test_purposes import ID_CARD
from tests.support.factories import LONG_AGO, add_question, sign_up_as
from tests.support.organizers import signed_in


@pytest.fixture
def event(make_event):
    event = make_event("meetup", capacity=1)
    add_question(event, "company", purpose=Purpose.COMPANY)
    add_question(
        event, "id", purpose=Purpose.ID_NUMBER, is_after_acceptance=True, is_masked=True, is_required=True, keep_days=7
    )
    add_question(event, "phone", kind=QuestionKind.PHONE, purpose=Purpose.PHONE, is_after_acceptance=True)
    return event


def answers_of(db, registration):
    db.expire_all()
    found = db.scalars(select(Answer).where(Answer.registration_id == registration.id))
    return {answer.question.key: answer.value for answer in found}


def own(registration, path=""):
    return f"/r/{token_of(registration)}{path}"


def send(client, registration, **fields):
    data = {f"q_{key}": value for key, value in fields.items()}
    return client.post(own(registration, "/later-answers"), data=data, headers=ENGLISH)


def test_the_sign_up_form_does_not_ask_what_comes_later(client, event):
    page = client.get("/events/meetup", headers=ENGLISH).text

    assert ('name="q_company"' in page, 'name="q_id"' in page, 'name="q_phone"' in page) == (True, False, False)


def test_only_who_has_a_place_is_asked(client, event):
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")

    pages = [client.get(own(each), headers=ENGLISH).text for each in (ada, bob)]

    assert ["The venue needs to know" in page for page in pages] == [True, False]
    assert send(client, bob, id=[ID_CARD, "mainland"]).status_code == 303


def test_answers_are_kept_and_shown_by_their_last_characters_alone(app, client, db, event):
    ada = sign_up_as(event, "ada", answers={})

    response = send(client, ada, id=[ID_CARD.lower(), "mainland"], phone="138 0013 8000")

    assert response.status_code == 303
    assert answers_of(db, ada) == {"id": ID_CARD, "phone": "+8613800138000"}
    mine = client.get(own(ada), headers=ENGLISH).text
    theirs = signed_in(app).get(f"/organizer/events/meetup/attendees/{ada.code}", headers=ENGLISH).text
    assert ("••••002X" in mine, ID_CARD in mine) == (True, False)
    assert ("••••002X" in theirs, ID_CARD in theirs) == (True, False)


def test_a_masked_answer_left_empty_is_kept_and_another_one_replaces_it(client, db, event):
    ada = sign_up_as(event, "ada")
    send(client, ada, id=[ID_CARD, "mainland"], phone="13800138000")

    send(client, ada, id=["", "mainland"], phone="")
    kept = answers_of(db, ada)
    send(client, ada, id=["E12345678", "other"])

    assert (kept, answers_of(db, ada)) == ({"id": ID_CARD}, {"id": "E12345678"})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["110105194912310021", "mainland"], "compare it digit by digit"),
        (["E12345678", "mainland"], "18 characters"),
        (["", "mainland"], "Please fill this in."),
    ],
)
def test_a_wrong_number_is_refused_beside_its_field_with_what_was_typed(client, db, event, typed, said):
    ada = sign_up_as(event, "ada")

    response = send(client, ada, id=typed)

    assert (response.status_code, said in response.text) == (422, True)
    assert f'value="{typed[0]}"' in response.text
    assert answers_of(db, ada) == {}


def test_correcting_the_sign_up_leaves_what_was_answered_later(client, db, event):
    ada = sign_up_as(event, "ada")
    send(client, ada, id=[ID_CARD, "mainland"])

    client.post(own(ada, "/answers"), data={"name": "Ada L", "q_company": "Acme"})

    assert answers_of(db, ada) == {"id": ID_CARD, "company": "Acme"}


def test_who_has_yet_to_answer_is_counted_and_found(client, db, event):
    ada = sign_up_as(event, "ada")
    sign_up_as(event, "bob")  # waits: asked nothing
    before = later.number_lacking(event.id)
    listed = db.scalars(select(Registration.id).where(*matching(event, Wanted(lacks_answers=True)))).all()

    send(client, ada, id=[ID_CARD, "mainland"])

    assert (before, list(listed), later.number_lacking(event.id)) == (1, [ada.id], 0)


def test_where_nothing_must_be_answered_any_answer_will_do(client, db, make_event):
    event = make_event("relaxed")
    add_question(event, "badge", is_after_acceptance=True)
    ada = sign_up_as(event, "ada")
    before = later.number_lacking(event.id)

    send(client, ada, badge="Ada")

    assert (before, later.number_lacking(event.id)) == (1, 0)


def test_nobody_lacks_anything_where_nothing_is_asked(make_event):
    event = make_event("silent")
    sign_up_as(event, "ada")

    assert later.number_lacking(event.id) == 0


def test_the_confirmation_says_that_the_venue_asks_and_links_to_it(db, event, make_event):
    silent = make_event("silent")
    bodies = []
    for each in (event, silent):
        ada = sign_up_as(each, "ada", language="en")
        letter = db.scalars(select(Letter).where(Letter.key == f"confirmed:{ada.id}")).one()
        with speaking("en"):
            bodies.append(writer_of("confirmed")(letter))

    assert "#later" in bodies[0].text
    assert "#later" in bodies[0].html
    assert ("#later" in bodies[1].text, "#later" in bodies[1].html) == (False, False)


def test_nothing_is_asked_any_more_when_the_event_is_over(client, db, event):
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        session.execute(update(Event).values(starts_at=LONG_AGO, ends_at=utc_now() - timedelta(hours=1)))

    response = send(client, ada, id=[ID_CARD, "mainland"])

    assert (response.status_code, answers_of(db, ada)) == (303, {})


def test_consent_can_be_taken_back_when_the_form_is_closed(client, db, make_event):
    event = make_event("sponsored")
    acme = add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT)
    other = add_question(event, "umbrella", purpose=Purpose.SPONSOR_CONSENT)
    ada = sign_up_as(event, "ada", answers={acme.id: True, other.id: True})
    with transaction():
        apply_changes(event, {"sign_up_closes_at": utc_now() - timedelta(minutes=1)}, now=utc_now())
    page = client.get(own(ada), headers=ENGLISH).text

    client.post(own(ada, "/consents"), data={"consent": [str(other.id)]})

    assert "Sponsors who may have your name" in page
    assert answers_of(db, ada) == {"umbrella": True}


def test_who_ticks_a_consent_reads_who_gets_what(client, make_event):
    event = make_event("sponsored")
    add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT)

    page = client.get("/events/sponsored", headers=ENGLISH).text

    assert "Acme gets your name, company, job title and e-mail address." in page


def test_a_copy_of_an_event_asks_the_same_for_the_same_purpose(event):
    made = duplicate(event.id, Copies(days=[date(2031, 5, 1)]), key="k", by=THE_SITE, now=utc_now())

    told = [
        {(q.key, q.purpose, q.is_after_acceptance, q.is_masked, q.keep_days) for q in all_questions_of(each.id)}
        for each in (event, *made)
    ]
    assert len(told[0]) == 3
    assert told[0] == told[1]


def test_organizers_give_a_question_its_purpose(app, db, event):
    ada = signed_in(app)
    data = {"label-en": "Acme may write", "kind": "checkbox", "purpose": "sponsor_consent", "sponsor": "Acme"}

    added = ada.post("/organizer/events/meetup/sign-up/questions", data=data)
    nameless = ada.post("/organizer/events/meetup/sign-up/questions", data=data | {"sponsor": ""}, headers=ENGLISH)

    assert (added.status_code, nameless.status_code) == (303, 422)
    assert "Say which sponsor" in nameless.text


def test_a_consent_that_was_given_cannot_become_one_for_another_sponsor(app, db, make_event):
    event = make_event("sponsored")
    acme = add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT)
    sign_up_as(event, "ada", answers={acme.id: True})
    browser, path = signed_in(app), f"/organizer/events/sponsored/sign-up/questions/{acme.id}"
    fields = fields_on(browser.get(path), path)

    response = browser.post(path, data=with_changes(fields, {"sponsor": "Umbrella"}), headers=ENGLISH)

    db.expire_all()
    assert (response.status_code, acme.sponsor) == (422, "Acme")
    assert "People have ticked it for what it was" in response.text


def test_who_says_later_whom_they_work_for_is_found_by_it_until_they_take_it_back(client, db, make_event):
    event = make_event("meetup")
    add_question(event, "employer", purpose=Purpose.COMPANY, is_after_acceptance=True)
    ada = sign_up_as(event, "ada")

    def found():
        db.expire_all()
        statement = select(Registration.name).where(*matching(event, Wanted(search="qingcloud")))
        return db.scalars(statement).all()

    send(client, ada, employer="QingCloud")
    said = found()
    send(client, ada, employer="")

    assert (said, found()) == (["ada"], [])

"""Whom a sponsor may have, and what the kitchen is told."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import Role, SignInSession
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts, speaking
from app.events.models import EventRole
from app.exports import kitchen, sponsors
from app.history.models import Entry
from app.history.service import THE_SITE
from app.registrations import erasing, service
from app.registrations.models import Purpose, QuestionKind, Registration
from app.registrations.queries import all_questions_of
from tests.exports.test_files import FORMULA
from tests.registrations.samples import ENGLISH
from tests.support.factories import add_question, sign_up_as
from tests.support.organizers import signed_in
from tests.support.world import organizer_named

BASE = "/organizer/events/meetup/exports"
MEALS = [
    {"value": "vegan", "label": {"zh": "纯素", "en": "Vegan"}},
    {"value": "halal", "label": {"zh": "清真", "en": "Halal"}},
]


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=4)


@pytest.fixture
def asked(event):
    return {
        "company": add_question(event, "company", purpose=Purpose.COMPANY),
        "job": add_question(event, "job", purpose=Purpose.JOB_TITLE),
        "acme": add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT),
        "umbrella": add_question(event, "umbrella", purpose=Purpose.SPONSOR_CONSENT),
        "other": add_question(event, "other", kind=QuestionKind.CHECKBOX),
    }


def sign_up(event, asked, name, **given):
    return sign_up_as(event, name, answers={asked[key].id: value for key, value in given.items()})


def list_of(app, question, headers=ENGLISH):
    response = signed_in(app).get(f"{BASE}/sponsors/{question.id}.csv", headers=headers)
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def test_a_sponsor_gets_those_who_ticked_its_own_box_and_have_a_place(app, event, asked):
    sign_up(event, asked, "ada", acme=True, company=FORMULA, job="CTO")
    sign_up(event, asked, "bob", umbrella=True, other=True)
    sign_up(event, asked, "cyd", acme=False)
    sign_up(event, asked, "dan", acme=True, umbrella=True)
    sign_up(event, asked, "waits", acme=True)

    assert list_of(app, asked["acme"]) == [
        ["Name", "Company", "Job title", "E-mail"],
        ["ada", f"'{FORMULA}", "CTO", "ada@example.com"],
        ["dan", "", "", "dan@example.com"],
    ]
    assert [row[0] for row in list_of(app, asked["umbrella"])[1:]] == ["bob", "dan"]
    told = {each.question.sponsor: each.people for each in sponsors.consents(event.id, all_questions_of(event.id))}
    assert told == {"Acme": 2, "Umbrella": 2}


def test_who_takes_consent_back_leaves_or_is_erased_is_gone_from_the_next_download(app, event, asked):
    ada, bob, cyd, _dan = [sign_up(event, asked, name, acme=True) for name in ("ada", "bob", "cyd", "dan")]
    before = len(list_of(app, asked["acme"]))

    service.change_answers(ada, name="ada", answers={}, now=utc_now())
    service.cancel(bob, now=utc_now())
    erasing.erase_person(cyd.email_key, by=THE_SITE, now=utc_now())

    assert (before, [row[0] for row in list_of(app, asked["acme"])[1:]]) == (5, ["dan"])


def test_a_box_that_is_no_consent_gives_no_list(app, event, asked):
    answers = [signed_in(app).get(f"{BASE}/sponsors/{asked[key].id}.csv") for key in ("other", "company")]

    assert [each.status_code for each in answers] == [404, 404]


def test_who_takes_a_sponsor_list_is_written_down(app, db, event, asked):
    sign_up(event, asked, "ada", acme=True)
    list_of(app, asked["acme"])

    entry = db.scalars(select(Entry).where(Entry.action == "sponsor_list.downloaded")).one()
    assert (entry.subject, entry.changes) == (
        "Acme",
        {"format": [None, "csv"], "rows": [None, 1], "columns": [None, ["name", "company", "job_title", "email"]]},
    )


def count(event, *, sees_people=True, names=False, language="en"):
    return kitchen.counts(
        event.id, all_questions_of(event.id), sees_people=sees_people, with_names=names, language=language
    )


def test_a_kitchen_without_a_question_leads_to_one(app, make_event):
    make_event("meetup")

    assert f'href="{BASE.removesuffix("/exports")}/sign-up/questions/new' in signed_in(app).get(f"{BASE}/kitchen").text


def test_the_kitchen_is_told_how_many_of_those_who_come_eat_what(event):
    meal = add_question(event, "meal", kind=QuestionKind.ONE_CHOICE, purpose=Purpose.DIET, options=MEALS)
    for name, answer in (("ada", "vegan"), ("bob", "vegan"), ("cyd", "gone"), ("dan", None), ("waits", "halal")):
        sign_up_as(event, name, answers={meal.id: answer} if answer else {})

    (told,) = count(event, names=True)

    assert [(dish.label, dish.people, list(dish.names)) for dish in told.dishes] == [
        ("Vegan", 2, ["ada", "bob"]),
        ("Halal", 0, []),
        ("gone", 1, ["cyd"]),
    ]
    assert (told.unanswered, kitchen.people(event.id)) == (1, 4)


def test_many_questions_about_food_cost_no_more_statements_than_one(event, count_statements):
    seen = []
    for number in (1, 2, 3):
        add_question(event, f"meal-{number}", purpose=Purpose.DIET)
        with count_statements() as statements:
            count(event, names=True)
        seen.append(len(statements))

    assert seen[0] == seen[2]


def test_several_answers_count_each(event):
    meal = add_question(event, "meal", kind=QuestionKind.SEVERAL_CHOICES, purpose=Purpose.DIET, options=MEALS)
    sign_up_as(event, "ada", answers={meal.id: ["vegan", "halal"]})
    sign_up_as(event, "bob", answers={meal.id: ["halal"]})

    (told,) = count(event)

    assert ([(dish.label, dish.people) for dish in told.dishes], told.unanswered) == ([("Vegan", 1), ("Halal", 2)], 0)


def test_names_and_own_words_are_for_those_who_may_see_the_attendees(app, event):
    add_question(event, "diet", purpose=Purpose.DIET, label=Texts(en="Allergies"))
    (diet,) = all_questions_of(event.id)
    sign_up_as(event, "wang", answers={diet.id: "peanuts"})
    signed_in(app, "owner@example.com", name="Owner")
    viewer = signed_in(app, "viewer@example.com", name="Vi")
    with transaction() as session:
        vi = organizer_named("viewer@example.com")
        vi.role = None
        session.add(EventRole(event_id=event.id, organizer_id=vi.id, role=Role.VIEWER, created_at=utc_now()))

    pages = [browser.get(f"{BASE}/kitchen?names=yes", headers=ENGLISH).text for browser in (viewer, signed_in(app))]

    assert [("peanuts" in page, "wang" in page, "Allergies" in page) for page in pages] == [
        (False, False, True),
        (True, True, True),
    ]
    assert "1 person answered in their own words." in pages[0]


def test_who_came_is_on_the_sponsor_list_too(app, event, asked):
    sign_up(event, asked, "ada", acme=True)
    with transaction() as session:
        session.execute(update(Registration).values(checked_in_at=utc_now()))

    assert [row[0] for row in list_of(app, asked["acme"])[1:]] == ["ada"]


def test_masked_answers_about_food_are_counted_and_not_shown(app, event):
    diet = add_question(event, "diet", purpose=Purpose.DIET, is_masked=True, label=Texts(en="Allergies"))
    sign_up_as(event, "wang", answers={diet.id: "peanuts and nuts"})

    page = signed_in(app).get(f"{BASE}/kitchen?names=yes", headers=ENGLISH).text

    assert ("nuts" in page, "wang" in page) == (False, False)
    assert "1 person has answered. The answers are masked" in page


@pytest.fixture
def large(make_event):
    return make_event("large", capacity=20)


def test_who_may_not_see_the_attendees_is_not_told_what_few_chose(large):
    meal = add_question(large, "meal", kind=QuestionKind.ONE_CHOICE, purpose=Purpose.DIET, options=MEALS)
    seen = []
    for name, answer in [(f"p{number}", "vegan") for number in range(4)] + [("last", "halal")]:
        sign_up_as(large, name, answers={meal.id: answer})
        with speaking("en"):
            (told,) = count(large, sees_people=False)
        seen.append((told.hidden, told.answered, [(dish.label, dish.people) for dish in told.dishes]))

    assert seen == [
        *[(kitchen.Hidden.FEW, number, []) for number in (1, 2, 3, 4)],
        (None, 5, [("Vegan", 4), ("Others (fewer than 3 each)", 1)]),
    ]


def looked_at(db):
    return [entry.changes for entry in db.scalars(select(Entry).where(Entry.action == "kitchen.names_shown"))]


def test_names_are_shown_to_whoever_proved_who_they_are_and_it_is_written_down(app, db, event):
    meal = add_question(event, "meal", kind=QuestionKind.ONE_CHOICE, purpose=Purpose.DIET, options=MEALS)
    sign_up_as(event, "ada", answers={meal.id: "vegan"})
    browser, address = signed_in(app), f"{BASE}/kitchen?names=yes"

    browser.get(f"{BASE}/kitchen")
    without = looked_at(db)
    browser.get(address)
    with_names = looked_at(db)
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(minutes=31)))
    later = browser.get(address)

    assert (without, with_names) == ([], [{"rows": [None, 1]}])
    assert (later.status_code, later.location) == (303, f"/organizer/proof?next={BASE}/kitchen?names%3Dyes")
    assert len(looked_at(db)) == 1


def test_of_very_many_different_answers_the_most_frequent_are_shown(event, monkeypatch):
    monkeypatch.setattr(kitchen, "GROUPS_MAX", 1)  # the limit is ours to choose
    diet = add_question(event, "diet", purpose=Purpose.DIET)
    for name, answer in (("ada", "b"), ("bob", "a"), ("cyd", "a")):
        sign_up_as(event, name, answers={diet.id: answer})

    (told,) = count(event)

    assert ([(dish.label, dish.people) for dish in told.dishes], told.answered, told.unanswered) == ([("a", 2)], 3, 0)

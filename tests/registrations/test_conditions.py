"""Questions that count only after a certain answer: shown with a line that says so, required and kept only then."""

import pytest
from sqlalchemy import select

from app.core.i18n import Texts
from app.registrations.models import Question, QuestionKind
from app.registrations.rules import asked
from tests.registrations.samples import ADA, ENGLISH, answers
from tests.registrations.test_views import own_path
from tests.support.factories import sign_up_as, states

YES_NO = [{"value": "yes", "label": {"zh": "是", "en": "Yes"}}, {"value": "no", "label": {"zh": "否", "en": "No"}}]


def asking(*, required=True):
    """Lunch? If yes: what diet. If vegan: allergies in words."""
    diets = [{"value": each, "label": {"en": each.title()}} for each in ("vegan", "other")]
    return [
        {"key": "lunch", "kind": QuestionKind.ONE_CHOICE, "options": YES_NO, "label": Texts(en="Lunch?")},
        {
            "key": "diet",
            "kind": QuestionKind.SEVERAL_CHOICES,
            "options": diets,
            "is_required": required,
            "label": Texts(en="Diet"),
            "condition": {"question": "lunch", "value": "yes"},
        },
        {
            "key": "number",
            "kind": QuestionKind.NUMBER,
            "is_required": required,
            "label": Texts(en="How many"),
            "condition": {"question": "diet", "value": "vegan"},
        },
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"lunch"}),
        ({"lunch": "no", "diet": ["vegan"]}, {"lunch"}),
        ({"lunch": "yes"}, {"lunch", "diet"}),
        ({"lunch": "yes", "diet": ["other"]}, {"lunch", "diet"}),
        ({"lunch": "yes", "diet": ["other", "vegan"]}, {"lunch", "diet", "number"}),
    ],
)
def test_questions_that_count_follow_from_the_answers(given, expected):
    questions = [Question(id=number, **values) for number, values in enumerate(asking())]
    ids = {question.key: question.id for question in questions}

    counting = asked(questions, {ids[key]: value for key, value in given.items()})

    assert {question.key for question in questions if question.id in counting} == expected


def test_question_whose_condition_is_gone_counts_for_everybody():
    diet = Question(id=1, **asking()[1])

    assert asked([diet], {}) == {1}


def test_what_does_not_count_is_not_required_not_checked_and_not_kept(db, make_event, send_form):
    event = make_event(questions=asking())

    answer = send_form(event, **ADA, q_lunch="no", q_diet=["vegan", "no-such"], q_number="many")

    assert answer.status_code == 303
    assert answers(db) == {"lunch": "no"}


def test_what_counts_is_required_and_kept(db, make_event, send_form):
    event = make_event(questions=asking())

    missing = send_form(event, **ADA, q_lunch="yes", headers=ENGLISH)
    wrong = send_form(event, **ADA, q_lunch="yes", q_diet="vegan", q_number="many", headers=ENGLISH)
    sent = send_form(event, **ADA, q_lunch="yes", q_diet="vegan", q_number="2", headers=ENGLISH)

    assert [each.status_code for each in (missing, wrong, sent)] == [422, 422, 303]
    assert "Please choose at least one." in missing.text
    assert "Please give a number" not in missing.text
    assert "Please give a number" in wrong.text
    assert answers(db) == {"lunch": "yes", "diet": ["vegan"], "number": 2}
    assert states(event) == {"ada": "confirmed"}


def test_tick_is_a_condition_too(db, make_event, send_form):
    tick = {"key": "talk", "kind": QuestionKind.CHECKBOX, "label": Texts(en="I give a talk")}
    title = {"key": "title", "label": Texts(en="Title"), "is_required": True}
    event = make_event(questions=[tick, title | {"condition": {"question": "talk", "value": True}}])

    without, missing = send_form(event, **ADA), send_form(event, name="B", email="b@example.com", q_talk="y")

    assert (without.status_code, missing.status_code) == (303, 422)
    assert states(event) == {"ada": "confirmed"}


def test_page_says_when_a_question_counts(make_event, client):
    plain, conditional = make_event(questions=asking()[:1]), make_event(questions=asking())

    pages = [client.get(f"/events/{event.slug}", headers=ENGLISH).text for event in (plain, conditional)]

    assert "Only if you answered “Lunch?” with “Yes”." in pages[1]
    assert 'data-shown-when="q_lunch" data-value="yes"' in pages[1]
    assert ["conditions.js" in page for page in pages] == [False, True]


def test_correction_keeps_only_what_counts_and_what_is_asked_no_longer(db, make_event, client):
    event = make_event(questions=[*asking(required=False), {"key": "old", "label": Texts(en="Old")}])
    ids = {question.key: question.id for question in db.scalars(select(Question))}
    given = {ids["lunch"]: "yes", ids["diet"]: ["vegan"], ids["number"]: 2, ids["old"]: "kept"}
    ada = sign_up_as(event, "ada", answers=given)
    db.get(Question, ids["old"]).is_retired = True
    db.commit()
    path = own_path(ada)

    shown = client.get(path).text
    sent = client.post(f"{path}/answers", data={"name": "ada", "q_lunch": "no", "q_diet": "vegan", "q_number": "2"})

    assert "q_old" not in shown
    assert sent.status_code == 303
    assert answers(db) == {"lunch": "no", "old": "kept"}

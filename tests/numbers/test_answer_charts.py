"""What people answered, as those see it who may see attendees, and those who may not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.core.i18n import Texts, speaking
from app.numbers import answer_charts
from app.registrations.models import Purpose, Question, QuestionKind
from tests.numbers.people import add

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
OPTIONS = [{"value": "a", "label": {"en": "Apples"}}, {"value": "b", "label": {"en": "Bread"}}]
ASKED = (
    ("note", QuestionKind.LONG_TEXT, None),
    ("choice", QuestionKind.ONE_CHOICE, None),
    ("several", QuestionKind.SEVERAL_CHOICES, None),
    ("tick", QuestionKind.CHECKBOX, Purpose.SPONSOR_CONSENT),
    ("firm", QuestionKind.SHORT_TEXT, Purpose.COMPANY),
    ("job", QuestionKind.SHORT_TEXT, Purpose.JOB_TITLE),
    ("id", QuestionKind.SHORT_TEXT, Purpose.ID_NUMBER),
)


@pytest.fixture
def event(make_event):
    questions = [
        {"key": key, "kind": kind, "purpose": purpose, "label": Texts(en=key.title()), "options": OPTIONS}
        for key, kind, purpose in ASKED
    ]
    return make_event(questions=questions)


@pytest.fixture
def ids(event, db):
    return {row.key: row.id for row in db.scalars(select(Question).where(Question.event_id == event.id))}


def shown(event, still_there, *, sees_people=True):
    with speaking("en"):
        found = answer_charts.of_event(event.id, still_there, sees_people=sees_people)
    return {chart.title: list(chart.table.rows) for chart in found.charts}, dict(found.only_counted)


def test_answers_are_counted_of_those_who_have_not_left(event, ids):
    add(event, at=NOW, people=3, answers={ids["choice"]: "a", ids["several"]: ["a", "b"], ids["tick"]: True})
    add(event, at=NOW, state="waiting", answers={ids["choice"]: "b", ids["several"]: ["b"], ids["tick"]: False})
    add(event, at=NOW, state="cancelled", people=5, answers={ids["choice"]: "b", ids["several"]: ["b"]})
    add(event, at=NOW, people=3, answers={ids["firm"]: "KubeSphere", ids["note"]: "Mine", ids["job"]: "Boss"})
    add(event, at=NOW, answers={ids["firm"]: " kubesphere", ids["id"]: "110101"})
    add(event, at=NOW, answers={ids["firm"]: "=1+1"})
    add(event, at=NOW, state="declined", answers={ids["firm"]: "Gone", ids["note"]: "Gone"})

    charts, only_counted = shown(event, 9)

    assert charts == {
        "Firm": [["KubeSphere", 4, 80], ["=1+1", 1, 20]],
        "Choice": [["Apples", 3, 75], ["Bread", 1, 25]],
        "Several": [["Apples", 3, 75], ["Bread", 4, 100]],
        "Tick": [["Yes", 3, 75], ["No", 1, 25]],
    }
    assert next(iter(charts)) == "Firm"
    assert only_counted == {"Note": 3, "Job": 3, "Id": 1}


def test_who_may_not_see_people_sees_no_answer_of_a_few(event, ids):
    for firm, people in (("Large", 3), ("Small", 2), ("One", 1)):
        add(event, at=NOW, people=people, answers={ids["firm"]: firm})
    add(event, at=NOW, people=4, answers={ids["choice"]: "a"})

    charts, only_counted = shown(event, 10, sees_people=False)

    assert charts == {"Firm": [["Large", 3, 50], ["Others (fewer than 3 each)", 3, 50]]}
    assert only_counted == {"Note": 0, "Choice": 4, "Several": 0, "Tick": 0, "Job": 0, "Id": 0}


def test_masked_question_and_one_of_before_it_had_a_purpose(make_event, db):
    event = make_event(
        questions=[
            {"key": "company", "label": Texts(en="Company")},
            {"key": "food", "kind": QuestionKind.ONE_CHOICE, "options": OPTIONS, "is_masked": True},
        ]
    )
    first, second = db.scalars(select(Question.id).order_by(Question.position)).all()
    add(event, at=NOW, answers={first: "ACME", second: "a"})

    assert shown(event, 1) == ({"Company": [["ACME", 1, 100]]}, {"Question 1": 1})

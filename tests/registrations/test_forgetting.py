"""Answers that are kept for a time only: gone when it is over, however often the duty runs."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.db import transaction
from app.events.service import apply_changes
from app.history.models import Entry
from app.registrations import forgetting
from app.registrations.forgetting import forget_answers
from app.registrations.models import Answer, Question
from tests.support.factories import sign_up_as

KEPT = [{"key": "diet", "keep_days": 30}, {"key": "shoe", "keep_days": 7}, {"key": "company"}]


@pytest.fixture
def event(db, make_event):
    event = make_event(questions=KEPT)
    ids = [question.id for question in db.scalars(select(Question).order_by(Question.position))]
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name, answers=dict.fromkeys(ids, f"of {name}"))
    return event


def run(now):
    """Run the duty until it has nothing to do."""
    rounds = 0
    while forget_answers(now):
        rounds += 1
    return rounds


def left(db):
    db.expire_all()
    counted = select(Question.key, func.count(Answer.registration_id)).outerjoin(Answer).group_by(Question.key)
    return dict(db.execute(counted).all())


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, {"diet": 3, "shoe": 3, "company": 3}),
        (6.99, {"diet": 3, "shoe": 3, "company": 3}),
        (7, {"diet": 3, "shoe": 0, "company": 3}),
        (30, {"diet": 0, "shoe": 0, "company": 3}),
        (4000, {"diet": 0, "shoe": 0, "company": 3}),
    ],
)
def test_answers_go_so_many_days_after_the_end(db, event, days, expected):
    run(event.ends_at + timedelta(days=days))

    assert left(db) == expected


def test_history_says_how_many_and_nothing_of_whom(db, event):
    run(event.ends_at + timedelta(days=7))

    rows = db.scalars(select(Entry).where(Entry.action == "answers.forgotten")).all()
    assert [(row.event_id, row.registration_id, row.organizer_id, row.changes) for row in rows] == [
        (event.id, None, None, {"answers": [3, 0]})
    ]
    assert "ada" not in repr(rows[0].changes) + rows[0].subject


def test_running_again_does_nothing(db, event):
    now = event.ends_at + timedelta(days=7)
    run(now)
    entries = db.scalar(select(func.count(Entry.id)))

    assert forget_answers(now) == 0
    assert db.scalar(select(func.count(Entry.id))) == entries


def test_long_lists_go_in_steps(db, event, monkeypatch):
    monkeypatch.setattr(forgetting, "STEP", 2)

    rounds = run(event.ends_at + timedelta(days=7))

    assert rounds == 2
    assert left(db) == {"diet": 3, "shoe": 0, "company": 3}
    told = db.scalars(select(Entry.changes).where(Entry.action == "answers.forgotten").order_by(Entry.id)).all()
    assert told == [{"answers": [2, 0]}, {"answers": [1, 0]}]


def test_event_that_is_held_later_after_all_is_looked_at_again(db, event):
    end, later = event.ends_at, timedelta(days=100)
    run(end + timedelta(days=7))
    with transaction():
        apply_changes(event, {"starts_at": event.starts_at + later, "ends_at": end + later}, now=end)
    shoe = db.scalar(select(Question).where(Question.key == "shoe"))
    sign_up_as(event, "dan", answers={shoe.id: "43"})

    run(end + timedelta(days=50))
    before = left(db)
    run(end + later + timedelta(days=7))

    assert (before["shoe"], left(db)["shoe"]) == (1, 0)

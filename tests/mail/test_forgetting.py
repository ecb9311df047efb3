"""Whom letters went to is forgotten after half a year; what became of them is not."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.core.db import transaction
from app.core.errors import ConflictError
from app.mail import forgetting
from app.mail.forgetting import KEPT, forget_recipients
from app.mail.models import Failure, Letter, LetterState
from app.mail.service import send_again


def settle(letter, state, failure=None):
    with transaction() as session:
        session.execute(update(Letter).where(Letter.id == letter.id).values(state=state, failure=failure))


def recipients(db):
    db.expire_all()
    rows = db.execute(select(Letter.to_email, Letter.to_name, Letter.to_key).order_by(Letter.id))
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("state", ["sent", "failed", "stopped"])
def test_letter_at_rest_loses_its_recipient_on_the_day_and_keeps_what_became_of_it(db, queue, now, state):
    failure = Failure.FULL if state == "failed" else None
    settle(queue("ada"), LetterState(state), failure)

    early = forget_recipients(now + KEPT - timedelta(seconds=1))
    before = recipients(db)
    done = [forget_recipients(now + KEPT) for _time in range(2)]

    assert (early, before, done) == (0, [("ada@example.com", "ada", "ada@example.com")], [1, 0])
    assert recipients(db) == [("", "", "")]
    assert db.execute(select(Letter.state, Letter.failure)).one() == (state, failure)


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_letter_that_is_still_to_go_keeps_its_recipient_however_old(db, queue, now, state):
    settle(queue("ada"), LetterState(state))

    assert forget_recipients(now + 2 * KEPT) == 0
    assert recipients(db) == [("ada@example.com", "ada", "ada@example.com")]


def test_many_are_forgotten_in_steps(db, queue, now, monkeypatch):
    for who in ("ada", "bob", "cyd"):
        settle(queue(who), LetterState.SENT)
    monkeypatch.setattr(forgetting, "STEP", 2)

    assert [forget_recipients(now + KEPT) for _time in range(3)] == [2, 1, 0]
    assert recipients(db) == [("", "", "")] * 3


def test_letter_without_a_recipient_is_not_sent_again(db, queue, now):
    letter = queue("ada")
    settle(letter, LetterState.FAILED, Failure.FULL)
    forget_recipients(now + KEPT)

    with pytest.raises(ConflictError):
        send_again(letter.id, now=now + KEPT)

    db.expire_all()
    assert db.scalar(select(Letter.state)) == LetterState.FAILED


def test_letters_to_be_forgotten_are_found_by_an_index(db, queue, now):
    for number in range(200):
        letter = queue(f"somebody-{number}")
    settle(letter, LetterState.SENT)
    db.execute(text("UPDATE letters SET state = 'sent', to_email = '' WHERE id < :id"), {"id": letter.id})
    db.execute(text("ANALYZE"))
    over = (forgetting._NAMED, Letter.created_at <= now + KEPT, Letter.state.in_(forgetting._AT_REST))
    statement = select(Letter.id).where(*over).order_by(Letter.created_at).limit(forgetting.STEP)
    compiled = str(statement.compile(db.get_bind(), compile_kwargs={"literal_binds": True}))

    explain = "EXPLAIN QUERY PLAN " if db.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    plan = db.execute(text(explain + compiled)).all()

    assert "ix_letters_named" in str(plan)

"""What the outbox tells about itself."""

from datetime import timedelta

from sqlalchemy import update

from app.core.db import transaction
from app.mail import queries
from app.mail.models import Letter, LetterState


def test_outbox_counts_its_letters_and_knows_the_oldest_that_is_due(app, queue, now):
    letters = [queue(who, at=now + timedelta(minutes=n)) for n, who in enumerate(("ada", "bob", "cleo", "dora"))]
    with transaction() as session:
        session.execute(update(Letter).where(Letter.id == letters[0].id).values(state=LetterState.SENT))

    state = queries.outbox_state(now + timedelta(minutes=2))

    assert state.oldest_due_at == now + timedelta(minutes=1)
    assert state.counts == {
        LetterState.QUEUED: 3,
        LetterState.SENDING: 0,
        LetterState.SENT: 1,
        LetterState.FAILED: 0,
        LetterState.STOPPED: 0,
    }


def test_empty_outbox_has_nothing_due(app, now):
    state = queries.outbox_state(now)

    assert (set(state.counts.values()), state.oldest_due_at) == ({0}, None)
    assert not queries.is_anything_due(now)


def test_failed_letters_are_listed_newest_first_and_limited(app, queue, now):
    ids = [queue(who).id for who in ("ada", "bob", "cleo")]
    queue("dora")
    with transaction() as session:
        session.execute(update(Letter).where(Letter.id.in_(ids)).values(state=LetterState.FAILED))

    assert [letter.id for letter in queries.failed_letters()] == ids[::-1]
    assert [letter.id for letter in queries.failed_letters(limit=2)] == ids[:0:-1]

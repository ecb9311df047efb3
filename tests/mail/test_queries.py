"""What the outbox tells about itself."""

from datetime import timedelta

from sqlalchemy import text, update

from app.core.db import db, transaction
from app.mail import delivery, queries
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


_SENT_LETTERS = """
    INSERT INTO letters (
        kind, key, to_email, to_name, to_key, language, ids, state, priority, has_slot, attempts, due_at, created_at,
        message_id
    )
    SELECT
        'probe', 'k' || n, 'a@example.com', '', 'a@example.com', 'zh', '{{}}', 'sent', 0, false, 1, '{at}', '{at}',
        '<' || n || '@example.org>'
    FROM {numbers}
"""
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n FROM c)",
    "postgresql": "generate_series(1, 100000) AS n",
}


def test_due_letters_are_found_by_the_index_among_a_hundred_thousand_sent(app, queue, now, statements):
    engine = db.engine.dialect.name
    with transaction() as session:
        session.execute(text(_SENT_LETTERS.format(at="2019-11-01 00:00:00", numbers=_NUMBERS[engine])))
        session.execute(text("ANALYZE letters"))
    queue("ada")

    with statements() as seen:
        delivery.deliver(now)

    look, lease = [(sql, values) for sql, values in seen if "due_at <=" in sql]
    for sql, values in (look, lease):
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        with db.engine.connect() as connection:
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql, values))
        assert "ix_letters_due" in plan or "ix_letters_first" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan

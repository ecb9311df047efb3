"""What the outbox tells about itself."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from app.core.db import db, transaction
from app.mail import checks, delivery, queries
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


@pytest.mark.parametrize(
    ("after", "word"), [(0, "ok"), (20, "ok"), (59, "ok"), (61, "warning"), (899, "warning"), (901, "problem")]
)
@pytest.mark.parametrize("is_held", [False, True], ids=["nobody took it", "a worker that hangs holds it"])
def test_a_letter_is_late_after_a_minute_whoever_has_it(app, queue, now, is_held, after, word):
    queue("ada")
    if is_held:
        delivery._lease(now)

    later = now + timedelta(seconds=after)

    assert queries.lateness(later) == timedelta(seconds=after)
    assert checks.flow(later).word == word
    assert (checks.outbox(later).word == "ok") is (word == "ok")


def test_a_letter_taken_over_from_a_dead_worker_stays_as_late_as_it_is(app, queue, now):
    queue("ada")
    moment = now
    for _worker in range(4):
        delivery._lease(moment)
        moment += delivery.lease_length()

    assert queries.lateness(moment) == 4 * delivery.lease_length()


def test_letters_that_wait_for_their_time_or_have_left_are_not_late(app, queue, now):
    letters = [queue("ada"), queue("bob", at=now + timedelta(hours=1))]
    delivery._lease(now)
    delivery._settle(queries.letter(letters[0].id), state=LetterState.SENT, due_at=now)

    assert queries.lateness(now + timedelta(minutes=30)) == timedelta()


def test_how_late_letters_are_is_asked_in_one_statement_that_reads_only_what_is_in_the_queue(
    app, queue, now, statements
):
    engine = db.engine.dialect.name
    with transaction() as session:
        session.execute(text(_SENT_LETTERS.format(at="2019-11-01 00:00:00", numbers=_NUMBERS[engine])))
        session.execute(text("ANALYZE letters"))
    queue("ada")
    queue("bob")

    with statements() as seen:
        queries.lateness(now)

    ((sql, values),) = seen
    with db.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql, values))
    assert "SCAN letters'" not in plan
    assert "Seq Scan" not in plan


_SENT_LETTERS = """
    INSERT INTO letters (
        kind, key, to_email, to_name, to_key, language, ids, state, priority, has_slot, attempts, due_at, created_at,
        message_id, topic, batch
    )
    SELECT
        'probe', 'k' || n, 'a@example.com', '', 'a@example.com', 'zh', '{{}}', 'sent', 0, false, 1, '{at}', '{at}',
        '<' || n || '@example.org>', '', ''
    FROM {numbers}
"""
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n FROM c)",
    "postgresql": "generate_series(1, 100000) AS n",
}


def test_due_letters_are_found_by_an_index_in_the_order_of_delivery(app, queue, now, statements):
    engine = db.engine.dialect.name
    queue("ada")
    with statements() as seen:
        delivery.deliver(now)
    # Both many at rest and many due: a plan that reads or sorts either is a slow one. When few are due, PostgreSQL
    # may as well find them by their time and sort them.
    sent = _SENT_LETTERS.format(at="2019-11-01 00:00:00", numbers=_NUMBERS[engine])
    with transaction() as session:
        session.execute(text(sent))
        session.execute(text("UPDATE letters SET state = 'queued' WHERE id % 5 = 0"))
        session.execute(text("ANALYZE letters"))

    look, lease = [(sql, values) for sql, values in seen if "due_at <=" in sql]
    for sql, values in (look, lease):
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        with db.engine.connect() as connection:
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql, values))
        assert "ix_letters_due" in plan or "ix_letters_first" in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_first_letter_of_a_cause_is_found_by_its_key_among_a_hundred_thousand(app, now, statements):
    engine = db.engine.dialect.name
    with transaction() as session:
        session.execute(text(_SENT_LETTERS.format(at="2019-11-01 00:00:00", numbers=_NUMBERS[engine])))
        session.execute(text("ANALYZE letters"))

    with statements() as seen:
        found = queries.first_message_id(["k99", "k98", "none"], before=99_000)

    ((sql, values),) = [(sql, values) for sql, values in seen if "message_id" in sql]
    with db.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql, values))
    assert found == "<98@example.org>"
    assert "uq_letters_key" in plan or "(key=?" in plan

"""The outbox holds one letter for one cause, and only together with its cause."""

import threading

import pytest

from app.core.db import transaction
from app.core.jobs import DutyThread
from app.mail import outbox, queries
from app.mail.models import LetterState


@pytest.fixture
def put(now):
    def put(key, to="Ada@example.com"):
        return outbox.queue("probe", key=key, to_email=to, to_name="Ada", language="en", ids={"id": 7}, now=now)

    return put


def test_queued_letter_is_due_at_once_and_has_its_message_id(app, put, now):
    with transaction():
        is_new = put("one")

    letter = queries.letter_by_key("one")
    assert is_new
    assert (letter.to_email, letter.to_name, letter.language, letter.ids) == ("Ada@example.com", "Ada", "en", {"id": 7})
    assert (letter.state, letter.attempts, letter.due_at, letter.created_at) == (LetterState.QUEUED, 0, now, now)
    assert letter.message_id.startswith("<letter.")
    assert letter.message_id.endswith("@localhost.localdomain>")
    assert len(letter.message_id) > 40


def test_same_cause_queues_one_letter_and_changes_nothing_of_it(app, put):
    with transaction():
        first = put("one", to="ada@example.com")
    before = queries.letter_by_key("one")
    kept = (before.id, before.to_email, before.message_id)

    with transaction():
        second, other = put("one", to="eve@example.com"), put("two")

    after = queries.letter_by_key("one")
    assert (first, second, other) == (True, False, True)
    assert (after.id, after.to_email, after.message_id) == kept


def test_queueing_is_one_statement(app, put, statements):
    with transaction(), statements() as seen:
        put("one")
        put("one")

    assert len(seen) == 2
    assert all("DO NOTHING" in statement for statement, _values in seen)


def test_letter_goes_when_its_cause_is_undone(app, put):
    def fail():
        with transaction():
            put("one")
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert queries.letter_by_key("one") is None


def test_letter_outside_a_transaction_is_refused(app, put):
    with pytest.raises(RuntimeError, match="inside a transaction"):
        put("one")


def test_two_at_once_queue_one_letter(app, put):
    answers, start = [], threading.Barrier(8)

    def work():
        with app.app_context():
            start.wait()
            with transaction():
                answers.append(put("one"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False] * 7 + [True]


def test_commit_wakes_the_thread_of_duties(app, put):
    # Never started: its bell stays as it was rung.
    thread = app.extensions["duty_thread"] = DutyThread(app)

    with transaction():
        put("one")
        before = thread._wake.is_set()

    assert (before, thread._wake.is_set()) == (False, True)


def test_rollback_wakes_nobody(app, put):
    thread = app.extensions["duty_thread"] = DutyThread(app)

    def fail():
        with transaction():
            put("one")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with transaction():
        pass

    assert not thread._wake.is_set()

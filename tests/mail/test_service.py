"""Failed letters go once more when somebody asks; a test letter proves that letters arrive."""

import pytest
from sqlalchemy import update

from app.core.db import transaction
from app.core.errors import ConflictError, NotFoundError
from app.core.jobs import DutyThread
from app.mail import delivery, queries, service
from app.mail.models import Letter, LetterState


@pytest.fixture
def settings(smtp_server):
    return {"MAIL_SERVER": smtp_server.host, "MAIL_PORT": str(smtp_server.port), "MAIL_SECURITY": "none"}


def test_failed_letter_is_sent_again_as_the_same_letter(app, queue, smtp_server, now):
    smtp_server.refuse("RCPT", 550, times=1)
    letter = queue("ada")
    delivery.deliver(now)
    thread = app.extensions["duty_thread"] = DutyThread(app)

    service.send_again(letter.id, now=now)

    assert thread._wake.is_set()  # never started: its bell stays as it was rung
    delivery.deliver(now)
    row = queries.letter(letter.id)
    assert (row.state, row.attempts, row.last_error) == (LetterState.SENT, 1, None)
    assert letter.message_id.encode() in smtp_server.messages[0].raw


@pytest.mark.parametrize("state", [state for state in LetterState if state is not LetterState.FAILED])
def test_letter_that_has_not_failed_is_not_sent_again(queue, smtp_server, now, state):
    letter = queue("ada")
    with transaction() as session:
        session.execute(update(Letter).values(state=state, attempts=3))

    with pytest.raises(ConflictError):
        service.send_again(letter.id, now=now)

    row = queries.letter(letter.id)
    assert (row.state, row.attempts) == (state, 3)


def test_letter_that_does_not_exist_is_not_sent_again(app, now):
    with pytest.raises(NotFoundError):
        service.send_again(1, now=now)


@pytest.mark.parametrize(("language", "subject"), [("en", "A test letter from Juhui"), ("zh", "")])
def test_test_letter_is_sent_at_once_past_what_waits(queue, smtp_server, now, language, subject):
    waiting = queue("ada")

    letter = service.send_test("Op@Example.com", language=language, now=now)

    assert (letter.state, letter.to_email) == (LetterState.SENT, "Op@example.com")
    assert smtp_server.messages[0].recipients == ("Op@example.com",)
    assert subject.encode() in smtp_server.messages[0].raw
    assert queries.letter(waiting.id).state is LetterState.QUEUED


def test_test_letter_says_why_it_was_refused(app, smtp_server, now):
    smtp_server.refuse("RCPT", 550, "no such user")

    letter = service.send_test("op@example.com", language="en", now=now)

    assert (letter.state, letter.last_error) == (LetterState.FAILED, "550 no such user")


def test_test_letter_to_no_address_is_refused(app, now):
    with pytest.raises(ValueError, match="@"):
        service.send_test("nobody", language="en", now=now)

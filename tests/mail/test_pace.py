"""Not too many letters at once to one domain, patience where it is asked for, and addresses that refuse."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.db import db, transaction
from app.mail import delivery, pace, queries, service
from app.mail.models import Failure, LetterState, MailDomain, Priority, RefusedAddress
from app.mail.refusals import Refusal, failure_of

MINUTE = timedelta(minutes=1)
BULK = Priority.BULK


@pytest.fixture
def settings(smtp_server):
    return {
        "MAIL_SERVER": smtp_server.host,
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_TIMEOUT": "5",
        "MAIL_SENDER": "meetup@example.org",
        "PUBLIC_URL": "https://meetup.example.org",
        "MAIL_DOMAIN_PER_MINUTE": "2",
    }


def fate(letter):
    row = queries.letter(letter.id)
    return row.state.value, row.attempts, row.failure and row.failure.value


def sent_to(server):
    return [recipient for message in server.messages for recipient in message.recipients]


def mark_of(key):
    db.session.rollback()
    return db.session.scalar(select(RefusedAddress).where(RefusedAddress.key == key))


@pytest.mark.parametrize(
    ("code", "words", "step", "failure"),
    [
        (550, "5.1.1 no such user", "RCPT", Failure.ADDRESS),
        (550, "5.2.1 disabled", "RCPT", Failure.ADDRESS),
        (556, "5.1.10 takes no mail", "RCPT", Failure.ADDRESS),
        (550, "no", "RCPT", Failure.REFUSED),
        (552, "mailbox full", "RCPT", Failure.FULL),
        (550, "5.2.2 over quota", "DATA", Failure.FULL),
        (550, "5.7.1 not authenticated", "RCPT", Failure.POLICY),
        (554, "5.7.26 DMARC", "DATA", Failure.POLICY),
        (554, "spam", "DATA", Failure.CONTENT),
        (553, "5.1.8 bad sender", "MAIL", Failure.REFUSED),
    ],
)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_refusal_means_what_the_standards_say(app, code, words, step, failure):
    assert failure_of(Refusal(code, words, step)) is failure


def test_a_domain_gets_so_many_of_many_a_minute_and_each_waits_once(queue, smtp_server, now):
    letters = [queue(f"a{number}", priority=BULK) for number in range(5)]
    other = queue("bob", priority=BULK, domain="example.net")

    delivery.deliver(now)
    at_once = sent_to(smtp_server)
    waits = [queries.letter(letter.id).due_at - now for letter in letters[2:]]
    for seconds in (30, 60, 90):
        delivery.deliver(now + timedelta(seconds=seconds))

    assert sorted(at_once) == ["a0@example.com", "a1@example.com", "bob@example.net"]
    assert waits == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=90)]
    assert [fate(letter) for letter in [*letters, other]] == [("sent", 1, None)] * 6


def test_who_waits_for_a_letter_is_not_held_up_by_many(queue, smtp_server, now):
    for number in range(60):
        queue(f"a{number}", priority=BULK)
    queue("ada", at=now)

    delivery.deliver(now)

    assert sent_to(smtp_server)[0] == "ada@example.com"


def test_without_a_limit_all_go(app, queue, smtp_server, now):
    app.config["MAIL_DOMAIN_PER_MINUTE"] = 0
    for number in range(9):
        queue(f"a{number}", priority=BULK)

    delivery.deliver(now)

    assert len(smtp_server.messages) == 9


def test_workers_share_the_pace_of_a_domain(app, queue, smtp_server, now):
    for number in range(8):
        queue(f"a{number}", priority=BULK)

    def work():
        with app.app_context():
            delivery.deliver(now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(smtp_server.messages) == 2


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_domain_that_asks_for_patience_gets_it_and_the_others_go_on(queue, smtp_server, now, step):
    smtp_server.refuse(step, 421, "4.7.0 too fast", times=1)
    ada, eve = queue("ada"), queue("eve")
    bob = queue("bob", domain="example.net")

    delivery.deliver(now)
    refused = fate(ada)
    delivery.deliver(now + MINUTE / 2)
    late = queue("zoe", at=now + MINUTE / 2)
    delivery.deliver(now + MINUTE / 2)
    during = fate(late)
    delivery.deliver(now + 2 * MINUTE)

    assert refused == ("queued", 1, None)
    assert during == ("queued", 0, None)
    assert [fate(letter) for letter in (ada, eve, bob, late)] == [
        ("sent", 2, None), ("sent", 1, None), ("sent", 1, None), ("sent", 1, None),
    ]  # fmt: skip
    assert [row.pauses for row in db.session.scalars(select(MailDomain)).all()] == [0]


def test_pauses_in_a_row_grow(app, now):
    for _ in range(5):
        pace.pause("example.com", now=now)

    (row,) = db.session.scalars(select(MailDomain)).all()
    assert (row.pauses, row.paused_until - now) == (5, timedelta(hours=1))


def test_address_that_nobody_has_gets_no_more_of_many_but_what_somebody_waits_for(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 550, "5.1.1 no such user ada@example.com", times=1)
    first = queue("ada")
    delivery.deliver(now)
    many = queue("many", to="ada@example.com", priority=BULK)

    delivery.deliver(now + MINUTE)

    assert fate(first) == ("failed", 1, "address")
    assert fate(many) == ("failed", 1, "suppressed")
    assert mark_of("ada@example.com").words == "550 5.1.1 no such user …"

    again = queue("again", to="ada@example.com")
    delivery.deliver(now + 2 * MINUTE)

    # It arrived: somebody has the address after all.
    assert fate(again) == ("sent", 1, None)
    assert mark_of("ada@example.com") is None


def test_full_mailbox_is_tried_until_it_has_refused_five_times_in_two_weeks(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 552, "5.2.2 full")
    letters = []

    for number in range(6):
        letters.append(queue(f"ada+{number}", kind="probe", to="ada@example.com", at=now + number * MINUTE))
        delivery.deliver(now + number * MINUTE)
    many = queue("many", to="ada@example.com", priority=BULK)
    delivery.deliver(now + 9 * MINUTE)

    assert [fate(letter)[2] for letter in letters] == ["full"] * 6
    assert fate(many)[2] == "suppressed"


def test_old_refusals_do_not_count(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 552, "5.2.2 full")

    for number in range(6):
        at = now + number * timedelta(days=15)
        queue(f"ada{number}", to="ada@example.com", at=at)
        delivery.deliver(at)

    assert (mark_of("ada@example.com").refusals, mark_of("ada@example.com").suppressed_at) == (1, None)


def test_policy_is_the_operators_matter_and_no_mark_on_the_address(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 550, "5.7.1 not allowed")
    letter = queue("ada")

    delivery.deliver(now)

    assert fate(letter) == ("failed", 1, "policy")
    assert mark_of("ada@example.com") is None


def test_sending_again_forgets_the_mark(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 550, "5.1.1 nobody", times=1)
    letter = queue("ada", priority=BULK)
    delivery.deliver(now)

    service.send_again(letter.id, now=now + MINUTE)
    before = mark_of("ada@example.com")
    delivery.deliver(now + MINUTE)

    assert before is None
    assert fate(letter) == ("sent", 1, None)


def test_marks_are_forgotten_after_half_a_year(app, now):
    with transaction() as session:
        for key, days in (("old@example.com", 181), ("new@example.com", 179)):
            at = now - timedelta(days=days)
            session.add(RefusedAddress(key=key, refusals=1, first_at=at, last_at=at))

    assert pace.forget_old(now) == 1
    assert (mark_of("old@example.com"), mark_of("new@example.com") is not None) == (None, True)
    assert pace.forget_old(now) == 0


def test_state_of_a_letter_that_was_given_back_is_as_if_nobody_had_tried(queue, now):
    letter = queue("ada")
    (leased,) = delivery._lease(now)

    pace.hand_back([leased], until=now + MINUTE)

    row = queries.letter(letter.id)
    assert (row.state, row.attempts, row.due_at) == (LetterState.QUEUED, 0, now + MINUTE)

"""Letters reach a real server, whatever it says; what became of each stands in its row."""

import logging
import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import update

from app.core.db import db, transaction
from app.mail import delivery, queries
from app.mail.models import Failure, Letter, LetterState

MINUTE = timedelta(minutes=1)


@pytest.fixture
def settings(smtp_server):
    return {
        "MAIL_SERVER": smtp_server.host,
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_TIMEOUT": "5",
        "MAIL_SENDER": "meetup@example.org",
        "PUBLIC_URL": "https://meetup.example.org",
    }


def fate(letter):
    now = queries.letter(letter.id)
    return now.state, now.attempts


def our_log(caplog):
    return [
        record.getMessage() + (record.exc_text or "") for record in caplog.records if record.name.startswith("app.")
    ]


def ids_received(server):
    return [message_from_bytes(message.raw, policy=policy.default)["Message-ID"] for message in server.messages]


def test_letter_is_delivered_as_its_room_wrote_it(queue, smtp_server, now):
    letter = queue("ada")

    dealt_with = delivery.deliver(now)

    (received,) = smtp_server.messages
    parsed = message_from_bytes(received.raw, policy=policy.default)
    assert dealt_with == 1
    assert (received.sender, received.recipients) == ("meetup@example.org", ("ada@example.com",))
    assert (parsed["Subject"], parsed["To"], parsed["From"]) == (
        "报名成功",
        "ada <ada@example.com>",
        "聚会 <meetup@example.org>",
    )
    assert parsed["Message-ID"] == letter.message_id
    assert parsed.get_body(("plain",)).get_content() == "你好 ada\r\n"
    row = queries.letter(letter.id)
    assert (row.state, row.attempts, row.last_error) == (LetterState.SENT, 1, None)
    assert now <= row.sent_at < now + MINUTE
    assert delivery.deliver(now + MINUTE) == 0


def test_an_invitation_travels_as_alternative_and_as_file(queue, smtp_server, now):
    queue("ada", calendar=True)

    delivery.deliver(now)

    parsed = message_from_bytes(smtp_server.messages[0].raw, policy=policy.default)
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    kinds = [part.get_content_type() for part in parts]
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/ics"]
    assert b"METHOD:REQUEST\r\n" in parts[-1].get_payload(decode=True)


@pytest.mark.parametrize(("setting", "answers_to"), [("host@example.org", "host@example.org"), ("", None)])
def test_answers_go_where_the_site_wants_them(app, queue, smtp_server, now, setting, answers_to):
    app.config["MAIL_REPLY_TO"] = setting
    queue("ada")

    delivery.deliver(now)

    assert message_from_bytes(smtp_server.messages[0].raw, policy=policy.default)["Reply-To"] == answers_to


def test_batch_goes_over_one_connection(queue, smtp_server, now):
    for who in ("ada", "bob", "cleo"):
        queue(who)

    assert delivery.deliver(now) == 3

    assert len(smtp_server.messages) == 3
    assert smtp_server.connections == 1


def test_letter_that_is_not_due_waits(queue, smtp_server, now):
    letter = queue("ada", at=now + MINUTE)

    assert delivery.deliver(now) == 0
    assert fate(letter) == (LetterState.QUEUED, 0)
    assert delivery.deliver(now + MINUTE) == 1
    assert fate(letter) == (LetterState.SENT, 1)


@pytest.mark.parametrize(("step", "code"), [("RCPT", 451), ("DATA", 451), ("MAIL", 452), ("RCPT", 421), ("DATA", 421)])
def test_refusal_for_now_is_retried_until_it_is_taken(queue, smtp_server, now, step, code):
    smtp_server.refuse(step, code, "try again", times=1)
    letter = queue("ada")

    delivery.deliver(now)
    after_refusal = queries.letter(letter.id)
    seen = (after_refusal.state, after_refusal.attempts, after_refusal.last_error)
    due_at = after_refusal.due_at
    delivery.deliver(due_at - timedelta(seconds=1))
    too_early = len(smtp_server.messages)
    delivery.deliver(due_at)

    assert seen == (LetterState.QUEUED, 1, f"{code} try again")
    assert now + MINUTE <= due_at < now + 2 * MINUTE
    assert too_early == 0
    assert fate(letter) == (LetterState.SENT, 2)
    assert ids_received(smtp_server) == [letter.message_id]
    assert queries.letter(letter.id).last_error is None


@pytest.mark.parametrize(("step", "code"), [("RCPT", 550), ("DATA", 554), ("MAIL", 552)])
def test_refusal_for_good_fails_at_once_and_harms_no_other_letter(queue, smtp_server, now, step, code):
    smtp_server.refuse(step, code, "no", times=1)
    ada, bob = queue("ada"), queue("bob")

    delivery.deliver(now)

    assert (fate(ada), fate(bob)) == ((LetterState.FAILED, 1), (LetterState.SENT, 1))
    assert queries.letter(ada.id).last_error == f"{code} no"
    assert ids_received(smtp_server) == [bob.message_id]


def test_server_that_asks_for_a_sign_in_fails_no_letter(queue, smtp_server, now):
    smtp_server.refuse("MAIL", 530, "5.7.0 Authentication required")
    ada, bob = queue("ada"), queue("bob")

    delivery.deliver(now)

    assert (fate(ada), fate(bob)) == ((LetterState.QUEUED, 1), (LetterState.QUEUED, 1))


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA"])
def test_server_that_says_nothing_costs_its_time_limit_and_no_letter(app, queue, smtp_server, now, step):
    smtp_server.stall(step, times=1)
    letter = queue("ada")
    app.config["MAIL_TIMEOUT"] = 0.4
    started = time.monotonic()

    delivery.deliver(now)
    took = time.monotonic() - started
    error = queries.letter(letter.id).last_error
    app.config["MAIL_TIMEOUT"] = 5
    delivery.deliver(now + 5 * MINUTE)

    assert took > 0.35
    assert error == "no answer within 0.4 seconds"
    assert fate(letter) == (LetterState.SENT, 2)
    assert ids_received(smtp_server) == [letter.message_id]


@pytest.mark.parametrize("keeps", [False, True])
def test_connection_cut_at_data_resends_the_same_letter(queue, smtp_server, now, keeps):
    smtp_server.drop("DATA", times=1, keeps=keeps)
    letter, other = queue("ada"), queue("bob")

    delivery.deliver(now)
    first = fate(letter)
    delivery.deliver(now + 5 * MINUTE)

    assert first == (LetterState.QUEUED, 1)
    assert fate(letter) == (LetterState.SENT, 2)
    # One that the server had taken before the cut comes twice, and its mailbox can see that it is one letter.
    assert sorted(ids_received(smtp_server)) == sorted([letter.message_id] * (1 + keeps) + [other.message_id])


def test_server_that_is_away_postpones_all_without_waiting_for_each(queue, app, smtp_server, now):
    letters = [queue(who) for who in ("ada", "bob", "cleo")]
    app.config["MAIL_PORT"] = 1

    delivery.deliver(now)
    rows = [queries.letter(letter.id) for letter in letters]
    errors = {row.last_error for row in rows}
    states = [(row.state, row.attempts) for row in rows]
    app.config["MAIL_PORT"] = smtp_server.port
    delivery.deliver(now + 2 * MINUTE)

    assert errors == {"[Errno 111] Connection refused"}
    assert states == [(LetterState.QUEUED, 1)] * 3
    assert sorted(ids_received(smtp_server)) == sorted(letter.message_id for letter in letters)


def test_server_that_greets_nobody_is_waited_for_once(queue, app, smtp_server, now):
    letters = [queue(who) for who in ("ada", "bob", "cleo")]
    smtp_server.stall("CONNECT", times=1)
    app.config["MAIL_TIMEOUT"] = 0.4

    delivery.deliver(now)

    # The server would have greeted a second caller: none came.
    assert [fate(letter) for letter in letters] == [(LetterState.QUEUED, 1)] * 3
    assert ids_received(smtp_server) == []


def test_letter_is_given_up_after_two_days_of_growing_pauses(queue, smtp_server, now):
    smtp_server.refuse("RCPT", 451, "greylisted")
    letter = queue("ada")
    moment, pauses = now, []

    while fate(letter)[0] is LetterState.QUEUED:
        delivery.deliver(moment)
        due_at = queries.letter(letter.id).due_at
        pauses.append(round((due_at - moment) / MINUTE))
        moment = due_at

    assert pauses[:-1] == [1, 5, 15, 60, *[240] * 11]
    assert fate(letter) == (LetterState.FAILED, delivery.ATTEMPTS_MAX)
    assert timedelta(hours=40) < moment - now <= timedelta(hours=48)
    assert queries.letter(letter.id).last_error == "451 greylisted"


def test_letter_nobody_needs_any_more_is_stopped(queue, smtp_server, now):
    letter = queue("ada", unneeded=True)

    delivery.deliver(now)

    assert fate(letter) == (LetterState.STOPPED, 1)
    assert smtp_server.messages == []


def test_letter_that_cannot_be_written_fails_alone_and_in_silence_about_the_person(queue, smtp_server, now, caplog):
    broken, whole = queue("ada", broken=True), queue("bob")

    with caplog.at_level(logging.DEBUG):
        delivery.deliver(now)

    assert (fate(broken), fate(whole)) == ((LetterState.FAILED, 1), (LetterState.SENT, 1))
    assert queries.letter(broken.id).last_error.startswith("the letter could not be written: KeyError in write_probe")
    assert our_log(caplog) == [f"letter {broken.id} (probe) has failed at attempt 1: unwritten"]


def test_letter_of_a_kind_that_only_a_newer_version_knows_waits_for_it(queue, smtp_server, now):
    letter = queue("ada", kind="of_tomorrow")

    delivery.deliver(now)

    assert fate(letter) == (LetterState.QUEUED, 1)
    assert queries.letter(letter.id).last_error == "the letter could not be written: UnknownKindError"


@pytest.mark.parametrize(
    "ids",
    [{"subject": "x\r\nBcc: eve@example.org"}, {"headers": {"X-Note": "x\r\nBcc: eve@example.org"}}],
)
def test_header_injection_never_leaves(queue, smtp_server, now, ids):
    letter = queue("ada", **ids)

    delivery.deliver(now)

    assert fate(letter) == (LetterState.FAILED, 1)
    assert smtp_server.messages == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("5.1.1 <ada@example.com>: unknown", "550 5.1.1 <…>: unknown"),
        ("user Ada has no mailbox here", "550 user … has no mailbox here"),
        ("x" * 490 + " adamant y", "550 " + "x" * 490 + " adama"),
    ],
)
def test_servers_words_are_kept_without_the_address(queue, smtp_server, now, said, kept, caplog):
    smtp_server.refuse("RCPT", 550, said)
    letter = queue("ada")

    with caplog.at_level(logging.DEBUG):
        delivery.deliver(now)

    assert queries.letter(letter.id).last_error == kept
    (line,) = our_log(caplog)
    assert line.startswith(f"letter {letter.id} (probe) has failed at attempt 1: ")


def test_letter_of_a_dead_worker_is_due_again_after_its_lease(queue, smtp_server, now):
    letter = queue("ada")
    lost = delivery._lease(now)
    lease = queries.letter(letter.id).due_at

    nobody_else = delivery.deliver(lease - timedelta(seconds=1))
    taken_over = delivery.deliver(lease)

    assert [row.id for row in lost] == [letter.id]
    assert lease == now + delivery.lease_length()
    assert (nobody_else, taken_over) == (0, 1)
    assert fate(letter) == (LetterState.SENT, 2)
    assert ids_received(smtp_server) == [letter.message_id]


def test_lease_outlasts_the_slowest_server(app):
    assert delivery.lease_length() == timedelta(seconds=40 + 13 * 5)
    app.config["MAIL_TIMEOUT"] = 20.0
    assert delivery.lease_length() == 5 * MINUTE


def test_worker_that_lost_its_lease_settles_nothing(queue, smtp_server, now):
    letter = queue("ada")
    (stale,) = delivery._lease(now)
    delivery._lease(now + delivery.lease_length())
    # What the slow worker still holds in its hands.
    mine = Letter(id=stale.id, kind=stale.kind, attempts=1, to_email=stale.to_email)

    delivery._fail(mine, "too late", Failure.CONTENT, now=now)

    assert fate(letter) == (LetterState.SENDING, 2)
    assert queries.letter(letter.id).last_error is None


def test_letters_that_a_slow_server_leaves_no_time_for_are_handed_back(app, queue, smtp_server, now, monkeypatch):
    monkeypatch.setattr(delivery, "BEGIN_WITHIN", timedelta(seconds=1))
    app.config["MAIL_TIMEOUT"] = 1.2
    smtp_server.stall("DATA", times=1)
    ada, bob = queue("ada"), queue("bob")

    dealt_with = delivery.deliver(now)
    after = (fate(ada), fate(bob))
    app.config["MAIL_TIMEOUT"] = 5
    monkeypatch.setattr(delivery, "BEGIN_WITHIN", timedelta(minutes=1))
    delivery.deliver(now + timedelta(seconds=5))

    assert dealt_with == 1
    assert after == ((LetterState.QUEUED, 1), (LetterState.QUEUED, 0))
    assert fate(bob) == (LetterState.SENT, 1)
    assert fate(ada) == (LetterState.QUEUED, 1)


def test_letter_that_ends_every_worker_is_given_up(queue, smtp_server, now):
    letter = queue("ada")
    with transaction() as session:
        session.execute(update(Letter).values(attempts=delivery.ATTEMPTS_MAX))

    delivery.deliver(now)

    assert fate(letter) == (LetterState.FAILED, delivery.ATTEMPTS_MAX + 1)
    assert smtp_server.messages == []


def test_no_connection_to_the_database_is_held_while_the_server_is_waited_for(queue, smtp_server, now, monkeypatch):
    queue("ada")
    pool, held, keep = db.engine.pool, [], smtp_server._keep
    monkeypatch.setattr(smtp_server, "_keep", lambda message: (held.append(pool.checkedout()), keep(message)))

    delivery.deliver(now)

    assert held == [0]
    assert len(smtp_server.messages) == 1


def test_idle_look_takes_no_write_lock(app, now, statements):
    with statements() as seen:
        delivery.deliver(now)

    assert [statement.split()[0] for statement, _values in seen] in (["BEGIN", "SELECT"], ["SELECT"])


def test_batch_is_limited_and_the_longest_due_go_first(queue, smtp_server, now, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH_MAX", 2)
    late, early, earlier = queue("c", at=now), queue("b", at=now - MINUTE), queue("a", at=now - 2 * MINUTE)

    dealt_with = delivery.deliver(now)

    assert dealt_with == 2
    assert [fate(letter)[0] for letter in (late, early, earlier)] == ["queued", "sent", "sent"]

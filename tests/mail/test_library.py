"""The faults of Flask-Mail that `message` and `transport` write around. A test that fails: the way around can go."""

import re
from base64 import b64encode
from email import message_from_bytes, policy
from itertools import product
from smtplib import SMTPServerDisconnected

import flask_mail
import pytest
from flask import Flask

ADDRESS = "ada@example.com"


@pytest.fixture
def message(app):
    """Make a message as Flask-Mail makes it."""

    def make(**values):
        return flask_mail.Message(**{"subject": "Hello", "recipients": [ADDRESS], "sender": "b@example.com"} | values)

    return make


def connected(app: Flask, server, **settings: object):
    """Return a connection as Flask-Mail opens it."""
    app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, **settings)
    return flask_mail.Connection(flask_mail.Mail().init_mail(app.config, testing=False)).configure_host()


def test_fault_chinese_in_an_attached_text_becomes_escapes(message):
    letter = message(attachments=[flask_mail.Attachment("a.txt", "text/plain", "社区")])

    assert b64encode(rb"\u793e\u533a") in letter.as_bytes()


def test_fault_long_paragraph_is_one_line_that_servers_refuse(message):
    letter = message(body="聚" * 400)

    assert max(map(len, letter.as_bytes().splitlines())) > 998


def test_fault_comma_in_the_senders_name_is_not_quoted(message):
    letter = message(sender=("Foo, Inc.", "foo@example.com"))

    # The address is lost; what is left depends on Python: nothing with 3.11.2, the name up to its comma with 3.11.7.
    assert re.search(rb"^From: (?:Foo)?\r?$", letter.as_bytes(), re.MULTILINE)


def test_fault_line_end_in_a_header_of_our_own_opens_another_one(message):
    letter = message(extra_headers={"X-Event": "a\r\nBcc: eve@example.com"})

    assert letter.has_bad_headers() is False
    assert re.search(rb"^Bcc: eve@example.com", letter.as_bytes(), re.MULTILINE)


def test_fault_spaces_of_chinese_subjects_get_lost(message):
    words = ("KubeSphere 社区 Meetup 北京站", "云原生 · 可观测性 实践", "第 3 期", "报名成功：上海 深圳 杭州")
    subjects = [" ".join(chosen) for chosen in product(words, repeat=3)]

    def arrived(subject: str) -> str:
        return message_from_bytes(message(subject=subject).as_bytes(), policy=policy.default)["Subject"]

    assert [subject for subject in subjects if arrived(subject) != subject]


def test_fault_message_id_names_the_machine(message):
    assert not message().msgId.endswith("@example.com>")


def test_fault_silent_server_is_waited_for_without_end(app, smtp_server):
    host = connected(app, smtp_server)

    assert host.sock.gettimeout() is None
    host.quit()


def test_fault_certificate_that_nobody_vouches_for_is_taken(app, make_smtp_server):
    host = connected(app, make_smtp_server(), MAIL_USE_TLS=True)

    assert host.sock.getpeercert() == {}  # encrypted, and nothing was checked
    host.quit()


def opened(app: Flask, server) -> flask_mail.Connection:
    """Return what `with mail.connect()` enters, as Flask-Mail makes it."""
    app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port)
    return flask_mail.Connection(flask_mail.Mail().init_mail(app.config, testing=False))


def test_fault_recipient_that_is_refused_beside_others_vanishes(app, message, smtp_server):
    """The way around is that each letter has one recipient, who also sees nobody else's address."""
    smtp_server.refuse("RCPT", 550, "nobody here", recipient="bob@example.com")
    letter = message(recipients=[ADDRESS, "bob@example.com"], body="x")

    with opened(app, smtp_server) as connection:
        connection.send(letter)  # and nothing is said of bob

    (received,) = smtp_server.messages
    assert received.recipients == (ADDRESS,)
    assert all(who in message_from_bytes(received.raw)["To"] for who in (ADDRESS, "bob@example.com"))


def test_fault_line_that_is_cut_at_data_is_told_as_one_that_was_never_opened(app, message, smtp_server):
    """The way around is a transport of our own, which tells what happened first and keeps one line for a batch.

    The rest of fault 10 does not apply: no thread shares a line, MAIL_MAX_EMAILS and `record_messages` are not used.
    """
    smtp_server.drop("DATA")

    with pytest.raises(SMTPServerDisconnected) as told, opened(app, smtp_server) as connection:
        connection.send(message(body="x"))

    assert str(told.value) == "please run connect() first"
    assert isinstance(told.value.__context__, SMTPServerDisconnected)
    assert str(told.value.__context__) == "Connection unexpectedly closed"

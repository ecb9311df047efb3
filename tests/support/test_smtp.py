"""The mail server of the tests does what a test asks of it."""

import smtplib
import ssl
from pathlib import Path

import pytest

LETTER = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: hi\r\n\r\nText\r\n"


def send(server, *, to=("b@example.org",), timeout=5.0):
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as connection:
        return connection.sendmail("a@example.org", list(to), LETTER)


def test_smtp_server_keeps_the_raw_message(smtp_server):
    send(smtp_server)

    (message,) = smtp_server.wait_for(1)
    assert message.raw == LETTER
    assert (message.sender, message.recipients) == ("a@example.org", ("b@example.org",))
    assert not message.encrypted


@pytest.mark.parametrize(("step", "code"), [("MAIL", 421), ("RCPT", 451), ("RCPT", 550), ("DATA", 552)])
def test_smtp_server_refuses_at_a_step_and_then_accepts(smtp_server, step, code):
    smtp_server.refuse(step, code, times=1)

    with pytest.raises(smtplib.SMTPException) as refusal:
        send(smtp_server)
    send(smtp_server)

    assert str(code) in str(refusal.value)
    assert len(smtp_server.messages) == 1


def test_smtp_server_refuses_one_recipient(smtp_server):
    smtp_server.refuse("RCPT", 550, "unknown", recipient="no@example.org")

    refused = send(smtp_server, to=["no@example.org", "yes@example.org"])

    assert refused == {"no@example.org": (550, b"unknown")}
    assert smtp_server.messages[0].recipients == ("yes@example.org",)


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA"])
def test_smtp_server_stalls(smtp_server, step):
    smtp_server.stall(step)

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(smtp_server, timeout=0.2)

    assert smtp_server.messages == []


@pytest.mark.parametrize("keeps", [False, True])
def test_smtp_server_drops_at_data(smtp_server, keeps):
    smtp_server.drop("DATA", keeps=keeps)

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(smtp_server)

    assert len(smtp_server.messages) == int(keeps)


def test_smtp_server_refuses_at_the_door(smtp_server):
    smtp_server.refuse("CONNECT", 421, "busy")

    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        send(smtp_server)


def test_smtp_server_encrypts_with_a_certificate_of_its_own(make_smtp_server, tmp_path: Path):
    server = make_smtp_server(credentials=("ada", "lovelace"))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))

    with smtplib.SMTP(server.host, server.port, timeout=5) as connection:
        connection.starttls(context=trusting)
        connection.login("ada", "lovelace")
        connection.sendmail("a@example.org", ["b@example.org"], LETTER)
    with (
        smtplib.SMTP(server.host, server.port, timeout=5) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        connection.starttls(context=ssl.create_default_context())

    assert (server.messages[0].encrypted, server.messages[0].username) == (True, "ada")

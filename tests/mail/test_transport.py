"""How letters leave: encrypted and checked, signed in, or as files."""

from datetime import timedelta

import pytest

from app.config import BadSettingError
from app.mail import delivery, queries, transport
from app.mail.models import LetterState

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def tls_server(make_smtp_server):
    return make_smtp_server(credentials=("ada", "lovelace"))


@pytest.fixture
def settings(request):
    """Letters go to `tls_server` with all it asks for, where a test uses it; else into a folder."""
    if "tls_server" not in request.fixturenames:
        return {}
    server = request.getfixturevalue("tls_server")
    return {
        "MAIL_SERVER": server.host,
        "MAIL_PORT": str(server.port),
        "MAIL_SECURITY": "starttls",
        "MAIL_CA_FILE": str(request.getfixturevalue("tmp_path") / "certificate.pem"),
        "MAIL_USERNAME": "ada",
        "MAIL_PASSWORD": "lovelace",
        "MAIL_TIMEOUT": "2",
    }


def test_letter_travels_encrypted_and_signed_in(app, tls_server, queue, now):
    letter = queue("ada")

    delivery.deliver(now)

    (received,) = tls_server.messages
    assert (received.encrypted, received.username) == (True, "ada")
    assert queries.letter(letter.id).state is LetterState.SENT


def test_certificate_nobody_vouches_for_is_refused(app, tls_server, queue, now):
    app.config["MAIL_CA_FILE"] = ""
    letter = queue("ada")

    delivery.deliver(now)

    row = queries.letter(letter.id)
    assert (row.state, row.attempts) == (LetterState.QUEUED, 1)
    assert row.last_error.startswith("the server's certificate is not trusted: self")
    assert tls_server.messages == []


def test_certificate_for_another_name_is_refused(app, make_smtp_server, tls_server, queue, now):
    elsewhere = make_smtp_server(host="192.0.2.1")
    app.config["MAIL_PORT"] = elsewhere.port
    letter = queue("ada")

    delivery.deliver(now)

    assert "IP address mismatch" in queries.letter(letter.id).last_error
    assert elsewhere.messages == []


def test_server_without_encryption_gets_no_letter(app, tls_server, smtp_server, queue, now):
    app.config["MAIL_PORT"] = smtp_server.port
    letter = queue("ada")

    delivery.deliver(now)

    row = queries.letter(letter.id)
    assert (row.state, row.last_error) == (LetterState.QUEUED, "STARTTLS extension not supported by server.")
    assert smtp_server.messages == []


def test_wrong_password_fails_no_letter(app, tls_server, queue, now):
    app.config["MAIL_PASSWORD"] = "byron"
    letters = [queue("ada"), queue("bob")]

    delivery.deliver(now)
    rows = [queries.letter(letter.id) for letter in letters]
    seen = [(row.state, row.attempts, row.last_error.split()[0]) for row in rows]
    app.config["MAIL_PASSWORD"] = "lovelace"
    delivery.deliver(now + timedelta(minutes=1, seconds=30))

    assert seen == [(LetterState.QUEUED, 1, "535")] * 2
    assert len(tls_server.messages) == 2


def test_checking_the_server_signs_in_and_sends_nothing(app, tls_server):
    transport.check_server()

    app.config["MAIL_PASSWORD"] = "byron"
    with pytest.raises(transport.DeliveryError, match="535") as refusal:
        transport.check_server()

    assert (refusal.value.is_general, refusal.value.is_final) == (True, False)
    assert tls_server.messages == []


def test_password_is_shown_nowhere(app, tls_server):
    assert "lovelace" not in repr(transport.Server.from_settings(app.config))


@pytest.mark.parametrize(
    ("public_url", "name"),
    [
        ("https://meetup.example.org", "meetup.example.org"),
        ("http://127.0.0.1:8000", "[127.0.0.1]"),
        ("http://[::1]:8000", "[IPv6:::1]"),
    ],
)
def test_machine_introduces_itself_by_the_sites_name(app, public_url, name):
    assert transport.Server.from_settings(app.config | {"PUBLIC_URL": public_url}).ehlo == name


def test_letters_without_a_server_are_kept_as_files_that_sort_by_time(app, queue, now):
    later, first = queue("ada", at=now + timedelta(minutes=1)), queue("bob")

    delivery.deliver(now)
    delivery.deliver(now + timedelta(minutes=1))

    folder = transport.captured_folder()
    paths = sorted(folder.iterdir())
    assert [path.name[-12:] for path in paths] == [f"{first.id:08}.eml", f"{later.id:08}.eml"]
    assert all(path.name.startswith("20191201T043") for path in paths)
    assert [letter.message_id.encode() in path.read_bytes() for letter, path in zip((first, later), paths, strict=True)]
    assert (folder.stat().st_mode & 0o777, paths[0].stat().st_mode & 0o777) == (0o700, 0o600)
    assert queries.letter(first.id).state is LetterState.SENT


@pytest.mark.parametrize("name", ["MAIL_SENDER", "MAIL_REPLY_TO"])
@pytest.mark.parametrize("address", ["meet..up@example.org", "聚会@example.org", "meetup@exa mple.org"])
def test_address_no_letter_could_carry_stops_the_start(make_app, name, address):
    with pytest.raises(BadSettingError, match=f"The setting {name} "):
        make_app(**{name: address})


def test_sender_of_a_domain_outside_ascii_is_used_in_its_ascii_form(make_app):
    assert make_app(MAIL_SENDER="meetup@例子.中国").config["MAIL_SENDER"] == "meetup@xn--fsqu00a.xn--fiqs8s"

"""The pages of captured letters: everything of a letter to see, in development only, and no harm from its HTML."""

import re
from datetime import timedelta

import pytest

from app.core.db import transaction
from app.mail import delivery, mails, outbox, transport

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"APP_ENV": "development"}


@pytest.fixture
def name(app, now):
    """The name of a captured test letter."""
    with transaction():
        outbox.queue(mails.TEST, key="test:1", to_email="ada@example.com", language="zh", ids={}, now=now)
    delivery.deliver(now)
    return next(transport.captured_folder().glob("*.eml")).stem


def test_list_shows_the_newest_first_and_says_when_there_is_none(client, queue, now):
    empty = client.get("/dev/mail/?lang=en").text
    queue("ada", subject="The first")
    delivery.deliver(now)
    queue("bob", subject="The second")
    delivery.deliver(now + timedelta(minutes=1))

    page = client.get("/dev/mail/?lang=en").text

    assert "No letter yet" in empty
    assert page.index("The second") < page.index("The first")
    assert "bob &lt;bob@example.com&gt;" in page


def test_letter_is_shown_with_headers_and_text(client, name):
    page = client.get(f"/dev/mail/{name}?lang=en")

    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Content-Security-Policy"].endswith("frame-src 'self'")
    for words in ("ada@example.com", "auto-generated", "2019-12-01T04:30:00+00:00", "meetup@localhost.localdomain"):
        assert words in page.text
    assert re.search(r'<iframe[^>]+sandbox="allow-popups allow-popups-to-escape-sandbox"', page.text)


def test_html_of_a_letter_can_run_nothing_and_fetch_nothing(client, name):
    frame = client.get(f"/dev/mail/{name}/html")

    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in frame.headers["Content-Security-Policy"]
    assert "allow-scripts" not in frame.headers["Content-Security-Policy"]
    assert '<base target="_blank">' in frame.text


def test_source_is_the_letter_as_it_would_have_travelled(app, client, name):
    source = client.get(f"/dev/mail/{name}/source")

    assert source.data == (transport.captured_folder() / f"{name}.eml").read_bytes()
    assert source.content_type == "text/plain; charset=us-ascii"


def test_files_of_a_letter_download(app, client, name):
    path = transport.captured_folder() / f"{name}.eml"
    path.write_bytes(
        b"Subject: s\r\nTo: a@example.org\r\nDate: Sun, 01 Dec 2019 04:30:00 +0000\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
        b'--b\r\nContent-Type: application/ics; name="invite.ics"\r\n'
        b'Content-Disposition: attachment; filename="invite.ics"\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n'
    )

    file = client.get(f"/dev/mail/{name}/files/0")

    assert file.data == b"BEGIN:VCALENDAR"
    assert file.headers["Content-Disposition"] == "attachment; filename=invite.ics"
    assert client.get(f"/dev/mail/{name}/files/1").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fsecret_key", "20191201T043000.000000Z-00000009", ".eml"])
@pytest.mark.parametrize("part", ["", "/html", "/source", "/files/0"])
def test_letter_that_is_none_is_not_found(client, name, part):
    assert client.get(f"/dev/mail/{name}{part}").status_code == 404


@pytest.mark.parametrize("environment", ["testing", "production"])
def test_pages_exist_in_development_only(make_app, environment):
    app = make_app(
        APP_ENV=environment,
        MAIL_SERVER="127.0.0.1",
        MAIL_SENDER="meetup@example.org",
        PUBLIC_URL="https://meetup.example.org",
    )

    assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/dev")]


@pytest.mark.parametrize(("asker", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 404), ("", 404)])
def test_pages_are_for_this_machine_alone(client, name, asker, status):
    pages = ["/dev/mail/", f"/dev/mail/{name}", f"/dev/mail/{name}/source"]

    answers = [client.get(page, environ_overrides={"REMOTE_ADDR": asker}).status_code for page in pages]

    assert answers == [status] * 3

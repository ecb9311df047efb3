"""Letters as bytes: what other people's parsers read is what was written, and nothing can break a header."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import mailparser
import pytest
from fast_mail_parser import parse_email
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import create_app
from app.mail.kinds import CalendarPart
from app.mail.message import BadLetterError, Message

NOW = datetime(2019, 12, 1, 4, 30, tzinfo=UTC)
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Juhui//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    "UID:1@example.org\r\nDTSTAMP:20191201T043000Z\r\nDTSTART:20191214T050000Z\r\n"
    "SUMMARY:云原生技术交流 Meetup\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
# Letters of the kind people write: Han, Latin, emoji, Arabic, marks that turn the line, punctuation, and many spaces
# at any place.
PIECES = st.sampled_from(
    [
        *"聚会云原生技术交流活动报名确认，。：《》（）",
        *"abcXYZ019-,;:()<>@\"'\\=?_",
        "🎉",
        "👩‍💻",
        "é",
        "\u202e",
        "\u200f",
        *"مرحبا",
        " ",
        "  ",
        " ",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=120).map("".join)


@pytest.fixture(scope="module", autouse=True)
def a_context(tmp_path_factory):
    """Flask-Mail asks the application for its settings; no database is needed here."""
    app = create_app({"APP_ENV": "testing", "INSTANCE_PATH": str(tmp_path_factory.mktemp("message")), "DUTIES": "off"})
    with app.app_context():
        yield


def compose(**changes):
    values = {
        "message_id": "<letter.1@example.org>",
        "sender": ("KubeSphere 社区", "meetup@example.org"),
        "recipient": ("张三", "san@example.com"),
        "reply_to": None,
        "subject": "报名成功：云原生技术交流 Meetup 北京站",
        "text": "你好\n再见\n",
        "html": "<!doctype html><p>你好</p>",
        "calendar": None,
        "headers": {},
        "now": NOW,
    }
    return Message(**(values | changes))


def strict(message):
    return message_from_bytes(message.as_bytes(), policy=policy.default)


def tree(part):
    if part.is_multipart():
        return [part.get_content_type(), *(tree(child) for child in part.iter_parts())]
    return part.get_content_type()


def test_message_says_who_whom_when_and_that_it_is_automatic():
    letter = strict(compose(reply_to="host@example.org", headers={"References": "<letter.0@example.org>"}))

    assert {name: value for name, value in letter.items() if name != "Content-Type"} == {
        "MIME-Version": "1.0",
        "From": "KubeSphere 社区 <meetup@example.org>",
        "To": "张三 <san@example.com>",
        "Subject": "报名成功：云原生技术交流 Meetup 北京站",
        "Date": "Sun, 01 Dec 2019 04:30:00 +0000",
        "Message-ID": "<letter.1@example.org>",
        "Reply-To": "host@example.org",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "References": "<letter.0@example.org>",
    }
    assert letter.get_body(("plain",)).get_content() == "你好\r\n再见\r\n"
    assert letter.defects == []


def test_invitation_stands_in_the_alternative_and_beside_it_as_a_file():
    letter = strict(compose(calendar=CalendarPart(ICS, "REQUEST")))

    assert tree(letter) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", "text/html", "text/calendar"],
        "application/ics",
    ]
    invitation = list(letter.walk())[4]
    # The exact words, which some servers look for; and no Content-Disposition.
    assert invitation.as_bytes(policy=policy.compat32).startswith(
        b"Content-Type: text/calendar; charset=utf-8; method=REQUEST; component=VEVENT\n"
        b"Content-Transfer-Encoding: base64\n\n"
    )
    file = list(letter.walk())[5]
    assert file["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert invitation.get_payload(decode=True) == file.get_payload(decode=True) == ICS


def test_calendar_without_method_is_a_file_and_nothing_else():
    content = ICS.replace(b"METHOD:REQUEST\r\n", b"")

    letter = strict(compose(calendar=CalendarPart(content, None)))

    assert tree(letter) == ["multipart/mixed", ["multipart/alternative", "text/plain", "text/html"], "application/ics"]


@pytest.mark.parametrize(
    ("content", "method"),
    [
        (ICS, "CANCEL"),
        (ICS, None),
        (ICS.replace(b"METHOD:REQUEST\r\n", b""), "REQUEST"),
        (ICS.replace(b"\r\n", b"\n"), None),
        (ICS.replace(b"\r\nEND:VEVENT", b"\r\r\nEND:VEVENT"), "REQUEST"),
    ],
)
def test_calendar_that_clients_would_misread_is_refused(content, method):
    with pytest.raises(BadLetterError):
        compose(calendar=CalendarPart(content, method))


def test_three_other_parsers_read_the_letter_as_it_was_written():
    text = "段落" * 400 + "\n结束，再见。\n"
    raw = compose(calendar=CalendarPart(ICS, "REQUEST"), text=text, recipient=('Zoë "Z", 张', "zoe@example.com"))

    rust, old, stdlib = parse_email(raw.as_bytes()), mailparser.parse_from_bytes(raw.as_bytes()), strict(raw)

    subject = "报名成功：云原生技术交流 Meetup 北京站"
    assert (rust.subject, old.subject, stdlib["Subject"]) == (subject, subject, subject)
    bodies = (rust.text_plain[0], old.text_plain[0], stdlib.get_body(("plain",)).get_content())
    assert [body.replace("\r\n", "\n") for body in bodies] == [text] * 3
    assert rust.text_html[0].strip() == old.text_html[0].strip() == "<!doctype html><p>你好</p>"
    assert old.to == [('Zoë "Z", 张', "zoe@example.com")]
    assert {a.filename: a.content for a in rust.attachments if a.filename} == {"invite.ics": ICS}
    assert [b64decode(a["payload"]) for a in old.attachments if a["filename"] == "invite.ics"] == [ICS]


@given(subject=TEXTS)
@hypothesis_settings(max_examples=150, deadline=None, derandomize=True)
def test_subject_arrives_as_it_was_written(subject):
    raw = compose(subject=subject).as_bytes()

    head = raw.split(b"\r\n\r\n", 1)[0]
    assert message_from_bytes(raw, policy=policy.default)["Subject"].strip() == subject.strip()
    assert parse_email(raw).subject.strip() == subject.strip()
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ ?]+\?[bqBQ]\?[^ ]*?\?=", head))
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))


@given(name=TEXTS)
@hypothesis_settings(max_examples=150, deadline=None, derandomize=True)
def test_name_arrives_as_it_was_written_and_moves_no_address(name):
    raw = compose(recipient=(name, "san@example.com")).as_bytes()

    # Not policy.default: until Python 3.13 it keeps the space between two encoded words (RFC 2047 6.2).
    ((shown, address),) = getaddresses([message_from_bytes(raw)["To"]])
    assert (str(make_header(decode_header(shown))), address) == (" ".join(name.split()), "san@example.com")


@pytest.mark.parametrize("size", [1, 333, 5000])
def test_lines_are_short_and_ascii_however_long_a_paragraph_is(size):
    raw = compose(text="会" * size, html="<p>" + "议" * size + "</p>", calendar=CalendarPart(ICS, "REQUEST")).as_bytes()

    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert b"\n" not in b"".join(lines)
    assert raw.isascii()


@pytest.mark.parametrize(
    "bad", ["x\r\nBcc: eve@example.org", "x\nBcc: eve@example.org", "x\ry", "x\x00", "x\x0b", "x\u2028y"]
)
@pytest.mark.parametrize("place", ["subject", "sender", "recipient", "message_id", "header", "header name", "filename"])
def test_control_characters_are_refused_in_every_header(place, bad):
    changes = {
        "subject": {"subject": bad},
        "sender": {"sender": (bad, "meetup@example.org")},
        "recipient": {"recipient": (bad, "san@example.com")},
        "message_id": {"message_id": bad},
        "header": {"headers": {"List-Unsubscribe": bad}},
        "header name": {"headers": {bad: "x"}},
        "filename": {"calendar": CalendarPart(ICS, "REQUEST", bad)},
    }

    with pytest.raises(BadLetterError) as refusal:
        compose(**changes[place])

    assert "eve" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": ("", "san@example.com\r\nBcc: eve@example.org")},
        {"recipient": ("", "san@example.com, eve@example.org")},
        {"recipient": ("", "张三@example.com")},
        {"sender": ("", "")},
        {"reply_to": "nobody"},
        {"headers": {"Bcc": "eve@example.org"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Auto-Submitted": "no"}},
    ],
)
def test_what_is_no_address_and_no_header_of_a_letter_is_refused(changes):
    with pytest.raises(BadLetterError):
        compose(**changes)


def test_header_added_later_is_seen_before_sending():
    message = compose()
    message.extra_headers["X-Note"] = "a\r\nBcc: eve@example.org"

    assert message.has_bad_headers()
    assert not compose().has_bad_headers()


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Foo, Inc.", b'To: "Foo, Inc." <san@example.com>'),
        ('Ada "Q" \\ L', b'To: "Ada \\"Q\\" \\\\ L" <san@example.com>'),
        ("", b"To: san@example.com"),
        ("=?utf-8?q?x?=", b"To: =?utf-8?"),
    ],
)
def test_name_is_quoted_or_encoded_as_it_needs(name, wire):
    assert wire in compose(recipient=(name, "san@example.com")).as_bytes()


def test_domain_outside_ascii_travels_in_its_ascii_form():
    message = compose(recipient=("张三", "san@例子.中国"))

    assert message.send_to == {"san@xn--fsqu00a.xn--fiqs8s"}
    assert strict(message)["To"].addresses[0].addr_spec == "san@xn--fsqu00a.xn--fiqs8s"

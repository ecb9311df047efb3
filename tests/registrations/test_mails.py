"""The letters about a sign-up, as they come over the wire, read by parsers that had no part in writing them."""

import re
from collections import Counter
from datetime import UTC, datetime

import fast_mail_parser
import ics
import mailparser
import pytest
import vobject
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import Session
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState
from app.registrations.rules import token_of
from app.registrations.service import cancel
from tests.support.factories import sign_up_as

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def post(app, smtp_server):
    """Deliver what is due and return all messages, so many, as the server got them."""

    def deliver_all(count):
        deliver(utc_now())
        return [message.raw for message in smtp_server.wait_for(count)]

    return deliver_all


@pytest.fixture
def event(make_event, db):
    event = make_event(
        capacity=1,
        starts_at=STARTS_AT,
        title=Texts(zh="KubeSphere and Friends Meetup —— 北京", en="KubeSphere and Friends, Beijing"),
    )
    event.sessions.append(Session(position=0, title=Texts(zh="走近 KubeSphere"), starts_at=STARTS_AT))
    event.sessions.append(Session(position=1, title=Texts(zh="还没有时间的议题")))
    db.commit()
    return event


def own_url(registration):
    return f"https://meetup.community.example/r/{token_of(registration)}?lang={registration.language}"


def calendar_part(raw):
    """Return the invitation's lines, unfolded, by an independent reader of the message."""
    mail = fast_mail_parser.parse_email(raw)
    (attached,) = [part for part in mail.attachments if part.mimetype == "application/ics"]
    return re.sub(rb"\r\n[ \t]", b"", attached.content).decode().split("\r\n")


def test_the_confirmation_says_everything_in_the_visitor_s_language(event, post):
    ada = sign_up_as(event, "ada", full_name="艾达·洛夫莱斯", language="zh")

    (raw,) = post(1)

    first, second = mailparser.parse_from_bytes(raw), fast_mail_parser.parse_email(raw)
    assert first.subject == second.subject == "报名成功：KubeSphere and Friends Meetup —— 北京"
    assert first.to == [("艾达·洛夫莱斯", "ada@example.com")]
    for text in (first.text_plain[0], first.text_html[0], second.text_plain[0], second.text_html[0]):
        for words in (
            "艾达·洛夫莱斯",
            "2031年12月13日 星期六 13:00–18:00 北京时间 (UTC+8)",
            "歌华大厦 13 层",
            "北京市东城区青龙胡同 1 号",
            "走近 KubeSphere",
            "还没有时间的议题",
            own_url(ada),
        ):
            assert words in text
        assert not re.search(r"\b(registered|When|Where|Agenda|place)\b", re.sub(r"<[^>]*>", "", text))


@pytest.mark.parametrize("address", ["shenzhen@example.org", None])
def test_answers_to_a_letter_go_to_the_contact_address_of_its_event(event, post, db, address):
    event.contact_email = address
    db.commit()
    sign_up_as(event, "ada")

    mail = mailparser.parse_from_bytes(*post(1))

    assert [to for _name, to in mail.reply_to] == ([address] if address else [])


def test_the_confirmation_in_english_has_no_chinese_words_of_ours(event, post):
    ada = sign_up_as(event, "ada", language="en")

    text = mailparser.parse_from_bytes(*post(1)).text_plain[0]

    assert "Saturday, 13 December 2031 13:00–18:00 Beijing time (UTC+8)" in text
    assert own_url(ada) in text
    assert "报名" not in text


@pytest.mark.parametrize(("language", "label"), [("zh", "时间为示意"), ("en", "Illustrative times")])
def test_a_letter_marks_invented_times_whatever_the_note_says_and_tells_who_speaks(event, post, db, language, label):
    event.agenda_is_illustrative = True
    event.agenda_note = Texts(zh="茶歇有点心。")
    event.sessions[0].speaker_note = Texts(zh="本来生活")
    db.commit()
    sign_up_as(event, "ada", language=language)

    mail = mailparser.parse_from_bytes(*post(1))

    for text in (mail.text_plain[0], mail.text_html[0]):
        assert label in text
        assert "茶歇有点心。" in text
        assert "本来生活" in text


def test_a_letter_and_its_invitation_say_which_track_an_item_is_in(event, post, db):
    event.sessions[0].track = 2
    db.commit()
    sign_up_as(event, "ada", language="en")

    (raw,) = post(1)

    mail = mailparser.parse_from_bytes(raw)
    for text in (mail.text_plain[0], mail.text_html[0], "".join(line.strip() for line in calendar_part(raw))):
        assert "Track 2" in text


@pytest.mark.parametrize(("language", "line"), [("zh", "40 分钟"), ("en", "40 min")])
def test_a_letter_and_its_invitation_say_how_long_what_has_no_time_takes(event, post, db, language, line):
    session = event.sessions[0]
    session.starts_at, session.ends_at, session.minutes = None, None, 40
    db.commit()
    sign_up_as(event, "ada", language=language)

    (raw,) = post(1)

    mail = mailparser.parse_from_bytes(raw)
    invitation = vobject.readOne("\r\n".join(calendar_part(raw))).vevent.description.value
    title = session.title.in_language(language)
    assert f"{line}  {title}" in mail.text_plain[0]
    assert line in mail.text_html[0]
    assert f"\n{line} {title}" in invitation


def test_the_invitation_is_read_alike_by_two_other_calendar_parsers(event, post):
    sign_up_as(event, "ada", full_name="艾达", language="zh")

    (raw,) = post(1)

    lines = calendar_part(raw)
    whole = "\r\n".join(lines)
    read_by_vobject = vobject.readOne(whole)
    (read_by_ics,) = ics.Calendar(whole).events
    assert read_by_vobject.method.value == "REQUEST"
    assert read_by_vobject.vevent.uid.value == read_by_ics.uid == event.uid
    assert read_by_vobject.vevent.dtstart.value == read_by_ics.begin.datetime == STARTS_AT
    assert read_by_vobject.vevent.summary.value == read_by_ics.name == "KubeSphere and Friends Meetup —— 北京"
    assert read_by_vobject.vevent.attendee.value == "mailto:ada@example.com"
    assert read_by_vobject.vevent.attendee.params["PARTSTAT"] == ["ACCEPTED"]
    assert read_by_vobject.vevent.organizer.value == "mailto:meetup@community.example"
    assert "SEQUENCE:0" in lines


def test_the_invitation_stands_in_the_alternative_and_as_a_file_with_the_same_bytes(event, post):
    sign_up_as(event, "ada")

    mail = mailparser.parse_from_bytes(*post(1))

    parts = [(part.get_content_type(), part.get_param("method")) for part in mail.message.walk()]
    assert parts == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", "REQUEST"),
        ("application/ics", None),
    ]
    contents = [part.get_payload(decode=True) for part in mail.message.walk()]
    assert contents[4] == contents[5]


class TestPlainFile:
    @pytest.fixture
    def settings(self, settings):
        return settings | {"MAIL_CALENDAR": "file"}

    def test_an_organizer_who_wants_no_replies_sends_the_entry_as_a_file_alone(self, event, post):
        ada = sign_up_as(event, "ada")
        (confirmed,) = post(1)
        cancel(ada, now=utc_now())
        cancelled = post(2)[-1]

        kinds = [
            [part.get_content_type() for part in mailparser.parse_from_bytes(raw).message.walk()]
            for raw in (confirmed, cancelled)
        ]

        assert "text/calendar" not in kinds[0]
        assert not [line for line in calendar_part(confirmed) if line.startswith(("METHOD", "ATTENDEE"))]
        assert "application/ics" not in kinds[1]


def test_waiting_leaving_and_moving_up_each_send_their_letter(event, post):
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
    waiting = mailparser.parse_from_bytes(post(2)[-1])

    cancel(ada, now=utc_now())
    raw_cancelled, raw_promoted = post(4)[-2:]

    assert "第 1 位" in waiting.text_plain[0]
    assert [part.get_content_type() for part in waiting.message.walk()].count("text/calendar") == 0
    assert mailparser.parse_from_bytes(raw_cancelled).to == [("ada", "ada@example.com")]
    withdrawn = calendar_part(raw_cancelled)
    assert "METHOD:CANCEL" in withdrawn
    assert "SEQUENCE:1" in withdrawn
    # One person leaves, the event goes on: STATUS must not be there (RFC 5546 3.2.5).
    assert not [line for line in withdrawn if line.startswith("STATUS")]
    promoted = calendar_part(raw_promoted)
    assert "METHOD:REQUEST" in promoted
    assert [line for line in promoted if line.startswith("ATTENDEE") and line.endswith("mailto:bob@example.com")]
    assert own_url(bob) in mailparser.parse_from_bytes(raw_promoted).text_plain[0]


def test_letters_that_news_has_overtaken_are_not_sent(event, post, db):
    ada, _bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")
    cancel(ada, now=utc_now())

    sent = [mailparser.parse_from_bytes(raw) for raw in post(2)]

    # Neither "you have a seat" to who has left, nor "you wait" to who has moved up.
    kinds = Counter(db.execute(select(Letter.kind, Letter.state)).all())
    assert [mail.to[0][1] for mail in sent] == ["ada@example.com", "bob@example.com"]
    assert kinds == {
        ("confirmed", LetterState.STOPPED): 1,
        ("waiting", LetterState.STOPPED): 1,
        ("cancelled", LetterState.SENT): 1,
        ("promoted", LetterState.SENT): 1,
    }

"""Files and invitations: what is in them, and the golden files that tests/calendar/test_golden.py reads."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.calendar.objects import Attendee, event_file, invitation
from app.community.models import Site
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import EventState, Mode
from tests.calendar.samples import REVISED_AT, agenda, as_vobject, event_of, lines_of, values_of

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)  # no event is in the database

NOW = datetime(2019, 12, 3, 2, 30, tzinfo=UTC)
ADA = Attendee("王小明", "xiaoming@example.com")
OWN = "https://meetup.example.org/r/ABC"
SECRET = "https://meet.example.org/room?pwd=1,2;3"
RIGHT_TO_LEFT = "\u200fקוברנטיס\u200f و كيوب\u200e (Meetup)"

LONG_NAME = "👩🏽‍💻🎉 \u202eمحمد\u202c " + "欧阳云原生容器平台" * 11 + "王"


@pytest.fixture
def settings() -> dict[str, object]:
    return {"PUBLIC_URL": "https://meetup.example.org", "MAIL_SENDER": "meetup@example.org"}


@pytest.fixture(autouse=True)
def community(app: Flask) -> None:
    with transaction():
        db.session.add(Site(id=1, name=Texts(zh="KubeSphere 社区", en="KubeSphere Community"), revised_at=REVISED_AT))


def invited(event, *, method="REQUEST", sequence=0, language="zh", attendee=ADA, online_url=None, is_waiting=False):
    return invitation(
        event,
        attendee,
        method=method,
        sequence=sequence,
        now=NOW,
        language=language,
        manage_url=OWN,
        online_url=online_url,
        is_waiting=is_waiting,
    )


def demo_agenda():
    return {
        "sessions": agenda(),
        "agenda_is_illustrative": True,
        "agenda_order_known": False,
        "agenda_note": Texts(zh="议题和讲师是真实的。", en="Titles and speakers are real."),
        "notice": Texts(zh="这是演示活动。", en="This is a demo event."),
    }


CASES = {
    "register": lambda: invited(event_of(**demo_agenda())),
    "register-en": lambda: invited(event_of(**demo_agenda()), language="en"),
    "venue-changed": lambda: invited(event_of(venue=None, sequence=1), sequence=1),
    "cancelled": lambda: invited(
        event_of(state=EventState.CANCELLED, cancellation_reason=Texts(zh="场地停电。")), method="CANCEL", sequence=2
    ),
    "left": lambda: invited(event_of(), method="CANCEL", sequence=1),
    "came-back": lambda: invited(event_of(), sequence=3),
    "tentative": lambda: invited(event_of(), is_waiting=True),
    "promoted": lambda: invited(event_of(), sequence=1),
    "zone-changed": lambda: invited(event_of(zone="Asia/Tokyo", sequence=1), sequence=1),
    "over-midnight": lambda: invited(event_of(starts_at=utc(2019, 12, 14, 14))),
    "file": lambda: event_file(event_of(**demo_agenda()), language="zh"),
    "file-en": lambda: event_file(event_of(**demo_agenda()), language="en"),
    "file-cancelled": lambda: event_file(event_of(state=EventState.CANCELLED, sequence=1), language="zh"),
    "all-day": lambda: event_file(event_of(**days(date(2020, 7, 1), 2)), language="en"),
    "online": lambda: invited(event_of(mode=Mode.ONLINE, venue=None, city=None), online_url=SECRET),
    "hybrid": lambda: invited(event_of(mode=Mode.HYBRID), online_url=SECRET, language="en"),
    "online-file": lambda: event_file(event_of(mode=Mode.ONLINE, venue=None, online_url=SECRET), language="zh"),
    "berlin": lambda: event_file(event_of(zone="Europe/Berlin", starts_at=utc(2026, 7, 4, 12)), language="en"),
    "new-york": lambda: event_file(event_of(zone="America/New_York", starts_at=utc(2026, 11, 1, 3)), language="en"),
    "casablanca": lambda: event_file(event_of(zone="Africa/Casablanca", starts_at=utc(2026, 3, 1, 12)), language="en"),
    "long-title": lambda: event_file(event_of(title=Texts(zh="云原生社区聚会，" * 25)), language="zh"),
    "emoji": lambda: event_file(event_of(title=Texts(en="🎉" * 40 + "👩🏽‍💻 party")), language="en"),
    "right-to-left": lambda: event_file(event_of(title=Texts(en=RIGHT_TO_LEFT)), language="en"),
    "long-name": lambda: invited(event_of(), attendee=Attendee(LONG_NAME, "xiaoming@example.com")),
    "punctuation": lambda: event_file(
        event_of(title=Texts(en='a, b; c:\\New "d"'), summary=Texts(en="one\r\ntwo\\n\x00\x0b\u2028three\n; , ^")),
        language="en",
    ),
}


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def days(first: date, count: int) -> dict[str, object]:
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)
    return {"starts_at": midnight, "ends_at": midnight + timedelta(days=count), "is_all_day": True}


@pytest.mark.parametrize("case", CASES)
def test_object_is_the_golden_one(case, golden):
    content = CASES[case]()

    golden(case, content)


def test_request_names_one_attendee_who_has_accepted():
    content = CASES["register"]()

    assert values_of(content, "METHOD") == [":REQUEST"]
    assert values_of(content, "STATUS") == [":CONFIRMED"]
    assert values_of(content, "ORGANIZER") == [';CN="KubeSphere 社区":mailto:meetup@example.org']
    assert values_of(content, "ATTENDEE") == [
        ";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE;CN=王小明:mailto:xiaoming@example.com"
    ]
    assert values_of(content, "DTSTAMP") == [":20191203T023000Z"]
    assert values_of(content, "LAST-MODIFIED") == [":20191202T040000Z"]


def test_uninviting_one_person_has_no_status():
    content = CASES["left"]()

    assert values_of(content, "METHOD") == [":CANCEL"]
    assert values_of(content, "STATUS") == []
    assert values_of(content, "SEQUENCE") == [":1"]
    assert values_of(content, "ATTENDEE") == [
        ";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;CN=王小明:mailto:xiaoming@example.com"
    ]


def test_cancelling_the_event_says_so():
    content = CASES["cancelled"]()

    assert values_of(content, "METHOD") == [":CANCEL"]
    assert values_of(content, "STATUS") == [":CANCELLED"]
    assert values_of(content, "SEQUENCE") == [":2"]
    assert "场地停电。" in as_vobject(content).vevent.description.value


def test_file_asks_nobody_and_changes_only_with_the_event():
    first, second = CASES["file"](), CASES["file"]()

    assert first == second
    assert values_of(first, "DTSTAMP") == values_of(first, "LAST-MODIFIED") == [":20191202T040000Z"]
    assert not [name for name in ("METHOD", "ATTENDEE", "ORGANIZER") if values_of(first, name)]


def test_file_of_a_letter_leads_to_the_own_registration():
    content = event_file(event_of(mode=Mode.HYBRID), language="en", manage_url=OWN, online_url=SECRET)

    assert OWN in as_vobject(content).vevent.description.value
    assert as_vobject(content).vevent.description.value.startswith(f"Join online: {SECRET}")
    assert not values_of(content, "METHOD")


def test_online_link_is_only_for_the_person_who_attends():
    shown, hidden = CASES["online"](), CASES["online-file"]()
    withdrawn = invited(event_of(mode=Mode.ONLINE), method="CANCEL", sequence=1, online_url=SECRET)

    assert as_vobject(shown).vevent.location.value == SECRET
    assert values_of(shown, "CONFERENCE") == [f";VALUE=URI;FEATURE=VIDEO:{SECRET}"]
    assert as_vobject(hidden).vevent.location.value == "线上"
    assert "meet.example.org" not in "".join(lines_of(hidden))
    assert "meet.example.org" not in "".join(lines_of(withdrawn))


def test_illustrative_agenda_is_marked():
    text = as_vobject(CASES["register"]()).vevent.description.value

    assert text.split("\n\n")[2].split("\n") == [
        "议程（时间与顺序均为示意） · 北京时间 (UTC+8)",
        "议题和讲师是真实的。",
        "13:40–14:10 走近 KubeSphere · 周小四、夏润泽",
        "茶歇",
        "12-15 13:00 Porter 的落地实践 · 本来生活",
    ]


def test_zone_without_a_yearly_rule_is_written_in_utc():
    content = CASES["casablanca"]()

    assert values_of(content, "DTSTART") == [":20260301T120000Z"]
    assert "BEGIN:VTIMEZONE" not in lines_of(content)


def test_control_characters_never_reach_the_file():
    content = CASES["punctuation"]()

    assert as_vobject(content).vevent.summary.value == 'a, b; c:\\New "d"'
    assert as_vobject(content).vevent.description.value.startswith("one\ntwo\\n\nthree\n; , ^")
    assert b"\x00" not in content
    assert b"\x0b" not in content


@pytest.mark.parametrize(
    ("name", "email", "line"),
    [
        ('A "B" ^n\r\nBCC: x, y;z', "a+b@example.com", "CN=\"A 'B' n BCC: x, y;z\":mailto:a+b@example.com"),
        ("", "a@例子.中国", ":mailto:a@xn--fsqu00a.xn--fiqs8s"),
        ("Ada", "a%b&c@example.com", "CN=Ada:mailto:a%25b%26c@example.com"),
    ],
)
def test_attendee_cannot_open_a_line(name, email, line):
    content = invited(event_of(), attendee=Attendee(name, email))

    assert [value.endswith(line) for value in values_of(content, "ATTENDEE")] == [True]
    assert not values_of(content, "BCC")


@pytest.mark.parametrize("email", ["", "nobody", "@example.com", "a b@example.com", "a@example.com\r\nX:1"])
def test_attendee_without_an_address_is_refused(email):
    with pytest.raises(ValueError, match="not an e-mail address"):
        invited(event_of(), attendee=Attendee("Ada", email))

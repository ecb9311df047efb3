"""Moving an event: shown first, with who is told; then done; then the letter says it in the organizers' words."""

import re
from datetime import UTC, datetime, timedelta

import mailparser
import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.times import local_of
from app.events.models import Event, EventState
from app.events.service import apply_changes
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations.changes import announce
from app.registrations.models import EventChange
from tests.support.factories import sign_up_as, soon
from tests.support.organizers import signed_in

PAGE = "/organizer/events/meetup/schedule?lang=en"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def settings(smtp_server):
    return {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_SENDER": "meetup@community.example",
    }


@pytest.fixture
def event(make_event):
    return make_event("meetup", starts_at=soon())


@pytest.fixture
def organizer(app):
    return signed_in(app)


def fields(event, page, **changes):
    """Return what a browser would send of the page, with these changes; times as instants."""
    form = {
        "starts": event.starts_at,
        "ends": event.ends_at,
        "zone": event.zone,
        "zone_means": "",
        "mode": event.mode.value,
        "venue": str(event.venue_id),
        "online_url": event.online_url or "",
        "shifts_agenda": "y",
        "seen": re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&#34;", '"'),
    } | changes
    return {
        name: f"{local_of(value, event.zone):%Y-%m-%dT%H:%M}" if name in {"starts", "ends"} else value
        for name, value in form.items()
    }


def proof_in(page):
    return re.search(r'name="shown" value="([^"]*)"', page)[1]


def test_move_is_shown_with_who_is_told_and_then_done(db, event, organizer):
    for name in ("ada", "bob"):
        sign_up_as(event, name)
    later = {"starts": event.starts_at + HOUR, "ends": event.ends_at + HOUR, "note-en": "The lift is out of order."}
    form, started = fields(event, organizer.get(PAGE).text, **later), event.starts_at

    shown = organizer.post(PAGE, data=form)
    before = db.get(Event, event.id, populate_existing=True).starts_at
    answer = organizer.post(PAGE, data=form | {"shown": proof_in(shown.text)})
    overview = organizer.get(answer.location).text

    assert (shown.status_code, before) == (200, started)
    was, now = re.search(r"<s>.*?</span>(.*?)</s>.*?<span>.*?</span>(.*?)</span>", shown.text).groups()
    assert ("13:00–18:00" in was, "14:00–19:00" in now) == (True, True)
    assert "2 people are registered; each gets an e-mail. It leaves in 10 minutes" in shown.text
    assert "Save, and tell 2 people" in shown.text
    assert "The lift is out of order." in shown.text
    assert answer.status_code == 303
    assert "Those who registered get an e-mail in 10 minutes." in overview
    assert db.get(Event, event.id, populate_existing=True).starts_at == later["starts"]


def test_letter_has_the_organizers_words_in_the_reader_s_language(db, event, organizer, smtp_server):
    sign_up_as(event, "ada", language="en")
    sign_up_as(event, "wang", language="zh")
    words = {"note-en": "The lift is out of order.\n<b>Take the stairs</b>", "note-zh": "电梯坏了。"}
    form = fields(event, organizer.get(PAGE).text, starts=event.starts_at + HOUR, **words)
    organizer.post(PAGE, data=form | {"shown": proof_in(organizer.post(PAGE, data=form).text)})
    late = utc_now() + HOUR

    announce(late)
    while deliver(late):
        pass

    changed = [mailparser.parse_from_bytes(sent.raw) for sent in smtp_server.wait_for(4)[2:]]
    read = {
        mail.to[0][1].partition("@")[0]: (mail.text_plain[0].replace("\r\n", "\n"), mail.text_html[0])
        for mail in changed
    }
    assert read.keys() == {"ada", "wang"}
    assert "From the organizers:\nThe lift is out of order.\n<b>Take the stairs</b>" in read["ada"][0]
    assert "&lt;b&gt;Take the stairs&lt;/b&gt;" in read["ada"][1]
    assert all("电梯坏了。" in text for text in read["wang"])
    assert not any("电梯" in text for text in read["ada"])


def test_move_without_a_note_says_nothing_of_one(db, event, organizer, smtp_server):
    sign_up_as(event, "ada", language="en")
    form = fields(event, organizer.get(PAGE).text, starts=event.starts_at + HOUR)
    organizer.post(PAGE, data=form | {"shown": proof_in(organizer.post(PAGE, data=form).text)})
    late = utc_now() + HOUR

    announce(late)
    while deliver(late):
        pass

    text = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw).text_plain[0]
    assert "14:00" in text
    assert "From the organizers" not in text


def test_what_is_changed_after_it_was_shown_is_shown_again(db, event, organizer):
    started = event.starts_at
    form = fields(event, organizer.get(PAGE).text, starts=started + HOUR)
    proof = proof_in(organizer.post(PAGE, data=form).text)

    other = fields(event, organizer.get(PAGE).text, starts=started + 2 * HOUR)
    answer = organizer.post(PAGE, data=other | {"shown": proof})

    assert (answer.status_code, "This will change" in answer.text) == (200, True)
    assert db.get(Event, event.id, populate_existing=True).starts_at == started


@pytest.mark.parametrize(
    ("day", "warned"),
    [
        (1, ["Thursday, 1 October 2026 is a public holiday in China: National Day."]),
        (10, ["Saturday, 10 October 2026 is a working day in China, in exchange for a holiday (National Day)."]),
        (17, []),
    ],
    ids=["holiday", "working Saturday", "plain Saturday"],
)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_holiday_and_working_weekend_are_warned_of_before_a_move_is_saved(event, organizer, monkeypatch, day, warned):
    # The calendar knows the days of 2026, whatever day the test runs on.
    monkeypatch.setattr("app.events.views_moving.utc_now", lambda: datetime(2026, 9, 1, tzinfo=UTC))
    start = datetime(2026, 10, day, 5, tzinfo=UTC)
    form = fields(event, organizer.get(PAGE).text, starts=start, ends=start + 5 * HOUR)

    shown = organizer.post(PAGE, data=form).text

    assert "This will change" in shown
    assert re.findall(r"<li>([^<]* in China[^<]*)</li>", shown) == warned


def test_second_organizer_sees_both_side_by_side_and_keeps_the_note(db, event, organizer):
    form = fields(event, organizer.get(PAGE).text, starts=event.starts_at + HOUR, **{"note-en": "My words"})
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"starts_at": event.starts_at - HOUR}, now=utc_now())

    answer = organizer.post(PAGE, data=form)

    assert answer.status_code == 409
    assert "Somebody else has changed this too" in answer.text
    assert "My words" in answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends": soon() - DAY}, "ends"),
        ({"starts": soon() - 400 * DAY, "ends": soon() - 399 * DAY}, "starts"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "Europe/Berlin"}, "zone_means"),
        ({"venue": "99999"}, "venue"),
        ({"venue": "-1 OR 1=1"}, "venue"),
        ({"online_url": "javascript:alert(1)", "mode": "online"}, "online_url"),
        ({"mode": "by ship"}, "mode"),
        ({"note-en": "x" * 2001}, "note"),
        ({}, "starts"),
    ],
)
def test_what_makes_no_sense_is_shown_again_with_what_was_typed(event, organizer, changes, field):
    form = fields(event, organizer.get(PAGE).text, **changes)

    answer = organizer.post(PAGE, data=form)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_time_that_cannot_be_read_is_refused(event, organizer):
    form = fields(event, organizer.get(PAGE).text) | {"starts": "tomorrow"}

    answer = organizer.post(PAGE, data=form)

    assert (answer.status_code, 'href="#starts"' in answer.text) == (422, True)


def test_cancelled_event_is_not_moved(event, organizer):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"state": EventState.CANCELLED}, now=utc_now())

    page = organizer.get(PAGE).text

    assert "This event is cancelled at the moment." in page
    assert "Show what will change" not in page


def test_move_of_nobody_s_event_tells_nobody(db, event, organizer):
    form = fields(event, organizer.get(PAGE).text, starts=event.starts_at + HOUR)

    page = organizer.post(PAGE, data=form).text
    answer = organizer.post(PAGE, data=form | {"shown": proof_in(page)})

    assert "Nobody is registered, so nobody gets an e-mail." in page
    assert answer.status_code == 303
    announce(utc_now() + DAY)
    assert db.scalar(select(func.count()).select_from(Letter)) == 0


def test_draft_is_saved_at_once(db, make_event, organizer):
    draft = make_event("draft", state=EventState.DRAFT, starts_at=soon())
    path = "/organizer/events/draft/schedule?lang=en"
    form = fields(draft, organizer.get(path).text, starts=draft.starts_at + HOUR)

    answer = organizer.post(path, data=form)

    assert (answer.status_code, "after=saved" in answer.location) == (303, True)
    assert db.get(Event, draft.id, populate_existing=True).starts_at == soon() + HOUR
    assert db.scalar(select(func.count()).select_from(EventChange)) == 0


def test_page_asks_as_often_for_a_long_agenda_as_for_none(event, organizer, count_statements):
    from app.events.models import Session

    asked = []
    for count in (1, 3):
        with transaction() as session:
            found = session.get(Event, event.id)
            for position in range(count):
                found.sessions.append(Session(title=Texts(en="Talk"), position=position + count * 10))
        organizer.get(PAGE)
        with count_statements() as seen:
            organizer.get(PAGE)
        asked.append(len(seen))

    assert asked[0] == asked[1] <= 7

"""Reminders: by day, in time, once; not to who has just signed up, left or wants none; whatever dies."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import mailparser
import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState
from app.events.service import apply_changes
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState
from app.registrations import reminders
from app.registrations.models import EventReminder
from app.registrations.reminders import remind
from app.registrations.rules import reminders_token_of, token_of
from app.registrations.service import cancel
from app.registrations.unsubscribing import resume_reminders, stop_reminders
from tests.races.test_killed_sign_up import POINTS, die_at
from tests.support.factories import sign_up_as, states

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)  # 13:00 in Beijing
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
EARLY = STARTS_AT - 20 * DAY
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=3, starts_at=STARTS_AT, title=Texts(zh="北京 Meetup", en="Beijing meetup"))


@pytest.fixture
def ada(event):
    return sign_up_as(event, "ada", language="en", now=EARLY)


def run(now):
    """Let the duty come to rest."""
    while remind(now):
        pass


def reminded(db):
    """Return who got which reminder (in minutes before the start), by the part of the address before the @."""
    db.expire_all()
    rows = db.execute(select(Letter.key, Letter.to_email).where(Letter.kind == "reminder").order_by(Letter.id))
    return [(int(key.split(":")[2]), email.partition("@")[0]) for key, email in rows]


def change(event, *, now, **values):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), values, now=now)


def test_each_reminder_goes_once_at_its_moment(db, ada):
    for now in (STARTS_AT - WEEK - MOMENT, STARTS_AT - WEEK, STARTS_AT - WEEK + HOUR, STARTS_AT - DAY):
        run(now)
    run(STARTS_AT - 2 * HOUR)
    run(STARTS_AT - HOUR)
    run(STARTS_AT + HOUR)

    assert reminded(db) == [(10080, "ada"), (1440, "ada"), (120, "ada")]


def test_the_moments_are_the_event_s_own(db, make_event):
    event = make_event(starts_at=STARTS_AT, reminders=[180])
    sign_up_as(event, "ada", now=EARLY)

    for now in (STARTS_AT - WEEK, STARTS_AT - DAY, STARTS_AT - 3 * HOUR, STARTS_AT - 2 * HOUR):
        run(now)

    assert reminded(db) == [(180, "ada")]


def test_who_signed_up_or_moved_up_after_the_moment_is_not_reminded(db, event, ada):
    sign_up_as(event, "bob", now=STARTS_AT - DAY)
    sign_up_as(event, "cyd", now=STARTS_AT - DAY + MOMENT)
    late = sign_up_as(event, "dan", now=EARLY)  # waits
    cancel(ada, now=STARTS_AT - DAY + MOMENT)

    run(STARTS_AT - DAY + HOUR)

    assert states(event)[late.name] == "offered"
    assert reminded(db) == [(1440, "bob")]


def test_who_waits_has_left_or_wants_none_is_not_reminded(db, make_event):
    event = make_event(capacity=3, starts_at=STARTS_AT)
    people = {name: sign_up_as(event, name, now=EARLY) for name in ("ada", "bob", "cyd", "dan")}
    cancel(people["bob"], now=EARLY)  # dan moves up
    sign_up_as(event, "eve", now=EARLY)  # waits
    stop_reminders("cyd@example.com", now=EARLY)

    run(STARTS_AT - WEEK)

    assert reminded(db) == [(10080, "ada"), (10080, "dan")]


def test_a_site_that_was_down_sends_the_latest_that_is_of_use_and_no_stack(db, ada):
    run(STARTS_AT - 22 * HOUR)  # a week and a day have passed
    run(STARTS_AT - timedelta(minutes=70))

    assert reminded(db) == [(1440, "ada"), (120, "ada")]


def test_a_reminder_of_no_more_use_is_left_out(db, ada):
    run(STARTS_AT - timedelta(minutes=59))

    assert reminded(db) == []


def test_nothing_goes_at_night(db, ada):
    run(STARTS_AT - 15 * HOUR)  # 22:00: the reminder of a day before is nine hours late
    at_night = reminded(db)
    run(STARTS_AT - 3 * DAY - 5 * HOUR)  # 08:00

    assert at_night == []
    assert reminded(db) == []  # three days before, the week's is of no use any more


def test_a_moved_event_is_reminded_of_by_its_new_times_and_not_of_what_was_told(db, event, ada):
    run(STARTS_AT - WEEK)
    run(STARTS_AT - DAY)

    change(event, now=STARTS_AT - 20 * HOUR, starts_at=STARTS_AT + 3 * HOUR, ends_at=STARTS_AT + 8 * HOUR)
    run(STARTS_AT - 19 * HOUR)  # two hours after the new moment of "a day before": the change is told already
    told = reminded(db)
    change(event, now=STARTS_AT - 18 * HOUR, starts_at=STARTS_AT + 10 * DAY, ends_at=STARTS_AT + 11 * DAY)
    run(STARTS_AT - 2 * HOUR)
    for before in (WEEK, DAY, 2 * HOUR):
        run(STARTS_AT + 10 * DAY - before)

    assert told == [(10080, "ada"), (1440, "ada")]
    assert reminded(db) == [*told, (10080, "ada"), (1440, "ada"), (120, "ada")]


def test_a_cancelled_event_or_a_draft_reminds_nobody(db, event, ada):
    change(event, now=EARLY, state=EventState.CANCELLED)

    run(STARTS_AT - WEEK)

    assert reminded(db) == []


@pytest.mark.parametrize("how", ["left", "moved", "cancelled", "stopped"])
def test_a_reminder_that_is_no_longer_true_is_not_sent(db, event, ada, how, smtp_server):
    now = STARTS_AT - WEEK
    run(now)
    if how == "left":
        cancel(ada, now=now)
    elif how == "moved":
        change(event, now=now, starts_at=STARTS_AT + HOUR)
    elif how == "cancelled":
        change(event, now=now, state=EventState.CANCELLED)
    else:
        stop_reminders(ada.email_key, now=now)

    deliver(now)

    assert db.scalar(select(Letter.state).where(Letter.kind == "reminder")) == LetterState.STOPPED


def test_of_reminders_that_had_to_wait_for_the_mail_server_only_the_last_is_sent(db, ada):
    run(STARTS_AT - WEEK)
    run(STARTS_AT - DAY)

    deliver(STARTS_AT - DAY)

    rows = db.execute(select(Letter.key, Letter.state).where(Letter.kind == "reminder").order_by(Letter.id)).all()
    assert [(key.split(":")[2], state) for key, state in rows] == [("10080", "stopped"), ("1440", "sent")]


def test_the_letter_has_the_facts_a_way_out_and_one_click_against_more(db, event, ada, smtp_server):
    run(STARTS_AT - WEEK)
    deliver(STARTS_AT - WEEK)

    mail = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw)
    stop = f"https://meetup.community.example/u/{reminders_token_of(ada)}"
    assert mail.subject == "Reminder: Beijing meetup, 13 Dec 13:00"
    for text in (mail.text_plain[0], mail.text_html[0]):
        assert "Saturday, 13 December 2031 13:00–18:00 Beijing time (UTC+8)" in text
        assert f"/r/{token_of(ada)}?lang=en&leave=yes" in text.replace("&amp;", "&")
        assert f"{stop}?lang=en" in text
    wish = f"mailto:meetup@community.example?subject=unsubscribe%20{reminders_token_of(ada)}"
    assert mail.message["List-Unsubscribe"].split() == [f"<{stop}>,", f"<{wish}>"]  # folded (RFC 5322 2.2.3)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("contact", "reply_to", "asked"),
    [
        (None, "", "meetup@community.example"),
        (None, "host@example.org", "host@example.org"),
        ("beijing+talks@example.org", "host@example.org", "beijing+talks@example.org"),
    ],
)
def test_a_wish_for_no_more_reminders_can_be_written_to_whoever_answers(
    app, db, event, ada, smtp_server, contact, reply_to, asked
):
    app.config["MAIL_REPLY_TO"] = reply_to
    change(event, now=EARLY, contact_email=contact)
    run(STARTS_AT - WEEK)
    deliver(STARTS_AT - WEEK)

    message = mailparser.parse_from_bytes(smtp_server.wait_for(2)[-1].raw).message
    _post, wish = re.fullmatch(r"<(https://[^>]+)>,\s+<([^>]+)>", message["List-Unsubscribe"].strip()).groups()
    parts = urlsplit(wish)
    assert (parts.scheme, unquote(parts.path)) == ("mailto", asked)
    assert parse_qs(parts.query) == {"subject": [f"unsubscribe {reminders_token_of(ada)}"]}


def test_a_fan_out_killed_anywhere_goes_on_and_reminds_everybody_once(app, db, make_event, monkeypatch):
    # Steps of two, so that five people take three steps and a kill falls between and inside them.
    monkeypatch.setattr(reminders, "STEP", 2)
    event = make_event(capacity=None, starts_at=STARTS_AT)
    names = ["ada", "bob", "cyd", "dan", "eve"]
    for name in names:
        sign_up_as(event, name, now=EARLY)
    db.remove()

    for point in range(1, POINTS * 3):
        if die_at(app, point, lambda: run(STARTS_AT - WEEK)):
            break
    run(STARTS_AT - WEEK)

    assert point > 3, "the first run came to its end: nothing was killed"
    assert reminded(db) == [(10080, name) for name in names]
    assert db.scalars(select(EventReminder.finished_at)).all() == [STARTS_AT - WEEK]


def test_looking_costs_the_same_for_one_event_and_for_three(db, make_event, count_statements):
    asked = []
    for number in (1, 2):
        for _ in range(number):
            sign_up_as(make_event(starts_at=STARTS_AT), "ada", now=EARLY)
        run(STARTS_AT - WEEK)
        with count_statements() as seen:
            remind(STARTS_AT - WEEK)
        asked.append(len(seen))

    assert asked[0] == asked[1] <= 4


class TestStopping:
    def test_a_mail_program_stops_reminders_by_one_post_and_nothing_else(self, client, db, event, ada):
        link = f"/u/{reminders_token_of(ada)}"

        answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
        again = client.post(link, data={"List-Unsubscribe": "One-Click"})
        run(STARTS_AT - WEEK)

        assert [answer.status_code, again.status_code] == [303, 303]
        assert "Set-Cookie" not in answer.headers
        assert reminded(db) == []
        assert states(event) == {"ada": "confirmed"}

    def test_looking_stops_nothing_and_it_can_be_taken_back(self, client, db, ada):
        link = f"/u/{reminders_token_of(ada)}"

        looked = client.get(f"{link}?lang=en").text
        client.post(link)
        stopped = client.get(f"{link}?lang=en").text
        client.post(f"{link}/resumption")
        run(STARTS_AT - WEEK)

        assert "ada@example.com gets a reminder" in looked
        assert "ada@example.com gets no more reminders." in stopped
        assert reminded(db) == [(10080, "ada")]

    def test_the_link_of_reminders_opens_no_registration_and_a_forged_one_nothing(self, client, ada):
        token = reminders_token_of(ada)

        assert client.get(f"/r/{token}").status_code == 404
        assert client.get(f"/u/{token_of(ada)}").status_code == 404
        assert client.post(f"/u/{ada.code}{'A' * 22}").status_code == 404

    def test_stopping_holds_for_every_event_of_the_address(self, db, make_event, ada):
        other = make_event(starts_at=STARTS_AT)
        sign_up_as(other, "ada", now=EARLY)
        stop_reminders(ada.email_key, now=utc_now())
        run(STARTS_AT - WEEK)
        stopped = reminded(db)

        resume_reminders(ada.email_key)
        run(STARTS_AT - DAY)

        assert stopped == []
        assert reminded(db) == [(1440, "ada")] * 2

"""Whatever is written in whatever field: no letter has a header or a recipient that we did not give it."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import mailparser
import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.community.models import Site
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.core.tokens import new_secret
from app.core.versions import Seen
from app.events import venues
from app.events.models import Event, EventState, TicketType, Venue
from app.events.service import apply_changes
from app.history.service import Actor
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations import approval
from app.registrations.changes import announce
from app.registrations.models import Question, QuestionKind, Registration
from app.registrations.reminders import remind
from app.registrations.rules import token_of
from app.registrations.service import cancel
from tests.registrations.pages import send_back
from tests.support.factories import LONG_AGO, sign_up_as
from tests.support.organizers import signed_in

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
EVIL = "Eve\r\nBcc: eve@example.com\r\n\r\n<b>Eve</b>"
# A name that looks like a web address is refused before; this one is taken, as one line.
EVIL_NAME = "Eve\r\nBcc: eve@mail.test\r\n\r\n<b>Eve</b>"
OLGA = Actor(organizer_id=1)
DELAY = timedelta(minutes=10)
WEEK = timedelta(days=7)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    with transaction() as session:
        session.add(Site(id=1, name=Texts(zh="社区", en="Community"), revised_at=LONG_AGO))
    return make_event("meetup", capacity=2, starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=3))


def change(event, note=None, **values):
    with transaction() as session:
        apply_changes(session.get(Event, event.id), values, by=OLGA, now=utc_now(), note=note)


def venue_says(**words):
    venue = db.session.scalars(select(Venue)).one()
    seen = venues.values_of(venue)
    venues.save_venue(venue.id, seen | words, seen=Seen.of(seen), by=OLGA, now=utc_now())


def attendee_name(event, send_form, **_more):
    assert send_form(event, name=EVIL, email="mal@example.com").status_code == 422
    assert send_form(event, name=EVIL_NAME, email="mal@example.com").status_code == 303


def event_title_zh(event, **_more):
    change(event, title=Texts(zh=EVIL))


def event_title_en(event, **_more):
    change(event, title=Texts(en=EVIL))


def venue_name(event, **_more):
    venue_says(name=Texts(zh=EVIL, en=EVIL))


def venue_address(event, **_more):
    venue_says(address=Texts(zh=EVIL, en=EVIL))


def contact_email(app, event, **_more):
    answer = send_back(signed_in(app), "/organizer/events/meetup/details", contact_email=EVIL)
    assert answer.status_code == 422  # no address: letters would have nowhere to be answered


def contact_email_with_words(app, event, **_more):
    address = "host@example.org\r\nBcc: eve@example.com"
    assert send_back(signed_in(app), "/organizer/events/meetup/details", contact_email=address).status_code == 422


def note(event, **_more):
    change(event, starts_at=STARTS_AT + DELAY, note=Texts(zh=EVIL, en=EVIL))


def cancellation_reason(event, **_more):
    change(event, state=EventState.CANCELLED, cancellation_reason=Texts(zh=EVIL))


def declined_words(event, **_more):
    change(event, needs_approval=True)
    mal = sign_up_as(event, "mal")
    assert approval.decline(event.id, [mal.id], words=EVIL, by=OLGA, now=utc_now()) == 1


def ticket_type_name(event, **_more):
    with transaction() as session:
        session.get(TicketType, event.ticket_types[0].id).name = Texts(zh=EVIL, en=EVIL)


def question(event, send_form, **_more):
    with transaction() as session:
        words = {"label": Texts(zh=EVIL, en=EVIL), "help": Texts(zh=EVIL, en=EVIL)}
        session.add(Question(event_id=event.id, key="why", position=0, kind=QuestionKind.LONG_TEXT, **words))
        apply_changes(session.get(Event, event.id), {}, now=utc_now(), parts=("questions",))
    answered = send_form(event, name="Mal", email="mal@example.com", q_why=EVIL)
    assert answered.status_code == 303


def receivers_name(event, client, **_more):
    ada = db.session.scalars(select(Registration).where(Registration.email_key == "ada@example.com")).one()
    data = {"name": EVIL_NAME, "email": "rob@example.com"}
    assert client.post(f"/r/{token_of(ada)}/transfer", data=data).status_code == 303


def organizers_name(app, event, **_more):
    data = {"email": "mal@example.com", "name": EVIL, "role": "editor", "language": "en"}
    assert signed_in(app).post("/organizer/team", data=data).status_code == 303


def inviters_name(app, event, **_more):
    owner = signed_in(app, "olga@example.com", name=EVIL)
    data = {"email": "mal@example.com", "name": "Mal", "role": "editor", "language": "en"}
    assert owner.post("/organizer/team", data=data).status_code == 303


def user_agent(event, **_more):
    address = normalise("olga@example.com")
    accounts.add_organizer(address, name="Olga", now=utc_now())
    for _device in range(2):  # the very first is no news
        token = accounts.link_for_command(address, now=utc_now())
        accounts.sign_in(token, user_agent=f"{EVIL} Firefox/140.0", device=new_secret(), now=utc_now())


def community_name(event, **_more):
    with transaction() as session:
        session.get(Site, 1).name = Texts(zh=EVIL, en=EVIL)


# The field, and a letter that must arrive although it stands there.
TABLE = [
    (attendee_name, "confirmed"),
    (event_title_zh, "reminder"),
    (event_title_en, "reminder"),
    (venue_name, "event-changed"),
    (venue_address, "event-changed"),
    (contact_email, "reminder"),
    (contact_email_with_words, "reminder"),
    (note, "event-changed"),
    (cancellation_reason, "event-cancelled"),
    (declined_words, "declined"),
    (ticket_type_name, "confirmed"),
    (question, "confirmed"),
    (receivers_name, "transfer"),
    (organizers_name, "invited"),
    (inviters_name, "invited"),
    (user_agent, "new_device"),
    (community_name, "confirmed"),
]


@pytest.mark.parametrize(("write", "kind"), TABLE, ids=[write.__name__ for write, _kind in TABLE])
def test_no_field_can_begin_a_header_or_add_a_recipient(app, client, event, send_form, smtp_server, write, kind):
    for name, language in (("ada", "zh"), ("bob", "en"), ("cyd", "en")):
        sign_up_as(event, name, language=language)

    write(app=app, client=client, event=event, send_form=send_form)
    deliver(utc_now())
    announce(utc_now() + DELAY)
    deliver(utc_now() + DELAY)
    remind(STARTS_AT - WEEK)
    deliver(STARTS_AT - WEEK)
    if kind != "event-cancelled":
        cancel(db.session.scalars(select(Registration).where(Registration.name == "bob")).one(), now=utc_now())
    deliver(utc_now() + DELAY)

    db.session.expire_all()
    letters = db.session.scalars(select(Letter)).all()
    assert {letter.state.value for letter in letters} <= {"sent", "stopped"}
    sent = {letter.message_id: letter for letter in letters if letter.state.value == "sent"}
    assert kind in {letter.kind for letter in sent.values()}
    assert len(smtp_server.messages) == len(sent)
    for received in smtp_server.messages:
        parsed = message_from_bytes(received.raw, policy=policy.default)
        assert received.recipients == (sent[parsed["Message-ID"]].to_email,)
        headers = [name.lower() for part in parsed.walk() for name in part.keys()]  # noqa: SIM118 - a message, no dict
        assert not {"bcc", "cc"} & set(headers)
        assert (len(parsed["To"].addresses), len(parsed["From"].addresses)) == (1, 1)
        assert mailparser.parse_from_bytes(received.raw).bcc == []
        assert not re.search(rb"^b?cc:", received.raw, re.IGNORECASE | re.MULTILINE)
        for part in parsed.walk():
            if part.get_content_type() in {"text/calendar", "application/ics"}:
                lines = re.sub(rb"\r\n[ \t]", b"", part.get_payload(decode=True)).split(b"\r\n")
                assert [line for line in lines if line.lower().startswith(b"bcc")] == []

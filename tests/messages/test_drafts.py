"""Writing a message: what is refused, what is kept, whom it is for, how it looks, a test to oneself."""

import re
from dataclasses import fields
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select

from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.history.models import Entry
from app.mail.models import Letter
from app.messages.audience import outlook
from app.messages.models import Message, MessageState
from app.messages.queries import message_of
from app.registrations.marks import AttendeeTag
from app.registrations.models import QuestionKind, Registration, RegistrationState
from app.registrations.rules import token_of
from tests.messages.sending import arrived, send_all
from tests.registrations.pages import fields_on
from tests.support.factories import sign_up_as

BASE = "/organizer/events/meetup/messages"


@pytest.fixture
def new_form(ada, event):
    """The fields of the form of a new message."""
    return fields_on(ada.get(f"{BASE}/new"), BASE)


def test_a_message_is_kept_as_it_was_typed_and_is_for_those_who_come(ada, db, new_form):
    new_form["subject-en"], new_form["body-en"] = "What to bring", "Hello {name}!\n\n- a laptop"

    answer = ada.post(BASE, data=new_form)

    message = db.scalars(select(Message)).one()
    assert answer.headers["Location"] == f"{BASE}/{message.id}?done=saved"
    assert (message.subject, message.body) == (Texts(en="What to bring"), Texts(en="Hello {name}!\n\n- a laptop"))
    assert message.audience == {"status": ["confirmed"]}
    assert (message.state, message.purpose) == (MessageState.DRAFT, "news")


def test_a_placeholder_that_cannot_be_filled_is_refused_where_it_stands(ada, db, new_form):
    new_form["body-en"] = "Hello {name},\nsee {evnt}"
    new_form["subject-zh"] = "{"

    answer = ada.post(f"{BASE}?lang=en", data=new_form)

    assert answer.status_code == 422
    assert "English · Line 2, column 5: there is no placeholder {evnt}. Did you mean {event}?" in answer.text
    assert "中文 · Line 1, column 1: this { is never closed." in answer.text
    assert "see {evnt}</textarea>" in answer.text
    assert '<details class="more" open>\n      <summary>Placeholders' in answer.text
    assert db.scalar(select(Message)) is None


def test_whoever_writes_past_those_who_want_no_news_says_why(ada, db, new_form):
    new_form["purpose"] = "registration"

    refused = ada.post(f"{BASE}?lang=en", data=new_form)
    new_form["why"] = "The venue asks for a number"
    ada.post(BASE, data=new_form)

    assert refused.status_code == 422
    assert "Please say why everybody must get it" in refused.text
    assert db.scalars(select(Message.why)).all() == ["The venue asks for a number"]


def test_two_who_write_at_once_see_each_other_s_words(ada, event, draft):
    message = draft()
    path = f"{BASE}/{message.id}"
    mine, theirs = fields_on(ada.get(path), path), fields_on(ada.get(path), path)
    theirs["body-en"], mine["body-en"] = "Theirs", "Mine"

    first = ada.post(path, data=theirs)
    second = ada.post(f"{path}?lang=en", data=mine)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Somebody else has changed this too" in second.text
    assert message_of(event.id, message.id).body.en == "Theirs"


def test_the_audience_is_who_fits_all_of_it(ada, db, make_event):
    event = make_event(
        "meetup",
        capacity=None,
        ticket_types=[{"slug": "a", "capacity": None}, {"slug": "b", "capacity": None}],
        questions=[
            {
                "kind": QuestionKind.ONE_CHOICE,
                "options": [{"value": "x", "label": {"en": "X"}}, {"value": "y", "label": {"en": "Y"}}],
            }
        ],
    )
    one, two = (each.id for each in event.ticket_types)
    question_id = 1
    for who, ticket_type_id, answer in (("bob", one, "x"), ("cyd", one, "y"), ("dan", two, "x"), ("eve", one, "x")):
        sign_up_as(event, who, ticket_type_id=ticket_type_id, answers={question_id: answer})
    with transaction() as session:
        people = {person.name: person for person in session.scalars(select(Registration))}
        for who in ("bob", "cyd", "dan"):
            session.add(AttendeeTag(registration_id=people[who].id, event_id=event.id, key="vip", name="VIP"))
        people["bob"].checked_in_at = people["cyd"].checked_in_at = utc_now()
    query = f"?status=confirmed&type={one}&tag=VIP&in=yes&q=bo"

    form = fields_on(ada.get(f"{BASE}/new{query}"), BASE)
    ada.post(BASE, data=form)

    message = db.scalars(select(Message)).one()
    assert message.audience == {
        "status": ["confirmed"], "type": [str(one)], "tag": ["VIP"], "in": ["yes"], "q": ["bo"],
    }  # fmt: skip
    assert outlook(event, message).goes_to == 1


WISHES = {each.name: {} for each in fields(Wanted)} | {"source": {"source": "weibo"}, "unknown": {"source": ""}}


@pytest.mark.parametrize("field", WISHES)
def test_every_part_of_a_wish_goes_from_the_list_to_the_message(ada, db, event, field):
    everything = Wanted(
        search="bo",
        states=(RegistrationState.WAITING,),
        ticket_types=(event.ticket_types[0].id,),
        answers=((5, "yes"),),
        tags=("VIP",),
        is_checked_in=False,
        signed_up_from=date(2026, 5, 1),
        signed_up_to=date(2026, 5, 31),
        lacks_answers=True,
    )
    wanted = Wanted(**(WISHES[field] or {field: getattr(everything, field)}))

    page = ada.get(f"{BASE}/new", query_string=wanted.as_query())
    ada.post(BASE, data=fields_on(page, BASE))

    message = db.scalars(select(Message)).one()
    assert wanted != Wanted()
    assert Wanted.stored(message.audience) == wanted
    shown = ada.get(f"{BASE}/{message.id}/sending?lang=en").text
    assert ("Everybody who ever signed up" in shown) == (field == "answers")  # to a question that is not there


def test_a_preview_shows_it_as_one_attendee_gets_it_and_gives_away_no_link_of_theirs(ada, event, draft):
    bob = sign_up_as(event, "bob", full_name="Bob <b>", language="en")
    sign_up_as(event, "cyd", full_name="Cyd", language="en")
    message = draft(body=Texts(en="Hello {name}, see {own_page}"))

    first = ada.get(f"{BASE}/{message.id}/preview?lang=en")
    by_code = ada.get(f"{BASE}/{message.id}/preview?who=cyd@example.com&lang=en").text
    frame = re.search(r'<iframe[^>]* src="([^"]+)"', first.text)[1].replace("&amp;", "&")
    letter = ada.get(frame)

    assert "Hello Bob &lt;b&gt;, see" in first.text
    assert "Hello Cyd, see" in by_code
    assert "Hello Bob &lt;b&gt;" in letter.text
    assert token_of(bob) not in first.text + letter.text
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in first.headers["Content-Security-Policy"]


def test_a_preview_of_what_nobody_gets_yet_is_of_somebody_made_up(ada, draft):
    page = ada.get(f"{BASE}/{draft().id}/preview?lang=en&in=en")

    assert page.status_code == 200
    assert "Hello Han Meimei!" in page.text


def test_a_test_goes_to_oneself_alone_in_each_language(ada, event, draft, smtp_server):
    bob = sign_up_as(event, "bob", full_name="Bob")
    message = draft(
        subject=Texts(zh="带什么来", en="What to bring"), body=Texts(zh="{name}你好 {own_page}", en="Hi {name}")
    )

    for _ in range(2):  # a slip
        answer = ada.post(f"{BASE}/{message.id}/test", data={"as": bob.code})
    send_all()

    mails = [*arrived(smtp_server, "What to bring").items(), *arrived(smtp_server, "带什么来").items()]
    assert answer.status_code == 303
    assert [(to, mail.subject) for to, mail in mails] == [
        ("ada@example.com", "[Test] What to bring"), ("ada@example.com", "［测试］带什么来"),
    ]  # fmt: skip
    assert "Hi Bob" in mails[0][1].text_plain[0]
    assert token_of(bob) not in mails[1][1].text_plain[0]
    assert mails[0][1].message["List-Unsubscribe"] is None


def test_every_letter_of_a_message_says_which_event_it_is_about(ada, db, event, draft):
    message = draft()
    ada.post(f"{BASE}/{message.id}/test")

    assert db.scalars(select(Letter.topic).where(Letter.kind == "message-test")).all() == [f"event:{event.id}"] * 2


def test_a_draft_is_thrown_away_and_a_message_that_was_sent_is_not(ada, db, event, draft):
    sign_up_as(event, "bob")
    first, second = draft(), draft()
    with transaction() as session:
        session.get(Message, second.id).state = MessageState.SENT

    answers = [ada.post(f"{BASE}/{message.id}/removal").status_code for message in (first, second)]
    saved = ada.post(f"{BASE}/{second.id}", data=fields_on(ada.get(f"{BASE}/new"), BASE)).status_code

    assert answers == [303, 409]
    assert saved == 409
    assert db.scalars(select(Message.id)).all() == [second.id]
    assert "message.removed" in db.scalars(select(Entry.action)).all()


def test_pages_of_fifty_lead_to_older_messages(ada, event, draft):
    for number in range(51):
        draft(subject=Texts(en=f"Message {number:02}"))

    first = ada.get(f"{BASE}?lang=en").text
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = ada.get(older).text

    assert "Message 50" in first
    assert "Message 00" not in first
    assert "Message 00" in second


def test_the_link_that_lets_in_stands_in_no_subject(ada, db, new_form):
    new_form["subject-zh"] = "你的报名 {own_page}"

    answer = ada.post(f"{BASE}?lang=zh", data=new_form)

    assert answer.status_code == 422
    assert "主题里不能有 {own_page}" in unescape(answer.text)
    assert db.scalars(select(Message)).all() == []

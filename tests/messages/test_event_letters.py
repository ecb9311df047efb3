"""The outbox of an event: every letter about it, found, sent again, stopped; and none of another event."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail import delivery, kinds, outbox
from app.mail.models import Failure, Letter, LetterState
from app.mail.service import forget_address
from app.messages import event_letters
from app.messages.event_letters import Wish
from app.registrations import approval, mine, overrides, transfers
from app.registrations.changes import announce
from app.registrations.erasing import erase_person
from app.registrations.letters import topic_of
from app.registrations.overrides import Decision
from app.registrations.reminders import remind
from app.registrations.service import cancel
from app.registrations.transfers import Receiver
from tests.messages.sending import confirm, run, send_all
from tests.support.factories import sign_up_as, soon

BASE = "/organizer/events/meetup/letters"


def names(event, **wish):
    return [line.letter.to_email.partition("@")[0] for line in event_letters.page(event, Wish(**wish)).lines]


def settle(who, state, **values):
    """Let the letters to somebody be in a state."""
    with transaction() as session:
        session.execute(update(Letter).where(Letter.to_key == f"{who}@example.com").values(state=state, **values))


@pytest.fixture
def people(event, make_event):
    """Four whose letters are in each state, and somebody at another event."""
    for who in ("bob", "cyd", "dan", "eve"):
        sign_up_as(event, who, full_name=f"{who.title()} Lee")
    sign_up_as(make_event("other"), "zoe")
    settle("cyd", LetterState.SENT, sent_at=utc_now())
    settle("dan", LetterState.FAILED, failure=Failure.FULL, last_error="552 5.2.2 mailbox full")
    settle("eve", LetterState.STOPPED)
    return event


def test_each_tab_shows_its_letters_and_how_many_there_are(ada, people):
    assert event_letters.counts(people.id) == {"waiting": 1, "sent": 1, "failed": 1, "stopped": 1}
    assert names(people) == ["eve", "dan", "cyd", "bob"]
    assert [names(people, state=tab) for tab in event_letters.STATES] == [["bob"], ["cyd"], ["dan"], ["eve"]]
    page = ada.get(f"{BASE}?state=failed&lang=en").text
    assert "Dan Lee" in page
    assert "The mailbox is full. Send it again in some days." in page
    assert "552 5.2.2 mailbox full" in page


def test_an_outbox_says_whether_there_are_none_or_none_that_fit(ada, event):
    empty, narrowed = ada.get(f"{BASE}?lang=en").text, ada.get(f"{BASE}?state=failed&lang=en").text

    assert "No e-mails yet" in empty
    assert "No such e-mails" in narrowed
    assert "No e-mails yet" not in narrowed


@pytest.mark.parametrize(
    ("search", "found"), [("Dan Lee", ["dan"]), ("cyd@example.com", ["cyd"]), ("nobody", []), ("zoe@example.com", [])]
)
def test_letters_are_found_by_whom_they_went_to(people, search, found):
    assert names(people, search=search) == found


def test_a_place_on_its_way_to_somebody_is_found_by_their_address(people, db):
    bob = sign_up_as(people, "fay")
    transfers.pass_on(bob, Receiver("Gus", normalise("gus@example.com")), language="en", now=utc_now())

    assert names(people, search="GUS@example.com") == ["gus"]


def test_pages_of_fifty_lead_to_and_fro(ada, event, monkeypatch):
    monkeypatch.setattr(event_letters, "PER_PAGE", 2)
    for who in ("a", "b", "c", "d", "e"):
        sign_up_as(event, who)
    settle("b", LetterState.SENT)

    first = event_letters.page(event, Wish())
    second = event_letters.page(event, Wish(), before=first.older)
    third = event_letters.page(event, Wish(), before=second.older)
    back = event_letters.page(event, Wish(), after=third.newer)
    front = event_letters.page(event, Wish(), after=back.newer)

    def who(page):
        return "".join(line.letter.to_email[0] for line in page.lines)

    assert [who(page) for page in (first, second, third, back, front)] == ["ed", "cb", "a", "cb", "ed"]
    assert (first.newer, third.older, front.newer) == (None, None, None)


def test_a_failed_letter_goes_again_and_the_history_says_who_asked(ada, db, people, smtp_server):
    letter = db.scalars(select(Letter).where(Letter.to_key == "dan@example.com")).one()

    answer = ada.post(f"{BASE}/{letter.id}/again", data={"state": "failed"})
    again = ada.post(f"{BASE}/{letter.id}/again")

    db.expire_all()
    entry = db.scalars(select(Entry).where(Entry.action == "letter.sent_again")).one()
    assert answer.headers["Location"] == f"{BASE}?state=failed&done=again"
    assert again.status_code == 409
    assert db.get(Letter, letter.id).state is LetterState.QUEUED
    assert (entry.registration_id, entry.subject) == (letter.ids["registration"], "Dan Lee")
    erase_person("dan@example.com", by=THE_SITE, now=utc_now())
    db.expire_all()
    assert db.get(Entry, entry.id).subject == ""


def test_a_letter_that_waits_is_stopped_and_never_leaves(ada, db, people, smtp_server):
    letter = db.scalars(select(Letter).where(Letter.to_key == "bob@example.com")).one()

    answer = ada.post(f"{BASE}/{letter.id}/stop")
    send_all()

    db.expire_all()
    assert answer.status_code == 303
    assert db.get(Letter, letter.id).state is LetterState.STOPPED
    assert "bob@example.com" not in [to for mail in smtp_server.messages for to in mail.recipients]


def test_a_letter_in_the_hands_of_a_worker_is_not_stopped_and_that_is_said(ada, db, people):
    letter = db.scalars(select(Letter).where(Letter.to_key == "bob@example.com")).one()
    leased = delivery._lease(utc_now())
    assert letter.id in {each.id for each in leased}

    answer = ada.post(f"{BASE}/{letter.id}/stop?lang=en")

    db.expire_all()
    assert answer.status_code == 409
    assert "too late to stop this e-mail" in answer.text
    assert db.get(Letter, letter.id).state is LetterState.SENDING
    assert db.scalars(select(Entry).where(Entry.action == "letter.stopped")).all() == []


def test_the_last_letter_to_somebody_who_was_erased_is_not_stopped(ada, db, people):
    erase_person("cyd@example.com", by=THE_SITE, now=utc_now())
    last = db.scalars(select(Letter).where(Letter.kind == "erased")).one()

    answer = ada.post(f"{BASE}/{last.id}/stop")

    assert last.topic == topic_of(people.id)
    assert answer.status_code == 409
    assert f"{last.id}/stop" not in ada.get(BASE).text


def test_a_letter_of_another_event_is_not_there(ada, db, people):
    letter = db.scalars(select(Letter).where(Letter.to_key == "zoe@example.com")).one()

    answers = [ada.post(f"{BASE}/{letter.id}/{step}").status_code for step in ("again", "stop")]

    assert answers == [404, 404]
    assert "zoe" not in ada.get(BASE).text


def test_the_letters_of_a_message_stand_alone(ada, people, draft):
    message = draft(status=["confirmed"], q="Bob")
    confirm(ada, message)
    run()

    assert names(people, message_id=message.id) == ["bob"]
    page = ada.get(f"{BASE}?message={message.id}&lang=en")
    assert page.status_code == 200
    assert "What to bring" in page.text
    assert ada.get(f"{BASE}?message=999999").status_code == 404


def test_somebody_forgotten_leaves_a_letter_without_a_name(ada, db, people):
    with transaction():
        forget_address("cyd@example.com")

    page = ada.get(f"{BASE}?state=sent&lang=en").text

    assert "no longer known to whom" in page
    assert "Cyd" not in page


def test_every_letter_that_is_about_an_event_says_so(app, db, make_event):
    """Whatever rooms queue: each step that tells somebody, and all that came of it has a topic."""
    event = make_event("meetup", capacity=3, starts_at=soon())
    now, by = utc_now(), Decision(reason="why", by=THE_SITE, now=utc_now())
    people = {who: sign_up_as(event, who) for who in ("bob", "cyd", "dan", "eve", "fay")}
    sign_up_as(event, "bob")  # again
    cancel(people["bob"], now=now)  # cancelled; eve moves up
    transfer = Receiver("Gus", normalise("gus@example.com"))
    transfers.pass_on(db.merge(people["cyd"]), transfer, language="en", now=now)
    overrides.remove(people["dan"].id, by)
    mine.renew_link(people["cyd"], now=now)
    mine.send_calendar_file(people["cyd"], now=now)
    with transaction():
        apply_changes(event, {"needs_approval": True}, now=now)
    for who in ("kim", "lou"):
        people[who] = sign_up_as(event, who)
    approval.approve(event.id, [people["kim"].id], by=THE_SITE, now=now)
    approval.decline(event.id, [people["lou"].id], words="", by=THE_SITE, now=now)
    with transaction():
        apply_changes(event, {"ends_at": event.ends_at.replace(hour=11)}, now=now)
    while announce(now.replace(year=now.year + 1)):
        pass
    while remind(event.starts_at - timedelta(days=1)):
        pass
    erase_person("cyd@example.com", by=THE_SITE, now=now)

    rows = db.execute(select(Letter.kind, Letter.topic)).all()
    assert {kind for kind, _topic in rows} >= {
        "confirmed", "waiting", "promoted", "cancelled", "removed", "transfer", "renewed", "calendar-file", "pending",
        "declined", "event-changed", "reminder", "erased",
    }  # fmt: skip
    assert {topic for _kind, topic in rows} == {topic_of(event.id)}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_outbox_takes_no_letter_about_an_event_that_does_not_say_which(app):
    # Those to no attendee of one event: about a person's own list or calendar, and to those who manage.
    of_no_event = {
        "mine", "personal_feed", "sign_in", "proof", "way_added", "new_device", "invited", "daily-list", "test",
    }  # fmt: skip
    assert kinds._WRITERS.keys() - kinds.kinds_with_topic() - {"probe"} == of_no_event

    with pytest.raises(ValueError, match="must say what they are about"), transaction():
        outbox.queue("confirmed", key="k", to_email="a@example.com", language="en", ids={}, now=utc_now())


def test_a_page_of_three_costs_what_one_costs(ada, event, draft, count_statements):
    asked = []
    for number in (1, 2):
        for each in range(number):
            sign_up_as(event, f"who-{number}-{each}")
        message = draft()
        confirm(ada, message)
        run()
        ada.get(BASE)
        with count_statements() as seen:
            ada.get(f"{BASE}?q=who")
        asked.append(len(seen))

    assert asked[0] == asked[1]

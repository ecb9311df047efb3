"""A message goes once to everybody who fits, whatever changes or dies on the way, and says what it should to each."""

from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail.delivery import deliver, deliver_one
from app.mail.models import Letter, LetterState, Priority, RefusedAddress
from app.messages import sending, service
from app.messages.models import MessageState
from app.messages.queries import letters_of, message_of
from app.registrations.erasing import erase_person
from app.registrations.models import Registration
from app.registrations.rules import news_token_of, token_of
from app.registrations.service import cancel
from app.registrations.unsubscribing import stop_news
from tests.messages.sending import arrived, confirm, run, send_all, states_of, told
from tests.races.test_killed_sign_up import POINTS, die_at
from tests.registrations.pages import fields_on
from tests.support.factories import sign_up_as

BASE = "/organizer/events/meetup/messages"


def test_everybody_with_a_place_gets_it_in_their_language_with_their_own_words(ada, db, event, draft, smtp_server):
    sign_up_as(event, "li", full_name="李雷", language="zh")
    bob = sign_up_as(event, "bob", full_name="Bob", language="en")
    cancel(sign_up_as(event, "gone", language="en"), now=utc_now())
    message = draft(
        subject=Texts(zh="{event}：带什么来", en="{event}: what to bring"),
        body=Texts(zh="# {name}，你好\n\n请带上**电脑**。", en="Hello {name}, [your page]({own_page}), code {code}"),
    )

    answer = confirm(ada, message)
    run()
    send_all()

    mails = arrived(smtp_server, "what to bring") | arrived(smtp_server, "带什么来")
    assert answer.status_code == 303
    assert sorted(mails) == ["bob@example.com", "li@example.com"]
    english, chinese = mails["bob@example.com"], mails["li@example.com"]
    assert english.subject == "Cloud native meetup 1: what to bring"
    assert f'href="https://meetup.community.example/r/{token_of(bob)}?lang=en"' in english.text_html[0]
    assert (
        f"Hello Bob, your page: https://meetup.community.example/r/{token_of(bob)}?lang=en, code {bob.code}"
        in (english.text_plain[0])
    )
    assert chinese.subject == "云原生 Meetup 1：带什么来"
    assert "李雷，你好" in chinese.text_plain[0]
    assert "<strong>电脑</strong>" in chinese.text_html[0]
    assert english.message["Reply-To"] == "host@community.example"
    assert [db.scalar(select(Letter.priority).where(Letter.kind == "message").limit(1))] == [Priority.BULK]


def test_what_people_call_themselves_is_neither_filled_nor_markup(ada, event, draft, smtp_server):
    names = {"a": "{event}", "b": "**x** [y](http://evil.example)", "c": "<b>Eve</b> & {name}"}
    for who, name in names.items():
        sign_up_as(event, who, full_name=name, language="en")

    confirm(ada, draft(subject=Texts(en="For {name}"), body=Texts(en="Hello {name}!")))
    run()
    send_all()

    mails = arrived(smtp_server, "For ")
    assert {who: mails[f"{who}@example.com"].subject for who in names} == {w: f"For {n}" for w, n in names.items()}
    assert all(f"Hello {name}!" in mails[f"{who}@example.com"].text_plain[0] for who, name in names.items())
    assert "Hello <b>Eve" not in mails["c@example.com"].text_html[0]
    assert "<strong>x" not in mails["b@example.com"].text_html[0]
    assert 'evil.example"' not in mails["b@example.com"].text_html[0]


def test_where_one_language_is_missing_the_other_comes_and_that_is_said_before(ada, event, draft, smtp_server):
    sign_up_as(event, "bob", language="en")
    sign_up_as(event, "li", language="zh")
    message = draft(subject=Texts(zh="只有中文"), body=Texts(zh="你好"))

    page = ada.get(f"{BASE}/{message.id}/sending?lang=en").text
    confirm(ada, message)
    run()
    send_all()

    assert "1 of them reads English and gets the Chinese text" in page
    mail = arrived(smtp_server, "只有中文")["bob@example.com"]
    assert '<div lang="zh-Hans">' in mail.text_html[0]
    assert "No more news from organizers" in mail.text_html[0]


def test_news_can_be_stopped_by_one_click_and_are_then_left_out(ada, client, event, draft, smtp_server):
    bob = sign_up_as(event, "bob", language="en")
    sign_up_as(event, "cyd", language="en")
    confirm(ada, draft(subject=Texts(en="First")))
    run()
    send_all()
    mail = arrived(smtp_server, "First")["bob@example.com"].message
    link = f"https://meetup.community.example/n/{news_token_of(bob)}"

    clicked = client.post(f"/n/{news_token_of(bob)}", data={"List-Unsubscribe": "One-Click"})
    second = draft(subject=Texts(en="Second"))
    page = ada.get(f"{BASE}/{second.id}/sending?lang=en").text
    confirm(ada, second)
    about = draft(subject=Texts(en="Third"), purpose="registration", why="The venue asks")
    confirm(ada, about)
    run()
    send_all()

    assert mail["List-Unsubscribe"].split()[0] == f"<{link}>,"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert clicked.status_code == 303
    assert "It goes to 1 person." in page
    assert "1 more wants no news" in page
    assert sorted(arrived(smtp_server, "Second")) == ["cyd@example.com"]
    third = arrived(smtp_server, "Third")
    assert sorted(third) == ["bob@example.com", "cyd@example.com"]
    assert third["bob@example.com"].message["List-Unsubscribe"] is None


def test_an_address_that_refuses_is_counted_and_left_out(ada, db, event, draft):
    sign_up_as(event, "bob")
    sign_up_as(event, "cyd")
    now = utc_now()
    with transaction() as session:
        session.add(RefusedAddress(key="bob@example.com", first_at=now, last_at=now, suppressed_at=now))
    message = draft()

    page = ada.get(f"{BASE}/{message.id}/sending?lang=en").text
    confirm(ada, message)
    run()

    assert "1 address has refused our e-mails" in page
    assert told(db) == ["cyd"]


def test_another_number_than_was_shown_is_shown_before_anything_goes(ada, db, event, draft):
    sign_up_as(event, "bob")
    message = draft()
    path = f"{BASE}/{message.id}/sending"
    shown = fields_on(ada.get(path), path)
    sign_up_as(event, "cyd")

    refused = ada.post(f"{path}?lang=en", data=shown)
    run()
    before = told(db)
    again = ada.post(path, data=fields_on(refused, f"{path}?lang=en"))
    run()

    assert refused.status_code == 409
    assert "It was 1, and is 2." in refused.text
    assert before == []
    assert again.status_code == 303
    assert told(db) == ["bob", "cyd"]


def test_a_message_that_was_changed_since_it_was_shown_is_not_sent(ada, db, event, draft):
    sign_up_as(event, "bob")
    message = draft()
    path = f"{BASE}/{message.id}/sending"
    shown = fields_on(ada.get(path), path)
    form = fields_on(ada.get(f"{BASE}/{message.id}"), f"{BASE}/{message.id}")
    form["body-en"] = "Something else"

    saved = ada.post(f"{BASE}/{message.id}", data=form)
    answer = ada.post(path, data=shown)
    run()

    assert saved.status_code == 303
    assert answer.status_code == 409
    assert told(db) == []


def test_who_signs_up_after_the_button_gets_no_letter_and_who_leaves_before_it_goes_neither(ada, db, event, draft):
    bob, _cyd = sign_up_as(event, "bob"), sign_up_as(event, "cyd")
    confirm(ada, draft())
    sign_up_as(event, "late")
    run()
    queued = told(db)
    cancel(bob, now=utc_now())
    send_all()

    assert queued == ["bob", "cyd"]
    assert states_of(db) == {LetterState.STOPPED: 1, LetterState.SENT: 1}


def test_who_is_erased_between_queue_and_sending_gets_nothing(ada, db, event, draft, smtp_server):
    sign_up_as(event, "bob")
    confirm(ada, draft(subject=Texts(zh="消息"), status=[]))
    run()
    erase_person("bob@example.com", by=THE_SITE, now=utc_now())
    send_all()

    assert arrived(smtp_server, "消息") == {}
    assert states_of(db) == {LetterState.STOPPED: 1}


def test_an_address_with_several_registrations_gets_one_letter(ada, db, event, draft):
    cancel(sign_up_as(event, "bob"), now=utc_now())
    cancel(sign_up_as(event, "bob"), now=utc_now())
    sign_up_as(event, "bob")
    cancel(sign_up_as(event, "cyd"), now=utc_now())

    everybody, who_left = draft(status=[]), draft(status=["cancelled"])
    confirm(ada, everybody)
    run()
    first = told(db)
    confirm(ada, who_left)
    run()

    assert sorted(first) == ["bob", "cyd"]
    assert told(db)[2:] == ["cyd"]


def test_a_second_press_changes_nothing(ada, db, event, draft):
    sign_up_as(event, "bob")
    message = draft()
    path = f"{BASE}/{message.id}/sending"
    shown = fields_on(ada.get(path), path)

    answers = [ada.post(path, data=shown).status_code for _ in range(2)]
    run()

    assert answers == [303, 409]
    assert told(db) == ["bob"]


def test_a_message_killed_anywhere_goes_on_and_reaches_everybody_once(app, db, event, draft, monkeypatch):
    # Steps of two, so that five people take three steps and a kill falls between and inside them.
    monkeypatch.setattr(sending, "STEP", 2)
    names = ["ada", "bob", "cyd", "dan", "eve"]
    for name in names:
        sign_up_as(event, name)
    message = draft()
    sending.begin(event, message.id, shown=5, revision=1, by=THE_SITE, now=utc_now())
    db.remove()

    for point in range(1, POINTS * 3):
        if die_at(app, point, run):
            break
    run()

    assert point > 3, "the first run came to its end: nothing was killed"
    assert told(db) == names
    found = message_of(event.id, message.id)
    assert (found.state, found.letters, found.recipients) == (MessageState.SENT, 5, 5)


def test_stopping_half_way_lets_the_rest_stay(ada, db, event, draft, monkeypatch):
    monkeypatch.setattr(sending, "STEP", 2)
    for name in ("bob", "cyd", "dan", "eve", "fay"):
        sign_up_as(event, name)
    send_all()
    message = draft()
    confirm(ada, message)
    sending.send_due(utc_now())  # two of five are in the outbox
    first = db.scalar(select(Letter.id).where(Letter.kind == "message").order_by(Letter.id).limit(1))

    deliver_one(first, now=utc_now())
    answer = ada.post(f"{BASE}/{message.id}/stop")
    run()
    send_all()

    found = message_of(event.id, message.id)
    assert answer.status_code == 303
    assert states_of(db) == {LetterState.SENT: 1, LetterState.STOPPED: 1}
    assert found.state is MessageState.STOPPED
    assert found.finished_at is not None
    letters = letters_of([found])[found.id]
    assert (letters.sent, letters.stopped, letters.waiting) == (1, 1, 0)
    page = ada.get(f"{BASE}/{message.id}?lang=en").text
    assert "Stop the rest" not in page


def test_from_the_button_on_no_letter_of_a_stopped_message_is_written(ada, db, event, draft, smtp_server):
    sign_up_as(event, "bob")
    message = draft(subject=Texts(zh="给 Bob Secret"))
    confirm(ada, message)
    run()
    sending.stop(event.id, message.id, by=THE_SITE, now=utc_now())

    send_all()  # before the duty has stopped them one by one

    assert arrived(smtp_server, "消息") == {}
    assert states_of(db) == {LetterState.STOPPED: 1}


def test_what_has_left_altogether_cannot_be_stopped(ada, event, draft):
    sign_up_as(event, "bob")
    message = draft()
    confirm(ada, message)
    run()
    send_all()

    answer = ada.post(f"{BASE}/{message.id}/stop")

    assert answer.status_code == 409
    assert message_of(event.id, message.id).state is MessageState.SENT


def test_who_stops_news_between_queue_and_sending_gets_nothing(ada, db, event, draft):
    sign_up_as(event, "bob")
    confirm(ada, draft())
    run()
    stop_news("bob@example.com", now=utc_now())

    deliver(utc_now())

    assert LetterState.STOPPED in states_of(db)


def test_a_message_to_nobody_or_without_a_text_is_not_sent(ada, event, draft):
    nobody, empty = draft(), draft(body=Texts())
    sign_up_as(event, "bob", language="en")

    to_nobody = ada.post(f"{BASE}/{nobody.id}/sending", data={"shown": "0", "revision": "1"})
    without = ada.post(f"{BASE}/{empty.id}/sending", data={"shown": "1", "revision": "1"})

    assert (to_nobody.status_code, without.status_code) == (409, 422)
    assert message_of(event.id, empty.id).state is MessageState.DRAFT


def test_a_message_of_another_event_is_not_there(ada, make_event, draft):
    make_event("other")
    message = draft()

    answers = [
        ada.get(f"/organizer/events/other/messages/{message.id}{path}").status_code
        for path in ("", "/preview", "/letter", "/sending")
    ]

    assert answers == [404] * 4


def test_the_history_says_what_was_done_and_nothing_of_any_one_person(ada, db, event, draft):
    sign_up_as(event, "bob", full_name="Bob Secret")
    message = draft(subject=Texts(zh="给 Bob Secret"))
    confirm(ada, message)
    run()
    ada.post(f"{BASE}/{message.id}/stop")

    said = select(Entry.action, Entry.subject, Entry.changes).where(Entry.action.like("message.%")).order_by(Entry.id)
    entries = db.execute(said).all()
    page = ada.get("/organizer/events/meetup/history?lang=en").text

    assert [action for action, _subject, _changes in entries] == ["message.created", "message.sent", "message.stopped"]
    assert entries[1][2] == {"message": [None, message.id], "recipients": [None, 1]}
    assert ("Secret" in repr(entries), "给 Bob" in page) == (False, False)
    assert "Message sent" in page


def test_a_copy_is_a_draft_of_its_own(ada, event, draft):
    sign_up_as(event, "bob")
    message = draft()
    confirm(ada, message)

    answer = ada.post(f"{BASE}/{message.id}/copy")

    copy_id = int(answer.headers["Location"].partition("?")[0].rpartition("/")[2])
    found = message_of(event.id, copy_id)
    assert (found.state, found.body, found.audience) == (MessageState.DRAFT, message.body, message.audience)
    assert service.values_of(found) == service.values_of(message)


def test_the_letters_of_a_message_are_reckoned_as_the_rows_say(ada, db, event, draft, smtp_server):
    for name in ("bob", "cyd", "dan"):
        sign_up_as(event, name)
    send_all()
    smtp_server.refuse("RCPT", 550, "5.1.1 nobody", recipient="cyd@example.com")
    message = draft()
    confirm(ada, message)
    run()
    db.expire_all()
    cancel(db.scalar(select(Registration).where(Registration.email == "dan@example.com")), now=utc_now())

    send_all()

    found = message_of(event.id, message.id)
    letters = letters_of([found])[found.id]
    assert states_of(db) == {LetterState.SENT: 1, LetterState.FAILED: 1, LetterState.STOPPED: 1}
    assert (letters.sent, letters.failed, letters.stopped, letters.waiting) == (1, 1, 1, 0)


def test_letter_for_a_corrected_person_is_not_sent_to_their_former_address(ada, event, draft, db, smtp_server):
    bob = sign_up_as(event, "bob", language="en")
    confirm(ada, draft(subject=Texts(en="What to bring")))
    run()
    with transaction() as session:
        session.execute(
            update(Registration)
            .where(Registration.id == bob.id)
            .values(email="robert@example.com", email_key="robert@example.com")
        )

    send_all()

    assert arrived(smtp_server, "What to bring") == {}
    assert states_of(db) == {LetterState.STOPPED: 1}

"""What organizers write in the letters about a registration, and what no text of theirs can do."""

import logging
import re

import mailparser
import pytest
from sqlalchemy import select, update

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import LANGUAGES, Texts, speaking
from app.core.versions import Seen
from app.history.service import THE_SITE
from app.mail import kinds as mail_kinds
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations import letter_previews, mails
from app.registrations.letter_texts import LETTERS, kind_of
from app.registrations.rules import token_of
from app.registrations.service import cancel
from app.registrations.transfers import Receiver, pass_on
from app.wording.kinds import Wording, all_kinds, kind_named
from app.wording.models import LetterText
from app.wording.placeholders import mistakes, names_in
from app.wording.queries import values_of
from app.wording.rules import BODY_MAX, SUBJECT_MAX
from app.wording.service import save
from tests.support.factories import sign_up_as

EVIL = "*A* [x](http://evil.example) {event} <b>\u202e{own_page}</b>"


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def post(app, smtp_server):
    def deliver_all(count):
        deliver(utc_now())
        return [mailparser.parse_from_bytes(message.raw) for message in smtp_server.wait_for(count)]

    return deliver_all


@pytest.fixture
def event(make_event):
    return make_event(capacity=1, title=Texts(zh="云原生聚会", en="Cloud Native Meetup"))


def say(event, kind="confirmed", **parts):
    present = values_of(event.id, kind_named(kind))
    save(event.id, kind, present | parts, seen=Seen.of(present), by=THE_SITE, now=utc_now())


def body_of(mail, subtype="html"):
    return (mail.text_html if subtype == "html" else mail.text_plain)[0]


def queued(kind, db):
    return db.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc())).first()


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_standard_text_can_be_filled_and_says_the_same_in_both_languages(app):
    for kind in all_kinds():
        texts = {language: kind.standard_in(language) for language in LANGUAGES}
        for wording in texts.values():
            assert mistakes(wording.subject, kind.allowed) == mistakes(wording.body, kind.allowed) == []
            assert len(wording.subject) < SUBJECT_MAX
            assert len(wording.body) < BODY_MAX
        assert names_in(texts["zh"].subject) == names_in(texts["en"].subject), kind.name
        assert names_in(texts["zh"].body) == names_in(texts["en"].body), kind.name
        assert not re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", texts["zh"].subject + texts["zh"].body))


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_letter_about_a_registration_has_a_text_that_can_be_changed(app):
    about_a_registration = {*mails.STATE_OF, *mails._ABOUT_A_CHANGE, *mails._WHILE_LIVE}

    assert set(LETTERS) == about_a_registration | {"left", "reminder", "transfer", "calendar-file"}
    assert [kind.name for kind in all_kinds()] == list(LETTERS)
    assert set(LETTERS) - {"left"} <= set(mail_kinds._WRITERS)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_placeholder_of_every_letter_is_filled(app, event):
    for kind in all_kinds():
        text = "|".join(f"{{{name}}}" for name in sorted(kind.allowed))
        for language in LANGUAGES:
            with speaking(language):
                draft = letter_previews.preview(kind.name, event.id, language, Wording(text, text))

            assert not re.search(r"\{[a-z_]+\}|\|\||\|$", draft.subject), (kind.name, draft.subject)
            assert draft.subject in re.sub(r"\s+", " ", draft.text)


def test_an_own_text_goes_out_in_its_language_with_the_facts_below_it(event, post):
    standard = values_of(event.id, kind_named("confirmed"))
    say(
        event,
        subject=Texts(zh=standard["subject"].zh, en="In: {event}, {name}!"),
        body=Texts(
            zh=standard["body"].zh, en="# Hi {name}\n\nCome to {where}. [Your page]({own_page})\n\n> {ticket_type}"
        ),
    )
    ada = sign_up_as(event, "ada", full_name="Ada", language="en")
    sign_up_as(event, "bob", full_name="李雷", language="zh")  # waits: a letter whose text is the standard one

    english, chinese = post(2)

    own_page = f"https://meetup.community.example/r/{token_of(ada)}?lang=en"
    assert english.subject == "In: Cloud Native Meetup, Ada!"
    assert "Hi Ada</h1>" in body_of(english)
    assert f"Your page: {own_page}" in body_of(english, "plain")
    assert "Your place is confirmed" not in body_of(english) + body_of(english, "plain")
    for text in (body_of(english), body_of(english, "plain")):
        for fact in ("When", "Beijing time", "Where", "歌华大厦", "You attend as", own_page, "Add"):
            assert fact in text
    assert [part.get_content_type() for part in english.message.walk()].count("text/calendar") == 1
    assert chinese.subject == "已加入候补：云原生聚会"
    assert "第 1 位" in body_of(chinese)


def test_the_other_language_keeps_the_standard_text(event, post):
    standard = values_of(event.id, kind_named("confirmed"))
    say(event, body=Texts(zh=standard["body"].zh, en="Mine"))
    sign_up_as(event, "ada", full_name="艾达", language="zh")

    (mail,) = post(1)

    assert mail.subject == "报名成功：云原生聚会"
    assert "期待与你见面。" in body_of(mail)


@pytest.mark.parametrize("kind", ["own", "standard"])
def test_a_name_with_marks_and_placeholders_shows_as_typed(event, post, kind):
    if kind == "own":
        say(
            event, subject=Texts(zh="{name}", en="{name}"), body=Texts(zh="**{name}** {event}", en="**{name}** {event}")
        )
    sign_up_as(event, "ada", full_name=EVIL, language="en")

    (mail,) = post(1)

    shown = EVIL.replace("\u202e", "")  # what a name may not hold, the sign-up has taken away
    seen = re.sub(r"<[^>]*>", "", body_of(mail)).replace("&lt;", "<").replace("&gt;", ">")
    assert "http://evil.example" not in re.findall(r'href="([^"]*)"', body_of(mail))
    assert "<b>" not in body_of(mail)
    assert shown in body_of(mail, "plain").replace("\u202e", "")
    assert shown in seen.replace("\u202e", "")
    if kind == "own":
        assert mail.subject.replace("\u202e", "") == shown


@pytest.mark.parametrize(
    ("column", "broken"),
    [("body", "Hi {nam}"), ("body", "Hi {"), ("subject", "{name"), ("body", "{position}"), ("subject", "}")],
)
def test_a_broken_text_that_somebody_wrote_into_the_table_stops_no_letter(event, post, db, caplog, column, broken):
    say(event, subject=Texts(zh="好", en="Own"), body=Texts(zh="好", en="Own {name}"))
    db.execute(update(LetterText).where(LetterText.language == "en").values({column: broken}))
    db.commit()
    caplog.set_level(logging.WARNING)
    sign_up_as(event, "ada", full_name="Ada Lovelace", language="en")

    (mail,) = post(1)

    assert mail.subject == "You are registered: Cloud Native Meetup"
    assert "Your place is confirmed" in body_of(mail)
    (warning,) = [record.getMessage() for record in caplog.records if record.name == "app.wording.mails"]
    assert f"event {event.id}" in warning
    assert "confirmed" in warning
    assert not re.search(r"Ada|ada@|Lovelace", warning)


def test_what_cannot_be_filled_for_another_reason_is_the_standard_text_too(event, post, db, caplog, monkeypatch):
    say(event, body=Texts(zh="好", en="Own {name}"))
    written = mails.prose.__globals__["written"]

    def breaks_on_own_texts(kind, wording, values):
        if wording.body == "Own {name}":
            raise RuntimeError(values["name"])
        return written(kind, wording, values)

    monkeypatch.setitem(mails.prose.__globals__, "written", breaks_on_own_texts)
    sign_up_as(event, "ada", full_name="Lovelace", language="en")

    (mail,) = post(1)

    assert "Your place is confirmed" in body_of(mail)
    assert "Lovelace" not in caplog.text
    assert "standard text goes out" in caplog.text


def test_who_leaves_the_waiting_list_hears_of_that_and_of_no_place(event, post, db):
    sign_up_as(event, "ada", language="en")
    bob = sign_up_as(event, "bob", language="en")
    cancel(bob, now=utc_now())

    left = post(2)[-1]

    assert kind_of(queued("cancelled", db)) == "left"
    assert left.subject == "You have left the waiting list: Cloud Native Meetup"
    assert "given your place back" not in body_of(left)


def test_the_letter_to_whom_a_place_is_passed_on_never_leads_to_the_giver_s_page(event, post, db):
    say(event, "transfer", body=Texts(zh="{giver} → {name} {until}", en="{giver} to {name} until {until}"))
    ada = sign_up_as(event, "ada", full_name="Ada", language="en")
    pass_on(ada, Receiver("Bob", normalise("bob@example.com")), language="en", now=utc_now())

    mail = next(mail for mail in post(2) if mail.to[0][1] == "bob@example.com")

    assert "Ada to Bob until " in body_of(mail, "plain")
    assert token_of(ada) not in body_of(mail) + body_of(mail, "plain")
    # Nor does one that somebody wrote into the table: it is refused for the unknown name.
    db.execute(update(LetterText).values(body="{own_page}"))
    db.commit()
    with speaking("en"):
        again = mail_kinds.writer_of("transfer")(queued("transfer", db))
    assert token_of(ada) not in again.html + again.text


def test_a_letter_asks_for_its_text_once_whether_it_has_one_or_not(event, db, count_statements):
    ada = sign_up_as(event, "ada", language="en")
    letter = queued("confirmed", db)
    counts = []
    for text in (None, "Own {name}"):
        if text:
            say(event, body=Texts(zh="好", en=text))
        mails.write(letter)
        db.expire_all()
        _ = letter.id, ada.id
        with count_statements() as seen, speaking("en"):
            mails.write(letter)
        counts.append(len([statement for statement in seen if "letter_texts" in str(statement)]))

    assert counts == [1, 1]


def test_signing_up_asks_for_no_text(event, db, count_statements):
    say(event, body=Texts(zh="好", en="Own {name}"))

    with count_statements() as seen:
        sign_up_as(event, "ada")

    assert [statement for statement in seen if "letter_texts" in str(statement)] == []

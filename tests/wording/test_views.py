"""The pages on which organizers change what letters say."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from app.core.i18n import Texts
from app.wording.kinds import all_kinds, kind_named
from app.wording.models import LetterText
from app.wording.queries import text_for
from app.wording.rules import BODY_MAX, SUBJECT_MAX, standard_texts
from tests.support.organizers import signed_in

BASE = "/organizer/events/meetup/letters/texts"


@pytest.fixture
def event(make_event):
    return make_event("meetup")


@pytest.fixture
def browser(app):
    return signed_in(app)


def sent(browser, path=f"{BASE}/confirmed", **fields):
    """Send the form as the page made it, with these boxes changed."""
    page = browser.get(f"{path}?lang=en").text
    boxes = {
        name: unescape(re.search(pattern, page, re.DOTALL)[1])
        for name, pattern in {
            "subject-zh": r'name="subject-zh"[^>]* value="([^"]*)"',
            "subject-en": r'name="subject-en"[^>]* value="([^"]*)"',
            "body-zh": r'name="body-zh"[^>]*>\n(.*?)</textarea>',
            "body-en": r'name="body-en"[^>]*>\n(.*?)</textarea>',
            "seen": r'name="seen" value="([^"]*)"',
        }.items()
    }
    return boxes | fields


def test_the_list_names_every_letter_and_says_which_are_their_own(event, browser, write):
    write(event, "waiting", subject=Texts(zh=standard_texts(kind_named("waiting"))["subject"].zh, en="Soon: {event}"))

    page = browser.get(f"{BASE}?lang=en").text

    assert re.findall(rf'href="{BASE}/([a-z-]+)', page) == [kind.name for kind in all_kinds()]
    assert "1 text is your own" in page
    assert page.count("Own text:") == 1
    assert re.search(r'<li><a href="/organizer/events/meetup/messages[^"]*" aria-current="true">Letters</a>', page)


def test_the_form_begins_with_the_standard_text_and_explains_the_placeholders(event, browser):
    boxes, standard = sent(browser), standard_texts(kind_named("confirmed"))

    assert boxes["subject-zh"] == standard["subject"].zh == "报名成功：{event}"
    assert boxes["body-en"] == standard["body"].en
    page = browser.get(f"{BASE}/waiting?lang=en").text
    for placeholder in kind_named("waiting").placeholders:
        assert f"<code>{{{placeholder.name}}}</code>" in page
    assert "Back to the standard text" not in page


def test_what_is_saved_is_shown_and_can_be_given_up(event, browser, db):
    answer = browser.post(f"{BASE}/confirmed", data=sent(browser, **{"body-en": "Hi {name}!"}))

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}/confirmed?done=")
    page = browser.get(f"{answer.headers['Location']}&lang=en").text
    assert "Hi {name}!</textarea>" in page
    assert "Undo" in page
    assert "English: back to the standard text" in page
    assert "Chinese: back to the standard text" not in page

    history = unescape(browser.get("/organizer/events/meetup/history?lang=en").text)
    assert "Text of a letter changed" in history
    assert "Registered: text (English)" in history

    answer = browser.post(f"{BASE}/confirmed/standard", data={"language": "en"})

    assert answer.status_code == 303
    assert db.scalars(select(LetterText)).all() == []


def test_a_mistake_is_shown_at_its_box_with_line_and_column_and_nothing_typed_is_lost(event, browser, db):
    answer = browser.post(
        f"{BASE}/confirmed?lang=en", data=sent(browser, **{"body-zh": "你好\n再见 {nam}", "subject-en": "Hi {event"})
    )

    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "中文 · Line 2, column 4: there is no placeholder {nam}. Did you mean {name}?" in page
    assert "English · Line 1, column 4: this { is never closed. For the character itself, write {{." in page
    assert "你好\n再见 {nam}</textarea>" in page
    assert '<a href="#body">' in page
    assert db.scalars(select(LetterText)).all() == []


def test_a_text_that_is_too_long_is_refused(event, browser):
    answer = browser.post(f"{BASE}/confirmed", data=sent(browser, **{"body-zh": "长" * (BODY_MAX + 1)}))

    assert answer.status_code == 422


def test_two_at_once_are_shown_side_by_side_and_one_decides(event, browser, write):
    mine = sent(browser, **{"body-en": "Mine"})
    write(event, body=Texts(zh="他们的", en="Theirs"))

    answer = browser.post(f"{BASE}/confirmed?lang=en", data=mine)

    assert answer.status_code == 409
    assert "Theirs" in answer.text
    keep = re.findall(r'name="keep-body" value="([^"]*)"', answer.text)
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', answer.text)[1])
    again = browser.post(f"{BASE}/confirmed", data=mine | {"seen": seen, "keep-body": keep[1]})
    assert again.status_code == 303
    assert text_for(event.id, "confirmed", "en").body == "Mine"


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_letter_is_shown_as_it_arrives(event, browser, language):
    for kind in all_kinds():
        answer = browser.get(f"{BASE}/{kind.name}/look?language={language}")

        assert answer.status_code == 200
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert ("韩梅梅" if language == "zh" else "Han Meimei") in answer.text
        assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL))
        assert "notice" in answer.text or "http" in answer.text


def test_what_is_typed_is_shown_and_not_saved(event, browser, db):
    typed = sent(browser, **{"body-en": "# Hello {name}\n\n[Map](https://map.example/{name})", "language": "en"})

    answer = browser.post(f"{BASE}/confirmed/look", data=typed)

    assert "Hello Han Meimei</h1>" in answer.text
    assert 'href="https://map.example/Han%20Meimei"' in answer.text
    assert "<strong>You are registered: Cloud native meetup 1</strong>" in answer.text
    assert "<script" not in answer.text
    assert db.scalars(select(LetterText)).all() == []


def test_what_cannot_be_written_says_why_in_the_frame(event, browser):
    answer = browser.post(f"{BASE}/confirmed/look?lang=en", data={"body-en": "{nam} <b>", "language": "en"})

    assert "there is no placeholder {nam}" in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("part", "most"), [("subject", SUBJECT_MAX), ("body", BODY_MAX)])
def test_what_is_too_long_to_be_saved_is_not_rendered_either(event, browser, part, most):
    looks = [
        browser.post(f"{BASE}/confirmed/look?lang=en", data={f"{part}-en": "x" * length, "language": "en"})
        for length in (most, most + 1)
    ]

    assert ["x" * most in look.text for look in looks] == [True, False]
    assert f"English · At most {most} characters, please." in looks[1].text
    assert "sandbox" in looks[1].headers["Content-Security-Policy"]


def test_a_letter_that_does_not_exist_is_not_found(event, browser):
    assert browser.get(f"{BASE}/none").status_code == 404
    assert browser.get(f"{BASE}/none/look").status_code == 404
    assert browser.post(f"{BASE}/none").status_code == 404
    assert browser.post(f"{BASE}/confirmed/standard", data={"language": "fr"}).status_code == 422


def test_the_page_of_an_unsent_form_does_not_break_on_html(event, browser):
    evil = '"><script>alert(1)</script>{name}'

    answer = browser.post(f"{BASE}/confirmed", data=sent(browser, **{"body-en": evil, "subject-en": evil}))

    page = browser.get(answer.headers["Location"]).text + browser.get(f"{BASE}/confirmed/look?language=en").text
    assert answer.status_code == 303
    assert "<script>alert" not in page


def test_the_link_that_lets_in_stands_in_no_subject(event, browser, db):
    answer = browser.post(f"{BASE}/confirmed?lang=en", data=sent(browser, **{"subject-en": "Yours: {own_page}"}))

    assert answer.status_code == 422
    assert "A subject cannot hold {own_page}" in unescape(answer.text)
    assert db.scalars(select(LetterText)).all() == []

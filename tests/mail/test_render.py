"""Letters look alike, speak one language, and are small."""

import pytest

from app.core.i18n import speaking
from app.mail import kinds, mails, render
from app.mail.kinds import UnknownKindError
from app.mail.models import Letter


@pytest.fixture
def letter(now):
    return Letter(id=1, kind=mails.TEST, to_email="ada@example.com", language="en", ids={}, created_at=now)


def test_letter_has_the_common_look_in_both_forms(app, letter):
    with speaking("en"):
        draft = mails.test(letter)

    assert draft.subject == "A test letter from Juhui"
    assert draft.text == (
        "If you can read this, letters from this site arrive.\n\n"
        "Somebody who looks after the site asked for it at 2019-12-01T04:30:00+00:00. "
        "There is nothing you need to do.\n\n\n"
        "-- \nJuhui\nhttp://127.0.0.1:8000/?lang=en\n"
    )
    assert '<html lang="en">' in draft.html
    assert "<title>A test letter from Juhui</title>" in draft.html
    assert "prefers-color-scheme: dark" in draft.html
    assert "<table" not in draft.html
    assert "<img" not in draft.html
    assert len(draft.html.encode()) < 20_000


def test_sender_is_the_setting_else_the_community_in_the_letters_language(app):
    with speaking("zh"):
        community = render.sender_name()
    app.config["MAIL_SENDER_NAME"] = "Meetups, Inc."

    assert (community, render.sender_name()) == ("聚会", "Meetups, Inc.")


def test_subject_is_one_line_whatever_a_title_holds(app, tmp_path):
    app.jinja_loader.searchpath.append(str(tmp_path))
    folder = tmp_path / "mail" / "hostile"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{{ title }}\n")
    (folder / "body.txt").write_text("{{ title }}")
    (folder / "body.html").write_text("{{ title }}")

    draft = render.draft("hostile", title="a\r\nBcc: eve@example.org\u2028<b>")

    assert draft.subject == "a Bcc: eve@example.org <b>"
    assert draft.html == "a\r\nBcc: eve@example.org\u2028&lt;b&gt;"


def test_kind_has_one_writer():
    kinds.register(mails.TEST, mails.test)

    with pytest.raises(ValueError, match="two rooms"):
        kinds.register(mails.TEST, lambda _letter: None)
    with pytest.raises(UnknownKindError):
        kinds.writer_of("nothing")

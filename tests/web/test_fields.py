"""Fields that several forms have."""

from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from app.core.i18n import Texts
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import Form

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


class Both(Form):
    title = TextsField("Title", length_max=5, is_required=True)
    text = TextsField("Text", length_max=50, rows=3)
    at = LocalTimeField("At")


def test_both_languages_are_read_and_cleaned(app):
    form = Both(
        MultiDict({"title-zh": " 聚会\x00 ", "title-en": "Meet", "text-zh": "a\r\nb", "at": "2026-05-30 13:00"})
    )

    assert form.validate()
    assert (form.title.data, form.text.data) == (Texts(zh="聚会", en="Meet"), Texts(zh="a\nb"))
    assert form.at.instant_in("Asia/Shanghai") == datetime(2026, 5, 30, 5, 0, tzinfo=UTC)


def test_a_text_keeps_what_is_stored_until_something_is_sent(app):
    form = Both(data={"title": Texts(zh="聚会")})

    assert (form.title.data, form.title.is_missing_in("en"), form.title.is_missing_in("zh")) == (
        Texts(zh="聚会"), True, False,
    )  # fmt: skip


@pytest.mark.parametrize("sent", [{"title-zh": " ", "title-en": ""}, {"title-zh": "六个字太长了"}])
def test_required_and_too_long_texts_are_refused(app, sent):
    form = Both(MultiDict(sent))

    assert not form.validate()
    assert len(form.title.errors) == 1


def test_time_that_the_clocks_skip_is_refused(app):
    form = Both(MultiDict({"title-en": "x", "at": "2026-03-29T02:30"}))

    assert form.validate()
    with pytest.raises(ValidationError):
        form.at.instant_in("Europe/Berlin")


def test_what_is_no_time_is_refused_in_our_words(app):
    form = Both(MultiDict({"title-en": "x", "at": "tomorrow"}))

    assert not form.validate()
    assert "2026-05-30 13:00" in form.at.errors[0]

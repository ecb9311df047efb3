"""Texts in two languages, and which language is meant."""

import pytest
from flask import g
from hypothesis import given
from hypothesis import strategies as st

from app.core import i18n
from app.core.i18n import Texts, gettext, language_of, speaking
from app.web.language import _negotiated, choose, negotiated

# Nothing here asks the database.
any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

BOTH, ZH, EN, NONE = Texts(zh="聚会", en="Meetup"), Texts(zh="聚会"), Texts(en="Meetup"), Texts()


@pytest.mark.parametrize(
    ("texts", "language", "text", "shown"),
    [
        (BOTH, "zh", "聚会", "zh"),
        (BOTH, "en", "Meetup", "en"),
        (ZH, "en", "聚会", "zh"),
        (EN, "zh", "Meetup", "en"),
        (NONE, "zh", "", "zh"),
        (NONE, "en", "", "en"),
    ],
)
def test_texts_fall_back_to_the_other_language_and_say_so(texts, language, text, shown):
    assert (texts.in_language(language), texts.language_shown(language)) == (text, shown)


def test_texts_are_true_and_stored_as_far_as_they_exist():
    assert [bool(texts) for texts in (BOTH, ZH, EN, NONE)] == [True, True, True, False]
    assert [texts.as_dict() for texts in (BOTH, EN, NONE)] == [{"zh": "聚会", "en": "Meetup"}, {"en": "Meetup"}, {}]


@pytest.mark.parametrize(
    ("text", "texts"), [("Meetup 聚会", Texts(zh="Meetup 聚会")), ("Meetup!", Texts(en="Meetup!")), ("", NONE)]
)
def test_text_of_unstated_language_is_chinese_if_it_has_a_han_character(text, texts):
    assert Texts.of(text) == texts


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh"), ("zh-CN", "zh"), ("ZH_hans_CN", "zh"), (" en-GB ", "en"), ("EN", "en"),
        ("fr", None), ("zhx", None), ("english", None), ("", None), (None, None), ("-", None), ("\x00", None),
        ("zh" * 9000, None),
    ],
)  # fmt: skip
def test_tag_asks_for_a_language_we_speak_or_none(tag, language):
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.9", "zh"),
        ("fr-FR, de;q=0.9, en;q=0.1", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("", "zh"),
        ("en;q=abc", "zh"),
        (";;;,,,q=", "zh"),
        ("en;q=-1", "zh"),
        ("\xff\xfe\x00", "zh"),
        ("x" * 499 + ",en", "zh"),
    ],
)
def test_header_is_negotiated_by_its_weights(header, language):
    assert negotiated(header, "zh") == language


@given(st.text())
def test_any_header_means_a_language(header):
    assert negotiated(header, "en") in {"zh", "en"}


def test_header_that_is_too_long_is_not_remembered():
    _negotiated.cache_clear()
    for number in range(10):
        negotiated("en," + "x" * 600 + str(number), "zh")

    assert _negotiated.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("lang", "header", "language"),
    [
        ("en", "zh", "en"),
        ("zh", "en", "zh"),
        ("fr", "en", "en"),
        ("", "en", "en"),
        (None, "en", "en"),
        (None, "", "zh"),
    ],
)
def test_most_explicit_wish_wins(lang, header, language):
    assert choose(lang, header, "zh") == language


@any_database
def test_speaking_changes_the_language_inside_and_nothing_after(app):
    g.language = "en"
    with speaking("zh"):
        inside = (i18n.current_language(), str(i18n.select_locale()))
        with speaking("en"):
            nested = i18n.current_language()
        after_nested = i18n.current_language()

    assert (inside, nested, after_nested) == (("zh", "zh_Hans"), "en", "zh")
    assert i18n.current_language() == "en"


@any_database
def test_speaking_ends_with_an_error_too(app):
    with pytest.raises(RuntimeError), speaking("en"):
        raise RuntimeError

    assert "language" not in g
    assert i18n.current_language() == "zh"


@any_database
def test_speaking_writes_in_its_language(app):
    with speaking("zh"):
        zh = gettext("Page not found")
    with speaking("en"):
        en = gettext("Page not found")

    assert en == "Page not found" != zh
    assert Texts.of(zh).zh == zh

"""What forms clean, and how they say what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length

from app.core.errors import BadInputError
from app.core.i18n import speaking
from app.web.forms import Form, many_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("  Ada \t Lovelace\r\n", "Ada Lovelace"),
        ("a\x00b\x1bc\x7fd", "a b c d"),
        ("a\u2028b\u2029c\x85d\u3000e", "a b c d e"),
        ("Ada\r\nBcc: bob@example.org", "Ada Bcc: bob@example.org"),
        ("李 雷", "李 雷"),
        ("ad\u202egnp.exe", "adgnp.exe"),
        ("\u2066a\u2069", "a"),
        ("👩\u200d💻 علي", "👩\u200d💻 علي"),
        ("a\ud800b", "a b"),
    ],
)
def test_one_line_is_one_clean_line(typed, kept):
    assert one_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        (" a\r\nb\rc\n\nd ", "a\nb\nc\n\nd"),
        ("a\x00b\x1b[31m\x7fc\x9b", "ab[31mc"),
        ("ad\u202egnp.exe", "adgnp.exe"),
        ("第一行\n第二行 🎉", "第一行\n第二行 🎉"),
        ("a\ud800b", "ab"),
    ],
)
def test_many_lines_are_clean_lines(typed, kept):
    assert many_lines(typed) == kept


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_can_be_stored_and_printed_and_is_clean(typed):
    for clean in (one_line, many_lines):
        kept = clean(typed)
        assert clean(kept) == kept
        assert "\x00" not in kept
        assert kept.encode().decode() == kept
    assert len(one_line(typed).splitlines()) <= 1


class Example(Form):
    name = StringField("Name", filters=[one_line], validators=[DataRequired("Tell us.")])
    words = StringField("Words", validators=[Length(max=3)])
    number = IntegerField("Number", validators=[DataRequired("How many?")])


any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@any_database
def test_summary_lists_what_is_wrong_in_the_order_of_the_page(app):
    with speaking("en"):
        form = Example(MultiDict({"name": " ", "words": "abcd", "number": "x"}))
        valid = form.validate()

    assert not valid
    assert list(form.summary()) == [
        ("name", "Tell us."),
        ("words", "Field cannot be longer than 3 characters."),
        ("number", "How many?"),
    ]


@any_database
def test_messages_of_the_library_are_in_the_language_of_the_page(app):
    with speaking("zh"):
        form = Example(MultiDict({"name": "a", "words": "abcd", "number": "7"}))
        form.validate()

    assert [field for field, _message in form.summary()] == ["words"]
    assert not any(char.isascii() and char.isalpha() for _field, message in form.summary() for char in message)


@any_database
def test_form_that_is_right_has_no_summary(app):
    form = Example(MultiDict({"name": " Ada ", "words": "abc", "number": "7"}))

    assert form.validate()
    assert list(form.summary()) == []
    assert (form.name.data, form.number.data) == ("Ada", 7)


@any_database
@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (BadInputError("Taken.", field="words"), ("words", "Taken.")),
        (BadInputError("Taken.", field="nowhere"), ("name", "Taken.")),
        (BadInputError("Taken."), ("name", "Taken.")),
    ],
)
def test_refusal_of_a_service_is_shown_beside_its_field(app, error, shown):
    form = Example(MultiDict({"name": "Ada", "number": "7"}))
    form.validate()

    form.refuse(error)

    assert list(form.summary()) == [shown]

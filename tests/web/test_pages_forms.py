"""The one macro that every form field goes through."""

import pytest
from flask import render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.web.forms import Form

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

PAGE = """{% import "web/forms.html" as forms %}{{ forms.error_summary(form) }}
{% for f in form %}{{ forms.field(f) }}{% endfor %}"""


class Sample(Form):
    name = StringField("Name", validators=[InputRequired("Please tell us your name.")])
    note = TextAreaField("Note", description="As <long> as you like.")
    kind = RadioField(
        "Kind",
        choices=[SelectChoice("a", "One"), SelectChoice("b", "Two")],
        validators=[InputRequired("Please choose.")],
    )
    topics = SelectMultipleField(
        "Topics", choices=[SelectChoice("x", "X")], option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    first = BooleanField("My first time")


@pytest.fixture
def shown(app):
    """The form as a page shows it, after the given input was refused."""

    def show(**data):
        form = Sample(MultiDict(data))
        form.validate()
        with app.test_request_context("/?lang=en"):
            app.preprocess_request()
            return render_template_string(PAGE, form=form)

    return show


def test_a_mistake_stands_beside_its_field_and_in_the_summary(shown):
    page = shown()

    assert '<a href="#name">Please tell us your name.</a>' in page
    assert '<a href="#kind">Please choose.</a>' in page
    assert '<p class="wrong" id="name-error">' in page
    assert 'aria-describedby="name-error"' in page
    assert 'aria-invalid="true"' in page
    assert '<fieldset class="field is-wrong" id="kind" tabindex="-1" aria-describedby="kind-error">' in page


def test_what_is_not_required_says_so_and_the_hint_is_read_with_the_field(shown):
    page = shown(name="Ada", kind="a")

    assert page.count("(optional)") == 3
    assert '<p class="hint" id="note-hint">As &lt;long&gt; as you like.</p>' in page
    assert 'aria-describedby="note-hint"' in page
    assert 'class="summary"' not in page


def test_choices_are_a_group_with_a_label_each(shown):
    page = shown(name="Ada", kind="b", topics=["x"])

    assert "<legend>Kind</legend>" in page
    assert (
        '<label class="choice" for="kind-1"><input checked id="kind-1" name="kind" required type="radio" value="b"'
        in page
    )
    assert '<input checked id="topics-0" name="topics" type="checkbox" value="x"' in page
    assert '<label class="choice" for="first">' in page

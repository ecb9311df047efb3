"""A form that carries what was seen."""

import pytest
from flask import render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice, SelectField

from app.core.i18n import Texts
from app.core.versions import ClashError, digest, settle
from app.web.fields import TextsField
from app.web.versions import EditForm, Seen, seen_in

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

BEFORE = {"title": Texts(en="Meetup"), "mode": "online"}


class Both(EditForm):
    title = TextsField("Title", length_max=50, is_required=True)
    mode = SelectField("Mode", choices=[SelectChoice("online", "On the web"), SelectChoice("in_person", "In person")])


def sent(form: Both, **values: str) -> MultiDict[str, str]:
    return MultiDict({"title-en": "Meetup", "mode": "online", "seen": form.carried()} | values)


def test_form_carries_what_it_was_made_from(app):
    shown = Both(data=BEFORE)

    read = Both(sent(shown), data=BEFORE)

    assert read.validate()
    assert read.values() == BEFORE
    assert read.seen == Seen({name: digest(value) for name, value in BEFORE.items()})


def test_clash_is_shown_side_by_side_with_what_to_send_for_each_decision(app):
    mine = Both(sent(Both(data=BEFORE), **{"title-en": "Mine", "title-zh": "我的"}), data=BEFORE)
    theirs = {"title": Texts(en="Theirs"), "mode": "in_person"}
    with pytest.raises(ClashError) as raised:
        settle(mine.seen, mine.values(), theirs)

    mine.show(raised.value)
    page = render_template_string(
        '{% import "web/versions.html" as versions %}{{ versions.clashes(form) }}{{ versions.carry(form) }}', form=mine
    )

    (side,) = mine.side_by_side
    assert (side.label, side.theirs, side.mine) == ("Title", [("en", "Theirs")], [("zh", "我的"), ("en", "Mine")])
    assert mine.values() == {"title": Texts(zh="我的", en="Mine"), "mode": "in_person"}
    assert f'name="keep-title" value="{digest(Texts(en="Theirs"))}"' in page
    assert 'name="keep-title" value="theirs"' in page
    assert 'name="seen"' in page


def test_choices_are_shown_by_their_names(app):
    form = Both(data=BEFORE)

    assert list(form.in_lines("mode", "in_person")) == [(None, "In person")]


@pytest.mark.parametrize("seen", ["", "no json", "[1]", "[" * 100_000, '{"title": {"a": 1}}'])
def test_what_cannot_be_read_was_not_seen(app, seen):
    assert seen_in(MultiDict({"seen": seen})).digests.get("title") != digest(BEFORE["title"])

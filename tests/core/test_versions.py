"""What happens to a field that two people edit."""

from datetime import datetime

import pytest

from app.core.i18n import Texts
from app.core.versions import THEIRS, Clash, ClashError, Seen, digest, settle

BEFORE = {"title": Texts(en="Meetup"), "notice": "", "at": datetime(2026, 5, 30, 13, 0)}  # noqa: DTZ001 - a form's


def changed(**values: object) -> dict[str, object]:
    return BEFORE | values


@pytest.fixture(autouse=True)
def _in_app(app):
    """Sentences need a language."""


pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("mine", "theirs", "written"),
    [
        ({}, {}, {}),
        ({"title": Texts(en="A")}, {}, {"title": Texts(en="A")}),
        ({}, {"title": Texts(en="B")}, {}),
        ({"title": Texts(en="A")}, {"title": Texts(en="A")}, {}),
        ({"title": Texts(en="A")}, {"notice": "B"}, {"title": Texts(en="A")}),
        ({"notice": None}, {"title": Texts(en="B")}, {}),
    ],
    ids=["nobody", "I", "they", "both the same", "both, different fields", "nothing is an empty text"],
)
def test_fields_that_one_person_changed_are_theirs(mine, theirs, written):
    seen = Seen.of(BEFORE)

    assert settle(seen, changed(**mine), changed(**theirs)) == written


def test_field_that_both_changed_is_a_clash_and_the_rest_is_brought_together():
    mine = changed(title=Texts(en="A"), notice="mine")
    theirs = changed(title=Texts(en="B"), at=datetime(2026, 6, 1, 9, 0))  # noqa: DTZ001 - a form's

    with pytest.raises(ClashError) as raised:
        settle(Seen.of(BEFORE), mine, theirs)

    error = raised.value
    assert error.clashes == (Clash("title", Texts(en="B"), Texts(en="A")),)
    assert error.values == {"title": Texts(en="A"), "notice": "mine", "at": theirs["at"]}
    assert error.seen == Seen({
        "title": digest(BEFORE["title"]), "notice": digest(""), "at": digest(theirs["at"]),
    })  # fmt: skip


def test_decision_settles_a_clash_and_no_decision_does_not():
    mine, theirs = changed(title=Texts(en="A")), changed(title=Texts(en="B"))
    with pytest.raises(ClashError) as raised:
        settle(Seen.of(BEFORE), mine, theirs)
    again = raised.value.seen

    with pytest.raises(ClashError):
        settle(again, mine, theirs)
    kept_mine = settle(Seen(again.digests, {"title": digest(theirs["title"])}), mine, theirs)
    kept_theirs = settle(Seen(again.digests, {"title": THEIRS}), mine, theirs)

    assert (kept_mine, kept_theirs) == ({"title": Texts(en="A")}, {})


def test_decision_does_not_cover_what_was_saved_after_it():
    mine = changed(title=Texts(en="A"))
    decided = Seen({"title": digest(BEFORE["title"])}, {"title": digest(Texts(en="B"))})

    with pytest.raises(ClashError) as raised:
        settle(decided, mine, changed(title=Texts(en="C")))

    assert raised.value.clashes == (Clash("title", Texts(en="C"), Texts(en="A")),)


def test_what_was_never_seen_is_not_overwritten():
    with pytest.raises(ClashError):
        settle(Seen(), changed(title=Texts(en="A")), BEFORE)

    assert settle(Seen(), BEFORE, BEFORE) == {}

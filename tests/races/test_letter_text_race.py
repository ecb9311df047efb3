"""Organizers who write the same letter at the same moment: one is heard, the others are asked, nobody sees a crash."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.i18n import LANGUAGES, Texts
from app.core.versions import ClashError, Seen
from app.history.models import Entry
from app.history.service import Actor
from app.wording.kinds import kind_named
from app.wording.models import LetterText
from app.wording.queries import text_for, values_of
from app.wording.service import SAVED, reset, save
from tests.races.test_editing_race import PEOPLE, at_once


@pytest.fixture
def event_id(make_event):
    return make_event().id


def test_one_of_many_who_write_the_same_letter_wins_and_all_others_are_asked(app, db, event_id):
    before = values_of(event_id, kind_named("confirmed"))
    seen = Seen.of(before)
    db.commit()

    def write(number):
        mine = before | {"body": Texts(zh=f"{number} 说", en=f"By {number}")}
        try:
            return save(event_id, "confirmed", mine, seen=seen, by=Actor(organizer_id=number), now=utc_now())
        except ClashError as error:
            return error.clashes[0].theirs

    answers = at_once(app, write)

    db.expire_all()
    kept = Texts(**{language: text_for(event_id, "confirmed", language).body for language in LANGUAGES})
    assert Counter(answers) == {True: 1, kept: PEOPLE - 1}
    assert db.scalar(select(func.count()).where(Entry.action == SAVED)) == 1


def test_writing_and_going_back_at_once_leaves_a_whole_text(app, db, event_id):
    before = values_of(event_id, kind_named("confirmed"))
    db.commit()

    def act(number):
        if number % 2:
            return reset(event_id, "confirmed", "en", by=Actor(), now=utc_now())
        try:
            present = values_of(event_id, kind_named("confirmed"))
            mine = present | {"body": Texts(zh=before["body"].zh, en=f"By {number}")}
            return save(event_id, "confirmed", mine, seen=Seen.of(present), by=Actor(), now=utc_now())
        except ClashError:
            return None

    answers = at_once(app, act)

    db.expire_all()
    rows = db.scalars(select(LetterText)).all()
    assert True in answers
    assert [row.language for row in rows] in (["en"], [])
    assert all(row.body.startswith("By ") and row.subject == "" for row in rows)

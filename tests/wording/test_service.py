"""An event's own texts: saved, refused, given up, taken back, taken along."""

from datetime import date

import pytest
from sqlalchemy import delete, func, select

from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError, NotFoundError
from app.core.i18n import Texts
from app.core.versions import ClashError, Seen
from app.events.duplicate import Copies, duplicate
from app.events.models import Event
from app.history import undo
from app.history.models import Entry
from app.history.service import Actor
from app.wording.kinds import all_kinds, kind_named
from app.wording.models import LetterText
from app.wording.queries import text_for, values_of
from app.wording.rules import standard_texts
from app.wording.service import RESET, SAVED, reset

ADA = Actor(organizer_id=1)
MAY = frozenset({"write"})


@pytest.fixture
def event(make_event):
    return make_event()


def rows(db):
    statement = select(LetterText).order_by(LetterText.kind, LetterText.language)
    return [(row.kind, row.language, row.subject, row.body) for row in db.scalars(statement)]


def last_entry(db):
    return db.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()


def test_an_event_begins_with_the_standard_texts(event):
    for kind in all_kinds():
        assert values_of(event.id, kind) == standard_texts(kind)


def test_only_what_differs_from_the_standard_is_kept(event, write, db):
    standard = standard_texts(kind_named("confirmed"))

    assert write(event, body=Texts(zh=standard["body"].zh, en="See you, {name}"))

    assert rows(db) == [("confirmed", "en", "", "See you, {name}")]
    assert text_for(event.id, "confirmed", "zh") is None
    assert values_of(event.id, kind_named("confirmed")) == {
        "subject": standard["subject"],
        "body": Texts(zh=standard["body"].zh, en="See you, {name}"),
    }


def test_a_text_that_is_emptied_is_the_standard_again(event, write, db):
    write(event, subject=Texts(zh="好", en="Yes"), body=Texts(zh="{name} 好", en="Hi {name}"))

    assert write(event, subject=Texts(zh="好"), body=Texts())

    assert rows(db) == [("confirmed", "zh", "好", "")]


def test_saving_what_is_there_changes_nothing(event, write, db):
    write(event, subject=Texts(zh="好", en="Yes"))
    before = db.scalar(select(func.count()).select_from(Entry))

    assert not write(event)

    assert db.scalar(select(func.count()).select_from(Entry)) == before


@pytest.mark.parametrize("part", ["subject", "body"])
def test_a_broken_placeholder_is_refused_with_its_place_and_nothing_is_kept(event, write, db, part):
    with pytest.raises(BadInputError) as refused:
        write(event, **{part: Texts(zh="{name}", en="Hi\n{nam}")})

    assert refused.value.field == part
    assert "English" in refused.value.message
    assert "{nam}" in refused.value.message
    assert rows(db) == []


def test_a_placeholder_of_another_letter_is_refused(event, write):
    write(event, "waiting", body=Texts(zh="第 {position} 位", en="{position}"))
    with pytest.raises(BadInputError):
        write(event, "confirmed", body=Texts(en="{position}"))
    # The page of whoever gives a place away is not for whoever gets it.
    with pytest.raises(BadInputError):
        write(event, "transfer", body=Texts(en="{own_page}"))


def test_nobody_changes_the_text_of_a_letter_that_does_not_exist(event, write):
    with pytest.raises(NotFoundError):
        reset(event.id, "none", "zh", by=ADA, now=utc_now())


def test_an_event_that_was_deleted_takes_its_texts_with_it(event, write, db):
    write(event, subject=Texts(en="Yes"))
    event_id = event.id
    db.execute(delete(Event).where(Event.id == event_id))
    db.commit()

    with pytest.raises(NotFoundError):
        reset(event_id, "confirmed", "en", by=ADA, now=utc_now())
    assert rows(db) == []


def test_what_two_change_differently_is_shown_and_not_overwritten(event, write, db):
    seen = Seen.of(values_of(event.id, kind_named("confirmed")))
    write(event, body=Texts(zh="甲", en="Theirs"), seen=seen)

    with pytest.raises(ClashError) as clash:
        write(event, body=Texts(zh="乙", en="Mine"), seen=seen)

    assert [(one.name, one.theirs, one.mine) for one in clash.value.clashes] == [
        ("body", Texts(zh="甲", en="Theirs"), Texts(zh="乙", en="Mine"))
    ]
    assert {row[3] for row in rows(db)} == {"甲", "Theirs"}


def test_what_two_change_in_different_parts_is_both_kept(event, write, db):
    kind = kind_named("confirmed")
    before = values_of(event.id, kind)
    write(event, subject=Texts(zh="甲", en="A"), seen=Seen.of(before))

    write(event, seen=Seen.of(before), **before | {"body": Texts(zh="乙", en="B")})

    assert rows(db) == [("confirmed", "en", "A", "B"), ("confirmed", "zh", "甲", "乙")]


def test_the_standard_text_comes_back_in_one_language(event, write, db):
    write(event, subject=Texts(zh="好", en="Yes"), body=Texts(zh="好", en="Hi"))

    assert reset(event.id, "confirmed", "en", by=ADA, now=utc_now())
    assert not reset(event.id, "confirmed", "en", by=ADA, now=utc_now())

    assert rows(db) == [("confirmed", "zh", "好", "好")]
    assert (last_entry(db).action, last_entry(db).organizer_id) == (RESET, 1)


def test_the_history_tells_what_it_said_before_and_after(event, write, db):
    standard = standard_texts(kind_named("waiting"))

    write(event, "waiting", subject=Texts(zh=standard["subject"].zh, en="Soon: {event}"), by=ADA)

    entry = last_entry(db)
    after = standard["subject"].as_dict() | {"en": "Soon: {event}"}
    assert (entry.action, entry.event_id, entry.organizer_id) == (SAVED, event.id, 1)
    assert entry.changes == {"letter:waiting:subject": [standard["subject"].as_dict(), after]}


def test_a_step_is_taken_back_and_its_undoing_too(event, write, db):
    write(event, subject=Texts(zh="好", en="Yes"))
    write(event, "waiting", subject=Texts(zh="等", en="Wait"))  # about another letter: in nobody's way
    first = db.scalars(select(Entry.id).where(Entry.action == SAVED).order_by(Entry.id)).first()

    undo.undo(first, event_id=event.id, by=ADA, may=MAY, now=utc_now())

    assert rows(db) == [("waiting", "en", "Wait", ""), ("waiting", "zh", "等", "")]
    again = db.scalars(select(Entry.id).where(Entry.action == SAVED).order_by(Entry.id.desc())).first()
    undo.undo(again, event_id=event.id, by=ADA, may=MAY, now=utc_now())
    assert {row[0] for row in rows(db)} == {"confirmed", "waiting"}


def test_a_return_to_the_standard_text_is_taken_back(event, write, db):
    write(event, body=Texts(zh="好", en="Hi"))
    reset(event.id, "confirmed", "zh", by=ADA, now=utc_now())

    undo.undo(last_entry(db).id, event_id=event.id, by=ADA, may=MAY, now=utc_now())

    assert [row[3] for row in rows(db)] == ["Hi", "好"]


def test_a_step_that_something_newer_has_touched_stays(event, write, db):
    write(event, subject=Texts(zh="好", en="Yes"))
    first = last_entry(db).id
    write(event, subject=Texts(zh="很好", en="Yes"))

    with pytest.raises(ConflictError):
        undo.undo(first, event_id=event.id, by=ADA, may=MAY, now=utc_now())


def test_a_copy_of_an_event_writes_what_the_event_writes(app, event, write, db):
    write(event, body=Texts(zh="{name} 好", en="Hi {name}"))
    day = date(2031, 5, 1)

    (copy,) = duplicate(event.id, Copies([day]), key="a", by=ADA, now=utc_now())

    assert text_for(copy.id, "confirmed", "zh").body == "{name} 好"
    write(event, body=Texts(zh="后来", en="Later"))
    assert text_for(copy.id, "confirmed", "en").body == "Hi {name}"

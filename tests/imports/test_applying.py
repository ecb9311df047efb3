"""Applying: all or nothing, no letters unless asked for, taken back as one step."""

import pytest
from sqlalchemy import func, select

from app.attendees import marking
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.events.models import TicketType
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.imports.models import Import, ImportPart, ImportRow, ImportState
from app.mail.models import Letter
from app.registrations import service as registrations
from app.registrations.marks import AttendeeNote, AttendeeTag
from app.registrations.models import Answer, Question, QuestionKind, Registration
from tests.imports.samples import (
    PEOPLE,
    advance,
    applied,
    begin_applying,
    checked,
    csv_of,
    fresh,
    outcomes,
    undo,
    xlsx_of,
)
from tests.support.factories import sign_up_as, states


def seats(db, event):
    db.rollback()
    return db.scalars(select(TicketType.seats_taken).where(TicketType.event_id == event.id)).all()


def number(db, table):
    db.rollback()
    return db.scalar(select(func.count()).select_from(table))


def test_rows_become_registrations_and_nobody_is_written_to(make_event, db):
    event = make_event(capacity=10)

    work = applied(event, csv_of(PEOPLE))

    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}
    assert seats(db, event) == [2]
    assert number(db, Letter) == 0
    assert work.state is ImportState.APPLIED
    person = db.scalars(select(Registration).where(Registration.email_key == "li@example.com")).one()
    assert (person.name, person.source, person.language, person.confirmed_at) == (
        "李四", "import", "zh", person.created_at,
    )  # fmt: skip
    assert number(db, ImportPart) == 0


def test_a_dry_run_writes_nothing_but_its_rows(make_event, db):
    event = make_event(capacity=10)

    work = checked(event, csv_of(PEOPLE))

    assert outcomes(work) == ["confirmed", "confirmed"]
    assert (number(db, Registration), number(db, Letter), seats(db, event)) == (0, 0, [0])


def test_letters_go_out_when_they_are_asked_for(make_event, db):
    event = make_event(capacity=1)

    applied(event, csv_of(PEOPLE), letters=True)

    assert db.scalars(select(Letter.kind).order_by(Letter.id)).all() == ["confirmed", "waiting"]


def test_answers_tags_notes_and_language_come_along(make_event, db):
    options = [
        {"value": "veg", "label": {"zh": "素食", "en": "Vegetarian"}},
        {"value": "meat", "label": {"en": "Meat"}},
    ]
    event = make_event(
        questions=[
            {"key": "company", "label": Texts(zh="公司", en="Company")},
            {"key": "food", "kind": QuestionKind.ONE_CHOICE, "label": Texts(en="Food"), "options": options},
        ]
    )
    head = ["Name", "Email", "工作单位", "Food", "Tags", "备注", "Language"]

    applied(
        event, xlsx_of([head, ["Ada", "ada@example.com", "Acme", "Vegetarian", "vip; 讲师, VIP", "Late", "English"]])
    )

    person = db.scalars(select(Registration)).one()
    answers = dict(
        db.execute(select(Question.key, Answer.value).join(Question, Question.id == Answer.question_id)).all()
    )
    assert answers == {"company": "Acme", "food": "veg"}
    assert sorted(db.scalars(select(AttendeeTag.name))) == ["vip", "讲师"]
    assert db.scalars(select(AttendeeNote.text)).one() == "Late"
    assert person.language == "en"


def test_without_a_seat_people_wait_or_are_told_so(make_event):
    with_list, without = make_event(capacity=1), make_event(capacity=1, has_waiting_list=False)

    assert outcomes(checked(with_list, csv_of(PEOPLE))) == ["confirmed", "waiting"]
    assert outcomes(checked(without, csv_of(PEOPLE))) == ["confirmed", "full"]


def test_who_waits_here_comes_before_the_file(make_event):
    event = make_event(capacity=1)
    sign_up_as(event, "ada")
    sign_up_as(event, "bob")

    assert outcomes(checked(event, csv_of(PEOPLE))) == ["waiting", "waiting"]


def test_rows_that_cannot_be_taken_ask_for_a_tick(make_event, db):
    event = make_event()
    work = checked(event, csv_of([*PEOPLE, ["王五", "no address"]]))

    with pytest.raises(BadInputError):
        begin_applying(work, without_refused=False)

    assert number(db, Registration) == 0
    begin_applying(work)
    advance()
    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}


def test_a_seat_that_is_gone_makes_the_dry_run_anew_and_nothing_else(make_event, db):
    event = make_event(capacity=2)
    work = checked(event, csv_of(PEOPLE))
    sign_up_as(event, "ada")

    begin_applying(work)
    advance()

    work = fresh(work.id)
    assert work.state is ImportState.CHECKED
    assert outcomes(work) == ["confirmed", "waiting"]
    assert work.changed["confirmed"] == 2
    assert (states(event), seats(db, event)) == ({"ada": "confirmed"}, [1])


def test_an_event_that_was_changed_makes_the_dry_run_anew(make_event, db):
    event = make_event(ticket_types=[{"slug": "a", "name": Texts(en="A")}, {"slug": "b", "name": Texts(en="Balcony")}])
    work = checked(event, csv_of([["name", "email", "ticket"], ["Ada", "ada@example.com", "Balcony"]]))
    with transaction():
        event.ticket_types[1].name = Texts(en="C")
        apply_changes(event, {"title": Texts(en="New")}, now=utc_now())

    begin_applying(work)
    advance()

    assert outcomes(fresh(work.id)) == ["refused"]


def test_seats_are_held_from_the_moment_it_is_applied(make_event, db):
    event = make_event(capacity=2)
    work = checked(event, csv_of(PEOPLE))

    begin_applying(work)
    sign_up_as(event, "ada")
    advance()

    assert states(event) == {"ada": "waiting", "zhang": "confirmed", "li": "confirmed"}
    assert seats(db, event) == [2]


def test_who_signs_up_meanwhile_keeps_their_own_and_the_seat_goes_to_the_next(make_event, db):
    event = make_event(capacity=2)
    work = checked(event, csv_of(PEOPLE))

    begin_applying(work)
    sign_up_as(event, "zhang")
    advance()

    work = fresh(work.id)
    assert states(event) == {"zhang": "confirmed", "li": "confirmed"}
    assert outcomes(work) == ["known", "confirmed"]
    assert (work.counts["confirmed"], work.counts["known"]) == (1, 1)
    assert seats(db, event) == [2]


def test_undoing_leaves_nothing_of_it(make_event, db):
    event = make_event(capacity=1, questions=[{"key": "company"}])
    work = applied(
        event, csv_of([["姓名", "邮箱", "公司"], ["张三", "zhang@example.com", "甲"], ["李四", "li@example.com", ""]])
    )

    work = undo(work)

    assert (number(db, Registration), number(db, Answer), number(db, Letter), seats(db, event)) == (0, 0, 0, [0])
    assert (work.state, work.counts["removed"]) == (ImportState.UNDONE, 2)


def test_undoing_cancels_who_was_told_and_leaves_who_was_changed(make_event, db):
    event = make_event()
    rows = [*PEOPLE, ["王五", "wang@example.com"]]
    work = applied(event, csv_of(rows), letters=True)
    person = db.scalars(select(Registration).where(Registration.email_key == "li@example.com")).one()
    registrations.change_answers(person, name="李 四", answers={}, now=utc_now())

    work = undo(work)

    assert states(event) == {"zhang": "cancelled", "li": "confirmed", "wang": "cancelled"}
    assert {name: work.counts[name] for name in ("removed", "cancelled", "kept")} == {
        "removed": 0, "cancelled": 2, "kept": 1,
    }  # fmt: skip
    kinds = db.scalars(select(Letter.kind).where(Letter.kind == "removed")).all()
    assert len(kinds) == 2
    assert seats(db, event) == [1]


def test_undoing_leaves_whoever_was_tagged_or_written_about_since(make_event, db):
    event = make_event()
    names = ("tagged", "untagged", "noted", "tried", "taken", "plain")
    work = applied(event, csv_of([["姓名", "邮箱", "标签"], *[[name, f"{name}@example.com", "VIP"] for name in names]]))
    ids = dict(db.execute(select(Registration.name, Registration.id)).all())
    at = {"by": THE_SITE, "now": utc_now()}
    marking.add_tag(ids["tagged"], "志愿者", **at)
    marking.remove_tag(ids["untagged"], "vip", **at)
    marking.add_note(ids["noted"], "坐第一排", **at)
    for change in (marking.add_tag, marking.remove_tag):
        change(ids["tried"], "志愿者", **at)
    for change in (marking.remove_tag, marking.add_tag):
        change(ids["taken"], "VIP", **at)

    work = undo(work)

    assert set(states(event)) == {"tagged", "untagged", "noted"}
    assert (work.counts["removed"], work.counts["kept"]) == (3, 3)


def test_undone_once_is_undone(make_event):
    event = make_event()
    work = applied(event, csv_of(PEOPLE))
    undo(work)

    with pytest.raises(ConflictError):
        undo(work)


def test_freed_seats_go_to_who_waits(make_event, db):
    event = make_event(capacity=2)
    work = applied(event, csv_of(PEOPLE))
    sign_up_as(event, "ada")

    undo(work)

    assert states(event) == {"ada": "confirmed"}


def test_the_history_says_how_many_and_not_who(make_event, db):
    event = make_event()
    work = applied(event, csv_of(PEOPLE))

    entry = db.scalars(select(Entry).where(Entry.action == "attendees.imported")).one()

    assert entry.changes == {
        "_thing": [f"import/{work.id}", None],
        "_import": [work.id, None],
        "rows": [None, 2],
        "new_people": [None, 2],
        "in_queue": [None, 0],
        "known_people": [None, 0],
        "with_letters": [None, False],
    }


def test_a_file_twice_registers_nobody_twice(make_event, db):
    event = make_event()
    applied(event, csv_of(PEOPLE))

    assert outcomes(checked(event, csv_of(PEOPLE))) == ["known", "known"]
    assert number(db, Import) == 2
    assert number(db, ImportRow) == 4

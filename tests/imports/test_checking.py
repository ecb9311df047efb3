"""The dry run: what each row would become, and what is wrong with which column."""

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import Texts, speaking
from app.imports import words
from app.imports.models import ImportRow, ImportState
from app.imports.problems import Code, Problem
from app.registrations.models import Purpose, QuestionKind
from app.work import service as work_service
from app.work.models import Task
from tests.imports.samples import (
    PEOPLE,
    advance,
    begin_checking,
    brought,
    check,
    checked,
    csv_of,
    fresh,
    outcomes,
    rows_of,
    xlsx_of,
)
from tests.support.factories import sign_up_as, states

FOOD = [
    {"value": "veg", "label": {"zh": "素食", "en": "Vegetarian"}},
    {"value": "meat", "label": {"zh": "荤食", "en": "Meat"}},
]
QUESTIONS = [
    {"key": "food", "kind": QuestionKind.ONE_CHOICE, "label": Texts(zh="饮食", en="Food"), "options": FOOD},
    {"key": "days", "kind": QuestionKind.SEVERAL_CHOICES, "label": Texts(en="Days"), "options": FOOD},
    {"key": "phone", "kind": QuestionKind.PHONE, "label": Texts(zh="手机", en="Phone")},
    {"key": "years", "kind": QuestionKind.NUMBER, "label": Texts(en="Years")},
    {"key": "bus", "kind": QuestionKind.CHECKBOX, "label": Texts(en="Bus")},
    {"key": "why", "label": Texts(en="Why")},
]
HEAD = ["Name", "Email", "Food", "Days", "Phone", "Years", "Bus", "Why"]


def details(db, number):
    db.rollback()
    return db.scalars(select(ImportRow).where(ImportRow.number == number)).one()


def test_answers_are_read_in_whatever_words_and_refused_with_their_column(make_event, db):
    event = make_event(questions=QUESTIONS)
    ids = {each["key"]: str(number) for number, each in enumerate(QUESTIONS, start=1)}

    work = checked(
        event,
        csv_of(
            [
                HEAD,
                ["Ada", "ada@example.com", "素食", "meat；Vegetarian", "138 0013 8000", "3.5", "是", "Because"],
                ["Bob", "bob@example.com", "Fish", "veg|fish", "12", "many", "maybe", "x" * 201],
                ["Eve", "eve@example.com", "", "", "", "", "否", ""],
            ],
            delimiter="\t",
        ),
    )

    first = details(db, 2).details["answers"]
    offset = min(int(key) for key in first) - 1
    assert {int(key) - offset: value for key, value in first.items()} == {
        int(ids["food"]): "veg", int(ids["days"]): ["meat", "veg"], int(ids["phone"]): "+8613800138000",
        int(ids["years"]): 3.5, int(ids["bus"]): True, int(ids["why"]): "Because",
    }  # fmt: skip
    assert rows_of(work)[1:] == [
        (3, "refused", [("choice", 2), ("choice", 3), ("phone", 4), ("number", 5), ("tick", 6), ("too_long", 7)]),
        (4, "confirmed", []),
    ]


def test_names_and_addresses_that_are_none_are_refused(make_event):
    long = "x" * 101
    rows = [
        ["", "a@example.com"],
        ["Bob", ""],
        ["Eve", "eve at example"],
        ["45231", "d@example.com"],
        [long, "e@x.org"],
        ["Win a prize at www.evil.example", "f@x.org"],
    ]

    work = checked(make_event(), csv_of([["Name", "Email"], *rows]))

    assert rows_of(work) == [
        (2, "refused", [("missing_name", 0)]),
        (3, "refused", [("missing_email", 1)]),
        (4, "refused", [("bad_email", 1)]),
        (5, "refused", [("bad_name", 0)]),
        (6, "refused", [("name_too_long", 0)]),
        (7, "refused", [("bad_name", 0)]),
    ]


def test_two_rows_with_one_address_register_the_first(make_event):
    work = checked(make_event(), csv_of([*PEOPLE, ["张 三", "ZHANG@example.com"]]))

    assert rows_of(work) == [(2, "confirmed", []), (3, "confirmed", []), (4, "refused", [("twice", None)])]


def test_who_has_a_place_stays_as_they_are(make_event):
    event = make_event()
    sign_up_as(event, "zhang")

    work = checked(event, csv_of(PEOPLE))

    assert outcomes(work) == ["known", "confirmed"]
    assert states(event) == {"zhang": "confirmed"}


def test_names_in_two_columns_become_one_as_their_language_has_it(make_event, db):
    checked(
        make_event(),
        csv_of(
            [["First name", "Last name", "Email"], ["Ada", "Lovelace", "a@example.com"], ["三", "张", "z@example.com"]]
        ),
    )

    assert [details(db, number).name for number in (2, 3)] == ["Ada Lovelace", "张三"]


def test_a_ticket_type_is_known_in_both_languages_and_asked_for_where_there_are_several(make_event):
    kinds = [
        {"slug": "a", "name": Texts(zh="现场", en="On site")},
        {"slug": "b", "name": Texts(zh="线上", en="Online")},
    ]
    rows = [["Ada", "a@example.com", "线上"], ["Bob", "b@example.com", "online"], ["Eve", "e@example.com", "Moon"],
            ["Zoe", "z@example.com", ""]]  # fmt: skip

    work = checked(make_event(ticket_types=kinds), csv_of([["Name", "Email", "Ticket"], *rows]))

    assert rows_of(work) == [
        (2, "confirmed", []), (3, "confirmed", []), (4, "refused", [("unknown_ticket_type", 2)]),
        (5, "refused", [("no_ticket_type", 2)]),
    ]  # fmt: skip


def test_a_status_of_another_program_is_followed(make_event):
    said = ["approved", "Waitlist", "pending_approval", "declined", "已取消", "", "nonsense"]
    rows = [[f"P {letter}", f"{letter}@example.com", status] for letter, status in zip("abcdefg", said, strict=True)]

    work = checked(make_event(), csv_of([["Name", "Email", "Status"], *rows]))

    # Where seats are free, nobody waits: who waited elsewhere is for an organizer to decide about.
    assert outcomes(work) == ["confirmed", "pending", "pending", "left", "left", "confirmed", "refused"]


def test_who_waited_elsewhere_waits_here_where_it_is_full(make_event):
    work = checked(make_event(capacity=0), csv_of([["Name", "Email", "Status"], ["Ada", "a@example.com", "waitlist"]]))

    assert outcomes(work) == ["waiting"]


def test_who_left_may_stand_in_the_list_once_more(make_event):
    rows = [["Ada", "a@example.com", "cancelled"], ["Ada", "a@example.com", "paid"]]

    assert outcomes(checked(make_event(), csv_of([["Name", "Email", "Status"], *rows]))) == ["left", "confirmed"]


def test_a_header_that_is_repeated_is_nobody(make_event):
    work = checked(make_event(), csv_of([*PEOPLE, *PEOPLE]))

    assert rows_of(work)[2:] == [(4, "left", []), (5, "refused", [("twice", None)]), (6, "refused", [("twice", None)])]


def test_a_file_without_a_header_is_read_from_its_first_row(make_event):
    work = checked(make_event(), csv_of(PEOPLE[1:]))

    assert (work.has_header, rows_of(work)) == (False, [(1, "confirmed", []), (2, "confirmed", [])])


def test_a_header_may_be_said_not_to_be_one(make_event):
    work = checked(make_event(), csv_of([["Ada", "Bob"], ["x", "y"]]), targets=["name", "email"], has_header=False)

    assert (work.rows, len(rows_of(work))) == (2, 2)


def test_what_a_spreadsheet_has_spoiled_is_refused_with_its_reason(make_event):
    event = make_event(questions=[{"key": "phone", "kind": QuestionKind.PHONE, "label": Texts(zh="手机")},
                                  {"key": "id", "label": Texts(zh="身份证号")}])  # fmt: skip
    rows = [["Ada", "a@example.com", "1.38E+10", ""], ["Bob", "b@example.com", "", "110101199003070000"]]

    work = checked(event, csv_of([["姓名", "邮箱", "手机", "身份证号"], *rows]))

    assert rows_of(work) == [(2, "refused", [("scientific", 2)]), (3, "refused", [("rounded", 3)])]
    with speaking("en"):
        said = words.sentence(Problem(Code.SCIENTIFIC, 2, 2, {"value": "1.38E+10"}))
    assert said == (
        "The spreadsheet has turned a long number into “1.38E+10”; its last digits are lost. "
        "Make the column text in your spreadsheet, type the number again, and save it as XLSX."
    )


def test_what_is_spoiled_in_a_column_that_is_left_out_is_nobodys_matter(make_event):
    work = checked(make_event(), csv_of([["姓名", "邮箱", "编号"], ["Ada", "a@example.com", "1.38E+10"]]))

    assert rows_of(work) == [(2, "confirmed", [])]


def test_a_formula_is_refused_with_its_place(make_event):
    work = checked(make_event(), xlsx_of([["Name", "Email"], ["Ada", '="ada" & "@example.com"']]))

    assert rows_of(work) == [(2, "refused", [("formula", 1)])]


def test_a_consent_is_never_imported(make_event, db):
    consent = {
        "key": "acme",
        "kind": QuestionKind.CHECKBOX,
        "label": Texts(en="Acme may write to me"),
        "sponsor": "Acme",
    }
    event = make_event(questions=[consent | {"purpose": Purpose.SPONSOR_CONSENT}])

    work = checked(event, csv_of([["Name", "Email", "Acme may write to me"], ["Ada", "a@example.com", "yes"]]))

    assert work.targets == ["name", "email", ""]
    assert details(db, 2).details == {"answers": {}}


def test_columns_are_asked_for_until_name_and_address_are_said(make_event):
    work = brought(make_event(), csv_of(PEOPLE))

    for targets in (["name", ""], ["", "email"], ["email", "email"]):
        with pytest.raises(BadInputError):
            check(work, targets=targets)

    assert fresh(work.id).state is ImportState.MAPPING


def test_columns_may_be_said_anew(make_event, db):
    work = checked(make_event(), csv_of([["A", "B"], ["Ada", "a@example.com"]]), targets=["name", "email"])
    assert outcomes(work) == ["confirmed"]

    check(work, targets=["email", "name"])

    assert outcomes(fresh(work.id)) == ["refused"]


def test_a_check_that_is_stopped_asks_for_the_columns_again(make_event, db):
    work = brought(make_event(), csv_of(PEOPLE))
    begin_checking(work)

    work_service.stop(db.scalars(select(Task.id)).one(), now=utc_now())
    advance()

    assert (fresh(work.id).state, rows_of(work)) == (ImportState.MAPPING, [])


def test_every_problem_has_its_sentence_in_both_languages(app):
    values = {"row": 1, "value": "x", "max": 1, "columns": 2, "ranges": "A1:B1", "other": 3}

    for language in ("zh", "en"):
        with app.test_request_context(), speaking(language):
            said = {code: words.sentence(Problem(code, 1, None, values)) for code in Code}
        assert all(said.values())
        assert not [code for code, words_ in said.items() if language == "zh" and words_.isascii()]

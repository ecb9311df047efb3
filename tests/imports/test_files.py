"""Files as people bring them: what can be read is read, what cannot is refused with its place."""

import io
import time
import tracemalloc
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.comments import Comment

from app.imports import files_guard
from app.imports.files import read_table
from app.imports.files_rows import COLUMNS_MAX, ROWS_MAX, Fault
from app.imports.problems import Code, UnreadableFileError
from tests.imports.samples import OLE2, PEOPLE, csv_of, saved, written, xlsx_of


def cells(data):
    return [row.cells for row in read_table(data).rows()]


def refused(data):
    """Return what is wrong with a file, whether at once or when its rows are read."""
    with pytest.raises(UnreadableFileError) as caught:
        list(read_table(data).rows())
    return caught.value.problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_text_is_read_in_any_encoding_and_with_any_separator(encoding, delimiter):
    assert cells(csv_of(PEOPLE, encoding=encoding, delimiter=delimiter)) == PEOPLE


def test_a_marked_utf16_of_the_other_order_is_read():
    assert cells(b"\xfe\xff" + csv_of(PEOPLE, encoding="utf-16-be", delimiter="\t")) == PEOPLE


def test_a_quoted_line_end_stays_in_its_cell_and_counts_no_row():
    rows = list(read_table(b'name,note\r\n"Ada","two\r\nlines, ""quoted"""\r\n\r\nBob,x\r\n').rows())

    assert [(row.number, row.cells) for row in rows] == [
        (1, ["name", "note"]), (2, ["Ada", 'two\r\nlines, "quoted"']), (4, ["Bob", "x"]),
    ]  # fmt: skip


def test_excels_own_first_line_names_the_separator():
    rows = list(read_table("sep=;\r\n姓名;邮箱\r\n张,三;a@example.com".encode()).rows())

    assert [(row.number, row.cells) for row in rows] == [(2, ["姓名", "邮箱"]), (3, ["张,三", "a@example.com"])]


@pytest.mark.parametrize("mark", ['"', "\r", "a", "\\"])
def test_a_separator_that_is_none_of_ours_says_nothing(mark):
    assert cells(f"sep={mark}\r\nname,email\r\nAda,a@example.com\r\n".encode())[1:] == [
        ["name", "email"], ["Ada", "a@example.com"],
    ]  # fmt: skip


def test_a_row_of_a_million_empty_cells_is_read_and_one_of_a_million_letters_is_refused():
    begun = time.thread_time()

    assert cells(b"name,email\nAda,a@example.com" + b"," * 5_000_000) == [["name", "email"], ["Ada", "a@example.com"]]
    assert refused(b"name,email\n" + b"x," * 5_000_000).code is Code.TOO_MANY_COLUMNS
    assert time.thread_time() - begun < 4


def test_an_apostrophe_that_an_export_put_ahead_of_a_formula_goes_again():
    assert cells(b"name,phone\r\nAda,'+8613800138000\r\n'Olu,x") == [
        ["name", "phone"], ["Ada", "+8613800138000"], ["'Olu", "x"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", Code.EMPTY, None),
        (b"\xef\xbb\xbf\r\n  \r\n", Code.EMPTY, None),
        (b'name,email\nAda,a@example.com\n"Bob,b@example.com\nEve,e@example.com', Code.UNCLOSED_QUOTE, 3),
        (b'name,email\n"Ada" L,a@example.com', Code.QUOTES, 2),
        (b"name,email\nAda\0,a@example.com", Code.NUL, 2),
        (b"name\nAda\n\xff\xff\xff", Code.ENCODING, 3),
        (("a," * 5_000 + "b\n").encode(), Code.TOO_MANY_COLUMNS, 1),
        (b"name,note\nAda," + b"x" * 40_000, Code.CELL_TOO_LONG, 2),
        (b"%PDF-1.7 ...", Code.NO_TABLE, None),
        (b"\x89PNG\r\n", Code.NO_TABLE, None),
        (b"<html><table><tr><td>x</td></tr></table>", Code.MARKUP, None),
        (OLE2 + b"\0" * 600 + "Workbook".encode("utf-16-le"), Code.XLS, None),
        (OLE2 + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), Code.PASSWORD, None),
        (b"PK\x03\x04 cut short", Code.DAMAGED, None),
        (b"x" * (20 * 1024 * 1024 + 1), Code.TOO_LARGE, None),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
def test_what_cannot_be_read_is_refused_with_its_reason_and_row(data, code, row):
    problem = refused(data)

    assert (problem.code, problem.row) == (code, row)


def test_more_rows_than_there_may_be_are_refused():
    assert refused(b"a\n" * (ROWS_MAX + 2)).code is Code.TOO_MANY_ROWS
    assert len(cells(b"a\n" * (ROWS_MAX + 1))) == ROWS_MAX + 1


@pytest.mark.parametrize("write", [xlsx_of, written])
def test_a_workbook_is_read(write):
    assert cells(write(PEOPLE)) == PEOPLE


def test_the_first_sheet_with_rows_is_read_and_the_others_stand_beside_it():
    table = read_table(xlsx_of([], people=PEOPLE, more=[["x"]]))

    assert (table.sheet, table.sheets, [row.cells for row in table.rows()]) == ("people", 3, PEOPLE)
    assert [(other.sheet, [row.cells for row in other.rows()]) for other in table.others] == [("more", [["x"]])]


def test_a_hidden_sheet_is_not_read():
    book = openpyxl.Workbook()
    book.active.append(["old"])
    book.active.sheet_state = "hidden"
    book.create_sheet("new").append(["new"])

    assert cells(saved(book)) == [["new"]]


def test_dates_and_numbers_come_as_people_write_them():
    row = [date(2026, 5, 30), datetime.fromisoformat("2026-05-30T13:05"), 13800138000, 1.5, True, 45_000]

    assert cells(xlsx_of([row])) == [["2026-05-30", "2026-05-30 13:05:00", "13800138000", "1.5", "true", "45000"]]


def test_formulas_and_their_errors_are_marked_with_their_place():
    book = openpyxl.Workbook()
    book.active.append(["name", "email", "sum"])
    book.active.append(["Ada", '=A2&"@example.com"', "x"])
    book.active["C3"] = "#N/A"
    book.active["C3"].data_type = "e"

    rows = list(read_table(saved(book)).rows())

    assert [(row.number, dict(row.faults)) for row in rows] == [(1, {}), (2, {1: Fault.FORMULA}), (3, {2: Fault.ERROR})]


def test_a_text_that_looks_like_a_formula_is_none():
    rows = list(read_table(written([['=HYPERLINK("http://x")']])).rows())

    assert (rows[0].cells, dict(rows[0].faults)) == (['=HYPERLINK("http://x")'], {})


def test_merged_cells_are_refused_with_their_range():
    book = openpyxl.Workbook()
    for row in [["List"], *PEOPLE]:
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("B2:B3")

    problem = refused(saved(book))

    assert problem.code is Code.MERGED
    assert sorted(problem.details["ranges"].split(", ")) == ["A1:B1", "B2:B3"]


def test_merged_cells_of_another_sheet_are_nobodys_matter():
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(PEOPLE, other=[["x"]])))
    book["other"].merge_cells("A1:B2")

    assert cells(saved(book)) == PEOPLE


def test_five_thousand_columns_are_refused_with_their_row():
    problem = refused(xlsx_of([["name", "email"], ["x"] * 5_000]))

    assert (problem.code, problem.row, problem.details["columns"]) == (Code.TOO_MANY_COLUMNS, 2, 5_000)


def test_a_cell_far_away_costs_no_memory():
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active["XFD1048576"] = "y"

    problem = refused(saved(book))

    assert (problem.code, problem.row) == (Code.TOO_MANY_COLUMNS, 1_048_576)
    assert problem.details["max"] == COLUMNS_MAX


def test_empty_cells_with_a_format_are_no_columns():
    book = openpyxl.Workbook()
    for row in PEOPLE:
        book.active.append(row)
    book.active["ZZ1"].font = openpyxl.styles.Font(bold=True)
    book.active["A1"].comment = Comment("x", "y")

    assert cells(saved(book)) == PEOPLE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1.38E+10", Fault.SCIENTIFIC),
        ("1,10101E+17", Fault.SCIENTIFIC),
        ("1E+10", Fault.SCIENTIFIC),
        ("110101199003070000", Fault.ROUNDED),
        ("6222020000000000000", Fault.ROUNDED),
        # Ids whose check digit holds, and what is no number of a spreadsheet.
        ("11010519491231002X", None),
        ("110101199003071000", Fault.ROUNDED),
        ("3E12", None),
        ("13800138000", None),
        ("1e5 is a note", None),
    ],
)
def test_numbers_that_a_spreadsheet_has_spoiled_are_known(text, fault):
    row = list(read_table(f"phone\n{text}\n".encode()).rows())[1] if "," not in text else None
    if row is None:
        row = list(read_table(f"phone;x\n{text};y\n".encode()).rows())[1]

    assert row.faults.get(0) == fault


def test_an_id_of_eighteen_digits_that_was_typed_as_a_number_is_known():
    row = next(read_table(xlsx_of([[110101199003077758, 13800138000]])).rows())

    assert dict(row.faults) == {0: Fault.ROUNDED}


def bomb(parts):
    """Return a ZIP of these parts over those of a real workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_of(PEOPLE))) as real, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in real.namelist():
            made.writestr(name, parts.pop(name, None) or real.read(name))
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({SHEET: b" " * (files_guard.SHEET_BYTES_MAX + 1)}, Code.BOMB),
        ({"xl/sharedStrings.xml": b" " * (files_guard.PART_BYTES_MAX + 1)}, Code.BOMB),
        ({"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 9_000_000}, Code.BOMB),
        ({SHEET: HEAD + b"<row>" + b"<c/>" * 2_000_000}, Code.BOMB_ROW),
        ({SHEET: HEAD + b"<row/>" * 1_100_000}, Code.BOMB),
        ({SHEET: b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + HEAD + b"<row>&b;</row>"}, Code.DAMAGED),
        ({SHEET: b"no xml at all"}, Code.DAMAGED),
        ({"xl/workbook.xml": b"<"}, Code.DAMAGED),
    ],
    ids=["sheet", "texts", "tags", "row", "rows", "entities", "no xml", "workbook"],
)
def test_a_bomb_is_refused_before_it_is_unpacked(parts, code):
    data = bomb(dict(parts))

    assert len(data) < 3_000_000
    assert refused(data).code is code


def rows_then_end(*rows):
    return (
        HEAD
        + b'<row r="1"><c t="inlineStr"><is><t>name</t></is></c></row>'
        + b"".join(rows)
        + b"</sheetData></worksheet>"
    )


WORKBOOK = (
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>%b</sheets></workbook>'
)
ELSEWHERE = {
    "xl/_rels/workbook.xml.rels": b'<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="other/s.xml"/>'
    b"</Relationships>",
    "xl/other/s.xml": rows_then_end(b"<row>", b"<c/>" * 1_200_000, b"</row>"),
}
FORMULA = b'<f t="shared" si="0" ref="A1:A9">' + b"A1+" * 9_000 + b"A1</f>"
DEEP = b"<a>" * 3_000_000


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({SHEET: rows_then_end(b'<row r="30000000"><c/></row>')}, Code.TOO_MANY_ROWS),
        ({SHEET: rows_then_end(b'<row r="1048577"/>')}, Code.TOO_MANY_ROWS),
        ({SHEET: rows_then_end(b'<row r="7"><c/></row>' * 100_000)}, Code.DAMAGED_ROW),
        ({SHEET: rows_then_end(b"<row>", b"<c/>" * 900_000, b"</row>")}, Code.BOMB_ROW),
        ({SHEET: rows_then_end(b"<row\t>", b"<x:c/>" * 900_000, b"</row>")}, Code.BOMB_ROW),
        ({SHEET: rows_then_end(DEEP)}, Code.BOMB),
        ({SHEET: rows_then_end(b'<row spans="', b"1 " * 5_000_000, b'"/>')}, Code.BOMB),
        ({"xl/styles.xml": b"<styleSheet><cellXfs>" + b"<xf/>" * 100_001}, Code.BOMB),
        ({"xl/workbook.xml": WORKBOOK % (b'<sheet name="a" r:id="rId1"/>' * 100_001)}, Code.BOMB),
        (ELSEWHERE, Code.BOMB_ROW),
    ],
    ids=[
        "row 30,000,000", "row 1,048,577", "rows backwards", "cells", "another spelling", "depth", "one tag", "formats",
        "sheets", "another place",
    ],
)  # fmt: skip
def test_what_would_keep_a_thread_busy_is_refused_in_no_time(parts, code):
    data = bomb(dict(parts))
    tracemalloc.start()
    begun = time.thread_time()
    try:
        problem = refused(data)
        seconds, (_now, most) = time.thread_time() - begun, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (problem.code, seconds < 5, most < 30_000_000) == (code, True, True)


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        ({SHEET: rows_then_end(b'<row><c r="XFD1"/></row>' * 2_000)}, [["name"]]),
        ({SHEET: rows_then_end(b"<row>%b</row>" % (b'<c><f t="shared" si="0"/></c>' * 200) * 400)}, None),
        ({"xl/workbook.xml": WORKBOOK % (b'<sheet name="a" r:id="rId1"/>' * 50_000)}, PEOPLE),
        ({SHEET: rows_then_end(b"<row><c>%b</c></row>" % FORMULA, b'<row><c><f t="shared" si="0"/></c></row>' * 9_000)},
         None),
    ],
    ids=["far cells", "formulas", "one sheet many times", "one long formula many times"],
)  # fmt: skip
def test_what_is_much_for_its_size_costs_no_more_than_its_size(parts, rows):
    data = bomb(dict(parts))
    begun = time.thread_time()

    found = cells(data)

    assert time.thread_time() - begun < 3
    assert rows is None or found == rows


def test_a_clock_stops_what_nothing_else_does(monkeypatch):
    monkeypatch.setattr(files_guard, "CPU_MAX", 0.0)

    assert refused(xlsx_of(PEOPLE)).code is Code.BOMB


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says():
    data = bytearray(bomb({SHEET: HEAD + b"<row/>" * 100_000}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo(SHEET)
    size = info.file_size.to_bytes(4, "little")
    assert data.count(size) >= 2
    lying = bytes(data.replace(size, (1000).to_bytes(4, "little")))

    assert refused(lying).code is Code.DAMAGED


def test_a_zip_with_a_password_and_other_zips_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("letter.txt", "x")
    locked = bytearray(xlsx_of(PEOPLE))
    at = locked.index(b"PK\x01\x02")
    while at != -1:
        locked[at + 8] |= 1
        at = locked.find(b"PK\x01\x02", at + 1)

    assert refused(out.getvalue()).code is Code.NO_TABLE
    assert refused(bytes(locked)).code is Code.PASSWORD


def test_a_workbook_that_breaks_off_is_refused_with_the_row():
    head = HEAD.replace(b"<sheetData>", b'<dimension ref="A1:A4"/><sheetData>')
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (number, number) for number in range(1, 4))
    data = bomb({SHEET: head + rows + b'<row r="4"><c'})

    assert (refused(data).code, refused(data).row) == (Code.DAMAGED_ROW, 4)


@pytest.mark.parametrize(("part", "code"), [("xl/workbook.bin", Code.XLSB), ("content.xml", Code.ODS)])
def test_relatives_of_a_workbook_are_called_by_their_name(part, code):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(part, "x")

    assert refused(out.getvalue()).code is code

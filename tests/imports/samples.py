"""Files as other programs write them, and an import carried through by the services."""

import io

import openpyxl
import xlsxwriter

from app.core.clock import utc_now
from app.core.db import db
from app.history.service import THE_SITE
from app.imports import queries, service
from app.work import service as work

OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")


def csv_of(rows, *, encoding="utf-8", delimiter=",", end="\r\n"):
    """Return rows of plain cells as a text."""
    return end.join(delimiter.join(row) for row in [*rows, []]).encode(encoding)


def xlsx_of(rows, **sheets):
    """Return a workbook as openpyxl writes it; further sheets by their name."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    return saved(book)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def written(rows):
    """Return a workbook as XlsxWriter writes it: texts in the rows, not in a table of their own."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


PEOPLE = [["姓名", "邮箱"], ["张三", "zhang@example.com"], ["李四", "li@example.com"]]


def advance(now=None):
    """Do all long work that is due."""
    db.session.rollback()  # sees what others have written
    while work.advance(now or utc_now()):
        pass


def brought(event, data, *, language="zh", now=None):
    """Return the import of a file that was just brought."""
    import_id = service.receive(event.id, data, language=language, by=THE_SITE, now=now or utc_now())
    return fresh(import_id)


def fresh(import_id):
    """Return an import as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(service.Import, import_id)


def checked(event, data, *, now=None, **said):
    """Return the import of a file after its dry run; columns as recognised, unless they are said."""
    work_ = brought(event, data, now=now)
    check(work_, now=now, **said)
    return fresh(work_.id)


def check(work_, *, now=None, **said):
    begin_checking(work_, now=now, **said)
    advance(now)


def begin_checking(work_, *, now=None, **said):
    values = {name: getattr(work_, name) for name in ("targets", "has_header", "ticket_type_id", "language")}
    columns = service.Columns(**(values | said))
    service.check(work_.event_id, work_.id, columns, language="en", by=THE_SITE, now=now or utc_now())


def begin_applying(work_, *, letters=False, without_refused=True, now=None):
    return service.apply(
        work_.event_id,
        work_.id,
        letters=letters,
        without_refused=without_refused,
        language="en",
        by=THE_SITE,
        now=now or utc_now(),
    )


def applied(event, data, *, letters=False, now=None, **said):
    """Return the import of a file that was applied."""
    work_ = checked(event, data, now=now, **said)
    begin_applying(work_, letters=letters, now=now)
    advance(now)
    return fresh(work_.id)


def undo(work_, *, now=None):
    service.undo(work_.event_id, work_.id, language="en", by=THE_SITE, now=now or utc_now())
    advance(now)
    return fresh(work_.id)


def rows_of(work_):
    """Return each row's number, outcome and the codes of what is wrong with it, with the column."""
    db.session.rollback()
    page = queries.row_page(work_.id, None)
    return [
        (row.number, row.outcome.value, [(each["code"], each.get("column")) for each in row.problems])
        for row in page.rows
    ]


def outcomes(work_):
    """Return what becomes of each row, in the order of the file."""
    return [outcome for _number, outcome, _problems in rows_of(work_)]

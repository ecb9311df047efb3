"""A chart's table as a workbook; nothing in it can become a formula."""

import io
import re
from typing import Final

from app.core.i18n import gettext as _
from app.exports.workbook import clean, fitting
from app.numbers.charts import Chart

# What Excel refuses in the name of a sheet, which has no more than 31 characters.
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_NAME_MAX: Final = 31
_WIDE: Final = 36
_NARROW: Final = 16


def xlsx(chart: Chart) -> bytes:
    """Return a workbook of one sheet with the table of the chart, and below it what the figures rest on."""
    # Here and not above: few ever ask for a workbook, and a process that serves need not hold what writes one.
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(_FORBIDDEN.sub(" ", clean(chart.title)).strip()[:_NAME_MAX] or _("Numbers"))
        text = book.add_format({"num_format": "@"})
        number = book.add_format({"num_format": "#,##0"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        for column, name in enumerate(chart.table.header):
            sheet.set_column(column, column, _NARROW if column else _WIDE)
            sheet.write_string(0, column, clean(name), head)
        sheet.freeze_panes(1, 0)
        row = 0
        for row, cells in enumerate(chart.table.rows, start=1):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, column, fitting(cell), text)
                elif cell is not None:
                    sheet.write_number(row, column, cell, number)
        for line, words in enumerate((chart.title, chart.finding, chart.rests_on), start=row + 2):
            if words:
                sheet.write_string(line, 0, clean(words), text)
    return out.getvalue()

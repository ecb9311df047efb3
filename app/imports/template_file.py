"""An empty file with the event's own columns, to fill in and bring back."""

import csv
import io
from collections.abc import Sequence

from app.core.i18n import Language, Texts, speaking
from app.core.i18n import gettext as _
from app.registrations.models import Question


def _heads(questions: Sequence[Question], language: Language) -> list[str]:
    with speaking(language):
        fixed: list[str] = [_("Name"), _("E-mail"), _("Ticket type"), _("Language"), _("Tag"), _("Note")]
    labels = [question.label.in_language(language) for question in questions]
    asked = [
        f"{label} ({question.key})" if labels.count(label) > 1 or label in fixed else label
        for label, question in zip(labels, questions, strict=True)
    ]
    return [*fixed[:3], *asked, *fixed[3:]]


def as_csv(questions: Sequence[Question], language: Language) -> bytes:
    """Return the file as CSV, with the mark by which Excel knows its encoding."""
    text = io.StringIO()
    csv.writer(text).writerow(_heads(questions, language))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(questions: Sequence[Question], language: Language) -> bytes:
    """Return the file as a workbook whose cells are text: no phone number typed there becomes 1.38E+10."""
    # Here and not above: a process that serves need not hold what writes workbooks.
    import xlsxwriter

    out = io.BytesIO()
    heads = _heads(questions, language)
    choices = {
        question.label.in_language(language): [
            Texts(**option["label"]).in_language(language) for option in question.options
        ]
        for question in questions
    }
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        with speaking(language):
            sheet = book.add_worksheet(_("Attendees")[:31])
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        sheet.set_column(0, len(heads) - 1, 22, text)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(heads):
            sheet.write_string(0, column, name, head)
            if choices.get(name):
                sheet.write_comment(0, column, "\n".join(choices[name]))
    return out.getvalue()

"""The organizers' forms of an import: the file, what its columns are, and whether to apply it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import BooleanField, FileField, RadioField, SelectChoice, SelectField  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms

from app.core.i18n import current_language, ngettext
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import TicketType
from app.imports import headers, words
from app.imports.models import Import
from app.imports.problems import letter_of
from app.imports.service import Columns
from app.imports.sheets import present, sheets_of
from app.registrations.models import Question
from app.registrations.purposes import masked
from app.web.forms import Form

_COLUMN: Final = "column"
_SAMPLES: Final = 3


class FileForm(Form):
    """A file to bring."""

    file = FileField(
        _l("File"),
        description=_l("XLSX or CSV, up to 20 MB and 100,000 rows. Nothing happens before you have seen what would."),
        render_kw={
            "accept": ".xlsx,.xlsm,.csv,.tsv,.txt,text/csv,"
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        },
    )


class SheetForm(Form):
    """Which sheet of a workbook is the list; `unreadable` are those that are offered no more, with the reason."""

    sheet = SelectField(_l("Sheet with the attendees"), coerce=int)

    unreadable: Sequence[tuple[str, str]] = ()


def sheet_form(work: Import, data: Any = None) -> SheetForm | None:
    """Return the form that chooses among the sheets of an import; None where there is nothing to choose."""
    sheets = sheets_of(work)
    if not sheets:
        return None
    form = SheetForm(data, data={"sheet": present(work)})
    form.sheet.choices = [
        SelectChoice(at, ngettext("%(title)s (%(num)d row)", "%(title)s (%(num)d rows)", each.rows, title=each.title))
        for at, each in enumerate(sheets)
        if each.problem is None
    ]
    form.unreadable = [(each.title, words.sentence(each.problem)) for each in sheets if each.problem]
    return form


class ApplyForm(Form):
    """Whether rows that cannot be taken are left out, and whether the others hear of it."""

    without_refused = BooleanField(_l("Leave out the rows that cannot be taken"))
    letters = BooleanField(
        _l("Send each of them the e-mail that a sign-up brings"),
        description=_l("With their ticket and the entry for their calendar. Without the tick, nobody is written to."),
    )


class ColumnsForm(Form):
    """What each column is; `columns` are its fields with what stands in the first rows."""

    has_header = BooleanField(_l("The first row names the columns"))
    ticket_type = SelectField(_l("Ticket type, where a row names none"))
    language = RadioField(
        _l("Language of their e-mails, where a row names none"),
        choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")],
    )

    fields: Sequence[str] = ()
    samples: Sequence[Sequence[str]] = ()

    def columns(self) -> list[tuple[Any, Sequence[str]]]:
        """Return the field of each column, and what stands in the first rows."""
        return [(self[name], samples) for name, samples in zip(self.fields, self.samples, strict=True)]

    def said(self) -> Columns:
        """Return what was said."""
        kind = str(self.ticket_type.data or "")
        return Columns(
            targets=[self[name].data or "" for name in self.fields],
            has_header=bool(self.has_header.data),
            ticket_type_id=int(kind) if kind else None,
            language="en" if self.language.data == "en" else "zh",
        )


def columns_form(
    work: Import, questions: Sequence[Question], ticket_types: Sequence[TicketType], data: Any = None
) -> ColumnsForm:
    """Return the form for an import's columns, filled with what is known of them."""
    language = current_language()
    hidden = {headers.PREFIX + each.key for each in questions if each.is_masked}
    known = words.targets() | {headers.PREFIX + each.key: each.label.in_language(language) for each in questions}
    choices = [SelectChoice(target, name) for target, name in known.items()]
    heads = words.heads_of(work)
    fields, values, samples = {}, {}, []
    for column, target in enumerate(work.targets):
        name = f"{_COLUMN}-{column}"
        head = heads[column] if column < len(heads) else ""
        label = _("Column %(letter)s", letter=letter_of(column))
        fields[name] = SelectField(f"{label}{_(': ')}{head}" if head else label, choices=choices)
        values[name] = target if target in known else headers.LEAVE_OUT
        rows = work.first[1:] if heads else work.first
        shown = [row[column] for row in rows if column < len(row) and row[column]][:_SAMPLES]
        samples.append([masked(each) for each in shown] if target in hidden else shown)
    made: Any = type("ColumnsForm", (ColumnsForm,), {**fields, "fields": list(fields), "samples": samples})
    given: Mapping[str, Any] = {
        "has_header": work.has_header,
        "ticket_type": str(work.ticket_type_id or ""),
        "language": work.language,
        **values,
    }
    form: ColumnsForm = made(data, data=given)
    form.ticket_type.choices = [
        SelectChoice("", _("None: refuse such rows")),
        *(SelectChoice(str(each.id), each.name.in_language(language)) for each in ticket_types),
    ]
    return form

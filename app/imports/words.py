"""What is wrong with a file or a row, and what becomes of rows, in words for whoever brought it."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.imports import headers
from app.imports.models import Import, ImportState, Outcome
from app.imports.problems import Code, Problem, letter_of
from app.registrations.models import Question
from app.web.filters import between_sentences

# Of programs whose lists are known: their own names.
PROGRAMS: Final[Mapping[str, str]] = {
    "juhui": "Juhui", "luma": "Luma", "meetup": "Meetup.com", "pretix": "pretix", "indico": "Indico",
}  # fmt: skip
DELIMITERS: Final[Mapping[str, object]] = {
    ",": _l("commas"), ";": _l("semicolons"), "\t": _l("tabs"), "|": _l("vertical bars"),
}  # fmt: skip
ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
    "gb18030": "GB18030",
}  # fmt: skip

_EXCEL: Final = _l("Make the column text in your spreadsheet, type the number again, and save it as XLSX.")
_SENTENCES: Final[Mapping[Code, object]] = {
    Code.EMPTY: _l("There are no rows in this file."),
    Code.TOO_LARGE: _l("The file is larger than %(max)d MB. Split it into several."),
    Code.NO_TABLE: _l("This is no table. Please bring a CSV or XLSX file."),
    Code.MARKUP: _l("This is a web page, whatever its name says. Save it from your spreadsheet as XLSX or CSV."),
    Code.XLS: _l("This is a file of the old Excel format (.xls). Open it and save it as XLSX."),
    Code.XLSB: _l("This is a binary workbook (.xlsb). Open it and save it as XLSX."),
    Code.ODS: _l("This is an OpenDocument table. Open it and save it as XLSX or CSV."),
    Code.PASSWORD: _l("The workbook is locked with a password. Save it without one, and bring it again."),
    Code.DAMAGED: _l("The workbook cannot be opened: it is damaged, or cut short. Save it anew, and bring it again."),
    Code.DAMAGED_ROW: _l("The workbook cannot be read further than row %(row)d. Save it anew, and bring it again."),
    Code.BOMB: _l("Unpacked, this workbook is far too large (more than %(max)d MB, or parts without end)."),
    Code.BOMB_ROW: _l("Row %(row)d of this workbook is far too long."),
    Code.NO_SHEET: _l("No sheet of this workbook is shown. Show the one with the attendees, and save it."),
    Code.MERGED: _l("Cells are merged: %(ranges)s. Which row has their value, nobody can tell. Take them apart."),
    Code.TOO_MANY_ROWS: _l("There are more than %(max)d rows. Split the file into several."),
    Code.TOO_MANY_COLUMNS: _l("Row %(row)d has %(columns)d columns. At most %(max)d can be read: delete the others."),
    Code.CELL_TOO_LONG: _l("A cell in row %(row)d has more than %(max)d characters. Perhaps a quote was not closed."),
    Code.UNCLOSED_QUOTE: _l("The quotation mark that opens in row %(row)d is never closed."),
    Code.QUOTES: _l("In row %(row)d, text follows a closing quotation mark. A quote inside a cell is written twice."),
    Code.NUL: _l("Row %(row)d holds characters that are no text. Save the file as CSV (UTF-8), and bring it again."),
    Code.ENCODING: _l("The text cannot be read from row %(row)d on: it is neither UTF-8, UTF-16 nor GB18030."),
    Code.MISSING_NAME: _l("The name is missing."),
    Code.BAD_NAME: _l("“%(value)s” is no name."),
    Code.NAME_TOO_LONG: _l("The name has more than %(max)d characters."),
    Code.MISSING_EMAIL: _l("The e-mail address is missing."),
    Code.BAD_EMAIL: _l("“%(value)s” is no complete e-mail address."),
    Code.TWICE: _l("Row %(other)d has the same address."),
    Code.UNKNOWN_TICKET_TYPE: _l("This event has no ticket type “%(value)s”."),
    Code.NO_TICKET_TYPE: _l("No ticket type is named, and none was chosen for such rows."),
    Code.UNKNOWN_STATUS: _l("The status “%(value)s” is not known."),
    Code.UNKNOWN_LANGUAGE: _l("“%(value)s” is neither Chinese nor English."),
    Code.FORMULA: _l("The cell holds a formula. Copy the column and insert it again as values."),
    Code.ERROR: _l("The spreadsheet says “%(value)s” here: its formula has failed."),
    Code.SCIENTIFIC: _l("The spreadsheet has turned a long number into “%(value)s”; its last digits are lost."),
    Code.ROUNDED: _l("The spreadsheet keeps 15 digits of a number: the last ones of “%(value)s” are lost."),
    Code.CHOICE: _l("“%(value)s” is not among the choices."),
    Code.NUMBER: _l("“%(value)s” is no number."),
    Code.NUMBER_TOO_LARGE: _l("The number “%(value)s” is too large."),
    Code.PHONE: _l("“%(value)s” is no phone number."),
    Code.TICK: _l("“%(value)s” is neither yes nor no."),
    Code.TOO_LONG: _l("“%(value)s …” is too long."),
}
# What helps against numbers that were spoiled; said behind the sentence.
_SPOILED: Final = frozenset({Code.SCIENTIFIC, Code.ROUNDED})


def choices_of(work: Import, questions: Sequence[Question]) -> dict[int, str]:
    """Return what can be answered to the questions of an import that have choices, by their column, in words."""
    language = current_language()
    of_question = {
        headers.PREFIX + each.key: _(", ").join(
            Texts(**option.get("label", {})).in_language(language) or str(option["value"]) for option in each.options
        )
        for each in questions
        if each.options
    }
    return {column: of_question[target] for column, target in enumerate(work.targets) if target in of_question}


def sentence(problem: Problem, choices: Mapping[int, str] | None = None) -> str:
    """Return what is wrong, as a sentence; with its row where it is about a whole file.

    `choices`: what can be answered, by the column, for whoever chose something else.
    """
    values = {"row": problem.row or 0, **problem.details}
    said = str(_SENTENCES[problem.code]) % values
    offered = (choices or {}).get(problem.column) if problem.column is not None else None
    if problem.code is Code.CHOICE and offered:
        they_are = _("They are: %(choices)s.", choices=offered)
        return f"{said}{between_sentences()}{they_are}"
    return said if problem.code not in _SPOILED else f"{said}{between_sentences()}{_EXCEL}"


def place(problem: Problem, heads: Sequence[str]) -> str:
    """Return which column a problem is in, as a spreadsheet calls it and as its first row does; empty for none."""
    if problem.column is None:
        return ""
    letter, head = letter_of(problem.column), heads[problem.column] if problem.column < len(heads) else ""
    if not head:
        return _("Column %(letter)s", letter=letter)
    return _("Column %(letter)s (%(head)s)", letter=letter, head=head)


def outcomes() -> dict[Outcome, str]:
    """Return what becomes of rows, in the page's language, in the order of a dry run."""
    return {
        Outcome.CONFIRMED: _("Confirmed"),
        Outcome.WAITING: _("Waiting list"),
        Outcome.PENDING: _("To be approved"),
        Outcome.KNOWN: _("Registered already"),
        Outcome.LEFT: _("Not coming"),
        Outcome.FULL: _("No seat left"),
        Outcome.REFUSED: _("Cannot be taken"),
    }


def states() -> dict[ImportState, str]:
    """Return where an import is, in the page's language."""
    return {
        ImportState.MAPPING: _("Columns to be said"),
        ImportState.CHECKING: _("Being checked"),
        ImportState.CHECKED: _("Checked, not applied"),
        ImportState.APPLYING: _("Being applied"),
        ImportState.APPLIED: _("Applied"),
        ImportState.UNDOING: _("Being undone"),
        ImportState.UNDONE: _("Undone"),
    }


def targets() -> dict[str, str]:
    """Return what a column may be, beside a question of the event, in the page's language."""
    return {
        headers.LEAVE_OUT: _("Leave out"),
        headers.NAME: _("Name"),
        headers.FIRST_NAME: _("First name"),
        headers.LAST_NAME: _("Last name"),
        headers.EMAIL: _("E-mail"),
        headers.TICKET_TYPE: _("Ticket type"),
        headers.STATUS: _("Status"),
        headers.LANGUAGE: _("Language of their e-mails"),
        headers.TAG: _("Tag"),
        headers.NOTE: _("Note"),
    }


def heads_of(work: Import) -> list[str]:
    """Return the names of the columns as the file has them; none where it names none."""
    return work.first[0] if work.has_header and work.first else []

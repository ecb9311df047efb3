"""Knows the columns of other programs' lists, and what people call them: name, address, ticket type, a question.

Sources: pretix `base/exporters/orderlist.py` and its check-in lists; Indico `registration/util.py`
(`generate_spreadsheet_from_registrations`); Luma's guest list ("Download as CSV"); Meetup.com's attendee list; our
own export. Each column is one of the targets below, `q_<key>` for a question of the event, or nothing.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.i18n import LANGUAGES
from app.events.models import TicketType
from app.imports.files_rows import Row
from app.registrations.models import Purpose, Question, QuestionKind

NAME: Final = "name"
FIRST_NAME: Final = "first_name"
LAST_NAME: Final = "last_name"
EMAIL: Final = "email"
TICKET_TYPE: Final = "ticket_type"
STATUS: Final = "status"
LANGUAGE: Final = "language"
TAG: Final = "tag"
NOTE: Final = "note"
LEAVE_OUT: Final = ""
PREFIX: Final = "q_"
CLIP: Final = 100  # of a cell that is kept to know its column by
# What a row has once; several columns may be tags or notes.
SINGLE: Final = (NAME, FIRST_NAME, LAST_NAME, EMAIL, TICKET_TYPE, STATUS, LANGUAGE)

# Of several columns that could be it, the one whose word stands further ahead is taken.
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    NAME: (
        "attendee name", "姓名", "真实姓名", "参会人", "参会人姓名", "嘉宾姓名", "联系人", "名字", "全名", "name",
        "full name", "your name", "invoice address name", "昵称", "称呼",
    ),
    FIRST_NAME: ("attendee name given name", "first name", "given name", "forename", "名"),
    LAST_NAME: ("attendee name family name", "last name", "surname", "family name", "姓", "姓氏"),
    EMAIL: (
        "attendee email", "邮箱", "电子邮箱", "邮箱地址", "邮件", "电子邮件", "邮件地址", "email", "e mail",
        "email address", "e mail address", "your email", "mail",
    ),
    TICKET_TYPE: (
        "票种", "票类", "票型", "门票", "门票类型", "票券", "参会方式", "参加方式", "ticket type", "ticket name",
        "ticket", "product", "registration type", "admission",
    ),
    STATUS: (
        "approval status", "registration state", "rsvp", "状态", "报名状态", "审核状态", "订单状态", "status", "state",
        "response",
    ),
    LANGUAGE: ("order locale", "语言", "language", "locale"),
    TAG: ("标签", "tag", "tags", "label", "labels"),
    NOTE: ("备注", "说明", "内部备注", "note", "notes", "order comment", "comment"),
}  # fmt: skip
# What a question may be about, whatever the event calls it.
_CONCEPTS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"公司", "单位", "工作单位", "所在单位", "公司名称", "所在公司", "机构", "company", "organization",
               "organisation", "affiliation", "employer", "company name"}),
    frozenset({"手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "phone", "phone number", "mobile", "tel",
               "telephone", "mobile number"}),
    frozenset({"职位", "职务", "岗位", "职业", "position", "job title", "role", "your role"}),
    frozenset({"城市", "所在城市", "city"}),
    frozenset({"国家", "country"}),
)  # fmt: skip
_PHONE: Final = _CONCEPTS[1]
_OF_PURPOSE: Final[Mapping[Purpose, frozenset[str]]] = {
    Purpose.COMPANY: _CONCEPTS[0],
    Purpose.PHONE: _PHONE,
    Purpose.JOB_TITLE: _CONCEPTS[2],
    Purpose.CITY: _CONCEPTS[3],
    Purpose.ID_NUMBER: frozenset({"身份证", "身份证号", "身份证号码", "证件号", "证件号码", "id number"}),
    Purpose.DIET: frozenset(
        {"饮食", "忌口", "饮食偏好", "餐食", "diet", "dietary restrictions", "dietary requirements"}
    ),
}
# Columns by which a program's list is known; all of a line must be there.
_PROGRAMS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("juhui", frozenset({"状态", "姓名", "邮箱", "票种", "报名编号"})),
    ("juhui", frozenset({"status", "name", "e mail", "ticket type", "code"})),
    ("luma", frozenset({"email", "approval status", "ticket name"})),
    ("luma", frozenset({"api id", "email", "approval status"})),
    ("luma", frozenset({"guest id", "email", "approval status"})),
    ("meetup", frozenset({"name", "user id", "event host", "rsvp"})),
    ("pretix", frozenset({"order code", "product", "attendee name"})),
    ("pretix", frozenset({"order code", "position id", "email"})),
    ("indico", frozenset({"id", "name", "registration state"})),
    ("indico", frozenset({"id", "name", "email address", "affiliation"})),
    ("indico", frozenset({"id", "name", "registration date"})),
)  # fmt: skip
# Words that mean something else in the list of this program.
_NOT_MEANT: Final[Mapping[str, frozenset[str]]] = {
    # What the group calls the person, how often they were there, who brought them.
    "meetup": frozenset({"title", "guests", "event host", "response"}),
    "indico": frozenset({"title"}),
}

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MARKS: Final = re.compile(r"[\W_]+")
# What a form adds to its questions: (required), ＊, (Asia/Shanghai) …
_REMARK: Final = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]\s*$")
_MOSTLY: Final = 0.6


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file seems to be: which program wrote it, whether its first row names the columns, what each is."""

    program: str
    has_header: bool
    targets: list[str]


def recognise(first: Sequence[Row], questions: Sequence[Question], ticket_types: Sequence[TicketType]) -> Recognised:
    """Return what the columns seem to be, by the first row, or by what stands in them where it names nothing."""
    width = max((len(row.cells) for row in first), default=0)
    head = [*first[0].cells, *[""] * (width - len(first[0].cells))] if first else []
    by_name = _by_names(head, questions)
    names_columns = not any(_ADDRESS.fullmatch(cell) for cell in head)
    if names_columns and any(by_name):
        return Recognised(program_of(head), has_header=True, targets=by_name)
    by_content = _by_content(first[1:] if names_columns else first, width, questions, ticket_types)
    return Recognised("", has_header=names_columns and len(first) > 1, targets=by_content)


def program_of(head: Sequence[str]) -> str:
    """Return which program names its columns so; empty for none we know."""
    names = {spelled(cell) for cell in head}
    return next((program for program, needed in _PROGRAMS if needed <= names), "")


def spelled(text: str) -> str:
    """Return a name of a column for comparing: small letters and digits, words by one blank."""
    return _MARKS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def is_header_again(cells: Sequence[str], head: Sequence[str]) -> bool:
    """Tell whether a row repeats the names of the columns, as lists that were put together do; `head` is clipped."""
    named = [cell for cell in head if cell]
    return len(named) > 1 and [cell[:CLIP] for cell in cells if cell] == named


def _by_names(head: Sequence[str], questions: Sequence[Question]) -> list[str]:
    targets = [LEAVE_OUT] * len(head)
    asked = _questions_by_name(questions)
    for column, cell in enumerate(head):
        found = asked.get(spelled(cell)) or asked.get(spelled(_REMARK.sub("", cell)))
        if found and found not in targets:
            targets[column] = found
    unmeant = _NOT_MEANT.get(program_of(head), frozenset())
    for target, words in _WORDS.items():
        columns = _columns_called(words, head, targets, unmeant)
        for column in columns[: 1 if target in SINGLE else None]:
            targets[column] = target
    _by_concept(head, targets, questions)
    if NAME in targets and FIRST_NAME in targets:
        # The whole name says more than its parts: which of them comes first is another question.
        targets = [LEAVE_OUT if target in {FIRST_NAME, LAST_NAME} else target for target in targets]
    return targets


def _questions_by_name(questions: Sequence[Question]) -> dict[str, str]:
    names: dict[str, str] = {}
    for question in questions:
        labels = [question.label.in_language(language) for language in LANGUAGES]
        for label in [question.key, *labels, *(f"{label} ({question.key})" for label in labels)]:
            names.setdefault(spelled(label), PREFIX + question.key)
    return names


def _columns_called(
    words: Sequence[str], head: Sequence[str], targets: Sequence[str], unmeant: frozenset[str]
) -> list[int]:
    """Return the columns that are called one of these and are nothing yet, the best word first."""
    called: list[tuple[int, int]] = []
    for column, cell in enumerate(head):
        name = spelled(cell)
        if targets[column] or not name or name in unmeant:
            continue
        for word in (name, spelled(_REMARK.sub("", cell))):
            if word in words:
                called.append((words.index(word), column))
                break
    return [column for _rank, column in sorted(called)]


def _by_concept(head: Sequence[str], targets: list[str], questions: Sequence[Question]) -> None:
    """Match what people call differently: their “工作单位” is our question for the company."""
    for question in questions:
        target = PREFIX + question.key
        if target in targets:
            continue
        names = {spelled(question.key), *(spelled(question.label.in_language(language)) for language in LANGUAGES)}
        concept = _OF_PURPOSE.get(question.purpose) if question.purpose else None
        concept = concept or next((each for each in _CONCEPTS if each & names), None)
        if concept is None and question.kind is QuestionKind.PHONE:
            concept = _PHONE
        if concept is None:
            continue
        for column, cell in enumerate(head):
            if not targets[column] and (spelled(cell) in concept or spelled(_REMARK.sub("", cell)) in concept):
                targets[column] = target
                break


def _by_content(
    rows: Sequence[Row], width: int, questions: Sequence[Question], ticket_types: Sequence[TicketType]
) -> list[str]:
    targets = [LEAVE_OUT] * width
    columns = [[row.cells[column] for row in rows if column < len(row.cells)] for column in range(width)]
    phone = next((PREFIX + each.key for each in questions if each.kind is QuestionKind.PHONE), "")
    kinds = {spelled(each.name.in_language(language)) for each in ticket_types for language in LANGUAGES}
    looks: list[tuple[str, re.Pattern[str]]] = [
        (EMAIL, _ADDRESS),
        *([(phone, re.compile(r"\+?[\d ()-]{7,20}"))] if phone else []),
        (NAME, re.compile(r"[\u3400-\u9fff·]{2,6}|[^\W\d_]+(?:[ .'-]+[^\W\d_]+){1,3}")),
    ]
    for target, pattern in looks:
        for column, cells in enumerate(columns):
            filled = [cell for cell in cells if cell]
            if targets[column] or not filled or target in targets:
                continue
            if target == NAME and sum(spelled(cell) in kinds for cell in filled) > len(filled) * _MOSTLY:
                targets[column] = TICKET_TYPE
            elif sum(bool(pattern.fullmatch(cell)) for cell in filled) > len(filled) * _MOSTLY:
                targets[column] = target
    return targets

"""Answers as they stand in a cell, in whatever words: made what the sign-up's form would have made of them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import phonenumbers

from app.core.i18n import LANGUAGES, Texts
from app.imports.headers import spelled
from app.imports.problems import Code
from app.registrations.fields import LONG_MAX, NUMBER_MAX, PHONE_REGION, SHORT_MAX
from app.registrations.models import Question, QuestionKind
from app.web.forms import many_lines, one_line

# Takes a cell that is not empty; returns the answer, None for none, or what is wrong.
Read = Callable[[str], Any]

_YES: Final = frozenset(
    {"yes", "y", "true", "1", "x", "✓", "✔", "√", "是", "有", "同意", "对", "ja", "oui", "si", "on"}
)
_NO: Final = frozenset({"no", "n", "false", "0", "否", "无", "不", "不同意", "不是", "没有", "nein", "non", "off"})
_BETWEEN: Final = re.compile(r"[;；,，、|\n/]")


def reader_of(question: Question) -> Read:
    """Return what makes an answer to this question of a cell."""
    return _READERS[question.kind](question)


def _short(_question: Question) -> Read:
    def read(cell: str) -> Any:  # noqa: ANN401 - an answer of any kind, or a Code
        text = one_line(cell)
        return text if len(text) <= SHORT_MAX else Code.TOO_LONG

    return read


def _long(_question: Question) -> Read:
    def read(cell: str) -> Any:  # noqa: ANN401 - as above
        text = many_lines(cell)
        return text if len(text) <= LONG_MAX else Code.TOO_LONG

    return read


def _number(_question: Question) -> Read:
    def read(cell: str) -> Any:  # noqa: ANN401 - as above
        try:
            number = float(cell.replace(" ", ""))
        except ValueError:
            return Code.NUMBER
        if not abs(number) <= NUMBER_MAX:  # also true of "nan"
            return Code.NUMBER_TOO_LARGE
        return int(number) if number.is_integer() else number

    return read


def _phone(_question: Question) -> Read:
    def read(cell: str) -> Any:  # noqa: ANN401 - as above
        try:
            number = phonenumbers.parse(one_line(cell), PHONE_REGION)
        except phonenumbers.NumberParseException:
            return Code.PHONE
        if not phonenumbers.is_possible_number(number):
            return Code.PHONE
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return read


def _tick(_question: Question) -> Read:
    def read(cell: str) -> Any:  # noqa: ANN401 - as above
        word = cell.strip().casefold()
        if word in _NO:
            return None
        return True if word in _YES else Code.TICK

    return read


def _values_of(question: Question) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for option in question.options:
        label = Texts(**option.get("label", {}))
        for words in (option["value"], *(label.in_language(language) for language in LANGUAGES)):
            values.setdefault(spelled(words) or words, option["value"])
    return values


def _one(question: Question) -> Read:
    values = _values_of(question)
    return lambda cell: values.get(spelled(cell) or cell, Code.CHOICE)


def _several(question: Question) -> Read:
    values = _values_of(question)

    def read(cell: str) -> Any:  # noqa: ANN401 - as above
        if (whole := values.get(spelled(cell) or cell)) is not None:
            return [whole]
        parts = [part.strip() for part in _BETWEEN.split(cell)]
        chosen = [values.get(spelled(part) or part) for part in parts if part]
        if None in chosen:
            return Code.CHOICE
        return list(dict.fromkeys(chosen)) or None

    return read


_READERS: Final[Mapping[QuestionKind, Callable[[Question], Read]]] = {
    QuestionKind.SHORT_TEXT: _short,
    QuestionKind.LONG_TEXT: _long,
    QuestionKind.NUMBER: _number,
    QuestionKind.PHONE: _phone,
    QuestionKind.CHECKBOX: _tick,
    QuestionKind.ONE_CHOICE: _one,
    QuestionKind.SEVERAL_CHOICES: _several,
}

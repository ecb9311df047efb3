"""The charts of what people answered: companies, cities, choices and ticks. Of anything else only how many did."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.numbers import queries
from app.numbers.charts import Chart, Series, Table
from app.numbers.rules import alike, percent, ranked
from app.numbers.words import in_percent
from app.registrations.models import Purpose, Question, QuestionKind
from app.registrations.purposes import ANSWERS_MIN, FEW
from app.registrations.queries import all_questions_of
from app.registrations.words import answer_in_words

PREFIX: Final = "answers-"
BARS_MAX: Final = 12
ROWS_MAX: Final = 200
# What people type that is no one's own: many give the same.
_SHARED: Final = (Purpose.COMPANY, Purpose.CITY)
# Questions from before they had a purpose.
_SHARED_KEYS: Final = ("company", "city")
_PRIVATE: Final = (Purpose.PHONE, Purpose.ID_NUMBER)
_CHOSEN: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES, QuestionKind.CHECKBOX)


@dataclass(frozen=True, slots=True)
class Answers:
    """What is shown of an event's answers: charts, and the questions of which only the number of answers is."""

    charts: Sequence[Chart]
    only_counted: Sequence[tuple[str, int]]


def is_taken_apart(question: Question) -> bool:
    """Tell whether the answers to this question are counted by what they say; free text of one person never is."""
    if question.is_masked or question.purpose in _PRIVATE:
        return False
    return question.kind in _CHOSEN or (question.kind is QuestionKind.SHORT_TEXT and _is_shared(question))


def _is_shared(question: Question) -> bool:
    return question.purpose in _SHARED or (question.purpose is None and question.key in _SHARED_KEYS)


def of_event(event_id: int, still_there: int, *, sees_people: bool, only: str | None = None) -> Answers:
    """Return the answers of those who are still there. `sees_people`: for somebody who may see each of them anyway.

    `only`: the key of one chart, of which alone the answers are read.
    """
    questions = all_questions_of(event_id)
    wanted = [each for each in questions if is_taken_apart(each) and only in {None, key_of(each)}]
    said, given = queries.answers(
        event_id,
        taken_apart=[each.id for each in wanted],
        only_counted=[each.id for each in questions if not is_taken_apart(each) and only is None],
    )
    charts, only_counted = [], []
    for question in questions:
        number = sum(said[question.id].values()) if question.id in said else given.get(question.id, 0)
        if question.is_retired and not number:
            continue
        enough = sees_people or number >= ANSWERS_MIN
        if question.id in said and number and enough:
            charts.append(_chart(question, said[question.id], number, still_there, sees_people=sees_people))
        else:
            only_counted.append((label_of(question), number))
    # Companies and cities first: they are what is asked for most.
    order = {key_of(question): (not _is_shared(question), place) for place, question in enumerate(questions)}
    return Answers(sorted(charts, key=lambda chart: order[chart.key]), only_counted)


def key_of(question: Question) -> str:
    """Return the name of a question's chart in addresses."""
    return f"{PREFIX}{question.id}"


def label_of(question: Question) -> str:
    """Return the words of a question."""
    return question.label.in_language(current_language())


def _chart(question: Question, said: Mapping[str, int], answered: int, still_there: int, *, sees_people: bool) -> Chart:
    if question.kind in _CHOSEN:
        lines = _chosen(question, said, answered)
    else:
        lines = _typed(said, answered, least=1 if sees_people else FEW)
    bars = _fewer(lines)
    top_name, top = max(lines, key=lambda line: line[1])
    return Chart(
        key_of(question),
        label_of(question),
        _(
            "%(answered)s of %(all)s have answered. Most often: %(name)s, %(number)s (%(percent)s %%).",
            answered=f"{answered:,}",
            all=f"{still_there:,}",
            name=top_name,
            number=f"{top:,}",
            percent=percent(top, answered),
        ),
        "bars",
        [name for name, _number in bars],
        [Series(_("Answers"), [number for _name, number in bars])],
        Table(
            [_("Answer"), _("People"), _("Percent")],
            [[name, number, percent(number, answered)] for name, number in lines],
        ),
        notes=[f"({in_percent(percent(number, answered))})" for _name, number in bars],
        rests_on=_rests_on(question, sees_people=sees_people),
    )


def _chosen(question: Question, said: Mapping[str, int], answered: int) -> list[tuple[str, int]]:
    """Return each choice in the order of the form, those that nobody chose too."""
    say = answer_in_words(question, current_language())
    found: dict[str, int] = {}
    if question.kind is QuestionKind.CHECKBOX:
        ticked = said.get("true", 0)
        return [(str(say(True)), ticked), (str(say(False)), answered - ticked)]  # noqa: FBT003 - the answer
    for option in question.options:
        found[str(say(option["value"]))] = 0
    for text, number in said.items():
        value = json.loads(text)
        for one in value if isinstance(value, list) else [value]:
            name = str(say(one))
            found[name] = found.get(name, 0) + number
    return [(name, max(0, number)) for name, number in found.items()] or [(_("Others"), answered)]


def _typed(said: Mapping[str, int], answered: int, *, least: int) -> list[tuple[str, int]]:
    """Return what many typed, the commonest first, and all others together."""
    texts = {str(json.loads(text)): number for text, number in said.items()}
    shown, others, groups = ranked(alike(texts), limit=ROWS_MAX, least=least)
    # What is left when all who answered are counted: an answer of blanks, say.
    others += max(0, answered - others - sum(number for _name, number in shown))
    if not others:
        return shown
    return [*shown, (_others(groups, least), others)]


def _others(groups: int, least: int) -> str:
    if not groups:
        return str(_("Others"))
    return str(
        _("Others (fewer than %(few)s each)", few=least) if least > 1 else _("Others (%(groups)s)", groups=groups)
    )


def _fewer(lines: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return as many lines as a chart has room for; what is left over is one more."""
    if len(lines) <= BARS_MAX + 1:
        return lines
    first, rest = lines[:BARS_MAX], lines[BARS_MAX:]
    return [*first, (_("All others"), sum(number for _name, number in rest))]


def _rests_on(question: Question, *, sees_people: bool) -> str:
    said = [_("Answers of those who have not left.")]
    if question.kind is QuestionKind.SEVERAL_CHOICES:
        said.append(_("One person may choose several."))
    elif question.kind not in _CHOSEN:
        said.append(_("Spellings that differ only in case, width or spaces are one."))
        if not sees_people:
            said.append(_("Names given by fewer than %(few)s people stand together.", few=FEW))
    return (" " if current_language() == "en" else "").join(said)

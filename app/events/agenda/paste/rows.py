"""Lines to rows: which cell is the time, which the title, who speaks; and which lines cannot be read, and why."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.events.agenda.paste import clocks
from app.events.agenda.paste.words import Named, kind_of, labelled_speakers, speakers_in, split_title
from app.events.models import SessionKind

ROWS_MAX: Final = 100
TITLE_MAX: Final = 300
_LINE_SHOWN: Final = 120

_HEADERS: Final = {
    "time": r"时间|时段|time|when|schedule",
    "start": r"开始(?:时间)?|起始|start(?:s| time)?|from",
    "end": r"结束(?:时间)?|截止|end(?:s| time)?|until",
    "minutes": r"时长|用时|分钟|duration|length|minutes?|mins?",
    "title": r"议题|主题|题目|标题|内容|环节|议程|分享主题|演讲主题|演讲题目|topic|title|session|agenda|subject|talk",
    "speakers": r"讲师|嘉宾|演讲人|演讲嘉宾|分享嘉宾|分享人|主讲人?|讲者|speakers?|presenters?|who|name|姓名",
    "company": r"公司|单位|机构|所属公司|企业|职务|头衔|company|organi[sz]ation|affiliation|employer|job title",
    "kind": r"类型|类别|形式|type|kind|format",
    "track": r"分会场|会场|会议室|track|room",
    "ignored": r"序号|编号|no\.?|#|备注|notes?",
}
_IS_HEADER: Final = {name: re.compile(rf"(?:{words})\s*(?:\(.*\))?", re.IGNORECASE) for name, words in _HEADERS.items()}
_RULE: Final = re.compile(r"[\s|:+=─━_-]+")
_BULLET: Final = re.compile(r"^\s*(?:[-*•●▪◦·]\s+|\d{1,2}[.、)）]\s*(?![\d:：]))")
_DATE: Final = re.compile(
    r"^\W*(?:(?P<year>\d{4})\s*[-/.年]\s*)?(?P<month>\d{1,2})\s*(?:[-/.]|月)\s*(?P<day>\d{1,2})\s*(?:日|号)?"
    r"\s*(?:[(（]?\s*(?:星期|周)[一二三四五六日天]\s*[)）]?|[(（]?(?:mon|tue|wed|thu|fri|sat|sun)\w*[)）]?)?\W*$",
    re.IGNORECASE,
)
_NUMBERED_DAY: Final = re.compile(r"^\W*(?:day\s*(\d)|第\s*([一二三四五1-5])\s*天)\W*$", re.IGNORECASE)
_INSIDE: Final = "\v"  # a line's end inside a quoted cell
_HAN_DIGITS: Final = "一二三四五"
_TRACK: Final = re.compile(
    r"^[\[【(（]?\s*(?:track|room|分会场|会场|分论坛)\s*([12abAB一二])\s*[\])）】]?\s*[:：]?\s*", re.IGNORECASE
)
_TRACKS: Final = {"1": 1, "a": 1, "一": 1, "2": 2, "b": 2, "二": 2}
# A later row is on the next day when it seems to begin so much earlier than the one before it.
_NEXT_DAY: Final = 6 * 60


class Trouble(StrEnum):
    """Why a line cannot be taken."""

    ENDS_FIRST = "ends_first"
    NO_SUCH_TIME = "no_such_time"
    NO_TITLE = "no_title"
    TITLE_TOO_LONG = "title_too_long"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says. `start` is in minutes after midnight of `day`; `line` counts from 1, as editors do."""

    line: int
    title: str
    day: date
    start: int | None = None
    minutes: int | None = None
    speakers: tuple[Named, ...] = ()
    kind: SessionKind = SessionKind.TALK
    track: int = 0


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be taken."""

    line: int
    text: str
    trouble: Trouble


@dataclass(slots=True)
class Pasted:
    """What was understood of a text."""

    rows: list[Row] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


class _RefusedError(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def read(text: str, *, first_day: date) -> Pasted:
    """Return the rows of a pasted agenda whose first day is known; every line is a row, a heading, or named as bad."""
    pasted = Pasted()
    columns: list[str] = []
    day, last_start = first_day, None
    for number, line in _lines(text):
        cells = _cells(line)
        headings = _headings(cells)
        if headings:
            columns = headings
            continue
        alone = [cell for cell in cells if cell]
        if len(alone) == 1 and (named := _day_named(alone[0], first_day)):
            day, last_start = named, None
            continue
        if len(alone) == 1 and pasted.rows and not pasted.rows[-1].speakers and (people := labelled_speakers(alone[0])):
            pasted.rows[-1] = replace(pasted.rows[-1], speakers=people)
            continue
        if len(pasted.rows) >= ROWS_MAX:
            pasted.bad.append(Bad(number, line.strip()[:_LINE_SHOWN], Trouble.TOO_MANY))
            break
        try:
            row = _row(number, cells, columns, day)
        except _RefusedError as refusal:
            pasted.bad.append(Bad(number, line.strip()[:_LINE_SHOWN], refusal.trouble))
            continue
        if row.start is not None:
            if last_start is not None and last_start - row.start > _NEXT_DAY:
                day += timedelta(days=1)
                row = replace(row, day=day)
            last_start = row.start
        pasted.rows.append(row)
    pasted.rows = _with_durations(pasted.rows)
    return pasted


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is not empty and no rule; a quoted cell of a spreadsheet may go over several lines."""
    quoted = re.sub(r'(?:(?<=\t)|(?<=\n)|^)"((?:[^"]|"")*)"(?=\t|\n|$)', _unquoted, text.replace("\r\n", "\n"))
    number = 1
    for line in quoted.replace("\r", "\n").split("\n"):
        if line.strip() and not _RULE.fullmatch(line):
            yield number, line.replace(_INSIDE, " ")
        number += 1 + line.count(_INSIDE)


def _unquoted(match: re.Match[str]) -> str:
    return match[1].replace('""', '"').replace("\n", _INSIDE)


def _cells(line: str) -> list[str]:
    line = line.rstrip()
    if line.lstrip().startswith("|"):
        inner = line.strip().removeprefix("|").removesuffix("|")
        return [_unmarked(cell) for cell in re.split(r"(?<!\\)\|", inner)]
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    return [_unmarked(line)]


def _unmarked(cell: str) -> str:
    """Return a Markdown cell without its marks."""
    cell = re.sub(r"\[([^\]]+)\]\(https?:[^)]*\)", r"\1", cell.replace(r"\|", "|"))
    return re.sub(r"\*\*|__|`|<br\s*/?>", " ", cell).strip()


def _headings(cells: list[str]) -> list[str]:
    """Return what each column holds, if the cells are headings; empty otherwise."""
    if len(cells) < 2:  # noqa: PLR2004 - a table has columns
        return []
    found = [next((name for name, words in _IS_HEADER.items() if words.fullmatch(cell)), "") for cell in cells]
    return found if "title" in found or sum(map(bool, found)) > 1 else []


def _day_named(text: str, first_day: date) -> date | None:
    if match := _NUMBERED_DAY.match(text):
        number = int(match[1]) if match[1] else _HAN_DIGITS.find(match[2]) + 1 or int(match[2])
        return first_day + timedelta(days=number - 1)
    if match := _DATE.match(text):
        try:
            return date(int(match["year"] or first_day.year), int(match["month"]), int(match["day"]))
        except ValueError:
            return None
    return None


def _row(number: int, cells: list[str], columns: list[str], day: date) -> Row:
    parts = _by_heading(cells, columns) if columns else _by_looks(cells)
    track, title = _track(parts)
    start, minutes, title = _when(parts, title)
    title = _BULLET.sub("", title).strip(" \t:：,，-–—|｜·")
    people = speakers_in(parts.get("speakers", ""))
    if not people:
        title, people = split_title(title)
    company = parts.get("company", "")
    if company and len(people) == 1 and not people[0].company:
        people = (people[0]._replace(company=company),)
    if not title and people and not parts.get("title"):
        # One text alone is what happens, not who.
        title, people = parts.get("speakers", ""), ()
    if not title:
        raise _RefusedError(Trouble.NO_TITLE)
    if len(title) > TITLE_MAX:
        raise _RefusedError(Trouble.TITLE_TOO_LONG)
    kind = kind_of(f"{parts.get('kind', '')} {title}".strip(), has_speakers=bool(people))
    return Row(number, title, day, start, minutes, people, kind, track)


def _by_heading(cells: list[str], columns: list[str]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name and cell:
            parts[name] = f"{parts[name]} {cell}" if name in parts else cell
    return parts


def _by_looks(cells: list[str]) -> dict[str, str]:
    """Return what a row without headings holds: times and durations by their form, the rest by its order."""
    if len(cells) == 1:
        return {"title": cells[0]}
    parts: dict[str, str] = {}
    rest: list[str] = []
    for cell in cells:
        if not cell or re.fullmatch(r"\d{1,3}[.、]?", cell):
            continue
        if "time" not in parts and _is_whole(cell, "time"):
            parts["time"] = cell
        elif "time" in parts and "end" not in parts and "title" not in parts and not rest and _is_whole(cell, "time"):
            parts["start"], parts["end"] = parts.pop("time"), cell
        elif "minutes" not in parts and _is_whole(cell, "minutes"):
            parts["minutes"] = cell
        else:
            rest.append(cell)
    return parts | dict(zip(("title", "speakers", "company"), rest, strict=False))


def _is_whole(cell: str, what: str) -> bool:
    """Tell whether a cell is a time, or a duration, and nothing else."""
    try:
        found = clocks.find_span(cell) if what == "time" else clocks.find_duration(cell)
    except ValueError:
        return True
    return found is not None and not (cell[: found[-2]] + cell[found[-1] :]).strip(" ()（）[]【】")


def _track(parts: dict[str, str]) -> tuple[int, str]:
    title = parts.get("title", "")
    if match := re.search(r"[12ABab一二]\s*$", parts.get("track", "")):
        return _TRACKS[match[0].strip().lower()], title
    if match := _TRACK.match(title):
        return _TRACKS[match[1].lower()], title[match.end() :]
    return 0, title


def _when(parts: dict[str, str], title: str) -> tuple[int | None, int | None, str]:
    """Return start, minutes and the title without them."""
    time = parts.get("time") or (f"{parts['start']} - {parts['end']}" if "start" in parts and "end" in parts else "")
    time = time or parts.get("start", "")
    try:
        span = clocks.find_span(time or title)
    except clocks.EndsFirstError:
        raise _RefusedError(Trouble.ENDS_FIRST) from None
    except clocks.NoSuchClockError:
        raise _RefusedError(Trouble.NO_SUCH_TIME) from None
    if span and not time:
        # A time in the middle of a title is part of it, unless nothing but signs stands before it.
        before = _BULLET.sub("", title[: span.begin_at])
        if _TRACK.sub("", before).strip(" \t([（【*·-") and title[span.end_at :].strip(" )）]】"):
            span = None
        else:
            title = f"{before.rstrip('([（【 ')} {title[span.end_at :].lstrip(')]）】 ')}".strip()
    minutes = span.end - span.start if span and span.end is not None else None
    given = parts.get("minutes", "")
    if given and minutes is None:
        minutes = int(given) if given.isdecimal() and 0 < int(given) <= clocks.MINUTES_MAX else _duration_in(given)
    if minutes is None and (found := _duration_at_an_end(title)):
        minutes, title = found
    return span.start if span else None, minutes, title


def _duration_in(text: str) -> int | None:
    found = clocks.find_duration(text)
    return found[0] if found else None


def _duration_at_an_end(title: str) -> tuple[int, str] | None:
    """Return the duration a title begins or ends with, and the title without it."""
    found = clocks.find_duration(title)
    if not found:
        return None
    minutes, begin, end = found
    before, after = title[:begin].rstrip(" \t([（【"), title[end:].lstrip(" \t)]）】")
    if before.strip() and after.strip():
        return None
    return minutes, (before + after).strip(" \t,，:：-–—")


def _with_durations(rows: list[Row]) -> list[Row]:
    """Let a row without an end last until the next one of its track begins, as a list of starts means it."""
    return [
        row if row.minutes or row.start is None else replace(row, minutes=_until_next(row, rows[place + 1 :]))
        for place, row in enumerate(rows)
    ]


def _until_next(row: Row, later: Iterable[Row]) -> int | None:
    for other in later:
        if other.start is None or other.day != row.day:
            return None
        if row.track and other.track and row.track != other.track:
            continue
        gap = other.start - (row.start or 0)
        return gap if gap > 0 else None
    return None

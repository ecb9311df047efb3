"""Attendees from a file, by one process of its own: time of each part, and the most memory the process took."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import xlsxwriter
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event
from app.history.service import THE_SITE
from app.imports import service
from app.registrations.models import Question, QuestionKind
from app.work import service as work
from bench import seed
from bench.report import Budget, Report
from bench.stage import ROOT, Engine, Stage

SOON: Final = Budget("at most", 10)
MEMORY: Final = Budget("at most", 300)
FEW: Final = 10_000
HEAD: Final = ("姓名", "邮箱", "公司", "手机", "饮食", "标签", "备注")
_HIGH_WATER: Final = re.compile(r"VmHWM:\s+(\d+) kB")
_PARTS: Final = ("read the file", "dry run", "apply", "undo")


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    for rows in dict.fromkeys((min(FEW, stage.size.rows), stage.size.rows)):
        for kind in ("csv", "xlsx"):
            url = stage.database(engine, f"imports-{rows}-{kind}")
            with stage.application(url) as app, app.app_context():
                _prepare()
            path = stage.folder / f"people.{kind}"
            (_write_csv if kind == "csv" else _write_xlsx)(path, rows)
            seconds, memory = _run(stage.environment(url), path)
            name = f"{rows:,} rows of {kind.upper()}"
            for part in _PARTS:
                report.add(f"{name}: {part}", seconds[part], "s")
            total = sum(seconds[part] for part in _PARTS[:3])
            report.add(f"{name}: all but undo", total, "s", SOON if rows <= FEW else None)
            report.add(f"{name}: most memory", memory, "MB", MEMORY)


def _prepare() -> None:
    now = utc_now()
    seed.places(now)
    seed.events(1, agenda=0, now=now)
    with transaction() as session:
        event = session.scalars(select(Event)).unique().one()
        event.slug = seed.CROWDED
        for ticket_type in event.ticket_types:
            ticket_type.capacity = None
        for position, (key, kind) in enumerate(
            (("公司", QuestionKind.SHORT_TEXT), ("手机", QuestionKind.PHONE), ("饮食", QuestionKind.ONE_CHOICE))
        ):
            options = [{"value": value, "label": {"zh": value}} for value in ("素食", "都可以")]
            label = Texts(zh=key)
            session.add(
                Question(
                    event_id=event.id, key=f"q{position}", kind=kind, label=label, options=options, position=position
                )
            )


def _people(rows: int) -> Iterator[tuple[str, ...]]:
    yield HEAD
    for number in range(rows):
        food = "素食" if number % 3 else "都可以"
        tag = "讲师" if number % 50 == 0 else ""
        yield (f"与会者{number}", f"p{number}@example.com", f"公司 {number % 500}", f"138{number:08d}", food, tag, "")


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(",".join(row) + "\n" for row in _people(rows))


def _write_xlsx(path: Path, rows: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(_people(rows)):
            sheet.write_row(number, 0, row)


def _run(environment: dict[str, str], path: Path) -> tuple[dict[str, float], float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["memory"]


def _carry_through(path: Path) -> None:
    """Bring the file, check it, apply it and take it back; print how long each took."""
    from app import create_app

    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def took(part: str) -> None:
        nonlocal begun
        seconds[part] = time.perf_counter() - begun
        begun = time.perf_counter()

    with create_app({"DUTIES": "off"}).app_context():
        event_id = db.session.scalars(select(Event.id)).one()
        begun = time.perf_counter()
        import_id = service.receive(event_id, path.read_bytes(), language="zh", by=THE_SITE, now=utc_now())
        took("read the file")
        found = db.session.get_one(service.Import, import_id)
        columns = service.Columns(found.targets, has_header=True, ticket_type_id=found.ticket_type_id, language="zh")
        service.check(event_id, import_id, columns, language="zh", by=THE_SITE, now=utc_now())
        _advance()
        took("dry run")
        options = {"letters": False, "without_refused": False, "language": "zh", "by": THE_SITE}
        service.apply(event_id, import_id, now=utc_now(), **options)
        _advance()
        took("apply")
        memory = int(_HIGH_WATER.search(Path("/proc/self/status").read_text())[1]) * 1024 / 1e6
        service.undo(event_id, import_id, language="zh", by=THE_SITE, now=utc_now())
        _advance()
        took("undo")
    print(json.dumps({"seconds": seconds, "memory": memory}))


def _advance() -> None:
    while work.advance(utc_now()):
        db.session.remove()


if __name__ == "__main__":
    _carry_through(Path(sys.argv[1]))

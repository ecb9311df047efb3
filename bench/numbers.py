"""The numbers of one event with very many sign-ups: each page, each picture, each file. With the plans behind them."""

from typing import Final

from flask import Flask
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import db
from bench import seed
from bench.inside import Inside
from bench.lists import signed_in
from bench.report import Budget, Report
from bench.stage import Engine, Stage
from bench.statements import plan, watched

PAGE: Final = Budget("at most", 300, judges_best=True)
NUMBERS: Final = f"/organizer/events/{seed.CROWDED}/numbers"
PAGES: Final = {
    "dashboard": NUMBERS,
    "answers": f"{NUMBERS}/answers",
    "partner links": f"{NUMBERS}/links",
    "the whole site": "/organizer/numbers",
    "picture of the sign-ups": f"{NUMBERS}/charts/sign-ups.svg?width=1000",
    "picture of the companies": f"{NUMBERS}/charts/answers-1.svg?width=520",
}
FILES: Final = {
    "the sign-ups as PNG": f"{NUMBERS}/files/sign-ups.png",
    "the companies as XLSX": f"{NUMBERS}/files/answers-1.xlsx",
}
EVENTS: Final = 1_000


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    rows = stage.size.rows
    with stage.application(stage.database(engine, "numbers"), APP_ENV="development") as app:
        with app.app_context():
            now = utc_now()
            seed.places(now)
            seed.events(min(EVENTS, rows), agenda=0, now=now)
            seed.attendees(rows, now=now)
            if engine == "postgresql":
                _vacuum()
        visitor = signed_in(app)
        for name, path in PAGES.items():
            _page(app, visitor, f"{name}, {rows:,} sign-ups", path, stage.size.repeats, report, PAGE)
        for name, path in FILES.items():
            _page(app, visitor, name, path, min(3, stage.size.repeats), report, None)


def _vacuum() -> None:
    """Do what PostgreSQL's autovacuum does within a minute of so many new rows."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _page(
    app: Flask, visitor: Inside, name: str, path: str, repeats: int, report: Report, budget: Budget | None
) -> None:
    with app.app_context():
        engine = db.engine
    visitor.get(path)
    with watched(engine) as asked:
        visitor.get(path)
    times = [visitor.get(path).wall for _n in range(repeats)]
    report.add(f"{name}: time to make", times, "ms", budget)
    report.add(f"{name}: statements", len(asked), "")
    with app.app_context():
        for number, each in enumerate(asked, start=1):
            report.add_plan(f"{name} {number} ({each.milliseconds:.1f} ms): {each.short}", plan(engine, each))

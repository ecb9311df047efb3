"""The feed of many events: made anew, and when nothing has changed. Time inside the server, without the network."""

import statistics
from typing import Final

from flask import Flask
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import db
from bench import seed
from bench.inside import Answer, Inside
from bench.report import Budget, Report
from bench.stage import Engine, Stage
from bench.statements import plan, watched

PATH: Final = "/calendar.ics"
BUILD: Final = Budget("at most", 150, judges_best=True)
KNOWN: Final = Budget("at most", 2, judges_best=True)
_ENCODINGS: Final = {"not encoded": "identity", "gzip": "gzip", "br": "gzip, deflate, br"}


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.database(engine, "feed")
    size = stage.size
    with stage.application(url) as app:
        now = utc_now()
        with app.app_context():
            seed.places(now)
            seed.events(size.feed_events, agenda=seed.AGENDA, now=now)
        visitor = Inside(app)
        for name, encoding in _ENCODINGS.items():
            answer = visitor.get(PATH, Accept_Encoding=encoding)
            report.add(f"{size.feed_events:,} events with agendas, {name}", len(answer.body) / 1000, "kB")
            made = [_made(app, visitor, encoding) for _n in range(size.repeats)]
            _tell(report, f"made anew, {name}", made, BUILD)
            again = [visitor.get(PATH, Accept_Encoding=encoding) for _n in range(size.repeats)]
            _tell(report, f"from the process's memory, {name}", again)
            tag = answer.headers["ETag"]
            known = [_known(visitor, encoding, tag) for _n in range(size.repeats)]
            report.add(f"304, {name}", [each[0] for each in known], "ms", KNOWN)
            report.add(f"304, {name}, processor time", [each[1] for each in known], "ms")
        _tell(report, "one event of them changed", [_one_changed(app, visitor) for _n in range(size.repeats)])
        _statements(app, visitor, report)


def _tell(report: Report, name: str, answers: list[Answer], budget: Budget | None = None) -> None:
    report.add(name, [answer.wall for answer in answers], "ms", budget)
    report.add(f"{name}, processor time", [answer.processor for answer in answers], "ms")


def _made(app: Flask, visitor: Inside, encoding: str) -> Answer:
    app.extensions.pop("written_events", None)
    return visitor.get(PATH, Accept_Encoding=encoding)


def _known(visitor: Inside, encoding: str, tag: str) -> tuple[float, float]:
    """Return the medians of twenty: one of these takes too little to be told from the clock's own noise."""
    answers = [visitor.get(PATH, expected=304, Accept_Encoding=encoding, If_None_Match=tag) for _n in range(20)]
    return statistics.median(each.wall for each in answers), statistics.median(each.processor for each in answers)


def _one_changed(app: Flask, visitor: Inside) -> Answer:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE events SET revision = revision + 1 WHERE id = 1"))
    return visitor.get(PATH)


def _statements(app: Flask, visitor: Inside, report: Report) -> None:
    with app.app_context():
        engine = db.engine
    app.extensions.pop("written_events", None)
    with watched(engine) as asked:
        tag = visitor.get(PATH).headers["ETag"]
    report.add("statements, made anew", len(asked), "")
    with watched(engine) as asked_again:
        visitor.get(PATH, expected=304, If_None_Match=tag)
    report.add("statements, 304", len(asked_again), "")
    for number, each in enumerate(asked, start=1):
        report.add_plan(f"feed {number}: {each.short}", plan(engine, each))

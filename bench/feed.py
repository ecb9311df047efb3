"""The feed of many events: made anew, after one change, and polled by those who have it.

Making it is timed inside the server, without the network; polls go to the real server, beside a bare Flask view.
"""

import statistics
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import db
from bench import client, seed
from bench.client import Load
from bench.inside import Answer, Inside
from bench.report import Budget, Report
from bench.serving import Serving, fetch
from bench.stage import Engine, Stage
from bench.statements import plan, watched

PATH: Final = "/calendar.ics"
CONNECTIONS: Final = 16
# All of them are in the feed, which keeps a year.
YEAR: Final = timedelta(days=365)
BUILD: Final = Budget("at most", 1_000, judges_best=True)
CHANGED: Final = Budget("at most", 200, judges_best=True)
MEMORY: Final = Budget("at most", 16)
POLLS: Final = Budget("at least", 0.9)
# Of a thousand events.
BUILD_FEW: Final = Budget("at most", 150, judges_best=True)
KNOWN_FEW: Final = Budget("at most", 2, judges_best=True)
_ENCODINGS: Final = {"not encoded": "identity", "gzip": "gzip", "br": "gzip, deflate, br"}


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    few, many = stage.size.feed_events_few, stage.size.feed_events
    _measure(stage, stage.database(engine, "feed_few"), report, few, build=BUILD_FEW, known=KNOWN_FEW)
    url = stage.database(engine, "feed")
    _measure(stage, url, report, many, build=BUILD, known=None)
    _polls(stage, url, report)


def _measure(stage: Stage, url: str, report: Report, events: int, *, build: Budget, known: Budget | None) -> None:
    repeats = stage.size.repeats
    with stage.application(url) as app:
        now = utc_now()
        with app.app_context():
            seed.places(now)
            seed.events(events, agenda=seed.AGENDA, now=now, within=YEAR)
        visitor = Inside(app)
        for encoded, encoding in _ENCODINGS.items():
            name = f"{events:,} events, {encoded}"
            answer = visitor.get(PATH, Accept_Encoding=encoding)
            report.add(name, len(answer.body) / 1000, "kB")
            made = [_made(app, visitor, encoding) for _n in range(repeats)]
            _tell(report, f"{name}: made anew", made, build)
            again = [visitor.get(PATH, Accept_Encoding=encoding) for _n in range(repeats)]
            _tell(report, f"{name}: from the process's memory", again)
            tag = answer.headers["ETag"]
            held = [_known(visitor, encoding, tag) for _n in range(repeats)]
            report.add(f"{name}: 304", [each[0] for each in held], "ms", known)
            report.add(f"{name}: 304, processor time", [each[1] for each in held], "ms")
        changed = [_one_changed(app, visitor) for _n in range(repeats)]
        _tell(report, f"{events:,} events, one of them changed", changed, CHANGED)
        memory = app.extensions["written_events"]
        report.add(f"{events:,} events, in memory", memory.bytes / 1_000_000, "MB", MEMORY)
        _statements(app, visitor, report)


def _polls(stage: Stage, url: str, report: Report) -> None:
    """Ask as clients do that have the feed, and a bare view in turns, so that both share the machine's moods."""
    loads: dict[str, list[Load]] = defaultdict(list)
    asked = {"Accept": "*/*", "Accept_Encoding": "gzip, deflate"}
    with ExitStack() as running:
        hello = running.enter_context(Serving("bench.hello:app", stage.environment(url)))
        site = running.enter_context(Serving("wsgi:app", stage.environment(url), first=PATH))
        uncached = running.enter_context(
            Serving("wsgi:app", stage.environment(url, PAGE_CACHE_SECONDS="0"), first=PATH)
        )
        ways = {
            "hello": (hello, client.get("/", **asked)),
            "polls with a fresh ETag": (site, _poll(site, asked)),
            "polls with a fresh ETag, page cache off": (uncached, _poll(uncached, asked)),
        }
        for _round in range(stage.size.rounds):
            for name, (server, request) in ways.items():
                client.load(
                    server.port, request, seconds=min(0.3, stage.size.seconds), connections=CONNECTIONS
                )  # warms
                load = client.load(
                    server.port, request, seconds=stage.size.seconds, connections=CONNECTIONS, server_cpu=server.cpu
                )
                loads[name].append(load)
    for name, each in loads.items():
        wrong = {status for load in each for status in load.statuses if status != ("200" if name == "hello" else "304")}
        if wrong:
            message = f"{name} was answered with {wrong}"
            raise RuntimeError(message)
        report.add(name, [load.rate for load in each], "1/s")
        report.add(f"{name}, processor time of the server", [load.server_micros for load in each], "µs")
    for name, budget in (("polls with a fresh ETag", POLLS), ("polls with a fresh ETag, page cache off", None)):
        ratios = [poll.rate / bare.rate for poll, bare in zip(loads[name], loads["hello"], strict=True)]
        report.add(f"{name}, beside hello", ratios, "times", budget)


def _poll(server: Serving, asked: dict[str, str]) -> bytes:
    headers = {name.replace("_", "-"): value for name, value in asked.items()}
    return client.get(PATH, If_None_Match=fetch(server.port, PATH, headers).headers["ETag"], **asked)


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

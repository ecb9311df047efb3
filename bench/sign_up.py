"""Signing up: what it asks of the database, and how many a second, beside what the engine itself can commit."""

import re
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.core.db import db
from app.events.models import Event, TicketType
from app.registrations.models import Question, Registration
from bench import client, seed
from bench.client import Load
from bench.report import Budget, Report
from bench.serving import Serving, fetch
from bench.stage import DEMO_EVENT, Engine, Stage
from bench.statements import plan, watched

STATEMENTS: Final = Budget("at most", 8)
CONNECTIONS: Final = 16
THREADS: Final = 4  # as many as one process of the server has
# What a person answers to the demo event's questions.
ANSWERS: Final = {
    "q_company": "青云科技",
    "q_role": "developer",
    "q_topics": ["cicd", "console"],
    "q_phone": "13800138000",
}
_STAMP: Final = re.compile(r'name="stamp"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="stamp"')


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.demo(engine, "sign_up")
    with stage.application(url) as app:
        _statements(app, report)
        # Nobody waits and every seat is free, so that the load takes the usual way.
        with app.app_context(), db.engine.begin() as connection:
            for table in ("letters", "answers", "registrations"):
                connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text("UPDATE ticket_types SET capacity = NULL, seats_taken = 0"))
            connection.execute(text("CREATE TABLE one_row (id INTEGER PRIMARY KEY, name VARCHAR(40))"))
    _throughput(stage, url, engine, report)


def _statements(app: Flask, report: Report) -> None:
    """Count for a new seat, a place in the queue, and somebody who comes again (soon, and later)."""
    browser = app.test_client()
    with app.app_context():
        event = db.session.scalars(select(Event).where(Event.slug == DEMO_EVENT)).one()
        ticket_type = event.ticket_types[0].id
        questions = len(db.session.scalars(select(Question).where(Question.event_id == event.id)).all())
        engine = db.engine
    report.add("questions that the event asks", questions, "")
    path = f"/events/{DEMO_EVENT}/registrations"

    def count(name: str, email: str) -> None:
        data = form(browser.get(f"/events/{DEMO_EVENT}").text, ticket_type, email)
        with watched(engine) as asked:
            response = browser.post(path, data=data)
        if response.status_code != 303:
            message = f"{name}: answered with {response.status}"
            raise RuntimeError(message)
        report.add(f"statements: {name}", len(asked), "", STATEMENTS)
        for number, each in enumerate(asked, start=1):
            if each.text.lstrip().startswith(("SELECT", "UPDATE")):
                report.add_plan(f"{name} {number}: {each.short}", plan(engine, each))

    _registered(browser)
    count("a new seat", "ada@example.com")
    count("the same address at once", "ada@example.com")
    with app.app_context(), db.engine.begin() as connection:
        earlier = select(Registration.created_at).limit(1)
        before = connection.execute(earlier).scalar_one() - timedelta(hours=1)
        connection.execute(Registration.__table__.update().values(created_at=before))  # type: ignore[attr-defined]  # a Table, typed as less
    count("the same address an hour later", "ada@example.com")
    with app.app_context(), db.engine.begin() as connection:
        full = TicketType.__table__.update().where(TicketType.id == ticket_type)  # type: ignore[attr-defined]  # a Table, typed as less
        connection.execute(full.values(capacity=1))
    count("a place in the queue", "bob@example.com")


def _registered(browser: FlaskClient) -> None:
    browser.get(f"/events/{DEMO_EVENT}/registered")


def form(page: str, ticket_type: int, email: str) -> dict[str, object]:
    """Return a sign-up as the page's form would send it."""
    found = _STAMP.search(page)
    if found is None:
        message = "the event page has no sign-up form"
        raise RuntimeError(message)
    stamp = found[1] or found[2]
    return {"name": "陈晨", "email": email, "ticket_type": str(ticket_type), "stamp": stamp, **ANSWERS}


def _throughput(stage: Stage, url: str, engine: Engine, report: Report) -> None:
    size = stage.size
    commits: dict[str, list[float]] = {"1 connection": [], f"{THREADS} connections": []}
    loads: list[Load] = []
    delivering: list[Load] = []
    generous = {"SIGN_UP_RATE": "1000000 per second", "SIGN_UP_SECONDS_MIN": "0"}
    first = f"/events/{DEMO_EVENT}"
    with (
        Serving("wsgi:app", stage.environment(url, DUTIES="off", **generous), first=first) as quiet,
        Serving("wsgi:app", stage.environment(url, **generous), first=first) as whole,
    ):
        template = _post(quiet.port)
        for number in range(size.rounds):
            commits["1 connection"].append(commit_rate(url, engine, 1, size.seconds))
            commits[f"{THREADS} connections"].append(commit_rate(url, engine, THREADS, size.seconds))
            loads.append(_load(quiet, template, size.seconds, number * 2))
            delivering.append(_load(whole, template, size.seconds, number * 2 + 1))
    for name, rates in commits.items():
        report.add(f"one-row commits, {name}", rates, "1/s")
    report.add("sign-ups, 16 connections, letters queued", [load.rate for load in loads], "1/s")
    report.add("  the 99th of a hundred waits", [load.slowest * 1000 for load in loads], "ms")
    report.add("  processor time of the server", [load.server_micros for load in loads], "µs")
    ratios = [load.rate / rate for load, rate in zip(loads, commits[f"{THREADS} connections"], strict=True)]
    report.add(f"  beside one-row commits, {THREADS} connections", ratios, "times")
    report.add("sign-ups, while the same process delivers letters", [load.rate for load in delivering], "1/s")
    _nothing_lost(stage, url, [*loads, *delivering], report)


def _post(port: int) -> bytes:
    page = fetch(port, f"/events/{DEMO_EVENT}").body.decode()
    ticket_type = re.search(r'name="ticket_type"[^>]*value="(\d+)"', page)
    if ticket_type is None:
        message = "the event page offers no ticket type"
        raise RuntimeError(message)
    data = form(page, int(ticket_type[1]), f"person-{client.NUMBER.decode()}@example.com")
    body = urlencode(data, doseq=True).encode().replace(b"%40" * len(client.NUMBER), client.NUMBER)
    return client.post(f"/events/{DEMO_EVENT}/registrations", body)


def _load(server: Serving, template: bytes, seconds: float, series: int) -> Load:
    first = series * 10**7
    load = client.load(
        server.port, template, seconds=seconds, connections=CONNECTIONS, first_number=first, server_cpu=server.cpu
    )
    if set(load.statuses) != {"303"}:
        message = f"sign-ups were answered with {load.statuses}"
        raise RuntimeError(message)
    return load


def _nothing_lost(stage: Stage, url: str, loads: list[Load], report: Report) -> None:
    answered = sum(load.answers for load in loads)
    with stage.application(url) as app, app.app_context():
        stored = db.session.scalar(select(func.count(Registration.id))) or 0
        event_id = seed.open_event_id(DEMO_EVENT)
        seats = db.session.scalar(select(func.sum(TicketType.seats_taken)).where(TicketType.event_id == event_id)) or 0
    report.add("sign-ups answered but not stored", answered - stored, "", Budget("at most", 0))
    report.add("registrations without a seat", stored - int(seats), "", Budget("at most", 0))


def commit_rate(url: str, engine: Engine, threads: int, seconds: float) -> float:
    """Return how many transactions of one INSERT this many connections commit a second, as durable as the site's."""
    counts = [0] * threads
    ready = threading.Barrier(threads + 1)
    work = _sqlite_commits if engine == "sqlite" else _postgres_commits

    def run(index: int) -> None:
        counts[index] = work(url, ready, seconds)

    running = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def _sqlite_commits(url: str, ready: threading.Barrier, seconds: float) -> int:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=20)
    for pragma in ("busy_timeout=20000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO one_row (name) VALUES ('a name')")
        connection.execute("COMMIT")

    count = _again_and_again(commit, ready, seconds)
    connection.close()
    return count


def _postgres_commits(url: str, ready: threading.Barrier, seconds: float) -> int:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS one_row_ids") if ready.parties == 2 else None

        def commit() -> None:
            connection.execute("INSERT INTO one_row (id, name) VALUES (nextval('one_row_ids'), 'a name')")

        return _again_and_again(commit, ready, seconds)


def _again_and_again(commit: Callable[[], None], ready: threading.Barrier, seconds: float) -> int:
    ready.wait()
    count, deadline = 0, time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        commit()
        count += 1
    return count

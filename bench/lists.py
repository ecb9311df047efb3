"""Lists and look-ups with very many rows: attendees of one event, letters, events. With the plans behind them."""

from typing import Final

from flask import Flask

from app.accounts import service as accounts
from app.accounts.gate import COOKIE
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db
from app.mail import queries as mail
from app.mail.delivery import BATCH_MAX, deliver
from bench import seed
from bench.inside import Answer, Inside, milliseconds
from bench.report import Report
from bench.stage import Engine, Stage
from bench.statements import Asked, plan, watched

MANAGE: Final = f"/organizer/events/{seed.CROWDED}/attendees"


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    rows = stage.size.rows
    url = stage.database(engine, "lists")
    now = utc_now()
    # In development letters become files; it is the only difference that matters here.
    with stage.application(url, APP_ENV="development") as app:
        with app.app_context():
            seed.places(now)
            seed.events(rows, agenda=0, now=now)
            seed.attendees(rows, now=now)
            seed.letters(rows, due=BATCH_MAX, now=now)
        _letters(app, stage.size.repeats, report)
        _pages(app, Inside(app), _public(rows), stage.size.repeats, report)
        _pages(app, signed_in(app), _managed(rows), stage.size.repeats, report)


def _public(rows: int) -> dict[str, str]:
    return {
        f"home, {rows:,} events": "/",
        "list of events": "/events/",
        "list of events, past": "/events/?when=past",
        "list of events, a city": "/events/?city=city-3",
        "list of events, a tag": "/events/?tag=tag-2",
        "list of events, a word that many have": "/events/?q=Meetup",
        "list of events, a word that one has": f"/events/?q={rows // 2}",
        "list of events, a word that none has": "/events/?q=nowhere",
        "feed, not cached": "/calendar.ics",
        f"event page, {rows:,} attendees": f"/events/{seed.CROWDED}",
    }


def _managed(rows: int) -> dict[str, str]:
    return {
        "dashboard": "/organizer/",
        f"attendees, first page of {rows:,}": MANAGE,
        "attendees, last page": f"{MANAGE}?after={rows - 60}",
        "attendees, who waits": f"{MANAGE}?status=waiting",
        "attendees, a name that many have": f"{MANAGE}?q={seed.name_of(7)}",
        "attendees, an address that one has": f"{MANAGE}?q=attendee.{rows - 1}@",
        "attendees, a code": f"{MANAGE}?q={seed.code_of(rows // 2)}",
        "attendees, a word that none has": f"{MANAGE}?q=nowhere",
        "attendees, pinyin that many have": f"{MANAGE}?q=wang",
        "attendees, a company that some have": f"{MANAGE}?answer=1:{seed.company_of(7)}",
        "attendees, an answer that one gave": f"{MANAGE}?answer=2:%2B86138{rows - 1:08}",
        "attendees, an answer that none gave": f"{MANAGE}?answer=4:nothing",
        "attendees, one of several choices": f"{MANAGE}?answer=4:mesh&sort=name",
        "attendees, a source that one has": f"{MANAGE}?source=poster&sort=name",
        "attendees, a tag that one has": f"{MANAGE}?tag=prize",
        "attendees, who came, by name": f"{MANAGE}?in=yes&sort=name",
        "attendees, signed up on no such day": f"{MANAGE}?from=2001-01-01&to=2001-01-02",
        "attendees, by name, from the middle": f"{MANAGE}?sort=name&after={rows // 2}",
        "attendees, the newest, from the middle": f"{MANAGE}?sort=newest&before={rows // 2}",
        "attendees, by status, a word, from the middle": f"{MANAGE}?sort=status&q=wang&after={rows // 2}",
        "attendees, an answer that many gave, by status": f"{MANAGE}?answer=3:some&sort=status",
        "attendees, one of several choices, by status": f"{MANAGE}?answer=4:mesh&sort=status",
        "attendees, two answers, by name": f"{MANAGE}?answer=3:some&answer=4:devops&sort=name",
        "attendees, an answer and a word": f"{MANAGE}?answer=3:some&q=wang",
        "attendees, a name by characters, by name": f"{MANAGE}?q=王&sort=name",
        "attendees, a state, by name": f"{MANAGE}?status=confirmed&sort=name",
        "attendees, the newest with a place": f"{MANAGE}?status=confirmed&sort=newest",
        "attendees, an answer of those who came, by status": f"{MANAGE}?answer=3:some&in=yes&sort=status",
        "attendees, everything at once": f"{MANAGE}?q=wang&status=confirmed&answer=4:mesh&tag=vip&source=weibo&in=yes",
        "attendees, a decision on all": f"{MANAGE}/bulk/?do=cancel&all=1",
        "attendees, a decision on a word that none has": f"{MANAGE}/bulk/?do=tag&all=1&q=nowhere",
    }


def _letters(app: Flask, repeats: int, report: Report) -> None:
    """Time the look that the duties take every second, and the delivery of a batch into files."""
    with app.app_context():
        engine = db.engine

        def look() -> None:
            mail.is_anything_due(utc_now())
            db.session.rollback()

        look()
        with watched(engine) as asked:
            look()
        report.add("letters: is anything due", [milliseconds(look) for _n in range(repeats * 10)], "ms")
        _plans(app, "is anything due", asked, report)
        with watched(engine) as asked:
            taken = milliseconds(lambda: deliver(utc_now()))
        report.add(f"letters: {BATCH_MAX} written and delivered into files", taken, "ms")
        report.add("letters: statements a letter", len(asked) / BATCH_MAX, "")
        leases = [each for each in asked if "WITH taken" in each.text]
        report.add("letters: the lease", [each.milliseconds for each in leases], "ms")
        _plans(app, "lease", leases, report)
        left = mail.outbox_state(utc_now())
        report.add("letters: not delivered", sum(n for state, n in left.counts.items() if state.value == "queued"), "")
        db.session.rollback()


def _pages(app: Flask, visitor: Inside, paths: dict[str, str], repeats: int, report: Report) -> None:
    with app.app_context():
        engine = db.engine
    for name, path in paths.items():
        visitor.get(path)
        with watched(engine) as asked:
            visitor.get(path)
        answers = _several(visitor, path, repeats)
        report.add(f"{name}: statements", len(asked), "")
        report.add(f"{name}: time to make", [answer.wall for answer in answers], "ms")
        slowest = max(asked, key=lambda each: each.milliseconds, default=None)
        if slowest is not None and slowest.milliseconds > 20:
            report.add(f"{name}: slowest statement", slowest.milliseconds, "ms")
        _plans(app, name, asked, report)


def _several(visitor: Inside, path: str, repeats: int) -> list[Answer]:
    """Ask several times; fewer where it is slow."""
    answers = [visitor.get(path)]
    while len(answers) < repeats and sum(answer.wall for answer in answers) < 5_000:
        answers.append(visitor.get(path))
    return answers


def _plans(app: Flask, name: str, asked: list[Asked], report: Report) -> None:
    with app.app_context():
        for number, each in enumerate(asked, start=1):
            if not each.many:
                report.add_plan(f"{name} {number} ({each.milliseconds:.1f} ms): {each.short}", plan(db.engine, each))


def signed_in(app: Flask) -> Inside:
    address = normalise(seed.ORGANIZER)
    with app.app_context():
        accounts.add_organizer(address, now=utc_now())
        token = accounts.link_for_command(address, now=utc_now())
        secret = accounts.sign_in(token, user_agent="bench", now=utc_now())
    return Inside(app, Cookie=f"{COOKIE}={secret}")

"""Every page for organizers, at a site of a thousand events: how long it takes to make, and how often it asks."""

from typing import Final

from flask import Flask
from sqlalchemy import select

from app.accounts.gate import COOKIE
from app.accounts.service import add_organizer
from app.accounts.sessions import Browser, open_session
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import Event
from bench import seed
from bench.inside import Inside
from bench.report import Budget, Report
from bench.stage import Engine, Stage
from bench.statements import watched
from tests.support.rights import pages_of
from tests.support.world import World, organizer_named

PAGE: Final = Budget("at most", 50, judges_best=True)


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.database(engine, "organizer")
    with stage.application(url, SIGN_IN_RATE="100000 per minute") as app:
        visitor = Inside(app, Cookie=f"{COOKIE}={_secret(app, stage.size.organized)}")
        with app.app_context():
            paths = _paths(app)
            engine_of_app = db.engine
        slowest = 0.0
        for path in paths:
            visitor.get(path)
            times = [visitor.get(path).wall for _n in range(stage.size.repeats)]
            with watched(engine_of_app) as asked:
                visitor.get(path)
            report.add(path, times, "ms", PAGE)
            report.add(f"statements: {path}", len(asked), "")
            slowest = max(slowest, min(times))
        report.add(f"{len(paths)} pages, the slowest", slowest, "ms", PAGE)


def _secret(app: Flask, events: int) -> str:
    """Fill the site and sign an owner in; return what their cookie holds."""
    with app.app_context():
        now = utc_now()
        seed.places(now)
        seed.events(events, agenda=seed.AGENDA, now=now)
        seed.attendees(events, now=now)
        add_organizer(normalise(seed.ORGANIZER), name="Bench", now=now)
        organizer = organizer_named(seed.ORGANIZER)
        with transaction():
            return open_session(organizer.id, Browser(user_agent="bench"), way="link", now=now)


def _paths(app: Flask) -> list[str]:
    """Return the address of every page that a signed-in owner may open, of the event everybody comes to."""
    world = World(app, db.session.scalars(select(Event).where(Event.slug == seed.CROWDED)).one())
    return list(pages_of(world, venue="venue-1").values())

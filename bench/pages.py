"""What each public page asks of the database, and how long it takes to make, with the demo community in it."""

from typing import Final

from flask import Flask
from sqlalchemy import select

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db
from app.events.models import Event
from app.registrations.models import Registration
from app.registrations.rules import token_of
from app.registrations.service import SignUp, sign_up
from bench.inside import Inside
from bench.report import Budget, Report
from bench.stage import DEMO_EVENT, Engine, Stage
from bench.statements import plan, watched

PAST_EVENT: Final = "kubesphere-meetup-beijing-20191214"
# The first two are the event page, which has a budget.
PATHS: Final = (
    f"/events/{DEMO_EVENT}",
    f"/events/{PAST_EVENT}",
    f"/events/{DEMO_EVENT}/registered",
    f"/events/{DEMO_EVENT}.ics",
    "/",
    "/events/",
    "/events/?q=kubesphere&when=past",
    "/calendar/",
    "/calendar.ics",
    "/speakers/",
    "/speakers/benjaminhuo",
    "/community/",
    "/community/user-group",
)


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.demo(engine, "pages")
    with stage.application(url) as app:
        token = _own_token(app)
        visitor = Inside(app)
        for number, path in enumerate((*PATHS, f"/r/{token}")):
            name = path.replace(token, "<token>")
            budget = Budget("at most", 3) if number < 2 else None
            _one_page(app, visitor, path, name, stage.size.repeats, report, budget)
        with app.app_context():
            app.extensions.pop("site", None)
            engine_of_app = db.engine
        # The community's own row is read anew every half minute, by whichever page comes then.
        with watched(engine_of_app) as asked:
            visitor.get(PATHS[0])
        report.add(f"statements: {PATHS[0]}, when the community's row is due", len(asked), "")


def _one_page(
    app: Flask, visitor: Inside, path: str, name: str, repeats: int, report: Report, budget: Budget | None
) -> None:
    visitor.get(path)  # fills what a process keeps: templates, the community's row
    with app.app_context():
        engine = db.engine
    with watched(engine) as asked:
        visitor.get(path)
    report.add(f"statements: {name}", len(asked), "", budget)
    answers = [visitor.get(path) for _n in range(repeats)]
    report.add(f"time to make: {name}", [answer.wall for answer in answers], "ms")
    report.add("  processor time", [answer.processor for answer in answers], "ms")
    for number, each in enumerate(asked, start=1):
        report.add_plan(f"{name} {number}: {each.short}", plan(engine, each))


def _own_token(app: Flask) -> str:
    with app.app_context(), app.test_request_context():
        event = db.session.scalars(select(Event).where(Event.slug == DEMO_EVENT)).one()
        wish = SignUp("陈晨", normalise("chen@example.com"), event.ticket_types[0].id, {}, "zh")
        sign_up(event, wish, now=utc_now())
        return token_of(db.session.scalars(select(Registration)).one())

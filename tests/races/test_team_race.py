"""Somebody is removed from the site while an event's team writes to them, or changes their role: nobody is stuck."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.accounts import team
from app.accounts.models import Organizer, Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.errors import AppError
from app.events import team as event_team
from app.events.models import Event, EventRole
from app.history.service import Actor

PATIENCE = 60
ROUNDS = 8
EVE = normalise("eve@example.com")


def at_once(app, *attempts):
    """Do all of these at the same moment; a refusal is an answer, an error of the database is none."""
    together = threading.Barrier(len(attempts))

    def run(attempt):
        with app.app_context():
            together.wait(PATIENCE)
            try:
                attempt()
            except AppError:
                return

    with ThreadPoolExecutor(len(attempts)) as pool:
        list(pool.map(run, attempts))


@pytest.mark.parametrize("what", ["invite again", "change role", "remove"])
def test_removal_from_the_site_meets_the_event_s_team(app, make_event, db, what):
    event = make_event("spring")
    add_organizer(normalise("ada@example.com"), name="Ada", now=utc_now())
    ada = Actor(db.scalars(select(Organizer.id)).one())
    db.rollback()

    for _round in range(ROUNDS):
        team.invite(EVE, Role.VIEWER, language="en", by=ada, now=utc_now())
        event_team.invite(event, EVE, Role.EDITOR, language="en", by=ada, now=utc_now())
        eve = db.scalars(select(Organizer.id).where(Organizer.email_key == EVE.key)).one()
        db.rollback()

        def remove(eve=eve):
            team.remove(eve, by=ada, now=utc_now())

        def other(eve=eve):
            if what == "change role":
                event_team.change_role(event.id, eve, Role.DOOR, by=ada, now=utc_now())
            elif what == "invite again":
                here = database.session.scalars(select(Event)).one()
                event_team.invite_again(here, eve, by=ada, now=utc_now())
            else:
                event_team.remove(event.id, eve, by=ada, now=utc_now())

        at_once(app, remove, other)

        db.rollback()
        assert db.scalars(select(EventRole)).all() == []
        db.rollback()

"""Two owners who remove, or demote, each other at once: exactly one stays. And the proof that they do race."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import team
from app.accounts.models import Organizer, Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.errors import AppError
from app.history.service import Actor

PATIENCE = 60
ROUNDS = 5
IS_OWNER = (Organizer.role == Role.OWNER, Organizer.removed_at.is_(None))


def two_owners(db):
    for name in ("ada", "bob"):
        add_organizer(normalise(f"{name}@example.com"), name=name, now=utc_now())
    with Session(database.engine) as session:
        session.execute(update(Organizer).values(role=Role.OWNER, removed_at=None))
        session.commit()
    ids = db.scalars(select(Organizer.id).order_by(Organizer.id)).all()
    db.commit()
    return ids


def owners_left(db):
    db.rollback()
    return db.scalar(select(func.count()).select_from(Organizer).where(*IS_OWNER))


def at_once(*attempts):
    """Do all of these at the same moment; return how many were refused."""
    together = threading.Barrier(len(attempts))

    def run(attempt):
        together.wait(PATIENCE)
        try:
            attempt()
        except AppError:
            return 1
        return 0

    with ThreadPoolExecutor(len(attempts)) as pool:
        return sum(pool.map(run, attempts))


@pytest.mark.parametrize("how", ["remove", "demote", "one of each"])
def test_two_owners_removing_each_other_leave_one(app, db, how):
    for _round in range(ROUNDS):
        ada, bob = two_owners(db)

        def remove(whom, by):
            with app.app_context():
                team.remove(whom, by=Actor(by, None), now=utc_now())

        def demote(whom, by):
            with app.app_context():
                team.change_role(whom, Role.VIEWER, by=Actor(by, None), now=utc_now())

        first = remove if how != "demote" else demote
        second = remove if how == "remove" else demote
        refused = at_once(lambda: first(bob, ada), lambda: second(ada, bob))  # noqa: B023 - run within this round

        assert (refused, owners_left(db)) == (1, 1)


def test_without_the_lock_nobody_stays(app, db):
    """What most systems do: count the owners, then write."""
    ada, bob = two_owners(db)
    both_have_counted = threading.Barrier(2)
    engine = database.engine

    def remove_unguarded(whom):
        with Session(engine) as session:
            owners = session.scalar(select(func.count()).select_from(Organizer).where(*IS_OWNER))
            session.commit()
            both_have_counted.wait(PATIENCE)
            if owners > 1:
                session.execute(update(Organizer).where(Organizer.id == whom).values(removed_at=utc_now()))
                session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove_unguarded, (ada, bob)))

    assert owners_left(db) == 0

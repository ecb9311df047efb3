"""A load while people sign up: what it checks must still be so when it writes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.db import db as database
from app.core.db import transaction
from app.events.models import TicketType
from app.exchange.mistakes import FileMistakesError
from app.registrations.seats import take_seat
from tests.exchange.small import SMALL, load_text

PATIENCE = 60


def wait_for_a_waiting_writer(engine):
    """Return once somebody waits for a lock; on SQLite, where nobody can see that, after a moment."""
    pause = threading.Event()
    if engine.dialect.name == "sqlite":
        pause.wait(0.3)
        return
    with Session(engine) as session:
        here = "datname = current_database()"  # the other workers of a run wait for locks too
        while not session.scalar(
            text(f"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {here}")
        ):
            session.rollback()
            pause.wait(0.01)


def test_a_capacity_below_what_is_being_taken_is_a_mistake_and_no_crash(app, db, tmp_path):
    load_text(tmp_path, SMALL)
    ticket_type_id = db.scalar(select(TicketType.id).where(TicketType.slug == "seat"))
    db.commit()

    def load_smaller():
        with app.app_context(), pytest.raises(FileMistakesError) as refused:
            load_text(tmp_path, SMALL.replace("capacity: 20", "capacity: 1"))
        return str(refused.value)

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            assert take_seat(ticket_type_id)
            assert take_seat(ticket_type_id)
            loading = pool.submit(load_smaller)
            wait_for_a_waiting_writer(database.engine)
        said = loading.result(PATIENCE)

    assert "less than the 2 seats already taken" in said

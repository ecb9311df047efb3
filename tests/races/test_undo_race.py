"""Two who undo the same step at once: it is undone once, and the second is told so."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError
from app.core.i18n import Texts
from app.events.models import Event
from app.events.service import apply_changes
from app.history import undo
from app.history.models import Entry
from app.history.service import THE_SITE

PATIENCE, HANDS = 60, 4


def test_a_step_is_undone_once(app, db, make_event):
    event = make_event("spring", title=Texts(en="One"))
    with transaction():
        apply_changes(event, {"title": Texts(en="Two")}, now=utc_now())
    event_id = event.id
    entry_id = db.scalars(select(Entry.id).where(Entry.action == "event.changed")).one()
    db.commit()
    together = threading.Barrier(HANDS)

    def press(_hand):
        with app.app_context():
            together.wait(PATIENCE)
            try:
                undo.undo(entry_id, event_id=event_id, by=THE_SITE, may=frozenset({"edit"}), now=utc_now())
            except ConflictError:
                return "refused"
            return "done"

    with ThreadPoolExecutor(HANDS) as pool:
        answers = sorted(pool.map(press, range(HANDS)))

    db.rollback()
    db.expire_all()
    assert answers == ["done", *["refused"] * (HANDS - 1)]
    assert db.get(Event, event_id).title == Texts(en="One")
    assert db.get(Event, event_id).revision == 3
    assert len(db.scalars(select(Entry).where(Entry.action == undo.UNDONE)).all()) == 1

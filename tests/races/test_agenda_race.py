"""Several organizers at one agenda at once: nothing is lost, and no two items stand in one place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

from app.core.i18n import Texts
from app.events.agenda import service
from app.events.agenda.values import empty_values
from app.events.models import Event
from app.history.service import THE_SITE
from tests.support.factories import LONG_AGO

DONE = {"by": THE_SITE, "now": LONG_AGO}
WRITERS = 6
EACH = 3


def test_items_that_several_add_and_move_at_once_are_all_there_in_one_order(app, db, make_event):
    event_id = make_event("meetup").id
    db.commit()

    def work(writer):
        with app.app_context():
            for number in range(EACH):
                title = Texts(en=f"{writer}-{number}")
                added = service.add(event_id, empty_values() | {"title": title, "minutes": 10}, **DONE)
                service.move(event_id, added, 0, **DONE)
            db.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))

    db.expire_all()
    event = db.get_one(Event, event_id)
    rows = event.sessions
    assert {row.title.en for row in rows} == {f"{one}-{two}" for one in range(WRITERS) for two in range(EACH)}
    assert [row.position for row in rows] == list(range(WRITERS * EACH))
    assert rows[0].starts_at == event.starts_at
    assert all(later.starts_at - earlier.starts_at == timedelta(minutes=10) for earlier, later in pairwise(rows))
    # Each item was added and moved, but for one that may have been first anyway.
    assert event.revision - 1 in {2 * WRITERS * EACH - 1, 2 * WRITERS * EACH}

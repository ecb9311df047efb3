"""Organizers who decide about one event at the same moment, people who sign up meanwhile, and a duty that is killed."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.core.i18n import Texts
from app.core.versions import Seen
from app.events import life, moving
from app.events.audience import people_at
from app.events.models import Event, EventAddress, EventState
from app.events.moving import Wish, plan, values_of
from app.events.rules_life import Step, refusal, standing
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations.changes import announce
from app.registrations.models import Registration
from app.registrations.queries import event_for_sign_up
from tests.races.test_killed_sign_up import POINTS, die_at
from tests.support.factories import sign_up_as

STARTS_AT = datetime(2031, 6, 7, 5, 0, tzinfo=UTC)
NOW = datetime(2031, 5, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 60


@pytest.fixture
def together(app):
    """Run actions at the same moment, each in a thread with its own connection; return what each came to."""

    def run(*actions):
        start = threading.Barrier(len(actions))

        def one(action):
            with app.app_context():
                start.wait(PATIENCE)
                try:
                    action()
                except AppError as error:
                    return type(error).__name__
                else:
                    return "done"
                finally:
                    database.session.remove()

        with ThreadPoolExecutor(len(actions)) as pool:
            return list(pool.map(one, actions))

    return run


def now_of(db, event_id):
    db.expire_all()
    return db.get(Event, event_id)


def test_of_many_who_publish_one_does(db, make_event, together):
    event_id = make_event("draft", state=EventState.DRAFT, starts_at=STARTS_AT).id
    db.remove()

    came = together(*[lambda: life.publish(event_id, by=THE_SITE, now=NOW)] * 6)

    event = now_of(db, event_id)
    assert Counter(came) == {"done": 1, "ConflictError": 5}
    assert (event.state, event.sequence, event.revision) == (EventState.PUBLISHED, 1, 2)
    assert db.scalar(select(func.count()).select_from(Entry).where(Entry.action == "event.published")) == 1


def test_publishing_and_deleting_at_once_gives_one_of_the_two(db, make_event, together):
    for number in range(6):
        event_id = make_event(f"draft-{number}", state=EventState.DRAFT, starts_at=STARTS_AT).id
        db.remove()

        published, deleted = together(
            lambda event_id=event_id: life.publish(event_id, by=THE_SITE, now=NOW),
            lambda event_id=event_id: life.delete_draft(event_id, by=THE_SITE, now=NOW),
        )

        event = now_of(db, event_id)
        assert [published, deleted].count("done") == 1
        assert (event is not None) == (published == "done")


def test_cancelling_and_moving_at_once_leaves_a_state_that_one_of_the_two_saw(db, make_event, together):
    for number in range(6):
        event = make_event(f"event-{number}", starts_at=STARTS_AT)
        event_id, values = event.id, values_of(event)
        wish = Wish(values | {"starts": values["starts"] + HOUR}, Seen.of(values))
        proof = plan(event, wish, now=NOW).proof
        db.remove()

        cancelled, moved = together(
            lambda event_id=event_id: life.cancel_event(event_id, Texts(zh="停电"), by=THE_SITE, now=NOW),
            lambda event_id=event_id, wish=wish, proof=proof: moving.move(
                event_id, wish, shown=proof, by=THE_SITE, now=NOW
            ),
        )

        event = now_of(db, event_id)
        assert (cancelled, event.state) == ("done", EventState.CANCELLED)
        # Moved first and then cancelled, or cancelled first and then not moved.
        assert (moved, event.starts_at, event.sequence) in {
            ("done", STARTS_AT + HOUR, 2), ("ConflictError", STARTS_AT, 1),
        }  # fmt: skip


def test_of_two_who_move_at_once_the_second_sees_the_first(db, make_event, together):
    for number in range(6):
        event = make_event(f"event-{number}", starts_at=STARTS_AT)
        event_id, values = event.id, values_of(event)
        wishes = [Wish(values | {"starts": values["starts"] + hours * HOUR}, Seen.of(values)) for hours in (1, 2)]
        proofs = [plan(event, wish, now=NOW).proof for wish in wishes]
        db.remove()

        came = together(
            *[
                lambda event_id=event_id, wish=wish, proof=proof: moving.move(
                    event_id, wish, shown=proof, by=THE_SITE, now=NOW
                )
                for wish, proof in zip(wishes, proofs, strict=True)
            ]
        )

        event = now_of(db, event_id)
        assert sorted(came) == ["ClashError", "done"]
        assert event.starts_at == STARTS_AT + (1 if came[0] == "done" else 2) * HOUR
        assert event.sequence == 1


def test_nobody_signs_up_for_what_was_just_unpublished(db, make_event, together):
    ends = Counter()
    for number in range(10):
        slug = f"event-{number}"
        event_id = make_event(slug, starts_at=STARTS_AT).id
        db.remove()

        unpublished, signed_up = together(
            lambda event_id=event_id: life.unpublish(event_id, by=THE_SITE, now=NOW),
            lambda slug=slug: sign_up_as(event_for_sign_up(slug, now=NOW), "ada", now=NOW),
        )

        event = now_of(db, event_id)
        registered = db.scalar(select(func.count()).select_from(Registration).where(Registration.event_id == event_id))
        ends[unpublished] += 1
        assert [unpublished, signed_up].count("done") == 1
        assert (event.state == EventState.DRAFT) == (registered == 0) == (unpublished == "done")

    assert sum(ends.values()) == 10


def test_of_two_events_that_want_one_address_one_gets_it(db, make_event, together):
    ids = [make_event(f"event-{number}", starts_at=STARTS_AT).id for number in range(4)]
    db.remove()

    came = together(*[lambda each=each: life.change_address(each, "wanted", by=THE_SITE, now=NOW) for each in ids])

    db.expire_all()
    assert Counter(came) == {"done": 1, "BadInputError": 3}
    assert db.scalar(select(func.count()).select_from(Event).where(Event.slug == "wanted")) == 1
    assert db.scalar(select(func.count()).select_from(EventAddress)) == 1


def test_address_that_is_given_up_is_not_taken_at_the_same_moment(db, make_event, together):
    for number in range(6):
        first, second = (make_event(f"{name}-{number}", starts_at=STARTS_AT).id for name in ("first", "second"))
        db.remove()

        came = together(
            lambda first=first, number=number: life.change_address(first, f"new-{number}", by=THE_SITE, now=NOW),
            lambda second=second, number=number: life.change_address(second, f"first-{number}", by=THE_SITE, now=NOW),
        )

        assert came == ["done", "BadInputError"]
        assert now_of(db, first).slug == f"new-{number}"
        assert now_of(db, second).slug == f"second-{number}"


def test_many_duties_publish_an_event_once(db, make_event, together):
    event = make_event("draft", state=EventState.DRAFT, starts_at=STARTS_AT)
    event_id = event.id
    life.publish_at(event_id, NOW + HOUR, by=THE_SITE, now=NOW)
    db.remove()

    together(*[lambda: life.publish_due(NOW + HOUR)] * 5)

    event = now_of(db, event_id)
    assert (event.state, event.sequence) == (EventState.PUBLISHED, 1)
    assert db.scalar(select(func.count()).select_from(Entry).where(Entry.action == "event.published")) == 1


def test_duty_that_is_killed_anywhere_has_published_wholly_or_not_at_all(app, db, make_event):
    event_id = make_event("draft", state=EventState.DRAFT, starts_at=STARTS_AT).id
    life.publish_at(event_id, NOW + HOUR, by=THE_SITE, now=NOW)
    db.remove()

    for point in range(1, POINTS):
        finished = die_at(app, point, lambda: life.publish_due(NOW + HOUR))
        event = now_of(db, event_id)
        entries = db.scalar(select(func.count()).select_from(Entry).where(Entry.action == "event.published"))
        whole = (EventState.PUBLISHED, None, 1, 1)
        nothing = (EventState.DRAFT, NOW + HOUR, 0, 0)
        assert (event.state, event.publish_at, event.sequence, entries) in {whole, nothing}
        db.remove()
        if finished:
            break

    assert finished
    assert point > 5, "too few points: the kill was not where the work is"
    life.publish_due(NOW + 2 * HOUR)
    assert now_of(db, event_id).state == EventState.PUBLISHED


def test_cancelled_and_taken_back_at_once_tells_what_is_true_in_the_end(db, make_event, together):
    event = make_event("event", starts_at=STARTS_AT)
    event_id = event.id
    sign_up_as(event, "ada", now=NOW)
    db.remove()

    together(
        lambda: life.cancel_event(event_id, Texts(zh="停电"), by=THE_SITE, now=NOW + HOUR),
        lambda: life.take_back_cancellation(event_id, Texts(), by=THE_SITE, now=NOW + HOUR),
    )
    announce(NOW + 2 * HOUR)

    event = now_of(db, event_id)
    told = db.scalars(select(Letter.kind).where(Letter.kind.startswith("event-"))).all()
    assert told == (["event-cancelled"] if event.state == EventState.CANCELLED else [])


def test_without_the_lock_somebody_signs_up_for_a_draft(app, db, make_event):
    # The proof that there is a race to win: counted, then unpublished, and in between somebody has signed up.
    event = make_event("event", starts_at=STARTS_AT)
    seen = people_at(event)
    sign_up_as(event, "ada", now=NOW)

    with transaction() as session:
        # What `life.unpublish` would do on what it saw before, without `locked_event`.
        assert refusal(Step.UNPUBLISH, standing(event, seen, now=NOW)) is None
        apply_changes(session.get_one(Event, event.id), {"state": EventState.DRAFT}, now=NOW)

    assert (now_of(db, event.id).state, people_at(event).now) == (EventState.DRAFT, 1)

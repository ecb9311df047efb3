"""Long work goes on where it was whatever dies, is stopped, taken back, refused, and says how far it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError, RefusedError
from app.core.i18n import Texts
from app.events.models import City
from app.history.service import THE_SITE
from app.work import kinds, service
from app.work.kinds import Kind
from app.work.models import ATTEMPTS_MAX, Task, TaskState

NOW = utc_now()


def make_city(task, _now):
    """Make one city a step, as many as there are to be."""
    with_number = task.cursor + 1
    service.require_transaction().add(City(slug=f"city-{with_number}", name=Texts(en=f"City {with_number}")))
    task.cursor, task.done = with_number, task.done + 1
    task.counts = task.counts | {"made": task.done}
    return with_number < task.total


def remove_city(task, _now):
    """Take the last one back."""
    session = service.require_transaction()
    city = session.scalar(select(City).where(City.slug.startswith("city-")).order_by(City.id.desc()).limit(1))
    if city is None:
        return False
    session.delete(city)
    task.done -= 1
    return task.done > 0


def begin(event, **options):
    with transaction():
        return service.begin(
            "cities",
            event_id=event.id,
            params=options.pop("params", {}),
            total=options.pop("total", 3),
            language="en",
            by=THE_SITE,
            now=NOW,
            **options,
        ).id


def register(step=make_city, **options):
    kinds.register("cities", Kind("Cities", step, Permission.SEE, {"made": "Made"}, **options))


@pytest.fixture
def made_cities(db):
    """Return the names of the cities that the work made."""
    return lambda: db.scalars(select(City.slug).where(City.slug.startswith("city-")).order_by(City.id)).all()


@pytest.fixture
def task_now(db):
    """Return the work as it is now."""

    def read(task_id):
        db.expire_all()
        return db.get_one(Task, task_id)

    return read


def test_work_is_done_step_by_step_to_its_end(make_event, made_cities, task_now):
    register()
    task_id = begin(make_event())

    steps = service.advance(NOW)

    assert (steps, made_cities()) == (3, ["city-1", "city-2", "city-3"])
    task = task_now(task_id)
    assert (task.state, task.done, task.total, task.counts) == (TaskState.DONE, 3, 3, {"made": 3})
    assert (task.begun_at, task.finished_at) == (NOW, NOW)
    assert service.advance(NOW) == 0


def test_work_of_later_waits(make_event, made_cities):
    register()
    begin(make_event(), due_at=NOW + timedelta(hours=1))

    assert (service.advance(NOW), made_cities()) == (0, [])
    assert (service.advance(NOW + timedelta(hours=1)), len(made_cities())) == (3, 3)


def test_several_take_turns(make_event, task_now):
    turns = []

    def note(task, _now):
        turns.append(task.id)
        task.done += 1
        return task.done < task.total

    register(note)
    event = make_event()
    first, second = begin(event, total=3), begin(event, total=2)

    service.advance(NOW)

    assert turns == [first, second, first, second, first]
    assert {task_now(one).state for one in (first, second)} == {TaskState.DONE}


def test_stopped_work_does_no_further_step(make_event, made_cities, task_now):
    register()
    task_id = begin(make_event(), due_at=NOW + timedelta(hours=1))

    service.stop(task_id, now=NOW)
    service.advance(NOW)

    assert (task_now(task_id).state, made_cities()) == (TaskState.STOPPED, [])
    with pytest.raises(ConflictError):
        service.stop(task_id, now=NOW)


def test_stopped_work_is_taken_back_step_by_step(make_event, db, made_cities, task_now):
    register(take_back=remove_city)
    task_id = begin(make_event(), total=5)
    with transaction() as session:
        for _step in range(2):
            make_city(session.get_one(Task, task_id), NOW)
    assert len(made_cities()) == 2

    service.stop(task_id, now=NOW)
    assert task_now(task_id).is_being_taken_back
    service.advance(NOW)

    assert (task_now(task_id).state, task_now(task_id).done, made_cities()) == (TaskState.STOPPED, 0, [])


def test_work_that_cannot_be_stopped_says_so(make_event, task_now):
    register(can_be_stopped=False)
    task_id = begin(make_event())

    with pytest.raises(ConflictError):
        service.stop(task_id, now=NOW)

    assert task_now(task_id).stop_asked_at is None


@pytest.mark.parametrize(("also", "left"), [(False, ["city-1", "city-2"]), (True, [])])
def test_refusal_ends_it_with_its_sentence_and_is_taken_back_where_the_kind_asks_for_it(
    make_event, made_cities, task_now, also, left
):
    def refuse_third(task, now):
        if task.cursor == 2:
            sentence = "No third city."
            raise RefusedError(sentence)
        return make_city(task, now)

    register(refuse_third, take_back=remove_city, also_when_refused=also)
    task_id = begin(make_event(), total=5)

    service.advance(NOW)

    assert made_cities() == left
    assert (task_now(task_id).state, task_now(task_id).refusal) == (TaskState.FAILED, "No third city.")
    assert not task_now(task_id).was_broken


def test_broken_step_leaves_nothing_and_is_tried_again_later_and_later(make_event, made_cities, task_now, caplog):
    broken = [True]

    def break_once(task, now):
        make_city(task, now)
        if broken:
            message = "ada@example.com"
            raise ValueError(message)
        return task.cursor < task.total

    register(break_once)
    task_id = begin(make_event())

    assert service.advance(NOW) == 1
    assert (made_cities(), task_now(task_id).attempts) == ([], 1)
    assert "ada@example.com" not in caplog.text
    assert service.advance(NOW + timedelta(seconds=1)) == 0
    broken.clear()
    service.advance(NOW + timedelta(seconds=2))

    assert (len(made_cities()), task_now(task_id).state, task_now(task_id).attempts) == (3, TaskState.DONE, 0)


def test_work_that_breaks_again_and_again_fails_and_can_go_on_when_the_fault_is_gone(make_event, made_cities, task_now):
    broken = [True]

    def break_after_first(task, now):
        if task.cursor == 1 and broken:
            raise ValueError
        return make_city(task, now)

    register(break_after_first)
    task_id = begin(make_event())
    now = NOW

    for _attempt in range(ATTEMPTS_MAX):
        service.advance(now)
        now += timedelta(minutes=2)

    task = task_now(task_id)
    assert (task.state, task.was_broken, made_cities()) == (TaskState.FAILED, True, ["city-1"])
    assert task.refusal == "This is a fault of the site. What was done so far stays as it is."
    broken.clear()
    service.resume(task_id, now=now)
    service.advance(now)
    assert (task_now(task_id).state, len(made_cities())) == (TaskState.DONE, 3)
    with pytest.raises(ConflictError):
        service.resume(task_id, now=now)


def refuse(_task, now):
    raise ConflictError(str(now))


def break_always(_task, _now):
    raise ValueError


@pytest.mark.parametrize(("step", "is_stopped"), [(make_city, False), (make_city, True), (refuse, False)])
def test_what_is_about_people_is_let_go_whatever_the_end(make_event, task_now, step, is_stopped):
    register(step, private=("query",))
    task_id = begin(make_event(), params={"query": {"q": ["ada"]}, "until": 7})
    if is_stopped:
        service.stop(task_id, now=NOW)

    service.advance(NOW)

    assert task_now(task_id).state is not TaskState.OPEN
    assert task_now(task_id).params == {"query": None, "until": 7}


def test_what_is_about_people_is_kept_for_a_day_after_a_fault_of_the_site(make_event, task_now):
    register(break_always, private=("query",))
    task_id = begin(make_event(), params={"query": {"q": ["ada"]}})
    for attempt in range(ATTEMPTS_MAX):
        service.advance(NOW + timedelta(minutes=2 * attempt))

    kept = (service.forget(NOW + timedelta(hours=23)), task_now(task_id).params)
    gone = (service.forget(NOW + timedelta(hours=25)), task_now(task_id).params)

    assert kept == (0, {"query": {"q": ["ada"]}})
    assert gone == (1, {"query": None})
    with pytest.raises(ConflictError):
        service.resume(task_id, now=NOW)


def test_kind_that_nobody_knows_any_more_fails_and_lets_other_work_go_on(make_event, db, made_cities, task_now):
    register()
    event = make_event()
    unknown = begin(event)
    with transaction() as session:
        session.execute(update(Task).where(Task.id == unknown).values(kind="gone"))
    begin(event)

    service.advance(NOW)

    assert (len(made_cities()), task_now(unknown).attempts) == (3, 1)


def test_finished_work_is_forgotten_after_a_month(make_event, db):
    register()
    event = make_event()
    begin(event)
    service.advance(NOW)
    begin(event, due_at=NOW + timedelta(days=90))

    assert service.forget(NOW + timedelta(days=30)) == 0
    assert service.forget(NOW + timedelta(days=31)) == 1
    assert db.scalars(select(Task.state)).all() == [TaskState.OPEN]

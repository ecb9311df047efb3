"""Changing an agenda: times that follow, people, the history, and two organizers at once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.community.models import Person
from app.core.db import db as database
from app.core.errors import BadInputError, ConflictError, NotFoundError, RefusedError
from app.core.i18n import Texts
from app.core.versions import ClashError, Seen
from app.events.agenda import queries, service
from app.events.agenda.values import Part, empty_values, values_of
from app.events.duplicate import Copies, duplicate
from app.events.models import Event, Session, SessionKind, SessionSpeaker
from app.history.models import Entry
from app.history.service import THE_SITE
from tests.support.factories import LONG_AGO
from tests.support.people import add_session, make_person

START = datetime(2026, 12, 19, 5, tzinfo=UTC)  # 13:00 in Beijing
DONE = {"by": THE_SITE, "now": LONG_AGO}


@pytest.fixture
def event(make_event):
    return make_event("meetup", starts_at=START)


def talk(title, **values):
    return empty_values() | {"title": Texts(en=title)} | values


def fresh(event):
    database.session.expire_all()
    return database.session.get_one(Event, event.id)


def agenda(event):
    """Return the agenda in lines: `13:00-13:30 Check-in`."""
    lines = []
    for row in fresh(event).sessions:
        times = [f"{at.astimezone(event.tz):%H:%M}" if at else "" for at in (row.starts_at, row.ends_at)]
        lines.append(f"{'-'.join(times).strip('-')} {row.title.in_language('en')}".strip())
    return lines


def history(event):
    statement = select(Entry.action, Entry.subject).where(Entry.event_id == event.id).order_by(Entry.id)
    return [tuple(row) for row in database.session.execute(statement)][1:]


def test_items_follow_each_other_from_the_start_of_the_event(event):
    service.add(event.id, talk("A", minutes=40), **DONE)
    service.add(event.id, talk("B", minutes=20), **DONE)

    service.add_pause(event.id, service.PAUSES["check-in"], **DONE)

    assert agenda(event) == ["13:00-13:30 Check-in", "13:30-14:10 A", "14:10-14:30 B"]
    assert history(event) == [("agenda.added", "A"), ("agenda.added", "B"), ("agenda.added", "签到")]
    assert (event.revision, event.sequence) == (4, 0)


def test_an_item_that_is_put_between_shifts_what_follows_and_leaves_what_is_fixed(event):
    first = service.add(event.id, talk("A", minutes=30), **DONE)
    service.add(event.id, talk("B", minutes=30), **DONE)
    service.add(event.id, talk("C", start="fixed", starts=datetime(2026, 12, 19, 15, 0), minutes=30), **DONE)  # noqa: DTZ001 - local, as a form gives it
    service.add(event.id, talk("D", minutes=10), **DONE)

    service.add_pause(event.id, service.PAUSES["break"], after=first, **DONE)

    assert agenda(event) == [
        "13:00-13:30 A", "13:30-13:45 Coffee break", "13:45-14:15 B", "15:00-15:30 C", "15:30-15:40 D",
    ]  # fmt: skip


def test_moving_an_item_moves_the_times(event):
    ids = [service.add(event.id, talk(name, minutes=minutes), **DONE) for name, minutes in (("A", 30), ("B", 60))]
    ids.append(service.add(event.id, talk("C", minutes=15), **DONE))

    service.move(event.id, ids[2], 0, **DONE)

    assert agenda(event) == ["13:00-13:15 C", "13:15-13:45 A", "13:45-14:45 B"]

    service.move(event.id, ids[0], 1, is_step=True, **DONE)

    assert agenda(event) == ["13:00-13:15 C", "13:15-14:15 B", "14:15-14:45 A"]
    assert history(event)[-2:] == [("agenda.moved", "C"), ("agenda.moved", "A")]


def test_moving_an_item_beyond_the_ends_changes_nothing(event):
    only = service.add(event.id, talk("A"), **DONE)
    revision = fresh(event).revision

    service.move(event.id, only, -1, is_step=True, **DONE)
    service.move(event.id, only, 99, **DONE)

    assert (fresh(event).revision, agenda(event)) == (revision, ["13:00-13:30 A"])


def test_speakers_are_members_in_order_or_guests(event):
    make_person("ada", zh="艾达")
    make_person("bob")
    parts = [
        Part("bob", Texts(en="Bob Ltd")),
        Part(guest=Texts(zh="张三", en="San Zhang"), affiliation=Texts(zh="公司")),
    ]

    service.add(event.id, talk("A", speakers=[*parts, Part("ada")]), **DONE)

    speakers = fresh(event).sessions[0].speakers
    assert [(part.person.slug, part.person.is_guest, part.affiliation) for part in speakers] == [
        ("bob", False, Texts(en="Bob Ltd")), ("san-zhang", True, Texts(zh="公司")), ("ada", False, Texts()),
    ]  # fmt: skip
    assert speakers[1].person.company == Texts(zh="公司")


def test_a_guest_of_a_taken_name_gets_an_address_of_their_own(event):
    make_person("san-zhang")

    for name in (Texts(en="San Zhang"), Texts(zh="张三")):
        service.add(event.id, talk("A", speakers=[Part(guest=name)]), **DONE)

    slugs = database.session.scalars(select(Person.slug).where(Person.is_guest).order_by(Person.id)).all()
    assert slugs[0].startswith("san-zhang-")
    assert slugs[1].startswith("guest-")


def test_a_change_is_written_and_told_field_by_field(event):
    row = service.add(event.id, talk("A", minutes=30), **DONE)
    service.add(event.id, talk("B", minutes=30), **DONE)
    seen = Seen.of(values_of(fresh(event).sessions[0], event))

    service.change(event.id, row, talk("A", minutes=45, track="0"), seen=seen, **DONE)

    assert agenda(event) == ["13:00-13:45 A", "13:45-14:15 B"]
    entry = database.session.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    assert (entry.action, entry.changes) == ("agenda.changed", {"agenda": [{"minutes": 30}, {"minutes": 45}]})


def test_saving_what_is_there_changes_nothing(event):
    make_person("ada")
    row = service.add(event.id, talk("A", speakers=[Part("ada")]), **DONE)
    revision = fresh(event).revision
    values = values_of(fresh(event).sessions[0], event)

    service.change(event.id, row, values | {"speakers": [Part("ada")]}, seen=Seen.of(values), **DONE)

    assert fresh(event).revision == revision


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(event):
    row = service.add(event.id, talk("A", minutes=30), **DONE)
    seen = Seen.of(values_of(fresh(event).sessions[0], event))
    service.change(event.id, row, talk("Ada's", minutes=30), seen=seen, **DONE)

    # Another field: both stay. The same one: asked.
    service.change(event.id, row, talk("A", minutes=50), seen=seen, **DONE)
    with pytest.raises(ClashError) as refusal:
        service.change(event.id, row, talk("Bob's", minutes=30), seen=seen, **DONE)

    assert agenda(event) == ["13:00-13:50 Ada's"]
    assert [(one.name, one.theirs, one.mine) for one in refusal.value.clashes] == [
        ("title", Texts(en="Ada's"), Texts(en="Bob's"))
    ]


def test_what_was_removed_comes_back_whole(event):
    make_person("ada")
    long = "".join(f"{number} " for number in range(1200))
    values = talk(
        "A",
        minutes=40,
        track="1",
        abstract=Texts(zh=long.strip(), en="short"),
        speakers=[Part("ada", Texts(zh="公司"))],
        speaker_note=Texts(en="and others"),
        slides_url="https://example.com/slides",
        video_url="https://example.com/video",
    )
    row = service.add(event.id, values, **DONE)
    service.add(event.id, talk("B", minutes=10, track="1"), **DONE)
    before = [values_of(session, event) for session in fresh(event).sessions]

    service.remove(event.id, row, **DONE)

    assert agenda(event) == ["13:00-13:10 B"]
    removal = queries.last_removal(event.id)

    service.restore(event.id, removal.id, **DONE)

    assert [values_of(session, event) for session in fresh(event).sessions] == before
    with pytest.raises(ConflictError):
        service.restore(event.id, removal.id, **DONE)


def test_nothing_is_undone_that_something_else_was_done_after(event):
    row = service.add(event.id, talk("A"), **DONE)
    service.remove(event.id, row, **DONE)
    removal = queries.last_removal(event.id)
    service.add(event.id, talk("B"), **DONE)

    with pytest.raises(ConflictError):
        service.restore(event.id, removal.id, **DONE)

    assert (agenda(event), queries.last_removal(event.id)) == (["13:00-13:30 B"], None)


def test_times_are_reckoned_and_cleared_and_brought_back(event):
    for name, minutes in (("A", 30), ("B", None), ("C", 15)):
        service.add(event.id, talk(name, minutes=minutes, start="open"), **DONE)
    assert agenda(event) == ["A", "B", "C"]

    assert service.reckon_times(event.id, **DONE)
    assert agenda(event) == ["13:00-13:30 A", "B", "13:30-13:45 C"]

    service.clear_times(event.id, **DONE)
    assert agenda(event) == ["A", "B", "C"]
    assert [row.minutes for row in fresh(event).sessions] == [30, None, 15]

    service.restore(event.id, queries.last_removal(event.id).id, **DONE)
    assert agenda(event) == ["13:00-13:30 A", "B", "13:30-13:45 C"]


def test_times_need_something_to_reckon_from(make_event):
    event = make_event("day", starts_at=START, is_all_day=True)
    service.add(event.id, talk("A", minutes=30, start="open"), **DONE)
    revision = fresh(event).revision

    assert not service.reckon_times(event.id, **DONE)

    assert (agenda(event), fresh(event).revision, fresh(event).sessions[0].follows) == (["A"], revision, False)


def test_a_pause_in_a_mere_list_has_no_time_either(event):
    service.add(event.id, talk("A", start="open"), **DONE)

    service.add_pause(event.id, service.PAUSES["lunch"], **DONE)

    assert agenda(event) == ["A", "Lunch"]


def test_an_agenda_that_was_loaded_keeps_its_times_when_it_is_edited(event):
    for name, begin, end in (("A", 0, 30), ("B", 40, 60), ("C", 60, None)):
        times = {"starts_at": START + timedelta(minutes=begin), "ends_at": end and START + timedelta(minutes=end)}
        add_session(event, name, **{key: value for key, value in times.items() if value})

    service.add(event.id, talk("D", start="open"), **DONE)

    assert [line.split()[0] for line in agenda(event)] == ["13:00-13:30", "13:40-14:00", "14:00", "D"]


def test_a_pasted_agenda_comes_in_whole(event):
    service.add(event.id, talk("old"), **DONE)
    local = datetime(2026, 12, 19, 13, 0)  # noqa: DTZ001 - local, as a form gives it
    guest = Part(guest=Texts(zh="李四"))
    items = [
        talk("A", start="fixed", starts=local, minutes=30, speakers=[guest]),
        talk("B", start="fixed", starts=local + timedelta(minutes=30), minutes=20, speakers=[guest]),
        talk("C", start="fixed", starts=local + timedelta(minutes=60), minutes=20),
    ]

    service.take_pasted(event.id, items, replace=True, **DONE)

    assert agenda(event) == ["13:00-13:30 A", "13:30-13:50 B", "14:00-14:20 C"]
    assert [row.follows for row in fresh(event).sessions] == [True, True, False]
    assert database.session.scalar(select(func.count()).select_from(Person)) == 1

    service.restore(event.id, queries.last_removal(event.id).id, **DONE)

    assert agenda(event) == ["13:00-13:30 old"]


def test_of_a_pasted_agenda_with_a_fault_nothing_comes_in(event):
    service.add(event.id, talk("old"), **DONE)
    items = [talk("A", speakers=[Part(guest=Texts(en="Eve"))]), talk("B", speakers=[Part("nobody")])]

    with pytest.raises(BadInputError):
        service.take_pasted(event.id, items, replace=True, **DONE)

    assert agenda(event) == ["13:00-13:30 old"]
    assert database.session.scalar(select(func.count()).select_from(Person)) == 0


def test_an_agenda_has_an_end(event, monkeypatch):
    monkeypatch.setattr(service, "SESSIONS_MAX", 2)
    service.take_pasted(event.id, [talk("A"), talk("B")], replace=False, **DONE)

    with pytest.raises(RefusedError):
        service.add(event.id, talk("C"), **DONE)
    service.take_pasted(event.id, [talk("C"), talk("D")], replace=True, **DONE)

    assert [line.split()[-1] for line in agenda(event)] == ["C", "D"]


def test_an_item_of_another_event_is_not_there(event, make_event):
    other = make_event("other")
    foreign = service.add(other.id, talk("A"), **DONE)

    with pytest.raises(NotFoundError):
        service.remove(event.id, foreign, **DONE)
    with pytest.raises(NotFoundError):
        service.add(event.id, talk("B"), after=foreign, **DONE)

    assert (agenda(event), len(agenda(other))) == ([], 1)


def test_a_time_that_the_clocks_skip_is_refused(make_event):
    event = make_event("berlin", zone="Europe/Berlin", starts_at=datetime(2026, 3, 28, 23, tzinfo=UTC))
    skipped = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - local, as a form gives it

    with pytest.raises(BadInputError) as refusal:
        service.add(event.id, talk("A", start="fixed", starts=skipped), **DONE)

    assert refusal.value.field == "starts"


def test_items_of_a_copied_event_follow_each_other_as_in_the_first(event):
    service.add(event.id, talk("A", minutes=30), **DONE)
    service.add(event.id, talk("B", start="fixed", starts=datetime(2026, 12, 19, 14, 0), minutes=30), **DONE)  # noqa: DTZ001 - local, as a form gives it

    (copy,) = duplicate(event.id, Copies([date(2027, 1, 16)]), key="a", **DONE)
    service.add_pause(copy.id, service.PAUSES["check-in"], **DONE)

    assert agenda(copy) == ["13:00-13:30 Check-in", "13:30-14:00 A", "14:00-14:30 B"]
    assert [row.follows for row in fresh(copy).sessions] == [True, True, False]


def test_speakers_of_a_removed_item_leave_no_row(event):
    make_person("ada")
    row = service.add(event.id, talk("A", speakers=[Part("ada")]), **DONE)

    service.remove(event.id, row, **DONE)

    for table in (Session, SessionSpeaker):
        assert database.session.scalar(select(func.count()).select_from(table)) == 0


def test_pauses_are_of_kinds_that_nobody_gives():
    assert {pause.kind for pause in service.PAUSES.values()} == {
        SessionKind.CHECK_IN, SessionKind.OPENING, SessionKind.BREAK, SessionKind.NETWORKING,
    }  # fmt: skip

from datetime import UTC, date, datetime, timedelta

import pytest

from app.community.models import Person, Role, Term
from app.core.i18n import Texts
from app.events import rules
from app.events.models import Event, EventState, Session, SessionSpeaker

START = datetime(2019, 12, 14, 5, tzinfo=UTC)
TODAY = date(2019, 12, 14)


def event(**values):
    return Event(**{"zone": "Asia/Shanghai", "starts_at": START, "ends_at": START + timedelta(hours=5)} | values)


def at(hours):
    return START + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("hours", "over", "running"), [(-1, False, False), (0, False, True), (4.9, False, True), (5, True, False)]
)
def test_an_event_runs_from_its_start_until_just_before_its_end(hours, over, running):
    meetup = event(state=EventState.PUBLISHED)

    assert (rules.is_over(meetup, now=at(hours)), rules.is_running(meetup, now=at(hours))) == (over, running)


def test_a_cancelled_event_does_not_run():
    assert not rules.is_running(event(state=EventState.CANCELLED), now=at(1))


@pytest.mark.parametrize(
    ("state", "expected"),
    [(EventState.DRAFT, False), (EventState.PUBLISHED, True), (EventState.CANCELLED, True)],
)
def test_what_is_public(state, expected):
    assert rules.is_public(event(state=state)) is expected


def test_a_day_is_one_of_the_events_zone():
    assert rules.is_one_day(event())
    assert not rules.is_one_day(event(ends_at=at(12)))  # 01:00 of the next day in Beijing


def test_years_are_those_of_the_events_zone():
    new_year = event(slug="new-year", starts_at=datetime(2019, 12, 31, 17, tzinfo=UTC))  # 1 January in Beijing

    found = rules.by_year([new_year, event(slug="december")])

    assert [(year, [one.slug for one in events]) for year, events in found] == [
        (2020, ["new-year"]), (2019, ["december"]),
    ]  # fmt: skip


def test_an_agenda_of_one_day_is_one_list_whatever_has_no_time():
    sessions = [Session(title=Texts(en="a")), Session(starts_at=at(0)), Session(), Session(starts_at=at(1))]

    assert rules.agenda_days(event(sessions=sessions)) == [rules.AgendaDay(TODAY, sessions)]


def test_an_agenda_without_times_has_no_day():
    sessions = [Session(), Session()]

    assert rules.agenda_days(event(sessions=sessions)) == [rules.AgendaDay(None, sessions)]
    assert not rules.has_times(sessions)


def test_an_agenda_of_two_days_is_cut_at_midnight_of_the_zone():
    first, open_end, second = Session(starts_at=at(10)), Session(), Session(starts_at=at(11))

    assert rules.agenda_days(event(sessions=[first, open_end, second])) == [
        rules.AgendaDay(TODAY, [first, open_end]),
        rules.AgendaDay(date(2019, 12, 15), [second]),
    ]


def test_an_event_without_an_agenda_has_no_days():
    assert rules.agenda_days(event()) == []


def test_a_speaker_comes_once_with_all_talks_and_the_affiliation_of_the_day():
    ada = Person(id=1, company=Texts(en="Now"), terms=[Term(role=Role(is_leader=True))])
    bob = Person(id=2, company=Texts(en="Acme"), terms=[])
    first = Session(speakers=[SessionSpeaker(person_id=1, person=ada, affiliation=Texts(en="Then"))])
    second = Session(speakers=[
        SessionSpeaker(person_id=2, person=bob, affiliation=Texts()),
        SessionSpeaker(person_id=1, person=ada, affiliation=Texts()),
    ])  # fmt: skip

    found = rules.speakers(event(sessions=[first, second]), today=TODAY)

    assert found == [
        rules.Speaker(ada, Texts(en="Then"), is_leader=True, sessions=[first, second]),
        rules.Speaker(bob, Texts(en="Acme"), is_leader=False, sessions=[second]),
    ]


def titled(name, begin=None, end=None, *, track=0):
    times = {"starts_at": begin if begin is None else at(begin), "ends_at": end if end is None else at(end)}
    return Session(title=Texts(en=name), track=track, **times)


def slots(*sessions):
    return [
        (slot.is_parallel, slot.ends_at, "".join(session.title.en for session in slot.sessions))
        for slot in rules.slots(sessions)
    ]


@pytest.mark.parametrize("order", ["ABC", "ACB", "BAC", "CBA"])
def test_items_of_two_tracks_stand_together_by_when_they_begin_in_whatever_order_they_were_put(order):
    parallel = {
        "A": titled("A", 1, 2, track=1),
        "B": titled("B", 1, 1.5, track=2),
        "C": titled("C", 1.5, 2, track=2),
    }

    found = slots(titled("x", 0, 1), *(parallel[name] for name in order), titled("y", 2, 3))

    assert found == [(False, at(1), "x"), (True, None, "AB"), (True, at(2), "C"), (False, at(3), "y")]


def test_items_of_two_tracks_without_times_stand_first_beside_first():
    found = slots(titled("a", track=1), titled("b", track=1), titled("A", track=2), titled("x"), titled("B", track=2))

    assert found == [(True, None, "aA"), (True, None, "b"), (False, None, "x"), (True, None, "B")]

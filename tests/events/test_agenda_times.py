"""Times that follow from durations: a table of cases, and what must hold for any agenda."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import Texts
from app.events.agenda.times import Item, Period, following, minutes_of, planned
from app.events.models import Session

START = datetime(2019, 12, 14, 5, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def follow(minutes, track=0):
    return Item(track=track, follows=True, minutes=minutes)


def fixed(begin, minutes=None, track=0):
    return Item(track=track, starts_at=at(begin), minutes=minutes)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], []),
        ([follow(30), follow(45), follow(15)], [(0, 30), (30, 75), (75, 90)]),
        ([fixed(15, 30), follow(10)], [(15, 45), (45, 55)]),
        # A fixed one leaves a gap, or overlaps; what follows it never begins before the latest end.
        ([follow(30), fixed(60, 30), follow(10)], [(0, 30), (60, 90), (90, 100)]),
        ([follow(60), fixed(30, 10), follow(10)], [(0, 60), (30, 40), (60, 70)]),
        # Not known: no time, and the others keep theirs.
        ([follow(30), Item(minutes=20), follow(10)], [(0, 30), (None, None), (30, 40)]),
        ([follow(30), follow(None), follow(10)], [(0, 30), (None, None), (30, 40)]),
        # A fixed one without a duration: nobody knows when the next begins, until one is fixed again.
        ([fixed(0), follow(10), fixed(60, 10), follow(5)], [(0, None), (None, None), (60, 70), (70, 75)]),
        # Two tracks begin together, and the next common item waits for both.
        (
            [follow(30), follow(40, 1), follow(15, 2), follow(15, 2), follow(20, 1), follow(10)],
            [(0, 30), (30, 70), (30, 45), (45, 60), (70, 90), (90, 100)],
        ),
        ([follow(30), fixed(30, None, 1), follow(15, 2), follow(10)], [(0, 30), (30, None), (30, 45), (None, None)]),
    ],
)
def test_times_follow_from_durations(items, expected):
    periods = planned(items, start=START)

    assert periods == [
        Period(begin if begin is None else at(begin), end if end is None else at(end)) for begin, end in expected
    ]


def test_without_a_start_only_what_comes_after_a_fixed_item_has_a_time():
    periods = planned([follow(30), fixed(60, 30), follow(10)], start=None)

    assert periods == [Period(None, None), Period(at(60), at(90)), Period(at(90), at(100))]


def test_an_hour_over_a_change_of_the_clocks_is_an_hour():
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 29, 1, 30, tzinfo=berlin).astimezone(UTC)

    first, second = planned([follow(60), follow(60)], start=start)

    assert [f"{end.astimezone(berlin):%H:%M}" for end in (first.ends_at, second.starts_at, second.ends_at)] == [
        "03:30", "03:30", "04:30",
    ]  # fmt: skip


durations = st.integers(1, 240)
followers = st.builds(follow, durations, st.integers(0, 2))
anything = followers | st.builds(fixed, st.integers(-60, 900), st.none() | durations, st.integers(0, 2))


@given(st.lists(st.builds(follow, durations), max_size=40))
def test_durations_of_one_track_add_up(items):
    periods = planned(items, start=START)

    total = sum(item.minutes for item in items)
    assert not items or periods[-1].ends_at == at(total)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(periods))


@given(st.lists(followers, max_size=40))
def test_nothing_that_follows_overlaps_in_its_track(items):
    periods = planned(items, start=START)

    for track in (1, 2):
        mine = [period for item, period in zip(items, periods, strict=True) if item.track in {0, track}]
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(mine))
    assert all(
        period.ends_at - period.starts_at == timedelta(minutes=item.minutes)
        for item, period in zip(items, periods, strict=True)
    )


@given(st.lists(anything, max_size=40))
def test_only_a_fixed_item_begins_before_something_of_its_track_has_ended(items):
    periods = planned(items, start=START)

    for place, (item, period) in enumerate(zip(items, periods, strict=True)):
        if not item.follows or period.starts_at is None:
            continue
        before = [
            other.ends_at
            for one, other in zip(items[:place], periods[:place], strict=True)
            if other.ends_at and (one.track == item.track or not (one.track and item.track))
        ]
        assert all(end <= period.starts_at for end in before)


@given(st.lists(anything, max_size=40))
def test_times_once_reckoned_are_recognised_as_following(items):
    rows = [
        Session(title=Texts(), track=item.track, starts_at=period.starts_at, ends_at=period.ends_at)
        for item, period in zip(items, planned(items, start=START), strict=True)
    ]

    again = [Item(row.track, follows, row.starts_at, minutes_of(row)) for row, follows in following(rows, start=START)]

    assert planned(again, start=START) == [Period(row.starts_at, row.ends_at) for row in rows]


def test_minutes_are_those_of_the_times_else_those_that_were_said():
    assert minutes_of(Session(starts_at=at(0), ends_at=at(25), minutes=40)) == 25
    assert minutes_of(Session(starts_at=at(0), minutes=40)) == 40
    assert minutes_of(Session()) is None

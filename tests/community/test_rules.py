from datetime import UTC, date, datetime

import pytest

from app.community.models import Person, Role, Term
from app.community.rules import AVATAR_TONES, avatar_tone, initials, is_current, is_user_group_leader, local_day

TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, True),
        (date(2021, 5, 15), None, True),
        (TODAY, TODAY, True),
        (date(2026, 3, 5), None, False),
        (None, date(2026, 3, 3), False),
    ],
)
def test_a_term_is_current_from_its_first_day_to_its_last(since, until, expected):
    term = Term(since=since, until=until)

    assert is_current(term, today=TODAY) is expected


@pytest.mark.parametrize(
    ("is_leader", "until", "expected"),
    [(True, None, True), (True, date(2025, 1, 1), False), (False, None, False)],
)
def test_who_holds_a_leading_role_today_is_badged(is_leader, until, expected):
    person = Person(terms=[Term(role=Role(is_leader=is_leader), until=until)])

    assert is_user_group_leader(person, today=TODAY) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("霍秉杰", "秉杰"), ("尹珉", "尹珉"), ("Ray Zhou", "RZ"), ("Lu  Liu", "LL"), ("Rick", "R"), ("", "·")],
)
def test_a_portrait_shows_how_people_call_each_other(name, expected):
    assert initials(name) == expected


def test_a_portrait_keeps_its_colour():
    tones = {slug: avatar_tone(slug) for slug in ("benjaminhuo", "rayzhou2017", "webup")}

    assert tones == {"benjaminhuo": 7, "rayzhou2017": 3, "webup": 2}
    assert {avatar_tone(str(number)) for number in range(200)} == set(range(AVATAR_TONES))


def test_a_day_begins_at_midnight_of_the_zone():
    late = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)

    assert (local_day(late, "Asia/Shanghai"), local_day(late, "Europe/Berlin")) == (TODAY, date(2026, 3, 3))

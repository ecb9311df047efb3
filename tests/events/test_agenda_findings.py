"""What is pointed out in an agenda, and what is not."""

from datetime import UTC, datetime, timedelta

import pytest

from app.community.models import Person
from app.core.i18n import Texts
from app.events.agenda.findings import Problem, findings
from app.events.models import Event, Session, SessionKind, SessionSpeaker

START = datetime(2019, 12, 14, 5, tzinfo=UTC)
ADA = Person(id=1, slug="ada", name=Texts(en="Ada"))
BOB = Person(id=2, slug="bob", name=Texts(en="Bob"))


def at(minutes):
    return START + timedelta(minutes=minutes)


def talk(begin=None, end=None, *, track=0, who=(ADA,), **values):
    parts = [SessionSpeaker(person_id=person.id, person=person) for person in who]
    times = {"starts_at": begin if begin is None else at(begin), "ends_at": end if end is None else at(end)}
    return Session(**{"kind": SessionKind.TALK, "title": Texts(), "track": track, "speakers": parts} | times | values)


def pause(begin, end, **values):
    return talk(begin, end, who=(), kind=SessionKind.BREAK, **values)


def found(*sessions, **values):
    for place, session in enumerate(sessions):
        session.id, session.position, session.speaker_note = place, place, session.speaker_note or Texts()
    event = Event(**{"zone": "Asia/Shanghai", "starts_at": START, "ends_at": at(300), "is_all_day": False} | values)
    return [
        (finding.session.id, finding.problem, finding.other.id if finding.other else None, finding.minutes)
        for finding in findings(event, sessions)
    ]


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([], []),
        ([pause(0, 30), talk(30, 60), talk(60, 300, who=(BOB,))], []),
        ([talk(), talk(who=(), speaker_note=Texts(en="Several members"))], []),
        # Outside of the event.
        ([pause(-30, 0)], [(0, Problem.BEFORE_EVENT, None, 30)]),
        ([pause(0, 290), pause(290, 320)], [(1, Problem.AFTER_EVENT, None, 20)]),
        ([pause(0, 300), pause(300, None)], [(1, Problem.AFTER_EVENT, None, 0)]),
        # Two things at once in one place.
        ([pause(0, 40), pause(30, 60)], [(1, Problem.OVERLAP, 0, 0)]),
        ([pause(0, 30), talk(30, 60, track=1), pause(50, 90)], [(2, Problem.OVERLAP, 1, 0)]),
        ([pause(0, 30), talk(30, 60, track=1), talk(30, 60, track=2, who=(BOB,))], []),
        # One speaker in two places.
        ([pause(0, 30), talk(30, 60, track=1), talk(45, 60, track=2)],
         [(2, Problem.CLASH, 1, 0), (2, Problem.GAP, None, 15)]),
        ([pause(0, 30), talk(30, 60, track=1), talk(60, 90, track=1), talk(30, 60, track=2, who=(BOB,))], []),
        # Nothing happens for a while.
        ([pause(10, 30)], [(0, Problem.GAP, None, 10)]),
        ([pause(0, 30), pause(40, 50)], [(1, Problem.GAP, None, 10)]),
        ([pause(0, None), pause(40, 50)], []),
        ([pause(0, 30), talk(30, 60, track=1), talk(30, 40, track=2, who=(BOB,)), pause(60, 70)], []),
        ([pause(0, 30), pause(24 * 60, 24 * 60 + 30)], [(1, Problem.AFTER_EVENT, None, 24 * 60 + 30 - 300)]),
        # What is missing.
        ([talk(0, 30, who=())], [(0, Problem.NO_SPEAKER, None, 0)]),
        ([talk(who=(), kind=SessionKind.PANEL)], [(0, Problem.NO_SPEAKER, None, 0)]),
        ([talk(follows=True)], [(0, Problem.NO_DURATION, None, 0)]),
    ],
)  # fmt: skip
def test_what_is_pointed_out(sessions, expected):
    assert found(*sessions) == expected


def test_an_event_of_which_only_the_day_is_known_has_no_gap_before_its_first_item():
    assert found(pause(60, 90), is_all_day=True) == []

"""Another time, another place: what a wish comes to, how the agenda moves along, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.core.db import transaction
from app.core.errors import BadInputError
from app.core.i18n import Texts
from app.core.versions import ClashError, Seen
from app.events import moving
from app.events.models import City, Event, EventState, Mode, Session, Venue
from app.events.moving import Times, UnreviewedError, Wish, move, plan, shifted, times_of, values_of
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import Actor
from app.registrations.models import EventChange
from tests.support.factories import LONG_AGO, sign_up_as

BY = Actor(organizer_id=7)
NOW = datetime(2031, 1, 5, tzinfo=UTC)
SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text):
    return datetime.fromisoformat(text)


def item(starts=None, ends=None):
    return Session(starts_at=starts and at(starts), ends_at=ends and at(ends))


def times(items):
    return [(f"{s:%m-%d %H:%M}" if s else None, f"{e:%m-%d %H:%M}" if e else None) for _session, s, e in items]


@pytest.mark.parametrize(
    ("starts", "ends", "is_all_day", "zone", "expected"),
    [
        ("2031-05-10T13:00", "2031-05-10T18:00", False, SHANGHAI, ("2031-05-10T05:00", "2031-05-10T10:00")),
        ("2031-05-10T13:00", "2031-05-11T01:00", False, BERLIN, ("2031-05-10T11:00", "2031-05-10T23:00")),
        # Whole days, whatever hours were typed; the last one is part of it.
        ("2031-05-10T13:00", "2031-05-10T09:00", True, SHANGHAI, ("2031-05-09T16:00", "2031-05-10T16:00")),
        ("2031-05-10T00:00", "2031-05-11T23:59", True, SHANGHAI, ("2031-05-09T16:00", "2031-05-11T16:00")),
        # The night in which the clocks are set forward is an hour shorter.
        ("2031-03-30T00:00", "2031-03-30T23:59", True, BERLIN, ("2031-03-29T23:00", "2031-03-30T22:00")),
    ],
)
def test_local_times_become_instants(starts, ends, is_all_day, zone, expected):
    values = {"starts": local(starts), "ends": local(ends), "is_all_day": is_all_day, "zone": zone}

    assert times_of(values, read_in=zone) == Times(at(expected[0]), at(expected[1]), is_all_day, zone)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        ("2031-05-10T13:00", "2031-05-10T13:00", "ends"),
        ("2031-05-10T13:00", "2031-05-09T18:00", "ends"),
        ("2031-03-30T02:30", "2031-03-30T18:00", "starts"),  # the clocks go from 02:00 to 03:00
        ("2031-03-29T18:00", "2031-03-30T02:00", "ends"),
        # 02:30 is there twice, the first one is meant: the end is before the start.
        ("2031-10-26T02:30", "2031-10-26T02:15", "ends"),
    ],
)
def test_times_that_make_no_sense_are_refused_at_their_field(app, starts, ends, field):
    values = {"starts": local(starts), "ends": local(ends), "is_all_day": False, "zone": BERLIN}

    with pytest.raises(BadInputError) as raised:
        times_of(values, read_in=BERLIN)

    assert raised.value.field == field


def test_agenda_moves_along_by_the_wall_clock_and_keeps_its_lengths():
    # From Berlin's summer time (UTC+2) into its winter time (UTC+1), a week later.
    agenda = [
        item("2031-10-19T12:00", "2031-10-19T12:45"),
        item(),
        item("2031-10-19T13:00"),
        item(None, "2031-10-19T14:00"),
    ]

    moved = shifted(agenda, by=timedelta(days=7), read_in=BERLIN, zone=BERLIN)

    assert times(moved) == [("10-26 13:00", "10-26 13:45"), (None, None), ("10-26 14:00", None), (None, "10-26 15:00")]


def test_agenda_keeps_its_time_of_day_in_another_zone():
    moved = shifted([item("2031-05-10T05:00", "2031-05-10T06:00")], by=timedelta(), read_in=SHANGHAI, zone=NEW_YORK)

    assert times(moved) == [("05-10 17:00", "05-10 18:00")]  # 13:00 in both


def test_item_in_an_hour_that_the_clocks_skip_comes_an_hour_later_and_keeps_its_length():
    agenda = [item("2031-03-23T01:30", "2031-03-23T02:00")]  # 02:30–03:00 in Berlin

    moved = shifted(agenda, by=timedelta(days=7), read_in=BERLIN, zone=BERLIN)

    assert times(moved) == [("03-30 01:30", "03-30 02:00")]  # 03:30–04:00


@pytest.fixture
def event(make_event):
    event = make_event("meetup", starts_at=at("2031-06-07T05:00"))
    with transaction() as session:
        found = session.get(Event, event.id)
        for position, hours in enumerate((0, 1, None)):
            starts = found.starts_at + timedelta(hours=hours) if hours is not None else None
            ends = starts + timedelta(minutes=30) if starts else None
            found.sessions.append(
                Session(title=Texts(zh=f"议题 {position}"), position=position, starts_at=starts, ends_at=ends)
            )
    return event


def wish(event, *, note=None, **changes):
    """Return the wish to change this; `shifts`, `keeps` and `seen` say how."""
    how = {
        "shifts_agenda": changes.pop("shifts", True),
        "keeps_instant": changes.pop("keeps", None),
        "note": note or Texts(),
    }
    values = values_of(event)
    return Wish(values | changes, changes.pop("seen", Seen.of(values)), **how)


def carry_out(db, event, wanted, *, now=NOW):
    move(event.id, wanted, shown=plan(event, wanted, now=now).proof, by=BY, now=now)
    db.expire_all()
    return db.get(Event, event.id)


def agenda_of(event):
    return [f"{each.starts_at:%m-%d %H:%M}" if each.starts_at else None for each in event.sessions]


def test_move_takes_the_agenda_along_tells_once_and_keeps_the_note(db, event):
    sign_up_as(event, "ada", now=NOW)
    sequence = event.sequence
    note = Texts(zh="场地有变", en="Another hall")

    moved = carry_out(
        db, event, wish(event, note=note, starts=local("2031-06-14T14:00"), ends=local("2031-06-14T19:00"))
    )

    assert (moved.starts_at, moved.ends_at) == (at("2031-06-14T06:00"), at("2031-06-14T11:00"))
    assert agenda_of(moved) == ["06-14 06:00", "06-14 07:00", None]
    assert moved.sequence == sequence + 1
    assert db.scalars(select(EventChange)).one().note == note
    entry = db.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    assert (entry.action, entry.organizer_id) == ("event.moved", 7)
    assert entry.changes["agenda"] == ["2031-06-07T05:00:00+00:00", "2031-06-14T06:00:00+00:00"]


def test_agenda_stays_where_it_is_told_to(db, event):
    before = agenda_of(event)

    moved = carry_out(db, event, wish(event, shifts=False, ends=local("2031-06-07T13:30")))

    assert agenda_of(moved) == before
    assert plan(moved, wish(moved, shifts=False, ends=local("2031-06-07T13:20")), now=NOW).outside == 2


def test_other_zone_after_sign_ups_asks_what_it_means(db, event):
    with pytest.raises(BadInputError) as raised:
        plan(event, wish(event, zone=BERLIN), now=NOW)

    assert raised.value.field == "zone_means"


def test_other_zone_keeps_the_time_of_day(db, event):
    moved = carry_out(db, event, wish(event, zone=BERLIN, keeps=False))

    assert (moved.zone, moved.starts_at) == (BERLIN, at("2031-06-07T11:00"))  # 13:00 there
    assert agenda_of(moved) == ["06-07 11:00", "06-07 12:00", None]


def test_other_zone_keeps_the_moment(db, event):
    moved = carry_out(db, event, wish(event, zone=BERLIN, keeps=True))

    assert (moved.zone, moved.starts_at) == (BERLIN, at("2031-06-07T05:00"))
    assert agenda_of(moved) == ["06-07 05:00", "06-07 06:00", None]


def test_times_beside_a_zone_whose_moment_is_kept_are_by_the_zone_before(db, event):
    wanted = wish(event, zone=BERLIN, keeps=True, starts=local("2031-06-08T14:00"), ends=local("2031-06-08T18:00"))

    moved = carry_out(db, event, wanted)

    assert (moved.starts_at, agenda_of(moved)) == (at("2031-06-08T06:00"), ["06-08 06:00", "06-08 07:00", None])


def test_place_brings_its_city_and_online_has_none(db, event):
    with transaction() as session:
        city = City(slug="shenzhen", name=Texts(zh="深圳"))
        session.add(city)
        session.flush()
        venue = Venue(slug="hall", name=Texts(zh="会堂"), city_id=city.id, revised_at=LONG_AGO)
        session.add(venue)

    there = carry_out(db, event, wish(event, venue=str(venue.id)))
    city_there = there.city.slug
    online = carry_out(db, there, wish(there, mode="online", online_url="https://live.example.org/1"))
    back = carry_out(db, online, wish(online, mode="in_person", venue=str(venue.id), online_url="https://left.over/1"))

    assert city_there == "shenzhen"
    assert (back.mode, back.venue_id, back.online_url) == (Mode.IN_PERSON, venue.id, None)
    moves = db.scalars(select(Entry).where(Entry.action == "event.moved").order_by(Entry.id))
    assert [move.changes["venue"] for move in moves] == [["gehua", "hall"], ["hall", None], [None, "hall"]]


def test_venue_that_is_gone_is_refused(event):
    with pytest.raises(BadInputError) as raised:
        plan(event, wish(event, venue="999999"), now=NOW)

    assert raised.value.field == "venue"


@pytest.mark.parametrize(
    ("now", "starts", "field"),
    [
        ("2031-01-05", "2031-01-04T13:00", "starts"),  # into the past
        ("2032-01-05", "2033-01-04T13:00", "starts"),  # over, and a new date
        ("2031-01-05", "2031-06-07T13:00", "starts"),  # as it is
    ],
)
def test_move_that_makes_no_sense_is_refused(event, now, starts, field):
    starts = local(starts)

    with pytest.raises(BadInputError) as raised:
        plan(event, wish(event, starts=starts, ends=starts + timedelta(hours=5)), now=at(now))

    assert raised.value.field == field


def test_date_of_an_event_that_is_over_can_be_corrected_and_nobody_is_told(db, event):
    sign_up_as(event, "ada", now=NOW)
    now = at("2032-01-05")
    wanted = wish(event, ends=local("2031-06-07T17:30"))

    assert plan(event, wanted, now=now).is_heard is False
    moved = carry_out(db, event, wanted, now=now)

    assert moved.ends_at == at("2031-06-07T09:30")
    assert db.scalar(select(func.count()).select_from(EventChange)) == 0


def test_nothing_is_moved_that_was_not_shown(db, event):
    wanted, other = (wish(event, starts=local(f"2031-06-07T{hour}:00")) for hour in (14, 15))
    proof = plan(event, other, now=NOW).proof

    for shown in ("", proof):
        with pytest.raises(UnreviewedError):
            move(event.id, wanted, shown=shown, by=BY, now=NOW)

    db.expire_all()
    assert db.get(Event, event.id).starts_at == at("2031-06-07T05:00")


def test_draft_is_moved_without_being_shown(db, make_event):
    draft = make_event("draft", state=EventState.DRAFT, starts_at=at("2031-06-07T05:00"))

    move(draft.id, wish(draft, zone=BERLIN), shown="", by=BY, now=NOW)

    db.expire_all()
    moved = db.get(Event, draft.id)
    assert (moved.zone, moved.starts_at) == (BERLIN, at("2031-06-07T11:00"))


def test_second_organizer_who_moves_another_way_sees_both(db, event):
    mine = wish(event, starts=local("2031-06-07T14:00"))
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"starts_at": at("2031-06-07T04:00")}, now=NOW)

    with pytest.raises(ClashError) as raised:
        move(event.id, mine, shown="", by=BY, now=NOW)

    assert [(clash.name, clash.theirs, clash.mine) for clash in raised.value.clashes] == [
        ("starts", local("2031-06-07T12:00"), local("2031-06-07T14:00"))
    ]


def test_second_organizer_who_moves_something_else_is_shown_the_whole_first(db, event):
    mine = wish(event, starts=local("2031-06-07T14:00"))
    proof = plan(event, mine, now=NOW).proof
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"ends_at": at("2031-06-07T11:00")}, now=NOW)

    with pytest.raises(UnreviewedError):
        move(event.id, mine, shown=proof, by=BY, now=NOW)

    db.expire_all()
    assert db.get(Event, event.id).starts_at == at("2031-06-07T05:00")


def test_values_round_trip_for_whole_days(db, make_event):
    event = make_event(
        "days", is_all_day=True, starts_at=at("2031-06-06T16:00"), ends_at=at("2031-06-08T16:00"), zone=SHANGHAI
    )

    values = values_of(event)

    assert (values["starts"], values["ends"]) == (local("2031-06-07T00:00"), local("2031-06-08T23:59"))
    assert times_of(values, read_in=SHANGHAI) == Times(event.starts_at, event.ends_at, is_all_day=True, zone=SHANGHAI)
    with pytest.raises(BadInputError):  # nothing is different
        moving.plan(event, wish(event), now=NOW)

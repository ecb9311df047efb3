"""Lists that organizers are written to about every morning: when, to whom, once, whatever dies."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.accounts.service import add_organizer
from app.attendees.wanted import Wanted
from app.core.addresses import normalise
from app.core.db import transaction
from app.core.errors import ConflictError
from app.core.i18n import speaking
from app.events.models import EventRole, EventState
from app.events.service import apply_changes
from app.exports import layouts, queries, schedules
from app.exports.columns import Column
from app.history.service import THE_SITE, Actor
from app.mail.kinds import writer_of
from app.mail.models import Letter
from app.registrations.models import QuestionKind, RegistrationState
from tests.registrations.samples import ENGLISH
from tests.support.factories import LONG_AGO, add_question, sign_up_as
from tests.support.organizers import signed_in

BERLIN = ZoneInfo("Europe/Berlin")
STARTS = datetime(2031, 4, 10, 8, 0, tzinfo=UTC)
# The clocks there go forward in the night to 30 March 2031.
DAY = date(2031, 3, 28)


def at(hour, minute=0, *, day=DAY):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def event(make_event):
    return make_event("meetup", starts_at=STARTS, zone="Europe/Berlin", now=LONG_AGO)


@pytest.fixture
def layout(event):
    layout_id = layouts.save(event.id, "Door", [Column("name")], "csv", by=THE_SITE, now=LONG_AGO)
    return queries.layout(event.id, layout_id)


def organizer(event, name, role=Role.ATTENDEE_MANAGER, *, site=None):
    add_organizer(normalise(f"{name}@example.com"), name=name, role=site, now=LONG_AGO)
    with transaction() as session:
        found = session.scalars(select(Organizer).where(Organizer.email == f"{name}@example.com")).one()
        if role:
            session.add(EventRole(event_id=event.id, organizer_id=found.id, role=role, created_at=LONG_AGO))
    return found


@pytest.fixture
def daily(event, layout):
    """A list that Ada set up on the evening before; she is an owner of the site."""
    ada = organizer(event, "ada", None, site=Role.OWNER)
    by = Actor(organizer_id=ada.id)
    schedules.add(event, layout, Wanted(), by=by, now=at(20, day=DAY - timedelta(days=1)))
    return queries.schedules(event.id)[0]


def sent(db):
    db.expire_all()
    found = db.scalars(select(Letter).where(Letter.kind == schedules.LETTER).order_by(Letter.id))
    return [(letter.ids["day"], letter.to_email.partition("@")[0]) for letter in found]


@pytest.mark.parametrize(
    ("hour", "minute", "goes"),
    [(0, 0, False), (7, 59, False), (8, 0, True), (14, 30, True), (21, 59, True), (22, 0, False), (23, 59, False)],
)
def test_it_goes_by_day_from_eight_where_the_event_is(db, daily, hour, minute, goes):
    schedules.send_due(at(hour, minute))

    assert sent(db) == ([("2031-03-28", "ada")] if goes else [])


def test_it_goes_once_a_day_however_often_and_by_however_many_it_is_tried(db, daily):
    done = [schedules.send_due(at(8, minute)) for minute in (0, 1, 2)]

    assert (done, len(sent(db))) == ([1, 0, 0], 1)


def test_days_asleep_are_made_up_for_once(db, daily):
    schedules.send_due(at(8))

    schedules.send_due(at(15, day=DAY + timedelta(days=5)))

    assert [day for day, _to in sent(db)] == ["2031-03-28", "2031-04-02"]


def test_eight_is_eight_on_both_sides_of_a_change_of_the_clocks(db, daily):
    for day in range(4):
        morning = DAY + timedelta(days=day)
        schedules.send_due(at(7, 59, day=morning))
        schedules.send_due(at(8, day=morning))

    assert [day for day, _to in sent(db)] == ["2031-03-28", "2031-03-29", "2031-03-30", "2031-03-31"]
    hours = {letter.due_at.hour for letter in db.scalars(select(Letter).where(Letter.kind == schedules.LETTER))}
    assert hours == {6, 7}  # UTC


def test_a_clock_that_was_set_back_sends_no_day_twice(db, daily):
    schedules.send_due(at(8, day=DAY + timedelta(days=1)))

    schedules.send_due(at(9))
    schedules.send_due(at(9, day=DAY + timedelta(days=1)))

    assert [day for day, _to in sent(db)] == ["2031-03-29", "2031-03-28"]


def test_a_death_between_claim_and_letters_loses_neither(db, daily, monkeypatch):
    queue = schedules._queue

    def die(*_arguments, **_options):
        raise SystemExit

    monkeypatch.setattr(schedules, "_queue", die)  # the process ends here
    with pytest.raises(SystemExit):
        schedules.send_due(at(8))
    db.rollback()
    monkeypatch.setattr(schedules, "_queue", queue)
    schedules.send_due(at(8, 5))

    assert sent(db) == [("2031-03-28", "ada")]


def test_a_list_that_cannot_be_written_about_keeps_no_other_back(db, event, layout, daily, monkeypatch, caplog):
    by = Actor(organizer_id=daily.organizer_id)
    schedules.add(event, layout, Wanted(lacks_answers=True), by=by, now=at(7))
    queue = schedules._queue

    def break_first(schedule_id, *arguments, **options):
        if schedule_id == daily.id:
            raise ValueError(daily.layout.name)
        queue(schedule_id, *arguments, **options)

    monkeypatch.setattr(schedules, "_queue", break_first)  # as a row would that nobody thought of
    done = schedules.send_due(at(8))
    monkeypatch.setattr(schedules, "_queue", queue)

    assert (done, len(sent(db)), schedules.send_due(at(9))) == (1, 1, 1)
    assert f"daily list {daily.id} failed" in caplog.text
    assert daily.layout.name not in caplog.text


def test_it_ends_with_the_event_and_stops_with_its_cancellation(db, event, daily):
    schedules.send_due(at(8, day=date(2031, 4, 10)))  # the event begins at ten
    schedules.send_due(at(8, day=date(2031, 4, 11)))
    over = sent(db)
    with transaction():
        apply_changes(event, {"state": EventState.CANCELLED}, now=LONG_AGO)
    schedules.send_due(at(8))

    assert over == sent(db) == [("2031-04-10", "ada")]


def test_it_goes_to_those_who_may_export_here_when_it_is_sent(db, event, daily):
    organizer(event, "mia")
    organizer(event, "eddy", Role.EDITOR)
    organizer(event, "zoe", None, site=Role.OWNER)  # has nothing to do with this event

    schedules.send_due(at(8))

    assert sent(db) == [("2031-03-28", "ada"), ("2031-03-28", "mia")]


def test_a_letter_is_not_written_once_the_right_is_gone(app, db, event, daily, monkeypatch):
    mia = organizer(event, "mia")
    sign_up_as(event, "guest")
    schedules.send_due(at(8))
    letters = db.scalars(select(Letter).where(Letter.kind == schedules.LETTER).order_by(Letter.id)).all()
    with transaction() as session:
        session.get(EventRole, (event.id, mia.id)).role = Role.VIEWER

    with speaking("en"):
        drafts = [writer_of(schedules.LETTER)(letter) for letter in letters]

    assert [each is None for each in drafts] == [False, True]
    assert drafts[0].subject == "Door: Cloud native meetup 1"
    assert f"/organizer/events/meetup/exports/schedules/{daily.id}?lang=" in drafts[0].text
    assert "guest" not in drafts[0].text + drafts[0].html
    assert drafts[0].calendar is None


def test_a_letter_that_waited_for_the_next_one_is_not_written(db, daily):
    schedules.send_due(at(8))
    schedules.send_due(at(8, day=DAY + timedelta(days=1)))
    letters = db.scalars(select(Letter).where(Letter.kind == schedules.LETTER).order_by(Letter.id)).all()

    assert [writer_of(schedules.LETTER)(letter) is None for letter in letters] == [True, False]


def test_it_is_paused_resumed_and_ended(app, db, event, daily):
    browser = signed_in(app)
    base = f"/organizer/events/meetup/exports/schedules/{daily.id}"

    browser.post(f"{base}/pause")
    schedules.send_due(at(8))
    paused = sent(db)
    schedules.resume(event, daily.id, by=THE_SITE, now=at(9))
    schedules.send_due(at(10))
    resumed = sent(db)
    schedules.send_due(at(8, day=DAY + timedelta(days=1)))
    browser.post(f"{base}/deletion")
    schedules.send_due(at(8, day=DAY + timedelta(days=2)))

    # Resumed after eight, it begins with the next morning.
    assert (paused, resumed, sent(db)) == ([], [], [("2031-03-29", "ada")])
    assert browser.get(base).status_code == 404


def test_what_is_set_up_in_the_day_begins_with_the_next_morning(db, event, layout):
    ada = organizer(event, "ada")
    schedules.add(event, layout, Wanted(), by=Actor(organizer_id=ada.id), now=at(9))

    schedules.send_due(at(9, 1))
    schedules.send_due(at(8, day=DAY + timedelta(days=1)))

    assert sent(db) == [("2031-03-29", "ada")]


def test_a_schedule_keeps_the_filter_and_not_the_search(event, layout):
    town = add_question(event, "town", kind=QuestionKind.SHORT_TEXT).id
    wanted = Wanted(search="ada", states=(RegistrationState.CONFIRMED,), lacks_answers=True, answers=((town, "Ada"),))

    schedules.add(event, layout, wanted, by=THE_SITE, now=at(9))
    schedules.add(event, layout, wanted, by=THE_SITE, now=at(9))

    found = queries.schedules(event.id)
    assert [each.query for each in found] == [{"status": ["confirmed"], "lacks": ["answers"]}]
    assert schedules.wanted_of(found[0].query) == Wanted(states=(RegistrationState.CONFIRMED,), lacks_answers=True)


def test_nothing_is_set_up_for_an_event_that_is_over(event, layout):
    with pytest.raises(ConflictError):
        schedules.add(event, layout, Wanted(), by=THE_SITE, now=STARTS + timedelta(days=1))


def test_the_page_behind_the_link_asks_to_sign_in_and_leads_to_the_file(app, event, daily):
    sign_up_as(event, "guest", full_name="王芳")
    base = f"/organizer/events/meetup/exports/schedules/{daily.id}"

    stranger = app.test_client().get(base)
    browser = signed_in(app)
    page = browser.get(base, headers=ENGLISH)
    file = browser.get(f"{base}/file", headers=ENGLISH)

    assert (stranger.status_code, "/organizer/sign-in" in stranger.headers["Location"]) == (303, True)
    assert ("not sent yet" in page.text, "Next" in page.text) == (True, True)
    assert file.get_data(as_text=True).splitlines()[1:] == ["王芳"]

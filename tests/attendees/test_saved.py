"""Views of the list under a name: shared by an event's organizers, without what was searched for."""

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.attendees import saved
from app.attendees.models import AttendeeView
from app.attendees.order import Order
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError
from app.history.models import Entry
from app.history.service import THE_SITE
from app.registrations.models import Question, QuestionKind
from tests.support.organizers import signed_in

LIST = "/organizer/events/meetup/attendees"


def views(event):
    return [(view.name, view.query) for view in saved.views_of(event.id)]


def test_view_is_kept_without_the_search_and_a_second_one_of_the_name_takes_its_place(make_event):
    event, other = make_event("meetup"), make_event("other")

    saved.save(event.id, "VIP", Wanted(search="ada", tags=("vip",)), Order.NAME, by=THE_SITE, now=utc_now())
    saved.save(event.id, "vip", Wanted(is_checked_in=True), Order.OLDEST, by=THE_SITE, now=utc_now())
    saved.save(event.id, "Abc", Wanted(search="ada", tags=("vip",)), Order.NAME, by=THE_SITE, now=utc_now())

    assert views(event) == [("Abc", {"tag": ["vip"], "sort": ["name"]}), ("vip", {"in": ["yes"]})]
    assert views(other) == []


def test_view_is_kept_without_what_was_typed_as_an_answer(db, make_event):
    event = make_event("meetup", questions=[{"key": "town", "kind": QuestionKind.SHORT_TEXT}])
    town = db.scalars(select(Question.id)).one()

    saved.save(
        event.id, "Ada", Wanted(tags=("vip",), answers=((town, "Ada"),)), Order.OLDEST, by=THE_SITE, now=utc_now()
    )

    assert views(event) == [("Ada", {"tag": ["vip"]})]
    assert "Ada" not in repr(db.execute(select(Entry.subject, Entry.changes)).all())


def test_event_has_a_limited_number_of_views(make_event, monkeypatch):
    monkeypatch.setattr(saved, "VIEWS_MAX", 1)
    event = make_event("meetup")
    saved.save(event.id, "One", Wanted(), Order.NAME, by=THE_SITE, now=utc_now())

    with pytest.raises(BadInputError):
        saved.save(event.id, "Two", Wanted(), Order.NAME, by=THE_SITE, now=utc_now())

    assert [name for name, _query in views(event)] == ["One"]


def test_view_is_saved_opened_and_deleted_on_the_page(app, db, make_event):
    event = make_event("meetup")
    browser = signed_in(app)

    nameless = browser.post(f"{LIST}/views?lang=en", data={"name": " ", "status": "waiting"})
    browser.post(f"{LIST}/views?lang=en", data={"name": "Who waits", "status": "waiting", "sort": "name"})
    page = browser.get(f"{LIST}?lang=en").text
    kept = views(event)
    view = db.scalars(select(AttendeeView)).one()
    browser.post(f"{LIST}/views/{view.id}/removal")

    assert (nameless.status_code, "A view needs a name" in nameless.text) == (422, True)
    assert kept == [("Who waits", {"status": ["waiting"], "sort": ["name"]})]
    assert f'href="{LIST}?sort=name&amp;status=waiting&amp;lang=en">Who waits</a>' in page
    assert views(event) == []


def test_view_of_another_event_cannot_be_deleted(app, db, make_event):
    make_event("meetup")
    other = make_event("other")
    saved.save(other.id, "Theirs", Wanted(), Order.NAME, by=THE_SITE, now=utc_now())

    signed_in(app).post(f"{LIST}/views/{db.scalars(select(AttendeeView.id)).one()}/removal")

    assert [name for name, _query in views(other)] == ["Theirs"]


def test_who_has_lost_the_right_sees_no_second_page(app, db, make_event):
    make_event("meetup")
    browser = signed_in(app)
    paths = [f"{LIST}?after=1", f"{LIST}?before=99&sort=name", f"{LIST}?q=a&after=1", f"{LIST}/bulk/?do=tag&all=1"]
    before = [browser.get(path).status_code for path in paths]
    with transaction() as session:
        session.scalars(select(Organizer)).one().role = Role.VIEWER

    after = [browser.get(path).status_code for path in paths]

    assert (before, after) == ([200] * 4, [403] * 4)

"""The page that says how far long work is."""

from datetime import timedelta

import pytest

from app.accounts import service as accounts
from app.accounts.models import Role
from app.accounts.rights import Permission
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.history.service import THE_SITE
from app.work import kinds, service
from app.work.kinds import Kind
from app.work.models import TaskState
from tests.support.organizers import signed_in

PAGES = "/organizer/events/meetup/work/"


def count_up(task, _now):
    """Do one of as many as there are."""
    task.done += 1
    task.counts = {"made": task.done}
    return task.done < task.total


@pytest.fixture
def begin(make_event):
    event = make_event("meetup")
    kind = Kind(
        "Counting",
        count_up,
        Permission.MANAGE_ATTENDEES,
        {"made": "Counted"},
        address=lambda _task, slug: f"/{slug}-end",
    )
    kinds.register("counting", kind)

    def begin(**options):
        now = utc_now()
        with transaction():
            return service.begin(
                "counting", event_id=event.id, params={}, total=3, language="en", by=THE_SITE, now=now, **options
            )

    return begin


def test_page_says_how_far_it_is_and_stops_it(app, begin, db):
    task = begin(due_at=utc_now() + timedelta(days=1))
    browser = signed_in(app)
    path = f"{PAGES}{task.code}"

    waiting = browser.get(f"{path}?lang=en").text
    answer = browser.post(f"{path}/stop")
    service.advance(utc_now())

    assert "This begins at" in waiting
    assert 'max="3" value="0"' in waiting
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    db.expire_all()
    assert task.state is TaskState.STOPPED
    assert "Stopped." in browser.get(f"{path}?lang=en").text
    assert browser.post(f"{path}/stop").status_code == 409


def test_page_of_work_that_is_to_begin_at_once_names_no_time(app, begin):
    task = begin()

    page = signed_in(app).get(f"{PAGES}{task.code}?lang=en").text

    assert "This begins in a moment" in page
    assert "This begins at" not in page


def test_page_of_finished_work_leads_to_what_came_of_it(app, begin):
    task = begin()
    service.advance(utc_now())

    page = signed_in(app).get(f"{PAGES}{task.code}?lang=en").text

    assert "<dt>Counted</dt><dd>3</dd>" in page
    assert 'href="/meetup-end"' in page
    assert "data-while-open" not in page


def test_list_shows_what_one_may_see(app, begin):
    task = begin()

    def links(role):
        email = f"{role.value}@example.com"
        accounts.add_organizer(normalise(email), name=role.value, role=role, now=utc_now())
        return signed_in(app, email).get(PAGES).text.count(task.code)

    assert {role: links(role) for role in (Role.OWNER, Role.ATTENDEE_MANAGER, Role.EDITOR, Role.VIEWER)} == {
        Role.OWNER: 1,
        Role.ATTENDEE_MANAGER: 1,
        Role.EDITOR: 0,
        Role.VIEWER: 0,
    }


def test_work_of_another_event_is_not_here(app, begin, make_event):
    make_event("other")

    assert signed_in(app).get(f"/organizer/events/other/work/{begin().code}").status_code == 404

"""The list on a phone without scripts: filter, tag many, undo; and the queue of approvals by keys."""

import pytest
from sqlalchemy import select

from app.attendees import marking
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.registrations.marks import AttendeeTag
from app.registrations.models import Registration
from tests.journeys.test_axe_organizers import LOCALES, Looking, enter
from tests.registrations.samples import everything
from tests.support.factories import sign_up_as, states

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

BASE = "/organizer/events/meetup"
LIST = f"{BASE}/attendees"


@pytest.fixture
def event(make_event):
    event = make_event("meetup", questions=everything())
    for name, full_name in (("wang", "王小明"), ("ada", "Ada"), ("bob", "Bob")):
        sign_up_as(event, name, full_name=full_name)
    return event


def test_list_is_filtered_tagged_and_undone_on_a_phone_without_scripts(event, db, make_server, page_at):
    with make_server() as server:
        page = page_at(375, locale="en-GB", base_url=server.base_url, javascript=False)
        enter(page)
        page.goto(LIST)
        page.get_by_label("Name, pinyin, e-mail").fill("wxm")
        page.get_by_role("button", name="Search", exact=True).click()
        found = page.locator("tbody th").all_inner_texts()
        page.get_by_role("checkbox", name="Choose 王小明").check()
        page.get_by_label("With those ticked").select_option("tag")
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Tag", exact=True).fill("VIP")
        page.get_by_role("button", name="Put a tag on them").click()
        tagged = page.locator("tbody th").all_inner_texts()
        page.get_by_role("button", name="Undo").click()
        page.goto(LIST)
        page.locator("details.filter > summary").first.click()
        page.locator("form.filter-form").get_by_label("Order").select_option("name")
        page.get_by_role("button", name="Show").click()
        by_name = page.locator("tbody th").all_inner_texts()

    assert (found, tagged, by_name) == (["王小明"], ["王小明 VIP"], ["Ada", "Bob", "王小明"])
    db.expire_all()
    assert db.scalars(select(AttendeeTag)).all() == []


def test_queue_is_worked_by_keys(event, db, make_server, page_at):
    with transaction():
        apply_changes(event, {"needs_approval": True}, now=utc_now())
    for name in ("cy", "dee", "eve"):
        sign_up_as(event, name)
    with make_server() as server:
        page = page_at(1280, locale="en-GB", base_url=server.base_url)
        enter(page)
        page.goto(f"{BASE}/approvals")
        page.keyboard.press("j")
        page.keyboard.press("j")
        with page.expect_navigation():
            page.keyboard.press("a")
        after_one = states(event)
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("x")
        page.keyboard.press("?")
        assert page.get_by_role("dialog").get_by_text("There: tick somebody").is_visible()
        page.keyboard.press("Escape")
        with page.expect_navigation():
            page.keyboard.press("d")
        page.get_by_label("Words to them").fill("Sorry, j k a d x")
        page.get_by_role("button", name="Decline 2 people").click()
        page.wait_for_url("**/approvals?declined=2**")

    db.rollback()  # ends this session's own snapshot
    assert (after_one["cy"], after_one["dee"], after_one["eve"]) == ("pending", "confirmed", "pending")
    assert {name: state for name, state in states(event).items() if name in {"cy", "eve"}} == {
        "cy": "declined",
        "eve": "declined",
    }


def test_axe_finds_nothing_on_the_pages_of_attendees(event, db, make_server, page_at, axe):
    people = db.scalars(select(Registration).order_by(Registration.id)).all()
    marking.add_tag(people[0].id, "VIP", by=THE_SITE, now=utc_now())
    marking.add_note(people[0].id, "A note", by=THE_SITE, now=utc_now())
    who = "&".join(f"who={person.id}" for person in people)
    pages = {
        "filtered": f"{LIST}?tag=VIP&in=no&from=2020-01-01&sort=name",
        "nobody fits": f"{LIST}?tag=VIP&in=yes",
        "after a decision": f"{LIST}?n-cancelled=2&n-no_seat=1",
        "a decision": f"{LIST}/bulk/?do=cancel&{who}",
        "a tag for all": f"{LIST}/bulk/?do=tag&all=1",
        "a message to those ticked": f"{LIST}/bulk/?do=write&{who}",
        "a decision for nobody": f"{LIST}/bulk/?do=approve&{who}",
        "a person": f"{LIST}/{people[0].code}",
        "a correction": f"{LIST}/{people[0].code}/correction",
        "somebody new": f"{LIST}/new?added={people[0].code}",
    }
    found = {}
    with make_server() as server:
        for locale in LOCALES:
            looking = Looking(page_at(375, locale=locale, base_url=server.base_url), axe, locale)
            enter(looking.page)
            for name, path in pages.items():
                looking.visit(name, path)
            found |= looking.found

    assert found == {}

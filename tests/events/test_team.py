"""Who manages one event: nobody gives, changes or takes more than they have, and it counts there alone."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.accounts import service
from app.accounts.invitations import accept, token_of
from app.accounts.models import Organizer, OrganizerInvitation, Role
from app.accounts.rights import Permission
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.core.i18n import Texts
from app.events import team
from app.events.managed import managed_event
from app.events.models import EventRole
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from tests.support.organizers import remove, signed_in

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def event(make_event):
    return make_event("spring", title=Texts(zh="春日会", en="Spring meetup"))


def organizer(db, name):
    db.expire_all()
    return db.scalars(select(Organizer).where(Organizer.email_key == f"{name}@example.com")).one()


def member(db, event, name, role, *, site=None):
    """Add somebody with a role at the event, who has been here, and return them as who acts."""
    service.add_organizer(normalise(f"{name}@example.com"), name=name.capitalize(), role=site, now=NOW)
    who = organizer(db, name)
    who.joined_at = NOW
    db.commit()
    if role:
        db.add(EventRole(event_id=event.id, organizer_id=who.id, role=role, created_at=NOW))
        db.commit()
    return Actor(who.id, who.id)


def invite(event, by, role, name="eve"):
    team.invite(event, normalise(f"{name}@example.com"), role, language="en", by=by, now=utc_now())


def roles(db, event):
    db.expire_all()
    rows = db.execute(
        select(Organizer.email, EventRole.role)
        .join(EventRole, EventRole.organizer_id == Organizer.id)
        .where(EventRole.event_id == event.id)
        .order_by(Organizer.id)
    )
    return {email.partition("@")[0]: role for email, role in rows}


def test_invited_person_manages_this_event_alone(event, make_event, db):
    other = make_event("other")
    ada = member(db, event, "ada", None, site=Role.OWNER)

    invite(event, ada, Role.EDITOR)
    accept(token_of(db.scalars(select(OrganizerInvitation)).one()), Browser(), now=utc_now())

    eve = organizer(db, "eve")
    assert (eve.role, eve.joined_at is not None) == (None, True)
    assert Permission.EDIT in managed_event("spring", eve, Permission.SEE).permissions
    with pytest.raises(NotFoundError):
        managed_event(other.slug, eve, Permission.SEE)
    assert [letter.kind for letter in db.scalars(select(Letter))] == ["invited"]


@pytest.mark.parametrize(
    ("mine", "can"),
    [
        (Role.OWNER, set(Role)),
        (Role.ORGANIZER, set(Role) - {Role.OWNER}),
        (Role.EDITOR, {Role.EDITOR, Role.VIEWER}),
        (Role.ATTENDEE_MANAGER, {Role.ATTENDEE_MANAGER, Role.DOOR, Role.VIEWER}),
        (Role.DOOR, {Role.DOOR, Role.VIEWER}),
        (Role.VIEWER, {Role.VIEWER}),
    ],
)
def test_nobody_gives_more_than_they_have(event, db, mine, can):
    by = member(db, event, "ada", mine)

    given = set()
    for role in Role:
        try:
            invite(event, by, role, name=role.value)
        except RefusedError:
            continue
        given.add(role)

    assert given == set(team.givable([mine])) == can
    assert set(roles(db, event)) == {"ada", *(role.value for role in can)}


def test_organizer_touches_no_owner(event, db):
    by, owner = member(db, event, "ada", Role.ORGANIZER), member(db, event, "bob", Role.OWNER)

    for attempt in (
        lambda: team.change_role(event.id, owner.organizer_id, Role.VIEWER, by=by, now=NOW),
        lambda: team.change_role(event.id, by.organizer_id, Role.OWNER, by=by, now=NOW),
        lambda: team.remove(event.id, owner.organizer_id, by=by, now=NOW),
    ):
        with pytest.raises(RefusedError):
            attempt()

    assert roles(db, event) == {"ada": Role.ORGANIZER, "bob": Role.OWNER}


def test_who_was_removed_meanwhile_gives_nothing(event, db):
    by = member(db, event, "ada", Role.OWNER)
    remove("ada@example.com")

    with pytest.raises(RefusedError):
        invite(event, by, Role.VIEWER)

    assert db.scalars(select(Letter)).all() == []


def test_whoever_has_a_role_here_is_not_asked_again(event, db):
    by = member(db, event, "ada", Role.OWNER)
    member(db, event, "bob", Role.VIEWER)

    with pytest.raises(BadInputError):
        invite(event, by, Role.EDITOR, name="bob")

    assert roles(db, event)["bob"] is Role.VIEWER


def test_every_step_is_told_and_removal_can_be_undone(app, event, db):
    browser = signed_in(app)
    member(db, event, "bob", Role.VIEWER)
    bob = organizer(db, "bob").id
    browser.post(f"/organizer/events/spring/team/{bob}/role", data={"role": "editor"})
    page = browser.get(browser.post(f"/organizer/events/spring/team/{bob}/removal").headers["Location"]).text
    removed = roles(db, event)

    undo = page.split("undo-offer")[1].split('action="')[1].split('"')[0]
    browser.post(undo)

    entries = db.scalars(select(Entry).where(Entry.event_id == event.id).order_by(Entry.id)).all()
    assert (removed, roles(db, event)) == ({}, {"bob": Role.EDITOR})
    assert [(entry.action, entry.changes.get("role")) for entry in entries[1:]] == [
        ("event_team.role_changed", ["viewer", "editor"]),
        ("event_team.removed", ["editor", None]),
        ("event_team.restored", [None, "editor"]),
        ("history.undone", None),
    ]


def test_undo_of_what_changed_again_is_refused(app, event, db):
    browser = signed_in(app)
    member(db, event, "bob", Role.VIEWER)
    bob = organizer(db, "bob").id
    for role in ("editor", "door"):
        browser.post(f"/organizer/events/spring/team/{bob}/role", data={"role": role})
    first = db.scalars(select(Entry.id).where(Entry.action == "event_team.role_changed").order_by(Entry.id)).first()

    answer = browser.post(f"/organizer/events/spring/history/{first}/undo")

    assert (answer.status_code, roles(db, event)) == (409, {"bob": Role.DOOR})


def test_removed_organizer_keeps_no_role_at_any_event(app, event, db):
    browser = signed_in(app)
    member(db, event, "bob", Role.OWNER)

    browser.post(f"/organizer/team/{organizer(db, 'bob').id}/removal")

    assert roles(db, event) == {}


def test_page_shows_the_team_in_as_many_statements_for_one_as_for_three(app, event, db, count_statements):
    browser = signed_in(app)
    member(db, event, "bob", Role.DOOR)
    browser.get("/organizer/events/spring/team")
    with count_statements() as for_one:
        browser.get("/organizer/events/spring/team")
    member(db, event, "eve", Role.OWNER)
    member(db, event, "cyd", Role.EDITOR)

    with count_statements() as for_three:
        page = browser.get("/organizer/events/spring/team?lang=en").text

    assert len(for_one) == len(for_three) == 6
    assert page.index("eve@example.com") < page.index("cyd@example.com") < page.index("bob@example.com")


def test_who_takes_their_own_role_is_led_out(app, event, db):
    browser = signed_in(app)
    service.add_organizer(normalise("bob@example.com"), role=None, now=NOW)
    mine = signed_in(app, "bob@example.com")
    member(db, event, "bob", Role.ORGANIZER)

    answer = mine.post(f"/organizer/events/spring/team/{organizer(db, 'bob').id}/removal")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/organizer/")
    assert mine.get("/organizer/events/spring/team").status_code == 404
    assert browser.get("/organizer/events/spring/team").status_code == 200

"""The gate to an event that is managed: what you may not see does not exist, what you may not do is said."""

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.accounts.rights import PERMISSIONS, SITE_WIDE, Permission
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import NotFoundError, RefusedError
from app.events.managed import managed_event
from app.events.models import EventRole, EventState


def organizer(db, *, role):
    add_organizer(normalise("eve@example.com"), role=role, now=utc_now())
    return db.scalars(select(Organizer)).one()


def give(event, who, role):
    with transaction() as session:
        session.add(EventRole(event_id=event.id, organizer_id=who.id, role=role, created_at=utc_now()))


@pytest.mark.parametrize("role", list(Role))
def test_role_for_the_site_counts_at_every_event(make_event, db, role):
    make_event("draft", state=EventState.DRAFT)

    managed = managed_event("draft", organizer(db, role=role), Permission.SEE)

    assert (managed.event.slug, managed.permissions) == ("draft", PERMISSIONS[role])


@pytest.mark.parametrize("role", list(Role))
def test_role_at_one_event_counts_there_alone(make_event, db, role):
    mine, _other = make_event("mine"), make_event("other")
    eve = organizer(db, role=None)
    give(mine, eve, role)

    assert managed_event("mine", eve, Permission.SEE).permissions == PERMISSIONS[role] - SITE_WIDE
    with pytest.raises(NotFoundError):
        managed_event("other", eve, Permission.SEE)


def test_both_roles_add_up(make_event, db):
    event = make_event("mine")
    eve = organizer(db, role=Role.EDITOR)
    give(event, eve, Role.DOOR)

    assert managed_event("mine", eve, Permission.CHECK_IN).permissions == {
        Permission.SEE, Permission.EDIT, Permission.CHECK_IN,
    }  # fmt: skip


def test_what_the_role_lacks_is_refused_in_words(make_event, db):
    make_event("mine")

    with pytest.raises(RefusedError, match="角色"):
        managed_event("mine", organizer(db, role=Role.VIEWER), Permission.SEE_ATTENDEES)


def test_gate_asks_once(make_event, db, count_statements):
    make_event("mine")
    eve = organizer(db, role=Role.OWNER)

    with count_statements() as seen:
        managed_event("mine", eve, Permission.SEE)

    assert len(seen) == 1

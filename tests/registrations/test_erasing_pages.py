"""Organizers erase a person: what the page says, what goes, who may, and the proof that is asked for first."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import LinkKind, Organizer, Role, SignInLink, SignInSession
from app.accounts.rules import typed_code_of
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.models import EventRole
from app.history.models import Entry
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState
from app.registrations.models import Registration
from tests.support.factories import sign_up_as, states
from tests.support.organizers import signed_in

MO = "mo@example.com"


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def spring(make_event):
    return make_event("spring")


@pytest.fixture
def autumn(make_event):
    return make_event("autumn")


def address_of(registration):
    return f"/organizer/events/spring/attendees/{registration.code}/erasure"


def at_this_event_alone(app, event, *, site_role=None):
    """Return the browser of somebody who manages the attendees of one event."""
    add_organizer(normalise(MO), role=Role.VIEWER, now=utc_now())
    browser = signed_in(app, MO)
    with transaction() as session:
        organizer = session.scalars(select(Organizer).where(Organizer.email == MO)).one()
        organizer.role = site_role
        session.add(
            EventRole(event_id=event.id, organizer_id=organizer.id, role=Role.ATTENDEE_MANAGER, created_at=utc_now())
        )
    return browser


def names(db):
    db.rollback()
    return db.scalars(select(Registration.name).order_by(Registration.id)).all()


def test_organizer_of_the_site_erases_everywhere_after_a_page_that_says_so(app, spring, autumn, db):
    kim, _kim = sign_up_as(spring, "kim"), sign_up_as(autumn, "kim")
    sign_up_as(spring, "bob")
    own, address, browser = address_of(kim).removesuffix("/erasure"), address_of(kim), signed_in(app)

    linked = browser.get(f"{own}?lang=en").text
    asked = browser.get(f"{address}?lang=en").text
    still = states(spring)
    done = browser.post(address)
    after = browser.get(f"{own}?lang=en").text

    assert f'href="{address}?lang=en"' in linked
    assert "everywhere on this site: 2 registrations" in asked
    assert "What goes" in asked
    assert "What stays" in asked
    assert still == {"kim": "confirmed", "bob": "confirmed"}
    assert (done.status_code, done.location) == (303, own)
    assert states(spring) == {"": "cancelled", "bob": "confirmed"}
    assert states(autumn) == {"": "cancelled"}
    assert '<h2 id="who">erased</h2>' in after
    assert "kim" not in after
    assert address not in after


def test_history_says_who_erased_and_not_whom(app, spring, db):
    kim = sign_up_as(spring, "kim", full_name="王芳")

    signed_in(app).post(address_of(kim))

    (entry,) = db.scalars(select(Entry).where(Entry.action == "person.erased"))
    assert entry.organizer_id is not None
    assert (entry.event_id, entry.registration_id, entry.subject, entry.changes) == (spring.id, kim.id, "", {})
    assert not [each for each in db.scalars(select(Entry)) if "王芳" in f"{each.subject} {each.changes}"]


@pytest.mark.parametrize("site_role", [None, Role.VIEWER, Role.DOOR])
def test_organizer_of_one_event_erases_this_registration_alone(app, spring, autumn, db, site_role):
    kim, _kim = sign_up_as(spring, "kim"), sign_up_as(autumn, "kim")
    browser = at_this_event_alone(app, spring, site_role=site_role)

    asked = browser.get(f"{address_of(kim)}?lang=en").text
    done = browser.post(address_of(kim))

    assert "from this event alone" in asked
    assert done.status_code == 303
    assert names(db) == ["", "kim"]
    assert (states(spring), states(autumn)) == ({"": "cancelled"}, {"kim": "confirmed"})
    letters = db.execute(select(Letter.kind, Letter.state, Letter.to_email).order_by(Letter.id)).all()
    assert [row for row in letters if row.kind in {"confirmed", "erased"}] == [
        ("confirmed", LetterState.STOPPED, ""),
        ("confirmed", LetterState.QUEUED, "kim@example.com"),
        ("erased", LetterState.QUEUED, "kim@example.com"),
    ]


def test_last_registration_of_an_address_takes_all_of_it_along(app, spring, db):
    kim = sign_up_as(spring, "kim")
    browser = at_this_event_alone(app, spring)

    browser.post(address_of(kim))
    deliver(utc_now())

    db.rollback()
    assert not db.scalars(select(Letter).where(Letter.to_key == "kim@example.com")).all()
    assert names(db) == [""]


def test_role_without_the_attendees_is_refused_before_the_proof(app, spring, db):
    kim = sign_up_as(spring, "kim")
    add_organizer(normalise(MO), role=Role.VIEWER, now=utc_now())
    browser = signed_in(app, MO)
    age(timedelta(hours=1))

    assert [browser.get(address_of(kim)).status_code, browser.post(address_of(kim)).status_code] == [403, 403]
    assert names(db) == ["kim"]


def test_proof_older_than_half_an_hour_is_asked_for_a_code_first(app, spring, db):
    kim = sign_up_as(spring, "kim")
    browser, address = signed_in(app), address_of(kim)
    age(timedelta(minutes=29))
    young = browser.get(address)
    age(timedelta(minutes=31))
    asked, posted = browser.get(address), browser.post(address)
    kept = names(db)
    browser.post("/organizer/proof/letters", data={"next": address})
    proved = browser.post("/organizer/proof", data={"next": address, "code": code_of(db)})
    done = browser.post(address)

    assert (young.status_code, asked.status_code, posted.status_code) == (200, 303, 403)
    assert asked.location == f"/organizer/proof?next={address}"
    assert kept == ["kim"]
    assert (proved.status_code, proved.location) == (303, address)
    assert done.status_code == 303
    assert names(db) == [""]


def test_who_is_erased_already_is_refused(app, spring, db):
    kim = sign_up_as(spring, "kim")
    browser = signed_in(app)
    browser.post(address_of(kim))

    again = browser.post(f"{address_of(kim)}?lang=en")

    assert again.status_code == 409
    assert re.search("erased already", again.text)
    assert len(db.scalars(select(Entry).where(Entry.action == "person.erased")).all()) == 1


def age(by):
    """Let the last proof of every browser be this long ago."""
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - by))


def code_of(db):
    statement = select(SignInLink).where(SignInLink.kind == LinkKind.PROOF).order_by(SignInLink.id.desc())
    return typed_code_of(db.scalars(statement.limit(1)).one())

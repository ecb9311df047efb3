"""Every page for organizers asks the database as often for three of everything as for one.

The pages are those of tests/support/rights.py: whoever adds an address has its statements counted here.
"""

from datetime import timedelta

import pytest

from app.accounts.models import Passkey
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events import pictures
from app.events.invitations import invite
from app.events.models import City, EventAddress, EventPhoto, EventState, Series, Tag, TicketType, Venue
from app.events.service import apply_changes
from app.history.service import THE_SITE, Actor
from app.imports import service as imports
from app.mail.models import Letter, LetterState
from app.messages.service import create as create_message
from app.registrations.models import Question, QuestionKind
from app.registrations.service import cancel
from app.wording.kinds import all_kinds
from app.wording.models import LetterText
from tests.events.test_recap import picture
from tests.support.factories import LONG_AGO, MESSAGE, sign_up_as, soon
from tests.support.organizers import ADA, signed_in
from tests.support.people import add_session, give_role, make_group, make_person, make_role
from tests.support.rights import pages_of
from tests.support.world import World, organizer_named


@pytest.fixture
def settings():
    return {"SIGN_IN_RATE": "10000 per minute"}


# Pages that list something only of an event in another state, or when asked for it.
STATES = {
    "events that are over": "/organizer/?when=past",
    "what the search finds": "/organizer/search?q=row",
    "a draft": "/organizer/events/a-draft",
    "a draft to publish": "/organizer/events/a-draft/publication",
    "details of a draft": "/organizer/events/a-draft/details",
    "schedule of a draft": "/organizer/events/a-draft/schedule",
    "recap of what is over": "/organizer/events/over/recap",
}


class Rows:
    """Adds one more of whatever a page for organizers may list, about one event, in each state it may be in."""

    def __init__(self, app, make_event, world):
        """Begin with none."""
        self.app, self.make_event, self.world, self.made = app, make_event, world, 0
        self.others = make_event("a-draft", state=EventState.DRAFT), make_event("over", starts_at=LONG_AGO)
        self.group = make_group("group")
        self.leader = make_role("leader", is_leader=True)

    def add(self):
        """Add one of each."""
        self.made += 1
        self.about_the_site(f"row-{self.made}")
        self.about_the_event(f"row-{self.made}")
        self.of_people(f"row-{self.made}")

    def about_the_site(self, name):
        """Add places, groups, other events, members and their devices."""
        now, ada = utc_now(), organizer_named(ADA)
        person = make_person(name)
        give_role(person, self.leader, self.group)
        with transaction() as session:
            city = City(slug=name, name=Texts(en=name))
            session.add(city)
            session.flush()
            session.add(Venue(slug=name, name=Texts(en=name), city_id=city.id, revised_at=LONG_AGO))
            session.add(Tag(slug=name, name=Texts(en=name)))
            session.add(Series(slug=name, name=Texts(en=name), created_at=now))
            key = {"credential_id": name, "public_key": b"k", "user_handle": name, "sign_count": 0, "name": name}
            session.add(Passkey(organizer_id=ada.id, created_at=now, **key))
        self.make_event(name, groups=[make_group(f"group-of-{name}")], starts_at=soon())
        self.make_event(f"{name}-draft", state=EventState.DRAFT, starts_at=soon() + timedelta(days=1))
        self.make_event(f"{name}-past", starts_at=LONG_AGO)
        World(self.app, self.make_event(f"{name}-of-a-member")).member_id  # noqa: B018 - it is made by asking
        signed_in(self.app)

    def about_the_event(self, name):
        """Add what the event consists of."""
        event, by = self.world.event, Actor(organizer_named(ADA).id, None)
        with transaction() as session:
            session.add(EventAddress(slug=f"old-{name}", event_id=event.id, created_at=utc_now()))
            session.add(TicketType(event_id=event.id, slug=name, name=Texts(en=name), capacity=5, position=self.made))
            options = [{"value": "a", "label": {"en": "A"}}, {"value": "b", "label": {"en": "B"}}]
            question = {"kind": QuestionKind.ONE_CHOICE, "label": Texts(en=name), "options": options}
            session.add(Question(event_id=event.id, key=name, position=self.made, **question))
        add_session(event, name, make_person(f"speaker-{name}"))
        for other in self.others:
            add_session(other, name, make_person(f"speaker-{name}-at-{other.slug}"))
            with transaction() as session:
                photo = pictures.keep(pictures.encode(picture((60 * self.made, 0, 0))), now=utc_now())
                session.add(EventPhoto(event_id=other.id, picture_id=photo.id, position=self.made))
        with transaction() as session:
            kind = all_kinds()[self.made].name
            session.add(LetterText(event_id=event.id, kind=kind, language="en", body=name, revised_at=utc_now()))
        create_message(event.id, MESSAGE | {"subject": Texts(en=name)}, by=THE_SITE, now=utc_now())
        data = f"Name,Email\n{name},{name}@example.com\n".encode()
        imports.receive(event.id, data, language="en", by=THE_SITE, now=utc_now())
        invite(event.id, label=name, uses_max=None, expires_at=None, by=THE_SITE, now=utc_now())
        with transaction():
            apply_changes(event, {"title": Texts(en=f"Title {name}")}, by=by, now=utc_now())

    def of_people(self, name):
        """Add who signed up, in each state, with letters that did and did not arrive."""
        event = self.world.event
        db_question = self.world.question_id
        sign_up_as(event, f"seated-{name}", answers={db_question: "Because"})
        cancel(sign_up_as(event, f"gone-{name}"), now=utc_now())
        with transaction():
            apply_changes(event, {"needs_approval": True}, now=utc_now())
        sign_up_as(event, f"pending-{name}")
        with transaction() as session:
            apply_changes(event, {"needs_approval": False}, now=utc_now())
            about = {"kind": "confirmed", "state": LetterState.FAILED, "due_at": utc_now(), "created_at": utc_now()}
            person = self.world.registration
            about |= {"to_email": person.email, "to_key": person.email_key, "ids": {"registration_id": person.id}}
            session.add(Letter(key=f"{name}:{person.id}", message_id=f"<{name}@example.com>", **about))


def test_every_page_for_organizers_asks_as_often_for_three_of_everything_as_for_one(app, make_event, count_statements):
    browser = signed_in(app)
    world = World(app, make_event("meetup", capacity=50))
    assert all((world.failed_letter_id, world.member_id, world.session_id, world.question_id, world.invitation_id))
    rows = Rows(app, make_event, world)
    paths = pages_of(world) | STATES

    def asked():
        found = {}
        for name, path in paths.items():
            with count_statements() as seen:
                assert browser.get(path).status_code == 200, path
            found[name] = seen
        return found

    rows.add()
    asked()  # what a process asks once
    one = asked()
    rows.add()
    rows.add()
    three = asked()

    more = {name: (len(one[name]), len(three[name])) for name in paths if len(one[name]) != len(three[name])}
    assert more == {}

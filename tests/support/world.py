"""What the addresses for organizers speak of (tests/support/rights.py), each made when it is first asked for."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from flask import Flask
from sqlalchemy import select

from app.accounts.invitations import newcomer
from app.accounts.models import Organizer, Role
from app.accounts.rights import Permission
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.invitations import invite
from app.events.models import Event, EventRole, TicketType
from app.history.models import Entry
from app.history.service import THE_SITE
from app.imports import service as imports
from app.mail.models import Letter, LetterState
from app.messages.service import create as create_message
from app.numbers.service import add_link
from app.registrations.models import Question, QuestionKind, Registration
from app.work import kinds
from app.work import service as work
from app.work.kinds import Kind
from tests.support.exported import Exported
from tests.support.factories import MESSAGE, sign_up_as
from tests.support.people import add_session


@dataclass
class World(Exported):
    """One event with what its addresses speak of, each made when it is first asked for."""

    app: Flask
    event: Event

    @cached_property
    def registration(self) -> Registration:
        """Somebody who has signed up."""
        return sign_up_as(self.event, f"guest-{self.event.id}")

    @cached_property
    def failed_letter_id(self) -> int:
        """A letter to them that did not arrive."""
        key = f"confirmed:{self.registration.id}"
        with transaction() as session:
            letter = session.scalars(select(Letter).where(Letter.key == key)).one()
            letter.state = LetterState.FAILED
        return letter.id

    @cached_property
    def member_id(self) -> int:
        """Somebody who has a role at the event, and one for the site."""
        with transaction() as session:
            address = normalise(f"member-{self.event.id}@example.com")
            member = newcomer(address, name="Mem", language="en", now=utc_now())
            member.role = Role.VIEWER
            session.add(
                EventRole(event_id=self.event.id, organizer_id=member.id, role=Role.VIEWER, created_at=utc_now())
            )
        return member.id

    @cached_property
    def session_id(self) -> int:
        """An item of the event's agenda."""
        return add_session(self.event, "A talk").id

    @cached_property
    def entry_id(self) -> int:
        """The last thing that was done to the event."""
        statement = select(Entry.id).where(Entry.event_id == self.event.id).order_by(Entry.id.desc()).limit(1)
        return db.session.scalars(statement).one()

    @cached_property
    def ticket_type_id(self) -> int:
        """A way to attend."""
        statement = select(TicketType.id).where(TicketType.event_id == self.event.id).order_by(TicketType.id).limit(1)
        return db.session.scalars(statement).one()

    @cached_property
    def question_id(self) -> int:
        """Something that is asked."""
        with transaction() as session:
            question = Question(
                event_id=self.event.id, key="why", kind=QuestionKind.SHORT_TEXT, label=Texts(en="Why?"), options=[]
            )
            session.add(question)
        return question.id

    @cached_property
    def import_id(self) -> int:
        """A file that was brought and checked: one row can be taken, one cannot."""
        data = b"Name,Email\nAda,ada-of-a-file@example.com\nBob,nothing\n"
        import_id = imports.receive(self.event.id, data, language="en", by=THE_SITE, now=utc_now())
        columns = imports.Columns(["name", "email"], has_header=True, ticket_type_id=self.ticket_type_id, language="en")
        imports.check(self.event.id, import_id, columns, language="en", by=THE_SITE, now=utc_now())
        while work.advance(utc_now()):
            pass
        return import_id

    @cached_property
    def task_code(self) -> str:
        """Long work for those who manage attendees."""
        kinds.register("rights", Kind("Work", lambda _task, _now: False, Permission.MANAGE_ATTENDEES, {}))
        with transaction():
            now = utc_now()
            return work.begin(
                "rights",
                event_id=self.event.id,
                params={},
                total=10,
                language="en",
                by=THE_SITE,
                now=now,
                due_at=now + timedelta(days=1),  # nobody's duty finishes it while it is looked at
            ).code

    @cached_property
    def invitation_id(self) -> int:
        """A code that lets in."""
        made = invite(self.event.id, label="Press", uses_max=None, expires_at=None, by=THE_SITE, now=utc_now())
        return made.id

    @cached_property
    def message_id(self) -> int:
        """A message that is a draft."""
        return create_message(self.event.id, MESSAGE, by=THE_SITE, now=utc_now())

    @cached_property
    def link_id(self) -> int:
        """A link of a partner."""
        return add_link(self.event.id, name="Newspaper", code="", by=THE_SITE, now=utc_now()).id

    @cached_property
    def chart(self) -> str:
        """A chart that has something to show."""
        assert self.registration.id
        return "sign-ups"


def organizer_named(email: str) -> Organizer:
    """Return somebody who may sign in."""
    return db.session.scalars(select(Organizer).where(Organizer.email == email)).one()

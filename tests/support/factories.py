"""What tests begin with: an event, somebody who signs up. Real rows, through the services where there are any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import City, Event, EventState, Mode, TicketType, Venue
from app.events.service import create_event
from app.registrations.models import Purpose, Question, QuestionKind, Registration
from app.registrations.service import SignUp, sign_up

# Far enough from any day the suite may run on; tests that need "now" pass one of these.
LONG_AGO = datetime(2019, 12, 2, 4, 0, tzinfo=UTC)

# What a message to attendees says and to whom, as its form holds it.
MESSAGE: dict[str, Any] = {
    "subject": Texts(zh="带什么来", en="What to bring"),
    "body": Texts(zh="{name}，你好！", en="Hello {name}!"),
    "purpose": "news",
    "why": "",
    "status": ["confirmed"],
    "type": [],
    "answer": [],
    "tag": [],
    "in": "",
    "lacks": "",
    "q": "",
    "from": None,
    "to": None,
    "source": "",
}


def soon() -> datetime:
    """A start that is still to come when the real server, with the real clock, answers."""
    return (utc_now() + timedelta(days=30)).replace(hour=5, minute=0, second=0, microsecond=0)


@dataclass
class EventFactory:
    """Makes events: `make_event(capacity=1)`, `make_event(slug="b", questions=[…])`."""

    made: int = 0
    known: dict[str, Any] = field(default_factory=dict)

    def __call__(
        self,
        slug: str | None = None,
        *,
        capacity: int | None = 50,
        questions: Sequence[dict[str, Any]] = (),
        ticket_types: Sequence[dict[str, Any]] | None = None,
        now: datetime = LONG_AGO,
        **values: Any,
    ) -> Event:
        """Make a published event of five hours that starts in a month, in Beijing, with one ticket type."""
        self.made += 1
        starts_at = values.pop("starts_at", None) or soon()
        kinds = ticket_types if ticket_types is not None else [{"slug": "on-site", "capacity": capacity}]
        with transaction() as session:
            event = create_event(
                slug or f"meetup-{self.made}",
                {
                    "title": Texts(zh=f"云原生 Meetup {self.made}", en=f"Cloud native meetup {self.made}"),
                    "state": EventState.PUBLISHED,
                    "starts_at": starts_at,
                    "ends_at": starts_at + timedelta(hours=5),
                    "zone": "Asia/Shanghai",
                    "mode": Mode.IN_PERSON,
                    "venue": self._venue(),
                    "city": self._city(),
                }
                | values,
                now=now,
            )
            for position, kind in enumerate(kinds):
                name = {"name": Texts(zh="现场", en="On site")}
                event.ticket_types.append(TicketType(**(name | {"position": position} | kind)))
            session.flush()
            for position, question in enumerate(questions):
                session.add(Question(event_id=event.id, **(_question(position) | question)))
        return event

    def _city(self) -> City:
        city = db.session.scalar(select(City).where(City.slug == "beijing"))
        return city or City(slug="beijing", name=Texts(zh="北京", en="Beijing"))

    def _venue(self) -> Venue:
        venue = db.session.scalar(select(Venue).where(Venue.slug == "gehua"))
        return venue or Venue(
            slug="gehua",
            name=Texts(zh="歌华大厦 13 层", en="Gehua Tower, 13th floor"),
            address=Texts(zh="北京市东城区青龙胡同 1 号歌华大厦 13 层"),
            revised_at=LONG_AGO,
        )


def add_question(event: Event, key: str, **values: Any) -> Question:
    """Ask one more thing at an event; a consent is to the sponsor of its key."""
    usual: dict[str, Any] = {"key": key, "label": Texts(zh=f"问 {key}", en=f"Ask {key}"), "options": []}
    if values.get("purpose") is Purpose.SPONSOR_CONSENT:
        usual |= {"kind": QuestionKind.CHECKBOX, "sponsor": key.title()}
    with transaction() as session:
        question = Question(event_id=event.id, **(_question(0) | usual | values))
        session.add(question)
    return question


def _question(position: int) -> dict[str, Any]:
    return {
        "key": f"question-{position}",
        "position": position,
        "kind": QuestionKind.SHORT_TEXT,
        "label": Texts(zh=f"问题 {position}", en=f"Question {position}"),
    }


SignUpFactory = Callable[..., Registration]


def sign_up_as(event: Event, name: str, *, now: datetime | None = None, **values: Any) -> Registration:
    """Sign somebody up as the page would: `sign_up_as(event, "ada")` has the address ada@example.com."""
    wish = SignUp(
        name=values.get("full_name", name),
        address=normalise(values.get("email", f"{name}@example.com")),
        ticket_type_id=values.get("ticket_type_id", event.ticket_types[0].id),
        answers=values.get("answers", {}),
        language=values.get("language", "zh"),
    )
    sign_up(event, wish, now=now or utc_now())
    db.session.expire_all()
    statement = select(Registration).where(Registration.event_id == event.id).order_by(Registration.id.desc())
    return db.session.scalars(statement.where(Registration.email_key == wish.address.key).limit(1)).one()


def states(event: Event) -> dict[str, str]:
    """Return who has which state at the event, by the part of the address before the @."""
    db.session.expire_all()
    statement = select(Registration).where(Registration.event_id == event.id).order_by(Registration.id)
    return {row.email.partition("@")[0]: row.state.value for row in db.session.scalars(statement)}

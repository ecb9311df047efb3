"""Who gets a message: those who fit, one letter an address, without those who want none or can get none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, false, func, select
from sqlalchemy.orm import aliased

from app.attendees.wanted import Wanted, matching
from app.core.db import db
from app.core.i18n import Language, language_of
from app.events.models import Event
from app.mail.models import RefusedAddress
from app.messages.models import Message, Purpose
from app.registrations.models import LIVE, Registration, StoppedNews


@dataclass(frozen=True, slots=True)
class Outlook:
    """What sending now would come to."""

    goes_to: int = 0
    opted_out: int = 0  # want no news
    refusing: int = 0  # their addresses refuse letters, and letters to many are not tried there
    by_language: Mapping[Language, int] | None = None  # of those it goes to

    def reading(self, language: Language) -> int:
        """Return how many of those it goes to read this language."""
        return (self.by_language or {}).get(language, 0)


def fitting(event: Event, message: Message) -> list[ColumnElement[bool]]:
    """Return the conditions on `Registration` for those who fit, whether or not a letter may go to them."""
    wanted = Wanted.stored(message.audience)
    conditions = [*matching(event, wanted), Registration.erased_at.is_(None)]
    if not wanted.states or not set(wanted.states) <= set(LIVE):
        # Who left and came back has several registrations: the last one counts, and the address gets one letter.
        later = aliased(Registration)
        conditions.append(
            ~exists().where(
                later.event_id == Registration.event_id,
                later.email_key == Registration.email_key,
                later.id > Registration.id,
            )
        )
    return conditions


def reached(event: Event, message: Message) -> list[ColumnElement[bool]]:
    """Return the conditions on `Registration` for those whom the message goes to."""
    conditions = fitting(event, message)
    if message.purpose is Purpose.NEWS:
        conditions.append(~exists().where(StoppedNews.email_key == Registration.email_key))
    refusing = exists().where(RefusedAddress.key == Registration.email_key, RefusedAddress.suppressed_at.is_not(None))
    return [*conditions, ~refusing]


def outlook(event: Event, message: Message) -> Outlook:
    """Count whom the message would go to at this moment; one statement."""
    wants_none = StoppedNews.email_key
    refuses = case((wants_none.is_(None), RefusedAddress.key))
    is_news = message.purpose is Purpose.NEWS
    # Who must hear of their own registration is not asked whether they want news.
    stops = StoppedNews.email_key == Registration.email_key if is_news else false()
    statement = (
        select(Registration.language, func.count(), func.count(wants_none), func.count(refuses))
        .select_from(Registration)
        .outerjoin(StoppedNews, stops)
        .outerjoin(
            RefusedAddress,
            and_(RefusedAddress.key == Registration.email_key, RefusedAddress.suppressed_at.is_not(None)),
        )
        .where(*fitting(event, message))
        .group_by(Registration.language)
    )
    goes_to, opted_out, refusing = {}, 0, 0
    for language, fit, none, refused in db.session.execute(statement):
        goes_to[language_of(language) or "zh"] = fit - none - refused
        opted_out, refusing = opted_out + none, refusing + refused
    return Outlook(sum(goes_to.values()), opted_out, refusing, goes_to)


def some_of(event: Event, message: Message, limit: int) -> Sequence[Registration]:
    """Return the first of those whom the message goes to, for looking at it as one of them."""
    statement = select(Registration).where(*reached(event, message)).order_by(Registration.id).limit(limit)
    return db.session.scalars(statement).all()

"""What may be done with a sign-up, and when. Pure: the clock and the rows come as arguments."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, count
from typing import Any, Final

from app.core.i18n import Language, Texts
from app.core.tokens import CODE_LENGTH, mac, mac_matches
from app.events.models import Event, EventInvitation, EventState, TicketType, Venue, Visibility
from app.events.rules import VenueWords
from app.registrations.models import (
    LIVE,
    Question,
    QuestionKind,
    Registration,
    RegistrationState,
    Transfer,
    TransferState,
)

# Of the 40 characters of a column, some are for the number behind it.
_KEY_BASE_MAX: Final = 34
# What mail programs turn into a link; "J.R. Smith" is none.
_WEB_ADDRESS: Final = re.compile(
    r"://|\bwww\.|\w\.[a-z]{2,}/|[\w-]{2,}\.(?:com|cn|net|org|io|top|xyz|info|vip|ru|me|cc|shop|link)\b", re.IGNORECASE
)


class SignUpState(StrEnum):
    """What the event page offers a visitor."""

    OPEN = "open"
    WAITING = "waiting"  # full, and there is a waiting list
    FULL = "full"  # full, and there is none
    NOT_YET = "not_yet"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    OVER = "over"
    ELSEWHERE = "elsewhere"  # this event takes no sign-ups here


@dataclass(frozen=True, slots=True)
class SignUpStatus:
    """The state of an event's sign-up at one moment; `seats_left` is None where there is no limit."""

    state: SignUpState
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    seats_left: int | None = None

    @property
    def takes_sign_ups(self) -> bool:
        """Tell whether the form is shown and a sign-up accepted."""
        return self.state in {SignUpState.OPEN, SignUpState.WAITING}


def public_ticket_types(event: Event) -> list[TicketType]:
    """Return the ticket types that a visitor may choose from, in their order."""
    return [ticket_type for ticket_type in event.ticket_types if ticket_type.is_public]


def seats_left(ticket_type: TicketType) -> int | None:
    """Return how many seats are free; None when there is no limit."""
    return None if ticket_type.capacity is None else max(0, ticket_type.capacity - ticket_type.seats_taken)


def sign_up_status(event: Event, *, now: datetime) -> SignUpStatus:
    """Return what a visitor can do on this event's page at `now`."""
    ticket_types = public_ticket_types(event)
    opens_at, closes_at = event.sign_up_opens_at, sign_up_ends(event)
    if event.state is EventState.CANCELLED:
        return SignUpStatus(SignUpState.CANCELLED)
    if now >= event.ends_at:
        return SignUpStatus(SignUpState.OVER)
    if not ticket_types:
        return SignUpStatus(SignUpState.ELSEWHERE)
    if now >= closes_at:
        return SignUpStatus(SignUpState.CLOSED, closes_at=closes_at)
    if opens_at and now < opens_at:
        return SignUpStatus(SignUpState.NOT_YET, opens_at=opens_at, closes_at=closes_at)
    counts = [seats_left(ticket_type) for ticket_type in ticket_types]
    left = None if None in counts else sum(count for count in counts if count is not None)
    state = SignUpState.OPEN
    if left == 0:
        state = SignUpState.WAITING if event.has_waiting_list else SignUpState.FULL
    return SignUpStatus(state, opens_at, closes_at, left)


class InvitationState(StrEnum):
    """Whether an invitation lets somebody in, and if not, why."""

    HOLDS = "holds"
    USED_UP = "used_up"
    PAST = "past"
    REVOKED = "revoked"


def invitation_state(invitation: EventInvitation, *, now: datetime) -> InvitationState:
    """Return what has become of an invitation; the twin of `events.admission.holds` and `has_uses_left`."""
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    if invitation.expires_at is not None and invitation.expires_at <= now:
        return InvitationState.PAST
    if invitation.uses_max is not None and invitation.uses >= invitation.uses_max:
        return InvitationState.USED_UP
    return InvitationState.HOLDS


def asked(questions: Sequence[Question], given: Mapping[int, object]) -> frozenset[int]:
    """Return the ids of the questions that count for somebody who answered this, by question id.

    A condition on a question that is asked no longer holds for everybody; one on a question that does not count for
    nobody.
    """
    by_key = {question.key: question for question in questions}
    counting: set[int] = set()
    for question in questions:
        condition = question.condition
        on = by_key.get(condition["question"]) if condition else None
        if condition is None or on is None or (on.id in counting and _has(given.get(on.id), condition["value"])):
            counting.add(question.id)
    return frozenset(counting)


def _has(answer: object, value: object) -> bool:
    return value in answer if isinstance(answer, list) else answer == value


def has_web_address(name: str) -> bool:
    """Tell whether a name holds a web address: letters begin with the name, so anybody could have us advertise it."""
    return _WEB_ADDRESS.search(name) is not None


def is_live(registration: Registration) -> bool:
    """Tell whether this person holds a seat or a place in the queue."""
    return registration.state in LIVE


def can_leave(registration: Registration, *, now: datetime) -> bool:
    """Tell whether the person may still give the place back, or leave the queue: until the event is over."""
    event = registration.event
    return is_live(registration) and event.state is EventState.PUBLISHED and now < event.ends_at


def can_change_answers(registration: Registration, *, now: datetime) -> bool:
    """Tell whether the person may still correct their answers: until sign-up closes."""
    return can_leave(registration, now=now) and now < sign_up_ends(registration.event)


def sign_up_ends(event: Event) -> datetime:
    """Return when the event stops taking sign-ups: when organizers said, else when it starts."""
    return event.sign_up_closes_at or event.starts_at


def has_offer(registration: Registration, *, now: datetime) -> bool:
    """Tell whether a seat is held for this person that they may still take."""
    expires_at = registration.offer_expires_at
    is_offered = registration.state is RegistrationState.OFFERED
    return is_offered and expires_at is not None and now < expires_at and can_leave(registration, now=now)


def can_pass_on(registration: Registration, *, now: datetime) -> bool:
    """Tell whether the person may give their place to somebody else: a confirmed one, until sign-up closes.

    Not where organizers decide who comes: nobody gets past them by another person's place.
    """
    is_theirs = registration.state is RegistrationState.CONFIRMED and not registration.event.needs_approval
    return is_theirs and can_change_answers(registration, now=now)


def is_on_its_way(transfer: Transfer, giver: Registration, *, now: datetime) -> bool:
    """Tell whether the other person can still take the place."""
    return transfer.state is TransferState.OPEN and now < transfer.expires_at and can_pass_on(giver, now=now)


def can_come_back(registration: Registration, *, now: datetime) -> bool:
    """Tell whether one press may bring back somebody who left: while sign-up is open, and as long as we know them."""
    has_left = registration.state is RegistrationState.CANCELLED and registration.erased_at is None
    return has_left and sign_up_status(registration.event, now=now).takes_sign_ups


def code_of(registration: Registration) -> str | None:
    """Return the code that opens the event's page to this person; None for a page that is open to everybody."""
    by_invitation = registration.event.visibility is Visibility.INVITATION
    return registration.invitation.code if by_invitation and registration.invitation else None


def token_of(registration: Registration) -> str:
    """Return the secret part of one's own address `/r/<token>`; derived, so that every letter carries the same.

    Raising `token_version` revokes it.
    """
    return registration.code + mac("registration", registration.code, registration.token_version)


def code_in(token: str) -> str:
    """Return the code that a token claims to be for."""
    return token[:CODE_LENGTH]


# A link in an old letter should not open somebody's answers for ever, and the talk's slides are up by then.
LINK_LIFETIME: Final = timedelta(days=30)


def link_is_open(registration: Registration, *, now: datetime) -> bool:
    """Tell whether one's own address still opens: until 30 days after the event, or after it was renewed."""
    renewed_at = registration.link_renewed_at
    last = registration.event.ends_at if renewed_at is None else max(registration.event.ends_at, renewed_at)
    return now < last + LINK_LIFETIME


def opens(token: str, registration: Registration) -> bool:
    """Tell whether this token was made for this registration and has not been revoked."""
    return mac_matches(token[CODE_LENGTH:], "registration", registration.code, registration.token_version)


def transfer_token_of(transfer: Transfer) -> str:
    """Return the secret part of `/t/<token>`, by which the other person takes the place; derived, like one's own."""
    return transfer.code + mac("transfer", transfer.code)


def opens_transfer(token: str, transfer: Transfer) -> bool:
    """Tell whether this token was made for this transfer."""
    return mac_matches(token[CODE_LENGTH:], "transfer", transfer.code)


def reminders_token_of(registration: Registration) -> str:
    """Return the secret part of `/u/<token>`, by which reminders are stopped and nothing else is done."""
    return registration.code + mac("reminders", registration.code)


def opens_reminders(token: str, registration: Registration) -> bool:
    """Tell whether this token was made to stop the reminders of this person."""
    return mac_matches(token[CODE_LENGTH:], "reminders", registration.code)


def news_token_of(registration: Registration) -> str:
    """Return the secret part of `/n/<token>`, by which news are stopped and nothing else is done.

    The page names the address: who got the letter at an earlier one is not shown the present one.
    """
    return registration.code + mac("news", registration.code, registration.email_key)


def opens_news(token: str, registration: Registration) -> bool:
    """Tell whether this token was made to stop the news to this person at this address."""
    return mac_matches(token[CODE_LENGTH:], "news", registration.code, registration.email_key)


_TOLD: Final = ("starts_at", "ends_at", "is_all_day", "zone", "venue", "online_url", "state")


def told(event: Event, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what people know of an event, as plain values; `before` has earlier values of its attributes."""
    values = {name: getattr(event, name) for name in _TOLD} | {k: v for k, v in (before or {}).items() if k in _TOLD}
    venue: Venue | VenueWords | None = values["venue"]
    return {
        **values,
        "starts_at": values["starts_at"].isoformat(),
        "ends_at": values["ends_at"].isoformat(),
        "state": EventState(values["state"]).value,
        "venue": venue and {"name": venue.name.as_dict(), "address": venue.address.as_dict()},
    }


@dataclass(frozen=True, slots=True)
class OfferedCondition:
    """An answer to an earlier question that may make a later one appear."""

    question: Question
    value: str | bool

    def as_stored(self) -> dict[str, Any]:
        """Return it as the column holds it."""
        return {"question": self.question.key, "value": self.value}

    def spoken(self, language: Language) -> str:
        """Return it for a list to choose from: the question and the answer, or the question of a box."""
        asked_words = self.question.label.in_language(language)
        if self.value is True:
            return asked_words
        labels = {option["value"]: Texts(**option["label"]) for option in self.question.options}
        return f"{asked_words} → {labels[self.value].in_language(language)}"


def conditions_offered(earlier: Sequence[Question]) -> dict[str, OfferedCondition]:
    """Return the answers to these that may make a later question appear, by the word a form has for each."""
    offers = []
    for question in earlier:
        if question.is_retired:
            continue
        if question.kind is QuestionKind.CHECKBOX:
            offers.append(OfferedCondition(question, value=True))
        elif question.kind in {QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES}:
            offers += [OfferedCondition(question, option["value"]) for option in question.options]
    return {condition_word(offer.as_stored()): offer for offer in offers}


def condition_word(condition: Mapping[str, Any] | None) -> str:
    """Return the word that a form has for a condition; empty for none."""
    if not condition:
        return ""
    value = condition["value"]
    return f"{condition['question']}={'' if value is True else value}"


def hanging_on(question: Question, questions: Sequence[Question]) -> list[Question]:
    """Return those of these questions that an answer to this one makes appear."""
    return [each for each in questions if each.condition and each.condition["question"] == question.key]


def free_key(wanted: str, taken: Container[str]) -> str:
    """Return a key of small letters, digits and dashes, made of a text, that none of these is."""
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:_KEY_BASE_MAX].strip("-") or "item"
    numbered = (f"{base}-{number}" for number in count(2))
    return next(key for key in chain([base], numbered) if key not in taken)

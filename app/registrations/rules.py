"""What may be done with a sign-up, and when. Pure: the clock and the rows come as arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from app.core.tokens import CODE_LENGTH, mac, mac_matches
from app.events.models import Event, EventState, TicketType, Venue
from app.registrations.models import LIVE, Registration, RegistrationState, Transfer, TransferState


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
    """Tell whether the person may give their place to somebody else: a confirmed one, until sign-up closes."""
    return registration.state is RegistrationState.CONFIRMED and can_change_answers(registration, now=now)


def is_on_its_way(transfer: Transfer, giver: Registration, *, now: datetime) -> bool:
    """Tell whether the other person can still take the place."""
    return transfer.state is TransferState.OPEN and now < transfer.expires_at and can_pass_on(giver, now=now)


def can_come_back(registration: Registration, *, now: datetime) -> bool:
    """Tell whether one press may bring back somebody who left: while sign-up is open, and as long as we know them."""
    has_left = registration.state is RegistrationState.CANCELLED and registration.erased_at is None
    return has_left and sign_up_status(registration.event, now=now).takes_sign_ups


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


_TOLD: Final = ("starts_at", "ends_at", "is_all_day", "zone", "venue", "online_url", "state")


def told(event: Event, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what people know of an event, as plain values; `before` has earlier values of its attributes."""
    values = {name: getattr(event, name) for name in _TOLD} | {k: v for k, v in (before or {}).items() if k in _TOLD}
    venue: Venue | None = values["venue"]
    return {
        **values,
        "starts_at": values["starts_at"].isoformat(),
        "ends_at": values["ends_at"].isoformat(),
        "state": EventState(values["state"]).value,
        "venue": venue and {"name": venue.name.as_dict(), "address": venue.address.as_dict()},
    }

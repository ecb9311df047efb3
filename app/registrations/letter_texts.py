"""The standard texts of the letters about a registration, and what organizers may put into their own.

A text is the greeting and the prose of a letter. What follows it is not for organizers to leave out: when and where,
what changed, until when a seat is held, the links to one's own registration, the entry in the calendar.
Not here: letters that only lead to a secret link (`mine`, `renewed`) and the last one to somebody who is erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel.speaklater import LazyString

from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.models import Event
from app.mail.models import Letter
from app.registrations.models import RegistrationState
from app.wording.kinds import Standard
from app.wording.placeholders import Address, Placeholder

NAME: Final = Placeholder("name", _l("The name of whoever gets the letter"), _l("Han Meimei"))
OF_ALL: Final = (
    NAME,
    Placeholder("event", _l("The title of the event"), _l("Cloud Native Meetup")),
    Placeholder("when", _l("Its day and time"), _l("Saturday, 30 May 2026 13:00–18:00")),
    Placeholder("where", _l("Its place, with the address"), _l("Gehua Tower, 1 Qinglong Hutong")),
    Placeholder("ticket_type", _l("In which way the person attends"), _l("In person")),
    Placeholder("event_page", _l("The address of the event's page"), "https://…/events/…"),
)
OWN_PAGE: Final = Placeholder("own_page", _l("The address of the person's own page"), "https://…/r/…")
POSITION: Final = Placeholder("position", _l("The place in the waiting list"), "3")
UNTIL: Final = Placeholder("until", _l("Until when it is held"), _l("29 May 2026 18:00"))
STARTS: Final = Placeholder("starts", _l("Day and time of the beginning, in short"), _l("30 May 13:00"))
GIVER: Final = Placeholder("giver", _l("The name of whoever passes the place on"), _l("Li Lei"))


@dataclass(frozen=True, slots=True)
class OfALetter:
    """A letter whose text may be changed; `extra` are the placeholders that it has beside those of all."""

    title: LazyString
    sent_when: LazyString
    subject: LazyString
    body: LazyString
    extra: tuple[Placeholder, ...] = (OWN_PAGE,)

    @property
    def standard(self) -> Standard:
        """Return the text of the house."""
        return Standard(self.subject, self.body)


# In the order of somebody's way to an event.
LETTERS: Final[Mapping[str, OfALetter]] = {
    "confirmed": OfALetter(
        _l("Registered"),
        _l("When somebody signs up and has a place."),
        _l("You are registered: {event}"),
        _l("Hello {name},\n\n# Your place is confirmed\n\nWe look forward to seeing you."),
    ),
    "pending": OfALetter(
        _l("Waits for approval"),
        _l("When somebody signs up and you decide who comes."),
        _l("We have your sign-up: {event}"),
        _l(
            "Hello {name},\n\n# We have your sign-up\n\n"
            "The organizers look at each sign-up and decide; you get an e-mail when they have.\n\n"
            "> You have no place yet: until you hear from us, please do not come to the venue."
        ),
    ),
    "declined": OfALetter(
        _l("Declined"),
        _l("When you decline a sign-up. What you wrote to that person follows the text."),
        _l("We cannot give you a place: {event}"),
        _l(
            "Hello {name},\n\n# We cannot give you a place\n\n"
            "Thank you for wanting to come. The organizers cannot give you a place at this event."
        ),
        (),
    ),
    "waiting": OfALetter(
        _l("On the waiting list"),
        _l("When somebody signs up and all places are taken."),
        _l("You are on the waiting list: {event}"),
        _l(
            "Hello {name},\n\n# You are number {position} on the waiting list\n\n"
            "All places are taken at the moment.\n\n"
            "> As soon as a place becomes free, the first in line gets it and is told by e-mail. "
            "Until you hear from us, please do not come to the venue."
        ),
        (OWN_PAGE, POSITION),
    ),
    "promoted": OfALetter(
        _l("A place after waiting"),
        _l("When a place becomes free and goes to the first in line."),
        _l("A place for you: {event}"),
        _l(
            "Hello {name},\n\n# A place has become free, and it is yours\n\n"
            "You are no longer waiting: your registration is confirmed.\n\n"
            "> If you can no longer come, please give your place back on your own page, "
            "so that the next person can have it."
        ),
    ),
    "offered": OfALetter(
        _l("A seat is held"),
        _l("When a seat becomes free shortly before the event. Until when it is held, and how to take it, follows."),
        _l("A seat is held for you until {until}: {event}"),
        _l("Hello {name},\n\n# A seat has become free, and it is held for you"),
        (OWN_PAGE, UNTIL),
    ),
    "offer-expired": OfALetter(
        _l("A held seat was not taken"),
        _l("When somebody did not take a seat in time."),
        _l("The seat was not taken: {event}"),
        _l(
            "Hello {name},\n\n# The seat has gone to the next person in line\n\n"
            "It was held for you until {until}, and you did not take it. So you are no longer on the waiting list."
        ),
        (OWN_PAGE, UNTIL),
    ),
    "again": OfALetter(
        _l("Signed up twice"),
        _l("When somebody signs up who has a registration. How it stands follows."),
        _l("Your registration: {event}"),
        _l(
            "Hello {name},\n\n# You are already registered\n\n"
            "Somebody, probably you, has just signed up with this address again. "
            "Nothing about your registration has changed."
        ),
    ),
    "reminder": OfALetter(
        _l("Reminder"),
        _l("Before the event, to all who have a place."),
        _l("Reminder: {event}, {starts}"),
        _l("Hello {name},\n\n# See you at the event\n\nThis is a reminder: you have a place."),
        (OWN_PAGE, STARTS),
    ),
    "calendar-file": OfALetter(
        _l("Calendar file"),
        _l("When somebody asks for the event as a file."),
        _l("Calendar file: {event}"),
        _l("Hello {name},\n\n# {event}\n\nOpen the attached file to add the event to your calendar."),
    ),
    "event-changed": OfALetter(
        _l("Event changed"),
        _l("When you move the event. What changed, and what you wrote about it, follows."),
        _l("Changed: {event}"),
        _l("Hello {name},\n\n# Your event has changed"),
    ),
    "event-cancelled": OfALetter(
        _l("Event cancelled"),
        _l("When you cancel the event. The reason you gave follows."),
        _l("Cancelled: {event}"),
        _l("Hello {name},\n\n# This event will not take place\n\nWe are sorry."),
        (),
    ),
    "moved": OfALetter(
        _l("Attends in another way"),
        _l("When you give somebody another ticket type. Which one follows."),
        _l("You attend in another way: {event}"),
        _l("Hello {name},\n\n# The organizers have changed how you attend"),
    ),
    "cancelled": OfALetter(
        _l("Place given back"),
        _l("When somebody who has a place gives it back."),
        _l("You have given your place back: {event}"),
        _l(
            "Hello {name},\n\n# You have given your place back\n\nThank you for telling us: somebody else can come now."
        ),
        (),
    ),
    "left": OfALetter(
        _l("Waiting list left"),
        _l("When somebody leaves the waiting list."),
        _l("You have left the waiting list: {event}"),
        _l("Hello {name},\n\n# You have left the waiting list"),
        (),
    ),
    "removed": OfALetter(
        _l("Removed by the organizers"),
        _l("When you end somebody's registration."),
        _l("Your registration has ended: {event}"),
        _l(
            "Hello {name},\n\n# The organizers have ended your registration\n\n"
            "You no longer have a place at this event. If you think this is a mistake, please answer this e-mail."
        ),
        (),
    ),
    "transfer": OfALetter(
        _l("A place is passed on"),
        _l("To the person a place is passed on to. How to take it, and until when, follows."),
        _l("{giver} passes a place on to you: {event}"),
        _l("Hello {name},\n\n# {giver} cannot come and would like you to have their place"),
        (GIVER, UNTIL),
    ),
    "passed-on": OfALetter(
        _l("A place was taken over"),
        _l("To whoever passed a place on, once the other person has taken it."),
        _l("Your place has been taken over: {event}"),
        _l(
            "Hello {name},\n\n# Somebody else comes in your place\n\n"
            "The person you passed your place on to has confirmed. Your own registration has ended. Thank you!"
        ),
        (),
    ),
}


def placeholders_of(kind: str) -> tuple[Placeholder, ...]:
    """Return the placeholders that a letter may hold, those of its own first behind the name."""
    first, *others = OF_ALL
    return (first, *LETTERS[kind].extra, *others)


def kind_of(letter: Letter) -> str:
    """Return which text a letter has: who leaves the waiting list is told so, and nothing of a place."""
    was_waiting = letter.ids.get("was") == RegistrationState.WAITING
    return "left" if letter.kind == "cancelled" and was_waiting else letter.kind


def values_of(context: Mapping[str, Any], language: Language, **more: str) -> dict[str, str]:
    """Return what stands for the placeholders; `context` is that of `mails.context_of`."""
    event, registration = context["event"], context["registration"]
    return {
        "name": registration.name,
        "event": event.title.in_language(language),
        "when": context["when"],
        "where": place_of(event, language),
        "ticket_type": registration.ticket_type.name.in_language(language),
        "event_page": Address(context["event_url"]),
        "own_page": Address(context["own_url"]),
        "position": str(context["position"]),
        "until": context["until"],
    } | more


def place_of(event: Event, language: Language) -> str:
    """Return where an event takes place, on one line."""
    if event.venue is None:
        return event.city.name.in_language(language) if event.city else _("not known yet")
    parts = (event.venue.name.in_language(language), event.venue.address.in_language(language))
    return _(", ").join(dict.fromkeys(part for part in parts if part))

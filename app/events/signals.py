"""What the events room tells the rooms above it, inside the transaction that does it."""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

# sender: the Event as it is now, flushed. Keywords: `now`; `fields`, the names of what changed (attributes of Event, or
# "agenda", "ticket_types", "questions", "speakers", "venue", "city", "tags"); `for_calendars`, whether `sequence` rose
# with it; `before`, what the attributes calendars hear of were, empty when something beside the event changed; `note`,
# what the organizers add in their own words.
event_changed: Final[NamedSignal] = _signals.signal("event-changed")

# sender: the Event that was copied. Keywords: `copies`, the new Events, flushed, with ticket types and agenda; `now`.
# The rooms above add what they keep beside an event, such as questions; nothing of any one person.
event_copied: Final[NamedSignal] = _signals.signal("event-copied")

# Asked about an Event, its sender, by a page before something is done or inside the transaction that does it (which
# then holds the locks of `events.locking`). Each receiver answers with an `audience.People`.
people_asked: Final[NamedSignal] = _signals.signal("people-asked")

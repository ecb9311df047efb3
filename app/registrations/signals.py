"""What this room tells the rooms above it, inside the transaction that does it."""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

# sender: the id of a registration whose person is erased; `event_id`, `email_key`, `now`. Whoever keeps anything about
# them at this event deletes it now.
person_erased: Final[NamedSignal] = _signals.signal("person-erased")
# sender: the id of a registration whose answers are written anew. Whoever keeps copies lets go of what is gone.
answers_changed: Final[NamedSignal] = _signals.signal("answers-changed")
# sender: the id of a registration that has lost its place; of one that is erased, `person_erased` alone is sent.
place_ended: Final[NamedSignal] = _signals.signal("place-ended")
# sender: the key of an address that is forgotten everywhere; `now`. Whoever keeps something of it lets go.
address_forgotten: Final[NamedSignal] = _signals.signal("address-forgotten")

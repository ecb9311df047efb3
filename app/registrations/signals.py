"""What this room tells the rooms above it, inside the transaction that does it."""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

# sender: the id of a registration whose person is erased; `event_id`, `email_key`, `now`. Whoever keeps anything about
# them at this event deletes it now.
person_erased: Final[NamedSignal] = _signals.signal("person-erased")
# sender: the key of an address that is forgotten everywhere; `now`. Whoever keeps something of it lets go.
address_forgotten: Final[NamedSignal] = _signals.signal("address-forgotten")

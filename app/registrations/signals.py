"""What this room tells the rooms above it, inside the transaction that does it."""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

# sender: the id of a registration whose person is erased. Whoever keeps anything about them deletes it now.
person_erased: Final[NamedSignal] = _signals.signal("person-erased")
"""What this room says of itself; sent inside the transaction of what happened."""

from blinker import Namespace

_signals = Namespace()

# An address is forgotten everywhere: whoever keeps something of it lets go. sender: the key of the address; now.
address_forgotten = _signals.signal("address-forgotten")

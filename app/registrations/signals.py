"""What this room says of itself; sent inside the transaction of what happened."""

from blinker import Namespace

_signals = Namespace()

# An address is forgotten everywhere: whoever keeps something of it lets go. sender: the key of the address; now.
address_forgotten = _signals.signal("address-forgotten")

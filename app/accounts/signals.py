"""What this room tells the rooms above it, inside the transaction that does it."""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

# sender: the Organizer who may manage no more, anywhere. Keywords: `by`, the Actor; `now`.
organizer_removed: Final[NamedSignal] = _signals.signal("organizer-removed")

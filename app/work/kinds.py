"""What rooms hand to this one: how the work of a kind is done, a step at a time.

A room registers its kinds in its setup: `kinds.register("import", title=…, step=apply.step, needs=…)`.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from app.accounts.rights import Permission
from app.work.models import Task

# Does the next part in the transaction that is open, moves `task.cursor` and `task.done`; True while more is to come.
# What it raises takes the whole step back; an AppError ends the work and is said to the reader.
Step = Callable[[Task, datetime], bool]


class Piece(Protocol):
    """Work that cannot be cut into transactions, as writing one file: it begins anew when its process dies.

    It is advanced in one process, a little at a time, and no transaction is open meanwhile.
    """

    def advance(self) -> Generator[int, None, None]:
        """Do the work; yield after each short part how much has been done in all."""

    def keep(self, task: Task, now: datetime) -> None:
        """Store what was made, in the transaction that says it is done."""

    def close(self) -> None:
        """Let go of what is held, also when the work was not finished."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How work of one kind is done, said and taken back.

    `take_back` undoes what was done when somebody stops the work, a step at a time as `step` does; without one, what
    was done stays. `also_when_refused`: it is taken back as well when a step refuses to go on. `address` is the path
    of the page about what came of it. `private` names those of its params that may be about people: they are emptied
    when the work has ended, whatever its end; after a fault of the site, when it can go on no longer. `close` writes
    down what was done where it is not taken back: when somebody stops the work, or a step refuses to go on.
    """

    title: object  # lazily translated
    step: Step | None
    needs: Permission  # to see how far it is, and to stop it
    outcomes: Mapping[str, object]  # what the numbers in `task.counts` are called, lazily translated
    take_back: Step | None = None
    also_when_refused: bool = False
    close: Callable[[Task, datetime], None] | None = None
    can_be_stopped: bool = True
    private: tuple[str, ...] = ()
    address: Callable[[Task, str], str | None] = lambda _task, _slug: None
    piece: Callable[[Task], Piece] | None = None  # in place of `step`


_KINDS: Final[dict[str, Kind]] = {}


def register(name: str, kind: Kind) -> None:
    """Let tasks of this name be done so."""
    _KINDS[name] = kind


def kind_of(task: Task) -> Kind:
    """Return how this task is done. Raises LookupError where no room of this version knows."""
    return _KINDS[task.kind]


def with_private() -> frozenset[str]:
    """Return the names of the kinds whose params may be about people."""
    return frozenset(name for name, kind in _KINDS.items() if kind.private)


def names_for(permissions: frozenset[Permission]) -> frozenset[str]:
    """Return the names of the kinds that somebody with these permissions may see."""
    return frozenset(name for name, kind in _KINDS.items() if kind.needs in permissions)


def empty_private(task: Task) -> None:
    """Let go of what the params say of people, once the work has ended."""
    task.params = task.params | dict.fromkeys(kind_of(task).private)

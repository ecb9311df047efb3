"""What a load did."""

from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("community", "cities", "tags", "groups", "roles", "people", "venues", "events")


@dataclass(slots=True)
class Count:
    """How many things of a kind were made, changed, or found as they should be."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class LoadReport:
    """A count for each kind that the files have entries of."""

    counts: dict[str, Count] = field(default_factory=dict)

    def note(self, kind: str, *, created: bool, changed: bool) -> None:
        """Count one thing."""
        count = self.counts.setdefault(kind, Count())
        if created:
            count.created += 1
        elif changed:
            count.changed += 1
        else:
            count.unchanged += 1

    @property
    def created(self) -> int:
        """How many things of all kinds were made."""
        return sum(count.created for count in self.counts.values())

    @property
    def changed(self) -> int:
        """How many things of all kinds were changed."""
        return sum(count.changed for count in self.counts.values())

    @property
    def summary(self) -> str:
        """All kinds in one line, as `268 created, 0 changed, 0 unchanged`."""
        unchanged = sum(count.unchanged for count in self.counts.values())
        return f"{self.created} created, {self.changed} changed, {unchanged} unchanged"

    def __str__(self) -> str:
        """Write a line for each kind, as `events: 30 created, 0 changed, 0 unchanged`."""
        kinds = [kind for kind in KINDS if kind in self.counts]
        return "\n".join(
            f"{kind}: {self.counts[kind].created} created, {self.counts[kind].changed} changed, "
            f"{self.counts[kind].unchanged} unchanged"
            for kind in kinds
        )

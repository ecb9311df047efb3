"""The orders of the list, and how its pages lead to each other: each page begins behind the last row of another one."""

from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import db
from app.registrations.models import Registration


class Order(StrEnum):
    """What comes first."""

    OLDEST = "oldest"  # the first to sign up
    NEWEST = "newest"
    NAME = "name"
    STATUS = "status"

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Read an order as it stands in an address; what cannot be read is the usual one."""
        known = {order.value: order for order in cls}
        return known.get(text or "", cls.OLDEST)

    def as_query(self) -> dict[str, list[str]]:
        """Return the order as it stands in an address, if it is not the usual one."""
        return {} if self is Order.OLDEST else {"sort": [self.value]}

    @property
    def columns(self) -> list[InstrumentedAttribute[Any]]:
        """Return what is compared; the id last, so that no two rows are the same."""
        return list(_COLUMNS[self])

    def sorting(
        self, *, backwards: bool, rows: type[Registration] = Registration, sorts: bool = False
    ) -> list[ColumnElement[Any]]:
        """Return the order for a statement about these rows, the other way round for the page before.

        With `sorts` the database shall find all that is wanted in the order in which it lies there, and sort that: to
        follow an index by name to one hit at the end takes ten times as long. An expression has no index.
        """
        descends = (self is Order.NEWEST) is not backwards
        return [column.desc() if descends else column.asc() for column in self._compared(rows, sorts=sorts)]

    def _compared(self, rows: type[Registration], *, sorts: bool) -> list[ColumnElement[Any]]:
        first, *others = (getattr(rows, column.key).expression for column in self.columns)
        if not sorts:
            return [first, *others]
        return [func.substr(first, 1) if others else first + 0, *others]

    def beyond(self, key: tuple[Any, ...], *, backwards: bool, sorts: bool = False) -> ColumnElement[bool]:
        """Return the condition for rows behind this key, or before it."""
        descends = (self is Order.NEWEST) is not backwards
        values = [literal(value, column.type) for value, column in zip(key, self.columns, strict=True)]
        if len(values) == 1:
            return self.columns[0] < values[0] if descends else self.columns[0] > values[0]
        compared, given = tuple_(*self._compared(Registration, sorts=sorts)), tuple_(*values)
        return compared < given if descends else compared > given

    def key_of(self, event_id: int, registration_id: int) -> tuple[Any, ...] | None:
        """Return what a row of the event is compared by; None when it is not of this event."""
        if len(self.columns) == 1:
            return (registration_id,)
        found = db.session.execute(
            select(*self.columns).where(Registration.event_id == event_id, Registration.id == registration_id)
        ).one_or_none()
        return None if found is None else tuple(found)


_COLUMNS: Final[dict[Order, tuple[InstrumentedAttribute[Any], ...]]] = {
    Order.OLDEST: (Registration.id,),
    Order.NEWEST: (Registration.id,),
    Order.NAME: (Registration.sort_name, Registration.id),
    Order.STATUS: (Registration.state, Registration.id),
}

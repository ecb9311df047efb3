"""The organizers' menus. Each room adds its own pages in its setup; nobody needs to know the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from flask import Flask, current_app

from app.accounts.rights import Permission

Place = Literal["site", "event"]

_MENUS: Final = "organizer_menus"


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One entry: `endpoint` is the page it leads to, `inside` are the pages on which it is the present one."""

    position: int
    endpoint: str
    label: object  # lazily translated
    needs: Permission | None
    inside: tuple[str, ...] = ()

    def is_present(self, endpoint: str | None) -> bool:
        """Tell whether a page belongs to this entry."""
        return endpoint == self.endpoint or endpoint in self.inside


def add(
    app: Flask,
    place: Place,
    position: int,
    endpoint: str,
    label: object,
    *,
    needs: Permission | None,
    inside: Iterable[str] = (),
) -> None:
    """Offer a page in the menu of the whole site, or of each event (its address then takes `slug`).

    Entries stand in the order of `position`; who lacks the permission does not see it.
    """
    item = Item(position, endpoint, label, needs, tuple(inside))
    app.extensions.setdefault(_MENUS, {}).setdefault(place, []).append(item)


def items(place: Place, permissions: frozenset[Permission]) -> list[Item]:
    """Return the entries of a menu for somebody who may do this."""
    offered: list[Item] = current_app.extensions.get(_MENUS, {}).get(place, [])
    allowed = [item for item in offered if item.needs is None or item.needs in permissions]
    return sorted(allowed, key=lambda item: (item.position, item.endpoint))

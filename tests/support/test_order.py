"""No test is lost when the long ones are put first, and each worker has its share of them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.order import LONG, longest_first


@dataclass(frozen=True)
class Item:
    nodeid: str


def five_of(*names):
    return [Item(f"tests/{name}::test_{number}") for name in names for number in range(5)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
def test_every_worker_begins_with_long_tests_and_none_is_lost(workers):
    items = five_of("accounts/test_a.py", "journeys/test_b.py", "web/test_c.py", "races/test_d.py", "work/test_e.py")
    long = {item for item in items if item.nodeid.startswith(("tests/journeys", "tests/races"))}

    ordered = longest_first(items, workers)

    assert sorted(ordered, key=repr) == sorted(items, key=repr)
    parts, rest = [], ordered
    for left in range(workers, 0, -1):
        parts.append(rest[: len(rest) // left])
        rest = rest[len(rest) // left :]
    assert all(set(part[: len(long) // workers]) <= long for part in parts)
    assert ordered[0].nodeid == "tests/journeys/test_b.py::test_0"


def test_what_is_said_to_be_long_is_there():
    root = Path(__file__).parents[1]

    assert [name for name in LONG if not (root / name).exists()] == []

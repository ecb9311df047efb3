"""In which order the workers of a run take the tests: the long ones first, so that none is alone with one at last."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import pytest

# Folders and files of tests that take seconds each, the longest first: browsers, servers, processes that are killed.
LONG: Final = (
    "registrations/test_queue_machine.py",
    "journeys/test_axe_organizers.py",
    "test_bench.py",
    "races/test_killed_fan_out.py",
    "races/test_killed_import.py",
    "mail/test_workers.py",
    "journeys/",
    "races/",
    "exchange/test_demo.py",
    "migrations/test_migrations.py",
    "test_rights.py",
    "test_statements.py",
    "test_cli_processes.py",
)


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests so that each of so many workers begins with its share of the long ones.

    `--dist worksteal` gives each worker an equal part of the list as it stands, and afterwards those that are done what
    is left at the end of another's part.
    """
    long = sorted((item for item in items if _place(item) < len(LONG)), key=_place)
    short = iter([item for item in items if _place(item) == len(LONG)])
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        size = (len(items) - len(ordered)) // (workers - worker)
        part = long[worker::workers]
        ordered += part
        ordered += islice(short, size - len(part))
    return ordered


def _place(item: pytest.Item) -> int:
    path = item.nodeid.partition("::")[0].removeprefix("tests/")
    return next((place for place, name in enumerate(LONG) if path.startswith(name)), len(LONG))

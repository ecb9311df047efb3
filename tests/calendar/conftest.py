"""What the calendar tests may ask for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, bytes], None]:
    """Compare with a golden file: `golden("register", content)`; UPDATE_GOLDEN=1 writes it anew: read the diff."""

    def compare(name: str, content: bytes) -> None:
        path = FOLDER / f"{name}.ics"
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_bytes(content)
        assert content.decode() == path.read_bytes().decode(), f"differs from {path}"

    return compare

"""One folder for one run of the tests, shared by all its worker processes, gone at the end."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

VARIABLE: Final = "JUHUI_TEST_RUN"
_ROOM_NEEDED: Final = 1 << 30


def create() -> Path:
    """Make the folder, in memory where there is room, and name it to the processes started from here."""
    memory = Path("/dev/shm")  # noqa: S108 - only a place; the folder in it is made safely
    in_memory = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM_NEEDED
    folder = Path(tempfile.mkdtemp(prefix="juhui-tests-", dir=memory if in_memory else None))
    # PostgreSQL refuses root, so as root it runs as somebody else, who must be able to pass through here.
    folder.chmod(0o711)
    os.environ[VARIABLE] = str(folder)
    return folder


def path() -> Path:
    """Return the folder of this run."""
    return Path(os.environ[VARIABLE])


def remove() -> None:
    """Delete the folder with all that is in it."""
    shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold a lock among all processes of this run; a process that dies lets go of it."""
    with (path() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""Where a run takes place: a folder on the disk, databases on both engines, applications and settings on them."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from flask import Flask

from app import create_app
from app.core.db import db
from tests.support import postgres, run_folder
from tests.support.databases import migrate

ROOT: Final = Path(__file__).parents[1]
Engine = Literal["sqlite", "postgresql"]
ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgresql")
SECRET_KEY: Final = "a key for the benchmarks, long enough to be taken for one"
DEMO_EVENT: Final = "kubesphere-meetup-beijing-demo"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    organized: int = 1_000  # events on the organizers' pages, and attendees of one of them
    rows: int = 100_000  # attendees of one event, letters, events
    feed_events_few: int = 1_000
    feed_events: int = 5_000
    fan_out: int = 5_000  # people who must hear of a change
    messaged: int = 10_000  # people whom a message goes to
    delivered: int = 1_000  # of the letters about it
    rounds: int = 5
    seconds: float = 2.0  # of load in each round
    repeats: int = 15  # of what is timed one by one

    @classmethod
    def tiny(cls) -> "Size":
        """Return the size that shows only that everything runs."""
        return cls(
            rows=60,
            organized=5,
            feed_events_few=3,
            feed_events=5,
            fan_out=20,
            messaged=20,
            delivered=20,
            rounds=1,
            seconds=0.1,
            repeats=1,
        )


class Stage:
    """The folder and the databases of one run."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.size = size
        self._postgres: list[str] = []

    def database(self, engine: Engine, name: str) -> str:
        """Return the address of a new migrated database that waits for the disk, as a real one does."""
        if engine == "sqlite":
            url = f"sqlite:///{self.folder / f'{name}.sqlite3'}"
        else:
            url = postgres.create_database(f"juhui_bench_{os.getpid()}_{name}")
            postgres.use_disk(durable=True)
            self._postgres.append(url)
        migrate(url)
        return url

    def demo(self, engine: Engine, name: str = "demo") -> str:
        """Return the address of a new database with the community that `make run` shows."""
        url = self.database(engine, name)
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare", "--demo"]
        subprocess.run(command, cwd=ROOT, env=self.environment(url), check=True, stdout=subprocess.DEVNULL)
        return url

    def environment(self, url: str, **settings: str) -> dict[str, str]:
        """Return the environment of a process of the site on this database; nothing of the caller's settings."""
        return {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "APP_ENV": "development",
            "DATABASE_URL": url,
            "INSTANCE_PATH": str(self.folder / "instance"),
            "SECRET_KEY": SECRET_KEY,
            "LOG_LEVEL": "warning",
            **settings,
        }

    @contextmanager
    def application(self, url: str, **settings: object) -> Iterator[Flask]:
        """Open the site on this database in this process, without the page cache unless it is asked for."""
        values: dict[str, object] = {
            "APP_ENV": "testing",
            "DATABASE_URL": url,
            "INSTANCE_PATH": str(self.folder / "instance"),
            "SECRET_KEY": SECRET_KEY,
            "DUTIES": "off",
            "LOG_LEVEL": "error",
            "PAGE_CACHE_SECONDS": "0",
            "SIGN_UP_RATE": "1000000 per second",
            "SIGN_UP_SECONDS_MIN": "0",
            "SITE_LANGUAGE": "zh",
        }
        app = create_app(values | settings)
        app.config["TESTING"] = False
        # As wsgi.py does it: else a collection that falls into a measurement looks through the whole program.
        gc.collect()
        gc.freeze()
        yield app
        gc.unfreeze()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()

    def close(self) -> None:
        """Delete the databases made on a server that outlives the run."""
        for url in self._postgres:
            postgres.drop_database(url)


@contextmanager
def stage(size: Size) -> Iterator[Stage]:
    """Open a stage, and leave nothing behind."""
    # On the disk and not in memory, where the tests are: a commit must cost what it costs.
    folder = Path(tempfile.mkdtemp(prefix="juhui-bench-", dir="/var/tmp"))
    # PostgreSQL refuses root, so as root it runs as somebody else, who must be able to pass through here.
    folder.chmod(0o711)
    outer = os.environ.get(run_folder.VARIABLE)
    os.environ[run_folder.VARIABLE] = str(folder)
    opened = Stage(folder, size)
    try:
        yield opened
    finally:
        opened.close()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
        if outer is None:
            del os.environ[run_folder.VARIABLE]
        else:
            os.environ[run_folder.VARIABLE] = outer

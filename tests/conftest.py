"""What every test may ask for. Real parts: both database engines, the site's client, a mail server, a browser."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page
from sqlalchemy import event, text
from sqlalchemy.orm import Session, scoped_session

from app import create_app
from app.community import site
from app.core import foundations
from app.core.db import db as database
from app.core.db import transaction
from tests.support import browser as chromium
from tests.support import network, order, postgres, routing, run_folder
from tests.support.client import SeparateClient
from tests.support.databases import PostgresDatabase, SharedEngines, new_sqlite, remove_leftovers
from tests.support.factories import EventFactory
from tests.support.server import Server
from tests.support.smtp import SmtpServer, self_signed
from tests.support.statements import counted

SECRET_KEY = "a key for the tests, long enough to be taken for one"

type_of_page = Callable[..., Page]


def pytest_configure(config: pytest.Config) -> None:
    """Open the run: its folder, and the guard against other machines."""
    if not hasattr(config, "workerinput"):
        run_folder.create()
    network.watch()
    routing.share_addresses()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the run, also when it was interrupted."""
    if not hasattr(config, "workerinput"):
        remove_leftovers()
        postgres.stop()
        run_folder.remove()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let several workers begin with the long tests; in a run of one process the order stays as it is in the files."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = order.longest_first(items, workers)


def pytest_collection_finish() -> None:
    """Let Python look no longer for what has become free among all the modules and tests: they stay to the end."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True)
def on_this_machine() -> Iterator[None]:
    """Fail a test that tried to reach another machine, even where the program swallowed the refusal."""
    network.attempts()

    yield

    assert network.attempts() == []


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[PostgresDatabase]:
    """The PostgreSQL database of this worker; `engine_url` empties it after each test."""
    with PostgresDatabase() as mine:
        yield mine


@pytest.fixture(scope="session")
def shared_engines() -> Iterator[SharedEngines]:
    """The engines of this worker, kept from test to test."""
    engines = SharedEngines()
    yield engines
    engines.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a freshly migrated empty database: each test runs once on each engine.

    What has nothing to do with the database may say
    `@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        # The same file for each test of a worker, so that its engine can be the same (see SharedEngines).
        folder = run_folder.path() / "sqlite" / os.environ.get("PYTEST_XDIST_WORKER", "gw")
        folder.mkdir(parents=True, exist_ok=True)
        yield new_sqlite(folder)
        return
    mine: PostgresDatabase = request.getfixturevalue("postgres_database")
    mine.begin()
    yield mine.url
    mine.empty()


@pytest.fixture
def settings() -> dict[str, object]:
    """Settings of `app` beside those of every test; a module overrides this fixture to give its own."""
    return {}


@pytest.fixture
def make_app(engine_url: str, tmp_path: Path, shared_engines: SharedEngines) -> Iterator[Callable[..., Flask]]:
    """Make an application on the test's database: `make_app(MAIL_SERVER="127.0.0.1")`."""
    made: list[Flask] = []

    def make(**overrides: object) -> Flask:
        values: dict[str, object] = {
            "APP_ENV": "testing",
            "DATABASE_URL": engine_url,
            "INSTANCE_PATH": str(tmp_path / "instance"),
            "SECRET_KEY": SECRET_KEY,
            "DUTIES": "off",
            "PAGE_CACHE_SECONDS": "0",
            "SIGN_UP_SECONDS_MIN": "0",
        }
        app = create_app(values | overrides)
        shared_engines.give(app)
        app.test_client_class = SeparateClient
        # Hundreds of applications in one run: the templates are compiled for the first alone.
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(run_folder.path()))
        made.append(app)
        return app

    yield make

    for app in made:
        shared_engines.take_back(app)


@pytest.fixture
def app(make_app: Callable[..., Flask], settings: dict[str, object]) -> Iterator[Flask]:
    """The application on a fresh database, with its context pushed: services and queries can be called."""
    app = make_app(**settings)
    with app.app_context():
        yield app
        database.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The site as a browser sees it; each request in a context of its own, as in the server."""
    return app.test_client()


@pytest.fixture
def db(app: Flask) -> scoped_session[Session]:
    """The test's own session."""
    return database.session


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A mail server on loopback, without encryption."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def make_smtp_server(tmp_path: Path) -> Iterator[Callable[..., SmtpServer]]:
    """Make a mail server that offers STARTTLS with a certificate of its own: `make_smtp_server(host="localhost")`.

    `credentials=(name, password)` makes it ask for them. Its certificate is in `tmp_path / "certificate.pem"`.
    """
    with ExitStack() as stack:

        def make(*, host: str = "127.0.0.1", credentials: tuple[str, str] | None = None) -> SmtpServer:
            certificate = self_signed(tmp_path, host=host)
            return stack.enter_context(SmtpServer(certificate=certificate, credentials=credentials))

        yield make


@pytest.fixture
def make_server(engine_url: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start the real site in its own processes on the test's database: `make_server(workers=2, DUTIES="off")`."""
    with ExitStack() as stack:

        def make(*, workers: int = 1, patience: float = 60, name: str = "127.0.0.1", **environment: str) -> Server:
            # The program that fills in our forms is quicker than a person may be.
            usual = {"DATABASE_URL": engine_url, "SECRET_KEY": SECRET_KEY, "SIGN_UP_SECONDS_MIN": "0"}
            values = usual | environment
            return stack.enter_context(Server(tmp_path, values, workers=workers, patience=patience, name=name))

        yield make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of a worker."""
    with chromium.launched() as running:
        yield running


@pytest.fixture
def page_at(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a profile of its own: `page_at(375, locale="zh-CN", javascript=False, base_url=server.base_url)`.

    At the end the test fails if any page met a script error, a refusal of the Content-Security-Policy, a request to a
    third party, or something it loads that was not served.
    """
    contexts: list[Any] = []
    faults = chromium.Faults()

    def open_page(
        width: int = 1280,
        *,
        locale: str = "en-GB",
        javascript: bool = True,
        color_scheme: Literal["light", "dark"] = "light",
        base_url: str | None = None,
    ) -> Page:
        context = chromium.new_context(
            browser, width=width, locale=locale, javascript=javascript, color_scheme=color_scheme, base_url=base_url
        )
        contexts.append(context)
        page: Page = context.new_page()
        faults.watch(page)
        # Matters when a test fails, and on a machine that has much else to do.
        page.set_default_timeout(60_000)
        return page

    yield open_page

    for context in contexts:
        context.close()
    assert faults.found() == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Ask axe-core what is wrong with a page: `assert axe(page) == []`."""
    return chromium.axe


@pytest.fixture
def make_event(app: Flask) -> EventFactory:
    """Make published events that take sign-ups: `make_event(capacity=1)`."""
    return EventFactory()


@pytest.fixture
def count_statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[list[str]]]:
    """Count what is asked of the database: `with count_statements() as seen: …`, then `len(seen)`."""
    # Otherwise one page each half minute asks once more: another one on a machine that is busy.
    monkeypatch.setattr(site, "KEPT_SECONDS", 10**6)
    return lambda: counted(database.engine)


@pytest.fixture
def statements(app: Flask) -> Callable[[], AbstractContextManager[list[tuple[str, object]]]]:
    """Collect the SQL of a block, with its values, to have it explained: `with statements() as seen: …`."""

    @contextmanager
    def collect() -> Iterator[list[tuple[str, object]]]:
        seen: list[tuple[str, object]] = []

        def note(_connection, _cursor, statement, parameters, *_rest) -> None:
            seen.append((statement, parameters))

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return collect


@pytest.fixture
def set_schema(app: Flask) -> Iterator[Callable[[str], None]]:
    """Write another schema version into the database; put back afterwards, since emptying leaves it alone."""

    def write(version: str) -> None:
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

    right = foundations.present_schema()
    assert right is not None
    yield write
    write(right)

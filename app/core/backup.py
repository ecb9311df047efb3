"""One file that holds an installation on SQLite: the database as of one instant, and the key that signs its links.

The copy is made by SQLite's online backup, so the site may go on working; it is checked before it is called a
backup. A PostgreSQL database has its own tool for this, and is refused with the command to use.
"""

import io
import json
import os
import sqlite3
import tarfile
import tempfile
import zlib
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from flask import current_app

from app.core.db import db
from app.core.foundations import schema_versions

FORMAT: Final = "juhui-backup/1"
_DATABASE: Final = "juhui.sqlite3"
_KEY: Final = "secret_key"
_MANIFEST: Final = "manifest.json"
_MEMBERS: Final = frozenset({_DATABASE, _KEY, _MANIFEST})
_MANIFEST_BYTES_MAX: Final = 64 * 1024
_CHUNK: Final = 1024 * 1024


class BackupError(Exception):
    """A backup that cannot be made or taken back; the message says why, and what to do."""


def backup(target: Path, *, now: datetime) -> int:
    """Write the backup to `target` and return its size in bytes; an older file of that name stays until then.

    Raises BackupError; `target` is then as it was.
    """
    source = _sqlite_file(verb="backed up", tool=f"pg_dump --format=custom --file={target} --dbname={{url}}")
    if not source.exists():
        message = f"There is no database at {source} yet. Run `flask --app wsgi prepare`."
        raise BackupError(message)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".juhui-backup-") as folder:
            copy, packed = Path(folder) / _DATABASE, Path(folder) / "packed"
            _copy(source, copy)
            _make_single(copy)
            version = _checked_version(copy)
            packed.touch(mode=0o600)
            with tarfile.open(packed, mode="w:gz") as archive:
                _pack(archive, copy, version=version, now=now)
            _reach_disk(packed)
            packed.replace(target)
    except OSError as error:
        message = f"The backup could not be written to {target}: {error.strerror or error}."
        raise BackupError(message) from None
    return target.stat().st_size


def restore(source: Path, *, overwrite: bool, now: datetime) -> Path | None:
    """Make the installation what it was when the backup was made; return where today's data was kept, if it was.

    Everything is checked first. Data that is there is replaced only with `overwrite`, and only after it has been
    backed up itself. Raises BackupError; the installation is then as it was.
    """
    target = _sqlite_file(verb="restored", tool=f"pg_restore --clean --if-exists --dbname={{url}} {source}")
    instance = Path(current_app.config["INSTANCE_PATH"])
    with tempfile.TemporaryDirectory(prefix="juhui-restore-") as folder:
        key = _unpack(source, Path(folder))
        is_taken = target.exists() and target.stat().st_size > 0
        if is_taken and not overwrite:
            message = f"There is a database at {target} already. With --force it is replaced (and kept as a backup)."
            raise BackupError(message)
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = None
        if is_taken:
            kept = instance / f"before-restore-{now:%Y%m%dT%H%M%S}.tar.gz"
            backup(kept, now=now)
        target.parent.mkdir(parents=True, exist_ok=True)
        db.engine.dispose()
        # Into the living file page by page, inside SQLite's own lock: a server that has it open sees the old
        # data or the new, and never a file that was swapped under it.
        _copy(Path(folder) / _DATABASE, target)
        if key is not None:
            fresh = instance / f".{_KEY}.restored"
            fresh.touch(mode=0o600)
            fresh.write_text(key)
            fresh.replace(instance / _KEY)
    return kept


def _sqlite_file(*, verb: str, tool: str) -> Path:
    url = db.engine.url
    if db.engine.dialect.name != "sqlite":
        # libpq's own scheme, without the password: a command ends up in the shell's history.
        plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
        message = (
            f"A PostgreSQL database is {verb} with its own tool:\n  {tool.format(url=plain)}\n"
            f"Keep {Path(current_app.config['INSTANCE_PATH']) / _KEY} (or your SECRET_KEY) with it: "
            "without that key the links in letters that were sent stop working."
        )
        raise BackupError(message)
    return Path(url.database or "")


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source, timeout=20)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
            old.backup(new)
    except sqlite3.Error as error:
        message = f"The database could not be copied: {error}."
        raise BackupError(message) from None


def _make_single(database: Path) -> None:
    """Leave write-ahead mode, so that the file is whole by itself and can be opened without writing beside it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _checked_version(database: Path) -> str:
    """Return the schema version of a database file that is whole; raises BackupError for any other file."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            state = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        message = f"The database in it is damaged or not ours: {error}."
        raise BackupError(message) from None
    if state != "ok":
        message = f"The database is damaged: {state}."
        raise BackupError(message)
    return str(version)


def _pack(archive: tarfile.TarFile, copy: Path, *, version: str, now: datetime) -> None:
    key_file = Path(current_app.config["INSTANCE_PATH"]) / _KEY
    # A key from the environment is the operator's to keep; only what lies in the instance folder is ours.
    own_key = key_file.read_bytes() if key_file.exists() else None
    manifest = {
        "format": FORMAT,
        "made_at": now.isoformat(timespec="seconds"),
        "schema": version,
        "sha256": {_DATABASE: _digest(copy)} | ({_KEY: sha256(own_key).hexdigest()} if own_key else {}),
    }
    _add(archive, _MANIFEST, json.dumps(manifest, indent=2).encode(), now)
    if own_key:
        _add(archive, _KEY, own_key, now)
    with copy.open("rb") as file:
        info = archive.gettarinfo(arcname=_DATABASE, fileobj=file)
        info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
        archive.addfile(info, file)


def _add(archive: tarfile.TarFile, name: str, content: bytes, now: datetime) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o600, int(now.timestamp())
    archive.addfile(info, io.BytesIO(content))


def _unpack(source: Path, folder: Path) -> str | None:
    """Put a backup's files into a folder once each has been checked; return the key in it, if there is one."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            members = {member.name: member for member in archive.getmembers() if member.isfile()}
            if not members.keys() <= _MEMBERS or not {_DATABASE, _MANIFEST} <= members.keys():
                message = f"{source} is not a backup made by `flask backup`."
                raise BackupError(message)
            sums = _checked_manifest(source, _read(archive, members[_MANIFEST]))
            for name in members.keys() - {_MANIFEST}:
                # By name and as plain bytes: nothing in the archive decides where a file goes.
                _write(archive, members[name], folder / name)
                if _digest(folder / name) != sums.get(name):
                    message = f"{source} is damaged: {name} is not what was put in."
                    raise BackupError(message)
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        message = f"{source} cannot be read as a backup: {error}."
        raise BackupError(message) from None
    version = _checked_version(folder / _DATABASE)
    if version not in schema_versions():
        message = f"{source} was made by a newer Juhui (schema {version}): install that version first."
        raise BackupError(message)
    return (folder / _KEY).read_text() if (folder / _KEY).exists() else None


def _checked_manifest(source: Path, content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
        sums: dict[str, Any] = manifest["sha256"]
        known = manifest["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        message = f"{source} is not a backup that this version can read."
        raise BackupError(message)
    return sums


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read(_MANIFEST_BYTES_MAX) if file else b""


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    file = archive.extractfile(member)
    target.touch(mode=0o600)
    with target.open("wb") as out:
        while file and (chunk := file.read(_CHUNK)):
            out.write(chunk)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _reach_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

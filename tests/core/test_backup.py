"""A backup is whole or is none; a restore changes everything or nothing."""

import io
import json
import sqlite3
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts import service
from app.accounts.models import Organizer
from app.core import backup as backups
from app.core.addresses import normalise
from app.core.backup import BackupError

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "backup.tar.gz"


@pytest.fixture
def key(app):
    path = Path(app.config["INSTANCE_PATH"]) / "secret_key"
    path.parent.mkdir(exist_ok=True)
    path.write_text("the key of that day, which signed its letters")
    return path


def add(name):
    service.add_organizer(normalise(f"{name}@example.com"), now=NOW)


def organizers(db):
    db.remove()
    return db.scalar(select(func.count()).select_from(Organizer))


def contents(file):
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}


def packed(file, contents):
    with tarfile.open(file, "w:gz") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_backup_holds_database_key_and_what_they_are(app, key, file):
    add("ada")

    size = backups.backup(file, now=NOW)

    found = contents(file)
    manifest = json.loads(found["manifest.json"])
    assert (size, file.stat().st_mode & 0o777) == (len(file.read_bytes()), 0o600)
    assert sorted(found) == ["juhui.sqlite3", "manifest.json", "secret_key"]
    assert (manifest["format"], manifest["made_at"]) == ("juhui-backup/1", "2026-03-01T04:00:00+00:00")
    assert found["secret_key"].decode() == key.read_text()
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_backup_is_of_one_instant_while_others_write(app, file, db):
    path, stop = db.get_bind().url.database, threading.Event()
    db.remove()

    def write():
        with sqlite3.connect(path, timeout=20) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                # Two rows in one transaction: a copy with an odd number of them would be torn.
                for half in "ab":
                    connection.execute(
                        "INSERT INTO organizers (email, email_key, name, language, created_at)"
                        " VALUES (?, ?, '', 'zh', '2026-01-01')",
                        (f"{number}{half}", f"{number}{half}"),
                    )
                connection.commit()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            backups.backup(file, now=NOW)
            copy = file.with_name("copy.sqlite3")
            copy.write_bytes(contents(file)["juhui.sqlite3"])
            connection = sqlite3.connect(copy)
            (count,) = connection.execute("SELECT count(*) FROM organizers").fetchone()
            connection.close()
            assert count % 2 == 0
    finally:
        stop.set()
        writer.join()


def test_restore_brings_back_data_and_key_under_an_open_connection(app, db, key, file):
    add("ada")
    backups.backup(file, now=NOW)
    add("bob")
    key.write_text("another key")
    path = db.get_bind().url.database
    other = sqlite3.connect(path)
    before = other.execute("SELECT count(*) FROM organizers").fetchone()

    kept = backups.restore(file, overwrite=True, now=NOW)

    after = other.execute("SELECT count(*) FROM organizers").fetchone()
    other.close()
    assert (before, after, organizers(db)) == ((2,), (1,), 1)
    assert key.read_text() == "the key of that day, which signed its letters"
    assert kept.name == "before-restore-20260301T040000.tar.gz"
    assert backups.restore(kept, overwrite=True, now=NOW)
    assert (organizers(db), key.read_text()) == (2, "another key")


def test_restore_needs_no_force_where_nothing_is(make_app, file, tmp_path, app, db):
    add("ada")
    backups.backup(file, now=NOW)
    db.remove()
    fresh = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/new/juhui.sqlite3", INSTANCE_PATH=str(tmp_path / "new"))

    with fresh.app_context():
        kept = backups.restore(file, overwrite=False, now=NOW)
        count = organizers(db)

    assert (kept, count) == (None, 1)


def spoil(file, how):
    found = contents(file)
    manifest = json.loads(found["manifest.json"])
    if how == "cut":
        file.write_bytes(file.read_bytes()[:-200])
        return
    if how == "no archive":
        file.write_text("hello")
        return
    if how == "stranger":
        found = {"etc/passwd": b"x", **found}
    elif how == "climbing":
        found["../evil"] = b"x"
    elif how == "altered":
        found["juhui.sqlite3"] = found["juhui.sqlite3"][:-1] + b"!"
    elif how == "format":
        found["manifest.json"] = json.dumps(manifest | {"format": "juhui-backup/99"}).encode()
    elif how == "no manifest":
        del found["manifest.json"]
    elif how == "newer":
        copy = file.with_name("newer.sqlite3")
        copy.write_bytes(found["juhui.sqlite3"])
        connection = sqlite3.connect(copy)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.close()
        found["juhui.sqlite3"] = copy.read_bytes()
    elif how == "no database":
        found["juhui.sqlite3"] = b"not a database, whatever its name"
    if how in {"newer", "no database"}:
        sums = manifest["sha256"] | {"juhui.sqlite3": backups.sha256(found["juhui.sqlite3"]).hexdigest()}
        found["manifest.json"] = json.dumps(manifest | {"sha256": sums}).encode()
    packed(file, found)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("cut", "cannot be read as a backup"),
        ("no archive", "cannot be read as a backup"),
        ("stranger", "is not a backup made by"),
        ("climbing", "is not a backup made by"),
        ("no manifest", "is not a backup made by"),
        ("altered", "juhui.sqlite3 is not what was put in"),
        ("format", "is not a backup that this version can read"),
        ("newer", "was made by a newer Juhui (schema 9999)"),
        ("no database", "is damaged or not ours"),
    ],
)
def test_restore_refuses_what_is_not_whole_and_changes_nothing(app, db, key, file, how, sentence):
    add("ada")
    backups.backup(file, now=NOW)
    add("bob")
    key.write_text("another key")
    spoil(file, how)

    with pytest.raises(BackupError) as refused:
        backups.restore(file, overwrite=True, now=NOW)

    assert sentence in str(refused.value)
    assert (organizers(db), key.read_text()) == (2, "another key")
    assert list(key.parent.glob("before-restore-*")) == []


def test_backup_that_fails_leaves_the_older_one(app, file):
    backups.backup(file, now=NOW)
    older = file.read_bytes()
    folder = file.parent / "folder"

    with pytest.raises(BackupError):
        backups.backup(folder / "nowhere" / "backup.tar.gz", now=NOW)

    assert file.read_bytes() == older

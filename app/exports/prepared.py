"""Files that are written in the background: for lists so long that nobody should wait before an open page.

A file is kept for a day, so that it can be fetched again after a broken download, and is deleted at once when somebody
at the event is erased: it may hold them.
"""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import delete, exists, insert, select

from app.attendees.queries import number
from app.attendees.wanted import Wanted
from app.core.db import db, require_transaction, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.models import Event
from app.exports import columns as kinds
from app.exports import files
from app.exports.columns import Column
from app.exports.downloads import entry_of_download
from app.exports.formats import FORMATS
from app.exports.models import ExportFile, ExportFilePart
from app.history.service import Actor
from app.registrations.models import Registration
from app.registrations.queries import all_questions_of
from app.work import service as work
from app.work.models import Task

KIND: Final = "exports.file"
KEPT: Final = timedelta(days=1)
PART_BYTES: Final = 256 * 1024
_AT_ONCE: Final = 20


def begin(
    event: Event, wanted: Wanted, used: Sequence[Column], suffix: str, *, language: Language, by: Actor, now: datetime
) -> Task:
    """Let a file be written, and write down who asked for it. Returns the task."""
    people = number(event, wanted)
    entry = entry_of_download(event, wanted, suffix, used, rows=people)
    with transaction():
        entry(by=by, now=now)
        params = {"query": wanted.as_query(), "columns": [each.key for each in used], "format": suffix}
        return work.begin(KIND, event_id=event.id, params=params, total=people, language=language, by=by, now=now)


class Writing:
    """A file on its way (work.kinds.Piece): in a temporary file of this process until it is whole."""

    def __init__(self, task: Task) -> None:
        """Read what it is to hold."""
        event = db.session.get_one(Event, task.event_id)
        questions = all_questions_of(event.id)
        self.done = 0
        self._name = f"{event.slug}-attendees"
        self._form = FORMATS[task.params["format"]]
        self._table = files.attendee_list(
            event,
            Wanted.stored(task.params["query"]),
            language=task.language,
            columns=kinds.chosen(task.params["columns"], questions),
            on_progress=self._count,
        )
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`

    def advance(self) -> Generator[int, None, None]:
        """Write it, a thousand people at a time."""
        with closing(self._form.write(self._table, self._file)) as parts:
            for _part in parts:
                yield self.done

    def keep(self, task: Task, now: datetime) -> None:
        """Store it, in parts of a size that any database takes."""
        session = require_transaction()
        kept = ExportFile(
            task_id=task.id,
            event_id=task.event_id,
            name=f"{self._name}.{self._form.suffix}",
            content_type=self._form.content_type,
            size=self._file.tell(),
            delete_at=now + KEPT,
        )
        session.add(kept)
        session.flush()
        self._file.seek(0)
        for position, content in enumerate(iter(partial(self._file.read, PART_BYTES), b"")):
            values = {"file_id": kept.id, "position": position, "content": content}
            session.execute(insert(ExportFilePart).values(values))
        task.done = self.done

    def close(self) -> None:
        """Let the temporary file go."""
        self._file.close()

    def _count(self, rows: int) -> None:
        self.done += rows


def file_of(event_id: int, code: str) -> ExportFile:
    """Return the file that this task has made. Raises NotFoundError when its day is over."""
    found = db.session.scalar(
        select(ExportFile)
        .join(Task, Task.id == ExportFile.task_id)
        .where(ExportFile.event_id == event_id, Task.code == code)
    )
    if found is None:
        raise NotFoundError(_("This file is there no more: it is kept for a day. Have it written again."))
    return found


def content_of(file_id: int) -> Iterator[bytes]:
    """Yield the file, a part a read: a slow download holds neither memory nor a snapshot."""
    position = 0
    while True:
        content = db.session.scalar(
            select(ExportFilePart.content).where(ExportFilePart.file_id == file_id, ExportFilePart.position == position)
        )
        db.session.commit()
        if content is None:
            return
        yield content
        position += 1


def forget_files(now: datetime) -> int:
    """Delete the files whose day is over; return how many. A duty."""
    over = select(ExportFile.id).where(ExportFile.delete_at <= now).order_by(ExportFile.delete_at).limit(_AT_ONCE)
    if db.session.scalar(over.limit(1)) is None:
        db.session.commit()
        return 0
    with transaction() as session:
        return len(session.scalars(delete(ExportFile).where(ExportFile.id.in_(over)).returning(ExportFile.id)).all())


def forget_those_with(registration_id: int) -> None:
    """Delete the files of the event at which somebody is erased; in the caller's transaction."""
    here = exists().where(Registration.id == registration_id, Registration.event_id == ExportFile.event_id)
    require_transaction().execute(delete(ExportFile).where(here), execution_options={"synchronize_session": False})

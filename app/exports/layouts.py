"""Named layouts of an event's exports: saved, changed, renamed, deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event
from app.exports import queries
from app.exports.columns import Column, chosen
from app.exports.downloads import columns_told
from app.exports.models import ExportLayout
from app.history.service import Actor, record
from app.registrations.queries import all_questions_of

_COPIED: Final = ("name", "columns", "format")


def save(event_id: int, name: str, columns: Sequence[Column], form: str, *, by: Actor, now: datetime) -> int:
    """Keep columns in their order under a name; return the layout's id. The same sent twice is one.

    Raises BadInputError where the name is another layout's, ConflictError where there are too many.
    """
    keys = [column.key for column in columns]
    with transaction() as session:
        locked_event(event_id)
        there = list(session.scalars(select(ExportLayout).where(ExportLayout.event_id == event_id)))
        same = next((each for each in there if each.name == name), None)
        if same is not None and (same.columns, same.format) == (keys, form):
            return same.id
        _refuse_taken(there, name, but=None)
        if len(there) >= queries.LAYOUTS_MAX:
            raise ConflictError(_("An event has at most %(max)d layouts.", max=queries.LAYOUTS_MAX))
        layout = ExportLayout(event_id=event_id, name=name, columns=keys, format=form, created_at=now)
        session.add(layout)
        session.flush()
        _note("saved", layout, {"columns": (None, columns_told(columns)), "format": (None, form)}, by=by, now=now)
        return layout.id


def change(event_id: int, layout_id: int, columns: Sequence[Column], form: str, *, by: Actor, now: datetime) -> None:
    """Give a layout other columns, another order or format; files by schedule follow. Raises NotFoundError."""
    keys = [column.key for column in columns]
    with transaction() as session:
        layout = _held(session, event_id, layout_id)
        if (layout.columns, layout.format) == (keys, form):
            return
        before = chosen(layout.columns, all_questions_of(event_id))
        changes = {"columns": (columns_told(before), columns_told(columns)), "format": (layout.format, form)}
        layout.columns, layout.format = keys, form
        _note("saved", layout, changes, by=by, now=now)


def rename(event_id: int, layout_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """Call a layout otherwise. Raises NotFoundError, and BadInputError where the name is another one's."""
    with transaction() as session:
        layout = _held(session, event_id, layout_id)
        if layout.name == name:
            return
        there = list(session.scalars(select(ExportLayout).where(ExportLayout.event_id == event_id)))
        _refuse_taken(there, name, but=layout_id)
        layout.name = name
        _note("renamed", layout, {}, by=by, now=now)


def delete(event_id: int, layout_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a layout, and what is sent by it every day. Raises NotFoundError."""
    with transaction() as session:
        layout = _held(session, event_id, layout_id)
        session.delete(layout)
        _note("deleted", layout, {}, by=by, now=now)


def copy(source: Event, copies: Sequence[Event], *, now: datetime) -> None:
    """Give copies of an event its layouts; inside the transaction that makes them."""
    session = require_transaction()
    session.add_all(
        ExportLayout(event_id=made.id, created_at=now, **{name: getattr(layout, name) for name in _COPIED})
        for layout in queries.layouts(source.id)
        for made in copies
    )


def _note(
    what: str, layout: ExportLayout, changes: Mapping[str, tuple[object, object]], *, by: Actor, now: datetime
) -> None:
    # By its number: the name may be a person's, and the history is for ever.
    told: dict[str, tuple[object, object]] = {"layout": (None, layout.id), **changes}
    record(f"export_layout.{what}", by=by, now=now, event_id=layout.event_id, changes=told)


def _held(session: Session, event_id: int, layout_id: int) -> ExportLayout:
    locked_event(event_id)
    session.expire_all()  # what was read before the lock
    return queries.layout(event_id, layout_id)


def _refuse_taken(there: Sequence[ExportLayout], name: str, *, but: int | None) -> None:
    if any(each.name.casefold() == name.casefold() and each.id != but for each in there):
        raise BadInputError(_("Another layout of this event has this name."), field="name")

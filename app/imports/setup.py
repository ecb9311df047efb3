"""Wires the room into the application."""

from functools import partial

from flask import Flask, url_for

from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.history import undo, words
from app.imports import applying, checking, forgetting, receivers, service, undoing, views
from app.work import kinds
from app.work.models import Task

_ACTIONS = {
    applying.IMPORTED: _l("Attendees imported"),
    undoing.UNDONE: _l("Import of attendees undone"),
}
# Beside "rows", which has its words already.
_FIELDS = {
    "new_people": _l("New"),
    "known_people": _l("Registered already"),
    "in_queue": _l("On the waiting list"),
    "with_letters": _l("E-mails sent"),
    "removed_people": _l("Removed"),
    "cancelled_people": _l("Cancelled by e-mail"),
    "kept_people": _l("Left, since they were changed"),
}
_OUTCOMES = {
    "confirmed": _l("Confirmed"),
    "waiting": _l("Waiting list"),
    "pending": _l("To be approved"),
    "known": _l("Registered already"),
}
_UNDONE = {
    "removed": _l("Removed"),
    "cancelled": _l("Cancelled by e-mail"),
    "kept": _l("Left, since they were changed"),
}


def init_app(app: Flask) -> None:
    """Register the room's pages, the work it does, and its duty."""
    app.register_blueprint(views.bp)
    kind = partial(kinds.Kind, needs=Permission.MANAGE_ATTENDEES, address=_address)
    kinds.register(
        service.CHECK,
        kind(
            title=_l("Import: what would happen"),
            step=checking.step,
            outcomes={},
            take_back=checking.take_back,
            also_when_refused=True,
        ),
    )
    kinds.register(
        service.APPLY,
        kind(
            title=_l("Import of attendees"),
            step=applying.step,
            outcomes={**_OUTCOMES, **_UNDONE},
            take_back=undoing.step,
            also_when_refused=True,
        ),
    )
    kinds.register(
        service.UNDO,
        kind(title=_l("Undoing an import"), step=undoing.step, outcomes=_UNDONE, can_be_stopped=False),
    )
    words.register(_ACTIONS)
    words.register_fields(_FIELDS)
    undo.register(applying.IMPORTED, service.undo_entry, needs={Permission.MANAGE_ATTENDEES}, needs_proof=True)
    receivers.connect()
    jobs.register(app, "forget imports", forgetting.forget)


def _address(task: Task, slug: str) -> str:
    return url_for("imports.show", slug=slug, import_id=task.params["import"])

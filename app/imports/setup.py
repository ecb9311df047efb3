"""Wires the room into the application."""

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
    needs = Permission.MANAGE_ATTENDEES
    kinds.register(
        service.CHECK,
        kinds.Kind(
            title=_l("Import: what would happen"),
            step=checking.step,
            needs=needs,
            outcomes={},
            take_back=checking.take_back,
            also_when_refused=True,
            address=_address,
        ),
    )
    kinds.register(
        service.APPLY,
        kinds.Kind(
            title=_l("Import of attendees"),
            step=applying.step,
            needs=needs,
            outcomes={**_OUTCOMES, **_UNDONE},
            take_back=undoing.step,
            also_when_refused=True,
            address=_address,
        ),
    )
    kinds.register(
        service.UNDO,
        kinds.Kind(
            title=_l("Undoing an import"),
            step=undoing.step,
            needs=needs,
            outcomes=_UNDONE,
            can_be_stopped=False,
            address=_address,
        ),
    )
    words.register(_ACTIONS)
    words.register_fields(_FIELDS)
    undo.register(applying.IMPORTED, service.undo_entry, needs={needs.value}, needs_proof=True)
    receivers.connect()
    jobs.register(app, "forget imports", forgetting.forget)


def _address(task: Task, slug: str) -> str:
    return url_for("imports.show", slug=slug, import_id=task.params["import"])

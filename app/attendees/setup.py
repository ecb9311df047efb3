"""Wires the room into the application."""

from flask import Flask, url_for

from app.accounts import menu, proofs
from app.accounts.rights import Permission
from app.attendees import bulk, bulk_marks, past, views, views_approval, views_attendee, views_bulk, views_person
from app.core.i18n import lazy_gettext as _l
from app.work import kinds
from app.work.models import Task

# The pages on which the tab is the present one.
_INSIDE = (
    "approvals.index", "approvals.decision", "attendee.show", "attendee.promote", "attendee.move", "attendee.remove",
    "attendee.confirm_erasure", "attendee.erase", "bulk.confirm", "bulk.carry_out", "person.new", "person.add",
    "person.edit", "person.correct", "person.show_answers", "person.tag", "person.write_note", "attendees.save_view",
    "attendee.confirm_erasure", "attendee.erase", "imports.index", "imports.receive", "imports.show", "imports.columns",
    "imports.check", "imports.apply", "imports.choose_sheet", "work.index", "work.show",
)  # fmt: skip


def _list_with_a_way_back(task: Task, slug: str) -> str:
    # The bare word asks the page to offer that it is undone.
    marks = bulk.Action(task.params["action"]).marks
    return url_for("attendees.index", slug=slug, done="" if marks else None)


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(views.bp)
    # Before the page of one attendee: "new" and "bulk" are no codes.
    app.register_blueprint(views_bulk.bp)
    app.register_blueprint(views_person.bp)
    app.register_blueprint(views_attendee.bp)
    app.register_blueprint(views_approval.bp)
    proofs.name(app, {"person.show_answers": _l("See masked answers in full")})
    past.register()
    kinds.register(
        bulk.KIND,
        kinds.Kind(
            title=_l("Decision on many attendees"),
            step=bulk.step,
            needs=Permission.MANAGE_ATTENDEES,
            outcomes=past.OUTCOMES,
            private=bulk.PRIVATE,
            close=bulk.close,
            address=_list_with_a_way_back,
        ),
    )
    kinds.register(
        bulk_marks.UNDO_KIND,
        kinds.Kind(
            title=_l("Undoing a tag on many attendees"),
            step=bulk_marks.undo_step,
            needs=Permission.MANAGE_ATTENDEES,
            outcomes=past.OUTCOMES,
            address=lambda _task, slug: url_for("attendees.index", slug=slug),
        ),
    )
    menu.add(app, "event", 50, "attendees.index", _l("Attendees"), needs=Permission.SEE_ATTENDEES, inside=_INSIDE)

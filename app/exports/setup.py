"""Wires the room into the application."""

from flask import Flask, url_for

from app.accounts import menu, proofs
from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.exports import (
    files,
    forgetting,
    mails,
    past,
    prepared,
    receivers,
    schedules,
    views,
    views_files,
    views_handed_over,
    views_lists,
    views_schedules,
    views_venue,
)
from app.history import words
from app.history.service import plain
from app.work import kinds

# Each adds its pages to the blueprint of `views`.
_PAGES = (views_files, views_lists, views_schedules)
# The pages on which the tab is the present one.
_INSIDE = (
    "exports.choose_file", "exports.prepare", "exports.save_layout", "exports.change_layout",
    "exports.rename_layout", "exports.schedule",
    "exports.sponsor_lists", "exports.kitchen_count", "venue_lists.index", "venue_lists.show", "venue_lists.make_link",
)  # fmt: skip
_PROVED = {
    "exports.download": _l("Download the attendee list"),
    "exports.choose_file": _l("Download the attendee list"),
    "exports.layout_file": _l("Download the attendee list"),
    "exports.prepare": _l("Download the attendee list"),
    "exports.prepared_file": _l("Download the attendee list"),
    "exports.schedule_file": _l("Download the attendee list"),
    "exports.sponsor_file": _l("Download a sponsor list"),
    "exports.kitchen_count": _l("See who eats what"),
    "venue_lists.file": _l("Download a venue list"),
    "venue_lists.make_link": _l("Make a link to a venue list"),
}


def init_app(app: Flask) -> None:
    """Register the room's pages, letter, duties and receivers."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_venue.bp)
    app.register_blueprint(views_handed_over.bp)
    menu.add(app, "event", 55, "exports.index", _l("Exports"), needs=Permission.EXPORT, inside=_INSIDE)
    app.jinja_env.globals["export_formats"] = tuple(files.FORMATS)
    app.jinja_env.globals.update(said_field=words.of_field, said_value=words.of_value, plain_value=plain)
    proofs.name(app, _PROVED)
    past.register()
    mails.register()
    receivers.connect()
    jobs.register(app, "daily lists", schedules.send_due)
    jobs.register(app, "forget venue lists", forgetting.forget_lists)
    jobs.register(app, "forget files", prepared.forget_files)
    kinds.register(
        prepared.KIND,
        kinds.Kind(
            title=_l("A file of attendees"),
            step=None,
            piece=prepared.Writing,
            needs=Permission.EXPORT,
            outcomes={},
            private=("query",),
            address=lambda task, slug: url_for("exports.prepared_file", slug=slug, code=task.code),
        ),
    )

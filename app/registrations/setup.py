"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu, proofs
from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.registrations import (
    changes,
    erasing_letters,
    forgetting,
    known_events,
    mails,
    mails_mine,
    offers,
    past,
    personal_feed,
    receivers,
    reminder_letters,
    reminders,
    transfer_letters,
    views,
    views_feed,
    views_invitations,
    views_mine,
    views_offers,
    views_preview,
    views_questions,
    views_reminders,
    views_ticket,
    views_transfers,
)

# The pages on which a tab is the present one.
_OF_SIGN_UP = (
    "save", "new_ticket_type", "add_ticket_type", "ticket_type", "change_ticket_type", "new_question", "add_question",
    "question", "change_question", "question_removal",
)  # fmt: skip
_PROVED = {
    "sign_up_manage.remove_question": _l("Delete a question and the answers given to it"),
}


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and receivers."""
    app.register_blueprint(views.bp)
    past.register()
    proofs.name(app, _PROVED)
    app.register_blueprint(views_feed.bp)
    app.register_blueprint(views_offers.bp)
    app.register_blueprint(views_preview.bp)
    app.register_blueprint(views_transfers.bp)
    app.register_blueprint(views_reminders.bp)
    app.register_blueprint(views_questions.bp)
    app.register_blueprint(views_invitations.bp)
    app.register_blueprint(views_ticket.bp)
    app.register_blueprint(views_mine.bp)
    views_mine.init_app(app)
    pages = (*(f"sign_up_manage.{page}" for page in _OF_SIGN_UP), "invitations.index", "invitations.invite")
    menu.add(app, "event", 40, "sign_up_manage.index", _l("Sign-up"), needs=Permission.CONFIGURE, inside=pages)
    known_events.init_app(app)
    mails.register()
    personal_feed.register()
    mails_mine.register()
    transfer_letters.register()
    reminder_letters.register()
    erasing_letters.register()
    receivers.connect()
    jobs.register(app, "announce", changes.announce)
    jobs.register(app, "expire offers", offers.expire)
    jobs.register(app, "remind", reminders.remind)
    jobs.register(app, "forget answers", forgetting.forget_answers)
    jobs.register(app, "forget transfers", forgetting.forget_transfers)

"""Wires the room into the application."""

from flask import Flask

from app.accounts import (
    gate,
    invitations,
    mails,
    menu,
    pages,
    proofs,
    team,
    views_account,
    views_oidc,
    views_proof,
    views_team,
    words,
)
from app.accounts.rights import Permission
from app.accounts.views import bp
from app.core.i18n import lazy_gettext as _l
from app.history import undo
from app.mail import kinds


def init_app(app: Flask) -> None:
    """Register the room's pages, its letters, and the gate before everything under /organizer."""
    gate.init_app(app)
    pages.init_app(app)
    kinds.register(mails.SIGN_IN, mails.sign_in)
    kinds.register(mails.PROOF, mails.proof)
    kinds.register(mails.NEW_DEVICE, mails.new_device)
    kinds.register(mails.WAY_ADDED, mails.way_added)
    app.register_blueprint(bp)
    app.register_blueprint(views_account.bp)
    app.register_blueprint(views_proof.bp)
    app.register_blueprint(views_oidc.bp)
    views_proof.init_app(app)
    app.register_blueprint(views_team.bp)
    kinds.register(invitations.KIND, invitations.write)
    inside = ("team.member", "team.invite", "team.change_role")
    menu.add(app, "site", 60, "team.index", _l("Team"), needs=Permission.TEAM, inside=inside)
    words.register()
    undo.register("organizer.removed", team.restore, needs={Permission.SITE}, needs_proof=True)
    undo.register("organizer.role_changed", team.give_back, needs={Permission.SITE}, needs_proof=True)
    proofs.name(
        app,
        {
            "team.invite": _l("Invite somebody to manage the site"),
            "team.change_role": _l("Change somebody's role for the site"),
            "team.invite_again": _l("Send an invitation to manage the site again"),
        },
    )

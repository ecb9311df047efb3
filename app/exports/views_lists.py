"""Whom each sponsor may have, and what the kitchen must know."""

from flask import Response, abort, request

from app.accounts.gate import actor, require_fresh_proof, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.i18n import current_language
from app.events.managed import managed_event
from app.exports import kitchen, sponsors
from app.exports.formats import FOR_PEOPLE
from app.exports.responses import file_response
from app.exports.views import ID, bp, to_export
from app.registrations.queries import all_questions_of


@bp.get("/exports/sponsors")
def sponsor_lists(slug: str) -> Response:
    """Show each sponsor with how many have agreed."""
    managed = to_export(slug)
    event = managed.event
    return manage_page(
        "exports/sponsors.html",
        permissions=managed.permissions,
        event=event,
        consents=sponsors.consents(event.id, all_questions_of(event.id)),
        formats=tuple(FOR_PEOPLE),
    )


@bp.get(f"/exports/sponsors/<{ID}:question_id>.<suffix>")
def sponsor_file(slug: str, question_id: int, suffix: str) -> Response:
    """Send those who agreed to one sponsor."""
    if suffix not in FOR_PEOPLE:
        abort(404)
    event = to_export(slug).event
    question = sponsors.consent(all_questions_of(event.id), question_id)
    require_fresh_proof(is_file=True)
    sponsors.record_download(event, question, suffix, by=actor(), now=utc_now())
    table = sponsors.sheet(event.id, question_id, language=current_language())
    return file_response(FOR_PEOPLE[suffix], table, f"{event.slug}-sponsor-{question_id}")


@bp.get("/exports/kitchen")
def kitchen_count(slug: str) -> Response:
    """Show how many eat what; who they are to those alone who may see the attendees and take lists out."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE)
    event = managed.event
    sees_people = Permission.SEE_ATTENDEES in managed.permissions
    may_see_names = sees_people and Permission.EXPORT in managed.permissions
    with_names = may_see_names and request.args.get("names") == "yes"
    if with_names:
        require_fresh_proof()
        kitchen.record_names_shown(event, by=actor(), now=utc_now())
    return manage_page(
        "exports/kitchen.html",
        permissions=managed.permissions,
        event=event,
        people=kitchen.people(event.id),
        counts=kitchen.counts(
            event.id,
            all_questions_of(event.id),
            sees_people=sees_people,
            with_names=with_names,
            language=current_language(),
        ),
        may_see_names=may_see_names,
        with_names=with_names,
        at=utc_now(),
    )

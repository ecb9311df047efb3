"""The overview of one event: the page its title on the dashboard leads to."""

from flask import Response, current_app, request

from app.accounts.gate import signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.events import checklist
from app.events.managed import managed_event
from app.events.models import EventState
from app.events.views_life import preview_url
from app.organizer import overview
from app.organizer.views import bp


@bp.get("/events/<slug>")
def event(slug: str) -> Response:
    """Show where the event stands, its numbers, what is missing, and what can be done next."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE, options=checklist.loads())
    found, now = managed.event, utc_now()
    numbers = overview.numbers(found.id)
    people = numbers.people()
    is_draft = found.state == EventState.DRAFT
    main, rare = overview.actions(found, people, managed.permissions, now=now)
    word, kind = overview.state_words(found, now=now)
    return manage_page(
        "organizer/overview.html",
        permissions=managed.permissions,
        event=found,
        numbers=numbers,
        state_word=word,
        state_kind=kind,
        entry=overview.by_itself(found),
        lines=overview.lines(found, managed.permissions, now=now) if is_draft else [],
        actions=main,
        rare_actions=rare,
        preview_url=preview_url(managed) if is_draft and Permission.EDIT in managed.permissions else None,
        saved_form=overview.saved_form(request.args.get("after"), found.slug),
        done=overview.done_words(request.args.get("after"), people, current_app.config["CHANGE_LETTER_DELAY"] // 60),
    )

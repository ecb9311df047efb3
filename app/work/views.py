"""How far long work is: a page that can be left and found again, with a button to stop."""

from flask import Blueprint, Response
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.events.managed import Managed, managed_event
from app.web.pages import see_other
from app.work import kinds, queries, service
from app.work.models import Task

bp = Blueprint("work", __name__, url_prefix=f"{PATH}/events/<slug>/work")


@bp.get("/")
def index(slug: str) -> Response:
    """Show the latest work at this event."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE)
    tasks = queries.tasks_of(managed.event.id, managed.permissions)
    return manage_page(
        "work/index.html",
        permissions=managed.permissions,
        event=managed.event,
        tasks=[(task, kinds.kind_of(task)) for task in tasks],
    )


@bp.get("/<code>")
def show(slug: str, code: str) -> Response:
    """Show how far one piece of work is, and what came of it."""
    managed, task = _task(slug, code)
    kind = kinds.kind_of(task)
    return manage_page(
        "work/task.html",
        permissions=managed.permissions,
        event=managed.event,
        task=task,
        kind=kind,
        outcomes=[(name, task.counts[key]) for key, name in kind.outcomes.items() if task.counts.get(key)],
        address=kind.address(task, slug),
    )


@bp.post("/<code>/stop")
def stop(slug: str, code: str) -> BaseResponse:
    """Stop it; what can be taken back is."""
    _managed, task = _task(slug, code)
    service.stop(task.id, now=utc_now())
    return see_other(".show", slug=slug, code=code)


@bp.post("/<code>/resumption")
def resume(slug: str, code: str) -> BaseResponse:
    """Let it go on after a fault of the site."""
    _managed, task = _task(slug, code)
    service.resume(task.id, now=utc_now())
    return see_other(".show", slug=slug, code=code)


def _task(slug: str, code: str) -> tuple[Managed, Task]:
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE)
    return managed, queries.task_at(managed.event.id, code, managed.permissions)

"""What a load balancer and a monitor ask: is the process up, and should readers be sent to it."""

from http import HTTPStatus

from flask import Blueprint, Response, current_app, jsonify

from app.core import checks
from app.core.clock import utc_now

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer while the process can answer at all; asks nobody, so that a slow database kills no process."""
    return _unkept(Response("ok\n", content_type="text/plain; charset=utf-8"))


@bp.get("/readyz")
def ready() -> Response:
    """Answer 200 when readers may be sent here, else 503; the body says of each check ok, warning or problem.

    No details: anybody may ask.
    """
    found = checks.run_all(current_app._get_current_object(), now=utc_now(), readiness_only=True)  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    response = jsonify({name: finding.word for name, finding in found})
    if any(finding.word == "problem" for _name, finding in found):
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return _unkept(response)


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response

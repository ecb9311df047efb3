"""The numbers of the whole community, for whoever has a role for the site."""

from flask import Blueprint, Response, request

from app.accounts.gate import PATH, require
from app.accounts.pages import manage_page, site_permissions
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.numbers import site_charts, site_queries
from app.numbers.charts import Chart
from app.numbers.figures import figure, file, picture

bp = Blueprint("site_numbers", __name__, url_prefix=f"{PATH}/numbers")


@bp.get("")
def index() -> Response:
    """Show attendance over time, who comes back, and who does not come."""
    organizer, now = require(Permission.SEE), utc_now()
    figures = [figure(chart, ".") for chart in site_charts.of_site(now=now)]
    # Where nothing is counted yet, where to begin; for whoever may.
    begins = not figures and Permission.EDIT in site_permissions(organizer)
    uncounted = site_queries.uncounted(now=now) if begins else []
    return manage_page("numbers/site.html", figures=figures, uncounted=uncounted, as_of=now)


@bp.get("/charts/<key>.svg")
def chart(key: str) -> Response:
    """Answer one chart as a picture of the page."""
    return picture(_chart(key), request.args.get("width", type=int))


@bp.get("/files/<key>.<suffix>")
def download(key: str, suffix: str) -> Response:
    """Answer one chart as a file."""
    return file(_chart(key), suffix, name=f"community-{key}")


def _chart(key: str) -> Chart:
    require(Permission.SEE)
    found = site_charts.of_site(now=utc_now(), only=key)
    if not found:
        raise NotFoundError(_("There is no such chart, or nothing to show in it yet."))
    return found[0]

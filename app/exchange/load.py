"""Loading a community from files: all of it, or nothing."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from app.community.models import Site
from app.community.site import SITE_ID, forget_site
from app.core.db import transaction
from app.exchange.mistakes import FileMistakesError
from app.exchange.report import LoadReport


def load(paths: Iterable[Path], *, now: datetime) -> LoadReport:
    """Make the database what these files, and the YAML files in these folders, say; return what was done.

    The files are one set: an entry may name another one of any file, or one that is stored. What the files do not
    speak of stays as it is, so a second load changes nothing. Raises FileMistakesError with every mistake, its file,
    line and field, and then nothing has been changed.
    """
    # Here and not above: only a load needs YAML and pydantic, and every process of the site would carry them.
    from app.exchange import bundle as bundles
    from app.exchange import checks, community_rows, event_rows, reading, rows

    documents, mistakes = reading.read(paths)
    bundle, misshapen = bundles.gather(documents)
    mistakes += misshapen
    report = LoadReport()
    with transaction() as session:
        session.expire_all()
        stored = rows.rows_named_in(bundle, session)
        zone = bundles.time_zone(bundle, session.get(Site, SITE_ID))
        found, schedules = checks.find_mistakes(bundle, stored, site_zone=zone, now=now)
        mistakes += found
        if mistakes:
            raise FileMistakesError(mistakes)
        community_rows.write_community(bundle, stored, session, now=now, report=report)
        event_rows.write_events(bundle, schedules, stored, session, now=now, report=report)
    forget_site()
    return report

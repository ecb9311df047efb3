from app.community import site as kept
from app.community.models import Site
from app.community.site import SITE_ID, site
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.jobs import run_all


def name_it(name):
    with transaction() as session:
        row = session.get(Site, SITE_ID) or Site(id=SITE_ID, time_zone="UTC", url=None, tagline=Texts(), about=Texts())
        row.name, row.revised_at = Texts(en=name), utc_now()
        session.add(row)


def test_the_name_is_kept_until_its_time_is_over(app, monkeypatch):
    name_it("First")
    before = site().name.en
    name_it("Second")
    meanwhile = site().name.en

    monkeypatch.setattr(kept, "KEPT_SECONDS", -1.0)
    kept.forget_site()
    site()  # kept for no time at all

    assert (before, meanwhile, site().name.en) == ("First", "First", "Second")


def test_the_duties_read_the_name_before_a_page_has_to(app, count_statements, monkeypatch):
    name_it("First")
    site()
    name_it("Second")

    monkeypatch.setattr(
        kept, "KEPT_SECONDS", 10 * kept.KEPT_SECONDS
    )  # what is kept has now less than half of its time left
    run_all(app)
    with count_statements() as seen:
        shown = site().name.en

    assert (shown, seen) == ("Second", [])

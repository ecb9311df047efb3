"""What the addresses of exports speak of, each made when it is first asked for."""

from functools import cached_property

from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.db import transaction
from app.events.models import Event
from app.exports import handing_over, layouts, prepared, venue
from app.exports.columns import Column, usual
from app.exports.models import ExportSchedule
from app.history.service import THE_SITE
from app.registrations.models import Purpose, QuestionKind
from app.registrations.queries import all_questions_of
from app.work import service as work
from tests.support.factories import add_question


class Exported:
    """One event with layouts, lists and links."""

    event: Event

    @cached_property
    def consent_id(self) -> int:
        """A box by which people agree that a sponsor gets their name."""
        return add_question(self.event, "acme", kind=QuestionKind.CHECKBOX, purpose=Purpose.SPONSOR_CONSENT).id

    @cached_property
    def layout_id(self) -> int:
        """Columns that are kept under a name."""
        columns = [Column("name"), Column("email")]
        return layouts.save(self.event.id, "Door", columns, "csv", by=THE_SITE, now=utc_now())

    @cached_property
    def schedule_id(self) -> int:
        """A list that is written about every morning."""
        layout_id = self.layout_id
        with transaction() as session:
            made = ExportSchedule(event_id=self.event.id, layout_id=layout_id, query={}, created_at=utc_now())
            session.add(made)
        return made.id

    @cached_property
    def venue_version(self) -> int:
        """A list that was frozen for the venue."""
        return venue.freeze(self.event, set(), language="en", by=THE_SITE, now=utc_now())

    @cached_property
    def venue_link_id(self) -> int:
        """A link by which the venue may take it."""
        frozen = venue.frozen_list(self.event.id, self.venue_version)
        handing_over.make_link(frozen, "Desk", days=1, by=THE_SITE, now=utc_now())
        return venue.links(frozen.id)[0].id

    @cached_property
    def file_code(self) -> str:
        """A file that was written in the background."""
        now, wanted = utc_now(), Wanted()
        columns = usual(all_questions_of(self.event.id))
        task = prepared.begin(self.event, wanted, columns, "csv", language="en", by=THE_SITE, now=now)
        while not task.finished_at:
            work.advance(now)
        return task.code

"""Makes the community's rows what the files say: site, cities, tags, groups, roles, people, venues."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.community.models import Award, Group, Person, Role, Site, Term
from app.community.site import SITE_ID
from app.core.i18n import Texts
from app.events.coordinates import Point, bd09_to_wgs84, gcj02_to_wgs84
from app.events.models import City, Event, SessionSpeaker, Tag, Venue
from app.events.models import Session as AgendaSession
from app.events.rules import VenueWords
from app.events.service import touch_events
from app.exchange.bundle import Bundle, Located
from app.exchange.checks import award_slug
from app.exchange.report import LoadReport
from app.exchange.rows import Rows, changed
from app.exchange.schema import Datum, Entry, GroupEntry, NamedEntry, PersonEntry, RoleEntry, SiteEntry, VenueEntry

# What calendars show of a venue; the way in is on the page only.
_VENUE_IN_CALENDARS: Final = frozenset({"name", "address", "latitude", "longitude"})
# A pin that moves by less than a centimetre has not moved: conversions between datums round.
_DEGREES_KEPT: Final = 7


def write_community(bundle: Bundle, rows: Rows, session: Session, *, now: datetime, report: LoadReport) -> None:
    """Make every row except events; the bundle has been checked. Lower things first, since higher ones name them."""
    for site in bundle.sites:
        _write_site(site, session, now=now, report=report)
    for city in bundle.cities:
        if renamed := _write_named("cities", city, rows.cities, City, session, report):
            in_it = select(Event).where(Event.city_id == renamed.id).order_by(Event.id)
            touch_events(session.scalars(in_it).all(), "city", now=now)
    for tag in bundle.tags:
        if renamed := _write_named("tags", tag, rows.tags, Tag, session, report):
            about_it = select(Event).where(Event.tags.any(Tag.id == renamed.id)).order_by(Event.id)
            touch_events(session.scalars(about_it).all(), "tags", now=now)
    _write_groups(bundle.groups, rows, session, now=now, report=report)
    _write_roles(bundle.roles, rows, session, report=report)
    for person in bundle.people:
        _write_person(person, rows, session, now=now, report=report)
    for venue in bundle.venues:
        _write_venue(venue, rows, session, now=now, report=report)
    session.flush()


def _given(located: Located[Entry], *names: str) -> dict[str, object]:
    """Return the values of those fields that the file states."""
    return {name: getattr(located.entry, name) for name in names if located.gave(name)}


def _write_site(located: Located[SiteEntry], session: Session, *, now: datetime, report: LoadReport) -> None:
    row = session.get(Site, SITE_ID)
    values = _given(located, "name", "tagline", "about", "url", "time_zone")
    if row is None:
        session.add(Site(id=SITE_ID, revised_at=now, **values))
        report.note("community", created=True, changed=False)
        return
    different = changed(row, values)
    if different:
        row.revised_at = max(row.revised_at, now)
    report.note("community", created=False, changed=bool(different))


def _write_named(
    kind: str,
    located: Located[NamedEntry],
    rows: dict[str, City] | dict[str, Tag],
    make: type[City] | type[Tag],
    session: Session,
    report: LoadReport,
) -> City | Tag | None:
    """Make the row; return one that was there and has a new name, which events show."""
    entry = located.entry
    row = rows.get(entry.slug)
    if row is None:
        made = make(slug=entry.slug, name=entry.name)
        session.add(made)
        rows[entry.slug] = made  # type: ignore[assignment]  # `rows` and `make` are of one kind
        report.note(kind, created=True, changed=False)
        return None
    is_renamed = bool(changed(row, {"name": entry.name}))
    report.note(kind, created=False, changed=is_renamed)
    return row if is_renamed else None


def _city_name(slug: str | None, rows: Rows) -> Texts:
    return rows.cities[slug].name if slug else Texts()


def _write_groups(
    groups: list[Located[GroupEntry]], rows: Rows, session: Session, *, now: datetime, report: LoadReport
) -> None:
    """Make the groups, then who is inside whom, since a parent may come later in the files."""
    different: dict[str, set[str]] = {}
    created: set[str] = set()
    for located in groups:
        entry = located.entry
        values = _given(located, "kind", "name", "summary", "meets", "founded_on", "position")
        if located.gave("city"):
            values["city"] = _city_name(entry.city, rows)
        row = rows.groups.get(entry.slug)
        if row is None:
            rows.groups[entry.slug] = row = Group(slug=entry.slug, revised_at=now, **values)
            session.add(row)
            created.add(entry.slug)
        else:
            different[entry.slug] = changed(row, values)
    session.flush()
    for located in groups:
        entry = located.entry
        row = rows.groups[entry.slug]
        if located.gave("parent"):
            parent_id = rows.groups[entry.parent].id if entry.parent else None
            different.setdefault(entry.slug, set()).update(changed(row, {"parent_id": parent_id}))
        is_new = entry.slug in created
        is_changed = not is_new and bool(different[entry.slug])
        if is_changed:
            row.revised_at = max(row.revised_at, now)
        report.note("groups", created=is_new, changed=is_changed)


def _write_roles(roles: list[Located[RoleEntry]], rows: Rows, session: Session, *, report: LoadReport) -> None:
    """Make the roles, then which leads to which, since that one may come later in the files."""
    different: dict[str, set[str]] = {}
    created: set[str] = set()
    for located in roles:
        entry = located.entry
        values = _given(located, "group_kind", "name", "criteria", "duty", "grants", "era", "rank", "is_leader")
        if located.gave("group"):
            values["group_id"] = rows.groups[entry.group].id if entry.group else None
        row = rows.roles.get(entry.slug)
        if row is None:
            rows.roles[entry.slug] = row = Role(slug=entry.slug, **values)
            session.add(row)
            created.add(entry.slug)
        else:
            different[entry.slug] = changed(row, values)
    session.flush()
    for located in roles:
        entry = located.entry
        if located.gave("promotes_to"):
            promotes_to_id = rows.roles[entry.promotes_to].id if entry.promotes_to else None
            found = changed(rows.roles[entry.slug], {"promotes_to_id": promotes_to_id})
            different.setdefault(entry.slug, set()).update(found)
        is_new = entry.slug in created
        report.note("roles", created=is_new, changed=not is_new and bool(different[entry.slug]))


def _write_person(
    located: Located[PersonEntry], rows: Rows, session: Session, *, now: datetime, report: LoadReport
) -> None:
    entry = located.entry
    values = _given(located, "name", "company", "bio", "github")
    if located.gave("city"):
        values["city"] = _city_name(entry.city, rows)
    row = rows.people.get(entry.slug)
    is_new = row is None
    different: set[str] = set()
    if row is None:
        rows.people[entry.slug] = row = Person(slug=entry.slug, revised_at=now, terms=[], awards=[], **values)
        session.add(row)
    else:
        different = changed(row, values)
    if located.gave("terms") and _write_terms(row, entry, rows):
        different.add("terms")
    if located.gave("awards") and _write_awards(row, entry):
        different.add("awards")
    if different and not is_new:
        row.revised_at = max(row.revised_at, now)
    if "name" in different:
        touch_events(_events_with(row, session), "speakers", now=now)
    report.note("people", created=is_new, changed=bool(different))


def _write_terms(person: Person, entry: PersonEntry, rows: Rows) -> bool:
    """Make the person's terms what the file says; return whether they were anything else."""
    group_ids = {slug: group.id for slug, group in rows.groups.items()}
    wanted = {
        (rows.roles[term.role].id, group_ids[term.group] if term.group else None, term.since): term.until
        for term in entry.terms
    }
    held = {(term.role_id, term.group_id, term.since): term for term in person.terms}
    different = False
    for key, term in held.items():
        if key not in wanted:
            person.terms.remove(term)
            different = True
        elif changed(term, {"until": wanted[key]}):
            different = True
    for key in wanted.keys() - held.keys():
        role_id, group_id, since = key
        person.terms.append(Term(role_id=role_id, group_id=group_id, since=since, until=wanted[key]))
        different = True
    return different


def _write_awards(person: Person, entry: PersonEntry) -> bool:
    """Make the person's awards what the file says; return whether they were anything else."""
    wanted = {(award_slug(award), award.year): award.name for award in entry.awards}
    held = {(award.slug, award.year): award for award in person.awards}
    different = False
    for key, award in held.items():
        if key not in wanted:
            person.awards.remove(award)
            different = True
        elif changed(award, {"name": wanted[key]}):
            different = True
    for key in wanted.keys() - held.keys():
        person.awards.append(Award(slug=key[0], year=key[1], name=wanted[key]))
        different = True
    return different


def _events_with(person: Person, session: Session) -> list[Event]:
    given_by = select(AgendaSession.event_id).join(SessionSpeaker).where(SessionSpeaker.person_id == person.id)
    return list(session.scalars(select(Event).where(Event.id.in_(given_by)).order_by(Event.id)))


def _write_venue(
    located: Located[VenueEntry], rows: Rows, session: Session, *, now: datetime, report: LoadReport
) -> None:
    entry = located.entry
    values = _given(located, "name", "address", "directions")
    if located.gave("city"):
        values["city_id"] = rows.cities[entry.city].id if entry.city else None
    if located.gave("latitude"):
        point = _wgs84(entry)
        values["latitude"], values["longitude"] = point or (None, None)
    row = rows.venues.get(entry.slug)
    if row is None:
        rows.venues[entry.slug] = row = Venue(slug=entry.slug, revised_at=now, **values)
        session.add(row)
        report.note("venues", created=True, changed=False)
        return
    was = VenueWords.of(row)
    different = changed(row, values)
    if different:
        row.revised_at = max(row.revised_at, now)
        session.flush()
        held_there = session.scalars(select(Event).where(Event.venue_id == row.id).order_by(Event.id)).all()
        heard = bool(different & _VENUE_IN_CALENDARS)
        touch_events(held_there, "venue", now=now, for_calendars=heard, before={"venue": was})
    report.note("venues", created=False, changed=bool(different))


def _wgs84(entry: VenueEntry) -> Point | None:
    if entry.latitude is None or entry.longitude is None:
        return None
    point = Point(entry.latitude, entry.longitude)
    match entry.datum:
        case Datum.GCJ02:
            point = gcj02_to_wgs84(point)
        case Datum.BD09:
            point = bd09_to_wgs84(point)
    return Point(round(point.latitude, _DEGREES_KEPT), round(point.longitude, _DEGREES_KEPT))

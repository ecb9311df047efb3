"""The organizers' pages about venues: the list, one of them, and its pin on the map."""

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.community.site import site
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events import choices, venues
from app.events.coordinates import Point, uses_gcj02
from app.events.date_warnings import CHINA
from app.events.forms_parts import city_names
from app.events.forms_places import PinForm, PointForm, VenueForm, venue_form
from app.events.map_links import Datum, Found, NoPointError, Reason, point_in
from app.events.maps import map_links
from app.events.models import Venue
from app.events.views_manage import bp
from app.web.pages import see_other

PAGE_MAX = 1000


@bp.get("/venues/")
def venue_list() -> Response:
    """Show the venues, by city."""
    gate.require(Permission.EDIT)
    page = min(max(request.args.get("page", 1, type=int), 1), PAGE_MAX)
    lines, more = venues.venue_lines(page=page)
    return manage_page("events/manage/venues.html", lines=lines, more=more, number=page)


@bp.get("/venues/new")
def new_venue() -> Response:
    """Ask what the venue is called."""
    gate.require(Permission.EDIT)
    return _venue_page(None, venue_form(_NOTHING, choices.cities()))


@bp.post("/venues/new")
def create_venue() -> BaseResponse:
    """Add it, and go on to its pin."""
    gate.require(Permission.EDIT)
    form = venue_form(_NOTHING, choices.cities(), request.form)
    if not form.validate():
        return _venue_page(None, form, 422)
    try:
        made = venues.make_venue(form.values(), by=gate.actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _venue_page(None, form, 422)
    return see_other(".pin", slug=made.slug, done="added")


@bp.get("/venues/<slug>")
def venue(slug: str) -> Response:
    """Show a venue, to be changed."""
    found = venues.managed_venue(slug, gate.signed_in_organizer())
    return _venue_page(found, venue_form(venues.values_of(found), choices.cities()))


@bp.post("/venues/<slug>")
def change_venue(slug: str) -> BaseResponse:
    """Save it; the events held there say so."""
    found = venues.managed_venue(slug, gate.signed_in_organizer())
    form = venue_form(venues.values_of(found), choices.cities(), request.form)
    if not form.validate():
        return _venue_page(found, form, 422)
    try:
        venues.save_venue(found.id, form.values(), seen=form.seen, by=gate.actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _venue_page(found, form, 409)
    return see_other(".venue", slug=slug, done="saved")


@bp.get("/venues/<slug>/pin")
def pin(slug: str) -> Response:
    """Ask for a link or coordinates."""
    return _pin_page(venues.managed_venue(slug, gate.signed_in_organizer()), PinForm())


@bp.post("/venues/<slug>/pin")
def check_pin(slug: str) -> Response:
    """Show the point that was found, on every map, to be confirmed; nothing is saved."""
    found, form = venues.managed_venue(slug, gate.signed_in_organizer()), PinForm(request.form)
    if not form.validate():
        return _pin_page(found, form, 422)
    try:
        point = point_in(form.pin.data or "", datum=form.datum.data)
    except NoPointError as error:
        form.pin.errors = [*form.pin.errors, _sentence(error.reason)]
        return _pin_page(found, form, 422)
    return _pin_page(found, form, point=point)


@bp.post("/venues/<slug>/point")
def place_pin(slug: str) -> BaseResponse:
    """Keep the point that was confirmed."""
    found, form = venues.managed_venue(slug, gate.signed_in_organizer()), PointForm(request.form)
    if not form.validate():
        return _pin_page(found, PinForm(), 422)
    point = Point(form.latitude.data or 0.0, form.longitude.data or 0.0)
    venues.place_pin(found.id, point, by=gate.actor(), now=utc_now())
    return see_other(".venue", slug=slug, done="pin")


@bp.post("/venues/<slug>/point/removal")
def remove_pin(slug: str) -> BaseResponse:
    """Take the pin away: the maps then search for the address."""
    found = venues.managed_venue(slug, gate.signed_in_organizer())
    venues.place_pin(found.id, None, by=gate.actor(), now=utc_now())
    return see_other(".venue", slug=slug, done="no-pin")


_DATUMS = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}
_NOTHING = {"name": Texts(), "address": Texts(), "directions": Texts(), "city": ""}


def _map_name(name: str) -> str:
    names = {
        "AMap": _("AMap"),
        "Baidu": _("Baidu Maps"),
        "Tencent": _("Tencent Maps"),
        "Google": _("Google Maps"),
        "Apple": _("Apple Maps"),
    }
    return names.get(name, name)


def _sentence(reason: Reason) -> str:
    sentences = {
        Reason.SHORT: _(
            "This is a short link, which does not hold the point itself. Open it in a browser, wait until the map is "
            "there, then copy the long link from the address bar."
        ),
        Reason.NO_POINT: _(
            "This link holds no point. Move the map so that the place is in the middle, or tap the place, then copy "
            "the link again; or paste the coordinates."
        ),
        Reason.UNKNOWN: _(
            "Neither the link of a map that is known here nor coordinates. Coordinates look like 39.94, 116.41."
        ),
    }
    return sentences[reason]


def _venue_page(found: Venue | None, form: VenueForm, status: int = 200) -> Response:
    done = {
        "saved": _("Saved."),
        "pin": _("The pin is set."),
        "no-pin": _("The pin is gone; maps now search for the address."),
    }
    return manage_page(
        "events/manage/venue.html",
        status,
        venue=found,
        form=form,
        cities=city_names(choices.cities()),
        maps=map_links(found, language=current_language()) if found else [],
        done=done.get(request.args.get("done", ""), ""),
    )


def _pin_page(found: Venue, form: PinForm, status: int = 200, *, point: Found | None = None) -> Response:
    warnings = _warnings(found, point) if point else []
    there = None
    if point is not None:
        # Not added to the session: a place to show, not one to keep.
        there = Venue(name=found.name, address=found.address, latitude=point.wgs84[0], longitude=point.wgs84[1])
    return manage_page(
        "events/manage/pin.html",
        status,
        venue=found,
        form=form,
        point=point,
        map_name=_map_name(point.map_name) if point else "",
        datum=_DATUMS[point.datum] if point else "",
        warnings=warnings,
        maps=map_links(there, language=current_language()) if there else [],
    )


def _warnings(found: Venue, point: Found) -> list[str]:
    warnings = []
    if point.is_swapped:
        warnings.append(
            _(
                "The two numbers were the wrong way round: %(first)s is no latitude. They were taken as latitude "
                "%(latitude)s, longitude %(longitude)s.",
                first=point.given.longitude,
                latitude=point.given.latitude,
                longitude=point.given.longitude,
            )
        )
    around = venues.neighbours(found)
    away = venues.km_from_city(found, point.wgs84, around)
    if away is not None and away > venues.FAR_KM and found.city:
        city = found.city.name.in_language(current_language())
        warnings.append(_("This point is %(km)s km away from %(city)s.", km=f"{away:,.0f}", city=city))
        turned = Point(point.wgs84.longitude, point.wgs84.latitude)
        other = venues.km_from_city(found, turned, around) if abs(turned.latitude) <= 90 else None  # noqa: PLR2004 - degrees
        if other is not None and other <= venues.FAR_KM:
            warnings.append(_("With latitude and longitude exchanged it would be there: please check their order."))
    elif away is None and site().time_zone == CHINA and not uses_gcj02(point.wgs84):
        warnings.append(_("This point is not in mainland China."))
    return warnings


# What stands under the menu's entry.
PAGES = (new_venue, create_venue, venue, change_venue, pin, check_pin, place_pin)

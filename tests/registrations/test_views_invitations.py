"""The organizers' page of links and codes, and the page on which they decide on sign-ups."""

from datetime import timedelta

import pytest
import zxingcpp
from playwright.sync_api import Page
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.times import local_of
from app.events.models import EventInvitation, Visibility
from app.history.models import Entry
from app.registrations.models import Registration
from tests.registrations.pages import fields_on, send_back
from tests.registrations.samples import ENGLISH
from tests.support.factories import sign_up_as, states
from tests.support.organizers import signed_in


@pytest.fixture
def olga(app):
    return signed_in(app)


def path_of(event, what="invitations"):
    return f"/organizer/events/{event.slug}/{what}"


def test_invitation_is_made_with_its_limits_and_its_link(db, make_event, olga):
    event = make_event("secret", visibility=Visibility.INVITATION)
    until = (utc_now() + timedelta(days=3)).replace(second=0, microsecond=0)

    sent = send_back(
        olga, path_of(event), label=" Press ", uses_max="5", expires=f"{local_of(until, event.zone):%Y-%m-%dT%H:%M}"
    )

    row = db.scalars(select(EventInvitation)).one()
    assert (sent.status_code, sent.location) == (303, f"{path_of(event)}?done=added#codes")
    assert (row.label, row.uses_max, row.uses, row.expires_at, row.revoked_at) == ("Press", 5, 0, until, None)
    page = olga.get(path_of(event), headers=ENGLISH).text
    assert f"http://127.0.0.1:8000/events/secret?code={row.code}" in page
    assert "0 of 5 sign-ups" in page
    entry = db.scalars(select(Entry).order_by(Entry.id.desc())).first()
    # The label may be somebody's name; the history, which is for ever, does not repeat it.
    assert (entry.action, entry.event_id, entry.subject) == ("invitation.created", event.id, "")
    assert "no place for people" in page


@pytest.mark.parametrize("changed", [{"uses_max": "0"}, {"uses_max": "a few"}, {"expires": "2019-01-01T10:00"}])
def test_bad_invitation_is_shown_again(db, make_event, olga, changed):
    event = make_event()

    sent = send_back(olga, path_of(event), label="Press", **changed)

    assert sent.status_code == 422
    assert 'value="Press"' in sent.text
    assert db.scalars(select(EventInvitation)).all() == []


def test_revoked_invitation_opens_nothing_and_is_said_once(db, make_event, olga, client):
    event = make_event("secret", visibility=Visibility.INVITATION)
    send_back(olga, path_of(event), label="Press")
    row = db.scalars(select(EventInvitation)).one()

    opened = client.get(f"/events/secret?code={row.code}").text
    sent = [olga.post(path_of(event, f"invitations/{row.id}/revocation")) for _time in range(2)]
    closed = client.get(f"/events/secret?code={row.code}").text

    assert [each.status_code for each in sent] == [303, 303]
    assert 'name="email"' in opened
    assert 'name="email"' not in closed
    revoked = select(Entry.action, Entry.subject).where(Entry.action == "invitation.revoked")
    assert db.execute(revoked).all() == [("invitation.revoked", "")]


def test_picture_holds_the_link(db, make_event, olga, page_at):
    event = make_event("secret")
    send_back(olga, path_of(event))
    row = db.scalars(select(EventInvitation)).one()

    picture = olga.get(path_of(event, f"invitations/{row.id}.svg"))

    assert (picture.status_code, picture.content_type) == (200, "image/svg+xml")
    assert read_code(page_at(400), picture.text) == f"http://127.0.0.1:8000/events/secret?code={row.code}"


def read_code(page: Page, svg: str) -> str:
    """Draw the picture in a browser and read it as a phone does."""
    import io

    from PIL import Image

    page.set_content(svg)
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("svg").screenshot())))
    return found[0].text


def test_invitation_of_another_event_is_not_there(db, make_event, olga):
    event, other = make_event(), make_event()
    send_back(olga, path_of(event))
    row = db.scalars(select(EventInvitation)).one()

    found = [
        olga.post(path_of(other, f"invitations/{row.id}/revocation")),
        olga.get(path_of(other, f"invitations/{row.id}.svg")),
    ]

    assert [each.status_code for each in found] == [404, 404]


def test_several_are_decided_on_at_once_after_a_page_that_says_what_happens(db, make_event, olga):
    event = make_event(needs_approval=True, capacity=1)
    people = [sign_up_as(event, name) for name in ("ada", "bob", "cyd", "dan")]
    ids = [person.id for person in people]

    listed = olga.get(path_of(event, "approvals"), headers=ENGLISH).text
    page = olga.get(path_of(event, "approvals/decision"), query_string={"who": ids[:2]}, headers=ENGLISH)
    approved = olga.post(path_of(event, "approvals"), data=fields_on(page, path_of(event, "approvals")))
    rest = olga.get(path_of(event, "approvals/decision"), query_string={"who": ids[2:]}, headers=ENGLISH)
    fields = fields_on(rest, path_of(event, "declines"))
    fields["words"] = "Too late, sorry."
    declined = olga.post(path_of(event, "declines"), data=fields)

    assert all(person.name in listed for person in people)
    assert "4 people wait for a decision." in listed
    assert "1 person gets a seat." in page.text
    assert "1 person joins the waiting list" in page.text
    assert "Approve 2 people" in page.text
    assert approved.location == path_of(event, "approvals?confirmed=1&waiting=1")
    assert declined.location == path_of(event, "approvals?declined=2")
    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "declined", "dan": "declined"}
    assert set(db.scalars(select(Registration.declined_words))) == {None, "Too late, sorry."}


def test_deciding_on_nobody_leads_back_and_on_somebody_decided_says_so(make_event, olga):
    event = make_event(needs_approval=True)
    ada = sign_up_as(event, "ada")

    nobody = olga.get(path_of(event, "approvals/decision"))
    first = olga.post(path_of(event, "approvals"), data={"who": ada.id})
    second = [olga.post(path_of(event, verb), data={"who": ada.id}) for verb in ("approvals", "declines")]

    assert (nobody.status_code, nobody.location) == (303, path_of(event, "approvals?none=1"))
    assert (first.status_code, [each.status_code for each in second]) == (303, [409, 409])
    assert states(event) == {"ada": "confirmed"}


def test_attendee_list_leads_to_those_who_wait_for_a_decision(make_event, olga):
    event = make_event(needs_approval=True)
    without = olga.get(path_of(event, "attendees"), headers=ENGLISH).text

    sign_up_as(event, "ada")

    assert path_of(event, "approvals") not in without
    assert path_of(event, "approvals") in olga.get(path_of(event, "attendees"), headers=ENGLISH).text


def test_list_asks_the_database_as_often_for_one_as_for_three(make_event, olga, count_statements):
    events = make_event(needs_approval=True), make_event(needs_approval=True)
    for event, names in zip(events, (["ada"], ["ada", "bob", "cyd"]), strict=True):
        for name in names:
            sign_up_as(event, name)
    for event in events:
        send_back(olga, path_of(event))
    send_back(olga, path_of(events[1]))

    counts = {}
    for what in ("approvals", "invitations"):
        for number, event in enumerate(events):
            with count_statements() as seen:
                assert olga.get(path_of(event, what)).status_code == 200
            counts[what, number] = len(seen)

    assert counts["approvals", 0] == counts["approvals", 1] <= 8
    assert counts["invitations", 0] == counts["invitations", 1] <= 6

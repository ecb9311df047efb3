"""The organizers' page of an event's sign-up: settings, and ticket types."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.times import local_of
from app.events.models import Event, EventInvitation, TicketType, Visibility
from app.history.models import Entry
from app.registrations.models import Question, Registration
from tests.registrations.pages import fields_on, send_back, sides_of, with_changes
from tests.registrations.samples import ENGLISH, everything
from tests.support.factories import sign_up_as, states
from tests.support.organizers import signed_in

DAY = timedelta(days=1)


@pytest.fixture
def olga(app):
    return signed_in(app)


def path_of(event, what=""):
    return f"/organizer/events/{event.slug}/sign-up{what}"


def fresh(db, event):
    db.expire_all()
    return db.scalar(select(Event).where(Event.slug == event.slug))


def test_settings_are_saved_in_the_event_s_own_time(db, make_event, olga):
    event = make_event(zone="America/New_York")
    opens = event.starts_at - 10 * DAY

    sent = send_back(
        olga,
        path_of(event),
        opens=f"{local_of(opens, event.zone):%Y-%m-%dT%H:%M}",
        closes="",
        visibility="unlisted",
        has_waiting_list=None,
        needs_approval="y",
        offer_within_hours="24",
        offer_hours="3",
        reminders=["1440", "60"],
    )

    assert (sent.status_code, sent.location) == (303, f"{path_of(event)}?done=settings#settings")
    row = fresh(db, event)
    assert (row.sign_up_opens_at, row.sign_up_closes_at) == (opens, None)
    assert (row.visibility, row.has_waiting_list, row.needs_approval) == (Visibility.UNLISTED, False, True)
    assert (row.offer_within_hours, row.offer_hours, row.reminders) == (24, 3, [1440, 60])
    entry = db.scalars(select(Entry).order_by(Entry.id.desc())).first()
    assert (entry.action, entry.event_id, entry.organizer_id) == ("event.changed", event.id, 1)
    assert entry.changes["needs_approval"] == [False, True]
    assert entry.changes["visibility"] == ["public", "unlisted"]


def test_settings_sent_as_they_are_change_nothing(db, make_event, olga):
    event = make_event(sign_up_opens_at=utc_now() - DAY, reminders=[45, 1440])
    before = fresh(db, event).revision

    sent = send_back(olga, path_of(event))

    assert sent.status_code == 303
    assert fresh(db, event).revision == before
    assert fresh(db, event).reminders == [45, 1440]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"opens": "tomorrow"}, "date and time"),
        ({"opens": "2030-01-02T10:00", "closes": "2030-01-01T10:00"}, "before it opens"),
        ({"closes": "2099-01-01T10:00"}, "after the event has ended"),
        ({"offer_hours": "0"}, "whole number from 1 to 72"),
        ({"offer_within_hours": "x"}, "whole number from 0 to 720"),
        ({"offer_hours": ""}, "whole number"),
        ({"visibility": "nobody"}, "visibility"),
        ({"reminders": ["7"]}, "reminders"),
    ],
)
def test_bad_settings_are_said_beside_the_field_and_change_nothing(db, make_event, olga, changed, said):
    event = make_event()
    before = fresh(db, event).revision
    fields = with_changes(fields_on(olga.get(path_of(event)), path_of(event)), changed)

    sent = olga.post(path_of(event), data=fields, headers=ENGLISH)

    assert sent.status_code == 422
    assert said in sent.text
    assert 'role="alert"' in sent.text
    assert fresh(db, event).revision == before


def test_time_that_the_clocks_skip_is_refused(make_event, olga):
    start = datetime.fromisoformat("2030-04-10T10:00+02:00")
    event = make_event(zone="Europe/Berlin", starts_at=start)

    sent = send_back(olga, path_of(event), opens="2030-03-31T02:30")

    assert sent.status_code == 422


def test_two_organizers_do_not_overwrite_each_other_unseen(db, make_event, olga):
    event = make_event()
    seen = fields_on(olga.get(path_of(event)), path_of(event))
    olga.post(path_of(event), data=with_changes(seen, {"offer_hours": "9", "needs_approval": "y"}))

    other_field = olga.post(path_of(event), data=with_changes(seen, {"visibility": "unlisted"}))
    same_field = olga.post(path_of(event), data=with_changes(seen, {"offer_hours": "4"}), headers=ENGLISH)
    decided = olga.post(
        path_of(event), data=with_changes(fields_on(same_field, path_of(event)), {"keep__offer_hours": "theirs"})
    )

    assert [each.status_code for each in (other_field, same_field, decided)] == [303, 409, 303]
    assert "Saved by somebody else" in same_field.text
    row = fresh(db, event)
    assert (row.visibility, row.offer_hours, row.needs_approval) == (Visibility.UNLISTED, 9, True)


def test_page_says_what_becomes_of_those_who_wait_when_the_list_is_closed(make_event, olga):
    event = make_event(capacity=1)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)

    page = olga.get(path_of(event), headers=ENGLISH).text
    sent = send_back(olga, path_of(event), has_waiting_list=None)

    assert "2 people are waiting. If you turn this off, they keep their places" in page
    assert sent.status_code == 303
    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "waiting"}


@pytest.mark.parametrize(
    ("then", "status", "expected"),
    [(None, 422, "pending"), ("leave", 303, "pending"), ("approve", 303, "confirmed")],
)
def test_ending_approval_asks_what_becomes_of_those_who_wait_for_it(db, make_event, olga, then, status, expected):
    event = make_event(needs_approval=True)
    sign_up_as(event, "ada")

    sent = send_back(olga, path_of(event), needs_approval=None, pending_then=then)

    assert sent.status_code == status
    assert states(event) == {"ada": expected}
    assert fresh(db, event).needs_approval == (status == 422)


def test_ending_approval_when_nobody_waits_for_it_asks_nothing(db, make_event, olga):
    event = make_event(needs_approval=True)

    page = olga.get(path_of(event)).text
    sent = send_back(olga, path_of(event), needs_approval=None)

    assert "pending_then" not in page
    assert (sent.status_code, fresh(db, event).needs_approval) == (303, False)


def test_ticket_type_is_added_and_people_can_choose_it(db, make_event, olga, client):
    event = make_event()
    new = path_of(event, "/ticket-types/new")

    sent = send_back(
        olga, new, path_of(event, "/ticket-types"), name__zh="线上", name__en="Online!", kind="online", capacity=""
    )
    again = send_back(olga, new, path_of(event, "/ticket-types"), name__en="Online!", capacity="7")

    assert (sent.status_code, again.status_code) == (303, 303)
    rows = db.execute(
        select(TicketType.slug, TicketType.position, TicketType.kind, TicketType.capacity).order_by(TicketType.id)
    ).all()
    assert rows == [("on-site", 0, "in_person", 50), ("online", 1, "online", None), ("online-2", 2, "in_person", 7)]
    assert client.get(f"/events/{event.slug}").text.count('type="radio"') == 3


def test_same_form_sent_twice_adds_one(db, make_event, olga):
    event = make_event()
    kind, question = path_of(event, "/ticket-types"), path_of(event, "/questions")

    for _time in range(2):
        assert send_back(olga, f"{kind}/new", kind, name__en="Online", name__zh="").status_code == 303
        assert send_back(olga, f"{question}/new", question, label__en="Why?", label__zh="").status_code == 303
        assert send_back(olga, f"/organizer/events/{event.slug}/invitations", label="Press").status_code == 303

    assert db.scalars(select(TicketType.slug).order_by(TicketType.id)).all() == ["on-site", "online"]
    assert db.scalars(select(Question.key)).all() == ["why"]
    assert db.scalars(select(EventInvitation.label)).all() == ["Press"]


@pytest.mark.parametrize(
    "changed", [{"name__zh": "", "name__en": ""}, {"capacity": "-1"}, {"capacity": "many"}, {"kind": "vip"}]
)
def test_bad_ticket_type_is_shown_again_with_what_was_typed(db, make_event, olga, changed):
    event = make_event()
    new = path_of(event, "/ticket-types/new")

    sent = send_back(olga, new, path_of(event, "/ticket-types"), **({"name__en": "Online", "name__zh": ""} | changed))

    assert sent.status_code == 422
    assert all(f'value="{value}"' in sent.text for value in changed.values() if value and value != "vip")
    assert len(db.scalars(select(TicketType.id)).all()) == 1


def test_capacity_below_the_seats_taken_is_said_first_and_saved_when_it_is_sent_again(db, make_event, olga):
    event = make_event(capacity=3)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)
    path = path_of(event, f"/ticket-types/{event.ticket_types[0].id}")

    first = olga.post(path, data=with_changes(fields_on(olga.get(path), path), {"capacity": "1"}), headers=ENGLISH)
    db.expire_all()
    between = db.scalar(select(TicketType.capacity))
    other = olga.post(path, data=with_changes(fields_on(first, path), {"capacity": "2"}), headers=ENGLISH)
    second = olga.post(path, data=fields_on(first, path))

    assert (first.status_code, other.status_code, second.status_code) == (422, 422, 303)
    assert "3 seats are taken. Nobody loses a seat, and nobody new gets one until fewer than 1 are taken." in first.text
    assert between == 3
    db.expire_all()
    row = db.scalars(select(TicketType)).one()
    assert (row.capacity, row.seats_taken, row.seats_over) == (1, 3, 2)
    assert set(states(event).values()) == {"confirmed"}


def test_raised_capacity_goes_to_those_who_wait(make_event, olga):
    event = make_event(capacity=1)
    for name in ("ada", "bob", "cyd", "dan"):
        sign_up_as(event, name)

    sent = send_back(olga, path_of(event, f"/ticket-types/{event.ticket_types[0].id}"), capacity="3")

    assert sent.status_code == 303
    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "confirmed", "dan": "waiting"}


def test_ticket_types_change_places(db, make_event, olga):
    event = make_event(ticket_types=[{"slug": slug, "capacity": 5} for slug in "abc"])
    ids = {each.slug: each.id for each in event.ticket_types}

    for slug, way in (("c", "up"), ("c", "up"), ("c", "up"), ("a", "down"), ("a", "down")):
        assert olga.post(path_of(event, f"/ticket-types/{ids[slug]}/{way}")).status_code == 303

    assert db.scalars(select(TicketType.slug).order_by(TicketType.position)).all() == ["c", "b", "a"]


def test_ticket_type_goes_only_if_nobody_ever_used_it(db, make_event, olga):
    event = make_event(ticket_types=[{"slug": "used", "capacity": 5}, {"slug": "unused", "capacity": 5}])
    used, unused = (each.id for each in event.ticket_types)
    sign_up_as(event, "ada", ticket_type_id=used)

    gone = olga.post(path_of(event, f"/ticket-types/{unused}/removal"))
    kept = olga.post(path_of(event, f"/ticket-types/{used}/removal"), headers=ENGLISH)
    again = olga.post(path_of(event, f"/ticket-types/{unused}/removal"))

    assert [each.status_code for each in (gone, kept, again)] == [303, 409, 404]
    assert "Hide it instead" in kept.text
    assert db.scalars(select(TicketType.slug)).all() == ["used"]


def test_hidden_ticket_type_takes_nobody_new_and_keeps_who_has_it(make_event, olga, client):
    event = make_event(ticket_types=[{"slug": "a", "capacity": 5}, {"slug": "b", "capacity": 5}])
    sign_up_as(event, "ada", ticket_type_id=event.ticket_types[1].id)

    sent = send_back(olga, path_of(event, f"/ticket-types/{event.ticket_types[1].id}"), is_public=None)

    assert sent.status_code == 303
    assert 'type="radio"' not in client.get(f"/events/{event.slug}").text
    assert states(event) == {"ada": "confirmed"}


def test_second_of_two_who_save_a_ticket_type_sees_both_versions_and_decides(app, db, make_event, olga):
    event, pia = make_event(), signed_in(app, "pia@example.com", name="Pia")
    path = path_of(event, f"/ticket-types/{event.ticket_types[0].id}")
    hers, his = fields_on(olga.get(path), path), fields_on(pia.get(path), path)
    olga.post(path, data=with_changes(hers, {"name__en": "Hall", "capacity": "60"}))

    clash = pia.post(path, data=with_changes(his, {"name__en": "Big hall", "description__en": "Ground floor"}),
                     headers=ENGLISH)  # fmt: skip
    undecided = pia.post(path, data=fields_on(clash, path), headers=ENGLISH)
    unsaved = fresh(db, event).ticket_types[0].name.en
    decisions = re.findall(r'name="keep-name" value="([^"]+)"', undecided.text)
    saved = pia.post(path, data=with_changes(fields_on(undecided, path), {"keep__name": decisions[1]}))

    assert (clash.status_code, undecided.status_code, unsaved, saved.status_code) == (409, 409, "Hall", 303)
    assert sides_of(clash.text) == [("现场", "Hall"), ("现场", "Big hall")]
    assert (decisions[0], "keep-capacity" in clash.text) == ("theirs", False)
    row = fresh(db, event).ticket_types[0]
    assert (row.name.en, row.description.en, row.capacity) == ("Big hall", "Ground floor", 60)


def test_ticket_type_of_another_event_is_not_there(make_event, olga):
    event, other = make_event(), make_event()
    path = f"/ticket-types/{event.ticket_types[0].id}"

    sent = [olga.post(path_of(other, f"{path}{verb}"), data={"name-en": "x"}) for verb in ("", "/up", "/removal")]

    assert [each.status_code for each in (olga.get(path_of(other, path)), *sent)] == [404] * 4


def test_page_asks_the_database_as_often_for_one_line_as_for_many(make_event, olga, count_statements):
    one = make_event(questions=everything()[:1])
    many = make_event(questions=everything(), ticket_types=[{"slug": slug, "capacity": 5} for slug in ("a", "b", "c")])
    for name in ("ada", "bob", "cyd"):
        sign_up_as(many, name)
    olga.get(path_of(one))

    counts = []
    for event in (one, many):
        with count_statements() as seen:
            assert olga.get(path_of(event)).status_code == 200
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 8, seen


def test_event_without_a_ticket_type_says_so_and_takes_its_first(db, make_event, olga):
    event = make_event(ticket_types=[])

    page = olga.get(path_of(event), headers=ENGLISH).text
    sent = send_back(
        olga, path_of(event, "/ticket-types/new"), path_of(event, "/ticket-types"), name__en="On site", name__zh=""
    )

    assert "the event has no ticket type" in page
    assert sent.status_code == 303
    assert db.scalar(select(TicketType.position)) == 0
    assert db.scalar(select(Registration.id)) is None

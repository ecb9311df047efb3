"""Who finds an event and who gets in: everybody, whoever has the address, whoever has a code that holds."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.calendar.private import Owner, open_feed, token_of
from app.community.models import Group, GroupKind, Person
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.invitations import invite, revoke
from app.events.models import EventInvitation, SessionSpeaker, Visibility
from app.events.models import Session as AgendaSession
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations import overrides, transfers
from app.registrations.mails import write
from app.registrations.models import Registration, Transfer
from app.registrations.overrides import Decision
from app.registrations.rules import transfer_token_of
from app.registrations.service import cancel
from app.registrations.transfers import Receiver
from tests.registrations.samples import ADA, ENGLISH
from tests.registrations.test_views import own_path
from tests.support.factories import states

TITLE = "Secret gathering"
LISTS = (
    "/",
    "/events/",
    "/events/?q=secret",
    "/events/?group=cooks",
    "/calendar.ics",
    "/calendar/groups/cooks.ics",
    "/calendar/cities/beijing.ics",
    "/community/cooks",
    "/speakers/eve",
)


@pytest.fixture
def invitation(hidden):
    return invite(hidden.id, label="Press", uses_max=2, expires_at=None, by=THE_SITE, now=utc_now())


@pytest.fixture
def hidden(make_event):
    return make_event("secret", title=Texts(en=TITLE), visibility=Visibility.INVITATION)


def with_code(event, code, what=""):
    return f"/events/{event.slug}{what}?code={code}"


def send(client, event, code, name="ada"):
    page = client.get(with_code(event, code)).text
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    form = {"name": name, "email": f"{name}@example.com", "website": "", "stamp": stamp[1] if stamp else ""}
    return client.post(with_code(event, code, "/registrations"), data=form, headers=ENGLISH)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_only_a_public_event_is_in_lists_feeds_search_and_on_pages_of_people_and_groups(make_event, client, visibility):
    group = Group(slug="cooks", kind=GroupKind.SIG, name=Texts(en="Cooks"), revised_at=utc_now())
    event = make_event("secret", title=Texts(en=TITLE), visibility=visibility, groups=[group])
    with transaction() as session:
        talk = AgendaSession(event_id=event.id, position=0, title=Texts(en=f"{TITLE}: a talk"))
        talk.speakers.append(SessionSpeaker(person=Person(slug="eve", name=Texts(en="Eve"), revised_at=utc_now())))
        session.add(talk)

    found = {path: client.get(path, headers=ENGLISH) for path in LISTS}

    assert {answer.status_code for answer in found.values()} == {200}
    shown = {path for path, answer in found.items() if TITLE in answer.text}
    assert shown == (set(LISTS) if visibility is Visibility.PUBLIC else set())
    listed = client.get("/speakers/", headers=ENGLISH).text
    assert ("/speakers/eve" in listed) == (visibility is Visibility.PUBLIC)


def test_unlisted_event_is_reached_by_its_address_and_kept_out_of_indexes(make_event, client, send_form):
    event = make_event("secret", visibility=Visibility.UNLISTED)

    page, file, cover = (client.get(f"/events/secret{suffix}") for suffix in ("", ".ics", "/cover.png"))
    sent = send_form(event, **ADA)

    assert [each.status_code for each in (page, file, cover, sent)] == [200, 200, 200, 303]
    assert '<meta name="robots" content="noindex">' in page.text
    assert "application/ld+json" not in page.text


def test_without_a_code_an_event_by_invitation_says_nothing_but_that(hidden, client, send_form):
    page = client.get("/events/secret", headers=ENGLISH)
    others = [client.get(f"/events/secret{suffix}") for suffix in (".ics", "/cover.png", "/registered")]
    sent = send_form(hidden, **ADA)

    assert page.status_code == 200
    assert "This event is by invitation" in page.text
    assert TITLE not in page.text
    assert 'name="code"' in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert [each.status_code for each in (*others, sent)] == [404] * 4
    assert states(hidden) == {}


def test_code_opens_page_file_and_cover_and_no_cache_keeps_them(hidden, invitation, client):
    found = [client.get(with_code(hidden, invitation.code, what)) for what in ("", ".ics", "/registered")]
    cover = client.get(with_code(hidden, invitation.code, "/cover.png"))

    assert [each.status_code for each in (*found, cover)] == [200] * 4
    assert TITLE in found[0].text
    assert {each.headers["Cache-Control"] for each in found} == {"private, no-store"}
    assert "Set-Cookie" not in found[0].headers
    links = set(re.findall(r'(?:href|action)="(/events/secret[^"]*)"', found[0].text))
    assert links
    assert all(f"code={invitation.code}" in link for link in links if "cover.svg" not in link), links


def test_code_that_is_typed_leads_to_the_page(hidden, invitation, client):
    typed = f" {invitation.code[:5].lower()}-{invitation.code[5:]} "

    sent = client.post("/events/secret/invitation", data={"code": typed})
    wrong = client.post("/events/secret/invitation", data={"code": "22222-22222"}, headers=ENGLISH)
    empty = client.post("/events/secret/invitation", data={}, headers=ENGLISH)

    assert (sent.status_code, sent.location) == (303, with_code(hidden, invitation.code))
    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "does not open this event" in wrong.text
    assert TITLE not in wrong.text


def test_code_of_another_event_one_revoked_and_one_past_its_day_open_nothing(make_event, hidden, client):
    now = utc_now()
    other = make_event(visibility=Visibility.INVITATION)
    foreign = invite(other.id, label="", uses_max=None, expires_at=None, by=THE_SITE, now=now)
    past = invite(hidden.id, label="", uses_max=None, expires_at=now - timedelta(minutes=1), by=THE_SITE, now=now)
    revoked = invite(hidden.id, label="", uses_max=None, expires_at=None, by=THE_SITE, now=now)
    revoke(revoked, by=THE_SITE, now=now)

    for each in (foreign, past, revoked):
        assert TITLE not in client.get(with_code(hidden, each.code)).text
        assert client.get(with_code(hidden, each.code, ".ics")).status_code == 404
        assert send(client, hidden, each.code).status_code == 404
    assert states(hidden) == {}


def test_each_sign_up_takes_one_use_and_the_last_one_is_the_last(db, hidden, invitation, client):
    sent = [send(client, hidden, invitation.code, name) for name in ("ada", "bob", "cyd")]

    assert [each.status_code for each in sent] == [303, 303, 422]
    assert sent[0].location == with_code(hidden, invitation.code, "/registered")
    assert "used as often as it may be" in sent[2].text
    assert states(hidden) == {"ada": "confirmed", "bob": "confirmed"}
    assert set(db.scalars(select(Registration.invitation_id))) == {invitation.id}
    assert db.scalar(select(EventInvitation.uses)) == 2


def test_signing_up_again_takes_no_second_use(db, hidden, invitation, client):
    sent = [send(client, hidden, invitation.code) for _time in range(3)]

    assert [each.status_code for each in sent] == [303] * 3
    db.expire_all()
    assert db.scalar(select(EventInvitation.uses)) == 1


def test_button_pressed_twice_with_a_code_for_one_is_no_mistake(db, hidden, client):
    one = invite(hidden.id, label="", uses_max=1, expires_at=None, by=THE_SITE, now=utc_now())

    sent = [send(client, hidden, one.code, name) for name in ("ada", "ada", "bob")]

    assert [each.status_code for each in sent] == [303, 303, 422]
    assert sent[0].data == sent[1].data
    assert states(hidden) == {"ada": "confirmed"}


def test_sign_up_that_finds_no_seat_takes_no_use(db, make_event, client):
    event = make_event(capacity=1, has_waiting_list=False, visibility=Visibility.INVITATION)
    code = invite(event.id, label="", uses_max=5, expires_at=None, by=THE_SITE, now=utc_now()).code

    first, second = send(client, event, code, "ada"), send(client, event, code, "bob")

    assert (first.status_code, second.status_code) == (303, 422)
    db.expire_all()
    assert db.scalar(select(EventInvitation.uses)) == 1


def test_who_signed_up_finds_the_page_again_by_letter_and_own_page(db, app, hidden, invitation, client):
    send(client, hidden, invitation.code)
    registration = db.scalars(select(Registration)).one()

    draft = write(db.scalars(select(Letter)).one())
    own = client.get(own_path(registration)).text

    assert re.search(rf"/events/secret\?lang=\w\w&code={invitation.code}\n", draft.text)
    assert f"/events/secret?code={invitation.code}" in own
    cancel(registration, now=utc_now())
    assert db.scalar(select(EventInvitation.uses)) == 1


def test_coming_back_takes_no_second_use_of_the_code(db, hidden, client):
    one = invite(hidden.id, label="", uses_max=1, expires_at=None, by=THE_SITE, now=utc_now())
    send(client, hidden, one.code)
    registration = db.scalars(select(Registration)).one()
    cancel(registration, now=utc_now())

    sent = client.post(f"{own_path(registration)}/return")

    assert sent.status_code == 303
    db.expire_all()
    rows = db.execute(select(Registration.state, Registration.invitation_id).order_by(Registration.id)).all()
    assert rows == [("cancelled", one.id), ("confirmed", one.id)]
    assert db.scalar(select(EventInvitation.uses)) == 1


def test_calendar_entries_of_an_event_by_invitation_lead_to_a_page_that_opens(db, hidden, invitation, client):
    send(client, hidden, invitation.code)
    registration = place_of(db, "ada")
    letter = write(db.scalars(select(Letter)).one())
    with transaction():
        feed = open_feed(Owner(email_key=registration.email_key), language="en", now=utc_now())
    files = [
        client.get(with_code(hidden, invitation.code, ".ics")).data,
        client.get(f"{own_path(registration)}/event.ics").data,
        client.get(f"/calendar/mine/{token_of(feed)}.ics").data,
        letter.calendar.content,
    ]

    urls = [re.findall(rb"\r\nURL[^:]*:(\S+)", file.replace(b"\r\n ", b""))[-1].decode() for file in files]

    assert [f"code={invitation.code}" in url for url in urls] == [True] * 4
    pages = [client.get(url.removeprefix("http://127.0.0.1:8000"), headers=ENGLISH).text for url in urls]
    assert [TITLE in page for page in pages] == [True] * 4


def test_calendar_entry_of_an_open_event_carries_no_code(make_event, client):
    make_event("open")

    assert b"code=" not in client.get("/events/open.ics?code=ABCDEFGHJK").data.replace(b"\r\n ", b"")


def place_of(db, name):
    db.expire_all()
    statement = select(Registration).where(Registration.email_key == f"{name}@example.com")
    return db.scalars(statement.order_by(Registration.id.desc()).limit(1)).one()


def pass_on(db, giver, receiver):
    """Let somebody give their place to somebody else, who takes it."""
    address = normalise(f"{receiver}@example.com")
    transfers.pass_on(place_of(db, giver), Receiver(receiver, address), language="en", now=utc_now())
    transfer = db.scalars(select(Transfer).order_by(Transfer.id.desc()).limit(1)).one()
    transfers.accept(transfer, name=receiver, answers={}, language="en", now=utc_now())


def test_who_is_offered_a_place_reaches_the_event_by_the_code_it_came_by(db, hidden, invitation, client):
    send(client, hidden, invitation.code)
    address = normalise("bob@example.com")
    transfers.pass_on(place_of(db, "ada"), Receiver("bob", address), language="en", now=utc_now())

    page = client.get(f"/t/{transfer_token_of(db.scalars(select(Transfer)).one())}").text

    path = re.search(rf'href="(/events/{hidden.slug}[^"]*)"', page)[1].replace("&amp;", "&")
    assert f"code={invitation.code}" in path
    assert TITLE in client.get(path, headers=ENGLISH).text


def test_who_passed_the_place_on_comes_back_only_by_another_use_of_the_code(db, hidden, client):
    one = invite(hidden.id, label="", uses_max=1, expires_at=None, by=THE_SITE, now=utc_now())
    send(client, hidden, one.code)
    pass_on(db, "ada", "bob")

    sent = client.post(f"{own_path(place_of(db, 'ada'))}/return", headers=ENGLISH)

    assert sent.status_code == 422
    assert "used as often as it may be" in sent.text
    assert states(hidden) == {"ada": "cancelled", "bob": "confirmed"}
    assert db.scalar(select(EventInvitation.uses)) == 1


def test_place_passed_on_and_taken_back_takes_a_use_by_whichever_link(db, hidden, invitation, client):
    send(client, hidden, invitation.code)
    first = own_path(place_of(db, "ada"))
    cancel(place_of(db, "ada"), now=utc_now())
    free = client.post(f"{first}/return")
    pass_on(db, "ada", "bob")
    counted = client.post(f"{first}/return")  # the oldest link, whose own place was passed on to nobody
    pass_on(db, "ada", "cyd")

    refused = client.post(f"{first}/return")

    assert [each.status_code for each in (free, counted, refused)] == [303, 303, 422]
    assert states(hidden) == {"ada": "cancelled", "bob": "confirmed", "cyd": "confirmed"}
    assert db.scalar(select(EventInvitation.uses)) == 2


def test_who_has_a_place_from_somebody_comes_back_by_the_use_that_came_with_it(db, hidden, client):
    one = invite(hidden.id, label="", uses_max=1, expires_at=None, by=THE_SITE, now=utc_now())
    send(client, hidden, one.code)
    pass_on(db, "ada", "bob")
    cancel(place_of(db, "bob"), now=utc_now())

    sent = client.post(f"{own_path(place_of(db, 'bob'))}/return")

    assert sent.status_code == 303
    assert (place_of(db, "bob").state, place_of(db, "bob").invitation_id) == ("confirmed", one.id)


def test_who_was_removed_by_an_organizer_comes_back_by_the_form_alone_and_it_counts(db, hidden, invitation, client):
    send(client, hidden, invitation.code)
    first = place_of(db, "ada")
    overrides.remove(first.id, Decision("because", THE_SITE, utc_now()))

    page = client.get(f"{own_path(first)}?lang=en").text
    pressed = client.post(f"{own_path(first)}/return", headers=ENGLISH)
    before = states(hidden)
    by_form = send(client, hidden, invitation.code)

    assert "/return" not in page
    assert "The organizers ended your registration." in page
    assert pressed.status_code == 409
    assert before == {"ada": "cancelled"}
    assert by_form.status_code == 303
    assert states(hidden) == {"ada": "confirmed"}
    assert db.scalar(select(EventInvitation.uses)) == 2


def test_who_was_removed_cannot_come_back_by_an_earlier_link(db, hidden, invitation, client):
    send(client, hidden, invitation.code)
    first = own_path(place_of(db, "ada"))
    cancel(place_of(db, "ada"), now=utc_now())
    client.post(f"{first}/return")
    overrides.remove(place_of(db, "ada").id, Decision("because", THE_SITE, utc_now()))

    pressed = client.post(f"{first}/return")

    assert pressed.status_code == 409
    assert states(hidden) == {"ada": "cancelled"}


def test_who_left_cannot_come_back_by_a_code_that_was_revoked(db, hidden, client):
    one = invite(hidden.id, label="", uses_max=1, expires_at=None, by=THE_SITE, now=utc_now())
    send(client, hidden, one.code)
    registration = db.scalars(select(Registration)).one()
    cancel(registration, now=utc_now())
    revoke(one, by=THE_SITE, now=utc_now())

    sent = client.post(f"{own_path(registration)}/return")

    assert sent.status_code == 404
    assert states(hidden) == {"ada": "cancelled"}

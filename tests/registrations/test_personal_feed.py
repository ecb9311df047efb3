"""My meetups: the feed of one person, asked for on a registration's page and sent to their mailbox."""

import logging
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.calendar import private
from app.calendar.models import PrivateFeed
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState, Mode
from app.events.service import apply_changes
from app.history.service import THE_SITE
from app.mail.delivery import deliver
from app.registrations import service
from app.registrations.erasing import erase_person
from app.registrations.mine import everything_about
from app.registrations.models import Registration
from app.registrations.rules import token_of
from tests.calendar.samples import as_ics, as_vobject, lines_of, values_of
from tests.support.codes import scanned
from tests.support.factories import sign_up_as
from tests.support.statements import counted

SECRET = "https://meet.example.org/room"


@pytest.fixture
def settings(mail_settings) -> dict[str, object]:
    return mail_settings


@pytest.fixture
def address_of(client: FlaskClient, smtp_server):
    """Ask for the feed on the page of a registration, and return its path as the letter says it."""

    def ask(registration: Registration) -> str:
        response = client.post(f"/r/{token_of(registration)}/feed")
        assert response.status_code == 303
        return addresses(smtp_server)[-1]

    return ask


def addresses(smtp_server) -> list[str]:
    deliver(now=utc_now())
    letters = [message_from_bytes(each.raw, policy=policy.default) for each in smtp_server.messages]
    bodies = [letter.get_body(("plain",)).get_content() for letter in letters]
    return [found[1] for body in bodies if (found := re.search(r"(/calendar/mine/[\w-]+)", body))]


def change(event: Event, **values: object) -> None:
    with transaction():
        apply_changes(db.session.get_one(Event, event.id), values, now=utc_now())


def feed(client, address: str, **headers: str):
    return client.get(f"{address}.ics", headers=headers)


def titles(response) -> list[str]:
    return [value[1:] for value in values_of(response.data, "SUMMARY")]


def test_feed_holds_what_this_person_has_signed_up_for(client, make_event, address_of):
    first = make_event(title=Texts(zh="第一场"), mode=Mode.HYBRID, online_url=SECRET)
    second = make_event(title=Texts(zh="第二场"), starts_at=first.starts_at + timedelta(days=7))
    other = make_event(title=Texts(zh="别人的"))
    ada = sign_up_as(first, "ada")
    sign_up_as(second, "ada", email="Ada@Example.com")
    sign_up_as(other, "bob")

    response = feed(client, address_of(ada))

    assert titles(response) == ["第一场", "第二场"]
    assert values_of(response.data, "UID") == [f":{first.uid}", f":{second.uid}"]
    assert values_of(response.data, "STATUS") == [":CONFIRMED", ":CONFIRMED"]
    assert values_of(response.data, "TRANSP") == [":OPAQUE", ":OPAQUE"]
    assert values_of(response.data, "NAME") == [":我的活动 · 聚会"]
    text_of_first = as_vobject(response.data).vevent_list[0].description.value
    assert SECRET in text_of_first
    assert f"/r/{token_of(ada)}" in text_of_first
    assert len(as_ics(response.data).events) == 2


def test_feed_says_nothing_of_others_and_nothing_that_clients_ring_for(client, make_event, address_of):
    event = make_event()
    ada = sign_up_as(event, "ada")
    sign_up_as(event, "bob", full_name="Bob Builder")

    content = feed(client, address_of(ada)).data

    unfolded = "\n".join(lines_of(content))
    unwanted = ("Bob", "bob@", "ada@", "ATTENDEE", "ORGANIZER", "METHOD", "VALARM")
    assert [word for word in unwanted if word in unfolded] == []


def test_address_goes_to_the_mailbox_and_is_not_on_the_page(client, make_event, address_of):
    ada = sign_up_as(make_event(), "ada")

    address = address_of(ada)

    page = client.get(f"/r/{token_of(ada)}?done=feed&lang=en")
    assert "The address of your calendar is on its way to ada@example.com." in page.text
    assert "/calendar/mine/" not in page.text
    assert address not in page.text


def test_asking_twice_sends_one_letter(client, make_event, smtp_server):
    ada = sign_up_as(make_event(), "ada")

    for _time in range(2):
        client.post(f"/r/{token_of(ada)}/feed")

    assert len(addresses(smtp_server)) == 1


def test_feed_is_private(client, make_event, address_of):
    address = address_of(sign_up_as(make_event(), "ada"))

    calendar, page = feed(client, address), client.get(address)

    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar.headers["Cache-Control"] == "private, max-age=300"
    assert calendar.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert {each.headers["X-Robots-Tag"] for each in (calendar, page)} == {"noindex, nofollow"}
    assert address.rpartition("/")[2] not in "\n".join(lines_of(calendar.data))


def test_feed_is_never_kept_for_others(make_app, make_event, address_of, settings):
    address = address_of(sign_up_as(make_event(), "ada"))
    cached = make_app(**settings, PAGE_CACHE_SECONDS="60").test_client()

    first = feed(cached, address)
    with transaction() as session:
        session.execute(text("UPDATE private_feeds SET revoked_at = created_at"))
    second = feed(cached, address)

    assert (first.status_code, second.status_code) == (200, 410)


def test_feed_is_the_same_bytes_twice_and_a_304_without_rendering(client, make_event, address_of):
    address = address_of(sign_up_as(make_event(), "ada"))
    first, again = feed(client, address), feed(client, address)

    with counted(db.engine) as statements:
        known = feed(client, address, **{"If-None-Match": first.headers["ETag"], "Authorization": "Bearer nonsense"})

    assert first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"]
    assert (known.status_code, known.data) == (304, b"")
    assert len(statements) == 2


def test_feed_asks_as_much_for_one_event_as_for_three(client, make_event, address_of):
    def asked() -> int:
        with counted(db.engine) as statements:
            feed(client, address)
        return len(statements)

    address = address_of(sign_up_as(make_event(), "ada"))
    feed(client, address)  # the community's own row is read once a process
    one = asked()
    for _number in range(2):
        sign_up_as(make_event(), "ada")

    assert (one, asked()) == (5, 5)


def test_entry_follows_the_event_and_keeps_its_uid(client, make_event, address_of):
    event = make_event(title=Texts(zh="云原生"))
    address = address_of(sign_up_as(event, "ada"))
    answers = [feed(client, address)]

    change(event, starts_at=event.starts_at + timedelta(hours=1))
    answers.append(feed(client, address))
    change(event, state=EventState.CANCELLED)
    answers.append(feed(client, address))

    assert {value for each in answers for value in values_of(each.data, "UID")} == {f":{event.uid}"}
    assert [values_of(each.data, "SEQUENCE") for each in answers] == [[":0"], [":1"], [":2"]]
    assert len({each.headers["ETag"] for each in answers}) == 3
    assert titles(answers[2]) == ["已取消：云原生"]
    assert values_of(answers[2].data, "STATUS") == [":CANCELLED"]


def test_entry_goes_when_the_person_leaves_and_is_above_it_when_they_come_back(client, make_event, address_of):
    event, other = make_event(), make_event()
    address = address_of(sign_up_as(other, "ada"))
    ada = sign_up_as(event, "ada")
    both = feed(client, address)

    service.cancel(ada, now=utc_now())
    left = feed(client, address)
    sign_up_as(event, "ada")
    back = feed(client, address)

    def sequences(response) -> dict[str, int]:
        return {each.uid.value: int(each.sequence.value) for each in as_vobject(response.data).vevent_list}

    assert sequences(both) == {event.uid: 0, other.uid: 0}
    assert sequences(left) == {other.uid: 0}
    assert sequences(back) == {event.uid: 3, other.uid: 0}


def test_event_is_in_the_feed_for_a_year(client, make_event, address_of):
    event = make_event()
    address = address_of(sign_up_as(event, "ada"))

    with transaction() as session:
        session.execute(text("UPDATE events SET revision = revision"))
        found = session.get_one(Event, event.id)
        found.starts_at, found.ends_at = utc_now() - timedelta(days=364), utc_now() - timedelta(days=363)
    kept = values_of(feed(client, address).data, "UID")
    with transaction() as session:
        found = session.get_one(Event, event.id)
        found.starts_at, found.ends_at = utc_now() - timedelta(days=367), utc_now() - timedelta(days=366)

    assert kept == [f":{event.uid}"]
    assert values_of(feed(client, address).data, "UID") == []


@pytest.mark.parametrize("setting", ["none", "tentative"])
def test_who_waits_has_an_entry_only_if_the_settings_say_so(app, client, make_event, address_of, setting):
    app.config["WAITING_LIST_ENTRY"] = setting
    full = make_event(capacity=1, title=Texts(zh="客满"), mode=Mode.ONLINE, online_url=SECRET)
    bob, ada = sign_up_as(full, "bob"), sign_up_as(full, "ada")
    address = address_of(ada)

    waiting = feed(client, address)
    service.cancel(bob, now=utc_now())
    promoted = feed(client, address)

    assert titles(waiting) == (["候补：客满"] if setting == "tentative" else [])
    assert values_of(waiting.data, "STATUS") == ([":TENTATIVE"] if setting == "tentative" else [])
    assert SECRET not in "".join(lines_of(waiting.data))
    assert titles(promoted) == ["客满"]
    assert values_of(promoted.data, "STATUS") == [":CONFIRMED"]
    assert values_of(promoted.data, "SEQUENCE") == [":1"]
    assert SECRET in "".join(lines_of(promoted.data))


def test_draft_is_not_in_the_feed(client, make_event, address_of):
    event = make_event()
    address = address_of(sign_up_as(event, "ada"))

    change(event, state=EventState.DRAFT)

    assert titles(feed(client, address)) == []


def test_new_address_ends_the_old_one_and_goes_to_the_mailbox(client, make_event, address_of, smtp_server):
    old = address_of(sign_up_as(make_event(), "ada"))

    response = client.post(f"{old}/rotation")

    new = addresses(smtp_server)[-1]
    assert (response.status_code, response.headers["Location"]) == (303, "/calendar/mine/?done=rotation")
    assert new != old
    assert [feed(client, each).status_code for each in (old, new)] == [410, 200]
    assert [client.get(each).status_code for each in (old, new)] == [410, 200]
    assert new not in client.get(response.headers["Location"]).text


def test_ended_feed_is_gone_and_can_be_asked_for_again(client, make_event, address_of, db):
    ada = sign_up_as(make_event(), "ada")
    old = address_of(ada)

    ended = client.post(f"{old}/revocation")
    gone = feed(client, old)
    with transaction() as session:
        session.execute(text("DELETE FROM letters"))
    new = address_of(ada)

    assert ended.status_code == 303
    assert (gone.status_code, feed(client, new).status_code) == (410, 200)
    assert new != old
    assert client.post(f"{old}/rotation").status_code == 410


def test_ended_address_is_unknown_after_a_month(client, make_event, address_of, db):
    address = address_of(sign_up_as(make_event(), "ada"))
    client.post(f"{address}/revocation")

    for days, status in ((29, 410), (31, 404)):
        with transaction() as session:
            session.scalars(select(PrivateFeed)).one().revoked_at = utc_now() - timedelta(days=days)
        assert feed(client, address).status_code == status


def test_address_that_nobody_made_is_not_found(client, make_event):
    make_event()

    answers = [client.get(f"/calendar/mine/{'x' * 22}{suffix}") for suffix in ("", ".ics")]
    answers += [client.post(f"/calendar/mine/{'x' * 22}/{verb}") for verb in ("rotation", "revocation")]
    answers += [client.post(f"/r/{'x' * 32}/feed")]

    assert [answer.status_code for answer in answers] == [404] * 5


def test_letter_about_an_address_that_was_ended_meanwhile_is_not_sent(client, make_event, smtp_server):
    ada = sign_up_as(make_event(), "ada")
    client.post(f"/r/{token_of(ada)}/feed")

    with transaction():
        private.end_feed(private.Owner(email_key=ada.email_key), now=datetime(2026, 1, 1, tzinfo=UTC))

    assert addresses(smtp_server) == []


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_secret_is_in_no_log(client, make_event, address_of, caplog):
    address = address_of(sign_up_as(make_event(), "ada"))
    with transaction() as session:
        session.execute(text("DROP TABLE private_feeds"))

    with caplog.at_level(logging.INFO):
        response = feed(client, address)

    assert response.status_code == 500
    assert "/calendar/mine/<token>.ics failed" in caplog.text
    assert address.rpartition("/")[2] not in caplog.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_offers_the_feed_in_its_language(client, make_event, address_of, language):
    address = address_of(sign_up_as(make_event(), "ada"))

    page = client.get(f"{address}?lang={language}").text

    whole = f"meetup.community.example{address}.ics?lang={language}"
    assert f'href="webcal://{whole}"' in page
    assert f">https://{whole}<" in page
    assert f'action="{address}/rotation?lang={language}"' in page
    assert f'action="{address}/revocation?lang={language}"' in page


def test_page_has_a_code_that_leads_to_it_and_says_who_must_not_scan_it(client, make_event, address_of, browser):
    address = address_of(sign_up_as(make_event(), "ada"))

    page = client.get(f"{address}?lang=en")

    (drawing,) = re.findall(r'<div role="img"[^>]*>(<svg.*?</svg>)</div>', page.text)
    assert scanned(browser, drawing.encode()) == f"https://meetup.community.example{address}?lang=en"
    assert "Whoever scans this code sees your meetups" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_feed_speaks_the_language_of_its_owner(client, make_event, address_of):
    event = make_event(title=Texts(zh="云原生", en="Cloud native"))
    address = address_of(sign_up_as(event, "ada", language="en"))

    assert titles(feed(client, address)) == ["Cloud native"]
    assert titles(client.get(f"{address}.ics?lang=zh")) == ["云原生"]
    assert values_of(feed(client, address).data, "NAME") == [":My meetups · Juhui"]


def test_whoever_is_erased_has_no_feed_any_more(client, make_event, address_of):
    ada = sign_up_as(make_event(), "ada")
    address = address_of(ada)
    before = everything_about(ada.email_key, now=utc_now())["calendar_feeds"]

    erase_person("ada@example.com", by=THE_SITE, now=utc_now())

    assert feed(client, address).status_code == 404
    assert [each["ended_at"] for each in before] == [None]
    assert everything_about("ada@example.com", now=utc_now())["calendar_feeds"] == []

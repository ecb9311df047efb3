"""All that one address has here: found again by mail alone, taken along as a file, erased for good."""

import json
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import mailparser
import pytest
from sqlalchemy import func, select

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.core.tokens import digits, digits_match
from app.events.invitations import invite
from app.events.models import Event, TicketType, Visibility
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState, RefusedAddress
from app.registrations import erasing, mine, personal_feed
from app.registrations.models import Answer, PersonLink, Question, Registration
from app.registrations.rules import LINK_LIFETIME, token_of
from app.registrations.service import SignUp, sign_up
from tests.support.factories import sign_up_as, states

ADA = normalise("ada@example.com")
STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
EARLIER, LATER = datetime(2019, 12, 1, tzinfo=UTC), datetime(2019, 12, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUESTION = {"key": "company"}


@pytest.fixture
def settings(mail_settings):
    return mail_settings | {"SIGN_IN_RATE": "1000 per minute"}


@pytest.fixture
def letter(app, smtp_server):
    """Deliver what is due and return the text of the newest letter."""

    def newest():
        deliver(utc_now())
        return mailparser.parse_from_bytes(smtp_server.messages[-1].raw).text_plain[0]

    return newest


def digits_in(text):
    return re.search(r"\b(\d{3}) (\d{3})\b", text)


def ask(client, email="ada@example.com"):
    return client.post("/my/?lang=en", data={"email": email})


def count(db, of):
    db.rollback()
    return db.scalar(select(func.count()).select_from(of))


def test_the_answer_is_the_same_for_every_address(make_event, client, db):
    sign_up_as(make_event(), "ada")

    known, unknown = ask(client), ask(client, "eve@example.com")

    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("ada@", "eve@") == unknown.text
    assert count(db, PersonLink) == 2
    assert db.scalars(select(Letter.to_email).where(Letter.kind == "mine")).all() == ["ada@example.com"]


def test_known_and_unknown_cost_as_many_statements_and_write_a_row(make_event, db, count_statements):
    sign_up_as(make_event(), "ada")
    cost = {}

    for name in ("ada", "eve"):
        address = normalise(f"{name}@example.com")
        with count_statements() as asked:
            mine.request_link(address, language="zh", now=utc_now())
        with count_statements() as guessed, pytest.raises(NotFoundError):
            mine.open_by_digits(address, "wrong", now=utc_now())
        cost[name] = (len(asked), len(guessed))

    assert cost["ada"] == cost["eve"]
    db.rollback()
    assert db.execute(select(PersonLink.email_key, PersonLink.attempts).order_by(PersonLink.id)).all() == [
        ("ada@example.com", 1),
        ("eve@example.com", 1),
    ]


def test_letter_goes_to_the_address_on_record_and_not_to_another_spelling_of_it(make_event, client, db):
    sign_up_as(make_event(), "Bob", email="Bob@example.com")

    ask(client, "bob@example.com")

    assert db.scalars(select(Letter.to_email).where(Letter.kind == "mine")).all() == ["Bob@example.com"]


def test_many_who_ask_at_once_send_three_letters(app, make_event, db):
    sign_up_as(make_event(), "ada")
    database.session.remove()
    together = threading.Barrier(8)

    def request():
        with app.app_context():
            together.wait(30)
            mine.request_link(ADA, language="zh", now=utc_now())

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(db, PersonLink) == 3
    assert len(db.scalars(select(Letter.id).where(Letter.kind == "mine")).all()) == 3


def test_ways_that_have_ended_are_deleted(make_event, db):
    now = utc_now()
    mine.request_link(ADA, language="zh", now=now)

    mine.request_link(normalise("eve@example.com"), language="zh", now=now + mine.LINK_LIFETIME)

    assert db.scalars(select(PersonLink.email_key)).all() == ["eve@example.com"]


def test_letter_opens_everything_by_its_link_and_by_its_digits(make_event, client, letter):
    for slug in ("spring", "autumn"):
        sign_up_as(make_event(slug), "ada")
    sign_up_as(make_event("other"), "bob")
    ask(client)
    text = letter()

    link = re.search(r"/my/(\S+)\?", text)[1]
    by_link = client.get(f"/my/{link}?lang=en").text
    found = digits_in(text)
    by_digits = client.post("/my/code", data={"email": "ADA@example.com", "digits": f"{found[1]}-{found[2]}"})

    assert by_link.count('<li class="card">') == 2
    assert by_digits.headers["Location"] == f"/my/{link}"
    assert client.get("/my/" + link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404


def test_the_calendar_of_ones_own_opens_from_there(make_event, client, letter):
    sign_up_as(make_event(), "ada")
    ask(client)
    link = re.search(r"/my/(\S+)\?", letter())[1]

    first, again = (client.post(f"/my/{link}/feed") for _time in range(2))

    assert f'action="/my/{link}/feed"' in client.get(f"/my/{link}").text
    assert (first.status_code, first.headers["Location"]) == (303, again.headers["Location"])
    page = first.headers["Location"]
    assert re.fullmatch(r"/calendar/mine/[\w-]{22}", page)
    assert client.get(page).status_code == 200
    assert client.get(f"{page}.ics").data.count(b"BEGIN:VEVENT") == 1
    assert client.post(f"/my/{link[::-1]}/feed").status_code == 404


def test_calendar_whose_secret_is_lost_is_replaced(app, make_event, client, letter):
    sign_up_as(make_event(), "ada")
    ask(client)
    link = re.search(r"/my/(\S+)\?", letter())[1]
    old = client.post(f"/my/{link}/feed").headers["Location"]
    app.config["SECRET_KEY"] = "another key, the one before is lost"

    new = personal_feed.opened(ADA.key, language="en", now=utc_now())

    assert client.get(f"/calendar/mine/{new}").status_code == 200
    assert client.get(old).status_code == 410


def test_wrong_digits_are_refused_and_used_up_after_five(make_event, client, letter):
    sign_up_as(make_event(), "ada")
    ask(client)
    found = digits_in(letter())
    right = found[1] + found[2]
    wrong = "000000" if right != "000000" else "111111"

    answers = [client.post("/my/code", data={"email": ADA.email, "digits": wrong}).status_code for _ in range(5)]
    late = client.post("/my/code?lang=en", data={"email": ADA.email, "digits": right})

    assert answers == [422] * 5
    assert late.status_code == 422
    assert "not the digits" in late.text


def test_many_guesses_at_once_are_five(app, make_event, db):
    sign_up_as(make_event(), "ada")
    mine.request_link(ADA, language="zh", now=utc_now())
    code = db.scalars(select(PersonLink.code)).one()
    right = digits(mine.PURPOSE, code)
    wrong = [f"{number:06}" for number in range(13) if f"{number:06}" != right][:12]
    together, compared = threading.Barrier(len(wrong)), []

    def watch(frame, kind, _argument):
        if kind == "call" and frame.f_code is digits_match.__code__:
            compared.append(frame.f_locals["given"])

    def guess(typed):
        with app.app_context():
            together.wait(30)
            sys.setprofile(watch)
            try:
                mine.open_by_digits(ADA, typed, now=utc_now())
            except NotFoundError:
                return "refused"
            finally:
                sys.setprofile(None)
        return "open"

    with ThreadPoolExecutor(len(wrong)) as pool:
        answers = list(pool.map(guess, wrong))

    db.rollback()
    assert db.scalars(select(PersonLink.attempts)).all() == [5]
    assert len(set(compared)) == len(compared) == 5
    assert answers == ["refused"] * 12
    with pytest.raises(NotFoundError):
        mine.open_by_digits(ADA, right, now=utc_now())


def test_links_end_after_half_an_hour_and_are_not_sent_without_end(make_event, db):
    sign_up_as(make_event(), "ada")
    now = utc_now()
    for _ in range(9):
        mine.request_link(ADA, language="zh", now=now)
    (token, *_rest) = [mine.token_of(link) for link in db.scalars(select(PersonLink))]

    assert count(db, PersonLink) == 3
    assert mine.address_behind(token, now=now + HOUR / 2 - timedelta(seconds=1)) == ADA.key
    with pytest.raises(NotFoundError):
        mine.address_behind(token, now=now + HOUR / 2)


def test_file_holds_everything_and_nothing_of_others(make_event, client, db):
    event = make_event("spring", questions=[QUESTION])
    question_id = db.scalars(select(Question.id)).one()
    ada = sign_up_as(event, "ada", full_name="王芳", answers={question_id: "青云"})
    sign_up_as(event, "bob", answers={question_id: "secret"})
    mine.request_link(ADA, language="zh", now=utc_now())
    token = mine.token_of(db.scalars(select(PersonLink)).one())

    answer = client.get(f"/my/{token}/data.json")

    told = json.loads(answer.text)
    assert answer.headers["Content-Disposition"] == "attachment; filename=my-data.json"
    (registration,) = told["registrations"]
    assert (registration["name"], registration["email"], registration["status"], registration["code"]) == (
        "王芳", "ada@example.com", "confirmed", ada.code,
    )  # fmt: skip
    assert [answer["answer"] for answer in registration["answers"]] == ["青云"]
    assert [letter["kind"] for letter in told["emails_sent"]] == ["confirmed", "mine"]
    assert "bob" not in answer.text
    assert "secret" not in answer.text


def test_file_holds_the_invitation_and_that_the_address_refuses_letters(make_event, db):
    event = make_event(visibility=Visibility.INVITATION)
    code = invite(event.id, label="Press", uses_max=None, expires_at=None, by=THE_SITE, now=utc_now()).code
    wish = SignUp("Ada", ADA, event.ticket_types[0].id, {}, "en", code=code)
    sign_up(db.get(Event, event.id), wish, now=utc_now())
    with transaction() as session:
        session.add(RefusedAddress(key=ADA.key, refusals=2, first_at=EARLIER, last_at=LATER, words="mailbox full"))

    told = mine.everything_about(ADA.key, now=utc_now())

    assert [each["invitation"] for each in told["registrations"]] == ["Press"]
    assert told["refuses_emails"] == {
        "times": 2,
        "first_at": EARLIER.isoformat(),
        "last_at": LATER.isoformat(),
        "not_written_to_since": None,
        "words_of_the_server": "mailbox full",
    }


def test_erasing_takes_the_person_and_leaves_the_numbers(make_event, client, db):
    event = make_event("spring", capacity=1, questions=[QUESTION])
    past = make_event("past", starts_at=utc_now() + HOUR)
    answers = {db.scalars(select(Question.id)).one(): "青云"}
    ada = sign_up_as(event, "ada", full_name="王芳", answers=answers)
    sign_up_as(event, "bob")
    sign_up_as(past, "ada")
    after = past.ends_at + HOUR
    mine.request_link(ADA, language="zh", now=utc_now())
    own = f"/r/{token_of(ada)}"
    ids = [ada.event_id, ada.id]

    erased = erasing.erase_person(ADA.key, by=THE_SITE, now=after)
    deliver(after)

    db.rollback()
    assert erased == 2
    # bob has the seat; the place at the past event stays, and nobody knows whose it was.
    assert states(event) == {"": "cancelled", "bob": "confirmed"}
    assert states(past) == {"": "confirmed"}
    assert db.scalars(select(TicketType.seats_taken).order_by(TicketType.id)).all() == [1, 1]
    everything = [
        str(value)
        for table in (Registration, Letter, Answer, Entry, PersonLink)
        for row in db.scalars(select(table))
        for value in vars(row).values()
    ]
    # As a word: a Message-ID is hexadecimal, and may hold "ada" by chance.
    assert not [value for value in everything if re.search(r"王芳|青云|\bada\b", value, re.IGNORECASE)]
    assert client.get(own).status_code == 404
    entry = db.scalars(select(Entry).where(Entry.action == "person.erased", Entry.event_id == ids[0])).one()
    assert (entry.registration_id, entry.subject, entry.changes) == (ids[1], "", {})
    of_hers = db.execute(select(Letter.kind, Letter.state).where(Letter.to_email == "").order_by(Letter.id)).all()
    stopped = [(kind, LetterState.STOPPED) for kind in ("confirmed", "confirmed", "mine")]
    assert of_hers == [*stopped, ("erased", LetterState.SENT)]


def test_erasing_twice_changes_nothing_and_the_address_may_come_back(make_event, db):
    event = make_event()
    sign_up_as(event, "ada")

    first = erasing.erase_person(ADA.key, by=THE_SITE, now=utc_now())
    second = erasing.erase_person(ADA.key, by=THE_SITE, now=utc_now())
    sign_up_as(event, "ada")

    assert (first, second) == (1, 0)
    assert states(event) == {"": "cancelled", "ada": "confirmed"}


def test_erasing_by_the_page_asks_first(make_event, client, db):
    event = make_event()
    sign_up_as(event, "ada")
    mine.request_link(ADA, language="zh", now=utc_now())
    token = mine.token_of(db.scalars(select(PersonLink)).one())

    asked = client.get(f"/my/{token}/erasure?lang=en")
    still = states(event)
    done = client.post(f"/my/{token}/erasure")

    assert "cannot be undone" in asked.text
    assert still == {"ada": "confirmed"}
    assert (done.status_code, done.headers["Location"]) == (303, "/my/erased")
    assert states(event) == {"": "cancelled"}
    assert client.get(f"/my/{token}").status_code == 404


def test_own_link_ends_thirty_days_after_the_event_and_is_renewed_by_mail(make_event, client, db, letter):
    over = utc_now() - LINK_LIFETIME - timedelta(hours=6)
    event = make_event("over", starts_at=over - timedelta(days=2))
    ada = sign_up_as(event, "ada", now=event.starts_at - HOUR)
    old = f"/r/{token_of(ada)}"

    expired = client.get(old + "?lang=en")
    asked = client.post(old + "/renewal")
    text = letter()
    database.session.expire_all()

    new = re.search(r"/r/(\S+)\?", text)[1]
    assert expired.status_code == 410
    assert "Mail me a new link" in expired.text
    assert asked.status_code == 303
    assert client.get(f"/r/{new}").status_code == 200
    assert client.get(old).status_code == 404


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 410)])
def test_link_opens_until_thirty_days_after_the_event(make_event, client, days, status):
    ends_at = utc_now() - timedelta(days=days)
    event = make_event(starts_at=ends_at - timedelta(hours=5))
    ada = sign_up_as(event, "ada", now=event.starts_at - HOUR)

    assert client.get(f"/r/{token_of(ada)}").status_code == status

"""A place passed on: it stays the giver's until the other one confirms, and never enters the queue."""

from datetime import timedelta

import mailparser
import pytest
from sqlalchemy import func, select

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.events.models import Event, TicketType
from app.history.service import THE_SITE
from app.mail.delivery import deliver
from app.mail.models import Letter, LetterState
from app.registrations import mine, transfers
from app.registrations.erasing import erase_person
from app.registrations.forgetting import TRANSFERS_KEPT, forget_transfers
from app.registrations.models import PersonLink, Question, Registration, RegistrationState, Transfer, TransferState
from app.registrations.returns import come_back
from app.registrations.rules import token_of, transfer_token_of
from app.registrations.service import cancel
from app.registrations.transfers import OPEN_FOR, TRANSFERS_MAX, Receiver
from tests.support.factories import sign_up_as, states

BOB = Receiver("Bob", normalise("bob@example.com"))


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=1, questions=[{"key": "company", "is_required": True}])


@pytest.fixture
def ada(event):
    return sign_up_as(event, "ada")


@pytest.fixture
def on_its_way(db, ada):
    """Ada's place, on its way to Bob."""
    transfers.pass_on(ada, BOB, language="en", now=utc_now())
    return db.scalars(select(Transfer)).one()


def letters(db):
    db.expire_all()
    rows = db.execute(select(Letter.kind, Letter.to_email).order_by(Letter.id))
    return [(kind, email.partition("@")[0]) for kind, email in rows]


def accept(transfer, *, now=None):
    return transfers.accept(transfer, name="Bob", answers={}, language="en", now=now or utc_now())


def test_the_place_changes_hands_past_the_queue_when_the_other_confirms(db, event, ada, on_its_way):
    sign_up_as(event, "cyd")  # waits
    before = states(event)

    bob = accept(on_its_way)

    assert before == {"ada": "confirmed", "cyd": "waiting"}
    assert states(event) == {"ada": "cancelled", "cyd": "waiting", "bob": "confirmed"}
    assert db.scalar(select(TicketType.seats_taken)) == 1
    assert letters(db) == [
        ("confirmed", "ada"),
        ("transfer", "bob"),
        ("waiting", "cyd"),
        ("passed-on", "ada"),
        ("confirmed", "bob"),
    ]
    assert (bob.name, bob.email, bob.ticket_type_id) == ("Bob", "bob@example.com", ada.ticket_type_id)
    assert db.get(Transfer, on_its_way.id).accepted_id == bob.id


def test_each_gets_what_their_calendar_needs(db, ada, on_its_way, smtp_server):
    accept(on_its_way)
    deliver(utc_now())

    methods = {
        mail.to[0][1]: part.get_param("method")
        for mail in (mailparser.parse_from_bytes(message.raw) for message in smtp_server.wait_for(2))
        for part in mail.message.walk()
        if part.get_content_type() == "text/calendar"
    }
    assert methods == {"ada@example.com": "CANCEL", "bob@example.com": "REQUEST"}


def test_who_had_left_and_gets_a_place_passed_on_has_a_sequence_above_the_cancel(db, event, ada):
    with transaction() as session:
        session.get(TicketType, event.ticket_types[0].id).capacity = 2
    cancel(sign_up_as(event, "bob"), now=utc_now())
    transfers.pass_on(ada, BOB, language="en", now=utc_now())

    bob = accept(db.scalars(select(Transfer)).one())

    assert bob.calendar_offset == 3


def test_the_letter_leads_to_the_place_and_tells_only_its_reader_that_they_have_one(db, event, ada, smtp_server):
    with transaction() as session:
        session.get(TicketType, event.ticket_types[0].id).capacity = 2
    sign_up_as(event, "bob")
    transfers.pass_on(ada, BOB, language="en", now=utc_now())
    transfer = db.scalars(select(Transfer)).one()

    deliver(utc_now())

    mail = mailparser.parse_from_bytes(smtp_server.wait_for(3)[-1].raw)
    assert mail.to == [("Bob", "bob@example.com")]
    for text in (mail.text_plain[0], mail.text_html[0]):
        assert f"/t/{transfer_token_of(transfer)}" in text
        assert "You are registered for this event already" in text
        assert token_of(ada) not in text


@pytest.mark.parametrize("how", ["withdrawn", "left", "too late", "sign-up closed"])
def test_a_place_that_is_no_longer_to_be_had_is_refused_and_its_letter_stays(db, event, ada, on_its_way, how):
    now = utc_now()
    if how == "withdrawn":
        transfers.withdraw(ada, now=now)
    elif how == "left":
        cancel(ada, now=now)
    elif how == "too late":
        now += OPEN_FOR
    else:
        with transaction() as session:
            session.get(Event, event.id).sign_up_closes_at = now

    with pytest.raises(ConflictError):
        accept(db.get(Transfer, on_its_way.id), now=now)

    assert states(event) == {"ada": "cancelled" if how == "left" else "confirmed"}
    assert db.scalar(select(TicketType.seats_taken)) == (0 if how == "left" else 1)
    if how in {"withdrawn", "left"}:
        deliver(now)
        assert db.scalar(select(Letter.state).where(Letter.kind == "transfer")) == LetterState.STOPPED


def test_an_address_with_a_live_place_is_refused_at_acceptance_and_nothing_changes(db, event, ada, on_its_way):
    sign_up_as(event, "bob")  # waits for a place of his own

    with pytest.raises(ConflictError):
        accept(on_its_way)

    assert states(event) == {"ada": "confirmed", "bob": "waiting"}
    assert db.scalar(select(TicketType.seats_taken)) == 1
    assert db.get(Transfer, on_its_way.id).state is TransferState.OPEN


def test_a_link_is_good_for_one_person(db, on_its_way):
    accept(on_its_way)

    with pytest.raises(ConflictError):
        accept(on_its_way)

    assert db.scalar(select(func.count()).where(Registration.email_key == "bob@example.com")) == 1


def test_one_s_own_address_is_refused_beside_its_field(ada):
    with pytest.raises(BadInputError) as refused:
        transfers.pass_on(ada, Receiver("Ada", normalise("ADA@example.com")), language="en", now=utc_now())

    assert refused.value.field == "email"


def test_who_waits_has_no_place_to_pass_on(db, event, ada):
    bob = sign_up_as(event, "bob")

    with pytest.raises(ConflictError):
        transfers.pass_on(bob, Receiver("Cyd", normalise("cyd@example.com")), language="en", now=utc_now())

    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_a_new_wish_takes_the_place_of_the_former_one_and_there_is_an_end_to_them(db, ada):
    for number in range(TRANSFERS_MAX):
        transfers.pass_on(ada, Receiver("X", normalise(f"x{number}@example.com")), language="en", now=utc_now())

    with pytest.raises(ConflictError):
        transfers.pass_on(ada, BOB, language="en", now=utc_now())

    kept = db.execute(select(Transfer.email, Transfer.state).order_by(Transfer.id)).all()
    assert [state for _email, state in kept] == [TransferState.WITHDRAWN] * (TRANSFERS_MAX - 1) + [TransferState.OPEN]


def test_who_leaves_and_comes_back_has_no_more_letters_to_strangers(db, event, ada):
    for number in range(TRANSFERS_MAX):
        transfers.pass_on(ada, Receiver("X", normalise(f"x{number}@example.com")), language="en", now=utc_now())
    with transaction() as session:
        session.delete(session.scalars(select(Question)).one())
    cancel(ada, now=utc_now())
    come_back(db.get(Registration, ada.id), now=utc_now())
    again = db.scalars(select(Registration).order_by(Registration.id.desc()).limit(1)).one()

    with pytest.raises(ConflictError):
        transfers.pass_on(again, BOB, language="en", now=utc_now())

    assert (again.email_key, again.state) == (ada.email_key, "confirmed")
    assert db.scalar(select(func.count()).select_from(Transfer)) == TRANSFERS_MAX


def test_where_organizers_decide_who_comes_no_place_is_passed_on_past_them(client, db, make_event):
    event = make_event(needs_approval=True)
    ada = sign_up_as(event, "ada")
    with transaction() as session:
        row = session.get(Registration, ada.id)
        row.state, row.confirmed_at = RegistrationState.CONFIRMED, utc_now()
        session.get(TicketType, row.ticket_type_id).seats_taken = 1

    page = client.get(f"/r/{token_of(ada)}?lang=en").text
    form = client.get(f"/r/{token_of(ada)}/transfer")
    sent = client.post(f"/r/{token_of(ada)}/transfer", data={"name": "Bob", "email": "bob@example.com"})

    assert "the organizers decide who comes: please ask them" in page
    assert f"/r/{token_of(ada)}/transfer" not in page
    assert (form.status_code, sent.status_code) == (303, 409)
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_place_on_its_way_is_not_to_be_had_once_organizers_decide_who_comes(db, event, on_its_way):
    with transaction() as session:
        session.get(Event, event.id).needs_approval = True

    with pytest.raises(ConflictError):
        accept(db.get(Transfer, on_its_way.id))

    assert states(event) == {"ada": "confirmed"}


def test_the_time_to_confirm_ends_with_the_sign_up(db, event, ada):
    closes_at = utc_now() + timedelta(days=1)
    with transaction() as session:
        session.get(Event, event.id).sign_up_closes_at = closes_at

    transfers.pass_on(ada, BOB, language="en", now=utc_now())

    assert db.scalar(select(Transfer.expires_at)) == closes_at


class TestPages:
    def test_giver_and_receiver_go_through_it_without_script(self, client, db, event, ada):
        own = f"/r/{token_of(ada)}"

        form = client.get(f"{own}/transfer?lang=en")
        sent = client.post(f"{own}/transfer", data={"name": "Bob", "email": "bob@example.com"})
        waiting = client.get(f"{own}?lang=en").text
        link = f"/t/{transfer_token_of(db.scalars(select(Transfer)).one())}"
        offer = client.get(f"{link}?lang=en").text
        missing = client.post(f"{link}/acceptance", data={"name": "Bob"}, headers={"Accept-Language": "en"})
        taken = client.post(f"{link}/acceptance", data={"name": "Bob Ross", "q_company": "Acme"})
        bob = db.scalars(select(Registration).order_by(Registration.id.desc())).first()

        assert (form.status_code, sent.status_code) == (200, 303)
        assert "We have written to Bob (bob@example.com)." in waiting
        assert "ada cannot come and would like you to have their place." in offer
        assert missing.status_code == 422
        assert "Bob" in missing.text
        assert taken.location.startswith(f"/r/{token_of(bob)}")
        assert (bob.name, [answer.value for answer in bob.answers]) == ("Bob Ross", ["Acme"])
        assert states(event) == {"ada": "cancelled", "bob": "confirmed"}
        assert "You have taken this place." in client.get(f"{link}?lang=en").text

    def test_giver_keeps_the_place_after_all(self, client, ada, on_its_way):
        answer = client.post(f"/r/{token_of(ada)}/transfer/withdrawal")

        assert answer.status_code == 303
        page = client.get(f"/t/{transfer_token_of(on_its_way)}?lang=en").text
        assert "This place is no longer to be had." in page
        assert 'method="post"' not in page[page.index("<main") :]

    @pytest.mark.parametrize("known", [False, True], ids=["new address", "registered address"])
    def test_giver_sees_the_same_whether_the_address_is_registered(self, client, event, ada, known):
        if known:
            sign_up_as(event, "bob")

        answer = client.post(f"/r/{token_of(ada)}/transfer", data={"name": "Bob", "email": "bob@example.com"})

        assert answer.status_code == 303
        assert "We have written to Bob (bob@example.com)." in client.get(f"/r/{token_of(ada)}?lang=en").text

    def test_receiver_with_a_place_is_told_and_loses_nothing(self, client, event, on_its_way):
        sign_up_as(event, "bob")

        answer = client.post(
            f"/t/{transfer_token_of(on_its_way)}/acceptance",
            data={"name": "Bob", "q_company": "Acme"},
            headers={"Accept-Language": "en"},
        )

        assert answer.status_code == 409
        assert "You are registered for this event already, with this address." in answer.text
        assert states(event) == {"ada": "confirmed", "bob": "waiting"}

    @pytest.mark.parametrize(
        "values",
        [
            {"name": "", "email": "bob@example.com"},
            {"name": "Bob", "email": "nobody"},
            {"name": "www.buy.example.com", "email": "bob@example.com"},
            {"name": "Bob", "email": "ada@example.com"},
        ],
    )
    def test_bad_entries_come_back_with_what_was_typed(self, client, db, ada, values):
        answer = client.post(f"/r/{token_of(ada)}/transfer", data=values)

        assert answer.status_code == 422
        assert f'value="{values["email"]}"' in answer.text
        assert db.scalar(select(func.count()).select_from(Transfer)) == 0

    @pytest.mark.parametrize("link", ["/t/short", "/t/ABCDEFGHJKxxxxxxxxxxxxxxxxxxxxxx"])
    def test_a_link_of_nothing_is_not_there(self, client, on_its_way, link):
        forged = f"/t/{on_its_way.code}{'A' * 22}"

        assert [client.get(path).status_code for path in (link, forged)] == [404, 404]


def test_erasing_either_of_the_two_forgets_the_other_and_ends_what_is_on_its_way(db, event, ada, on_its_way):
    erase_person("bob@example.com", by=THE_SITE, now=utc_now())

    db.expire_all()
    kept = db.get(Transfer, on_its_way.id)
    assert (kept.name, kept.email, kept.email_key, kept.state) == ("", "", "", TransferState.WITHDRAWN)
    assert states(event) == {"ada": "confirmed"}


def test_whose_address_was_typed_sees_it_takes_it_along_and_erases_it(client, db, on_its_way):
    client.post("/my/", data={"email": "BOB@example.com"})
    token = mine.token_of(db.scalars(select(PersonLink)).one())
    sent_to = db.scalars(select(Letter.to_email).where(Letter.kind == "mine")).all()

    page = client.get(f"/my/{token}?lang=en").text
    told = client.get(f"/my/{token}/data.json").json
    erased = client.post(f"/my/{token}/erasure")

    assert sent_to == ["bob@example.com"]
    assert "Places others wanted you to have" in page
    assert "Cloud native meetup 1" in page
    assert "Nothing is stored" not in page
    (received,) = told["places_passed_on_to_you"]
    assert (received["name"], received["email"], received["status"]) == ("Bob", "bob@example.com", "open")
    assert received["event"]["title"]["en"] == "Cloud native meetup 1"
    assert erased.status_code == 303
    assert db.execute(select(Transfer.name, Transfer.email, Transfer.email_key)).all() == [("", "", "")]


def test_giver_is_told_whom_they_wrote_to(db, ada, on_its_way):
    told = mine.everything_about(ada.email_key, now=utc_now())

    (made,) = told["places_passed_on_by_you"]
    assert (made["name"], made["email"], told["places_passed_on_to_you"]) == ("Bob", "bob@example.com", [])


@pytest.mark.parametrize("how", ["open", "withdrawn", "accepted"])
def test_whom_a_place_went_to_is_forgotten_thirty_days_after_it_is_settled(db, ada, on_its_way, how):
    if how == "withdrawn":
        transfers.withdraw(ada, now=utc_now())
    if how == "accepted":
        accept(on_its_way)
    db.expire_all()
    row = db.get(Transfer, on_its_way.id)
    settled_at = row.closed_at or row.expires_at

    early = forget_transfers(settled_at + TRANSFERS_KEPT - timedelta(seconds=1))
    before = db.scalars(select(Transfer.email_key)).all()
    done = [forget_transfers(settled_at + TRANSFERS_KEPT) for _time in range(2)]

    assert (early, before, done) == (0, ["bob@example.com"], [1, 0])
    db.expire_all()
    kept = db.execute(select(Transfer.name, Transfer.email, Transfer.email_key, Transfer.state)).all()
    assert kept == [("", "", "", how)]
    assert states(db.get(Event, ada.event_id)).get("bob") == ("confirmed" if how == "accepted" else None)


def test_erasing_the_giver_withdraws_the_place_from_its_way(db, ada, on_its_way):
    erase_person(ada.email_key, by=THE_SITE, now=utc_now())

    db.expire_all()
    assert db.get(Transfer, on_its_way.id).state is TransferState.WITHDRAWN
    with pytest.raises(ConflictError):
        accept(db.get(Transfer, on_its_way.id))

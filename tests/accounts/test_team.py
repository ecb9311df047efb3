"""Who manages the site: asked by letter, given another role, removed; one owner always stays."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import invitations, service, team
from app.accounts.models import Organizer, OrganizerInvitation, Role, SignInSession
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError, NotFoundError, RefusedError
from app.core.i18n import speaking
from app.events import team as event_team
from app.events.models import EventRole
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from tests.support.organizers import signed_in

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA, EVE = normalise("ada@example.com"), normalise("Eve@example.com")


@pytest.fixture
def ada(app, db):
    """An owner, and who acts."""
    service.add_organizer(ADA, name="Ada", role=Role.OWNER, now=NOW)
    return Actor(db.scalars(select(Organizer.id)).one(), 1)


def invite(by, role=Role.EDITOR, *, address=EVE, now=NOW):
    team.invite(address, role, name="Eve", language="en", by=by, now=now)


def organizer(db, address=EVE):
    db.expire_all()
    return db.scalars(select(Organizer).where(Organizer.email_key == address.key)).one()


def told(db):
    statement = select(Entry).where(Entry.action.startswith("organizer.")).order_by(Entry.id)
    return [(entry.action, entry.subject, entry.changes["role"]) for entry in db.scalars(statement)]


def token(db):
    return invitations.token_of(db.scalars(select(OrganizerInvitation)).one())


def test_invitation_gives_the_role_and_queues_a_letter_in_their_language(ada, db):
    invite(ada)

    eve, (letter,) = organizer(db), db.scalars(select(Letter)).all()
    assert (eve.email, eve.name, eve.role, eve.joined_at) == ("Eve@example.com", "Eve", Role.EDITOR, None)
    assert (letter.kind, letter.to_email, letter.language) == ("invited", "Eve@example.com", "en")
    assert told(db) == [("organizer.invited", "Eve", [None, "editor"])]


@pytest.mark.parametrize(("language", "role"), [("en", "Editor"), ("zh", "编辑")])
def test_letter_says_who_asks_for_what_in_which_role(app, ada, db, language, role):
    invite(ada, now=utc_now())
    link = token(db)

    with app.test_request_context(), speaking(language):
        draft = invitations.write(db.scalars(select(Letter)).one())

    for part in (draft.text, draft.html):
        assert "Ada" in part
        assert role in part
        assert f"/organizer/invitation/{link}" in part
    assert draft.reply_to == "ada@example.com"


@pytest.mark.parametrize("how", ["used", "withdrawn", "late"])
def test_letter_that_nobody_needs_any_more_is_not_written(app, ada, db, how):
    invite(ada, now=NOW if how == "late" else utc_now())
    if how == "used":
        invitations.accept(token(db), Browser(), now=utc_now())
    elif how == "withdrawn":
        team.remove(organizer(db).id, by=ada, now=utc_now())

    with app.test_request_context(), speaking("en"):
        assert invitations.write(db.scalars(select(Letter)).one()) is None


def test_link_lets_in_once_within_seven_days(app, ada, db):
    invite(ada)
    link = token(db)

    secret = invitations.accept(link, Browser("Firefox"), now=NOW + timedelta(days=6, hours=23))

    assert organizer(db).joined_at == NOW + timedelta(days=6, hours=23)
    assert db.scalars(select(SignInSession.user_agent)).all() == ["Firefox"]
    assert len(secret) == 43
    with pytest.raises(NotFoundError):
        invitations.accept(link, Browser(), now=NOW + timedelta(days=6, hours=23))
    assert told(db)[-1] == ("organizer.accepted", "", [None, "editor"])


def test_link_signs_in_nobody_who_has_been_here_before(app, ada, db):
    browser = signed_in(app, "Eve@example.com", name="Eve")
    browser.post("/organizer/sign-out")
    organizer(db).role = None
    db.commit()
    invite(ada, now=utc_now())
    page = app.test_client().get(f"/organizer/invitation/{token(db)}?lang=en").text
    before = db.scalars(select(func.count()).select_from(SignInSession)).one()

    other = app.test_client()
    answer = other.post(f"/organizer/invitation/{token(db)}")

    assert "Afterwards sign in as you always do; this link does not sign you in." in page
    assert "Accept and sign in" not in page
    assert (answer.status_code, answer.location) == (303, "/organizer/sign-in?next=/organizer/")
    assert other.get_cookie("juhui_session", path="/organizer") is None
    assert db.scalars(select(func.count()).select_from(SignInSession)).one() == before
    db.expire_all()
    assert db.scalars(select(OrganizerInvitation.used_at)).one() is not None
    assert told(db)[-1] == ("organizer.accepted", "", [None, "editor"])
    assert app.test_client().get(f"/organizer/invitation/{token(db)}").status_code == 410


def test_removal_ends_the_invitations_to_events_too(app, ada, db, make_event):
    spring = make_event("spring")
    invite(ada)
    event_team.invite(spring, EVE, Role.EDITOR, language="en", by=ada, now=NOW)

    team.remove(organizer(db).id, by=ada, now=NOW)

    assert db.scalars(select(OrganizerInvitation)).all() == []


@pytest.mark.parametrize("how", ["late", "altered", "unknown", "withdrawn", "replaced"])
def test_link_that_does_not_hold_opens_nothing(app, ada, db, how):
    invite(ada)
    link, later = token(db), NOW
    if how == "late":
        later = NOW + timedelta(days=7)
    elif how == "altered":
        link = link[:-1] + ("A" if link[-1] != "A" else "B")
    elif how == "unknown":
        link = "2345678923" + "A" * 22
    elif how == "withdrawn":
        team.remove(organizer(db).id, by=ada, now=NOW)
    else:
        team.invite_again(organizer(db).id, by=ada, now=NOW)

    with pytest.raises(NotFoundError):
        invitations.accept(link, Browser(), now=later)

    assert db.scalars(select(SignInSession)).all() == []


def test_invitation_sent_again_is_a_new_letter_with_a_new_link(ada, db):
    invite(ada)
    first = token(db)

    team.invite_again(organizer(db).id, by=ada, now=NOW + timedelta(days=1))

    assert token(db) != first
    assert len({letter.key for letter in db.scalars(select(Letter))}) == 2
    invitations.accept(token(db), Browser(), now=NOW + timedelta(days=7, hours=23))
    with pytest.raises(ConflictError):
        team.invite_again(organizer(db).id, by=ada, now=NOW + timedelta(days=8))


def test_whoever_manages_already_is_not_asked_again(ada, db):
    invite(ada)

    with pytest.raises(BadInputError) as refused:
        invite(ada, Role.OWNER, address=normalise("EVE@example.com"))

    assert refused.value.field == "email"
    assert organizer(db).role is Role.EDITOR
    assert len(db.scalars(select(Letter)).all()) == 1


def test_somebody_removed_comes_back_with_nothing_of_what_they_had(ada, db, make_event):
    event = make_event()
    invite(ada, Role.OWNER)
    db.add(EventRole(event_id=event.id, organizer_id=organizer(db).id, role=Role.EDITOR, created_at=NOW))
    db.commit()
    team.remove(organizer(db).id, by=ada, now=NOW)

    invite(ada, Role.VIEWER)

    eve = organizer(db)
    assert (eve.role, eve.removed_at, eve.joined_at) == (Role.VIEWER, None, None)
    assert db.scalars(select(EventRole)).all() == []


def test_role_is_changed_and_told(ada, db):
    invite(ada)

    team.change_role(organizer(db).id, Role.OWNER, by=ada, now=NOW)
    team.change_role(organizer(db).id, Role.OWNER, by=ada, now=NOW)

    assert organizer(db).role is Role.OWNER
    assert told(db)[1:] == [("organizer.role_changed", "Eve", ["editor", "owner"])]


def test_last_owner_can_be_neither_removed_nor_demoted(ada, db):
    invite(ada)

    for attempt in (
        lambda: team.remove(ada.organizer_id, by=ada, now=NOW),
        lambda: team.change_role(ada.organizer_id, Role.ORGANIZER, by=ada, now=NOW),
    ):
        with pytest.raises(RefusedError):
            attempt()

    assert (organizer(db, ADA).role, organizer(db, ADA).removed_at) == (Role.OWNER, None)
    team.change_role(organizer(db).id, Role.OWNER, by=ada, now=NOW)
    team.remove(ada.organizer_id, by=ada, now=NOW)
    assert organizer(db, ADA).removed_at == NOW


@pytest.mark.parametrize("what", ["invite", "change", "remove"])
def test_who_is_no_owner_any_more_decides_nothing(ada, db, what):
    invite(ada, Role.ORGANIZER)
    eve = Actor(organizer(db).id, 2)
    attempt = {
        "invite": lambda: invite(eve, address=normalise("bob@example.com")),
        "change": lambda: team.change_role(eve.organizer_id, Role.OWNER, by=eve, now=NOW),
        "remove": lambda: team.remove(ada.organizer_id, by=eve, now=NOW),
    }[what]

    with pytest.raises(RefusedError):
        attempt()

    assert [row.role for row in team.members()] == [Role.OWNER, Role.ORGANIZER]


def test_removal_takes_effect_at_the_next_request(app, db):
    owner, other = signed_in(app), signed_in(app, "bob@example.com", name="Bob")
    bob = organizer(db, normalise("bob@example.com"))
    before = other.get("/organizer/").status_code

    answer = owner.post(f"/organizer/team/{bob.id}/removal")

    assert (before, answer.status_code, other.get("/organizer/").status_code) == (200, 303, 303)


def test_removed_member_is_given_back_by_undo(app, db):
    owner, _other = signed_in(app), signed_in(app, "bob@example.com", name="Bob")
    bob = organizer(db, normalise("bob@example.com"))
    page = owner.get(owner.post(f"/organizer/team/{bob.id}/removal").headers["Location"]).text
    undo = page.split("undo-offer")[1].split('action="')[1].split('"')[0]

    answer, again = owner.post(undo), owner.post(undo)

    assert (answer.status_code, again.status_code) == (303, 409)
    assert (organizer(db, normalise("bob@example.com")).removed_at, bob.role) == (None, Role.OWNER)


def test_team_page_shows_everybody_in_as_many_statements_for_one_as_for_three(app, ada, db, count_statements):
    browser = signed_in(app)
    browser.get("/organizer/team")
    with count_statements() as for_one:
        browser.get("/organizer/team")
    invite(ada)
    invite(ada, Role.DOOR, address=normalise("bob@example.com"))

    with count_statements() as for_three:
        page = browser.get("/organizer/team?lang=en").text

    assert len(for_one) == len(for_three) == 4
    assert page.count("Invited, not yet signed in") == 2
    assert page.index("ada@example.com") < page.index("Eve@example.com") < page.index("bob@example.com")


def test_form_with_mistakes_is_shown_again_with_what_was_typed(app, db):
    browser = signed_in(app)

    response = browser.post("/organizer/team?lang=en", data={"email": "nobody", "name": "Nemo", "language": "en"})

    assert response.status_code == 422
    assert 'value="nobody"' in response.text
    assert 'value="Nemo"' in response.text
    assert "Please write one e-mail address" in response.text
    assert "Please choose a role." in response.text
    assert db.scalars(select(Letter)).all() == []


def test_invitation_page_asks_for_a_press_and_signs_in(app, db):
    owner = signed_in(app)
    owner.post("/organizer/team", data={"email": "eve@example.com", "role": "editor", "language": "en"})
    address = f"/organizer/invitation/{token(db)}?lang=en"
    browser = app.test_client()

    looked, looked_again = browser.get(address), browser.get(address)
    pressed = browser.post(address)

    assert "Ada asks you to help manage the events of" in looked.text
    assert "texts, pictures, place and agenda" in looked.text
    assert (looked.status_code, looked_again.status_code, pressed.status_code) == (200, 200, 303)
    assert browser.get(pressed.headers["Location"]).status_code == 200
    assert (app.test_client().get(address).status_code, app.test_client().post(address).status_code) == (410, 410)
    assert app.test_client().get("/organizer/invitation/x").status_code == 404

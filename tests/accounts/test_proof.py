"""Before personal data leave, whoever sits at the browser shows who they are; and nothing typed is lost by it."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, update

from app.accounts import gate, mails
from app.accounts.models import LinkKind, Organizer, SignInLink, SignInSession
from app.accounts.rules import typed_code_of
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import speaking
from app.history.models import Entry
from app.mail.models import Letter
from app.web.bodies import takes
from tests.support.organizers import ADA, signed_in

PROOF = "/organizer/proof"


def test_export_asks_for_a_proof_that_is_older_than_half_an_hour(app, make_event, db):
    make_event("meetup")
    browser, address = signed_in(app), "/organizer/events/meetup/attendees.csv?status=confirmed"
    fresh = browser.get(address)
    age(db, timedelta(minutes=31))
    old = browser.get(address)
    page = browser.get(f"{old.location}&lang=en")
    sent = browser.post(f"{PROOF}/letters?lang=en", data=hidden(page.text))
    asked = browser.get(sent.location)
    proved = browser.post(f"{PROOF}?lang=en", data=hidden(asked.text) | {"code": code_of(db)})
    link = unescape(re.search(r'class="button" href="([^"]+)"', proved.text).group(1))

    assert (fresh.status_code, old.status_code) == (200, 303)
    assert old.location == f"{PROOF}?next=/organizer/events/meetup/attendees.csv?status%3Dconfirmed&file=1"
    assert (page.status_code, asked.status_code, proved.status_code) == (200, 200, 200)
    assert link == address
    assert browser.get(link).headers["Content-Disposition"] == 'attachment; filename="meetup-attendees.csv"'


def age(db, by):
    """Let the last proof of every browser be this long ago."""
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - by))


def code_of(db):
    statement = select(SignInLink).where(SignInLink.kind == LinkKind.PROOF).order_by(SignInLink.id.desc())
    return typed_code_of(db.scalars(statement.limit(1)).one())


def hidden(html):
    """Return the hidden fields of the page's last form that has a path to go on to."""
    forms = [form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if 'name="next"' in form]
    fields = re.findall(r'<input type="hidden"[^>]*? name="([^"]+)" value="([^"]*)"', forms[0])
    return {name: unescape(value) for name, value in fields}


def test_permission_is_asked_for_before_the_proof(app, make_event, db):
    make_event("meetup")
    from app.accounts.models import Role
    from app.accounts.service import add_organizer
    from app.core.addresses import normalise

    add_organizer(normalise("eve@example.com"), role=Role.VIEWER, now=utc_now())
    browser = signed_in(app, "eve@example.com")
    age(db, timedelta(hours=1))

    assert browser.get("/organizer/events/meetup/attendees.csv").status_code == 403


@pytest.fixture
def erasing(app):
    """A form that erases, as other rooms have them: what reached it."""
    reached = []

    @app.post("/organizer/trial/<slug>/erasure")
    def erase(slug):
        from flask import request

        gate.require_fresh_proof()
        reached.append((slug, request.full_path, list(request.form.items(multi=True))))
        return "erased"

    @app.get("/organizer/trial/secret")
    def secret():
        gate.require_fresh_proof()
        return "secret"

    return reached


TYPED = {"reason": ['  two\r\nlines & <b>"quotes"</b> 你好'], "choice": ["b", "a"], "code": ["not mine"], "next": ["x"]}


def test_form_is_kept_through_the_proof_and_sent_by_a_button(app, erasing, db):
    browser, address = signed_in(app), "/organizer/trial/one/erasure?lang=en&x=1"
    age(db, timedelta(hours=1))
    asked = browser.post(address, data=TYPED)
    sent = browser.post(f"{PROOF}/letters?lang=en", data=hidden(asked.text))
    wrong = browser.post(f"{PROOF}?lang=en", data=hidden(sent.text) | {"code": "12345"})
    proved = browser.post(f"{PROOF}?lang=en", data=hidden(wrong.text) | {"code": code_of(db)})
    before = list(erasing)
    target, fields = repeated(proved.text)
    done = browser.post(target, data=fields)

    assert [page.status_code for page in (asked, sent, wrong, proved)] == [403, 200, 422, 200]
    assert before == []
    assert "has not been done yet" in proved.text
    assert (done.text, target) == ("erased", address)
    # As a browser sends it, line ends included.
    assert erasing == [("one", address, [(name, value) for name, values in TYPED.items() for value in values])]


def repeated(html):
    """Return where the page's button sends what was typed, and the fields, as a browser would."""
    form = re.search(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*<textarea.*?)</form>', html, re.DOTALL)
    fields = {}
    for name, value in re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', form.group(2), re.DOTALL):
        text = unescape(value).replace("\r\n", "\n").replace("\n", "\r\n")
        fields.setdefault(unescape(name), []).append(text)
    return unescape(form.group(1)), fields


def test_page_goes_on_by_itself_once_it_is_proved(app, erasing, db):
    browser = signed_in(app)
    age(db, timedelta(hours=1))
    asked = browser.get("/organizer/trial/secret")
    browser.post(f"{PROOF}/letters", data={"next": "/organizer/trial/secret"})
    proved = browser.post(PROOF, data={"next": "/organizer/trial/secret", "code": code_of(db)})

    assert asked.location == f"{PROOF}?next=/organizer/trial/secret"
    assert (proved.status_code, proved.location) == (303, "/organizer/trial/secret")
    assert browser.get("/organizer/trial/secret").text == "secret"
    assert browser.get(asked.location).location == "/organizer/trial/secret"
    (entry,) = db.scalars(select(Entry).where(Entry.action == "proved"))
    assert entry.changes == {"way": [None, "code"]}


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil", "/organizer/sign-out", ""])
def test_proof_leads_nowhere_else(app, onward):
    assert signed_in(app).get(PROOF, query_string={"next": onward}).location == "/organizer/"


@pytest.mark.parametrize("fields", ["{", "[1]", '[["a"]]', "null", '"x"', "[" * 9000])
def test_proof_takes_broken_fields_for_none(app, db, fields):
    browser = signed_in(app)
    browser.post(f"{PROOF}/letters", data={"next": "/organizer/"})

    response = browser.post(PROOF, data={"next": "/organizer/", "fields": fields[:3000], "code": code_of(db)})

    assert response.status_code == 303


def test_link_from_elsewhere_fills_in_no_form(app, erasing):
    fields = json.dumps([["email", "eve@example.com"], ["role", "owner"]])

    page = signed_in(app).get(PROOF, query_string={"next": "/organizer/team", "fields": fields}, follow_redirects=False)

    assert (page.status_code, page.location) == (303, "/organizer/team")
    assert "eve@example.com" not in page.text


def test_page_names_what_its_button_does(app, erasing, make_event, db):
    make_event("meetup")
    browser = signed_in(app)
    age(db, timedelta(hours=1))
    browser.post(f"{PROOF}/letters")
    unknown = json.dumps([["reason", "x"]])
    invited = json.dumps([["email", "eve@example.com"]])

    language = {"Accept-Language": "en"}

    form = {"next": "/organizer/team", "fields": invited, "code": code_of(db)}
    named = browser.post(PROOF, data=form, headers=language).text
    browser.post(f"{PROOF}/letters")
    form = {"next": "/organizer/trial/one/erasure", "fields": unknown, "code": code_of(db)}
    plain = browser.post(PROOF, data=form, headers=language).text
    file = {"next": "/organizer/events/meetup/attendees.csv?q=x", "file": "1"}
    download = browser.get(PROOF, query_string=file, headers=language).text

    what = "Invite somebody to manage the site"
    assert f'<strong>{what}</strong><br><code class="address">/organizer/team</code>' in named
    assert '<p><code class="address">/organizer/trial/one/erasure</code></p>' in plain
    assert "<strong>Download the attendee list</strong>" in download


def test_every_name_of_a_task_is_that_of_a_page(app):
    assert set(app.extensions["names_of_proved_tasks"]) <= set(app.view_functions)


def test_form_too_long_to_be_kept_is_said_to_be_lost(app, db):
    @app.post("/organizer/trial/long")
    @takes(200_000)
    def long():
        gate.require_fresh_proof()
        return "done"

    browser = signed_in(app)
    age(db, timedelta(hours=1))

    kept = browser.post("/organizer/trial/long?lang=en", data={"text": "y" * 60_000})
    lost = browser.post("/organizer/trial/long?lang=en", data={"text": "y" * 70_000})

    assert (kept.status_code, lost.status_code) == (403, 403)
    assert ("yyyy" in kept.text, "yyyy" in lost.text) == (True, False)
    assert "What you sent is too much to be kept meanwhile." in lost.text


STEPS = [
    ("/organizer/team", {"email": "cyd@example.com", "role": "owner", "language": "en"}),
    ("/organizer/team/{eve}/role", {"role": "owner"}),
    ("/organizer/team/{eve}/invitation", {}),
    ("/organizer/events/meetup/team", {"email": "cyd@example.com", "role": "owner", "language": "en"}),
    ("/organizer/events/meetup/team/{eve}/role", {"role": "owner"}),
    ("/organizer/events/meetup/team/{eve}/invitation", {}),
    ("/organizer/history/{site_role}/undo", {}),
    ("/organizer/events/meetup/history/{event_role}/undo", {}),
]


@pytest.mark.parametrize(("path", "data"), STEPS)
def test_whoever_says_who_else_manages_shows_first_who_they_are(app, make_event, db, path, data):
    make_event("meetup")
    browser = signed_in(app)
    eve = {"email": "eve@example.com", "role": "editor", "language": "en"}
    for team in ("/organizer/team", "/organizer/events/meetup/team"):
        assert browser.post(team, data=eve).status_code == 303
    ids = {"eve": db.scalars(select(Organizer.id).where(Organizer.email_key == eve["email"])).one()}
    for name, team in (("site_role", "/organizer/team"), ("event_role", "/organizer/events/meetup/team")):
        assert browser.post(f"{team}/{ids['eve']}/role", data={"role": "door"}).status_code == 303
        ids[name] = db.scalars(select(Entry.id).order_by(Entry.id.desc()).limit(1)).one()
    age(db, timedelta(hours=1))
    before = db.scalars(select(func.count()).select_from(Entry)).one()

    asked = browser.post(path.format(**ids), data=data)
    untouched = db.scalars(select(func.count()).select_from(Entry)).one() == before
    age(db, timedelta(0))
    done = browser.post(path.format(**ids), data=data)

    assert (asked.status_code, untouched, done.status_code) == (403, True, 303)
    assert f'value="{path.format(**ids)}"' in asked.text


def test_letter_with_the_code_says_what_it_is_for(app, db):
    browser = signed_in(app)
    browser.post(f"{PROOF}/letters?lang=en", headers={"User-Agent": "Firefox/1 Linux"})
    (letter,) = db.scalars(select(Letter).where(Letter.kind == "proof"))
    code = code_of(db)

    with speaking("en"):
        draft = mails.proof(letter)
    browser.post("/organizer/sign-out")
    db.expire_all()

    assert (letter.to_email, letter.language) == (ADA, "en")
    for part in (draft.text, draft.html):
        assert f"{code[:3]} {code[3:]}" in part
        assert "/organizer/sign-in/" not in part
    assert mails.proof(letter) is None


def test_proof_page_asks_for_no_letter_by_itself(app, db):
    browser = signed_in(app)
    age(db, timedelta(hours=1))
    browser.get(f"{PROOF}?next=/organizer/")

    assert db.scalars(select(Letter).where(Letter.kind == "proof")).all() == []


def test_form_saved_after_the_session_ended_is_kept_and_sent_by_a_button(app, erasing, db):
    browser, address = signed_in(app), "/organizer/trial/one/erasure?lang=en"
    signed_in_again = signed_in(app)
    browser.post("/organizer/sign-out")

    ended = browser.post(address, data=TYPED)
    target, fields = repeated(ended.text)
    still_out = browser.post(target, data=fields)
    cookie = signed_in_again.get_cookie("juhui_session", path="/organizer").value
    browser.set_cookie("juhui_session", cookie, path="/organizer")
    done = browser.post(target, data=fields)

    assert (ended.status_code, still_out.status_code, done.text) == (401, 401, "erased")
    assert "You are signed out, and nothing was saved" in ended.text
    assert 'target="_blank"' in ended.text
    assert "A file you chose" not in ended.text
    assert erasing == [("one", address, [(name, value) for name, values in TYPED.items() for value in values])]


def test_session_that_ended_says_when_a_file_is_lost(app, client, erasing):
    from io import BytesIO

    response = client.post(
        "/organizer/trial/one/erasure?lang=en", data={"title": "x", "cover": (BytesIO(b"123"), "cover.png")}
    )

    assert response.status_code == 401
    assert "A file you chose cannot be kept." in response.text
    assert repeated(response.text)[1] == {"title": ["x"]}


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [({"x": "y"}, {"Sec-Fetch-Site": "cross-site"}, 403), ({"x": "y" * 70_000}, {}, 413)],
)
def test_session_that_ended_shows_nothing_of_what_may_not_be_sent(client, erasing, data, headers, status):
    response = client.post("/organizer/trial/one/erasure", data=data, headers=headers)

    assert response.status_code == status
    assert "yyyy" not in response.text

"""Everything under /organizer is closed until one has signed in, whatever its view forgot."""

import pytest

from tests.support.organizers import ADA, remove, signed_in

OPEN = {
    "accounts.sign_in", "accounts.request_link", "accounts.open_link", "accounts.use_link", "accounts.sign_out",
    "accounts.enter_code", "accounts.use_code", "accounts.passkey_challenge", "accounts.use_passkey",
    "oidc.start", "oidc.callback", "team.open_invitation", "team.accept_invitation",
}  # fmt: skip


def addresses(app):
    """Yield every method and address under /organizer, with values that may or may not exist."""
    values = {"slug": "meetup-1", "letter_id": 1, "suffix": "csv", "token": "x", "session_id": 1, "passkey_id": 1}
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/organizer") and rule.endpoint not in OPEN:
            given = {name: values.get(name, 1) for name in rule.arguments}
            for method in rule.methods - {"OPTIONS"}:
                yield method, adapter.build(rule.endpoint, given, method=method)


def test_every_page_for_organizers_is_closed_to_others(app, client, make_event):
    make_event("meetup-1")
    tried = list(addresses(app))

    answers = {(method, address): client.open(address, method=method).status_code for method, address in tried}

    assert len(tried) >= 16
    assert {answer for (method, _), answer in answers.items() if method == "POST"} == {401}, answers
    assert {answer for (method, _), answer in answers.items() if method != "POST"} == {303}, answers


@pytest.mark.parametrize("secret", ["", "x", "é" * 20, "A" * 3000])
def test_gate_stays_closed_to_a_made_up_cookie(app, client, secret):
    client.set_cookie("juhui_session", secret, path="/organizer")

    assert client.get("/organizer/").status_code == 303


def test_gate_closes_at_once_for_a_removed_organizer(app):
    browser = signed_in(app)
    before = browser.get("/organizer/").status_code

    remove(ADA)

    assert (before, browser.get("/organizer/").status_code) == (200, 303)


def test_gate_asks_the_database_once(app, count_statements):
    browser = signed_in(app)

    with count_statements() as seen:
        browser.get("/organizer/sign-in")

    assert len(seen) == 1


def test_pages_for_organizers_are_kept_by_no_cache(app):
    response = signed_in(app).get("/organizer/")

    assert response.headers["Cache-Control"] == "private, no-store"
    assert "noindex" in response.text


def test_public_pages_see_no_cookie(app, make_event):
    make_event("meetup-1")
    browser = signed_in(app)

    assert browser.get_cookie("juhui_session", path="/") is None
    assert "Set-Cookie" not in browser.get("/events/").headers


def test_write_from_another_site_is_refused(app):
    response = signed_in(app).post("/organizer/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403

"""What led to a sign-up travels in the addresses of page and form, without a cookie, and is stored clean."""

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.events.invitations import invite
from app.events.models import Visibility
from app.history.service import THE_SITE
from app.registrations.models import Registration
from app.registrations.sources import clean_source, source_of
from tests.registrations.pages import fields_on
from tests.registrations.samples import ADA


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zhihu", "zhihu"), (" Zhihu ", "zhihu"), ("a.b_c-9", "a.b_c-9"), ("x" * 60, "x" * 60), ("x" * 61, ""),
        ("", ""), ("import", ""), (" IMPORT", ""), ("by hand", ""), ("imports", "imports"),
        (None, ""), ("知乎", ""), ("a b", ""), ("a\n", "a"), ("<b>", ""), ("=1+1", ""), ("a\x00", ""), ("ｚhihu", ""),
    ],
)  # fmt: skip
def test_source_is_a_plain_word(text, expected):
    assert clean_source(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"via": "a", "utm_source": "b"}, "a"), ({"via": "", "utm_source": "b"}, "b"), ({"utm_source": "B"}, "b"),
        ({"via": "not a word", "utm_source": "b"}, "b"), ({"utm_medium": "mail"}, ""),
    ],
)  # fmt: skip
def test_partner_link_goes_ahead_of_what_a_tool_adds(query, expected):
    assert source_of(query) == expected


def sign_up_by(client, event, query, **fields):
    """Open the page as the link does, and send its form as it stands to where it points."""
    page = client.get(f"/events/{event.slug}{query}")
    assert "Set-Cookie" not in page.headers
    action = page.text.partition('action="')[2].partition("#sign-up")[0].replace("&amp;", "&")
    return client.post(action, data=dict(fields_on(page, action)) | ADA | fields)


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", ""), ("?via=zhihu", "zhihu"), ("?utm_source=Mail&lang=zh", "mail"), ("?via=%3Cscript%3E", "")],
)
def test_sign_up_keeps_what_led_to_it(client, db, make_event, query, expected):
    sent = sign_up_by(client, make_event(), query)

    assert sent.status_code == 303, sent.text
    assert db.scalars(select(Registration.source)).all() == [expected]


def test_source_survives_a_mistake_in_the_form(client, db, make_event):
    event = make_event()

    wrong = sign_up_by(client, event, "?via=zhihu", email="nobody")
    action = f"/events/{event.slug}/registrations?via=zhihu"
    assert f'action="{action}#sign-up"' in wrong.text
    client.post(action, data=dict(fields_on(wrong, action)) | ADA)

    assert db.scalars(select(Registration.source)).all() == ["zhihu"]


def test_source_survives_the_question_for_a_code(client, db, make_event):
    event = make_event("secret", visibility=Visibility.INVITATION)
    code = invite(event.id, label="", uses_max=None, expires_at=None, by=THE_SITE, now=utc_now()).code
    assert 'action="/events/secret/invitation?via=zhihu"' in client.get("/events/secret?via=zhihu").text

    opened = client.post("/events/secret/invitation?via=zhihu", data={"code": code})

    assert opened.location == f"/events/secret?code={code}&via=zhihu"
    assert f"/events/secret/registrations?code={code}&amp;via=zhihu" in client.get(opened.location).text


def test_page_with_a_source_is_as_public_as_any(client, make_event, count_statements):
    event = make_event()
    path = f"/events/{event.slug}"
    client.get(path)

    with count_statements() as without:
        client.get(path)
    with count_statements() as seen:
        page = client.get(f"{path}?via=zhihu")

    assert len(seen) == len(without)
    assert page.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert (
        client.get(f"/events/{event.slug}?via=zhihu", headers={"If-None-Match": page.headers["ETag"]}).status_code
        == 304
    )
    assert f'href="/events/{event.slug}.ics' in page.text

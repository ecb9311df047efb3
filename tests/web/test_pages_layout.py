"""What every page of the site has: language, a way past the menu, a way to the other language, safe headers."""

import re

import pytest

from app.core.i18n import Texts

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

PAGES = ["/", "/events/", "/speakers/", "/community/", "/calendar/", "/events/meetup"]


@pytest.fixture(autouse=True)
def _meetup(make_event):
    make_event("meetup")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_language_title_landmarks_and_a_way_past_the_menu(client, path):
    page = client.get(path, headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert re.search(r"<title>\S.* · Juhui</title>", page.text) or path == "/"
    assert '<a class="skip" href="#main">Skip to the content</a>' in page.text
    assert [page.text.count(f"<{tag}") for tag in ('header class="site-header', "main", "h1", "footer")] == [1, 1, 1, 1]


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_sets_no_cookie_and_answers_304(client, path):
    page = client.get(path)
    again = client.get(path, headers={"If-None-Match": page.headers["ETag"]})

    assert "Set-Cookie" not in page.headers
    assert "Accept-Language" in page.headers["Vary"]
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(("wanted", "shown"), [("zh", "zh-Hans"), ("en", "en")])
def test_an_explicit_language_wins_and_stays_in_the_links(client, wanted, shown):
    page = client.get(f"/events/meetup?lang={wanted}", headers={"Accept-Language": "en;q=0.5"}).text

    assert f'<html lang="{shown}">' in page
    assert f'href="/speakers/?lang={wanted}"' in page
    assert f'action="/events/meetup/registrations?lang={wanted}#sign-up"' in page


def test_the_switch_leads_to_the_same_page_in_the_other_language(client):
    page = client.get("/events/?q=cloud&when=upcoming", headers={"Accept-Language": "zh"}).text

    switch = re.search(r'<a class="language" href="([^"]+)"[^>]*hreflang="en" lang="en">English</a>', page)

    assert sorted(switch[1].replace("&amp;", "&").partition("?")[2].split("&")) == [
        "lang=en",
        "q=cloud",
        "when=upcoming",
    ]


def test_a_text_that_exists_in_the_other_language_only_says_so(client, make_event):
    make_event("chinese", title=Texts(zh="聚会"))

    page = client.get("/events/chinese", headers={"Accept-Language": "en"}).text

    assert '<h1><span lang="zh-Hans">聚会</span></h1>' in page
    assert "<title>聚会 · Juhui</title>" in page


@pytest.mark.parametrize("path", ["/nothing", "/events/nothing", "/speakers/nothing", "/r/nothing"])
def test_an_error_is_a_page_of_the_site_with_a_way_on(client, path):
    page = client.get(path, headers={"Accept-Language": "en"})

    assert page.status_code == 404
    assert '<main id="main"' in page.text
    assert 'href="/events/"' in page.text
    assert '<meta name="robots" content="noindex">' in page.text


def test_a_page_of_ours_asks_nothing_of_others(client):
    page = client.get("/events/meetup").text

    loaded = re.findall(
        r'<(?:script|img|link rel="(?:stylesheet|icon|apple-touch-icon)")[^>]*(?:src|href)="([^"]+)"', page
    )

    assert loaded
    assert [address for address in loaded if not address.startswith("/")] == []
    assert "style=" not in page
    assert re.findall(r"<script(?![^>]*(?:src=|ld\+json))", page) == []

"""Which language a page speaks, and that an explicit choice stays with its links."""

import re

import pytest

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def html_lang(answer):
    return re.search(r'<html lang="([^"]*)"', answer.text)[1]


@pytest.mark.parametrize(
    ("query", "header", "site", "lang"),
    [
        ("", "", "zh", "zh-Hans"),
        ("", "", "en", "en"),
        ("", "en-GB,en;q=0.9", "zh", "en"),
        ("", "fr,zh;q=0.1", "en", "zh-Hans"),
        ("?lang=zh", "en", "en", "zh-Hans"),
        ("?lang=en", "zh", "zh", "en"),
        ("?lang=EN-us", "zh", "zh", "en"),
        ("?lang=fr", "en", "zh", "en"),
        ("?lang=", "en", "zh", "en"),
        ("?lang=zh&lang=en", "", "en", "zh-Hans"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_page_speaks_the_language_that_is_asked_for(make_app, path, query, header, site, lang):
    client = make_app(SITE_LANGUAGE=site).test_client()

    answer = client.get(path + query, headers={"Accept-Language": header})

    assert html_lang(answer) == lang
    assert answer.headers["Content-Language"] == lang
    assert "Accept-Language" in answer.headers["Vary"]


def links(answer):
    return [link for link in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text) if "hreflang" not in link]


def test_explicit_language_stays_with_every_link(client):
    found = links(client.get("/?lang=en"))

    assert len(found) > 5
    assert [link for link in found if "lang=en" not in link and "lang=zh" not in link] == []


def test_language_of_the_browser_is_in_no_link(client):
    found = links(client.get("/", headers={"Accept-Language": "en"}))

    assert [link for link in found if "lang=" in link] == ["/?lang=zh", "/?lang=zh"]


@pytest.mark.parametrize("lang", ["fr", "%3Cscript%3E", "en%22%3E", "../../etc", "x" * 3000])
def test_language_we_do_not_speak_is_in_no_link(client, lang):
    answer = client.get(f"/?lang={lang}")

    assert answer.status_code == 200
    assert {re.search(r"lang=(\w*)", link)[1] for link in links(answer) if "lang=" in link} == {"en"}
    assert "<script>" not in answer.text

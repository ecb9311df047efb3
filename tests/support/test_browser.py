"""The browser of the tests notices what a page does wrong."""

from urllib.parse import quote

import pytest

from tests.support import browser as chromium


def address(html: str) -> str:
    return f"data:text/html;charset=utf-8,{quote(html)}"


def test_browser_shows_a_page_at_the_width_of_a_phone(page_at):
    page = page_at(375, locale="zh-CN", javascript=False)

    page.goto(address('<meta name="viewport" content="width=device-width"><p id="p" lang="zh">聚会</p>'))

    assert page.locator("#p").inner_text() == "聚会"
    assert page.viewport_size == {"width": 375, "height": 800}


def test_axe_finds_what_is_wrong(page_at, axe):
    page = page_at()
    page.goto(address("<title>t</title><main><img src='data:,'></main>"))

    found = axe(page)

    assert {line.split(" ")[0] for line in found} >= {"image-alt", "html-has-lang"}


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<img src='http://example.org/a.png'>", "request to a third party: http://example.org/a.png"),
        ("<script>throw new Error('oops')</script>", "script error: oops"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"style-src 'self'\"><p style='color:red'>x</p>",
            "console: Applying inline style violates",
        ),
    ],
)
def test_browser_reports_faults_of_a_page(browser, html, fault):
    context = chromium.new_context(browser, width=800, locale="en", javascript=True, color_scheme="light")
    faults = chromium.Faults()
    page = context.new_page()
    faults.watch(page)

    page.goto(address(html))
    context.close()

    assert any(line.startswith(fault) for line in faults.found()), faults.found()

"""Markdown in a letter has the look of its other parts."""

from markupsafe import Markup

from app.core.markdown import to_html
from app.mail.prose import styled


def look_of(text):
    return styled(Markup(to_html(text)))  # noqa: S704 - as the letters do it


def test_markdown_gets_the_headings_and_the_notice_of_a_letter():
    html = look_of("Hi\n\n# One\n\n## Two\n\n> Look\n\n1. a\n\n[x](https://a.example)")

    assert '<p style="margin:0 0 14px;">Hi</p>' in html
    assert '<h1 style="' in html
    assert '<h2 style="' in html
    assert '<div class="notice" style="' in html
    assert '<p style="margin:0;">Look</p>\n</div>' in html
    assert '<ol style="' in html
    assert '<a href="https://a.example" rel="noopener nofollow ugc">x</a>' in html
    assert "<h3>" not in html
    assert "blockquote" not in html


def test_what_is_written_as_text_stays_text():
    text = "<p>\n\n`<h3>`\n\n&lt;blockquote&gt;"

    assert "&lt;p&gt;" in look_of(text)
    assert "<h1" not in look_of(text)

"""Markdown from people, as HTML that cannot do harm and as plain text for letters and calendars."""

import re
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt

_PARSER: Final = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}


@lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """Return the text as HTML for a page: only known tags, only web and mail links, no images from elsewhere.

    Headings start at h3, since h1 and h2 belong to the page.
    """
    html = _PARSER.render(text)
    # Whatever level people begin with, the page's outline has no gap (WCAG 1.3.1).
    shift = 3 - min((int(level) for level in re.findall(r"<h([1-6])>", html)), default=3)
    html = re.sub(r"<(/?)h([1-6])>", lambda m: f"<{m[1]}h{min(int(m[2]) + shift, 6)}>", html)
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener nofollow ugc")


def to_text(text: str) -> str:
    """Return what a reader of the page reads, without marks, link targets behind their text."""
    return html_to_text(to_html(text), link=_target_in_brackets)


def html_to_text(html: str, *, link: Callable[[str, str], str]) -> str:
    """Return what a reader of this HTML reads; it must come from `to_html`.

    `link` writes a link whose words differ from its target; both are still HTML, and so is what it returns.
    """

    def link_as_text(match: re.Match[str]) -> str:
        target, words = match[1], match[2]
        return words if words == target or target.removeprefix("mailto:") == words else link(words, target)

    html = re.sub(r'<a href="([^"]*)"[^>]*>(.*?)</a>', link_as_text, html, flags=re.DOTALL)
    html = re.sub(r"<li>\s*(?:<p>)?", "- ", html)
    html = re.sub(r"</(?:p|li|h\d|tr|blockquote|pre)>", "\n", html).replace("</td>", " ").replace("</th>", " ")
    plain = unescape(nh3.clean(html, tags=set())).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", plain).strip()


def _target_in_brackets(words: str, target: str) -> str:
    return f"{words} ({target})"

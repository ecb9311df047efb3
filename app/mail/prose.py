"""Markdown in a letter: the look of `templates/mail/parts.html`, in line, since mail programs drop style sheets."""

import re
from typing import Final

from markupsafe import Markup

# As core.markdown writes them: without attributes, headings from h3.
_TAG: Final = re.compile(r"<blockquote>\s*<p>|<(/?)(h[3-6]|p|blockquote|ul|ol|li|pre|hr|table|th|td)( start=\"\d+\")?>")
_HEADINGS: Final = {"h3": "h1", "h4": "h2", "h5": "h3", "h6": "h3"}
_NOTICE: Final = (
    '<div class="notice" style="margin:0 0 16px; background:#e5f1ed; border-radius:10px; padding:12px 16px;">'
)
_STYLES: Final = {
    "h1": "margin:0 0 12px; font-size:22px; line-height:1.35; font-weight:650;",
    "h2": "margin:28px 0 8px; font-size:16px; line-height:1.4; font-weight:650;",
    "h3": "margin:20px 0 8px; font-size:16px; line-height:1.4; font-weight:650;",
    "p": "margin:0 0 14px;",
    "ul": "margin:0 0 14px; padding:0 0 0 22px;",
    "ol": "margin:0 0 14px; padding:0 0 0 22px;",
    "li": "margin:0 0 4px;",
    "pre": "margin:0 0 14px; white-space:pre-wrap; font-size:14px;",
    "hr": "margin:22px 0; border:0; border-top:1px solid #e5e1d9;",
    "table": "margin:0 0 14px; border-collapse:collapse;",
    "th": "padding:4px 12px 4px 0; text-align:left;",
    "td": "padding:4px 12px 4px 0;",
}


def styled(html: Markup) -> Markup:
    """Return Markdown's HTML as a part of a letter: headings as those of letters, a quotation as a notice."""
    return Markup(_TAG.sub(_styled_tag, str(html)))  # noqa: S704  # the same HTML, tags alone get a style


def _styled_tag(match: re.Match[str]) -> str:
    if match[2] is None:
        return f'{_NOTICE}\n<p style="margin:0;">'
    closes, tag, start = match[1], _HEADINGS.get(match[2], match[2]), match[3] or ""
    if tag == "blockquote":
        return "</div>" if closes else _NOTICE
    return f"</{tag}>" if closes else f'<{tag}{start} style="{_STYLES[tag]}">'

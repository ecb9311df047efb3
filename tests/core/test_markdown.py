"""Markdown from people does no harm on a page, and reads well without marks."""

import re
from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.markdown import to_html, to_text

ALLOWED = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    **{
        tag: set()
        for tag in (
            "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "p", "pre", "s", "strong",
            "table", "tbody", "td", "th", "thead", "tr", "ul",
        )
    },
}  # fmt: skip


class Seen(HTMLParser):
    """What a browser would make of a page: tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.others = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def harm(html):
    """Return everything in the HTML that Markdown may not make."""
    seen = Seen(html)
    wrong = [*seen.others]
    for tag, attributes in seen.tags:
        if tag not in ALLOWED or not set(attributes) <= ALLOWED[tag]:
            wrong.append((tag, attributes))
        href = attributes.get("href")
        if href is not None and not re.match(r"(?:https?:|mailto:|tel:|[^:]*(?:[/?#]|$))", href, re.IGNORECASE):
            wrong.append((tag, attributes))
    return wrong


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    '<p style="position:fixed">x</p>',
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.gif)",
    "![x](data:image/png;base64,AAAA)",
    '[x](https://example.org "t\\" onmouseover=alert(1) x=\\"")',
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`<script>`",
    '```html"><script>\n<script>alert(1)</script>\n```',
    "> - <script>\n>   - ![](x) **<b onclick=x>**",
    "<!-- comment --><?php x ?><!DOCTYPE x><![CDATA[x]]>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "# <script>x</script>",
    "| a |\n|---|\n| <script>x</script> |",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_html_of_an_attack_does_no_harm(text):
    assert harm(to_html(text)) == []


@given(
    st.lists(st.sampled_from([*ATTACKS, "\n", "\n\n", " ", "*", "[", "](", ")", "<", ">", '"', "`", "文"])).map("".join)
)
@example("[" * 200 + "](x)" * 200)
def test_html_of_mixed_attacks_does_no_harm(text):
    assert harm(to_html(text)) == []


@given(st.text())
def test_html_of_any_text_has_only_known_tags(text):
    assert harm(to_html(text)) == []


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "Zs"]), max_size=40))
def test_text_of_plain_words_is_these_words(words):
    assert to_text(words).split() == words.split()


def test_html_keeps_what_people_write():
    html = to_html(
        "# 议程\n\n## 下午\n\n第一行\n第二行 **粗** ~~旧~~ `code`\n\n"
        '3. [讲师](https://example.org/李 "主页")\n\n- a\n\n| x |\n|---|\n| y |\n'
    )

    assert html == (
        "<h3>议程</h3>\n<h4>下午</h4>\n<p>第一行<br>\n第二行 <strong>粗</strong> <s>旧</s> <code>code</code></p>\n"
        '<ol start="3">\n<li><a href="https://example.org/%E6%9D%8E" title="主页" rel="noopener nofollow ugc">'
        "讲师</a></li>\n</ol>\n<ul>\n<li>a</li>\n</ul>\n<table>\n<thead>\n<tr>\n<th>x</th>\n</tr>\n</thead>\n"
        "<tbody>\n<tr>\n<td>y</td>\n</tr>\n</tbody>\n</table>\n"
    )


@pytest.mark.parametrize(
    ("text", "levels"),
    [("# a\n## b\n### c", "345"), ("### a\n#### b", "34"), ("# a\n\n###### b", "36"), ("##### a\n###### b", "34")],
)
def test_headings_begin_at_three_and_keep_their_order(text, levels):
    assert "".join(re.findall(r"<h(\d)>", to_html(text))) == levels


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("**a** & b < c", "a & b < c"),
        ("&amp;lt; &copy; 5 > 4", "&lt; © 5 > 4"),
        ("[slides](https://example.org/a?b=1&c=2)", "slides (https://example.org/a?b=1&c=2)"),
        ('[slides](https://example.org "t")', "slides (https://example.org)"),
        ("<https://example.org>", "https://example.org"),
        ("<ming@example.org>", "ming@example.org"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("- a\n- b\n\ntext", "- a\n- b\n\ntext"),
        ("# T\n\np\\\nq", "T\n\np\nq"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("| a | b |\n|---|---|\n| c | d |", "a b \n\nc d"),
        ("", ""),
    ],
)
def test_text_reads_without_marks(text, read):
    assert re.sub(r"[ \n]+", " ", to_text(text)).strip() == re.sub(r"[ \n]+", " ", read).strip()


@pytest.mark.parametrize(
    "text",
    ["<" * 20_000, "[" * 5_000, "> " * 3_000, "[a](" * 5_000, "*a_" * 5_000, "`" * 20_000, "\n" * 50_000, "- " * 2_000],
)
def test_nothing_people_write_takes_long(text):
    # A text of this length is two pages of typing; CPU time, so that a busy machine fails nobody.
    begun = process_time()
    to_text(text)

    assert process_time() - begun < 2

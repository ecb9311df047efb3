"""A text with placeholders takes any value, and any text, without harm."""

import re
from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.i18n import speaking
from app.wording.placeholders import MISTAKES_MAX, Address, Fault, filled, filled_markdown, mistakes, names_in

NAMES = ("name", "event", "when", "own_page")


class Read(HTMLParser):
    """What a browser makes of a letter: its tags, where links lead, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(autouse=True)
def _in_english(app):
    with app.app_context(), speaking("en"):
        yield


def found(text):
    return [(m.fault, m.line, m.column, m.written, m.nearest) for m in mistakes(text, NAMES)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello {name},\nsee you at {event}!",
        "{ name }",
        "{{name}} and }} and {{",
        "{{{name}}}",
        "（｛你好｝）",
        "100 %",
    ],
)
def test_a_text_that_can_be_filled_has_no_mistake(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("Hello {nam},", (Fault.UNKNOWN, 1, 7, "{nam}", "name")),
        ("a\nb\n  {Event}", (Fault.UNKNOWN, 3, 3, "{Event}", "event")),
        ("a\r\nb {own-page}", (Fault.UNKNOWN, 2, 3, "{own-page}", "own_page")),
        ("a\rb {zzz}", (Fault.UNKNOWN, 2, 3, "{zzz}", None)),
        ("{}", (Fault.UNKNOWN, 1, 1, "{}", None)),
        ("Hello {name", (Fault.UNCLOSED, 1, 7, "{", None)),
        ("Hello {na\nme}", (Fault.UNCLOSED, 1, 7, "{", None)),
        ("Hello name}", (Fault.UNOPENED, 1, 11, "}", None)),
        ("你好，｛name｝", (Fault.WIDE, 1, 4, "｛name｝", "name")),
        ("{" + "x" * 99 + "}", (Fault.UNKNOWN, 1, 1, "{" + "x" * 39 + "…", None)),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_name(text, mistake):
    assert found(text)[0] == mistake


@pytest.mark.parametrize(
    ("written", "meant"), [("{姓名}", "name"), ("{地点}", None), ("{venue}", None), ("{nmae}", "name"), ("{x}", None)]
)
def test_what_people_call_a_placeholder_leads_to_it_where_there_is_one(written, meant):
    assert [mistake.nearest for mistake in mistakes(written, {"name", "event"})] == [meant]


def test_a_mistake_is_said_in_a_sentence():
    unknown, unclosed = mistakes("Hi {evnt}\nand {", NAMES)

    assert unknown.message == "Line 1, column 4: there is no placeholder {evnt}. Did you mean {event}?"
    assert unclosed.message == "Line 2, column 5: this { is never closed. For the character itself, write {{."


def test_a_text_of_mistakes_tells_the_first_of_them():
    assert len(mistakes("{x}" * 1000, NAMES)) == MISTAKES_MAX


def test_the_names_in_a_text_are_found():
    assert names_in("{name} {{event}} { when } {odd one}") == {"name", "when", "odd one"}


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    values = {"name": "{event} {{name}}", "event": "{name}"}

    assert filled("{name} at {event}", values) == "{event} {{name}} at {name}"
    assert filled_markdown("{name} at {event}", values)[1] == "{event} {{name}} at {name}"


def test_what_has_no_value_stays_as_written():
    assert filled("{name} {other} { {{x}} }", {"name": "Ada"}) == "Ada {other} { {x} }"
    assert filled_markdown("{name} {other} { {{x}} }", {"name": "Ada"})[1] == "Ada {other} { {x} }"


EVIL = [
    "*bold*", "__x__", "[x](http://evil.example)", "<b>x</b>", "<http://evil.example>", "![x](http://evil.example/p)",
    "# Boss", "- a", "1. a", "> a", "`code`", "~~x~~", "a | b", "\\", "\\*", "&amp;", "&lt;script&gt;", "---", "    x",
    "http://evil.example", "javascript:alert(1)", '" onmouseover="alert(1)', "{name}", "{{", "李雷", "Ann\nBob",
    "a\r\nb", "x" * 300, "[x]: http://evil.example", "</a>", "<!--", "\u202ex",
]  # fmt: skip


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize(
    "text", ["Hello {name}!", "# {name}!\n", "- **{name}!**", "{name}!", "[words](https://a.example) {name}!"]
)
def test_a_value_shows_as_typed_and_makes_no_markup(text, value):
    harmless, _plain = filled_markdown(text, {"name": "Ada"})

    html, plain = filled_markdown(text, {"name": value})

    read, typed = Read(html), value.replace("\r\n", "\n")
    assert [tag for tag in read.tags if tag != "br"] == Read(harmless).tags
    assert read.links == Read(harmless).links
    assert f"{typed}!" in read.text
    assert f"{typed}!".strip() in plain


@pytest.mark.parametrize(
    "value",
    ["http://evil.example", "javascript:alert(1)", "//evil.example", "mailto:x@evil.example", '"><script>', "x"],
)
def test_a_value_that_is_no_address_of_the_site_leads_nowhere(value):
    for text in ("[words]({name})", "[words](<{name}>)", "[words][1]\n\n[1]: {name}", "<{name}>"):
        html, _plain = filled_markdown(text, {"name": value})

        assert [link for link in Read(html).links if link] == []
        assert "script" not in Read(html).tags


@pytest.mark.parametrize("scheme", ["javascript:", "data:", "JAVASCRIPT:", "java&#115;cript:"])
def test_no_value_makes_a_script_of_a_link(scheme):
    html, _plain = filled_markdown(f"[x]({scheme}{{a}}) [y]({{a}}{{b}})", {"a": "javascript", "b": Address("://x")})

    assert [link for link in Read(html).links if link] == []


def test_an_address_may_be_where_a_link_leads_and_is_a_link_itself():
    address = Address("https://example.org/r/abc?lang=en&x=1")

    html, plain = filled_markdown("[Your page]({own_page})\n\n{own_page}", {"own_page": address})

    assert Read(html).links == [address, address]
    assert plain == f"Your page: {address}\n\n{address}"


@pytest.mark.parametrize(
    "text",
    [
        "[Click](https://evil.example/?u={own_page})",
        "[Click](https://evil.example/{own_page} 'x')",
        "[Click]({own_page}.evil.example)",
        "[Click](https://{own_page}@evil.example)",
        "[Click](mailto:x@evil.example?body={own_page})",
        "[Click][1]\n\n[1]: https://evil.example/?u={own_page}",
        "<https://evil.example/?u={own_page}>",
        "https://evil.example/?u={own_page}",
        "evil.example/?{own_page}",
        "https://evil.example/?u=**{own_page}**",
        "https://evil.example/(x){{own}}{own_page}",
    ],
)
def test_an_address_of_ones_own_is_no_part_of_another_one(text):
    address = Address("https://example.org/r/secret")

    html, plain = filled_markdown(text, {"own_page": address})

    assert set(Read(html).links) <= {address, None, "https://evil.example/?u="}
    assert not re.search(r"(?<!^)(?<![\s])https://example\.org", plain)


def test_an_address_within_the_words_of_a_link_makes_no_second_link():
    html, _plain = filled_markdown("[{a}]({a}) {a}", {"a": Address("https://a.example")})

    assert html.count("<a ") == 2
    assert "<a" not in re.search(r"<a [^>]*>(.*?)</a>", html)[1]


def test_a_value_within_an_address_is_a_quoted_part_of_it():
    html, _plain = filled_markdown('[Form](https://form.example/?n={name} "for {name}")', {"name": 'A&b="1" 雷\n'})

    assert Read(html).links == ["https://form.example/?n=A%26b%3D%221%22%20%E9%9B%B7%0A"]
    assert 'title="for A&amp;b=&#34;1&#34; 雷' in html


def test_markdown_of_the_organizers_works_around_values():
    html, plain = filled_markdown("**{name}**，你好\n\n- {event}", {"name": "李雷", "event": "聚会"})

    assert html == "<p><strong>李雷</strong>，你好</p>\n<ul>\n<li>聚会</li>\n</ul>\n"
    assert plain == "李雷，你好\n\n- 聚会"


WRITTEN = st.lists(
    st.sampled_from(
        ["{name}", "{", "}", "{{", "}}", "[", "](", ")", "<", ">", '"', "*", "`", "\n", "x", "｛", "｝", "\0"]
    )
    | st.text(st.characters(), max_size=5)
).map("".join)


@given(WRITTEN, st.dictionaries(st.sampled_from(["name", "x", ""]), WRITTEN | st.sampled_from(EVIL)))
@example("[{name}]({name})", {"name": "\ud800"})
@example("\ud800 {name}", {"name": "\0"})
def test_any_text_and_any_value_are_taken(text, values):
    for mistake in mistakes(text, NAMES):
        assert mistake.message
    filled(text, values)
    html, _plain = filled_markdown(text, values)

    assert "<script" not in html
    assert re.search(r'href="(?!https?://|mailto:|tel:|[^:"]*(?:[/?#"]|$))', html, re.IGNORECASE) is None


@given(WRITTEN, st.dictionaries(st.just("name"), WRITTEN))
def test_a_text_without_a_mistake_is_filled_wholly(text, values):
    if not mistakes(text, ("name",)):
        assert filled(text, {"name": "x"}).count("{") == text.count("{{")


@pytest.mark.parametrize(
    "text",
    ["{" * 20_000, "}" * 20_000, "{a" * 10_000, "{a}" * 7_000, "{{{" * 7_000, "｛" * 20_000, "｛a" * 10_000,
     "{name}" * 3_000, "[{name}](" * 2_000, "[{name}]({name})" * 1_000, "\n" * 20_000, "<" * 20_000],
)  # fmt: skip
def test_nothing_takes_long(text):
    # A text longer than may be saved; CPU time, so that a busy machine fails nobody.
    begun = process_time()
    mistakes(text, NAMES)
    filled(text, {"name": "{" * 50})
    filled_markdown(text, {"name": "{" * 50})

    assert process_time() - begun < 2

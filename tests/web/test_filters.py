"""What templates write with: escaped, in the page's language, and honest about another one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask import render_template_string
from markupsafe import Markup

from app.config import ROOT
from app.core.i18n import Texts, speaking
from app.web import filters

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

EVIL = "<script>alert('1')</script> & \"x\""
ESCAPED = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &#34;x&#34;"


@dataclass
class Period:
    starts_at: datetime = datetime(2019, 12, 14, 5, tzinfo=UTC)
    ends_at: datetime = datetime(2019, 12, 14, 10, tzinfo=UTC)
    zone: str = "Asia/Shanghai"
    is_all_day: bool = False


def written(app, template, language="zh", **context):
    with app.test_request_context(), speaking(language):
        return render_template_string(template, **context)


@pytest.mark.parametrize(
    ("texts", "language", "html"),
    [
        (Texts(zh="聚会", en="Meetup"), "zh", "聚会"),
        (Texts(zh="聚会", en="Meetup"), "en", "Meetup"),
        (Texts(zh="聚会"), "en", '<span lang="zh-Hans">聚会</span>'),
        (Texts(en="Meetup"), "zh", '<span lang="en">Meetup</span>'),
        (Texts(), "zh", ""),
        (Texts(zh=EVIL), "zh", ESCAPED),
        (Texts(zh=EVIL), "en", f'<span lang="zh-Hans">{ESCAPED}</span>'),
    ],
)
def test_local_text_says_its_language_when_it_falls_back(app, texts, language, html):
    assert written(app, "{{ texts|local }}", language, texts=texts) == html


def test_plain_text_is_escaped_where_it_stands(app):
    assert written(app, '<a title="{{ texts|plain }}">', texts=Texts(en=EVIL)) == f'<a title="{ESCAPED}">'


@pytest.mark.parametrize(
    ("language", "html"),
    [("en", "<p><strong>a</strong></p>\n"), ("zh", '<div lang="en"><p><strong>a</strong></p>\n</div>')],
)
def test_markdown_is_html_in_a_block_that_says_its_language(app, language, html):
    assert written(app, "{{ texts|markdown }}", language, texts=Texts(en="**a**")) == html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_markdown_of_an_attack_does_no_harm(app, language):
    assert "<script" not in written(app, "{{ texts|markdown }}", language, texts=Texts(zh=EVIL))


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("date", "2019年12月14日 星期六"),
        ("time", "13:00"),
        ("datetime", "2019年12月14日 星期六 13:00 北京时间 (UTC+8)"),
        ("short", "12月14日"),
        ("moment", "12月14日 13:00"),
    ],
)
def test_instant_is_a_time_element_in_the_zone_of_the_event(app, way, words):
    html = written(app, "{{ at|instant(zone, way) }}", at=Period.starts_at, zone="Asia/Shanghai", way=way)

    assert html == f'<time datetime="2019-12-14T13:00:00+08:00">{words}</time>'


def test_instant_in_an_unknown_way_is_an_error(app):
    with pytest.raises(ValueError, match="no way 'long'"):
        written(app, "{{ at|instant(zone, 'long') }}", at=Period.starts_at, zone="UTC")


@pytest.mark.parametrize(
    ("period", "language", "html"),
    [
        (
            Period(),
            "zh",
            '<time datetime="2019-12-14T13:00:00+08:00">2019年12月14日 星期六 13:00–18:00 北京时间 (UTC+8)</time>',
        ),
        (
            Period(datetime(2019, 12, 13, 16, tzinfo=UTC), datetime(2019, 12, 14, 16, tzinfo=UTC), is_all_day=True),
            "en",
            '<time datetime="2019-12-14">Saturday, 14 December 2019</time>',
        ),
    ],
)
def test_period_is_one_time_element(app, period, language, html):
    assert written(app, "{{ period(event) }}", language, event=period) == html


@pytest.mark.parametrize(("language", "words"), [("zh", "2019年12月14日"), ("en", "14 December 2019")])
def test_day_has_no_zone(app, language, words):
    assert (
        written(app, "{{ on|day }}", language, on=date(2019, 12, 14)) == f'<time datetime="2019-12-14">{words}</time>'
    )


def test_asset_carries_the_hash_of_its_content(app):
    digest = sha256((ROOT / "static" / "css" / "site.css").read_bytes()).hexdigest()

    assert written(app, "{{ asset('css/site.css') }}") == f"/static/css/site.css?v={digest[:10]}"


def test_asset_keeps_its_address_in_both_languages(client):
    pages = [client.get(f"/?lang={language}").text for language in ("zh", "en")]

    addresses = [{part.split('"')[0] for part in page.split('"/static/')[1:]} for page in pages]

    assert addresses[0] == addresses[1] != set()


def test_asset_may_be_kept_for_a_year(client):
    answer = client.get("/static/css/site.css?v=1")

    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_asset_that_is_missing_is_an_error(app):
    with pytest.raises(FileNotFoundError):
        written(app, "{{ asset('css/nowhere.css') }}")


def test_every_asset_of_the_templates_exists(app):
    named = {
        part.split(quote)[0]
        for path in (ROOT / "templates").rglob("*.html")
        for quote in ("'", '"')
        for part in path.read_text().split(f"asset({quote}")[1:]
    }

    assert [name for name in sorted(named) if not (Path(ROOT) / "static" / name).is_file()] == []
    assert filters._version.cache_info().maxsize == 256


@pytest.mark.parametrize(
    ("language", "html"), [("en", f"<b>One.</b> {ESCAPED}"), ("zh", f"<b>One.</b>{ESCAPED}")], ids=["en", "zh"]
)
def test_sentences_have_a_space_between_them_in_english_alone(app, language, html):
    parts = [Markup("<b>One.</b>"), EVIL]

    assert written(app, "{{ parts|sentences }}", language, parts=parts) == html

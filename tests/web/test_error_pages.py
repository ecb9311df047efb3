"""Every error is a page of the site, in the reader's language, and its log tells nothing that people typed."""

import html
import logging
import re

import pytest
from sqlalchemy import text

from app.core.db import transaction
from app.core.errors import ConflictError, TooManyError
from app.core.i18n import Texts
from app.events.models import City
from app.registrations.service import sign_up
from app.web.limits import limiter

any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

TYPED = "ada@example.org"
LIMIT = 64 * 1024


def crash():
    message = f"nobody expected {TYPED}"
    raise RuntimeError(message)


def refuse():
    sentence = "有人抢先了一步。"
    raise ConflictError(sentence)


@limiter.limit(lambda: "1 per hour")
def limited():
    return "in"


def doubled():
    with transaction() as session:
        session.add_all([City(slug=TYPED, name=Texts()), City(slug=TYPED, name=Texts())])
    return "never"


@pytest.fixture
def settings():
    return {"SIGN_UP_RATE": "1 per minute"}


@pytest.fixture
def app(make_app, settings):
    """The site, with addresses that fail in each way."""
    app = make_app(**settings)
    app.add_url_rule("/crash", view_func=crash)
    app.add_url_rule("/crash/<slug>", "crash_at", lambda slug: crash() or slug, methods=["GET", "POST"])
    app.add_url_rule("/refuse", view_func=refuse)
    app.add_url_rule("/doubled", view_func=doubled)
    app.add_url_rule("/api/v1/crash", "api_crash", crash)
    app.add_url_rule("/api/v1/events", "api_events", lambda: "[]")
    app.add_url_rule("/limited", view_func=limited)
    with app.app_context():
        yield app


def show(client, status, lang):
    """Return the answer that has this status."""
    asked = {
        404: lambda: client.get(f"/nowhere?lang={lang}"),
        405: lambda: client.post(f"/?lang={lang}"),
        409: lambda: client.get(f"/refuse?lang={lang}"),
        413: lambda: client.post(f"/organizer/sign-in?lang={lang}", data={"email": "x" * (LIMIT + 1)}),
        429: lambda: [client.get(f"/limited?lang={lang}") for _ in range(2)][1],
        500: lambda: client.get(f"/crash?lang={lang}"),
    }
    answer = asked[status]()
    assert answer.status_code == status
    return answer


def words_of(page):
    """Return what a reader of the page sees or hears."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    spoken = " ".join(re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', page))
    return html.unescape(re.sub(r"<[^>]+>", " ", page) + " " + spoken)


@any_database
@pytest.mark.parametrize(
    ("status", "title", "sentence"),
    [
        (404, "Page not found", "There is nothing at this address, or it is not public yet."),
        (
            405,
            "This does not work here",
            "This address cannot be used in this way. Go back and try again from the page.",
        ),
        (413, "Too much text", "What you sent is longer than 64 kB. Please shorten your answers."),
        (
            429,
            "One moment, please",
            "Many requests came from your network just now. Nothing is lost: wait a minute, then send it again.",
        ),
        (500, "Our mistake", "Something broke on our side, and it has been logged. Please try again in a minute."),
    ],
)
def test_error_says_what_to_do(client, status, title, sentence):
    page = show(client, status, "en").text

    assert '<html lang="en">' in page
    assert f"<h1>{title}</h1>" in page
    assert sentence in page
    assert 'href="/?lang=en"' in page
    assert not re.search(r"[\u3400-\u9fff]", words_of(page).replace("中文", "").replace("聚会", ""))


@any_database
@pytest.mark.parametrize("status", [404, 405, 409, 413, 429, 500])
def test_error_on_a_chinese_page_has_no_english(client, status):
    page = show(client, status, "zh").text

    english = set(re.findall(r"[A-Za-z]{2,}", words_of(page))) - {"English", "kB"}

    assert '<html lang="zh-Hans">' in page
    assert re.search(r"<h1>[^<]*[\u3400-\u9fff][^<]*</h1>", page)
    assert english == set()


@any_database
@pytest.mark.parametrize("status", [404, 405, 409, 413, 429, 500])
def test_error_is_kept_by_nobody_and_found_by_no_search(client, status):
    answer = show(client, status, "zh")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "zh-Hans"
    assert "Accept-Language" in answer.headers["Vary"]
    assert "ETag" not in answer.headers
    assert '<meta name="robots" content="noindex">' in answer.text


@any_database
def test_wrong_method_is_told_the_right_ones(client):
    assert set(show(client, 405, "en").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@any_database
def test_who_knocks_too_often_is_told_when_to_come_back(client):
    assert show(client, 429, "en").headers["Retry-After"] == "60"


@any_database
def test_refusal_shows_its_own_sentence(client):
    assert "有人抢先了一步。" in show(client, 409, "zh").text


@any_database
def test_refusal_of_too_many_has_its_status(make_app):
    def slow():
        sentence = "请稍候。"
        raise TooManyError(sentence)

    app = make_app()
    app.add_url_rule("/slow", view_func=slow)

    answer = app.test_client().get("/slow")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


@any_database
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_api_answers_with_a_problem(client, lang):
    missing = client.get(f"/api/v1/nothing?lang={lang}")
    broken = client.get(f"/api/v1/crash?lang={lang}")
    wrong = client.delete(f"/api/v1/events?lang={lang}")

    for answer, status in ((missing, 404), (broken, 500), (wrong, 405)):
        assert answer.status_code == answer.json["status"] == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert set(answer.json) == {"type", "title", "status", "detail"}
        assert bool(re.search(r"[\u3400-\u9fff]", answer.json["detail"])) == (lang == "zh")


def body(kind, length):
    """Return a form whose body has about this length, as browsers send it."""
    if kind == "urlencoded":
        return {"data": {"email": "x" * length}}
    return {"data": {"email": "x" * length}, "content_type": "multipart/form-data"}


@any_database
@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
@pytest.mark.parametrize(("length", "status"), [(LIMIT - 1000, 422), (LIMIT + 1, 413), (LIMIT * 4, 413)])
def test_form_may_have_64_kilobytes(client, kind, length, status):
    assert client.post("/organizer/sign-in", **body(kind, length)).status_code == status


@any_database
def test_form_of_very_many_parts_is_refused(client):
    answer = client.post(
        "/organizer/sign-in", data={f"f{n}": "" for n in range(1100)}, content_type="multipart/form-data"
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("path", [f"/crash?q={TYPED}", f"/crash/{TYPED}", "/doubled"])
def test_crash_is_logged_by_place_and_kind_and_without_what_was_typed(client, caplog, path):
    with caplog.at_level(logging.INFO):
        answer = client.get(path, headers={"Cookie": "juhui_session=hunter2", "User-Agent": TYPED})

    assert answer.status_code == 500
    assert "Error" in caplog.text
    assert "in crash" in caplog.text or "in doubled" in caplog.text
    assert TYPED not in caplog.text
    assert "hunter2" not in caplog.text


def test_sign_up_that_crashes_logs_no_person(make_app, make_event, client, db, caplog):
    # The real thing: somebody signs up while the table of letters is damaged.
    event = make_event("meetup")
    stamp = re.search(r'name="stamp"[^>]*value="([^"]*)"', client.get("/events/meetup").text)[1]
    damage = "ALTER TABLE letters RENAME TO letters_away"
    with transaction() as session:
        session.execute(text(damage))
    try:
        with caplog.at_level(logging.INFO):
            answer = client.post(
                "/events/meetup/registrations",
                data={"name": "Ada Lovelace", "email": TYPED, "ticket_type": event.ticket_types[0].id, "stamp": stamp},
            )
    finally:
        with transaction() as session:
            session.execute(text("ALTER TABLE letters_away RENAME TO letters"))

    assert answer.status_code == 500
    assert sign_up.__name__ in caplog.text
    assert "POST /events/<slug>/registrations failed" in caplog.text
    assert TYPED not in caplog.text
    assert "Lovelace" not in caplog.text
    assert stamp not in caplog.text


@any_database
def test_debugging_logs_the_words_too(make_app, caplog):
    app = make_app()
    app.add_url_rule("/crash", view_func=crash)

    with caplog.at_level(logging.DEBUG, logger="app"):
        app.test_client().get("/crash")

    assert TYPED in caplog.text


@any_database
@pytest.mark.parametrize(("lang", "title"), [("zh", "聚会"), ("en", "Our mistake")])
def test_error_has_a_page_also_when_the_database_is_away(make_app, tmp_path, caplog, lang, title):
    client = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/juhui.sqlite3").test_client()

    answers = [client.get(f"{path}?lang={lang}") for path in ("/", "/nowhere", "/events/meetup")]

    assert [answer.status_code for answer in answers] == [500, 404, 500]
    for answer in answers:
        assert "<h1>" in answer.text
        assert 'href="/static/css/site.css' in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Content-Security-Policy" in answer.headers
    if lang == "en":
        assert title in answers[0].text
    else:
        assert not set(re.findall(r"[A-Za-z]{2,}", words_of(answers[0].text)))
    assert "sqlite3.OperationalError: unable to open database file" in caplog.text

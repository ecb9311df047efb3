"""What monitors ask."""

from datetime import timedelta

from sqlalchemy import update

from app.core.clock import utc_now
from app.core.db import transaction
from app.mail import delivery, mails, outbox
from app.mail.models import Letter


def test_process_that_answers_is_alive_without_asking_the_database(client, count_statements):
    with count_statements() as seen:
        response = client.get("/healthz")

    assert (response.status_code, response.text, response.headers["Cache-Control"]) == (200, "ok\n", "no-store")
    assert "Set-Cookie" not in response.headers
    assert seen == []


def test_site_is_ready_when_all_it_needs_is_there(client):
    response = client.get("/readyz")

    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert response.json == {"database": "ok", "schema": "ok", "letters": "ok"}


def test_site_is_not_ready_on_the_schema_of_another_version(client, set_schema):
    set_schema("older")

    response = client.get("/readyz")

    assert (response.status_code, response.json["schema"]) == (503, "problem")


def test_late_letters_are_told_within_a_minute_and_stuck_ones_close_the_site(client):
    for seconds, key, word in ((0, "a", "ok"), (61, "b", "warning"), (14 * 60, "c", "warning"), (901, "d", "problem")):
        with transaction():
            due = utc_now() - timedelta(seconds=seconds)
            outbox.queue(mails.TEST, key=key, to_email="ada@example.com", language="en", ids={}, now=due)
        answer = client.get("/readyz")

        assert (answer.json["letters"], answer.status_code) == (word, 503 if word == "problem" else 200)


def test_letters_in_the_hands_of_a_worker_that_hangs_are_told_as_soon(client):
    with transaction():
        outbox.queue(mails.TEST, key="a", to_email="ada@example.com", language="en", ids={}, now=utc_now())
    (letter,) = delivery._lease(utc_now())
    for seconds, word in ((0, "ok"), (61, "warning"), (14 * 60, "warning"), (901, "problem")):
        with transaction() as session:
            taken_at = utc_now() - timedelta(seconds=seconds)
            session.execute(
                update(Letter)
                .where(Letter.id == letter.id)
                .values(leased_at=taken_at, due_at=taken_at + delivery.lease_length())
            )
        answer = client.get("/readyz")

        assert (answer.json["letters"], answer.status_code) == (word, 503 if word == "problem" else 200)


def test_site_is_not_ready_without_its_database(make_app, tmp_path):
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/juhui.sqlite3")

    response = app.test_client().get("/readyz")

    assert response.status_code == 503
    assert response.json["database"] == "problem"
    assert "nowhere" not in response.text

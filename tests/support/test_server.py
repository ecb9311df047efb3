"""The real site starts on the test's database, survives a kill, and stops."""

import urllib.request

import pytest


def status_of(address: str) -> int:
    with urllib.request.urlopen(address, timeout=5) as response:
        return response.status


def test_server_answers_and_comes_back_after_a_kill(make_server):
    server = make_server(workers=2)
    first = server.pid

    before = status_of(f"{server.base_url}/healthz")
    server.kill()
    with pytest.raises(OSError, match="refused"):
        status_of(f"{server.base_url}/healthz")
    server.start()
    after = status_of(f"{server.base_url}/healthz")

    assert (before, after) == (200, 200)
    assert server.pid != first


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_server_that_cannot_start_says_why(make_server):
    with pytest.raises(AssertionError, match="DUTY_PAUSE"):
        make_server(DUTY_PAUSE="soon")


def test_client_keeps_its_context_from_the_test(app, client, db):
    @app.get("/trial")
    def trial() -> dict[str, bool]:
        return {"same_session": db() is app.extensions["session_of_the_test"]}

    app.extensions["session_of_the_test"] = db()

    answer = client.get("/trial")

    assert answer.get_json() == {"same_session": False}

from urllib.robotparser import RobotFileParser

import pytest


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fetcher", "path", "may"),
    [
        ("Google-Calendar-Importer", "/calendar.ics", True),
        ("Googlebot", "/events/a-meetup", True),
        ("Googlebot", "/r/token", True),
        ("Googlebot", "/organizer/events/a-meetup/attendees", False),
    ],
)
def test_fetchers_may_read_what_is_public(client, fetcher, path, may):
    rules = RobotFileParser()

    rules.parse(client.get("/robots.txt").text.splitlines())

    assert rules.can_fetch(fetcher, f"https://meetup.example{path}") is may

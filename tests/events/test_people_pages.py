from datetime import UTC, date, datetime

import pytest

from app.core.db import db
from app.core.i18n import Texts
from app.events import talks
from app.events.models import EventState, SessionKind, Visibility
from tests.support.people import add_session, give_award, give_role, make_group, make_person, make_role
from tests.support.statements import counted

TODAY = date(2026, 3, 4)
IN_2021 = datetime(2021, 5, 15, 5, tzinfo=UTC)
ENGLISH = {"Accept-Language": "en"}


def listed(**options):
    lines, _more = talks.speakers(today=TODAY, **options)
    return [(line.person.slug, line.talks, line.is_leader) for line in lines]


def test_user_group_leaders_come_first_then_who_spoke_most(make_event):
    leader = make_role("leader", is_leader=True)
    north = make_group("north")
    people = {name: make_person(name) for name in ("ada", "bob", "cem", "dora", "eve", "finn")}
    give_role(people["cem"], leader, north)
    give_role(people["dora"], leader, north)
    give_role(people["eve"], leader, north, until=date(2025, 1, 1))
    event = make_event(starts_at=IN_2021)
    add_session(event, "one", people["ada"])
    add_session(event, "two", people["bob"], people["ada"])
    add_session(event, "three", people["cem"])

    assert listed() == [
        ("cem", 1, True),
        ("dora", 0, True),  # a leader is listed before the first talk
        ("ada", 2, False),
        ("bob", 1, False),
    ]


@pytest.mark.parametrize(
    ("state", "visibility", "status"),
    [
        (EventState.DRAFT, Visibility.PUBLIC, 404),
        (EventState.PUBLISHED, Visibility.UNLISTED, 404),
        (EventState.PUBLISHED, Visibility.PUBLIC, 200),
    ],
)
def test_guest_has_a_page_once_a_public_event_names_them(client, make_event, state, visibility, status):
    zoe = make_person("zoe", is_guest=True)
    add_session(make_event("meetup", state=state, visibility=visibility), "Opening", zoe)
    add_session(make_event("other"), "Another", make_person("ada", is_guest=True))

    page = client.get("/speakers/zoe", headers=ENGLISH)
    of_event = client.get("/events/meetup", headers=ENGLISH).text

    assert (page.status_code, "Zoe" in page.text) == (status, status == 200)
    # No link that leads nowhere.
    assert ("/speakers/zoe" in of_event) == (status == 200)


def test_guest_with_an_award_or_a_term_and_every_member_have_pages(client):
    make_person("ada")
    give_award(make_person("bob", is_guest=True), "Talent", 2021)
    give_role(make_person("cem", is_guest=True), make_role("leader", is_leader=True))
    make_person("eve", is_guest=True)

    answers = [client.get(f"/speakers/{slug}").status_code for slug in ("ada", "bob", "cem", "eve")]

    assert answers == [200, 200, 200, 404]


def test_talks_of_drafts_cancelled_and_demo_events_do_not_count(make_event):
    ada = make_person("ada")
    for state, is_demo in [(EventState.DRAFT, False), (EventState.CANCELLED, False), (EventState.PUBLISHED, True)]:
        add_session(make_event(state=state, is_demo=is_demo), "not given", ada)

    assert listed() == []
    assert talks.talks_of(ada.id) == []


def test_speakers_are_paged(make_event, monkeypatch):
    monkeypatch.setattr(talks, "SPEAKERS_MAX", 2)
    event = make_event()
    for name in ("ada", "bob", "cem"):
        add_session(event, name, make_person(name))

    first, more = talks.speakers(today=TODAY)
    second, no_more = talks.speakers(today=TODAY, page=2)

    assert ([line.person.slug for line in first], more) == (["ada", "bob"], True)
    assert ([line.person.slug for line in second], no_more) == (["cem"], False)


def test_the_list_badges_leaders_and_counts_talks(client, make_event):
    leader = make_role("leader", is_leader=True, name=Texts(zh="站长", en="City Leader"))
    give_role(make_person("cem", zh="杰姆"), leader, make_group("north"))
    add_session(make_event(), "one", make_person("ada"))

    page = client.get("/speakers/", headers=ENGLISH).text

    assert page.index("Cem") < page.index("Ada")
    assert "City Leader" in page
    assert page.count('<span class="badge is-leader">User Group Leader</span>') == 1
    assert "1 talk<" in page


def test_a_speaker_page_shows_talks_with_material_roles_and_awards(client, make_event):
    ada, bob = make_person("ada", company=Texts(en="Analytical Engines"), github="ada"), make_person("bob")
    north = make_group("north")
    give_role(ada, make_role("leader", is_leader=True, rank=10), north, since=date(2021, 5, 15))
    give_role(ada, make_role("member", rank=20), north, until=date(2021, 5, 14))
    give_award(ada, "Talented Speaker", 2020)
    add_session(
        make_event("may", starts_at=IN_2021),
        "Istio 实践",
        ada,
        bob,
        kind=SessionKind.LIGHTNING,
        slides_url="https://example.org/slides.pdf",
        video_url="https://example.org/video",
    )

    page = client.get("/speakers/ada", headers=ENGLISH).text

    for text in ("Analytical Engines", "https://github.com/ada", '<span lang="zh-Hans">Istio 实践</span>',
                 "Lightning talk", "Saturday, 15 May 2021", '"/events/may"', "https://example.org/slides.pdf",
                 "https://example.org/video", 'Together with: <a href="/speakers/bob">Bob</a>',
                 "Former", "Talented Speaker", "15 May 2021"):  # fmt: skip
        assert text in page


def test_an_unknown_speaker_is_a_page_with_a_way_on(client):
    page = client.get("/speakers/nobody", headers=ENGLISH)

    assert page.status_code == 404
    assert "There is nobody by this name here" in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_about_people_ask_at_most_three_times(client, make_event, rows):
    leader, north = make_role("leader", is_leader=True), make_group("north")
    ada = make_person("ada")
    for number in range(rows):
        person = make_person(f"person-{number}")
        give_role(person, leader, north)
        give_role(ada, leader, make_group(f"group-{number}"))
        event = make_event(groups=[north])
        add_session(event, "one", person, ada)
        add_session(event, "two", ada)
    client.get("/")  # the community's own row is kept in the process from now on

    asked = {}
    for path in ("/speakers/", "/speakers/ada", "/community/", "/community/north"):
        with counted(db.engine) as statements:
            assert client.get(path).status_code == 200
        asked[path] = len(statements)

    assert asked == {"/speakers/": 2, "/speakers/ada": 3, "/community/": 2, "/community/north": 3}

from datetime import UTC, date, datetime

from app.community.models import GroupKind
from app.core.i18n import Texts
from tests.support.people import give_role, make_group, make_person, make_role

ENGLISH = {"Accept-Language": "en"}


def test_the_community_page_shows_groups_roles_and_who_holds_them(client, app):
    north = make_group("north", founded_on=date(2021, 5, 15), summary=Texts(zh="北方", en="The north"))
    leader = make_role(
        "leader",
        is_leader=True,
        group_kind=GroupKind.STATION,
        criteria=Texts(en="Recently active"),
        grants=Texts(en="A certificate"),
    )
    give_role(make_person("ada"), leader, north)

    page = client.get("/community/", headers=ENGLISH)

    assert page.status_code == 200
    for text in ("City stations", "The north", 'founded <time datetime="2021-05-15">15 May 2021</time>',
                 "1 person with a role", "User Group Leader", "Recently active", "A certificate",
                 'Held by: <a href="/speakers/ada">Ada</a>'):  # fmt: skip
        assert text in page.text


def test_a_community_without_groups_has_a_page_too(client):
    assert client.get("/community/").status_code == 200


def test_a_group_page_shows_parent_roles_people_and_events(client, make_event):
    users = make_group("users", kind=GroupKind.USER_GROUP)
    north = make_group("north", parent_id=users.id)
    give_role(make_person("ada", company=Texts(en="Analytical Engines")), make_role("leader", group=north), north)
    make_event("past", groups=[north], starts_at=datetime(2021, 5, 15, 5, tzinfo=UTC))
    make_event("elsewhere")

    page = client.get("/community/north", headers=ENGLISH)

    assert page.status_code == 200
    for text in ('<a href="/community/users">', "Leader", "Analytical Engines", "/events/past",
                 "/calendar/groups/north", "/events/?group=north"):  # fmt: skip
        assert text in page.text
    assert "/events/elsewhere" not in page.text


def test_an_unknown_group_is_a_page_with_a_way_on(client):
    page = client.get("/community/nowhere", headers=ENGLISH)

    assert page.status_code == 404
    assert "There is no such group" in page.text
    assert 'href="/events/"' in page.text

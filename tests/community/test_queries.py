from datetime import date

import pytest

from app.community import queries
from app.community.models import GroupKind
from app.core.db import db
from app.core.errors import NotFoundError
from tests.support.people import give_award, give_role, make_group, make_person, make_role
from tests.support.statements import counted

TODAY = date(2026, 3, 4)


def held(lines):
    return {line.role.slug: [person.slug for person in line.holders] for line in lines}


def test_groups_come_by_kind_and_position_with_the_people_of_today(app):
    sig = make_group("sig", kind=GroupKind.SIG)
    second = make_group("second", kind=GroupKind.STATION, position=2)
    first = make_group("first", kind=GroupKind.STATION, position=1)
    make_group("users", kind=GroupKind.USER_GROUP, position=9)
    role, other = make_role("member"), make_role("lead")
    ada, bob = make_person("ada"), make_person("bob")
    give_role(ada, role, first)
    give_role(ada, other, first)
    give_role(bob, role, first, until=date(2025, 1, 1))
    give_role(bob, role, second)

    lines = queries.groups(today=TODAY)

    assert [(line.group.slug, line.members) for line in lines] == [
        ("users", 0), ("first", 1), ("second", 1), (sig.slug, 0),
    ]  # fmt: skip


def test_roles_come_by_rank_with_each_holder_once(app):
    north, south = make_group("north"), make_group("south")
    member, lead = make_role("member", rank=40, group_kind=GroupKind.STATION), make_role("lead", rank=10, group=north)
    make_role("champion", rank=50)
    ada, bob = make_person("ada"), make_person("bob")
    give_role(bob, member, north)
    give_role(ada, member, north)
    give_role(ada, member, south)
    give_role(bob, lead, north, until=date(2020, 1, 1))

    assert held(queries.roles(today=TODAY)) == {"lead": [], "member": ["ada", "bob"], "champion": []}


def test_a_group_page_has_the_roles_of_its_kind_and_the_groups_inside(app):
    users = make_group("users", kind=GroupKind.USER_GROUP)
    north = make_group("north", parent_id=users.id, position=2)
    make_group("south", parent_id=users.id, position=1)
    leader = make_role("leader", rank=10, group_kind=GroupKind.STATION)
    make_role("elsewhere", group_kind=GroupKind.SIG)
    ada = make_person("ada")
    give_role(ada, leader, north)

    inside, outside = queries.group_page("north", today=TODAY), queries.group_page("users", today=TODAY)

    assert (inside.group.slug, inside.group.parent.slug, inside.children) == ("north", "users", [])
    assert held(inside.roles) == {"leader": ["ada"]}
    assert [child.slug for child in outside.children] == ["south", "north"]
    assert outside.roles == []


def test_an_unknown_group_or_person_is_not_found(app):
    with pytest.raises(NotFoundError):
        queries.group_page("nowhere", today=TODAY)
    with pytest.raises(NotFoundError):
        queries.person("nobody")


@pytest.mark.parametrize("rows", [1, 3])
def test_each_page_asks_as_often_for_one_row_as_for_three(app, rows):
    role = make_role("member", group_kind=GroupKind.STATION)
    ada = make_person("ada")
    for number in range(rows):
        group = make_group(f"group-{number}")
        give_role(ada, role, group)
        give_award(ada, "Speaker", 2020 + number)
        give_role(make_person(f"person-{number}"), role, group)
    db.session.expunge_all()

    asked = {}
    for name, ask in {
        "groups": lambda: queries.groups(today=TODAY),
        "roles": lambda: queries.roles(today=TODAY),
        "group": lambda: queries.group_page("group-0", today=TODAY),
        "person": lambda: queries.person("ada"),
    }.items():
        with counted(db.engine) as statements:
            ask()
        asked[name] = len(statements)
        db.session.expunge_all()

    assert asked == {"groups": 1, "roles": 1, "group": 2, "person": 2}

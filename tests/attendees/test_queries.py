"""Who comes: counts, search, pages, and letters that did not arrive."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import insert, select, text, update
from werkzeug.datastructures import MultiDict

from app.attendees import choices, marking
from app.attendees import queries as attendees
from app.attendees import wanted as wanted_module
from app.attendees.order import Order
from app.attendees.wanted import Wanted
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.events.models import EventState
from app.history.service import THE_SITE
from app.mail.models import Letter, LetterState
from app.registrations import searching
from app.registrations.marks import AttendeeTag
from app.registrations.models import Answer, Question, QuestionKind, Registration, RegistrationState
from tests.support.factories import sign_up_as

CONFIRMED, WAITING, CANCELLED = (
    RegistrationState.CONFIRMED,
    RegistrationState.WAITING,
    RegistrationState.CANCELLED,
)


def names(event, wanted=None, **place):
    page = attendees.attendee_page(event, wanted or Wanted(), **place)
    return [attendee.name for attendee in page.attendees], page.before, page.after


def bulk(db, event, number):
    """Sign up so many people at once, as plain rows."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction() as session:
        session.execute(
            Registration.__table__.insert(),
            [
                {
                    "code": f"CODE{place:06}",
                    "event_id": event.id,
                    "ticket_type_id": event.ticket_types[0].id,
                    "state": CONFIRMED,
                    "name": f"Guest {place:03}",
                    "email": f"guest{place}@example.com",
                    "email_key": f"guest{place}@example.com",
                    "language": "zh",
                    "token_version": 1,
                    "calendar_offset": 0,
                    "created_at": now,
                    "revised_at": now,
                }
                for place in range(number)
            ],
        )


def test_counts_tell_the_states_of_several_events_in_one_statement(make_event, count_statements):
    full, empty = make_event(capacity=1), make_event()
    sign_up_as(full, "ada")
    sign_up_as(full, "bob")
    ids = [full.id, empty.id]

    with count_statements() as seen:
        counted = attendees.counts(ids)

    assert counted == {
        ids[0]: dict.fromkeys(RegistrationState, 0) | {CONFIRMED: 1, WAITING: 1},
        ids[1]: dict.fromkeys(RegistrationState, 0),
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["王芳", "Bob O'Neil", "ada_x"]),
        ("王", ["王芳"]),
        ("bob o'", ["Bob O'Neil"]),
        ("ADA_X", ["ada_x"]),
        ("@example", ["王芳", "Bob O'Neil", "ada_x"]),
        ("%", []),
        ("_", ["ada_x"]),
        ("'; DROP TABLE registrations; --", []),
    ],
)
def test_search_finds_by_part_of_name_or_address(make_event, search, found):
    event = make_event()
    sign_up_as(event, "wang", full_name="王芳")
    sign_up_as(event, "bob", full_name="Bob O'Neil")
    sign_up_as(event, "a.x", full_name="ada_x")

    shown, _before, _after = names(event, Wanted(search=search))

    assert shown == found


def test_search_finds_by_the_beginning_of_the_code(make_event):
    event = make_event()
    ada = sign_up_as(event, "ada")
    sign_up_as(event, "bob")

    assert names(event, Wanted(search=ada.code[:6].lower()))[0] == ["ada"]


@pytest.mark.parametrize(
    ("status", "found"), [("confirmed", ["ada"]), ("waiting", ["bob"]), ("cancelled", []), ("nonsense", ["ada", "bob"])]
)
def test_status_narrows_the_list(make_event, status, found):
    event = make_event(capacity=1)
    sign_up_as(event, "ada")
    sign_up_as(event, "bob")

    assert names(event, Wanted.of(MultiDict({"status": status})))[0] == found


def test_pages_lead_forth_and_back_without_gap_or_repetition(make_event, db):
    event = make_event()
    bulk(db, event, 120)

    first, first_before, first_after = names(event)
    second, second_before, second_after = names(event, after=first_after)
    third, third_before, third_after = names(event, after=second_after)
    back, back_before, back_after = names(event, before=third_before)

    assert first + second + third == [f"Guest {place:03}" for place in range(120)]
    assert (len(first), len(second), len(third)) == (50, 50, 20)
    assert (first_before, third_after) == (None, None)
    assert (back, back_after) == (second, second_after)
    assert names(event, before=second_before) == (first, None, first_after)
    assert back_before == second_before


def test_event_to_manage_may_be_a_draft(make_event):
    event = make_event("secret", state=EventState.DRAFT)

    assert attendees.event_to_manage("secret").id == event.id
    with pytest.raises(NotFoundError):
        attendees.event_to_manage("nowhere")


def test_failed_letters_are_those_of_this_event(make_event, db):
    here, elsewhere = make_event(), make_event()
    sign_up_as(here, "ada")
    sign_up_as(here, "bob")
    sign_up_as(elsewhere, "eve")
    with transaction() as session:
        session.execute(
            update(Letter)
            .where(Letter.to_email != "bob@example.com")
            .values(state=LetterState.FAILED, last_error="550 no")
        )

    found = attendees.failed_letters(here.id)

    assert [(letter.to_email, attendee.name) for letter, attendee in found] == [("ada@example.com", "ada")]
    assert attendees.failed_letter(here.id, found[0][0].id).last_error == "550 no"
    with pytest.raises(NotFoundError):
        attendees.failed_letter(elsewhere.id, found[0][0].id)


TWO_KINDS = [{"slug": "on-site", "capacity": 50}, {"slug": "online", "capacity": None}]
QUESTIONS = [
    {"key": "company"},
    {
        "key": "level",
        "kind": QuestionKind.ONE_CHOICE,
        "options": [{"value": "some", "label": {"en": "Some"}}, {"value": "much", "label": {"en": "Much"}}],
    },
    {
        "key": "topics",
        "kind": QuestionKind.SEVERAL_CHOICES,
        "options": [{"value": "mesh", "label": {"en": "Mesh"}}, {"value": "edge", "label": {"en": "Edge"}}],
    },
    {"key": "lunch", "kind": QuestionKind.CHECKBOX},
    {"key": "guests", "kind": QuestionKind.NUMBER},
    {"key": "badge", "is_after_acceptance": True, "is_required": True},
]


@pytest.fixture
def crowd(db, make_event):
    """Four people who differ in everything a filter asks; and somebody at another event."""
    event = make_event("crowd", ticket_types=TWO_KINDS, questions=QUESTIONS)
    company, level, topics, lunch, guests, badge = (
        db.scalars(select(Question.id).where(Question.key == each["key"])).one() for each in QUESTIONS
    )
    days = [datetime(2026, 5, day, 17, 0, tzinfo=UTC) for day in (1, 2, 3, 4)]  # the next day in Beijing
    answers = [
        {company: "QingCloud", level: "some", topics: ["mesh", "edge"], lunch: True, guests: 2},
        {company: "%_", level: "much", topics: ["edge"]},
        {guests: 2.5},
        {},
    ]
    people = ["王小明", "Bob", "曾国藩", "阿强"]
    for number, name in enumerate(people):
        sign_up_as(
            event,
            f"person-{number}",
            full_name=name,
            now=days[number],
            answers=answers[number],
            ticket_type_id=event.ticket_types[number % 2].id,
        )
    sign_up_as(make_event("other"), "elsewhere", full_name="王小明")
    with transaction() as session:
        session.execute(update(Registration).where(Registration.name == "Bob").values(source="weibo"))
        session.execute(update(Registration).where(Registration.name == "曾国藩").values(checked_in_at=days[3]))
    by_name = {row.name: row.id for row in db.scalars(select(Registration).where(Registration.event_id == event.id))}
    with transaction() as session:
        session.add(Answer(registration_id=by_name["王小明"], question_id=badge, value="Ming"))
    marking.add_tag(by_name["王小明"], "VIP", by=THE_SITE, now=days[3])
    marking.add_tag(by_name["王小明"], "Press", by=THE_SITE, now=days[3])
    marking.add_tag(by_name["Bob"], "vip", by=THE_SITE, now=days[3])
    for id_ in by_name.values():
        with transaction():
            searching.renew([id_])
    return event


FILTERS = [
    ("q=王小", ["王小明"]),
    ("q=wangxiaoming", ["王小明"]),
    ("q=wxm", ["王小明"]),
    ("q=qingcloud", ["王小明"]),
    ("q=PERSON-1@", ["Bob"]),
    ("q=zeng person", ["曾国藩"]),
    ("q=zeng nobody", []),
    ("q=%", ["Bob"]),
    ("q=_", ["Bob"]),
    ("tag=VIP", ["王小明", "Bob"]),
    ("tag=vip&tag=press", ["王小明"]),
    ("tag=none", []),
    ("in=yes", ["曾国藩"]),
    ("in=no", ["王小明", "Bob", "阿强"]),
    ("from=2026-05-03&to=2026-05-04", ["Bob", "曾国藩"]),
    ("source=weibo", ["Bob"]),
    ("source=-", ["王小明", "曾国藩", "阿强"]),
    ("status=confirmed&status=waiting", ["王小明", "Bob", "曾国藩", "阿强"]),
    ("status=declined", []),
    ("lacks=answers", ["Bob", "曾国藩", "阿强"]),
    ("lacks=answers&in=yes", ["曾国藩"]),
]
ANSWERS = [
    ("company", "QingCloud", ["王小明"]),
    ("company", "Qing", []),
    ("company", "%_", ["Bob"]),
    ("level", "much", ["Bob"]),
    ("topics", "edge", ["王小明", "Bob"]),
    ("topics", "mesh", ["王小明"]),
    ("topics", "mes", []),
    ("lunch", "yes", ["王小明"]),
    ("guests", "2", ["王小明"]),
    ("guests", "2.5", ["曾国藩"]),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_list_finds_who_fits_the_search_and_the_filter(crowd, query, found):
    wanted = Wanted.of(MultiDict(parse_qsl(query)))

    assert names(crowd, wanted) == (found, None, None)
    assert attendees.number(crowd, wanted) == len(found)


@pytest.mark.parametrize(("key", "value", "found"), ANSWERS)
def test_list_finds_who_gave_an_answer(db, crowd, key, value, found):
    question_id = db.scalars(select(Question.id).where(Question.key == key)).one()

    asked = [{"answer": f"{question_id}:{value}"}, {f"answer-{question_id}": value}]

    assert [names(crowd, Wanted.of(MultiDict(each)))[0] for each in asked] == [found, found]


ORDERED = {
    Order.OLDEST: ["王小明", "Bob", "曾国藩", "阿强"],
    Order.NEWEST: ["阿强", "曾国藩", "Bob", "王小明"],
    Order.NAME: ["阿强", "Bob", "王小明", "曾国藩"],
    Order.STATUS: ["Bob", "王小明", "曾国藩", "阿强"],
}


@pytest.mark.parametrize(("order", "found"), ORDERED.items())
@pytest.mark.parametrize("wanted", [Wanted(), Wanted(search="person")])
def test_list_comes_in_each_order_and_its_pages_lead_both_ways(crowd, monkeypatch, order, found, wanted):
    with transaction() as session:
        session.execute(update(Registration).where(Registration.name == "Bob").values(state=CANCELLED))
    monkeypatch.setattr(attendees, "PER_PAGE", 2)

    first, before, after = names(crowd, wanted, order=order)
    second, back, end = names(crowd, wanted, order=order, after=after)
    again, start, forth = names(crowd, wanted, order=order, before=back)

    assert (first + second, before, end) == (found, None, None)
    assert (again, start, forth) == (first, None, after)


@pytest.mark.parametrize(("order", "everybody"), ORDERED.items())
@pytest.mark.parametrize("near", [1, 3, 1_000])
@pytest.mark.parametrize("combinations", [0, 200])
def test_list_finds_the_same_wherever_it_looks_first(db, crowd, monkeypatch, order, everybody, near, combinations):
    with transaction() as session:
        session.execute(update(Registration).where(Registration.name == "Bob").values(state=CANCELLED))
    monkeypatch.setattr(attendees, "PER_PAGE", 1)
    monkeypatch.setattr(attendees, "NEAR", near)
    monkeypatch.setattr(wanted_module, "COMBINATIONS_MAX", combinations)
    ids = {key: id_ for id_, key in db.execute(select(Question.id, Question.key))}
    asked = [(query, found) for query, found in FILTERS if not query.startswith(("status", "lacks"))]
    asked += [(f"answer={ids[key]}:{value}", found) for key, value, found in ANSWERS]
    asked += [("status=confirmed", ["王小明", "曾国藩", "阿强"]), ("status=confirmed&status=cancelled", everybody)]
    asked += [("lacks=answers", ["曾国藩", "阿强"]), ("lacks=answers&q=zeng", ["曾国藩"])]
    asked += [(f"status=cancelled&tag=vip&answer={ids['topics']}:edge", ["Bob"]), ("status=confirmed&q=bob", [])]

    wishes = {query: Wanted.of(MultiDict(parse_qsl(query))) for query, _found in asked}
    listed = {query: every_page(crowd, wish, order) for query, wish in wishes.items()}

    assert listed == {query: [name for name in everybody if name in found] for query, found in asked}


def every_page(event, wanted, order):
    """Return the names on all pages, one a page, there and back."""
    there, _before, after = names(event, wanted, order=order)
    back = None
    while after is not None:
        more, back, after = names(event, wanted, order=order, after=after)
        there += more
    again = there[-1:]
    while back is not None:
        less, back, _after = names(event, wanted, order=order, before=back)
        again = less + again
    assert again == there
    return there


def test_row_of_another_event_leads_nowhere(db, crowd):
    stranger = db.scalars(select(Registration.id).where(Registration.event_id != crowd.id)).one()

    assert names(crowd, order=Order.NAME, after=stranger)[0] == ["阿强", "Bob", "王小明", "曾国藩"]


def test_filter_offers_sources_and_tags_once_in_a_statement_each(crowd, count_statements):
    with count_statements() as seen:
        offered = choices.sources_of(crowd.id), choices.tags_of(crowd.id)

    assert offered == (["weibo"], ["Press", "VIP"])
    assert len(seen) == 2


def test_filter_offers_fifty_of_many_tags_and_does_not_look_for_more(db, crowd):
    person = db.scalars(select(Registration.id).where(Registration.name == "阿强")).one()
    with transaction() as session:
        session.add_all(
            AttendeeTag(registration_id=person, event_id=crowd.id, key=f"{number:03}", name=f"Tag {number:03}")
            for number in range(60)
        )

    assert choices.tags_of(crowd.id) == [f"Tag {number:03}" for number in range(50)]


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_planner_knows_how_common_an_answer_to_a_question_is(db, crowd):
    question, other = db.scalars(
        select(Question.id).where(Question.key.in_(["level", "company"])).order_by(Question.id)
    )
    bulk(db, crowd, 2_000)
    guests = db.scalars(select(Registration.id).where(Registration.name.startswith("Guest"))).all()
    with transaction() as session:
        rows = [{"registration_id": id_, "question_id": question, "value": "some"} for id_ in guests[:1_000]]
        rows += [{"registration_id": id_, "question_id": other, "value": f"Company {id_}"} for id_ in guests]
        session.execute(insert(Answer), rows)
        session.execute(text("ANALYZE answers"))

    statement = "EXPLAIN SELECT 1 FROM answers WHERE question_id = :question AND value_key = '\"some\"'"
    plan = "\n".join(db.scalars(text(statement), {"question": question}))

    expected = int(re.search(r"rows=(\d+)", plan)[1])
    assert 900 < expected < 1_100, plan

"""The organizers' pages of what an event asks: adding, changing, ordering, ending; and what answers forbid."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import SignInSession
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.history.models import Entry
from app.registrations.models import Answer, Question, QuestionKind
from tests.registrations.pages import fields_on, send_back, with_changes
from tests.registrations.samples import ENGLISH, answers
from tests.registrations.test_conditions import asking
from tests.registrations.test_views_sign_up import path_of
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in

ADD = {"label__zh": "公司", "label__en": "Your company"}


@pytest.fixture
def olga(app):
    return signed_in(app)


def questions(db):
    db.expire_all()
    return {each.key: each for each in db.scalars(select(Question).order_by(Question.position))}


def add(olga, event, **fields):
    return send_back(olga, path_of(event, "/questions/new"), path_of(event, "/questions"), **(ADD | fields))


def path_to(db, event, key, what=""):
    return path_of(event, f"/questions/{questions(db)[key].id}{what}")


def test_question_is_added_behind_the_others_and_asked(db, make_event, olga, client):
    event = make_event(questions=asking()[:1])

    sent = add(olga, event, help__en="As on your card", is_required="y", keep_days="30")

    assert (sent.status_code, sent.location) == (303, f"{path_of(event)}?done=added&question=new#questions")
    new = questions(db)["your-company"]
    assert (new.position, new.kind, new.label, new.help) == (
        1,
        QuestionKind.SHORT_TEXT,
        Texts(zh="公司", en="Your company"),
        Texts(en="As on your card"),
    )
    assert (new.is_required, new.keep_days, new.condition, new.options) == (True, 30, None, [])
    assert "Your company" in client.get(f"/events/{event.slug}", headers=ENGLISH).text


def test_choices_are_rows_in_both_languages_each_with_a_key_that_stays(db, make_event, olga):
    event = make_event()
    rows = {"options-0-en": "Tea", "options-0-zh": "茶", "options-1-zh": "咖啡", "options-2-en": "Tea"}

    sent = add(olga, event, kind="one_choice", **rows)
    path = path_to(db, event, "your-company")
    renamed = send_back(olga, path, **{"options-0-en": "Green tea", "options-1-zh": "", "options-3-en": "Water"})

    assert (sent.status_code, renamed.status_code) == (303, 303)
    assert questions(db)["your-company"].options == [
        {"value": "tea", "label": {"zh": "茶", "en": "Green tea"}},
        {"value": "tea-2", "label": {"en": "Tea"}},
        {"value": "water", "label": {"en": "Water"}},
    ]


def test_more_rows_saves_nothing_and_keeps_what_was_typed(db, make_event, olga):
    event = make_event()

    more = add(olga, event, kind="one_choice", more="1", **{"options-0-en": "Tea"})

    assert more.status_code == 200
    assert 'value="Tea"' in more.text
    assert 'value="Your company"' in more.text
    assert more.text.count('name="options-') > olga.get(path_of(event, "/questions/new")).text.count('name="options-')
    assert questions(db) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"label__en": "", "label__zh": ""},
        {"kind": "essay"},
        {"kind": "one_choice"},
        {"kind": "one_choice", "options-0-en": "Only one"},
        {"condition": "no=such"},
        {"keep_days": "12"},
        {"keep_days": "soon"},
    ],
)
def test_bad_question_is_shown_again(db, make_event, olga, changed):
    event = make_event()

    sent = add(olga, event, **changed)

    assert sent.status_code == 422
    assert 'role="alert"' in sent.text
    assert questions(db) == {}


def test_question_can_hang_on_a_choice_or_a_box_before_it_and_on_nothing_else(db, make_event, olga):
    event = make_event(questions=asking())
    page = olga.get(path_of(event, "/questions/new"), headers=ENGLISH).text
    of_first = olga.get(path_to(db, event, "lunch"), headers=ENGLISH).text

    sent = add(olga, event, condition="diet=other")

    assert sent.status_code == 303
    assert questions(db)["your-company"].condition == {"question": "diet", "value": "other"}
    assert [f'value="{word}"' in page for word in ("lunch=yes", "diet=vegan", "number=")] == [True, True, False]
    assert "lunch=yes" not in of_first


def test_question_stays_behind_the_one_it_hangs_on(db, make_event, olga):
    event = make_event(questions=[*asking(), {"key": "free"}])

    refused = olga.post(path_to(db, event, "diet", "/up"), headers=ENGLISH)
    downwards = olga.post(path_to(db, event, "lunch", "/down"))
    moved = olga.post(path_to(db, event, "free", "/up"))

    assert [each.status_code for each in (refused, downwards, moved)] == [409, 409, 303]
    assert "stays behind" in refused.text
    assert list(questions(db)) == ["lunch", "diet", "free", "number"]


def test_answered_question_keeps_its_kind_and_the_choices_that_were_made(db, make_event, olga):
    event = make_event(questions=asking(required=False))
    asked = questions(db)
    sign_up_as(event, "ada", answers={asked["lunch"].id: "yes", asked["diet"].id: ["other"]})

    kind = send_back(olga, path_to(db, event, "diet"), kind="short_text")
    chosen = send_back(olga, path_to(db, event, "diet"), **{"options-1-en": "", "options-2-en": "Third"})
    hung = send_back(olga, path_to(db, event, "diet"), **{"options-0-en": "", "options-2-en": "Third"})
    free = send_back(olga, path_to(db, event, "diet"), **{"options-1-en": "Anything", "label__en": "Diet?"})

    assert [each.status_code for each in (kind, chosen, hung, free)] == [422, 422, 422, 303]
    diet = questions(db)["diet"]
    assert [option["value"] for option in diet.options] == ["vegan", "other"]
    assert (diet.kind, diet.label.en) == (QuestionKind.SEVERAL_CHOICES, "Diet?")
    assert answers(db) == {"lunch": "yes", "diet": ["other"]}


def test_two_organizers_do_not_overwrite_each_other_unseen(db, make_event, olga):
    event = make_event(questions=asking())
    path = path_to(db, event, "lunch")
    seen = fields_on(olga.get(path), path)
    olga.post(path, data=with_changes(seen, {"label__en": "Lunch with us?"}))

    help_only = olga.post(path, data=with_changes(seen, {"help__en": "It is free"}))
    same = olga.post(path, data=with_changes(seen, {"label__en": "Are you hungry?"}))

    assert (help_only.status_code, same.status_code) == (303, 409)
    assert (questions(db)["lunch"].label.en, questions(db)["lunch"].help.en) == ("Lunch with us?", "It is free")


def test_question_asked_no_longer_leaves_the_form_and_keeps_its_answers(db, make_event, olga, client):
    event = make_event(questions=[{"key": "old", "label": Texts(en="Old question")}])
    sign_up_as(event, "ada", answers={questions(db)["old"].id: "kept"})

    sent = olga.post(path_to(db, event, "old", "/retirement"))
    page = client.get(f"/events/{event.slug}", headers=ENGLISH).text
    file = olga.get(f"/organizer/events/{event.slug}/attendees.csv").text
    back = olga.post(path_to(db, event, "old", "/return"))
    page_again = client.get(f"/events/{event.slug}", headers=ENGLISH).text

    assert (sent.status_code, back.status_code) == (303, 303)
    assert ["Old question" in each for each in (page, file, page_again)] == [False, True, True]
    assert "kept" in file
    assert answers(db) == {"old": "kept"}


def test_removing_says_what_goes_and_takes_no_more_than_that(db, make_event, olga):
    event = make_event(questions=asking(required=False))
    lunch = questions(db)["lunch"].id
    sign_up_as(event, "ada", answers={lunch: "yes"})
    path = path_to(db, event, "lunch", "/removal")

    page = olga.get(path, headers=ENGLISH)
    sign_up_as(event, "bob", answers={lunch: "no"})
    stale = olga.post(path, data=fields_on(page, path))
    sent = olga.post(path, data=fields_on(olga.get(path), path))
    again = olga.post(path, data={"answers": "9"})

    assert "1 answer is deleted with it" in page.text
    assert "Diet" in page.text
    assert [each.status_code for each in (stale, sent, again)] == [409, 303, 404]
    assert set(questions(db)) == {"diet", "number"}
    assert questions(db)["diet"].condition is None
    assert db.scalars(select(Answer)).all() == []
    entry = db.scalars(select(Entry).order_by(Entry.id.desc())).first()
    assert entry.changes["questions"][0]["answers"] == 2
    assert entry.changes["questions"][1] is None


def test_answers_are_deleted_only_by_whoever_shows_who_they_are(db, make_event, olga):
    event = make_event(questions=asking(required=False))
    sign_up_as(event, "ada", answers={questions(db)["lunch"].id: "yes"})
    db.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(hours=1)))
    db.commit()
    answered, unanswered = path_to(db, event, "lunch", "/removal"), path_to(db, event, "number", "/removal")

    asked = olga.post(answered, data={"answers": "1"})
    lying = olga.post(answered, data={"answers": "0"})
    gone = olga.post(unanswered, data={"answers": "0"})

    assert [each.status_code for each in (asked, lying, gone)] == [403, 409, 303]
    assert set(questions(db)) == {"lunch", "diet"}
    assert answers(db) == {"lunch": "yes"}


def test_question_of_another_event_is_not_there(db, make_event, olga):
    event, other = make_event(questions=asking()[:1]), make_event()
    path = f"/questions/{questions(db)['lunch'].id}"

    found = [olga.get(path_of(other, path)), olga.get(path_of(other, f"{path}/removal"))]
    sent = [olga.post(path_of(other, f"{path}{verb}")) for verb in ("/up", "/retirement", "/removal")]

    assert [each.status_code for each in (*found, *sent)] == [404] * 5
    assert list(questions(db)) == ["lunch"]
    assert olga.get(path_of(event, path)).status_code == 200

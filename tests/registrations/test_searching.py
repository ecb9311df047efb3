"""What a search for attendees finds, and that the columns follow the name wherever it is written."""

import re

import pytest
from sqlalchemy import select, update

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.versions import Seen
from app.history.service import THE_SITE
from app.registrations import forgetting, searching, service, transfers
from app.registrations.models import Purpose, Question, QuestionKind, Registration, Transfer
from app.registrations.questions import change_question, remove_question, values_of
from tests.support.factories import sign_up_as

COMPANY = {"key": "company", "kind": QuestionKind.SHORT_TEXT, "label": Texts(zh="公司", en="Company")}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("王小明", "王小 小明 wangxiaoming xiaoming wxm"),
        ("王 小明", "王小明 wangxiaoming"),
        ("曾国藩", "zengguofan zgf"),
        ("单田芳", "shantianfang"),
        ("解缙", "xiejin"),
        ("仇和", "qiuhe"),
        ("区丽", "ouli"),
        ("尉迟恭", "yuchigong ycg"),
        ("乐嘉", "yuejia lejia"),
        ("吕布", "lvbu lubu lyubu"),
        ("José García", "josé jose garcia"),
        ("Ada Lovelace", "ada lovelace adalovelace"),
        ("ＡＤＡ", "ada"),
    ],
)
def test_name_is_found_by_characters_pinyin_and_initials(name, words):
    text = searching.search_text(name=name, email="x@example.com", code="ABC234")

    assert [word for word in words.split() if word not in text] == []


def test_text_holds_address_code_and_company_in_lower_case_and_is_cut_to_its_column():
    text = searching.search_text(name="王小明", email="Ming@Example.com", code="ABC234", company="QingCloud")
    long = searching.search_text(name="王" * 100, email="a" * 254, code="ABC234", company="c" * 500)

    assert text == "王小明 abc234 ming@example.com wangxiaoming wxm qingcloud"
    assert len(long) == searching.TEXT_MAX
    assert "abc234" in long


def test_list_by_name_is_in_the_order_of_pinyin():
    names = ["张三", "曾国藩", "Bob", "王小明", "阿强"]

    assert sorted(names, key=searching.sort_name) == ["阿强", "Bob", "王小明", "曾国藩", "张三"]


def test_columns_follow_sign_up_correction_and_transfer(db, make_event):
    event = make_event(questions=[COMPANY])
    question_id = db.scalars(select(Question.id)).one()
    now = utc_now()
    wang = sign_up_as(event, "wang", full_name="王小明")

    signed_up = (wang.search_text, wang.sort_name)
    service.change_answers(wang, name="李小明", answers={question_id: "QingCloud"}, now=now)
    db.expire_all()
    corrected = (wang.search_text, wang.sort_name)
    transfers.pass_on(wang, transfers.Receiver("Bob", normalise("bob@example.com")), language="en", now=now)
    transfer = db.scalars(select(Transfer)).one()
    bob = transfers.accept(transfer, name="Bob", answers={question_id: "KubeSphere"}, language="en", now=now)
    db.expire_all()

    assert signed_up == (f"王小明 {wang.code.lower()} wang@example.com wangxiaoming wxm", "wang xiao ming 王小明")
    assert corrected == (
        f"李小明 {wang.code.lower()} wang@example.com lixiaoming lxm qingcloud",
        "li xiao ming 李小明",
    )
    assert (bob.search_text, bob.sort_name) == (f"bob {bob.code.lower()} bob@example.com kubesphere", "bob")


def test_sign_up_by_the_page_is_found_by_its_company(db, make_event, client):
    event = make_event(questions=[COMPANY | {"key": "employer", "purpose": Purpose.COMPANY}])
    stamp = re.search(r'name="stamp" value="([^"]+)"', client.get(f"/events/{event.slug}").text)[1]
    form = {
        "name": "王小明",
        "email": "wang@example.com",
        "stamp": stamp,
        "website": "",
        "q_employer": "青云 QingCloud",
    }

    client.post(f"/events/{event.slug}/registrations", data=form)

    assert db.scalars(select(Registration)).one().search_text.endswith(" wxm 青云 qingcloud")


def test_company_that_pages_show_masked_is_found_by_no_search(db, make_event):
    event = make_event(questions=[COMPANY])
    question_id = db.scalars(select(Question.id)).one()
    ada = sign_up_as(event, "ada")
    service.change_answers(ada, name="Ada", answers={question_id: "QingCloud"}, now=utc_now())
    db.expire_all()
    before = ada.search_text
    values = values_of(db.get_one(Question, question_id))

    change_question(
        event.id, question_id, values | {"is_masked": True}, seen=Seen.of(values), by=THE_SITE, now=utc_now()
    )
    searching.fill(utc_now())
    db.expire_all()
    masked = ada.search_text
    service.change_answers(ada, name="Ada", answers={question_id: "KubeSphere"}, now=utc_now())

    db.expire_all()
    assert before.endswith("qingcloud")
    assert masked == ada.search_text == f"ada {ada.code.lower()} ada@example.com"


def test_rows_of_before_are_filled_in_steps_and_the_erased_are_left_alone(db, make_event, monkeypatch):
    event = make_event()
    people = [sign_up_as(event, name) for name in ("ada", "bob", "cy", "dee")]
    written = [person.search_text for person in people]
    with transaction() as session:
        session.execute(update(Registration).values(search_text="", sort_name=""))
        session.get(Registration, people[3].id).erased_at = utc_now()
    monkeypatch.setattr(searching, "STEP", 2)

    steps = [searching.fill(utc_now()) for _step in range(3)]

    db.expire_all()
    assert steps == [2, 1, 0]
    assert [person.search_text for person in people] == [*written[:3], ""]
    assert [person.sort_name for person in people] == ["ada", "bob", "cy", ""]


def test_company_is_found_no_longer_when_the_answers_are_gone(db, make_event):
    event = make_event(questions=[COMPANY])
    question_id = db.scalars(select(Question.id)).one()
    ada = sign_up_as(event, "ada")
    service.change_answers(ada, name="Ada", answers={question_id: "QingCloud"}, now=utc_now())
    db.expire_all()
    before = ada.search_text

    remove_question(event.id, question_id, answers=1, by=THE_SITE, now=utc_now())
    searching.fill(utc_now())

    db.expire_all()
    assert "qingcloud" in before
    assert ada.search_text == f"ada {ada.code.lower()} ada@example.com"


def test_company_is_found_no_longer_when_its_time_is_over(db, make_event):
    event = make_event(questions=[COMPANY | {"keep_days": 30}])
    question_id = db.scalars(select(Question.id)).one()
    ada = sign_up_as(event, "ada")
    service.change_answers(ada, name="Ada", answers={question_id: "QingCloud"}, now=utc_now())
    over = event.ends_at + (event.ends_at - event.starts_at) * 24 * 30

    forgetting.forget_answers(over)
    searching.fill(over)

    db.expire_all()
    assert ada.search_text == f"ada {ada.code.lower()} ada@example.com"

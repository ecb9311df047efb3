"""Lists of other programs are known by their columns, and ordinary ones by what people call things."""

import pytest

from app.core.i18n import Texts
from app.events.models import TicketType
from app.imports.files_rows import Row
from app.imports.headers import recognise
from app.registrations.models import Purpose, Question, QuestionKind


def question(key, zh="", en="", **values):
    return Question(
        key=key, label=Texts(zh=zh, en=en), options=[], kind=values.pop("kind", QuestionKind.SHORT_TEXT), **values
    )


QUESTIONS = [
    question("company", "公司", "Company"),
    question("mobile", "怎么联系您？", "How do we reach you?", kind=QuestionKind.PHONE),
    question("topic", "想听什么？", "What would you like to hear?"),
]
TYPES = [TicketType(id=1, slug="on-site", name=Texts(zh="现场", en="On site"))]


def rows(*records):
    return [Row(number, list(record)) for number, record in enumerate(records, start=1)]


def found(head, *records, questions=QUESTIONS):
    """Return the program, whether the first row is a header, and the target of each named column that has one."""
    known = recognise(rows(head, *records), questions, TYPES)
    return known.program, {name: target for name, target in zip(head, known.targets, strict=True) if target}


LUMA = [
    "api_id",
    "name",
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "created_at",
    "approval_status",
    "checked_in_at",
    "custom_source",
    "qr_code_url",
    "amount",
    "amount_tax",
    "amount_discount",
    "currency",
    "coupon_code",
    "eth_address",
    "solana_address",
    "survey_response_rating",
    "survey_response_feedback",
    "ticket_type_id",
    "ticket_name",
    "What company do you work for?",
]
MEETUP = [
    "Name",
    "User ID",
    "Title",
    "Event Host",
    "RSVP",
    "Guests",
    "RSVPed on",
    "Joined Group on",
    "URL of Member Profile",
]
PRETIX = [
    "Event slug",
    "Order code",
    "Position ID",
    "Status",
    "Email",
    "Phone number",
    "Order date",
    "Order time",
    "Product",
    "Variation",
    "Price",
    "Tax rate",
    "Tax rule",
    "Tax value",
    "Attendee name",
    "Attendee name: Given name",
    "Attendee name: Family name",
    "Attendee email",
    "Company",
    "Address",
    "ZIP code",
    "City",
    "Country",
    "State",
    "Voucher",
    "Order comment",
    "Sales channel",
    "Order locale",
]
INDICO = [
    "ID",
    "Name",
    "First Name",
    "Last Name",
    "Email Address",
    "Affiliation",
    "Position",
    "Phone Number",
    "Registration date",
    "Registration state",
    "Price",
    "Checked in",
]
OURS_ZH = [
    "状态",
    "姓名",
    "邮箱",
    "票种",
    "报名时间（Asia/Shanghai）",
    "签到时间（Asia/Shanghai）",
    "报名编号",
    "公司",
    "想听什么？",
]
OURS_EN = ["Status", "Name", "E-mail", "Ticket type", "Signed up (Asia/Shanghai)", "Checked in (Asia/Shanghai)", "Code",
           "Company"]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "program", "targets"),
    [
        (LUMA, "luma", {"name": "name", "email": "email", "phone_number": "q_mobile", "approval_status": "status",
                        "ticket_name": "ticket_type"}),
        (MEETUP, "meetup", {"Name": "name", "RSVP": "status"}),
        (PRETIX, "pretix", {"Status": "status", "Phone number": "q_mobile", "Product": "ticket_type",
                            "Attendee name": "name", "Attendee email": "email", "Company": "q_company",
                            "Order comment": "note", "Order locale": "language"}),
        (INDICO, "indico", {"Name": "name", "Email Address": "email", "Affiliation": "q_company",
                            "Phone Number": "q_mobile", "Registration state": "status"}),
        (OURS_ZH, "juhui", {"状态": "status", "姓名": "name", "邮箱": "email", "票种": "ticket_type",
                            "公司": "q_company", "想听什么？": "q_topic"}),
        (OURS_EN, "juhui", {"Status": "status", "Name": "name", "E-mail": "email", "Ticket type": "ticket_type",
                            "Company": "q_company"}),
        (["姓名", "电子邮箱", "工作单位", "手机号（必填）", "备注", "标签"], "",
         {"姓名": "name", "电子邮箱": "email", "工作单位": "q_company", "手机号（必填）": "q_mobile", "备注": "note",
          "标签": "tag"}),
        (["名", "姓", "邮箱地址*"], "", {"名": "first_name", "姓": "last_name", "邮箱地址*": "email"}),
        (["E-MAIL", "Full Name ", "company"], "", {"E-MAIL": "email", "Full Name ": "name", "company": "q_company"}),
    ],
    ids=["luma", "meetup", "pretix", "indico", "ours in Chinese", "ours in English", "Chinese", "parts", "spelling"],
)  # fmt: skip
def test_columns_are_known_by_their_names(head, program, targets):
    assert found(head, ["x"] * len(head)) == (program, targets)


def test_a_name_that_stands_twice_counts_once():
    known = recognise(rows(["姓名", "邮箱", "邮箱"], ["张三", "a@example.com", "b@example.com"]), [], TYPES)

    assert known.targets == ["name", "email", ""]


def test_without_a_header_columns_are_known_by_what_stands_in_them():
    known = recognise(
        rows(
            ["现场", "张三", "zhang@example.com", "138 0013 8000"], ["现场", "李四", "li@example.com", "+49 30 123456"]
        ),
        QUESTIONS,
        TYPES,
    )

    assert (known.has_header, known.targets) == (False, ["ticket_type", "name", "email", "q_mobile"])


def test_a_header_of_words_we_do_not_know_is_still_a_header():
    known = recognise(rows(["Wer", "Wohin"], ["Ada Lovelace", "ada@example.com"]), [], TYPES)

    assert (known.has_header, known.targets) == (True, ["name", "email"])


def test_a_question_is_known_by_what_it_is_for():
    asked = [question("org", "您在哪里工作？", "Where do you work?", purpose=Purpose.COMPANY)]

    assert found(["Name", "Email", "公司"], questions=asked)[1] == {"Name": "name", "Email": "email", "公司": "q_org"}

"""What a file says of the purpose of questions, and what it must not."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db, transaction
from app.exchange.mistakes import FileMistakesError
from app.registrations.models import Answer, Purpose, Question, QuestionKind
from tests.exchange.small import LATER, NOW, SMALL, event_named, load_text
from tests.support.factories import sign_up_as

PLAIN = "{key: company, kind: short_text, label: Company}"


def asking(question: str) -> str:
    return SMALL.replace(PLAIN, question)


def question() -> Question:
    db.session.expire_all()
    return db.session.scalars(select(Question)).one()


def test_a_file_gives_a_question_its_purpose_and_a_later_one_leaves_what_it_does_not_state(
    app: Flask, tmp_path: Path
) -> None:
    told = "purpose: id_number, after_acceptance: true, masked: true, keep_days: 7"
    load_text(tmp_path, asking(f"{{key: company, kind: short_text, label: ID, {told}}}"))
    load_text(tmp_path, asking("{key: company, kind: short_text, label: Number}"), now=LATER)

    found = question()
    assert (found.label.en or found.label.zh, found.purpose, found.is_after_acceptance, found.is_masked) == (
        "Number", Purpose.ID_NUMBER, True, True,
    )  # fmt: skip
    assert found.keep_days == 7


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("kind: checkbox, label: Yes, purpose: sponsor_consent", "Say which sponsor"),
        ("kind: checkbox, label: Yes, purpose: sponsor_consent, sponsor: Acme, required: true", "Consent must be free"),
        (
            "kind: short_text, label: ID, purpose: id_number, masked: true",
            "deleted 30 days after the event at the latest",
        ),
        ("kind: number, label: Age, masked: true", "Only texts and phone numbers"),
    ],
)
def test_a_question_that_cannot_serve_its_purpose_is_a_mistake(
    app: Flask, tmp_path: Path, told: str, sentence: str
) -> None:
    with pytest.raises(FileMistakesError) as refused:
        load_text(tmp_path, asking(f"{{key: company, {told}}}"))

    assert sentence in str(refused.value.mistakes[0])


def test_what_people_agreed_to_cannot_become_another_sponsors(app: Flask, tmp_path: Path) -> None:
    acme = "{key: company, kind: checkbox, label: Acme, purpose: sponsor_consent, sponsor: Acme}"
    load_text(tmp_path, asking(acme))
    ada = sign_up_as(event_named("spring"), "ada", now=NOW)
    with transaction() as session:
        session.add(Answer(registration_id=ada.id, question_id=question().id, value=True))

    with pytest.raises(FileMistakesError) as refused:
        load_text(tmp_path, asking(acme.replace("sponsor: Acme", "sponsor: Umbrella")), now=LATER)

    assert "People have ticked company for what it was" in str(refused.value.mistakes[0])
    assert (question().sponsor, question().kind) == ("Acme", QuestionKind.CHECKBOX)

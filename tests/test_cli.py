"""The commands, as they are typed."""

import csv
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from app.accounts import queries
from app.accounts.models import Organizer, Role, SignInSession
from app.core import heartbeat
from app.core.clock import utc_now
from app.core.db import db
from app.events.models import Event
from app.history.models import Entry
from app.mail.models import Letter
from tests.support.factories import sign_up_as

ADA = "ada@example.com"


@pytest.fixture
def run(app):
    """Run a command; return its exit code, its answer, and what it said beside it."""
    runner = app.test_cli_runner()

    def run(*words):
        result = runner.invoke(args=[str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.stdout, result.stderr

    return run


def lines_of(doctor):
    return {line[9:].split("  ")[0].strip(): line[:7].strip() for line in doctor.splitlines() if line[:1] != " "}


def test_prepare_makes_a_demo_site_and_may_run_again(run, db):
    first = run("prepare", "--demo")
    events = db.scalar(select(func.count()).select_from(Event))
    second = run("prepare", "--demo")

    assert (first[0], second[0]) == (0, 0)
    assert events >= 29
    assert "0 things created, 0 changed." in second[1]
    assert re.search(r"^Sign in     http://127\.0\.0\.1:8000/organizer/sign-in/\S{32}$", second[1], re.MULTILINE)


def test_sign_in_link_opens(run, app):
    run("add-organizer", ADA)
    _code, address, _ = run("sign-in-link", ADA)

    response = app.test_client().post(address.strip().removeprefix("http://127.0.0.1:8000"))

    assert (response.status_code, response.location) == (303, "/organizer/")


def test_organizers_are_added_and_removed(run, app):
    added, again = run("add-organizer", "Ada@Example.com", "--name", "Ada"), run("add-organizer", ADA)
    known = queries.organizer_with(ADA)
    page, _newline, link = added[1].partition("\n")
    opened = app.test_client().post(link.rpartition("http://127.0.0.1:8000")[2].strip())
    alone = run("remove-organizer", ADA)
    run("add-organizer", "bob@example.com", "--role", "owner")
    removed = run("remove-organizer", ADA)

    assert page == "Ada@example.com may now sign in as owner: http://127.0.0.1:8000/organizer/sign-in"
    assert re.fullmatch(
        r"Sign in now \(once, within an hour\): http://127\.0\.0\.1:8000/organizer/sign-in/\S{32}\n", link
    )
    assert (opened.status_code, opened.location) == (303, "/organizer/")
    assert again[1] == "ada@example.com could already sign in: http://127.0.0.1:8000/organizer/sign-in\n"
    assert (known.name, known.role) == ("Ada", Role.OWNER)
    assert alone[2].startswith("Error: The last owner stays")
    assert removed[1] == "ada@example.com can no longer sign in.\n"
    assert queries.organizer_with(ADA) is None


def test_organizer_is_erased_and_what_they_did_stays(run, app):
    run("add-organizer", ADA, "--name", "Ada Lovelace")
    run("add-organizer", "bob@example.com", "--name", "Bob Ross", "--role", "owner")
    link = run("sign-in-link", "bob@example.com")[1].strip()
    app.test_client().post(link.removeprefix("http://127.0.0.1:8000"))
    bob = queries.organizer_with("bob@example.com").id
    run("remove-organizer", "bob@example.com")

    erased, again = run("erase-organizer", "Bob@example.com"), run("erase-organizer", "bob@example.com")
    alone = run("erase-organizer", ADA)

    assert erased[:2] == (0, "Bob@example.com is erased. Backups lose it as they get old.\n")
    assert "There is no organizer with this address" in again[2]
    assert alone[2].startswith("Error: The last owner stays")
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get(Organizer, bob)
    assert (row.email, row.name, row.email_key) == ("", "", f"erased:{bob}")
    assert db.session.scalars(select(SignInSession).where(SignInSession.organizer_id == bob)).all() == []
    entries = db.session.scalars(select(Entry).order_by(Entry.id)).all()
    assert [entry.action for entry in entries if entry.organizer_id == bob] == ["signed_in"]
    assert {"organizer.removed", "organizer.erased"} <= {entry.action for entry in entries}
    told = [
        str(value).lower()
        for table in (Entry, Organizer, Letter)
        for each in db.session.scalars(select(table))
        for value in vars(each).values()
    ]
    assert [value for value in told if "bob" in value or "ross" in value] == []


def test_add_organizer_makes_owners_only_at_first_or_when_told(run):
    answers = {
        "door@example.com": run("add-organizer", "door@example.com", "--role", "door"),
        ADA: run("add-organizer", ADA),
        "bob@example.com": run("add-organizer", "bob@example.com"),
        "eve@example.com": run("add-organizer", "eve@example.com", "--role", "owner"),
    }
    refused = run("add-organizer", "cyd@example.com", "--role", "queen")

    roles = {email: queries.organizer_with(email).role for email in answers}
    assert roles == {
        "door@example.com": Role.DOOR,
        ADA: Role.OWNER,
        "bob@example.com": Role.ORGANIZER,
        "eve@example.com": Role.OWNER,
    }
    assert [email for email, answer in answers.items() if "Sign in now" in answer[1]] == [ADA]
    assert refused[0] == 2
    assert queries.organizer_with("cyd@example.com") is None


def test_prepare_says_how_to_become_the_first_owner(run):
    hint = "Owner       none yet: flask --app wsgi add-organizer you@example.org"
    before = run("prepare")
    run("add-organizer", ADA)
    after = run("prepare")

    assert hint in before[1].splitlines()
    assert "none yet" not in after[1]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["sign-in-link", "bob@example.com"], 1, "Error: There is no organizer with this address."),
        (["remove-organizer", "bob@example.com"], 1, "Error: There is no organizer with this address."),
        (["add-organizer", "no address"], 2, "Invalid value for 'EMAIL'"),
        (["export-attendees", "nowhere"], 1, "Error: There is no event at this address."),
        (["load", "/nowhere.yaml"], 2, "'/nowhere.yaml' does not exist"),
    ],
)
def test_command_refuses_in_one_sentence(run, words, code, sentence):
    answer = run(*words)

    assert answer[0] == code
    assert sentence in answer[2]
    assert "Traceback" not in answer[2]


def test_load_names_every_mistake_with_its_line(run, tmp_path, db):
    file = tmp_path / "community.yaml"
    file.write_text("format: juhui/1\ncities:\n- {slug: Beijing!}\nevents:\n- {slug: a, when: never}\n")

    code, answer, said = run("load", file)

    assert (code, answer) == (1, "")
    assert f"{file}:3" in said
    assert f"{file}:5" in said
    assert db.scalar(select(func.count()).select_from(Event)) == 0


@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_export_attendees_writes_a_whole_file(run, make_event, tmp_path, form):
    event = make_event("meetup", capacity=1)
    sign_up_as(event, "wang", full_name="王芳")
    sign_up_as(event, "bob")
    target = tmp_path / f"list.{form}"

    code, answer, said = run("export-attendees", "meetup", "--format", form, "--output", target, "--language", "en")

    assert (code, answer) == (0, "")
    assert f"2 attendees in {target}." in said
    assert rows_of(target, form) == [("王芳", "wang@example.com"), ("bob", "bob@example.com")]
    assert [path.name for path in tmp_path.glob("*list*")] == [target.name]
    assert target.stat().st_mode & 0o777 == 0o600


def rows_of(path, form):
    if form == "xlsx":
        sheet = openpyxl.load_workbook(path).active
        return [row[1:3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    if form == "csv":
        return [tuple(row[1:3]) for row in csv.reader(io.StringIO(path.read_text("utf-8-sig")))][1:]
    return [(line["name"], line["email"]) for line in map(json.loads, path.read_text().splitlines())]


def test_export_attendees_writes_to_standard_output(run, make_event):
    event = make_event("meetup", capacity=1)
    sign_up_as(event, "wang")
    sign_up_as(event, "bob")

    _code, answer, said = run("export-attendees", "meetup", "--format", "json", "--status", "waiting")

    assert [json.loads(line)["name"] for line in answer.splitlines()] == ["bob"]
    assert "1 attendees." in said


def test_doctor_says_what_to_do_and_exits_with_one(run):
    code, answer, _ = run("doctor")

    assert code == 1
    assert lines_of(answer) == {
        "settings": "ok",
        "secret key": "ok",
        "time zones": "ok",
        "database": "ok",
        "schema": "ok",
        "writes": "ok",
        "worker": "PROBLEM",
        "mail server": "ok",
        "outbox": "ok",
        "letters": "ok",
        "refusals": "ok",
    }
    assert "`flask --app wsgi worker`" in answer


def test_doctor_is_content_when_all_is_well_and_sends_a_test_letter(run, tmp_path):
    heartbeat.beat(utc_now())

    code, answer, _ = run("doctor", "--send-to", ADA)

    assert (code, lines_of(answer)["test letter"]) == (0, "ok")
    assert len(list((tmp_path / "instance" / "mail").glob("*.eml"))) == 1


@pytest.mark.parametrize("settings", [{"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "1", "MAIL_SECURITY": "none"}])
def test_doctor_tells_why_letters_cannot_leave(run, settings):
    heartbeat.beat(utc_now())

    code, answer, _ = run("doctor", "--send-to", ADA)

    assert code == 1
    assert {name: state for name, state in lines_of(answer).items() if state != "ok"} == {
        "mail server": "PROBLEM",
        "test letter": "PROBLEM",
    }
    assert "127.0.0.1:1 (none)" in answer


def test_backup_and_restore_bring_everything_back(run, app, db, make_event, tmp_path, engine_url):
    event = make_event("meetup")
    sign_up_as(event, "ada")
    file = tmp_path / "backup.tar.gz"

    code, answer, said = run("backup", file)

    if engine_url.startswith("postgresql"):
        assert (code, answer, file.exists()) == (1, "", False)
        assert f"pg_dump --format=custom --file={file} --dbname=postgresql://" in said
        return
    assert (code, said) == (0, "")
    sign_up_as(event, "bob")
    db.remove()
    refused, forced = run("restore", file), run("restore", file, "--force")
    db.remove()
    assert (refused[0], forced[0]) == (1, 0), forced[2]
    assert "With --force it is replaced" in refused[2]
    assert db.scalars(select(Letter.to_email)).all() == ["ada@example.com"]
    (kept,) = Path(app.config["INSTANCE_PATH"]).glob("before-restore-*.tar.gz")
    assert str(kept) in forced[1]

"""Mistakes in files: every one is reported with its file, line and field, and then nothing has been changed."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.community.models import Person
from app.core.db import db
from app.events.models import Event
from app.exchange.load import load
from app.exchange.mistakes import FileMistakesError
from app.registrations.models import Question
from tests.exchange.small import LATER, NOW, SMALL, event_named, file_of, load_text, versions_of
from tests.support.factories import sign_up_as

only_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def mistakes_in(folder: Path, text: str) -> list[str]:
    """Load a file that must be refused; return its mistakes without the folder."""
    with pytest.raises(FileMistakesError) as refused:
        load_text(folder, text)
    return [str(mistake).replace(f"{folder}/", "") for mistake in refused.value.mistakes]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


# What a change of the small community leads to: (old, new), the field, the sentence. The line is that of `new`.
MISTAKES = [
    (
        ("address: 1", "adress: 1"),
        "venues[0].adress",
        "There is no such field here.",
    ),
    (
        ("name: Ada", "name: 12"),
        "people[0].name",
        ("This must be text, or a text for each language, such as {zh: 北京, en: Beijing}; quote numbers."),
    ),
    (
        ("name: Ada", "name: {fr: Ada}"),
        "people[0].name",
        "There is no language 'fr' here: the languages are zh, en.",
    ),
    (
        ("name: Ada", 'name: ""'),
        "people[0].name",
        "This must not be empty.",
    ),
    (
        ("slug: spring", "slug: Spring!"),
        "events[0].slug",
        "This may hold only lower-case letters, digits and single hyphens, such as beijing-2019.",
    ),
    (
        ("kind: user_group", "kind: club"),
        "groups[0].kind",
        "This must be one of 'user_group', 'station', 'developer_group', 'committee' or 'sig'.",
    ),
    (
        ("{slug: bob", "{slug: ada, name: Ada}\n  - {slug: bob"),
        "people[1].slug",
        "The slug ada is taken by community.yaml:14.",
    ),
    (
        ("venue: hall", "venue: hal"),
        "events[0].venue",
        "There is no venue hal, neither in the files nor in the database. Is hall meant?",
    ),
    (
        ("group: users, role", "group: nobody, role"),
        "people[0].terms[0].group",
        "There is no group nobody, neither in the files nor in the database.",
    ),
    (
        ("speakers: [ada]", "speakers: [adaa]"),
        "events[0].agenda[1].speakers[0]",
        "There is no person adaa, neither in the files nor in the database. Is ada meant?",
    ),
    (
        ("ends: 2026-05-01T21:00", "ends: 2026-05-01T17:00"),
        "events[0].ends",
        "The event ends before it starts.",
    ),
    (
        ("ends: 2026-05-01T21:00", "ends: 2026-05-01T21:00+02:00"),
        "events[0].ends",
        (
            "2026-05-01T21:00+02:00 is no local time: write it as 2019-12-14T13:00, without an "
            "offset; the zone is `time_zone`."
        ),
    ),
    (
        ("starts: 2026-05-01T18:00", "starts: 2026-02-30T18:00"),
        "events[0].starts",
        "2026-02-30 is no day: write it as 2019-12-14.",
    ),
    (
        ("starts: 2026-05-01T18:00", 'starts: {next: someday, at: "18:00"}'),
        "events[0].starts.next",
        ("someday is no weekday: write one of monday, tuesday, wednesday, thursday, friday, saturday, sunday."),
    ),
    (
        ('end: "18:15"', 'end: "17:55"'),
        "events[0].agenda[0].end",
        "The session ends before it starts.",
    ),
    (
        ('start: "19:00"', 'start: "21:00"'),
        "events[0].agenda[2].start",
        "The session is outside of the event, which is from 2026-05-01 18:00 to 2026-05-01 21:00.",
    ),
    (
        ('end: "19:00"', 'end: "21:30"'),
        "events[0].agenda[1].end",
        "The session is outside of the event, which is from 2026-05-01 18:00 to 2026-05-01 21:00.",
    ),
    (
        ('start: "19:00"', 'start: "7pm"'),
        "events[0].agenda[2].start",
        "7pm is no time of day: write it as 13:00.",
    ),
    (
        ("time_zone: Europe/Berlin", "time_zone: Berlin"),
        "community.time_zone",
        "There is no time zone Berlin: write a name of the IANA database, such as Asia/Shanghai.",
    ),
    (
        ("mode: in_person", "sign_up: {opens: 2026-05-02T10:00}"),
        "events[0].sign_up.opens",
        "The sign-up closes before it opens.",
    ),
    (
        ("mode: in_person", "online_url: live.example.org"),
        "events[0].online_url",
        "This must be an address that begins with https:// or http://, of at most 500 characters.",
    ),
    (
        ("slug: stream, name: The", "slug: seat, name: The"),
        "events[0].ticket_types[1].slug",
        "This ticket type is there twice.",
    ),
    (
        ("capacity: 20", "capacity: many"),
        "events[0].ticket_types[0].capacity",
        "This must be a whole number.",
    ),
    (
        ("kind: short_text", "kind: one_choice"),
        "events[0].questions[0]",
        "A question to choose an answer needs `options`.",
    ),
    (
        ("since: 2026-01-01", "since: 2026-01-01, until: 2025-01-01"),
        "people[0].terms[0]",
        "This term ends before it begins.",
    ),
    (
        ("address: 1 Main Street", "latitude: 52.5"),
        "venues[0]",
        "A point needs both latitude and longitude.",
    ),
    (
        ("city: berlin}\nroles", "city: berlin, parent: users}\nroles"),
        "groups[0].parent",
        "This group would be inside itself.",
    ),
    (
        ("  - {slug: web,", "  - {slug: web, slug: net,"),
        "tags[0].slug",
        "This key is there twice.",
    ),
    (
        ("[{person: bob", "[ada, {person: bob"),
        "events[0].agenda[2].speakers[2]",
        "This speaker is there twice.",
    ),
    (
        ("format: juhui/1", "format: juhui/2"),
        "format",
        "This must be 'juhui/1'.",
    ),
]


def test_each_mistake_is_reported_with_its_line_and_field(app: Flask, tmp_path: Path) -> None:
    texts = [SMALL.replace(old, new, 1) for (old, new), _field, _sentence in MISTAKES]

    found = [mistakes_in(tmp_path, text) for text in texts]

    assert found == [
        [f"community.yaml:{line_of(text, new)}: {field}: {sentence}"]
        for text, ((_old, new), field, sentence) in zip(texts, MISTAKES, strict=True)
    ]


@only_sqlite
def test_missing_field_is_reported_at_its_entry(app: Flask, tmp_path: Path) -> None:
    text = SMALL.replace("    title: {zh: 春天, en: Spring}\n", "").replace("{slug: bob, name: Bob}", "{slug: bob}")

    found = mistakes_in(tmp_path, text)

    assert found == [
        f"community.yaml:{line_of(text, '- {slug: bob}')}: people[1].name: This field is missing.",
        f"community.yaml:{line_of(text, '- slug: spring')}: events[0].title: This field is missing.",
    ]


@only_sqlite
def test_every_mistake_of_every_file_is_reported(app: Flask, tmp_path: Path) -> None:
    first = "format: juhui/1\ncities:\n  - {slug: a b, name: A}\npeople:\n  - {slug: ada, name: Ada, city: paris}\n"
    second = "format: juhui/1\npeople:\n  - {slug: ada, name: 1, hat: red}\nevents:\n  - {slug: e, title: E}\n"
    files = [file_of(tmp_path, first, "1.yaml"), file_of(tmp_path, second, "2.yaml")]

    with pytest.raises(FileMistakesError) as refused:
        load([tmp_path, tmp_path / "3.yaml"], now=NOW)

    assert [(Path(m.file).name, m.line, m.field) for m in refused.value.mistakes] == [
        ("1.yaml", 3, "cities[0].slug"),
        ("1.yaml", 5, "people[0].city"),
        ("2.yaml", 3, "people[0].hat"),
        ("2.yaml", 3, "people[0].name"),
        ("2.yaml", 3, "people[0].slug"),
        ("2.yaml", 5, "events[0]"),
        ("3.yaml", 0, ""),
    ]
    assert [file.name for file in files] == ["1.yaml", "2.yaml"]


@only_sqlite
@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("format: juhui/1\nevents: [\n", 3, "This is not YAML: "),
        ("", 1, "The file is empty."),
        ("- one\n- two\n", 1, "The file must begin with format: juhui/1."),
        ("format: juhui/1\ncities: &all []\ntags: *all\n", 3, "Anchors and aliases are not used here"),
        ("format: juhui/1\ncities: !!python/name:os.system\n", 2, "The tag "),
        ("format: juhui/1\ncities: {slug: a, name: A}\n", 2, "This must be a list; write [] for an empty one."),
    ],
)
def test_file_that_is_no_community_is_reported(app: Flask, tmp_path: Path, text: str, line: int, sentence: str) -> None:
    with pytest.raises(FileMistakesError) as refused:
        load_text(tmp_path, text)

    (mistake,) = refused.value.mistakes
    assert (mistake.line, sentence in mistake.sentence) == (line, True)


@only_sqlite
def test_line_that_is_not_utf8_is_reported(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes("format: juhui/1\ntags:\n  - {slug: a, name: 观测}\n".encode("gbk"))

    with pytest.raises(FileMistakesError) as refused:
        load([path], now=NOW)

    assert [(m.line, m.sentence) for m in refused.value.mistakes] == [
        (3, "This line is not UTF-8 text: save the file as UTF-8.")
    ]


@only_sqlite
def test_time_that_the_clocks_leave_out_is_reported(app: Flask, tmp_path: Path) -> None:
    text = SMALL.replace("2026-05-01T18:00", "2026-03-29T02:30").replace("2026-05-01T21:00", "2026-03-29T04:00")

    found = mistakes_in(tmp_path, text)

    line = line_of(text, "2026-03-29T02:30")
    sentence = "There is no 02:30 on 2026-03-29 in Europe/Berlin: the clocks are set forward."
    assert found == [f"community.yaml:{line}: events[0].starts: {sentence}"]


def test_load_with_a_mistake_changes_nothing_at_all(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    text = SMALL.replace("name: Bob}", "name: Robert}\n  - {slug: eve, name: Eve}").replace("T21:00", "T22:00")

    mistakes_in(tmp_path, text.replace("venue: hall", "venue: nowhere"))

    names = db.session.scalars(select(Person.name).order_by(Person.slug)).all()
    assert [name.en for name in names] == ["Ada", "Bob"]
    assert versions_of("spring") == (0, 1, NOW)


def test_mistakes_of_a_first_load_leave_the_database_empty(app: Flask, tmp_path: Path) -> None:
    mistakes_in(tmp_path, SMALL.replace("venue: hall", "venue: nowhere"))

    assert [db.session.scalar(select(func.count(model.id))) for model in (Person, Event)] == [0, 0]


def test_what_people_rely_on_cannot_be_taken_back(app: Flask, tmp_path: Path) -> None:
    load_text(tmp_path, SMALL)
    company = db.session.scalars(select(Question.id)).one()
    for name in ("ada", "bob"):
        sign_up_as(event_named("spring"), name, now=NOW, answers={company: "Ltd"})
    without_both = SMALL.replace("{slug: seat,", "{slug: bench,").replace("key: company", "key: firm")
    smaller = SMALL.replace("capacity: 20", "capacity: 1").replace("kind: short_text", "kind: number")

    removed, shrunk = mistakes_in(tmp_path, without_both), mistakes_in(tmp_path, smaller)
    allowed = load_text(tmp_path, SMALL.replace("capacity: 20", "capacity: 2"), now=LATER)

    assert [mistake.partition(": ")[2] for mistake in removed + shrunk] == [
        "events[0].ticket_types: The ticket type seat cannot be removed: people have signed up with it.",
        "events[0].questions: The question company cannot be removed: people have answered it.",
        "events[0].ticket_types[0].capacity: The capacity cannot be less than the 2 seats already taken.",
        "events[0].questions[0].kind: The question company cannot become another kind: people have answered it.",
    ]
    assert allowed.counts["events"].changed == 1


@pytest.mark.parametrize("text", ["a: " + "[" * 5000 + "]" * 5000, "".join(f"{' ' * i}a:\n" for i in range(1000))])
def test_values_in_values_without_end_are_a_mistake(app: Flask, tmp_path: Path, text: str) -> None:
    assert [mistake.partition(": ")[2] for mistake in mistakes_in(tmp_path, text)] == [
        "Values lie in each other more than 40 deep."
    ]

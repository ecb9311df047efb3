"""What is left of an event: numbers, words, slides, links, thanks and photos; written by organizers, seen by all."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event, EventPhoto, Picture, Session, SessionKind
from app.events.queries import PHOTOS_MAX
from app.events.service import apply_changes
from tests.support.organizers import signed_in

PAGE = "/organizer/events/meetup/recap?lang=en"
PHOTOS = "/organizer/events/meetup/recap/photos"
DAY = timedelta(days=1)


@pytest.fixture
def event(make_event):
    event = make_event(
        "meetup",
        starts_at=utc_now() - 9 * DAY,
        credits=[
            {"role": "host", "name": {"en": "Host"}, "url": None},
            {"role": "volunteer", "name": {"en": "Vera"}, "url": "https://vera.example.org"},
        ],
        links=[{"label": {"en": "Report"}, "url": "https://report.example.org"}],
    )
    with transaction() as session:
        found = session.get(Event, event.id)
        found.sessions.append(Session(title=Texts(en="Talk"), position=0))
        found.sessions.append(Session(title=Texts(en="Tea"), position=1, kind=SessionKind.BREAK))
    return event


@pytest.fixture
def organizer(app):
    return signed_in(app)


def picture(colour="red", size=(60, 40), kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def upload(browser, *contents):
    files = [(io.BytesIO(content), f"photo-{number}.png") for number, content in enumerate(contents)]
    return browser.post(f"{PHOTOS}?lang=en", data={"photos": files}, content_type="multipart/form-data")


def fields(page):
    """Return what a browser would send of the recap's form as it stands."""
    form = re.search(
        r'<form action="[^"]*/recap[^"/]*" method="post" novalidate data-keep="\d+"[^>]*>(.*?)</form>', page, re.DOTALL
    )[1]
    found = dict(re.findall(r'<input (?=[^>]*name="([^"]*)")(?=[^>]*value="([^"]*)")', form))
    found |= {
        name: text.strip()
        for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    }
    return {name: value.replace("&#34;", '"') for name, value in found.items()}


def again(db, event):
    db.expire_all()
    return db.get(Event, event.id)


def test_recap_is_written_and_stands_on_the_event_s_page(db, event, client, organizer):
    talk = event.sessions[0].id
    form = fields(organizer.get(PAGE).text) | {
        "attendance": "83",
        "recap-en": "It was **full**.",
        f"slides_{talk}": "https://slides.example.org/1",
        f"video_{talk}": "https://video.example.org/1",
        "link_label_1-zh": "相册",
        "link_url_1": "https://album.example.org",
        "thanks_1-en": "Walter",
    }

    answer = organizer.post(PAGE, data=form)
    saved, page = organizer.get(answer.location).text, client.get("/events/meetup?lang=en").text

    written = again(db, event)
    assert (answer.status_code, "Your changes are saved." in saved) == (303, True)
    assert (written.attendance, written.recap, written.sequence) == (83, Texts(en="It was **full**."), 0)
    assert written.links == [
        {"label": {"en": "Report"}, "url": "https://report.example.org"},
        {"label": {"zh": "相册"}, "url": "https://album.example.org"},
    ]
    assert written.credits == [
        {"role": "host", "name": {"en": "Host"}, "url": None},
        {"role": "volunteer", "name": {"en": "Vera"}, "url": "https://vera.example.org"},
        {"role": "volunteer", "name": {"en": "Walter"}},
    ]
    for text in (
        "<strong>full</strong>",
        "83 people came",
        "https://slides.example.org/1",
        "https://album.example.org",
    ):
        assert text in page
    assert "Walter" in page


def test_saving_what_was_there_changes_nothing(db, event, organizer):
    before = event.revision

    answer = organizer.post(PAGE, data=fields(organizer.get(PAGE).text))

    assert (answer.status_code, again(db, event).revision) == (303, before)


def test_emptied_lines_are_gone(db, event, organizer):
    form = fields(organizer.get(PAGE).text) | {"link_label_0-en": "", "link_url_0": "", "thanks_0-en": ""}

    organizer.post(PAGE, data=form)

    written = again(db, event)
    assert (written.links, [line["role"] for line in written.credits]) == ([], ["host"])


def test_break_has_no_slides(event, organizer):
    page = organizer.get(PAGE).text

    assert (f"slides_{event.sessions[0].id}" in page, f"slides_{event.sessions[1].id}" in page) == (True, False)


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("attendance", "-1", "attendance"),
        ("attendance", "many", "attendance"),
        ("link_url_1", "https://no.text", "link_url_1"),
        ("link_label_1-en", "No address", "link_label_1"),
        ("link_url_0", "javascript:alert(1)", "link_url_0"),
        ("link_url_0", "https://[", "link_url_0"),
        ("link_url_0", "https://x.example/" + "x" * 500, "link_url_0"),
    ],
)
def test_wrong_entries_are_shown_again(db, event, organizer, name, value, field):
    form = fields(organizer.get(PAGE).text) | {"recap-en": "Typed already", name: value}

    answer = organizer.post(PAGE, data=form)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "Typed already" in answer.text
    assert again(db, event).recap == Texts()


def test_second_organizer_sees_both_recaps(db, event, organizer):
    form = fields(organizer.get(PAGE).text) | {"recap-en": "Mine", "attendance": "5"}
    with transaction() as session:
        apply_changes(session.get(Event, event.id), {"recap": Texts(en="Theirs")}, now=utc_now())

    answer = organizer.post(PAGE, data=form)

    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert "Mine" in answer.text
    assert again(db, event).attendance is None


def test_event_that_is_to_come_has_no_recap_yet(make_event, organizer):
    make_event("ahead")

    page = organizer.get("/organizer/events/ahead/recap?lang=en").text
    answer = organizer.post("/organizer/events/ahead/recap?lang=en", data={"attendance": "5"})

    assert "Its recap can be written once it has begun." in page
    assert answer.status_code == 409


def photos_of(db, event):
    db.expire_all()
    statement = select(EventPhoto).where(EventPhoto.event_id == event.id).order_by(EventPhoto.position)
    return [photo.picture_id for photo in db.scalars(statement)]


def test_photos_are_taken_in_order_each_once_and_shown_lazily(db, event, client, organizer):
    answer = upload(organizer, picture("red"), picture("blue"), picture("red"))
    upload(organizer, picture("green"), picture("blue"))

    shown = re.findall(r'<img src="(/pictures/[^"]*)"([^>]*)>', client.get("/events/meetup?lang=en").text)
    assert answer.status_code == 303
    assert len(photos_of(db, event)) == 3
    assert len(shown) == 3
    assert all('width="60" height="40"' in rest and 'loading="lazy"' in rest for _url, rest in shown)
    assert client.get(shown[0][0]).content_type == "image/webp"


def test_what_is_no_picture_is_named_and_the_others_stay(db, event, organizer):
    answer = upload(organizer, picture("red"), b"<svg onload=alert(1)>", picture("blue"))

    assert answer.status_code == 422
    assert "photo-1.png: This file is damaged, or no picture." in answer.text
    assert len(photos_of(db, event)) == 2


def test_nothing_chosen_says_so(event, organizer):
    answer = organizer.post(f"{PHOTOS}?lang=en", data={}, content_type="multipart/form-data")

    assert (answer.status_code, "Please choose a picture." in answer.text) == (422, True)


def test_too_many_at_once_are_named(db, event, organizer):
    answer = upload(organizer, *(picture((number * 18, 0, 0), (9, 9)) for number in range(14)))

    assert answer.status_code == 422
    assert answer.text.count("Too many at once.") == 2
    assert len(photos_of(db, event)) == 12


def test_no_more_photos_than_fit(db, event, organizer):
    with transaction() as session:
        for number in range(PHOTOS_MAX - 1):
            picture_row = Picture(
                digest=f"{number:064}",
                content_type="image/webp",
                width=1,
                height=1,
                content=b"",
                card=b"",
                created_at=utc_now(),
            )
            session.add(picture_row)
            session.flush()
            session.add(EventPhoto(event_id=event.id, picture_id=picture_row.id, position=number))

    upload(organizer, picture("red"), picture("blue"))

    assert len(photos_of(db, event)) == PHOTOS_MAX


def test_photos_change_places_and_keep_what_was_typed(db, event, client, organizer):
    upload(organizer, picture("red"), picture("blue"), picture("green"))
    first, second, third = photos_of(db, event)

    later = organizer.post(f"{PHOTOS}/{first}/later", data={f"caption-{second}-en": "The <hall>"})
    organizer.post(f"{PHOTOS}/{third}/earlier")
    organizer.post(f"{PHOTOS}/{second}/earlier")  # it is the first already

    assert later.status_code == 303
    assert photos_of(db, event) == [second, third, first]
    page = client.get("/events/meetup?lang=en").text
    assert '<figcaption aria-hidden="true">The &lt;hall&gt;</figcaption>' in page


def test_photo_that_is_removed_is_gone_for_good_unless_it_is_shown_elsewhere(db, event, make_event, client, organizer):
    upload(organizer, picture("red"), picture("blue"))
    red, blue = photos_of(db, event)
    digests = dict(db.execute(select(Picture.id, Picture.digest)).all())
    other = make_event("other")
    with transaction() as session:
        session.add(EventPhoto(event_id=other.id, picture_id=blue))

    answers = [organizer.post(f"{PHOTOS}/{number}/removal").status_code for number in (red, blue, red)]

    assert answers == [303, 303, 404]
    assert photos_of(db, event) == []
    assert [client.get(f"/pictures/{digests[number]}.webp").status_code for number in (red, blue)] == [404, 200]


def test_pages_ask_as_often_for_three_photos_as_for_one(db, event, client, organizer, count_statements):
    asked = []
    for colours in (("red",), ("blue", "green")):
        upload(organizer, *(picture(colour) for colour in colours))
        for browser, path in ((client, "/events/meetup"), (organizer, PAGE)):
            browser.get(path)
            with count_statements() as seen:
                browser.get(path)
            asked.append(len(seen))

    assert asked[:2] == asked[2:]
    assert asked[0] <= 3
    assert db.scalar(select(func.count()).select_from(EventPhoto)) == 3

"""The page about a cover, and where the cover is shown."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from app.core.i18n import Texts
from app.events.models import Event, Picture
from tests.registrations.pages import fields_on, sides_of, with_changes
from tests.support.organizers import signed_in

COVER = "/organizer/events/meetup-1/cover?lang=en"


@pytest.fixture
def event(make_event):
    return make_event()


@pytest.fixture
def browser(app, event):
    return signed_in(app)


def jpeg(colour: str = "red") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (1200, 800), colour).save(target, "JPEG")
    return target.getvalue()


def upload(browser, data: bytes | None, **fields: str):
    page = browser.get(COVER).text
    seen = re.findall(r'name="seen" value="([^"]*)"', page)[0].replace("&#34;", '"')
    files = {"picture": (io.BytesIO(data), "photo.jpg")} if data is not None else {}
    return browser.post(COVER, data={"seen": seen} | fields | files, content_type="multipart/form-data")


def test_uploaded_picture_is_the_cover_everywhere(browser, client, db, event, count_statements):
    answer = upload(browser, jpeg(), **{"cover_alt-en": "A full hall"})

    picture = db.scalars(select(Picture)).one()
    page, home = client.get("/events/meetup-1?lang=en").text, client.get("/?lang=en").text
    address, card = f"/pictures/{picture.digest}.webp", f"/pictures/{picture.digest}.jpg"
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/organizer/events/meetup-1/cover?done=saved&lang=en",
    )
    assert f'<img class="cover" src="{address}" alt="A full hall"' in page
    assert address in home
    assert re.search(rf'property="og:image" content="http[^"]*{card}"', page)
    assert re.search(rf'"image": \["http[^"]*{card}"\]', page)
    assert client.get(card).status_code == 200
    changed = db.get(Event, event.id)
    assert (changed.revision, changed.sequence) == (2, 0)


def test_cover_costs_public_pages_no_statement(browser, client, count_statements):
    def seen(path: str) -> int:
        with count_statements() as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    paths = ["/events/meetup-1", "/", "/events/"]
    [seen(path) for path in paths]  # what a process asks once
    before = [seen(path) for path in paths]
    upload(browser, jpeg())

    assert [seen(path) for path in paths] == before


def test_words_are_changed_without_another_picture(browser, db, event):
    upload(browser, jpeg(), **{"cover_alt-en": "A hall"})

    upload(browser, None, **{"cover_alt-en": "A full hall"})

    changed = db.get(Event, event.id)
    assert (changed.cover_alt, changed.cover_id is None) == (Texts(en="A full hall"), False)


def test_second_of_two_who_save_the_words_sees_both_versions_and_decides(app, browser, db, event):
    upload(browser, jpeg(), **{"cover_alt-en": "A hall"})
    bob, path = signed_in(app, "bob@example.com", name="Bob"), COVER.partition("?")[0]
    hers, his = fields_on(browser.get(path), path), fields_on(bob.get(path), path)
    browser.post(path, data=with_changes(hers, {"cover_alt__en": "A full hall"}))

    clash = bob.post(COVER, data=with_changes(his, {"cover_alt__en": "Speakers on a stage"}))
    undecided = bob.post(COVER, data=fields_on(clash, f"{path}?lang=en"))
    unsaved = db.get(Event, event.id).cover_alt
    decisions = re.findall(r'name="keep-cover_alt" value="([^"]+)"', undecided.text)
    fields = fields_on(undecided, f"{path}?lang=en")
    saved = bob.post(COVER, data=with_changes(fields, {"keep__cover_alt": decisions[1]}))

    assert (clash.status_code, undecided.status_code, saved.status_code) == (409, 409, 303)
    assert unsaved == Texts(en="A full hall")
    assert sides_of(clash.text) == [("A full hall",), ("Speakers on a stage",)]
    db.expire_all()
    assert db.get(Event, event.id).cover_alt == Texts(en="Speakers on a stage")


def test_generated_cover_comes_back(browser, db, event):
    upload(browser, jpeg())

    answer = browser.post("/organizer/events/meetup-1/cover/removal")

    assert (answer.status_code, db.get(Event, event.id).cover_id) == (303, None)


@pytest.mark.parametrize(
    ("data", "words"), [(b"<svg/>", "no picture"), (None, "choose a picture")], ids=["no picture", "nothing"]
)
def test_what_is_no_picture_is_refused_beside_its_field_and_the_words_are_kept(browser, db, event, data, words):
    answer = upload(browser, data, **{"cover_alt-en": "A full hall"})

    beside = re.search(r'id="picture-error">(.*?)</p>', answer.text, re.DOTALL)
    assert (answer.status_code, beside is not None and words in beside[1]) == (422, True), answer.text
    assert "A full hall" in answer.text
    assert db.get(Event, event.id).revision == 1


def test_file_beyond_the_limit_is_refused_before_it_is_read(browser, db, event):
    # As bytes: the test client would hold so long a form in a file, and leave it open.
    answer = browser.post(COVER, data=b"\0" * (9 * 1024 * 1024), content_type="multipart/form-data; boundary=x")

    assert (answer.status_code, db.get(Event, event.id).cover_id) == (413, None)

"""What is sent is read whole or refused, and who sends slowly holds up nobody else; through the real server."""

import socket
import time
from contextlib import ExitStack
from io import BytesIO

import pytest
from flask import request

from app.config import FORM_BYTES_MAX
from app.web.bodies import FIELDS_MAX, READERS_MAX, TEXT_BYTES_MAX, takes
from tests.support.organizers import signed_in

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

IN_ONE, IN_PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
HEAD = (
    b"POST /organizer/sign-in?lang=en HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.settimeout(60)
    return connection


def answer_to(server, request):
    """Return status and body of the answer to these bytes."""
    with connect(server) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def with_length(body):
    return HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def chunked(*chunks):
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


def test_body_is_taken_with_a_length_or_in_chunks(make_server):
    with make_server(DUTIES="off") as server:
        whole = answer_to(server, with_length(b"email=ada%40example.org"))
        in_parts = answer_to(server, chunked(b"email=ada%4", b"0example.org"))
        wrong = answer_to(server, chunked(b"email=a", b"da"))

    assert (whole[0], in_parts[0], wrong[0]) == (303, 303, 422)
    assert 'value="ada"' in wrong[1]


def test_body_that_is_too_long_is_refused_and_never_cut(make_server):
    text = b"email=" + b"x" * FORM_BYTES_MAX
    with make_server(DUTIES="off") as server:
        answers = [
            answer_to(server, with_length(text)),
            answer_to(server, chunked(text)),
            answer_to(server, chunked(*[b"x" * 1000] * 100)),
            answer_to(server, chunked(b"email=" + b"x" * (FORM_BYTES_MAX - 6))),
        ]

    assert [status for status, _body in answers] == [413, 413, 413, 422]
    assert "longer than 64 kB" in answers[1][1]


def test_who_sends_half_a_form_and_then_nothing_holds_up_no_page(make_server):
    with make_server(DUTIES="off") as server, ExitStack() as stack:
        for _ in range(READERS_MAX * 4):
            slow = stack.enter_context(connect(server))
            slow.sendall(HEAD + b"Content-Length: 100\r\n\r\nem")
        time.sleep(1.5)  # longer than they are waited for

        page = answer_to(server, b"GET /?lang=en HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        form = answer_to(server, with_length(b"email=ada%40example.org"))
        stack.close()
        afterwards = form
        for pause in (0.5, 1, 2, 4, 8):  # until the server has noticed
            if afterwards[0] == 503:
                time.sleep(pause)
                afterwards = answer_to(server, with_length(b"email=ada%40example.org"))

    assert page[0] == 200
    assert form[0] == 503
    assert "Please wait a minute, then send it again." in form[1]
    assert afterwards[0] == 303


def test_client_that_goes_away_in_the_middle_is_no_crash(make_server):
    with make_server(DUTIES="off") as server:
        with connect(server) as gone:
            gone.sendall(HEAD + b"Content-Length: 100\r\n\r\nem")
        time.sleep(0.3)
        after = answer_to(server, with_length(b"email=ada%40example.org"))
        log = server.log()

    assert after[0] == 303
    assert "failed" not in log


def test_body_of_a_request_that_only_reads_is_not_taken(client):
    answer = client.get("/", data="x" * (FORM_BYTES_MAX * 2))

    assert answer.status_code == 200


@pytest.fixture
def photos(app):
    """A page that takes much, as organizers have them: what reached it."""
    reached = []

    @app.post("/organizer/trial/photos")
    @takes(3 * 1024 * 1024)
    def take():
        reached.append((len(request.form), sum(len(file.read()) for file in request.files.values())))
        return "taken"

    return reached


class Unread(BytesIO):
    """A body that nobody should ask for."""

    def read(self, *_):
        pytest.fail("a body was read that may not be sent")


def send_unread(client, kind, **environ):
    return client.post(
        "/organizer/trial/photos?lang=en",
        content_type=kind,
        environ_overrides={"wsgi.input": Unread(), "wsgi.input_terminated": True, **environ},
    )


def test_a_view_may_take_more_than_the_site_s_usual(app, photos):
    client, usual = signed_in(app), app.config["MAX_CONTENT_LENGTH"]

    taken = client.post("/organizer/trial/photos", data={"text": "x" * (usual + 10)})
    filed = client.post("/organizer/trial/photos", data={"file": (BytesIO(b"x" * 400_000), "a.png")})

    assert (taken.status_code, filed.status_code) == (200, 200)
    assert photos == [(1, 0), (0, 400_000)]


def test_what_is_too_large_is_said_in_the_size_that_may_be(app, photos):
    client = signed_in(app)

    files = send_unread(client, IN_PARTS, CONTENT_LENGTH=str(3 * 1024 * 1024 + 1))
    text = send_unread(client, IN_ONE, CONTENT_LENGTH=str(TEXT_BYTES_MAX + 1))

    assert (files.status_code, text.status_code) == (413, 413)
    assert "What you sent is larger than 3 MB. Please send less at once." in files.text
    assert "What you sent is longer than 512 kB. Please shorten it." in text.text


@pytest.mark.parametrize("kind", [IN_ONE, IN_PARTS])
@pytest.mark.parametrize("environ", [{"CONTENT_LENGTH": str(TEXT_BYTES_MAX)}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
def test_stranger_s_long_body_is_not_read(app, photos, kind, environ):
    answer = send_unread(app.test_client(), kind, **environ)

    assert answer.status_code == 401
    assert "What you sent is too much to be shown here again." in answer.text
    assert photos == []


def test_cookie_that_holds_no_longer_is_a_stranger_s(app, photos):
    client = signed_in(app)
    cookie = client.get_cookie("juhui_session", path="/organizer").value
    client.post("/organizer/sign-out")
    client.set_cookie("juhui_session", cookie, path="/organizer")

    assert client.post("/organizer/trial/photos", data={"text": "x" * 100_000}).status_code == 401
    assert photos == []


def test_form_of_more_fields_than_a_person_fills_in_is_not_taken_apart(app, photos):
    client = signed_in(app)

    def send(number):
        body = "&".join(f"a{each}" for each in range(number))
        return client.post(
            "/organizer/trial/photos", data=body, content_type="application/x-www-form-urlencoded"
        ).status_code

    parts = {f"a{each}": "x" for each in range(FIELDS_MAX + 1)}
    in_parts = client.post("/organizer/trial/photos", data=parts, content_type="multipart/form-data")

    assert (send(FIELDS_MAX), send(FIELDS_MAX + 1), in_parts.status_code) == (200, 413, 413)
    assert photos == [(FIELDS_MAX, 0)]


def test_strangers_form_of_many_fields_is_refused_before_the_gate_shows_it_again(client):
    answer = client.post("/organizer/team", data="a&" * 30_000, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 413

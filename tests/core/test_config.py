"""Every setting is read, checked and named when it is wrong; what production cannot do without is refused."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import ROOT, SETTINGS, BadSettingError, load

STRONG = "correct horse battery staple, and 9 more"
PRODUCTION = {
    "APP_ENV": "production",
    "SECRET_KEY": STRONG,
    "PUBLIC_URL": "https://meetup.example.org",
    "MAIL_SERVER": "smtp.example.org",
    "MAIL_SENDER": "meetup@example.org",
}
# Those whose absence is not an answer of its own.
OTHERS = [setting for setting in SETTINGS if setting.name not in {"APP_ENV", "SECRET_KEY"}]


def settings(**environ):
    return load(environ={"APP_ENV": "testing", "SECRET_KEY": STRONG, **environ})


def refusal(**environ):
    with pytest.raises(BadSettingError) as caught:
        load(environ={"APP_ENV": "testing", "SECRET_KEY": STRONG, **environ})
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "prod"),
        ("INSTANCE_PATH", "a\nb"),
        ("PUBLIC_URL", "meetup.example.org"),
        ("OIDC_ISSUER", "id.example.org"),
        ("OIDC_ISSUER", "http://id.example.org"),
        ("OIDC_ISSUER", "https://"),
        ("OIDC_ISSUER", "http://["),
        ("PUBLIC_URL", "https://meetup.example.org/events"),
        ("PUBLIC_URL", "https://ada:secret@meetup.example.org"),
        ("PUBLIC_URL", "https://meetup.example.org?x=1"),
        ("PUBLIC_URL", "https://meetup.example.org#x"),
        ("PUBLIC_URL", "https://meetup.example.org:0"),
        ("PUBLIC_URL", "https://meetup.example.org:65536"),
        ("PUBLIC_URL", "https://聚会.example.org"),
        ("PUBLIC_URL", "ftp://meetup.example.org"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "--5"),
        ("PORT", "80.0"),
        ("PORT", "²"),
        ("SITE_LANGUAGE", "fr"),
        ("MAIL_SERVER", "smtp.example.org\r\nX: y"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_SECURITY", "ssl"),
        ("MAIL_CA_FILE", "/nowhere/ca.pem"),
        ("MAIL_TIMEOUT", "0"),
        ("MAIL_TIMEOUT", "nan"),
        ("MAIL_TIMEOUT", "soon"),
        ("MAIL_SENDER", "Meetup <meetup@example.org>"),
        ("MAIL_SENDER", "meetup"),
        ("MAIL_SENDER", "a@b@c"),
        ("MAIL_SENDER_NAME", "Meetup\r\nBcc: bob@example.org"),
        ("MAIL_REPLY_TO", "bob@example.org\r\nBcc: ada@example.org"),
        ("MAIL_CALENDAR", "publish"),
        ("DUTIES", "celery"),
        ("DUTY_PAUSE", "inf"),
        ("SIGN_UP_RATE", "often"),
        ("SIGN_IN_RATE", "5"),
        ("SIGN_UP_SECONDS_MIN", "-1"),
        ("PROXY_HOPS", "11"),
        ("PAGE_CACHE_SECONDS", "3600"),
        ("LOG_LEVEL", "INFO"),
    ],
)
def test_bad_value_stops_with_one_sentence_that_names_the_setting(name, value):
    sentence = refusal(**{name: value})

    assert sentence.startswith(f"The setting {name} ")
    assert sentence.endswith(f" It is {value!r}.")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://juhui:hunter2@localhost/juhui"),
        ("DATABASE_URL", "postgresql://juhui:hunter2@localhost:hunter2/juhui"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:?hunter2"),
        ("RATE_LIMIT_STORAGE", "http://:hunter2@localhost"),
        ("SECRET_KEY", "hunter2\x00"),
        ("MAIL_PASSWORD", "hunter2\x1b"),
    ],
)
def test_bad_secret_is_named_but_not_repeated(name, value):
    sentence = refusal(**{name: value})

    assert sentence.startswith(f"The setting {name} ")
    assert "hun" not in sentence


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("PUBLIC_URL", " https://Meetup.Example.org/ ", "https://meetup.example.org"),
        ("PUBLIC_URL", "https://meetup.example.org:443", "https://meetup.example.org"),
        ("PUBLIC_URL", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "http://[::1]:8000/", "http://[::1]:8000"),
        ("DATABASE_URL", "postgresql://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
        ("DATABASE_URL", "sqlite:////srv/juhui.sqlite3", "sqlite:////srv/juhui.sqlite3"),
        ("SECRET_KEY_FALLBACKS", " one  two ", ["one", "two"]),
        ("DUTY_PAUSE", "0.05", 0.05),
        ("RATE_LIMIT_STORAGE", "rediss://:secret@host:6379/0", "rediss://:secret@host:6379/0"),
        ("MAIL_SENDER_NAME", "开源社区", "开源社区"),
        ("INSTANCE_PATH", "instance", str(Path.cwd() / "instance")),
    ],
)
def test_good_value_is_read_as_it_is_meant(name, value, meant):
    assert settings(**{name: value})[name] == meant


@pytest.mark.parametrize("setting", OTHERS, ids=lambda setting: setting.name)
def test_empty_value_means_the_default(setting):
    # What a compose file makes of a variable nobody set.
    assert settings(**{setting.name: " "}) == settings()


@given(setting=st.sampled_from(OTHERS), value=st.text(max_size=60))
def test_any_text_is_taken_or_refused_by_name(setting, value):
    try:
        settings(**{setting.name: value})
    except BadSettingError as error:
        assert str(error).startswith(f"The setting {setting.name} ")  # noqa: PT017 - most texts raise, but not all


def test_override_that_is_no_setting_is_refused():
    with pytest.raises(BadSettingError, match="There is no setting SECRET_KEYS"):
        load(environ={}, overrides={"SECRET_KEYS": "x"})


def test_override_wins_over_the_environment():
    assert load(environ={"PORT": "1"}, overrides={"PORT": "2", "APP_ENV": "testing", "SECRET_KEY": STRONG})["PORT"] == 2


def test_public_address_outside_of_production_is_this_machine():
    assert settings(PORT="8123")["PUBLIC_URL"] == "http://127.0.0.1:8123"


def test_production_starts_with_what_it_needs():
    assert load(environ=PRODUCTION)["APP_ENV"] == "production"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is missing"),
        ({"MAIL_SERVER": ""}, "MAIL_SERVER is missing"),
        ({"MAIL_SENDER": ""}, "MAIL_SENDER is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is too weak"),
        (
            {"SECRET_KEY_FALLBACKS": f"{STRONG.replace(' ', '-')} short"},
            "SECRET_KEY_FALLBACKS holds a key that is too weak",
        ),
    ],
)
def test_production_refuses_what_it_cannot_do_without(change, named):
    sentence = refusal(**(PRODUCTION | change))

    assert sentence.startswith(f"The setting {named}")
    assert "short" not in sentence


def test_secret_key_is_made_once_and_for_our_eyes_only(tmp_path):
    instance = tmp_path / "new" / "instance"

    first = load(environ={"APP_ENV": "testing", "INSTANCE_PATH": str(instance)})
    second = load(environ={"APP_ENV": "production", **PRODUCTION, "SECRET_KEY": "", "INSTANCE_PATH": str(instance)})

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert [path.name for path in instance.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700


def test_secret_key_is_one_for_processes_that_start_at_once(tmp_path):
    # Each waits for the file `go`, so that all look for the key in the same moment.
    program = (
        "import pathlib, sys, time; from app import config; folder = pathlib.Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "while not (folder / 'go').exists(): time.sleep(0)\n"
        "key = config.load(environ={'APP_ENV': 'testing', 'INSTANCE_PATH': str(folder / 'instance')})['SECRET_KEY']\n"
        "print(key)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        process.stdout.readline()

    (tmp_path / "go").touch()
    keys = {process.communicate(timeout=20)[0].strip() for process in started}

    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in (tmp_path / "instance").iterdir()] == ["secret_key"]


def test_secret_key_file_that_is_empty_stops_the_start(tmp_path):
    (tmp_path / "secret_key").touch()

    with pytest.raises(BadSettingError, match=r"The setting SECRET_KEY is unset and .* is empty"):
        load(environ={"APP_ENV": "testing", "INSTANCE_PATH": str(tmp_path)})


def test_instance_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(BadSettingError, match="The setting INSTANCE_PATH names a folder that cannot be used"):
        load(environ={"APP_ENV": "testing", "INSTANCE_PATH": str(tmp_path / "file" / "instance")})


def test_server_with_a_bad_setting_ends_with_one_sentence_and_no_secret():
    environ = {"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_URL": "postgresql://juhui:hunter2@localhost:x/juhui"}

    ended = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "juhui: The setting DATABASE_URL must look like sqlite:////path/file or postgresql://user:password@host/name.\n"
    )


def test_provider_needs_the_name_this_site_has_there():
    sentence = refusal(OIDC_ISSUER="https://id.example.org/realms/kube/")
    taken = settings(OIDC_ISSUER="https://id.example.org/realms/kube/", OIDC_CLIENT_ID="juhui")

    assert "OIDC_CLIENT_ID" in sentence
    assert (taken["OIDC_ISSUER"], taken["OIDC_NAME"]) == ("https://id.example.org/realms/kube/", "OpenID Connect")
    assert settings(OIDC_ISSUER="http://127.0.0.1:9400", OIDC_CLIENT_ID="juhui")["OIDC_CLIENT_SECRET"] == ""

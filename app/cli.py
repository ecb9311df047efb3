"""The commands of `flask --app wsgi …`. Each calls a service; what it says is for whoever runs the installation."""

import functools
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import click
from flask import Blueprint, Flask, current_app
from werkzeug.datastructures import MultiDict

from app import config
from app.accounts import erasing, team
from app.accounts import queries as organizers
from app.accounts import service as accounts
from app.accounts.models import Role
from app.attendees import queries as attendees
from app.attendees.wanted import Wanted
from app.core import backup as backups
from app.core import checks, foundations
from app.core.addresses import Address, normalise
from app.core.checks import Finding
from app.core.clock import utc_now
from app.core.errors import AppError
from app.core.i18n import LANGUAGES, Language, speaking
from app.core.jobs import DutyThread
from app.exchange.report import LoadReport
from app.exports import columns as export_columns
from app.exports import files as export
from app.mail import service as mail
from app.mail.models import Letter, LetterState
from app.registrations.models import RegistrationState
from app.registrations.queries import all_questions_of
from app.web.pages import public_url

DEMO: Final = config.ROOT / "app" / "demo"
DEMO_ORGANIZER: Final = "organizer@localhost.localdomain"
# A round of duties may be in the middle of a batch of letters; it ends by itself well within this.
STOP_SECONDS: Final = 60.0

bp = Blueprint("commands", __name__, cli_group=None)


class AddressType(click.ParamType):
    """An e-mail address."""

    name = "email"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Return the address, or say what is wrong with it."""
        try:
            return normalise(str(value), allow_local=True)
        except ValueError as error:
            self.fail(str(error), param, ctx)


ADDRESS: Final = AddressType()
FILE: Final = click.Path(dir_okay=False, path_type=Path)


def in_plain_words(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command speak English, and say what it refuses in a sentence instead of a traceback."""

    @functools.wraps(function)
    def run(*args: object, **kwargs: object) -> None:
        try:
            with speaking("en"):
                function(*args, **kwargs)
        except AppError as error:
            raise click.ClickException(error.message) from None
        except backups.BackupError as error:
            raise click.ClickException(str(error)) from None

    return run


@bp.cli.command("prepare")
@click.option("--demo", is_flag=True, help="Load the demo community and add an organizer to look around as.")
@in_plain_words
def prepare(*, demo: bool) -> None:
    """Create or upgrade the database; safe to run again."""
    changed = foundations.prepare()
    click.echo("Database    brought up to date." if changed else "Database    up to date.")
    if demo:
        report = _loaded([DEMO])
        click.echo(f"Community   {report.created} things created, {report.changed} changed.")
        address = normalise(DEMO_ORGANIZER, allow_local=True)
        accounts.add_organizer(address, language=current_app.config["SITE_LANGUAGE"], now=utc_now())
        click.echo(f"Sign in     {_sign_in_address(address)}")
        click.echo(
            "            (once, within an hour; afterwards: flask --app wsgi sign-in-link " + DEMO_ORGANIZER + ")"
        )
    elif not organizers.has_owner():
        click.echo("Owner       none yet: flask --app wsgi add-organizer you@example.org")
    if "mail.captured" in current_app.view_functions:
        click.echo(f"Letters     {public_url('mail.captured')}")
    click.echo(f"Site        {public_url('events.home')}")


@bp.cli.command("doctor")
@click.option("--send-to", type=ADDRESS, metavar="ADDRESS", help="Send a test letter there.")
@in_plain_words
def doctor(*, send_to: Address | None) -> None:
    """Check this installation and say what to do; exits with 1 when something is wrong."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    found = checks.run_all(app, now=utc_now())
    if send_to is not None:
        letter = mail.send_test(send_to.email, language=current_app.config["SITE_LANGUAGE"], now=utc_now())
        found.append(("test letter", _fate(letter)))
    width = max(len(name) for name, _finding in found)
    for name, finding in found:
        click.echo(f"{'ok     ' if finding.is_ok else 'PROBLEM'}  {name:{width}}  {finding.says}")
        if not finding.is_ok:
            click.echo(f"{'':{width + 11}}{finding.advice}")
    if not all(finding.is_ok for _name, finding in found):
        raise click.exceptions.Exit(1)


@bp.cli.command("load")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@in_plain_words
def load_files(paths: tuple[Path, ...]) -> None:
    """Load communities, people and events from YAML files or folders: all of it, or nothing."""
    click.echo(str(_loaded(paths)))


@bp.cli.command("export-attendees")
@click.argument("event")
@click.option("--format", "form", type=click.Choice(list(export.FORMATS)), default="xlsx", show_default=True)
@click.option("--output", type=FILE, help="File to write; without it, standard output.")
@click.option("--status", type=click.Choice([state.value for state in RegistrationState]), help="Only these.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of headings and words; default: the site's.")
@click.option(
    "--column", "keys", multiple=True, help="Only these, in this order, as a layout names them: name, q_company."
)
@in_plain_words
def export_attendees(
    event: str, form: str, output: Path | None, status: str | None, language: Language | None, keys: tuple[str, ...]
) -> None:
    """Write the attendees of EVENT (its slug) to a file."""
    if output is None and form == "xlsx" and sys.stdout.isatty():
        message = "An XLSX file is nothing to read in a terminal: add --output FILE."
        raise click.UsageError(message)
    subject, wanted = attendees.event_to_manage(event), Wanted.of(MultiDict({"status": status} if status else {}))
    total = attendees.number(subject, wanted)
    with click.progressbar(length=total, label="Attendees", file=sys.stderr) as bar, _target(output) as file:
        chosen = language or current_app.config["SITE_LANGUAGE"]
        columns = export_columns.chosen(keys, all_questions_of(subject.id)) if keys else None
        listed = export.attendee_list(subject, wanted, language=chosen, columns=columns, on_progress=bar.update)
        for chunk in export.FORMATS[form].chunks(listed):
            file.write(chunk)
    click.echo(f"{total} attendees{f' in {output}' if output else ''}.", err=True)


@bp.cli.command("add-organizer")
@click.argument("email", type=ADDRESS)
@click.option("--name", default="", help="Name shown on the organizers' pages and in letters to them.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="For the whole site; default: owner while there is none, else organizer.",
)
@in_plain_words
def add_organizer(email: Address, name: str, role: str | None) -> None:
    """Let EMAIL sign in to manage; the first owner gets a link that signs in at once."""
    is_first = not organizers.has_owner()
    chosen = Role(role) if role else Role.OWNER if is_first else Role.ORGANIZER
    language = current_app.config["SITE_LANGUAGE"]
    is_new = accounts.add_organizer(email, name=name, language=language, role=chosen, now=utc_now())
    click.echo(
        f"{email.email} {f'may now sign in as {chosen}' if is_new else 'could already sign in'}: {_sign_in_page()}"
    )
    if is_new and is_first and chosen is Role.OWNER:
        click.echo(f"Sign in now (once, within an hour): {_sign_in_address(email)}")


@bp.cli.command("remove-organizer")
@click.argument("email", type=ADDRESS)
@in_plain_words
def remove_organizer(email: Address) -> None:
    """Let EMAIL manage no more; ends its sign-ins at once. The last owner stays."""
    team.remove_address(email, now=utc_now())
    click.echo(f"{email.email} can no longer sign in.")


@bp.cli.command("erase-organizer")
@click.argument("email", type=ADDRESS)
@in_plain_words
def erase_organizer(email: Address) -> None:
    """Remove EMAIL as an organizer and erase who they were; what they did stays in the history, without a name."""
    erasing.erase_address(email, now=utc_now())
    click.echo(f"{email.email} is erased. Backups lose it as they get old.")


@bp.cli.command("sign-in-link")
@click.argument("email", type=ADDRESS)
@in_plain_words
def sign_in_link(email: Address) -> None:
    """Print a link that signs EMAIL in once, within an hour."""
    click.echo(_sign_in_address(email))


@bp.cli.command("worker")
def worker() -> None:
    """Run the duties (deliver letters, …) until told to stop; any number of workers may run."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    thread = DutyThread(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    thread.start()
    click.echo("Working. Stop with Ctrl+C.", err=True)
    stop.wait()
    click.echo("Stopping after the present round.", err=True)
    thread.stop(STOP_SECONDS)


@bp.cli.command("backup")
@click.argument("file", type=FILE)
@in_plain_words
def backup(file: Path) -> None:
    """Write the database and the secret key to FILE (.tar.gz), also while the site runs."""
    size = backups.backup(file.absolute(), now=utc_now())
    click.echo(f"{file}: {size / 2**20:.1f} MB. It holds names, addresses and the secret key: keep it safe.")


@bp.cli.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the data that is there; it is backed up first.")
@in_plain_words
def restore(file: Path, *, force: bool) -> None:
    """Bring back what `backup` wrote, once all of FILE has been checked."""
    kept = backups.restore(file, overwrite=force, now=utc_now())
    if kept:
        click.echo(f"What was there before is in {kept}.")
    click.echo("Restored. Now run `flask --app wsgi prepare` and start the server again.")


def _sign_in_address(address: Address) -> str:
    token = accounts.link_for_command(address, now=utc_now())
    return public_url("accounts.open_link", token=token)


def _sign_in_page() -> str:
    return public_url("accounts.sign_in")


def _loaded(paths: Sequence[Path]) -> LoadReport:
    # Here and not above: a web process has no use for what reads and checks files.
    from app.exchange.load import load

    return load(paths, now=utc_now())


def _fate(letter: Letter) -> Finding:
    """Tell what became of a test letter."""
    if letter.state in {LetterState.SENT, LetterState.SENDING}:
        return Finding("handed to the mail server" if letter.state is LetterState.SENT else "a worker is sending it")
    return Finding(
        letter.last_error or letter.state.value, "See `mail server` above; docs/mail.md says what answers mean."
    )


@contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes]]:
    """Open what an export is written to; a file gets its name only once it is whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(f".{output.name}.part")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.register_blueprint(bp)

"""Showing again who one is, before personal data leave the site or are taken off it."""

import json
from http import HTTPStatus

from flask import Blueprint, Flask, current_app, g, redirect, request
from werkzeug.wrappers import Response

from app.accounts import codes, gate, mails, passkeys, proofs, queries, rules
from app.accounts.forms import CredentialForm, ProofForm
from app.accounts.models import ChallengeKind
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.web.limits import limiter, sign_in_rate
from app.web.pages import see_other
from app.web.same_origin import SAFE_METHODS

bp = Blueprint("proof", __name__, url_prefix=f"{gate.PATH}/proof")


class Task:
    """What somebody was about to do: a path, and for a form what was typed into it."""

    def __init__(self, path: str, *, fields: list[tuple[str, str]] | None = None, is_file: bool = False) -> None:
        """Take a path inside the organizers' pages; anything else becomes the overview."""
        self.path = gate.safe_onward(path) or f"{gate.PATH}/"
        self.fields = fields
        self.is_file = is_file

    @classmethod
    def sent(cls) -> "Task":
        """Read it from the form or the address of this request, where it travels through the proof.

        Fields only from a form, which comes from a page of ours (`same_origin`): in an address, anybody could have
        filled them in, for a button that whoever follows the link takes for their own.
        """
        if request.method in SAFE_METHODS:
            return cls(request.args.get("next", ""), is_file=request.args.get("file") == "1")
        values = request.form
        try:
            read = json.loads(values.get("fields", ""))
            fields = [(str(name), str(value)) for name, value in read]
        except (ValueError, TypeError, RecursionError):
            fields = None
        return cls(values.get("next", ""), fields=fields, is_file=values.get("file") == "1")

    @property
    def words(self) -> str:
        """What it is, as its room calls it; empty where it has no words."""
        return proofs.words_for(self.path, method="GET" if self.fields is None else "POST")

    @property
    def fields_text(self) -> str:
        """The fields, as one hidden field holds them; empty for what is no form."""
        return "" if self.fields is None else json.dumps(self.fields, ensure_ascii=False)


@bp.get("")
def index() -> Response:
    """Ask for a proof, or say that there is one already."""
    task = Task.sent()
    if rules.is_proved(g.sign_in, now=utc_now()):
        return _go_on(task)
    return _page(ProofForm(), task, is_sent="sent" in request.args)


@bp.post("")
@limiter.limit(sign_in_rate)
def use_code() -> Response:
    """Take the code from the letter, then go on with what was begun."""
    form, task = ProofForm(request.form), Task.sent()
    if not form.validate():
        return _page(form, task, HTTPStatus.UNPROCESSABLE_ENTITY, is_sent=True)
    try:
        codes.prove_by_code(gate.actor(), form.code.data or "", now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _page(form, task, HTTPStatus.UNPROCESSABLE_ENTITY, is_sent=True)
    return _go_on(task)


@bp.post("/letters")
@limiter.limit(sign_in_rate)
def send_letter() -> Response:
    """Send a letter with a code."""
    task = Task.sent()
    codes.request_proof(gate.actor(), language=current_language(), now=utc_now())
    if task.fields is not None:
        return _page(ProofForm(), task, is_sent=True)  # no redirect: what was typed travels in the page
    return see_other(".index", sent="", next=task.path, file="1" if task.is_file else None)


@bp.post("/passkey-challenges")
@limiter.limit(sign_in_rate)
def passkey_challenge() -> Response:
    """Ask for one's own passkey; the page's script hands the question on."""
    site = passkeys.Site(current_app.config["PUBLIC_URL"])
    return gate.json_answer(passkeys.options_to_use(site, ChallengeKind.PROVE, by=gate.actor(), now=utc_now()))


@bp.post("/passkey")
@limiter.limit(sign_in_rate)
def use_passkey() -> Response:
    """Take what the authenticator answered, then go on with what was begun."""
    form, task = CredentialForm(request.form), Task.sent()
    try:
        site = passkeys.Site(current_app.config["PUBLIC_URL"])
        passkeys.prove(site, form.answer, by=gate.actor(), now=utc_now())
    except BadInputError as error:
        return _page(ProofForm(), task, HTTPStatus.UNPROCESSABLE_ENTITY, problem=error.message)
    return _go_on(task)


def _page(form: ProofForm, task: Task, status: int = 200, *, is_sent: bool = False, problem: str = "") -> Response:
    has_passkeys = rules.passkey_host(current_app.config["PUBLIC_URL"]) is not None and bool(
        queries.passkeys_of(g.sign_in.organizer_id)
    )
    return manage_page(
        "accounts/proof.html",
        status,
        form=form,
        task=task,
        is_sent=is_sent,
        problem=problem,
        has_passkeys=has_passkeys,
        minutes=mails.minutes(),
    )


def _go_on(task: Task) -> Response:
    """Lead on to a page; for a form or a file show a button, since neither can be led to."""
    if task.fields is None and not task.is_file:
        response = redirect(task.path, code=HTTPStatus.SEE_OTHER)
        response.headers["Cache-Control"] = "private, no-store"
        return response
    return manage_page("accounts/proved.html", task=task)


def init_app(app: Flask) -> None:
    """Answer a view that asked for a fresh proof where there is none."""

    @app.errorhandler(gate.ProofNeededError)
    def _ask(error: gate.ProofNeededError) -> Response:
        path = gate.this_path()
        if request.method in SAFE_METHODS:
            return see_other("proof.index", next=gate.safe_onward(path), file="1" if error.is_file else None)
        fields, problem = gate.posted_fields(), ""
        if fields is None:
            problem = _("What you sent is too much to be kept meanwhile. Please go back afterwards and send it again.")
        elif request.files:
            # Files do not travel along; whoever sent one chooses it again.
            problem = _("The file you chose cannot be kept meanwhile. Please choose it again afterwards.")
        task = Task(path if fields is not None else "", fields=fields)
        return _page(ProofForm(), task, HTTPStatus.FORBIDDEN, problem=problem)

"""Letters from templates, in the language that is being spoken (`i18n.speaking`)."""

from typing import Final

from flask import current_app, render_template

from app.mail.kinds import CalendarPart, Draft

_SENDER_NAME: Final = "mail/sender.txt"


def draft(
    letter: str,
    calendar: CalendarPart | None = None,
    *,
    reply_to: str | None = None,
    headers: dict[str, str] | None = None,
    **context: object,
) -> Draft:
    """Return the letter in the folder `templates/mail/<letter>/`: subject.txt, body.txt and body.html.

    `.txt` templates escape nothing and must not use filters that return HTML (`plain`, not `local`).
    """
    folder = f"mail/{letter}"
    return Draft(
        subject=_one_line(render_template(f"{folder}/subject.txt", **context)),
        text=render_template(f"{folder}/body.txt", **context).strip() + "\n",
        html=render_template(f"{folder}/body.html", **context),
        calendar=calendar,
        reply_to=reply_to,
        headers=headers or {},
    )


def sender_name() -> str:
    """Return the name letters come from: the setting, else the community's name in the letter's language."""
    # The community's room lies above this one; a template reaches it as every page does.
    return current_app.config["MAIL_SENDER_NAME"] or _one_line(render_template(_SENDER_NAME))


def _one_line(text: str) -> str:
    # split() knows every kind of line end, so that nothing in a title can begin a header of its own.
    return " ".join(text.split())

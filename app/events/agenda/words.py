"""What the agenda's pages say, in the reader's language."""

from app.core.i18n import current_language, ngettext
from app.core.i18n import gettext as _
from app.events.agenda.findings import Finding, Problem
from app.events.agenda.paste.rows import ROWS_MAX, Bad, Trouble
from app.events.agenda.service import PAUSES


def sentence(finding: Finding) -> str:
    """Return what to look at, as one sentence."""
    language = current_language()
    minutes = ngettext("%(num)d minute", "%(num)d minutes", finding.minutes)
    other = finding.other.title.in_language(language) if finding.other else ""
    who = finding.who.in_language(language) if finding.who else ""
    return {
        Problem.BEFORE_EVENT: lambda: _("Begins %(minutes)s before the event does.", minutes=minutes),
        Problem.AFTER_EVENT: lambda: _("Ends %(minutes)s after the event does.", minutes=minutes),
        Problem.OVERLAP: lambda: _("At the same time as “%(title)s”.", title=other),
        Problem.CLASH: lambda: _("%(name)s is to give “%(title)s” at the same time.", name=who, title=other),
        Problem.GAP: lambda: _("%(minutes)s before it with nothing planned.", minutes=minutes),
        Problem.NO_SPEAKER: lambda: _("Nobody is named to give it."),
        Problem.NO_DURATION: lambda: _("Has no time, since nobody said how long it takes."),
    }[finding.problem]()


def trouble(bad: Bad) -> str:
    """Return why a pasted line cannot be taken."""
    return {
        Trouble.ENDS_FIRST: lambda: _("It ends before it begins."),
        Trouble.NO_SUCH_TIME: lambda: _("There is no such time of day."),
        Trouble.NO_TITLE: lambda: _("It has no title."),
        Trouble.TITLE_TOO_LONG: lambda: _("Its title is too long."),
        Trouble.TOO_MANY: lambda: _(
            "At most %(max)d rows at once: this and all that follows is left out.", max=ROWS_MAX
        ),
    }[bad.trouble]()


def pause_names() -> list[tuple[str, str, int]]:
    """Return what can be added in one click: key, name, minutes."""
    return [(key, pause.title.in_language(current_language()), pause.minutes) for key, pause in PAUSES.items()]


def done(what: str | None) -> str:
    """Return what was just done, for the top of the page; empty for anything unknown."""
    words = {
        "added": lambda: _("Added."),
        "changed": lambda: _("Saved."),
        "moved": lambda: _("Moved."),
        "removed": lambda: _("Removed."),
        "restored": lambda: _("Brought back."),
        "timed": lambda: _("The times follow from the durations now."),
        "untimed": lambda: _("The agenda has no times now; the durations are kept."),
        "no-times": lambda: _(
            "There is nothing to reckon from: give items a duration, and the first one a start if only the day of the "
            "event is known."
        ),
        "pasted": lambda: _("The pasted agenda is in."),
    }
    return words[what]() if what in words else ""

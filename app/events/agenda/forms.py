"""The forms of an agenda item and of a pasted agenda."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wtforms import Field, IntegerField, RadioField, SelectField, URLField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app.community.models import Person
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.agenda import people
from app.events.agenda.values import Part, Start
from app.events.models import SessionKind
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import one_line
from app.web.versions import EditForm

TITLE_MAX: Final = 300
ABSTRACT_MAX: Final = 6000
NOTE_MAX: Final = 300
NAME_MAX: Final = 200
URL_MAX: Final = 500
MINUTES_MAX: Final = 24 * 60
SPEAKERS_MAX: Final = 12
SPARE_ROWS: Final = 2
_WEB: Final = re.compile(r"https?://[^\s/]+\.[^\s/]+\S*", re.IGNORECASE)


def kind_choices() -> list[tuple[str, str]]:
    """Return every kind of item with its name in the reader's language."""
    names = {
        SessionKind.TALK: _("Talk"),
        SessionKind.LIGHTNING: _("Lightning talk"),
        SessionKind.PANEL: _("Panel"),
        SessionKind.WORKSHOP: _("Workshop"),
        SessionKind.OPENING: _("Opening"),
        SessionKind.CHECK_IN: _("Check-in"),
        SessionKind.BREAK: _("Break"),
        SessionKind.NETWORKING: _("Networking"),
        SessionKind.VIDEO: _("Video"),
    }
    return [(kind.value, name) for kind, name in names.items()]


def track_choices() -> list[tuple[str, str]]:
    """Return where an item takes place."""
    return [("0", _("Everybody")), ("1", _("Track %(number)d", number=1)), ("2", _("Track %(number)d", number=2))]


def start_choices() -> list[tuple[str, str]]:
    """Return how the start of an item is known."""
    return [
        (Start.FOLLOWS.value, _("When the item before it ends")),
        (Start.FIXED.value, _("At a fixed time")),
        (Start.OPEN.value, _("Not known yet")),
    ]


@dataclass(slots=True)
class SpeakerLine:
    """One line of the speakers as the form shows it."""

    number: int
    who: str
    affiliation: Texts
    is_guest: bool = False
    error: str = ""


class SpeakersField(Field):
    """Speakers in order, a line each: `<name>-<n>`, their affiliation `<name>-<n>-zh` and `-en`, `<name>-<n>-guest`.

    `data` is a list of {"who": slug or what was typed, "affiliation": Texts}, with "guest" where ticked. After
    `resolve`, `parts` are what the service takes.
    """

    def __init__(self, label: Any = None, **options: Any) -> None:
        """Make the field."""
        super().__init__(label, **options)
        self.parts: list[Part] = []
        self.known: dict[str, Person] = {}
        self._wrong: dict[int, str] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:  # noqa: ARG002 - WTForms' signature
        """Take the lines that were sent, else what was given."""
        self.process_errors = []
        self.data = self.object_data = list(data or [])
        if formdata is None or f"{self.name}-0" not in formdata:
            return
        self.data = []
        for number in range(SPEAKERS_MAX + SPARE_ROWS):
            name = f"{self.name}-{number}"
            who = one_line(formdata.get(name))[: NAME_MAX + 1]
            if not who or formdata.get(f"{name}-drop"):
                continue
            texts = Texts(
                **{each: one_line(formdata.get(f"{name}-{each}"))[: NAME_MAX + 1] for each in ("zh", "en")},
            )
            line: dict[str, Any] = {"who": people.slug_in(who) or who, "affiliation": texts}
            self.data.append(line | ({"guest": True} if formdata.get(f"{name}-guest") else {}))

    def know(self, those: Iterable[Person]) -> None:
        """Remember people, so that their lines show their names."""
        self.known |= {one.slug: one for one in those}

    def add(self, slugs: Sequence[str]) -> None:
        """Append people by slug who are not there yet."""
        present = {line["who"] for line in self.data}
        self.data += [{"who": slug, "affiliation": Texts()} for slug in slugs if slug not in present]

    def resolve(self) -> bool:
        """Find out who is meant; tell whether everybody is somebody. One statement, none where nobody is named."""
        found = people.found([line["who"] for line in self.data])
        self.parts, self._wrong = [], {}
        for number, line in enumerate(self.data):
            those = found.get(line["who"], [])
            self.known |= {one.slug: one for one in those}
            if len(those) == 1:
                line["who"] = those[0].slug
                line.pop("guest", None)
                self.parts.append(Part(those[0].slug, line["affiliation"]))
            elif those:
                names = _(", ").join(people.written(one, current_language()) for one in those[:5])
                self._wrong[number] = _("Several people have this name. Write one of these: %(names)s.", names=names)
            elif line.get("guest"):
                self.parts.append(Part(affiliation=line["affiliation"], guest=people.as_texts(line["who"])))
            else:
                self._wrong[number] = _(
                    "Nobody in the community is called “%(name)s”. Choose from the list, or tick “not a member”.",
                    name=line["who"],
                )
            if len(line["who"]) > NAME_MAX or any(
                len(text) > NAME_MAX for text in line["affiliation"].as_dict().values()
            ):
                self._wrong[number] = _("At most %(max)d characters, please.", max=NAME_MAX)
        if len(self.data) > SPEAKERS_MAX:
            self._wrong[SPEAKERS_MAX] = _("At most %(max)d speakers, please.", max=SPEAKERS_MAX)
        self.errors = [*self.errors, *self._wrong.values()]
        return not self._wrong

    def lines(self) -> Iterator[SpeakerLine]:
        """Yield the lines of the page: those that are filled in, and some more."""
        language = current_language()
        for number, line in enumerate(self.data):
            person = self.known.get(line["who"])
            who = people.written(person, language) if person else line["who"]
            yield SpeakerLine(number, who, line["affiliation"], bool(line.get("guest")), self._wrong.get(number, ""))
        for number in range(len(self.data), min(len(self.data) + SPARE_ROWS, SPEAKERS_MAX)):
            yield SpeakerLine(number, "", Texts())


class SessionForm(EditForm):
    """One item of the agenda."""

    title = TextsField(_l("Title"), length_max=TITLE_MAX, is_required=True)
    kind = SelectField(_l("Kind"), choices=kind_choices)
    minutes = IntegerField(
        _l("Minutes"),
        [Optional(), NumberRange(1, MINUTES_MAX, message=_l("Between 1 and %(max)s minutes, please."))],
        render_kw={"inputmode": "numeric", "min": 1, "max": MINUTES_MAX},
    )
    track = SelectField(_l("Track"), choices=track_choices)
    start = RadioField(_l("Begins"), choices=start_choices)
    starts = LocalTimeField(_l("Fixed time"), [Optional()])
    speakers = SpeakersField(_l("Speakers"))
    speaker_note = TextsField(
        _l("Instead of or beside the speakers"),
        length_max=NOTE_MAX,
        description=_l("Such as “several members of the community”."),
    )
    abstract = TextsField(
        _l("Abstract"), length_max=ABSTRACT_MAX, rows=6, is_markdown=True, description=_l("Markdown may be used.")
    )
    slides_url = URLField(_l("Address of the slides"), [Length(max=URL_MAX)], filters=[one_line])
    video_url = URLField(_l("Address of the recording"), [Length(max=URL_MAX)], filters=[one_line])

    def validate_starts(self, field: LocalTimeField) -> None:
        """Ask for the time where it is to be fixed."""
        if self.start.data == Start.FIXED.value and field.data is None:
            raise ValidationError(_("Please give date and time, such as 2026-05-30 13:00."))

    def validate_slides_url(self, field: URLField) -> None:
        """Take web addresses only."""
        _check_address(field)

    def validate_video_url(self, field: URLField) -> None:
        """Take web addresses only."""
        _check_address(field)

    def taken(self) -> dict[str, Any]:
        """Return the values for the service. Only after `validate` and `speakers.resolve`."""
        fixed = self.starts.data if self.start.data == Start.FIXED.value else None
        return self.values() | {"speakers": self.speakers.parts, "starts": fixed}


def _check_address(field: Field) -> None:
    if field.data and not _WEB.fullmatch(field.data):
        raise ValidationError(_("Please give a whole web address that begins with https://."))

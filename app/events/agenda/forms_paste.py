"""The form of an agenda that was pasted: the text, then row by row what was understood, to be corrected and taken."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from app.community.models import Person
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.events.agenda import people
from app.events.agenda.forms import MINUTES_MAX, NAME_MAX, SPEAKERS_MAX, TITLE_MAX, kind_choices, track_choices
from app.events.agenda.paste.rows import ROWS_MAX, Row
from app.events.agenda.values import Part, Start, empty_values
from app.web.fields import LocalTimeField
from app.web.forms import Form, many_lines, one_line

TEXT_MAX: Final = 20_000
_AT: Final = re.compile(r"\s*[@＠]\s*")


class PasteForm(Form):
    """The text of an agenda from somewhere else."""

    text = TextAreaField(
        _l("The agenda"),
        [
            InputRequired(message=_l("Please paste the agenda here.")),
            Length(max=TEXT_MAX, message=_l("At most %(max)d characters, please.")),
        ],
        render_kw={"rows": 14},
    )


class RowForm(Form):
    """One row of a pasted agenda."""

    is_taken = BooleanField(_l("Take this row"), default=True)
    title = StringField(
        _l("Title"), [Length(max=TITLE_MAX, message=_l("At most %(max)d characters, please."))], filters=[one_line]
    )
    starts = LocalTimeField(_l("Begins"), [Optional()])
    minutes = IntegerField(
        _l("Minutes"),
        [Optional(), NumberRange(1, MINUTES_MAX, message=_l("Between 1 and %(max)s minutes, please."))],
        render_kw={"inputmode": "numeric", "min": 1, "max": MINUTES_MAX},
    )
    kind = SelectField(_l("Kind"))
    track = SelectField(_l("Track"))
    names = TextAreaField(
        _l("Speakers"),
        description=_l("One a line: name @ company."),
        filters=[many_lines],
        render_kw={"rows": 2},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make the form; `people` are the speakers once `PastedForm.resolve` has found them."""
        super().__init__(*args, **options)
        self.people: list[tuple[Person | None, Part]] = []

    def validate_title(self, field: StringField) -> None:
        """Ask for a title in a row that is taken."""
        if self.is_taken.data and not field.data:
            raise ValidationError(_("Please give this row a title, or leave it out."))

    def named(self) -> list[tuple[str, Texts]]:
        """Return the speakers as they are written, each with their affiliation."""
        lines = [_AT.split(line, maxsplit=1) for line in (self.names.data or "").split("\n") if line.strip()]
        return [(name.strip(), Texts.of(rest[0].strip() if rest else "")) for name, *rest in lines if name.strip()]

    def taken(self) -> dict[str, Any]:
        """Return the row as the service takes an item. Only after everything was found right."""
        without = Start.FOLLOWS if self.minutes.data else Start.OPEN
        start = Start.FIXED if self.starts.data else without
        return empty_values() | {
            "title": Texts.of(self.title.data or ""),
            "kind": self.kind.data,
            "track": self.track.data,
            "start": start.value,
            "starts": self.starts.data,
            "minutes": self.minutes.data,
            "speakers": [part for _person, part in self.people],
        }


class PastedForm:
    """All rows at once; as rows that were read from a text, or as the preview sent them."""

    def __init__(self, rows: list[RowForm]) -> None:
        """Keep the rows."""
        self.rows = rows
        # The same for all, and looked up once.
        kinds, tracks = kind_choices(), track_choices()
        for row in rows:
            row.kind.choices, row.track.choices = kinds, tracks

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> "PastedForm":
        """Show what was understood; speakers whom the community knows are written so that they are found again."""
        rows = list(rows)
        known = people.found([person.name for row in rows for person in row.speakers])
        return cls([RowForm(prefix=f"row-{number}-", data=_shown(row, known)) for number, row in enumerate(rows)])

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> "PastedForm":
        """Read the preview as it was sent."""
        numbers = [number for number in range(ROWS_MAX) if f"row-{number}-kind" in form]
        return cls([RowForm(form, prefix=f"row-{number}-") for number in numbers])

    def validate(self) -> bool:
        """Tell whether every row that is taken can be; says beside each field what is wrong."""
        taken = [row for row in self.rows if row.is_taken.data]
        found = people.found([name for row in taken for name, _affiliation in row.named()])
        valid = [row.validate() for row in taken]
        return all([*valid, *(_resolve(row, found) for row in taken)])

    def resolve(self) -> None:
        """Find out who is meant, for the preview; what is wrong shows when the rows are taken."""
        found = people.found([name for row in self.rows for name, _affiliation in row.named()])
        for row in self.rows:
            _resolve(row, found)

    def taken(self) -> list[dict[str, Any]]:
        """Return the items for the service."""
        return [row.taken() for row in self.rows if row.is_taken.data]

    @property
    def errors(self) -> bool:
        """Tell whether anything is wrong, as a form does."""
        return any(row.errors for row in self.rows)

    def summary(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message), each message with the number of its row."""
        for number, row in enumerate(self.rows, 1):
            for id_, message in row.summary():
                yield id_, _("Row %(number)d: %(message)s", number=number, message=message)


def _shown(row: Row, known: Mapping[str, list[Person]]) -> dict[str, Any]:
    language = current_language()
    lines = []
    for person in row.speakers:
        those = known.get(person.name, [])
        name = people.written(those[0], language) if len(those) == 1 else person.name
        lines.append(f"{name} @ {person.company}" if person.company else name)
    starts = None
    if row.start is not None:
        starts = datetime.combine(row.day, time()) + timedelta(minutes=row.start)
    return {
        "title": row.title,
        "starts": starts,
        "minutes": row.minutes,
        "kind": row.kind.value,
        "track": str(row.track),
        "names": "\n".join(lines),
    }


def _resolve(row: RowForm, found: Mapping[str, list[Person]]) -> bool:
    """Find the speakers of a row; unknown ones are guests. Tell whether each is one person."""
    row.people = []
    wrong: list[str] = []
    for name, affiliation in row.named():
        those = found.get(name, [])
        if len(those) > 1:
            names = _(", ").join(people.written(one, current_language()) for one in those[:5])
            wrong.append(_("Several people have this name. Write one of these: %(names)s.", names=names))
        elif those:
            row.people.append((those[0], Part(those[0].slug, affiliation)))
        elif people.slug_in(name):
            wrong.append(_("There is nobody with the name in brackets: %(name)s.", name=name))
        else:
            row.people.append((None, Part(affiliation=affiliation, guest=people.as_texts(name))))
        if len(name) > NAME_MAX or any(len(text) > NAME_MAX for text in affiliation.as_dict().values()):
            wrong.append(_("At most %(max)d characters, please.", max=NAME_MAX))
    if len(row.people) > SPEAKERS_MAX:
        wrong.append(_("At most %(max)d speakers, please.", max=SPEAKERS_MAX))
    row.names.errors = [*row.names.errors, *dict.fromkeys(wrong)]
    return not wrong

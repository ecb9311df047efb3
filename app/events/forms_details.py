"""The form of an event's details: both languages side by side, rows that are added and emptied without scripts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    BooleanField,
    Field,
    FieldList,
    FormField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.community.models import Group
from app.core.i18n import LANGUAGES, Language
from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.versions import ClashError
from app.events import choices
from app.events.details import SCHEDULE
from app.events.forms_create import TITLE_MAX, check_order
from app.events.forms_parts import (
    EMAIL_MAX,
    URL_MAX,
    Required,
    city_names,
    is_email,
    is_web_address,
    named_choices,
    text,
    venue_choices,
    zone_field,
)
from app.events.models import City, Mode, Tag, Venue
from app.events.places import NEW
from app.web.fields import LocalTimeField, TextsField
from app.web.forms import Form
from app.web.versions import EditForm

SUMMARY_MAX: Final = 300
DESCRIPTION_MAX: Final = 20_000
NOTICE_MAX: Final = 300
ROWS_MAX: Final = 60
ROWS_MORE: Final = 3
TAGS_AT_ONCE_MAX: Final = 10
CREDIT_ROLES: Final = {
    "host": _l("Host"),
    "co_organizer": _l("Co-organizer"),
    "sponsor": _l("Sponsor"),
    "partner": _l("Partner"),
    "volunteer": _l("Volunteer"),
}
# A field that offers what is known, and the one beside it that takes what is new.
_COMPANIONS: Final = {"venue": "new_venue", "city": "new_city"}


@dataclass(frozen=True, slots=True)
class Offered:
    """What the details are chosen from."""

    venues: Sequence[Venue]
    cities: Sequence[City]
    groups: Sequence[Group]
    tags: Sequence[Tag]

    @classmethod
    def read(cls) -> "Offered":
        """Ask the database, in four statements."""
        return cls(choices.venues(), choices.cities(), choices.groups(), choices.tags())

    def city_names(self) -> list[str]:
        """Return cities' names in the reader's language."""
        return city_names(self.cities)


class CreditForm(Form):
    """One whom the event thanks."""

    role = SelectField(_l("As"), choices=[SelectChoice(key, label) for key, label in CREDIT_ROLES.items()])
    name = TextsField(_l("Whom to thank"), length_max=200)
    url = text(_l("Web address"), is_web_address, length_max=URL_MAX, type="url")

    def validate_name(self, field: Any) -> None:
        """Ask for a name beside an address."""
        if self.url.data and not field.data:
            raise ValidationError(_("Please give a name to this address; or empty both to remove the row."))


class LinkForm(Form):
    """One address to read on at."""

    label = TextsField(_l("Text of the link"), length_max=200)
    url = text(_l("Web address"), is_web_address, length_max=URL_MAX, type="url")

    def validate_url(self, field: Any) -> None:
        """Ask for both, or for neither."""
        if bool(field.data) != bool(self.label.data):
            raise ValidationError(_("Please give both a text and an address; or empty both to remove the row."))


class DetailsForm(EditForm):
    """What an event is."""

    offered: Offered

    title = TextsField(_l("Title"), length_max=TITLE_MAX, is_required=True)
    lead = TextsField(
        _l("In one sentence"),
        length_max=SUMMARY_MAX,
        rows=2,
        description=_l("Under the title, in search results and on cards in chats."),
    )
    description = TextsField(
        _l("Description"),
        length_max=DESCRIPTION_MAX,
        rows=10,
        is_markdown=True,
        description=_l("Markdown: **strong**, lists with -, [text](https://…), headings with ##."),
    )
    notice = TextsField(
        _l("Notice"), length_max=NOTICE_MAX, rows=2, description=_l("Stands out on the page, such as a new entrance.")
    )
    starts_at = LocalTimeField(_l("Begins"), validators=[Required(_l("Please say when it begins."))])
    ends_at = LocalTimeField(_l("Ends"), validators=[Required(_l("Please say when it ends."))])
    is_all_day = BooleanField(_l("Only the days are known, not the hours"))
    zone = zone_field()
    mode = SelectField(
        _l("How one attends"),
        choices=[
            SelectChoice("", _l("Not decided yet")),
            SelectChoice(Mode.IN_PERSON, _l("In person")),
            SelectChoice(Mode.ONLINE, _l("Online")),
            SelectChoice(Mode.HYBRID, _l("In person and online")),
        ],
    )
    venue = SelectField(_l("Venue"), validators=[Optional()])
    new_venue = text(_l("New venue"), hint=_l("Its name, if it is not in the list. Address and map follow afterwards."))
    city = SelectField(_l("City"), validators=[Optional()], description=_l("A venue that has a city decides this."))
    new_city = text(_l("New city"), list="cities", hint=_l("If it is not in the list."))
    online_url = text(
        _l("Link of the stream"),
        is_web_address,
        length_max=URL_MAX,
        type="url",
        hint=_l("Only those who signed up see it."),
    )
    contact_email = text(
        _l("Contact address"),
        is_email,
        length_max=EMAIL_MAX,
        type="email",
        hint=_l("Where answers to this event's letters go. Left empty: the site's own."),
    )
    groups = SelectMultipleField(
        _l("Groups"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validators=[Optional()]
    )
    tags = SelectMultipleField(
        _l("Topics"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validators=[Optional()]
    )
    new_tags = text(_l("New topics"), hint=_l("Separated by commas."))
    credits = FieldList(FormField(CreditForm), max_entries=ROWS_MAX)
    links = FieldList(FormField(LinkForm), max_entries=ROWS_MAX)

    def validate_ends_at(self, field: Any) -> None:
        """Compare it with the beginning; whether the clocks show both is asked once the zone is sure."""
        if field.data and self.starts_at.data and not self.is_all_day.data:
            check_order(self.starts_at.data, field.data)

    def validate_new_tags(self, field: Any) -> None:
        """Take some at once, each of a length."""
        names = _names(field.data)
        if len(names) > TAGS_AT_ONCE_MAX or any(len(name) > TITLE_MAX // 4 for name in names):
            raise ValidationError(_("At most ten new topics of 50 characters, separated by commas, please."))

    def summary(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, message), for rows too."""
        for field in _leaves(self):
            for message in field.errors:
                yield field.id, str(message)

    def values(self) -> dict[str, Any]:
        """Return what the form holds in the shape of `details.values_of`; what is new as `+` and its name."""
        held = {name: field.data for name, field in self._fields.items() if not name.startswith("new_")}
        for name, companion in _COMPANIONS.items():
            if name in held and self[companion].data:
                held[name] = f"{NEW}{self[companion].data}"
        held["groups"] = sorted(held["groups"] or [])
        held["tags"] = sorted({*(held["tags"] or []), *(f"{NEW}{name}" for name in _names(self.new_tags.data))})
        held["credits"] = [row for row in held["credits"] if row["name"]]
        held["links"] = [row for row in held["links"] if row["label"]]
        return {name: "" if value is None else value for name, value in held.items()}

    def show(self, error: ClashError) -> None:
        """Show the clash; what was new goes back into the field it was typed in."""
        super().show(error)
        for name, companion in _COMPANIONS.items():
            if name in self and (self[name].data or "").startswith(NEW):
                self[companion].data = self[name].data.removeprefix(NEW)
                self[name].data = ""
        tags = list(self.tags.data or [])
        self.new_tags.data = ", ".join(tag.removeprefix(NEW) for tag in tags if tag.startswith(NEW))
        self.tags.data = [tag for tag in tags if not tag.startswith(NEW)]

    def in_lines(self, name: str, value: object) -> Iterator[tuple[Language | None, str]]:
        """Yield a value as lines; whom the event thanks with the word for it."""
        if name == "credits" and isinstance(value, list):
            value = [row | {"role": str(CREDIT_ROLES.get(row["role"], row["role"]))} for row in value]
        yield from super().in_lines(name, value.removeprefix(NEW) if isinstance(value, str) else value)

    def missing(self) -> int:
        """Return how many texts exist in one language only."""
        fields = [field for field in _leaves(self) if isinstance(field, TextsField)]
        return sum(field.is_missing_in(language) for field in fields for language in LANGUAGES)

    def add_rows(self, name: str = "") -> None:
        """Leave room for one more row in each list, and for some in the one that is named."""
        for rows in (self.credits, self.links):
            empty = sum(
                not any(field.data for field in entry.form if field.name != f"{entry.name}-role") for entry in rows
            )
            wanted = (ROWS_MORE if rows.name == name else 1) - empty
            for _row in range(min(wanted, ROWS_MAX - len(rows.entries))):
                rows.append_entry()


def _names(typed: str | None) -> list[str]:
    cleaned = (typed or "").translate(str.maketrans("，、；;", ",,,,"))
    return [name for part in cleaned.split(",") if (name := part.strip())]


def _leaves(form: Any) -> Iterator[Field]:
    for field in form:
        if isinstance(field, FieldList):
            for entry in field.entries:
                yield from _leaves(entry.form)
        else:
            yield field


def details_form(
    values: Mapping[str, Any], offered: Offered, sent: MultiDict[str, str] | None = None, *, has_schedule: bool
) -> DetailsForm:
    """Return the form of these values; without time and place where those are changed elsewhere."""
    names = values.keys() if has_schedule else values.keys() - SCHEDULE
    form = DetailsForm(sent, data={name: values[name] for name in values if name in names})
    form.offered = offered
    if not has_schedule:
        for name in [*SCHEDULE, "new_venue", "new_city"]:
            del form[name]
    else:
        form.venue.choices = [SelectChoice("", _("Not decided yet")), *venue_choices(offered.venues)]
        form.city.choices = [SelectChoice("", _("None")), *named_choices(offered.cities)]
    form.groups.choices = named_choices(offered.groups)
    form.tags.choices = named_choices(offered.tags)
    return form

"""Several files as one set of entries, each of the right shape and with its place in its file."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.community.models import Site
from app.exchange.mistakes import Mistake, Path
from app.exchange.reading import Document
from app.exchange.schema import (
    DEFAULT_ZONE,
    FORMAT,
    Entry,
    EventEntry,
    FileEntry,
    GroupEntry,
    NamedEntry,
    PersonEntry,
    RoleEntry,
    SiteEntry,
    VenueEntry,
)

SLUG_SENTENCE: Final = "This may hold only lower-case letters, digits and single hyphens, such as beijing-2019."

# Sentences for what pydantic finds, by the type of its error; `{…}` are values of the error's context.
_SENTENCES: Final = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field here.",
    "enum": "This must be one of {expected}.",
    "literal_error": "This must be {expected}.",
    "string_type": "This must be text; put a number in quotes.",
    "string_too_short": "This must not be empty; write null where there is nothing.",
    "string_too_long": "This may have at most {max_length} characters.",
    "string_pattern_mismatch": SLUG_SENTENCE,
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "list_type": "This must be a list; write [] for an empty one.",
    "model_type": "This must be a mapping of fields to values.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
}

E_co = TypeVar("E_co", bound=Entry, covariant=True)


@dataclass(frozen=True, slots=True)
class Located(Generic[E_co]):
    """An entry and where it stands."""

    entry: E_co
    document: Document
    path: Path

    def mistake(self, inside: Path, sentence: str) -> Mistake:
        """Say what is wrong at this path inside the entry."""
        return self.document.mistake((*self.path, *inside), sentence)

    def gave(self, name: str) -> bool:
        """Tell whether the file states this field, be it as null."""
        return name in self.entry.model_fields_set


@dataclass(slots=True)
class Bundle:
    """Everything the files say. `slugs` also has those of entries that are wrong in another way."""

    sites: list[Located[SiteEntry]] = field(default_factory=list)
    cities: list[Located[NamedEntry]] = field(default_factory=list)
    tags: list[Located[NamedEntry]] = field(default_factory=list)
    groups: list[Located[GroupEntry]] = field(default_factory=list)
    roles: list[Located[RoleEntry]] = field(default_factory=list)
    people: list[Located[PersonEntry]] = field(default_factory=list)
    venues: list[Located[VenueEntry]] = field(default_factory=list)
    events: list[Located[EventEntry]] = field(default_factory=list)
    slugs: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))


_SECTIONS: Final[dict[str, type[Entry]]] = {
    "cities": NamedEntry,
    "tags": NamedEntry,
    "groups": GroupEntry,
    "roles": RoleEntry,
    "people": PersonEntry,
    "venues": VenueEntry,
    "events": EventEntry,
}


def gather(documents: Sequence[Document]) -> tuple[Bundle, list[Mistake]]:
    """Return the entries that have the right shape, and what is wrong with the others."""
    bundle = Bundle()
    mistakes: list[Mistake] = []
    for document in documents:
        content = document.value
        if not isinstance(content, dict):
            mistakes.append(document.mistake((), f"The file must begin with format: {FORMAT}."))
            continue
        mistakes += _wrong(FileEntry, content, document, ())
        if content.get("community") is not None:
            _take_site(content["community"], document, bundle, mistakes)
        for section, shape in _SECTIONS.items():
            _take_section(section, shape, document, bundle, mistakes)
    return bundle, mistakes


def time_zone(bundle: Bundle, stored: Site | None) -> str:
    """Return the zone of events that name none: as the files say, else as stored."""
    if stored is None or any(site.gave("time_zone") for site in bundle.sites):
        return bundle.sites[0].entry.time_zone if bundle.sites else DEFAULT_ZONE
    return stored.time_zone


def _take_site(value: object, document: Document, bundle: Bundle, mistakes: list[Mistake]) -> None:
    if bundle.sites:
        sentence = f"The community is described twice; first in {bundle.sites[0].document.file}."
        mistakes.append(document.mistake(("community",), sentence))
        return
    found = _wrong(SiteEntry, value, document, ("community",))
    mistakes += found
    if not found:
        bundle.sites.append(Located(SiteEntry.model_validate(value), document, ("community",)))


def _take_section(
    section: str, shape: type[Entry], document: Document, bundle: Bundle, mistakes: list[Mistake]
) -> None:
    """Take each entry of one section, so that one that is wrong does not hide mistakes in the others."""
    values = document.value.get(section) if isinstance(document.value, dict) else None
    if values is None:
        return
    if not isinstance(values, list):
        mistakes.append(document.mistake((section,), _SENTENCES["list_type"]))
        return
    taken: list[Located[Entry]] = getattr(bundle, section)
    for index, value in enumerate(values):
        path: Path = (section, index)
        found = _wrong(shape, value, document, path)
        slug = value.get("slug") if isinstance(value, dict) else None
        if isinstance(slug, str):
            here = f"{document.file}:{document.lines[*path, 'slug']}"
            if (first := bundle.slugs[section].setdefault(slug, here)) != here:
                found.append(document.mistake((*path, "slug"), f"The slug {slug} is taken by {first}."))
        mistakes += found
        if not found:
            taken.append(Located(shape.model_validate(value), document, path))


def _wrong(shape: type[Entry], value: object, document: Document, path: Path) -> list[Mistake]:
    """Return what keeps this value from being such an entry."""
    try:
        shape.model_validate(value)
    except ValidationError as error:
        return list(_explained(error, document, path))
    return []


def _explained(error: ValidationError, document: Document, path: Path) -> Iterator[Mistake]:
    for detail in error.errors(include_url=False, include_input=False):
        missing = str(detail["loc"][-1]) if detail["type"] == "missing" else ""
        yield document.mistake((*path, *detail["loc"]), _sentence(detail), missing=missing)


def _sentence(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context["error"])
    return _SENTENCES.get(detail["type"], f"{detail['msg']}.").format_map(context)

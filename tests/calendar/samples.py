"""What the calendar tests work with: an event that is in no database, and other readers of iCalendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import ics
import vobject

from app.community.models import Person
from app.core.i18n import Texts
from app.events.models import City, Event, EventState, Mode, Session, SessionSpeaker, Tag, Venue

# 14 December 2019, 13:00 in Beijing
STARTS_AT = datetime(2019, 12, 14, 5, 0, tzinfo=UTC)
REVISED_AT = datetime(2019, 12, 2, 4, 0, 0, 250_000, tzinfo=UTC)


def event_of(**values: Any) -> Event:
    """Return the meetup of December 2019 with these values instead; no database is asked."""
    starts_at = values.pop("starts_at", STARTS_AT)
    return Event(
        **{
            "slug": "kubesphere-meetup-beijing-20191214",
            "uid": "6b2c1c1e-5e0f-4c8e-9d5a-2f4f0a7f1c11",
            "state": EventState.PUBLISHED,
            "title": Texts(zh="KubeSphere and Friends Meetup —— 北京", en="KubeSphere and Friends Meetup, Beijing"),
            "summary": Texts(
                zh="KubeSphere 社区的第一场线下 Meetup：产品介绍、CI/CD、服务网格、可观测性，以及两个用户实践。",
                en="The first offline meetup of the KubeSphere community.",
            ),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=5),
            "zone": "Asia/Shanghai",
            "is_all_day": False,
            "mode": Mode.IN_PERSON,
            "sequence": 0,
            "revision": 1,
            "revised_at": REVISED_AT,
            "agenda_is_illustrative": False,
            "agenda_order_known": True,
            "notice": Texts(),
            "cancellation_reason": Texts(),
            "agenda_note": Texts(),
            "venue": Venue(
                slug="gehua",
                name=Texts(zh="歌华大厦 13 层", en="Gehua Tower, 13th floor"),
                address=Texts(zh="北京市东城区青龙胡同 1 号", en="1 Qinglong Hutong, Dongcheng, Beijing"),
                latitude=39.9432,
                longitude=116.4142,
                revised_at=REVISED_AT,
            ),
            "city": City(slug="beijing", name=Texts(zh="北京", en="Beijing")),
            "tags": [
                Tag(slug="devops", name=Texts(en="DevOps")),
                Tag(slug="mesh", name=Texts(zh="服务网格", en="Mesh")),
            ],
        }
        | values
    )


def agenda() -> list[Session]:
    """Return an agenda as it is in life: a time or none, several speakers, one, or only a note."""
    ray, runze = (Person(slug=slug, name=Texts(zh=zh, en=en), revised_at=REVISED_AT) for slug, zh, en in _PEOPLE)
    first = Session(
        position=0,
        title=Texts(zh="走近 KubeSphere", en="A closer look at KubeSphere"),
        starts_at=STARTS_AT + timedelta(minutes=40),
        ends_at=STARTS_AT + timedelta(minutes=70),
        speakers=[SessionSpeaker(person=ray, position=0), SessionSpeaker(person=runze, position=1)],
        speaker_note=Texts(),
    )
    second = Session(position=1, title=Texts(zh="茶歇", en="Break"), starts_at=None, ends_at=None, speaker_note=Texts())
    third = Session(
        position=2,
        title=Texts(zh="Porter 的落地实践", en="Porter in production"),
        starts_at=STARTS_AT + timedelta(days=1),
        ends_at=None,
        speaker_note=Texts(zh="本来生活", en="Benlai Life"),
    )
    return [first, second, third]


_PEOPLE = (("ray", "周小四", "Ray Zhou"), ("runze", "夏润泽", "Runze Xia"))


def as_vobject(content: bytes) -> Any:
    """Return a calendar as vobject reads it."""
    return vobject.readOne(content.decode())


def as_ics(content: bytes) -> ics.Calendar:
    """Return a calendar as ics reads it."""
    return ics.Calendar(content.decode())


def lines_of(content: bytes) -> list[str]:
    """Return the content lines of a calendar, unfolded."""
    text = content.decode()
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").rstrip("\r\n").split("\r\n")


def values_of(content: bytes, name: str) -> list[str]:
    """Return the lines of this property, without its name."""
    return [line[len(name) :] for line in lines_of(content) if line.startswith((f"{name}:", f"{name};"))]

"""Who may open what: each address for organizers with the permission it asks for. tests/test_rights.py tries them all.

Whoever adds an address adds a line here: `at_event(Permission.EDIT)` for a page of one event, `site(Permission.CREATE)`
for one of the whole site, `anyone()` for whoever is signed in, `everybody()` for those who are not. Values of the
address besides the slug are given by name; a function of the world makes those that must exist:

    "agenda.edit": at_event(Permission.EDIT, session_id=lambda world: world.session_id),

`answers` are the statuses of a GET that is let in, where 200 is not the one; a page that an empty POST may answer with
anything but a refusal needs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.accounts.rights import Permission
from tests.support.world import World

Where = Literal["event", "venue", "site", "signed in", "open"]


@dataclass(frozen=True)
class Rule:
    """What an address asks for."""

    where: Where
    needs: Permission | None = None
    values: dict[str, Any] = field(default_factory=dict)
    answers: tuple[int, ...] = (200,)


def at_event(needs: Permission, answers: tuple[int, ...] = (200,), **values: Any) -> Rule:
    """Return the rule for an address of one event; `slug` is given by itself."""
    return Rule("event", needs, values, answers)


def at_venue(needs: Permission, answers: tuple[int, ...] = (200,), **values: Any) -> Rule:
    """Return the rule for an address of the venue of the event, where no event of others is held."""
    return Rule("venue", needs, {"slug": "gehua"} | values, answers)


def site(needs: Permission, answers: tuple[int, ...] = (200,), **values: Any) -> Rule:
    """Return the rule for an address that a role for the whole site opens."""
    return Rule("site", needs, values, answers)


def anyone(answers: tuple[int, ...] = (200,), **values: Any) -> Rule:
    """Return the rule for an address that everybody who is signed in may open."""
    return Rule("signed in", None, values, answers)


def everybody(answers: tuple[int, ...] = (200,), **values: Any) -> Rule:
    """Return the rule for an address that is open to those who are not signed in."""
    return Rule("open", None, values, answers)


def values_of(world: World, rule: Rule, names: set[str]) -> dict[str, Any]:
    """Return the values of an address."""
    made: dict[str, Callable[[World], Any] | Any] = {"slug": world.event.slug} | rule.values
    found = {name: value(world) if callable(value) else value for name, value in made.items() if name in names}
    missing = names - found.keys()
    assert not missing, f"tests/support/rights.py gives no value for {sorted(missing)}"
    return found


_SESSION: dict[str, Any] = {"session_id": lambda world: world.session_id}
_ATTENDEE: dict[str, Any] = {"code": lambda world: world.registration.code}
_IMPORT: dict[str, Any] = {"import_id": lambda world: world.import_id}
_TICKET_TYPE: dict[str, Any] = {"ticket_type_id": lambda world: world.ticket_type_id}
_QUESTION: dict[str, Any] = {"question_id": lambda world: world.question_id}
_INVITATION: dict[str, Any] = {"invitation_id": lambda world: world.invitation_id}
_MESSAGE: dict[str, Any] = {"message_id": lambda world: world.message_id}
_LAYOUT: dict[str, Any] = {"layout_id": lambda world: world.layout_id}
_SCHEDULE: dict[str, Any] = {"schedule_id": lambda world: world.schedule_id}
_VERSION: dict[str, Any] = {"version": lambda world: world.venue_version}
_LINK: dict[str, Any] = {"link_id": lambda world: world.link_id}
_CHART: dict[str, Any] = {"key": lambda world: world.chart}
_WRITTEN: Final = at_event(Permission.WRITE, message_id=lambda world: world.message_id)
_MEMBER: dict[str, Any] = {"organizer_id": lambda world: world.member_id}

RIGHTS: dict[str, Rule] = {
    # Signing in and out.
    "accounts.sign_in": everybody((200, 303)),
    "accounts.request_link": everybody(),
    "accounts.open_link": everybody((404,), token="made-up"),
    "accounts.use_link": everybody(token="made-up"),
    "accounts.sign_out": everybody(),
    "accounts.enter_code": everybody((200, 303)),
    "accounts.use_code": everybody(),
    "accounts.passkey_challenge": everybody(),
    "accounts.use_passkey": everybody(),
    "oidc.start": everybody((404,)),
    "oidc.callback": everybody((404,)),
    "team.open_invitation": everybody((404,), token="made-up"),
    "team.accept_invitation": everybody(token="made-up"),
    # One's own account.
    "organizer_feed.show": anyone(),
    "organizer_feed.renew": anyone(),
    "organizer_feed.revoke": anyone(),
    "account.index": anyone(),
    "account.revoke_session": anyone(session_id=1),
    "account.revoke_other_sessions": anyone(),
    "account.passkey_challenge": anyone(),
    "account.add_passkey": anyone(),
    "account.rename_passkey": anyone(passkey_id=1),
    "account.remove_passkey": anyone(passkey_id=1),
    "account.unlink_identity": anyone(identity_id=1),
    "proof.index": anyone((303,)),
    "proof.use_code": anyone(),
    "proof.send_letter": anyone(),
    "proof.passkey_challenge": anyone(),
    "proof.use_passkey": anyone(),
    # The whole site.
    "organizer.dashboard": anyone(),
    "team.index": site(Permission.TEAM),
    "team.invite": site(Permission.SITE),
    "team.member": site(Permission.SITE, **_MEMBER),
    "team.change_role": site(Permission.SITE, **_MEMBER),
    "team.invite_again": site(Permission.SITE, **_MEMBER),
    "team.remove": site(Permission.SITE, **_MEMBER),
    # Of a site where nobody has counted who came there is no chart.
    "site_numbers.index": site(Permission.SEE),
    "site_numbers.chart": site(Permission.SEE, (200, 404), key="attendance"),
    "site_numbers.download": site(Permission.SEE, (200, 404), key="attendance", suffix="xlsx"),
    "search.index": anyone(),
    "search.keyboard": anyone(),
    "history.site_wide": site(Permission.SITE),
    "history.site_file": site(Permission.SITE),
    "history.undo": site(Permission.SITE, entry_id=1),
    # One event.
    "attendee.show": at_event(Permission.SEE_ATTENDEES, **_ATTENDEE),
    "attendee.promote": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "attendee.move": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "attendee.remove": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "attendee.confirm_erasure": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "attendee.erase": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "attendee.overbook": at_event(Permission.CONFIGURE),
    "attendees.index": at_event(Permission.SEE_ATTENDEES),
    "attendees.save_view": at_event(Permission.MANAGE_ATTENDEES),
    "attendees.remove_view": at_event(Permission.MANAGE_ATTENDEES, view_id=1),
    "bulk.confirm": at_event(Permission.MANAGE_ATTENDEES, (303,)),
    "bulk.carry_out": at_event(Permission.MANAGE_ATTENDEES),
    "person.new": at_event(Permission.MANAGE_ATTENDEES),
    "person.add": at_event(Permission.MANAGE_ATTENDEES),
    "person.edit": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.correct": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.send_again": at_event(Permission.WRITE, **_ATTENDEE),
    "person.show_answers": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.tag": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.untag": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.write_note": at_event(Permission.MANAGE_ATTENDEES, **_ATTENDEE),
    "person.delete_note": at_event(Permission.MANAGE_ATTENDEES, note_id=1, **_ATTENDEE),
    "exports.download": at_event(Permission.EXPORT, suffix="csv"),
    "exports.index": at_event(Permission.EXPORT),
    "exports.choose_file": at_event(Permission.EXPORT),
    "exports.prepare": at_event(Permission.EXPORT),
    "exports.prepared_file": at_event(Permission.EXPORT, code=lambda world: world.file_code),
    "exports.save_layout": at_event(Permission.EXPORT),
    "exports.change_layout": at_event(Permission.EXPORT, **_LAYOUT),
    "exports.rename_layout": at_event(Permission.EXPORT, **_LAYOUT),
    "exports.delete_layout": at_event(Permission.EXPORT, **_LAYOUT),
    "exports.layout_file": at_event(Permission.EXPORT, **_LAYOUT),
    "exports.add_schedule": at_event(Permission.EXPORT),
    "exports.schedule": at_event(Permission.EXPORT, **_SCHEDULE),
    "exports.schedule_file": at_event(Permission.EXPORT, **_SCHEDULE),
    "exports.pause_schedule": at_event(Permission.EXPORT, **_SCHEDULE),
    "exports.resume_schedule": at_event(Permission.EXPORT, **_SCHEDULE),
    "exports.delete_schedule": at_event(Permission.EXPORT, **_SCHEDULE),
    "exports.sponsor_lists": at_event(Permission.EXPORT),
    "exports.sponsor_file": at_event(Permission.EXPORT, question_id=lambda world: world.consent_id, suffix="csv"),
    "exports.kitchen_count": at_event(Permission.SEE),
    "venue_lists.index": at_event(Permission.EXPORT),
    "venue_lists.freeze": at_event(Permission.EXPORT),
    "venue_lists.show": at_event(Permission.EXPORT, **_VERSION),
    "venue_lists.file": at_event(Permission.EXPORT, suffix="csv", **_VERSION),
    "venue_lists.make_link": at_event(Permission.EXPORT, **_VERSION),
    "venue_lists.revoke_link": at_event(Permission.EXPORT, link_id=lambda world: world.venue_link_id, **_VERSION),
    "attendees.send_again": at_event(Permission.WRITE, letter_id=lambda world: world.failed_letter_id),
    "event_team.index": at_event(Permission.TEAM),
    "event_team.invite": at_event(Permission.TEAM),
    "event_team.member": at_event(Permission.TEAM, **_MEMBER),
    "event_team.change_role": at_event(Permission.TEAM, **_MEMBER),
    "event_team.invite_again": at_event(Permission.TEAM, **_MEMBER),
    "event_team.remove": at_event(Permission.TEAM, **_MEMBER),
    # The life of an event.
    "organizer.event": at_event(Permission.SEE),
    "life.publication": at_event(Permission.PUBLISH),
    "life.publish": at_event(Permission.PUBLISH),
    "life.publish_at": at_event(Permission.PUBLISH),
    "life.forget_publish_at": at_event(Permission.PUBLISH),
    "life.withdrawal": at_event(Permission.PUBLISH),
    "life.unpublish": at_event(Permission.PUBLISH),
    "life.renew_preview": at_event(Permission.PUBLISH),
    "life.schedule": at_event(Permission.PUBLISH),
    "life.move": at_event(Permission.PUBLISH),
    "life.cancellation": at_event(Permission.PUBLISH),
    "life.cancel": at_event(Permission.PUBLISH),
    "life.take_back": at_event(Permission.PUBLISH),
    "life.deletion": at_event(Permission.PUBLISH),
    "life.delete": at_event(Permission.PUBLISH),
    "life.address": at_event(Permission.PUBLISH),
    "life.change_address": at_event(Permission.PUBLISH),
    "life.recap_page": at_event(Permission.EDIT),
    "life.write_recap": at_event(Permission.EDIT),
    "life.add_photos": at_event(Permission.EDIT),
    "life.write_captions": at_event(Permission.EDIT),
    "life.photo_earlier": at_event(Permission.EDIT, picture_id=1),
    "life.photo_later": at_event(Permission.EDIT, picture_id=1),
    "life.remove_photo": at_event(Permission.EDIT, picture_id=1),
    "history.of_event": at_event(Permission.HISTORY),
    "history.event_file": at_event(Permission.HISTORY),
    # Creating and editing.
    "events_manage.new": site(Permission.CREATE),
    "events_manage.create_event": site(Permission.CREATE),
    "events_manage.copy": site(Permission.CREATE),
    "events_manage.make_copies": site(Permission.CREATE),
    "events_manage.preview": anyone(),
    "events_manage.details": at_event(Permission.EDIT),
    "events_manage.change_details": at_event(Permission.EDIT),
    "events_manage.cover": at_event(Permission.EDIT),
    "events_manage.change_cover": at_event(Permission.EDIT),
    "events_manage.remove_cover": at_event(Permission.EDIT),
    "events_manage.venue_list": site(Permission.EDIT),
    "events_manage.new_venue": site(Permission.EDIT),
    "events_manage.create_venue": site(Permission.EDIT),
    "events_manage.venue": at_venue(Permission.EDIT),
    "events_manage.change_venue": at_venue(Permission.EDIT),
    "events_manage.pin": at_venue(Permission.EDIT),
    "events_manage.check_pin": at_venue(Permission.EDIT),
    "events_manage.place_pin": at_venue(Permission.EDIT),
    "events_manage.remove_pin": at_venue(Permission.EDIT),
    # The agenda.
    "agenda.index": at_event(Permission.EDIT),
    "agenda.new": at_event(Permission.EDIT),
    "agenda.add": at_event(Permission.EDIT),
    "agenda.add_pause": at_event(Permission.EDIT),
    "agenda.edit": at_event(Permission.EDIT, **_SESSION),
    "agenda.change": at_event(Permission.EDIT, **_SESSION),
    "agenda.move": at_event(Permission.EDIT, **_SESSION),
    "agenda.remove": at_event(Permission.EDIT, **_SESSION),
    "agenda.restore": at_event(Permission.EDIT, entry_id=1),
    "agenda.reckon_times": at_event(Permission.EDIT),
    "agenda.clear_times": at_event(Permission.EDIT),
    "agenda.paste": at_event(Permission.EDIT),
    "agenda.preview": at_event(Permission.EDIT),
    "agenda.take": at_event(Permission.EDIT),
    # Those who come.
    "attendees.announce_now": at_event(Permission.WRITE),
    # What its letters say.
    "letter_texts.index": at_event(Permission.WRITE),
    "letter_texts.edit": at_event(Permission.WRITE, kind="waiting"),
    "letter_texts.change": at_event(Permission.WRITE, kind="waiting"),
    "letter_texts.look": at_event(Permission.WRITE, kind="waiting"),
    "letter_texts.look_at_typed": at_event(Permission.WRITE, kind="waiting"),
    "letter_texts.to_standard": at_event(Permission.WRITE, kind="waiting"),
    # Attendees from files.
    "imports.index": at_event(Permission.MANAGE_ATTENDEES),
    "imports.receive": at_event(Permission.MANAGE_ATTENDEES),
    "imports.template": at_event(Permission.MANAGE_ATTENDEES, suffix="csv"),
    "imports.show": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.columns": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.choose_sheet": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.check": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.apply": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.undo": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    "imports.discard": at_event(Permission.MANAGE_ATTENDEES, **_IMPORT),
    # Long work.
    "work.index": at_event(Permission.SEE),
    "work.show": at_event(Permission.MANAGE_ATTENDEES, code=lambda world: world.task_code),
    "work.stop": at_event(Permission.MANAGE_ATTENDEES, code=lambda world: world.task_code),
    "work.resume": at_event(Permission.MANAGE_ATTENDEES, code=lambda world: world.task_code),
    "letters.index": at_event(Permission.SEE_ATTENDEES),
    "letters.send_again": at_event(Permission.WRITE, letter_id=lambda world: world.failed_letter_id),
    "letters.stop": at_event(Permission.WRITE, letter_id=lambda world: world.failed_letter_id),
    **{f"messages.{page}": at_event(Permission.WRITE) for page in ("index", "new", "create")},
    **{f"messages.{page}": _WRITTEN for page in ("show", "save", "duplicate", "remove")},
    **{f"message_sending.{page}": _WRITTEN for page in ("preview", "letter", "test", "confirm", "begin", "stop")},
    **{f"message_sending.{page}": _WRITTEN for page in ("schedule", "unschedule")},
    # How it takes sign-ups.
    "sign_up_manage.index": at_event(Permission.CONFIGURE),
    "sign_up_manage.save": at_event(Permission.CONFIGURE),
    "sign_up_manage.new_ticket_type": at_event(Permission.CONFIGURE),
    "sign_up_manage.add_ticket_type": at_event(Permission.CONFIGURE),
    "sign_up_manage.ticket_type": at_event(Permission.CONFIGURE, **_TICKET_TYPE),
    "sign_up_manage.change_ticket_type": at_event(Permission.CONFIGURE, **_TICKET_TYPE),
    "sign_up_manage.ticket_type_up": at_event(Permission.CONFIGURE, **_TICKET_TYPE),
    "sign_up_manage.ticket_type_down": at_event(Permission.CONFIGURE, **_TICKET_TYPE),
    "sign_up_manage.remove_ticket_type": at_event(
        Permission.CONFIGURE, ticket_type_id=lambda world: world.ticket_type_id
    ),
    "sign_up_manage.new_question": at_event(Permission.CONFIGURE),
    "sign_up_manage.add_question": at_event(Permission.CONFIGURE),
    "sign_up_manage.question": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.change_question": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.question_up": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.question_down": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.retire_question": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.ask_question_again": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.question_removal": at_event(Permission.CONFIGURE, **_QUESTION),
    "sign_up_manage.remove_question": at_event(Permission.CONFIGURE, **_QUESTION),
    "invitations.index": at_event(Permission.CONFIGURE),
    "invitations.invite": at_event(Permission.CONFIGURE),
    "invitations.picture": at_event(Permission.CONFIGURE, **_INVITATION),
    "invitations.revoke": at_event(Permission.CONFIGURE, **_INVITATION),
    "approvals.index": at_event(Permission.MANAGE_ATTENDEES),
    "approvals.decision": at_event(Permission.MANAGE_ATTENDEES, (303,)),
    "approvals.approve": at_event(Permission.MANAGE_ATTENDEES),
    "approvals.decline": at_event(Permission.MANAGE_ATTENDEES),
    # Its numbers.
    "numbers.index": at_event(Permission.SEE),
    "numbers.answers": at_event(Permission.SEE),
    "numbers.chart": at_event(Permission.SEE, **_CHART),
    "numbers.download": at_event(Permission.SEE, suffix="xlsx", **_CHART),
    "partner_links.index": at_event(Permission.CONFIGURE),
    "partner_links.add": at_event(Permission.CONFIGURE),
    "partner_links.remove": at_event(Permission.CONFIGURE, **_LINK),
    "partner_links.picture": at_event(Permission.CONFIGURE, suffix="svg", **_LINK),
    # What an entry asks for is the permission for what it says was done; here it can be undone by nobody.
    "history.undo_at_event": at_event(Permission.SEE, entry_id=lambda world: world.entry_id),
}


# Files: no pages to look at, and what they cost is their length.
FILES: Final = (
    "exports.prepared_file",
    "exports.download",
    "history.site_file",
    "history.event_file",
    "letter_texts.look",
    "message_sending.letter",
    "exports.layout_file",
    "exports.schedule_file",
    "exports.sponsor_file",
    "venue_lists.file",
    "imports.template",
    "numbers.download",
    "site_numbers.download",
)


def pages_of(world: World, *, venue: str = "gehua") -> dict[str, str]:
    """Return the path of every page that a signed-in owner may open, by its endpoint; another venue by its slug."""
    adapter = world.app.url_map.bind("localhost")
    paths = {}
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        asked = RIGHTS.get(rule.endpoint)
        if asked is None or rule.endpoint in FILES or "GET" not in (rule.methods or ()):
            continue
        if asked.where != "open" and asked.answers == (200,):
            values = values_of(world, asked, set(rule.arguments))
            if asked.where == "venue":
                values["slug"] = venue
            paths[rule.endpoint] = adapter.build(rule.endpoint, values)
    return paths

"""Puts it together: the registry from the rooms' actions, the database, the runner. Every door starts here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cached_property

from crm import migrations, nightly
from crm.access import actions as access
from crm.access.queries import by_number
from crm.core import basics
from crm.core.actions import Registry
from crm.core.calendar import Clock
from crm.core.consent import Actor, ActorKind
from crm.core.db import Database
from crm.core.errors import NotFound, Refused
from crm.core.exchange import Exchange
from crm.core.i18n import _, mark, use_language
from crm.core.jobs import Job
from crm.core.runner import Progress, Runner
from crm.core.settings import Settings
from crm.core.spool import Spool
from crm.customers import actions as customers
from crm.customers import grievances, interactions, interactions_csv, joining
from crm.followup import actions as followup
from crm.followup.last_look import still_owed
from crm.followup.quote_reads import still_open
from crm.followup.thanks_read import misread
from crm.law import actions as law
from crm.ledger import actions as ledger
from crm.loyalty import actions as loyalty
from crm.messaging import actions as messaging
from crm.messaging import inbound, nights
from crm.messaging.dispatcher import LastLook
from crm.orders import actions as orders
from crm.portfolio import actions as portfolio
from crm.receivables import actions as receivables
from crm.risk import actions as risk

ROOMS = (
    *(basics, access, law, customers, interactions, interactions_csv, joining, grievances, orders, receivables),
    *(messaging, inbound, nights),
    *(risk, loyalty, followup, ledger, portfolio),
)
"""What the rooms offer (actions, importers, data sets), from the ground up. A new room, or a module of actions of its own, is one line here."""

ROOM_TITLES = {
    "core": mark("Files, undo, journal"),
    "access": mark("Team"),
    "law": mark("Law"),
    "customers": mark("Customers and our company"),
    "orders": mark("Sales: opportunities, quotes, orders"),
    "receivables": mark("Receivables"),
    "messaging": mark("Outbox"),
    "risk": mark("Risk"),
    "loyalty": mark("Loyalty"),
    "followup": mark("Reminders"),
    "ledger": mark("Ledger: differences, doubtful debts, entries"),
    "portfolio": mark("Portfolio and figures"),
}
"""Room → its title in help and documentation."""


def registry() -> Registry:
    """Every action of every room."""
    return Registry(*(getattr(room, "ACTIONS", ()) for room in ROOMS))


def exchange(spool: Spool) -> Exchange:
    """Every importer, data set and format of every room."""
    importers = [importer for room in ROOMS for importer in getattr(room, "IMPORTERS", ())]
    datasets = {name: query for room in ROOMS for name, query in getattr(room, "DATASETS", {}).items()}
    writers = {what: writer for room in ROOMS for what, writer in getattr(room, "WRITERS", {}).items()}
    return Exchange(importers, datasets, spool, writers)


@dataclass
class Crm:
    """The application: what every door holds in hand."""

    settings: Settings
    clock: Clock
    door: str = "cli"
    report_progress: Progress | None = None

    @classmethod
    def open(cls, settings: Settings, *, today: str | None = None, door: str = "cli") -> "Crm":
        """Open the database of the settings; a missing one is made, an older one is refused.

        Raises:
            Refused: the database is older or newer than this program.
            Invalid: the day is not one.
            OutsideFault: the database cannot be reached.
        """
        use_language(settings.language)
        clock = Clock.at(today, settings.timezone) if today else Clock.system(settings.timezone)
        crm = cls(settings, clock, door)
        crm.prepare()
        return crm

    def prepare(self) -> None:
        """Make a missing database; refuse one of another age.

        Raises:
            Refused: the database is older or newer than this program.
        """
        found = migrations.revision(self.database)
        if found is None:
            migrations.upgrade(self.database)
        elif found != migrations.HEAD:
            raise Refused(
                _("This database was made by another version of the program ({found}, expected {expected}).").format(
                    found=found, expected=migrations.HEAD
                ),
                next_step=_("crm db upgrade brings it up to date, after a backup."),
            )

    @cached_property
    def database(self) -> Database:
        """The database of the settings."""
        return Database(self.settings.resolved_database_url())

    @cached_property
    def spool(self) -> Spool:
        """Where files handed over are kept."""
        return Spool(self.settings.data_folder / "files")

    @cached_property
    def registry(self) -> Registry:
        """Every action."""
        return registry()

    @cached_property
    def runner(self) -> Runner:
        """What performs actions."""
        return Runner(
            self.database, self.registry, exchange(self.spool), self.settings, self.clock, self.report_progress
        )

    @cached_property
    def actor(self) -> Actor:
        """Who is at work: the user of the settings; without one, whoever owns this machine.

        Raises:
            NotFound: the settings name a user who is not known.
        """
        number = self.settings.user
        if not number:
            return Actor(ActorKind.PERSON, _owner(), door=self.door)
        with self.database.reading() as session:
            user = by_number(session, number)
        if user is None:
            raise NotFound(
                _("No user has number {number} (CRM_USER).").format(number=number),
                next_step=_(
                    "Nothing was changed. Is it the right database? Else take CRM_USER out of the settings, or create this user: “crm create-user”."
                ),
            )
        return Actor(ActorKind.PERSON, user.name, role=user.role, door=self.door, user=user.number)

    @cached_property
    def last_looks(self) -> Mapping[str, LastLook]:
        """Asked just before messages of a purpose leave."""
        return {"dunning": still_owed, "quote": still_open, "message": misread}

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """What a worker does at its hour, besides delivering the outbox."""
        return (Job("nightly", time(6), lambda: nightly.report(self), lambda: nightly.missed(self)),)

    def close(self) -> None:
        """Close every connection."""
        self.database.dispose()


def _owner() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local"


def documentation() -> Iterator[str]:
    """`docs/actions.md`, line by line, from the registry."""
    use_language("en")
    yield "# Actions"
    yield ""
    yield "Every action of the product: the same list serves help, forms, schemas and the command line."
    yield "Written from the registry by `make docs`; a test proves that it is current."
    room = ""
    for kind in registry():
        if kind.action_room() != room:
            room = kind.action_room()
            yield ""
            yield f"## {ROOM_TITLES[room]} (`{room}`)"
        yield ""
        yield f"### `{kind.action_name()}` · {kind.effect.value}"
        yield ""
        yield kind.action_summary()
        if kind.model_fields:
            yield ""
            yield "| field | what it is | needed |"
            yield "|---|---|---|"
            for name, field in kind.model_fields.items():
                needed = "yes" if field.is_required() else ""
                yield f"| `{name}` | {(field.description or '').replace('|', chr(92) + '|')} | {needed} |"


if __name__ == "__main__":
    import sys

    sys.stdout.write("\n".join(documentation()) + "\n")

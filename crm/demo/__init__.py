"""The example company: two years of an invented wholesaler, lived by the product's own actions, dated from today.

Nothing of it can leave: its database carries its door in the journal, and the dispatcher hands its messages to nobody.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlmodel import func, select

from crm.bootstrap import Crm
from crm.core.errors import Refused
from crm.core.i18n import _
from crm.core.journal import EXAMPLE, first_door
from crm.core.settings import Settings
from crm.demo.story import Size, told
from crm.receivables.models import Invoice

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from crm.demo.replay import Tell

WHOLE = Size()
"""As large as the example is shown."""
_SENDER = "compta@comptoir-armor.example"


def database_file(settings: Settings) -> Path:
    """The example's own database, beside the real one."""
    return settings.data_folder.absolute() / "demo.db"


def prepare(
    settings: Settings,
    *,
    today: str | None = None,
    anew: bool = False,
    size: Size | None = None,
    tell: "Tell | None" = None,
) -> None:
    """Make the example's own database, unless it is there and is not wanted anew.

    It is made in a file beside, which takes the place only when it is whole: stopping half-way leaves things as they were.

    Raises:
        Invalid: the day is not one.
        OutsideFault: the file cannot be written.
    """
    target = database_file(settings)
    if target.exists() and not anew:
        return
    making = target.with_name("demo.db.new")
    _remove(making)
    crm = Crm.open(settings.model_copy(update={"database_url": f"sqlite:///{making}"}), today=today)
    try:
        # Nothing is lost by a crash but a file that is made anew: no commit waits for the disk.
        event.listen(crm.database.engine, "connect", _in_haste)
        crm.database.dispose()
        make(crm, size=size, tell=tell)
    finally:
        crm.close()
    _remove(target)
    making.replace(target)


def make(crm: Crm, *, size: Size | None = None, tell: "Tell | None" = None) -> int:
    """Make the company in an empty database; one that has it stays as it is. Returns how many invoices it has.

    Raises:
        Refused: the database is somebody's own.
    """
    from crm.demo.replay import Replay

    with crm.database.reading() as session:
        door = first_door(session)
    if door is None:
        story = told(crm.clock.today(), size or WHOLE)
        settings = crm.settings.model_copy(update={"mail_from": _SENDER, "user": ""})
        house = Crm(settings, crm.clock, door=EXAMPLE)
        house.database = crm.database
        Replay(house, story).live(tell)
    elif door != EXAMPLE:
        raise Refused(
            _("This database is in use already: the example company needs one of its own."),
            next_step=_("Without --database it gets one."),
        )
    with crm.database.reading() as session:
        return session.exec(select(func.count()).select_from(Invoice)).one()


def _remove(file: Path) -> None:
    for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        part.unlink(missing_ok=True)


def _in_haste(connection: "DBAPIConnection", _record: "ConnectionPoolEntry") -> None:
    connection.execute("PRAGMA synchronous=OFF")

"""The database: one SQLite file by default, PostgreSQL by URL, and what every table has in common."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Engine, Integer, Table, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

from crm.core.errors import NotAllowed, OutsideFault, cause
from crm.core.i18n import _, mark

BUSY_MILLISECONDS = 30_000
_WRITER_LOCK = 7_305_113
"""Key of the advisory lock by which PostgreSQL lets one commit through at a time, as SQLite does by itself."""

_NO_DATABASE = re.compile(r'database "[^"]*" does not exist')

MAX_KEY = 2**63 - 1
# 64-bit keys; SQLite gives its automatic row ids to plain INTEGER only.
Key = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What bulk writers convert; a decorator says `object` of itself otherwise."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; keep the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives moments back without their zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


UNSEALED: dict[str, Any] = {"info": {"sealed": False}}
"""`sa_column_kwargs` of a column that is left out of the seal: it may differ between a preview and its commit."""


def cents(**options: Any) -> Any:
    """A column of integer minor units."""
    return Field(sa_type=BigInteger, **options)


def key_of(table: str, **options: Any) -> Any:
    """A column that refers to a row of another table, by the table's name."""
    return Field(sa_type=Key, foreign_key=f"{table}.id", **options)


class Row(SQLModel):
    """What every table of the rooms has: a key, the journal entry that made the row and the one that last changed it."""

    id: int = Field(default=None, primary_key=True, sa_type=Key, sa_column_kwargs=UNSEALED)
    entry_id: int | None = Field(default=None, sa_type=Key, sa_column_kwargs=UNSEALED)
    touched_id: int | None = Field(default=None, sa_type=Key, sa_column_kwargs=UNSEALED)

    bookkeeping: ClassVar[frozenset[str]] = frozenset({"id", "entry_id", "touched_id"})

    @classmethod
    def binding(cls, session: Session, entry_id: int) -> str:
        """Why rows that a journal entry made can no longer be taken back, in words; empty: they can."""
        return ""

    @classmethod
    def marks(cls, session: Session, entry_id: int) -> Sequence[tuple[Table, str, Sequence[int]]]:
        """What other rows remember when what a journal entry made of this kind is taken back: table, yes-or-no column, keys."""
        return ()

    def reversal(self) -> Self | None:
        """The row that takes this one back, for facts that are never deleted; None: undo deletes the row."""
        return None


def table_of(kind: type[SQLModel]) -> Table:
    """The table of a class, for statements over its columns."""
    table: Table = kind.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return table


def snake_case(name: str) -> str:
    """`BankAccount` → `bank_account`: how tables are named."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class NoDatabase(OutsideFault):
    """The server has no database of that name yet."""


class Database:
    """An engine with two ways in: `reading()` that cannot write, and `writing()` that lets one writer through at a time.

    Raises:
        OutsideFault: the folder of the file cannot be made.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database not in (None, "", ":memory:"):
            _make_folder(Path(str(self.url.database)).parent)

    @property
    def missing(self) -> bool:
        """Whether the file of an embedded database is not there yet."""
        name = self.url.database
        return self.is_sqlite and name not in (None, "", ":memory:") and not Path(str(name)).exists()

    def make(self) -> None:
        """Make the database on its server; the file of an embedded one is made by whoever writes first.

        Raises:
            OutsideFault: the server does not let us.
        """
        server = create_engine(self.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        name = server.dialect.identifier_preparer.quote_identifier(str(self.url.database))
        try:
            with server.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        except DBAPIError as fault:
            # Somebody else has made it in the meantime: that is as good.
            if "already exists" not in str(fault.orig) and "duplicate key" not in str(fault.orig):
                raise OutsideFault(_("The database cannot be made: {why}").format(why=_first_line(fault))) from fault
        finally:
            server.dispose()

    @cached_property
    def engine(self) -> Engine:
        """The engine, made at first use."""
        if self.is_sqlite:
            engine = create_engine(self.url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(self.url, pool_pre_ping=True)
            event.listen(engine, "begin", _begin_postgres)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on a snapshot; whatever tries to write through it is refused by the database itself.

        Raises:
            NotAllowed: something tried to write.
            OutsideFault: the database cannot be reached.
        """
        with self._session("read") as session:
            try:
                yield session
                if session.new or session.dirty or session.deleted:
                    raise NotAllowed(_("A reading action tried to change something."))
            except DBAPIError as fault:
                if _forbidden(fault):
                    raise NotAllowed(_("A reading action tried to change something.")) from fault
                raise
            finally:
                _let_go(session)

    @contextmanager
    def writing(self, *, trial: bool = False) -> Iterator[Session]:
        """A session that may write; the caller commits, or everything is rolled back.

        A `trial` is going to be rolled back: on PostgreSQL it does not make others wait.
        """
        with self._session("trial" if trial else "write") as session:
            try:
                yield session
            finally:
                _let_go(session)

    @contextmanager
    def working(self) -> Iterator[Connection]:
        """A transaction for what a worker notes of its own progress, beside the journal; committed at its end.

        Short ones only: SQLite has one writer, and PostgreSQL does not make them wait for an action.

        Raises:
            OutsideFault: the database cannot be reached, is busy or full.
        """
        try:
            with self._worker.begin() as connection:
                yield connection
        except DBAPIError as fault:
            if (told := _outside(fault)) is not None:
                raise told from fault
            raise

    @cached_property
    def _worker(self) -> Engine:
        return self.engine.execution_options(mode="work")

    @contextmanager
    def _session(self, mode: str) -> Iterator[Session]:
        try:
            with Session(self.engine.execution_options(mode=mode), expire_on_commit=False, autoflush=True) as session:
                yield session
        except DBAPIError as fault:
            if (told := _outside(fault)) is not None:
                raise told from fault
            raise

    def dispose(self) -> None:
        """Close every connection."""
        if "engine" in self.__dict__:
            self.engine.dispose()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        told = _("The folder {folder} cannot be made: {why}.").format(folder=folder, why=cause(fault))
        raise OutsideFault(told, permanent=True) from fault


def _let_go(session: Session) -> None:
    # Rows are taken out of the session first: a rollback would empty those that an answer still holds.
    session.expunge_all()
    session.rollback()


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling is switched off: BEGIN is ours, in _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "cache_size=-64000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("mode") == "read"
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    # IMMEDIATE: a transaction that reads before it writes must not be overtaken in between.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgres(connection: Connection) -> None:
    mode = connection.get_execution_options().get("mode")
    if mode == "read":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    elif mode == "write":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


def _outside(fault: DBAPIError) -> OutsideFault | None:
    """What is told when the database itself is the trouble; None: the statement is."""
    if not _unreachable(fault):
        return None
    text = str(fault.orig).lower()
    if _NO_DATABASE.search(text):
        return NoDatabase(_("The database server has no database of this name."))
    for words, happened, then in _TROUBLES:
        if any(word in text for word in words):
            return OutsideFault(_(happened), next_step=_(then))
    return OutsideFault(
        _("The database does not answer."),
        next_step=_(
            "What was recorded is safe there. See that its server runs and is reachable, then try again; “crm doctor” tries every connection."
        ),
    )


_TROUBLES = (
    (
        ("database is locked",),
        mark("Another program is holding the database."),
        mark("Nothing of yours is lost, and nothing was recorded just now. Try again once it has finished."),
    ),
    (
        ("disk is full", "no space left", "disk i/o"),
        mark("The disk of the database is full or does not work."),
        mark("What was recorded before is there, nothing since. Make room on it, then try again."),
    ),
    (
        ("not a database", "malformed"),
        mark("The file of the database is damaged, or is none."),
        mark("Nothing was changed in it. Put the latest backup in its place: “crm restore FILE”."),
    ),
    (
        ("unable to open",),
        mark("The file of the database cannot be opened."),
        mark("Nothing was changed. See whether it is there and open to you, then try again."),
    ),
    (
        ("password authentication",),
        mark("The database server refuses this user or this password."),
        mark("Nothing was changed. Correct CRM_DATABASE_URL, then try again."),
    ),
)
"""What the driver says, what is told of it, and what is safe and comes next."""


def _first_line(fault: DBAPIError) -> str:
    return str(fault.orig).strip().splitlines()[0]


def _forbidden(fault: DBAPIError) -> bool:
    text = str(fault.orig).lower()
    return "readonly database" in text or "read-only transaction" in text


def _unreachable(fault: DBAPIError) -> bool:
    text = str(fault.orig).lower()
    return fault.connection_invalidated or any(
        word in text
        for word in ("database is locked", "unable to open", "connection refused", "connection failed", "could not translate", "disk is full", "disk i/o", "password authentication", "does not exist", "terminating connection", "no space left", "not a database", "malformed")
        if not (word == "does not exist" and "relation" in text)
    )  # fmt: skip  # read as a table: columns side by side

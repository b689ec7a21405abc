"""The ground every test stands on: a machine on which nothing was set, and a fresh database on each kind of server.

SQLite always; PostgreSQL where `CRM_TEST_POSTGRES` names a server (`tests/README.md`). Each worker migrates one template
of a kind and copies it for every test.
"""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from build import TODAY
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url
from sqlmodel import SQLModel

from crm import migrations
from crm.bootstrap import Crm
from crm.core import i18n
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.settings import Settings

POSTGRES = os.environ.get("CRM_TEST_POSTGRES", "")
NO_SERVER = "CRM_TEST_POSTGRES names no PostgreSQL server"
CI = os.environ.get("CI") == "true"

# Machines differ in speed: no example is late.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which nothing lies."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> Iterator[None]:
    """No setting of the machine reaches a test, and no test's language the next one."""
    for name in [name for name in os.environ if name.upper().startswith("CRM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(nowhere))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(nowhere / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(nowhere / "data"))
    yield
    i18n._language.set(None)


class Backend(Protocol):
    """A kind of server that gives out migrated databases."""

    def fresh(self) -> str:
        """The address of a database with every table and no row."""
        ...

    def empty(self) -> str:
        """The address of a database that is not there yet, or has no table."""
        ...

    def drop(self, url: str) -> None:
        """Remove a database that was given out."""
        ...

    def close(self) -> None:
        """Remove the template."""
        ...


class SqliteBackend:
    """Files copied from a migrated one."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, count(1)
        self._template = folder / "template.db"
        _migrate(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        path = self._next()
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        return f"sqlite:///{self._next()}"

    def drop(self, url: str) -> None:
        path = Path(url.removeprefix("sqlite:///"))
        for left in path.parent.glob(path.name + "*"):
            left.unlink()

    def close(self) -> None:
        """The folder is pytest's own."""

    def _next(self) -> Path:
        return self._folder / f"house-{next(self._count)}.db"


class PostgresBackend:
    """Databases of a server made from a migrated template; those given back are emptied and given out again."""

    def __init__(self) -> None:
        self._server = _connected(POSTGRES)
        self._count, self._name = count(1), f"relance_test_{os.getpid()}"
        self._template, self._free = f"{self._name}_template", list[str]()
        self._create(self._template, "template0")
        _migrate(_url(self._template))

    def fresh(self) -> str:
        name = self._free.pop() if self._free else self._create(f"{self._name}_{next(self._count)}", self._template)
        return _url(name)

    def empty(self) -> str:
        return _url(self._create(f"{self._name}_empty_{next(self._count)}", "template0"))

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2]
        if "_empty_" in name:
            self._remove(name)
            return
        _emptied(url)
        self._free.append(name)

    def close(self) -> None:
        for name in (*self._free, self._template):
            self._remove(name)
        self._server.close()

    def _create(self, name: str, template: str) -> str:
        self._remove(name)
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _remove(self, name: str) -> None:
        self._server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _connected(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True)


def _url(name: str) -> str:
    return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def _emptied(url: str) -> None:
    """Take every row out of a database and let its counters begin anew; faster than making another."""
    tables = [table.name for table in SQLModel.metadata.sorted_tables]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    with _connected(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for (name,) in connection.execute(filled).fetchall():
            connection.execute(f"DELETE FROM {name}")
        connection.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")


def _migrate(url: str) -> None:
    database = Database(Settings(database_url=url).resolved_database_url())
    migrations.upgrade(database)
    database.dispose()


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Backend]]:
    """Each kind of server, started at first use and left as it was found."""
    made: dict[str, Backend] = {}

    def of(kind: str) -> Backend:
        if kind not in made:
            made[kind] = SqliteBackend(tmp_path_factory.mktemp("sqlite")) if kind == "sqlite" else PostgresBackend()
        return made[kind]

    yield of
    for backend in made.values():
        backend.close()


@pytest.fixture(scope="session", params=["sqlite", "postgres"] if POSTGRES or CI else ["sqlite"])
def backend(request: pytest.FixtureRequest, backends: Callable[[str], Backend]) -> Backend:
    """The kind of server a test runs on: every test that asks for it runs on each."""
    if request.param == "postgres" and not POSTGRES:
        pytest.fail(NO_SERVER)
    return backends(request.param)


NewHouse = Callable[..., AbstractContextManager[Crm]]


@pytest.fixture(scope="session")
def new_house(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> NewHouse:
    """Gives as many fresh houses as a test wants: `with new_house(day="2026-12-01") as crm`."""

    @contextmanager
    def opened(day: str = TODAY.isoformat()) -> Iterator[Crm]:
        url = backend.fresh()
        folder = tmp_path_factory.mktemp("house")
        options = Settings(database_url=url, data_folder=folder, templates_folder=folder / "templates", language="en")
        i18n.use_language("en")
        crm = Crm(options, Clock.at(day))
        try:
            yield crm
        finally:
            for program in (*vars(crm).get("programs_beside", ()), crm):
                program.close()
            backend.drop(url)

    return opened


@pytest.fixture
def crm(new_house: NewHouse) -> Iterator[Crm]:
    """The application on a fresh database, on 24 November 2026, in English."""
    with new_house() as house:
        yield house


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode()

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        import json

        return json.loads(self.out)


Shell = Callable[..., Told]


@pytest.fixture
def empty_url(backend: Backend) -> Iterator[str]:
    """The address of a database in which there is nothing yet."""
    url = backend.empty()
    yield url
    backend.drop(url)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: Backend) -> Iterator[Shell]:
    """The command line on a fresh database, on 24 November 2026: `shell("aged-balance", "--json").json`."""
    url = backend.fresh()
    for name, value in (("DATABASE_URL", url), ("DATA_FOLDER", tmp_path / "data"), ("LANGUAGE", "en")):
        monkeypatch.setenv(f"CRM_{name}", str(value))

    def run(*words: object, today: str | None = TODAY.isoformat()) -> Told:
        return call(*words, *(("--today", today) if today else ()))

    yield run
    backend.drop(url)


def call(*words: object) -> Told:
    """Run the command line in this process, as the shell would."""
    from crm.cli.app import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    code: object = 0
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([str(word) for word in words])
    except SystemExit as left:
        code = left.code
    finally:
        sys.stdin = stdin
    assert isinstance(code, int)
    return Told(code, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]

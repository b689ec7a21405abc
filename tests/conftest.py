"""The ground every test stands on: a machine on which nothing was set, and a fresh database on each kind of server.

SQLite always; PostgreSQL where `CRM_TEST_POSTGRES` names a server (`tests/README.md`). Each worker migrates one template
of a kind and copies it for every test.
"""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from build import TODAY
from hypothesis import HealthCheck, settings
from servers import CI, NO_SERVER, POSTGRES
from shells import Told, call
from sqlalchemy import make_url
from sqlmodel import SQLModel

from crm import migrations
from crm.bootstrap import Crm
from crm.core import i18n
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.settings import Settings

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


class Backend(ABC):
    """A kind of server. Databases given back are emptied and given out again: faster than making others."""

    def __init__(self) -> None:
        self._free: list[Database] = []

    def fresh(self) -> Database:
        """A database with every table and no row."""
        return self._free.pop() if self._free else Database(_known(self._copied()))

    def give_back(self, database: Database) -> None:
        """Take every row out, and let the counters begin anew."""
        with database.writing() as session:
            connection = session.connection()
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(table.delete())
            if not database.is_sqlite:
                connection.exec_driver_sql("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
            session.commit()
        self._free.append(database)

    def close(self) -> None:
        """Let go of everything."""
        for database in self._free:
            database.dispose()

    @abstractmethod
    def empty(self) -> str:
        """The address of a database that is not there yet, or has no table."""

    @abstractmethod
    def _copied(self) -> str:
        """The address of a copy of the template."""


class SqliteBackend(Backend):
    """Files copied from a migrated one."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._count = folder, count(1)
        self._template = folder / "template.db"
        _migrate(f"sqlite:///{self._template}")

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'house-{next(self._count)}.db'}"

    def _copied(self) -> str:
        url = self.empty()
        shutil.copyfile(self._template, url.removeprefix("sqlite:///"))
        return url


class PostgresBackend(Backend):
    """Databases of a server made from a migrated template."""

    def __init__(self) -> None:
        import psycopg

        super().__init__()
        self._server: Any = psycopg.connect(POSTGRES, autocommit=True)
        self._count, self._name = count(1), f"relance_test_{os.getpid()}"
        self._made: list[str] = []
        self._template = self._create("template0")
        _migrate(self._url(self._template))

    def empty(self) -> str:
        return self._url(self._create("template0"))

    def _copied(self) -> str:
        return self._url(self._create(self._template))

    def close(self) -> None:
        super().close()
        for name in reversed(self._made):
            self.remove(self._url(name))
        self._server.close()

    def _create(self, template: str) -> str:
        name = f"{self._name}_{next(self._count)}"
        self._made.append(name)
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def remove(self, url: str) -> None:
        """Drop a database that the product made by itself."""
        self._server.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    @staticmethod
    def _url(name: str) -> str:
        return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def _known(url: str) -> str:
    """The address with its driver."""
    return Settings(database_url=url).database_url


def _migrate(url: str) -> None:
    database = Database(_known(url))
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

    folder = tmp_path_factory.mktemp("houses")

    @contextmanager
    def opened(day: str = TODAY.isoformat()) -> Iterator[Crm]:
        database, data = backend.fresh(), Path(mkdtemp(dir=folder))
        url = database.url.render_as_string(hide_password=False)
        options = Settings(database_url=url, data_folder=data, templates_folder=data / "templates", language="en")
        i18n.use_language("en")
        crm = Crm(options, Clock.at(day))
        crm.database = database
        try:
            yield crm
        finally:
            for program in vars(crm).get("programs_beside", ()):
                program.close()
            backend.give_back(database)

    return opened


@pytest.fixture
def crm(new_house: NewHouse) -> Iterator[Crm]:
    """The application on a fresh database, on 24 November 2026, in English."""
    with new_house() as house:
        yield house


Shell = Callable[..., Told]


@pytest.fixture
def empty_url(backend: Backend) -> str:
    """The address of a database in which there is nothing yet."""
    return backend.empty()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: Backend) -> Iterator[Shell]:
    """The command line on a fresh database, on 24 November 2026: `shell("aged-balance", "--json").json`."""
    database = backend.fresh()
    url = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    for name, value in (("DATABASE_URL", url), ("DATA_FOLDER", tmp_path / "data"), ("LANGUAGE", "en")):
        monkeypatch.setenv(f"CRM_{name}", str(value))

    def run(*words: object, today: str | None = TODAY.isoformat()) -> Told:
        return call(*words, *(("--today", today) if today else ()))

    yield run
    backend.give_back(database)

"""The installation itself: settings, doctor, the database, the example company."""

import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from crm import migrations
from crm.cli.commands import show
from crm.cli.doors import opened, tell_error
from crm.cli.options import Command, Group, Options, common, print_json, taken, wrong_usage
from crm.cli.render import sheet_text
from crm.cli.screens import open_terminal
from crm.core.calendar import Clock, long_date
from crm.core.db import Database
from crm.core.errors import CrmError, OutsideFault, Refused
from crm.core.i18n import _, labelled, plural, use_language
from crm.core.settings import Settings
from crm.core.sheets import Column, Sheet
from crm.customers.actions import ShowCompany


@common
@click.command(cls=Command, name="settings", help=_("Every setting with its meaning and origin, and who we are."))
def settings(**given: Any) -> None:
    """Every setting with its meaning and origin, secrets masked; and our company."""
    options = taken(given)
    with opened(options) as crm:
        lines = crm.settings.described()
        card = crm.runner.read(ShowCompany(), crm.actor)
        if options.as_json:
            shape = [
                {
                    "name": line.name,
                    "environment": line.env,
                    "value": line.value,
                    "origin": line.origin.value,
                    "meaning": line.meaning,
                }
                for line in lines
            ]
            print_json({"settings": shape, **card.as_json()})
            return
        columns = (
            Column("env", _("Setting")),
            Column("value", _("Value")),
            Column("origin", _("Origin")),
            Column("meaning", _("Meaning")),
        )
        origins = {
            "option": _("command line"),
            "environment": _("environment"),
            "file": _("file"),
            "default": _("default"),
        }
        rows = tuple((line.env, line.value, origins[line.origin.value], line.meaning) for line in lines)
        click.echo(sheet_text(Sheet(_("Settings"), columns, rows), crm.clock.today()))
        click.echo()
        click.echo(sheet_text(card.as_sheet(), crm.clock.today()))
        click.echo()
        click.echo(_("Who we are is told with: crm update-company --name “…” --siren … --payment-terms 30"))


@common
@click.command(
    cls=Command, name="doctor", help=_("Try every setting and connection, and say what is wrong in plain words.")
)
def doctor(**given: Any) -> None:
    """Try every setting and connection, and say what is wrong in plain words. Nothing is sent."""
    from crm.doctor import examine

    options = taken(given)
    try:
        found = examine(options.database, options.today)
    except CrmError as error:
        tell_error(error, options)
    if options.as_json:
        print_json(
            {"healthy": all(check.state != "failed" for check in found), "checks": [check.as_json() for check in found]}
        )
    else:
        signs = {"ok": "✓", "warning": "·", "failed": "✗"}
        for check in found:
            click.echo(f"{signs[check.state]} " + labelled(check.name, check.message))
            if check.next_step:
                click.echo(f"    {check.next_step}")
    if any(check.state == "failed" for check in found):
        raise click.exceptions.Exit(1)


@click.group(
    cls=Group, name="db", subcommand_metavar=_("COMMAND …"), help=_("Look after the database: check, upgrade.")
)
def db() -> None:
    """Look after the database."""


def _database(options: Options) -> tuple[Settings, Database]:
    loaded = Settings.load(**({"database_url": options.database} if options.database else {}))
    use_language(loaded.language)
    return loaded, Database(loaded.resolved_database_url())


@common
@db.command("check", help=_("Say whether the database fits this program."))
def check(**given: Any) -> None:
    """Say whether the database fits this program."""
    options = taken(given)
    try:
        _loaded, database = _database(options)
        found = migrations.revision(database)
        database.dispose()
    except CrmError as error:
        tell_error(error, options)
    fits = found == migrations.HEAD
    if options.as_json:
        print_json({"revision": found, "expected": migrations.HEAD, "fits": fits})
    elif found is None:
        click.echo(_("There is no database yet: the first command makes it."))
    else:
        click.echo(
            _("The database fits.")
            if fits
            else _("The database is of version {found}, this program of {expected}.").format(
                found=found, expected=migrations.HEAD
            )
        )
    if not fits and found is not None:
        raise click.exceptions.Exit(1)


@common
@db.command("upgrade", help=_("Bring the database up to date, after a backup."))
def upgrade(**given: Any) -> None:
    """Bring the database up to date, after a backup beside it."""
    options = taken(given)
    try:
        loaded, database = _database(options)
        found = migrations.revision(database)
        if found == migrations.HEAD:
            saved = None
        elif found is not None and found not in migrations.revisions():
            raise Refused(
                _("The database is of version {found}, this program of {expected}.").format(
                    found=found, expected=migrations.HEAD
                ),
                next_step=_("Bring the program up to date."),
            )
        else:
            saved = _backup(database, loaded) if found is not None else None
            migrations.upgrade(database)
        database.dispose()
    except CrmError as error:
        tell_error(error, options)
    if options.as_json:
        print_json({"from": found, "to": migrations.HEAD, "backup": str(saved) if saved else None})
    elif found == migrations.HEAD:
        click.echo(_("The database is up to date."))
    else:
        click.echo(_("The database is up to date.") + (f" {_('Backup: {file}').format(file=saved)}" if saved else ""))


def _backup(database: Database, loaded: Settings) -> Path:
    """A copy beside the SQLite file; a PostgreSQL server is backed up by its own program.

    Raises:
        OutsideFault: the copy cannot be made.
        Refused: pg_dump is not on this machine.
    """
    import shutil
    import sqlite3
    import subprocess

    stamp = Clock.system(loaded.timezone).machine_now().strftime("%Y%m%d-%H%M%S")
    if database.is_sqlite:
        source = Path(str(database.url.database))
        target = source.with_name(f"{source.stem}-{stamp}.backup.db")
        try:
            with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
                old.backup(new)
        except sqlite3.Error as fault:
            raise OutsideFault(
                _("The backup {file} cannot be written: {why}.").format(file=target, why=fault)
            ) from fault
        return target
    dump = shutil.which("pg_dump")
    if dump is None:
        raise Refused(
            _("The backup needs pg_dump, which is not on this machine."),
            next_step=_("Install the PostgreSQL client programs."),
        )
    target = loaded.data_folder / f"relance-{stamp}.dump"
    target.parent.mkdir(parents=True, exist_ok=True)
    # The password goes by the environment: the words of a command are open to every user of the machine.
    secret = {"PGPASSWORD": str(database.url.password)} if database.url.password else {}
    url = database.url._replace(drivername="postgresql", password=None).render_as_string()
    made = subprocess.run(  # noqa: S603  no shell, and the words are ours
        [dump, "--format=custom", f"--file={target}", url],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **secret},
    )
    if made.returncode != 0:
        raise OutsideFault(
            _("The backup {file} cannot be written: {why}.").format(file=target, why=made.stderr.strip()[:200])
        )
    return target


@common
@click.command(
    cls=Command,
    name="demo",
    help=_("Make the example company once, in a database of its own, and open the terminal on it."),
)
@click.option("--no-open", is_flag=True, help=_("Make it without opening the terminal"))
@click.option("--anew", is_flag=True, help=_("Make it anew, as of today"))
def demo(no_open: bool, anew: bool, **given: Any) -> None:
    """Make the example company once, in a database of its own, and open the terminal on it."""
    from crm.demo import database_file, make, prepare

    options = taken(given)
    tell = None if options.as_json else _life
    if options.database is None:
        try:
            loaded = Settings.load()
            use_language(loaded.language)
            prepare(loaded, today=options.today, anew=anew, tell=tell)
            options.database = f"sqlite:///{database_file(loaded)}"
        except CrmError as error:
            tell_error(error, options)
    with opened(options) as crm:
        count = make(crm, tell=tell)
        if options.as_json:
            print_json({"database": options.database, "invoices": count})
        else:
            click.echo(
                plural("Example company ready: {count} invoice.", "Example company ready: {count} invoices.", count),
                err=True,
            )
    if not no_open and not options.as_json:
        open_terminal(options)


def _life(day: date, done: int, total: int) -> None:
    """Say how far the example company has come: on one line that is wiped at the end; elsewhere once, at the beginning."""
    if not sys.stderr.isatty():
        if done == 1:
            click.echo(
                _("Making the example company: two years, week by week. Less than a minute as a rule."), err=True
            )
        return
    told = _("The example company lives its two years: {day}").format(day=long_date(day, weekday=False))
    line = f"{'━' * (30 * done // total):─<30} {told}" if done < total else ""
    click.echo(f"\r{line:<90}\r", nl=False, err=True)


@common
@click.command(cls=Command, name="nightly", help=_("Do now what happens every night."))
@click.option("--date", "date", metavar="DATE", help=_("Business day; today if left out"))
def nightly(date: str | None, **given: Any) -> None:
    """Do now what happens every night."""
    from crm.nightly import run

    options = taken(given)
    if date is not None:
        if options.today is not None and options.today != date:
            wrong_usage(_("--date and --today name two different days."))
        options.today = date
    with opened(options) as crm:
        night = run(crm)
        show(night, options, crm.clock.today())
        if night.failed:
            raise click.exceptions.Exit(3)


COMMANDS = (settings, doctor, db, demo, nightly)

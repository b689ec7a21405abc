"""The doctor: every setting and connection tried, in plain words. Nothing is sent, nothing is changed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from crm import migrations
from crm.bootstrap import Crm
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.errors import CrmError, cause
from crm.core.i18n import _, labelled, plural, use_language
from crm.core.journal import verify
from crm.core.money import known_currency
from crm.core.settings import Settings, masked_url
from crm.customers.models import Customer, Regime
from crm.customers.queries import our_accounts, the_company

_LOW_DISK = 500 * 2**20
State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    state: State
    message: str
    next_step: str = ""

    def as_json(self) -> dict[str, Any]:
        """Name, state, message, next step."""
        return {"name": self.name, "state": self.state, "message": self.message, "next_step": self.next_step}


def examine(database_url: str | None, today: str | None) -> list[Check]:
    """Try everything; what fails is told and the rest goes on.

    Raises:
        Invalid: the settings themselves cannot be read.
    """
    settings = Settings.load(**({"database_url": database_url} if database_url else {}))
    use_language(settings.language)
    found = [*_settings(settings), *_folder(settings), *_words()]
    database = Database(settings.resolved_database_url())
    found += _tried(_("Database"), lambda: _database(database))
    if all(check.state != "failed" for check in found):
        crm = Crm(settings, Clock.at(today, settings.timezone) if today else Clock.system(settings.timezone))
        found += _tried(_("Records"), lambda: _records(crm))
        crm.close()
    database.dispose()
    found += _tried(_("E-mail"), lambda: _mail(settings))
    found += _tried(_("SMS"), lambda: _sms(settings))
    found += _tried(_("Letters"), lambda: _letters(settings))
    return found


def _tried(name: str, checks: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(checks())
    except CrmError as error:
        return [Check(name, "failed", error.message, error.next_step)]


def _settings(settings: Settings) -> Iterator[Check]:
    warnings = settings.warnings()
    for warning in warnings:
        yield Check(_("Settings"), "warning", warning)
    if not warnings:
        yield Check(_("Settings"), "ok", _("read without a problem"))


def _folder(settings: Settings) -> Iterator[Check]:
    folder = settings.data_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
        disk = os.statvfs(folder)
        free = disk.f_bavail * disk.f_frsize
    except OSError as fault:
        yield Check(_("Data folder"), "failed", labelled(str(folder), cause(fault)))
        return
    if not writable:
        yield Check(_("Data folder"), "failed", _("{folder} cannot be written.").format(folder=folder))
    elif free < _LOW_DISK:
        yield Check(_("Data folder"), "warning", _("only {size} MB are left on the disk").format(size=free // 2**20))
    else:
        yield Check(_("Data folder"), "ok", _("{folder}, {size} GB free").format(folder=folder, size=free // 2**30))


def _words() -> Iterator[Check]:
    french = _("Settings") != "Settings" or os.environ.get("CRM_LANGUAGE") == "en"
    state: State = "ok" if french and known_currency("EUR") else "warning"
    yield Check(
        _("Language"),
        state,
        _("texts are in place") if state == "ok" else "The French texts are missing: make catalogs.",
    )


def _mail(settings: Settings) -> Iterator[Check]:
    from crm.core.spool import Spool
    from crm.messaging.transports.email import EmailTransport, try_server

    if not settings.smtp_host:
        yield Check(_("E-mail"), "warning", _("no mail server told yet: nothing leaves by e-mail"), _("Give CRM_SMTP_HOST, CRM_SMTP_PORT and CRM_MAIL_FROM their values."))  # fmt: skip  # read as a table: columns side by side
        return
    transport = EmailTransport(settings, Spool(settings.data_folder / "files"))
    try_server(transport)
    yield Check(_("E-mail"), "ok", _("{server} lets us in; nothing was sent").format(server=transport.server))


def _sms(settings: Settings) -> Iterator[Check]:
    from crm.messaging.transports.sms import try_account

    if not (settings.sms_account_sid or settings.sms_auth_token or settings.sms_from):
        yield Check(_("SMS"), "ok", _("no provider told: nothing leaves by SMS"))
        return
    name = try_account(settings)
    yield Check(_("SMS"), "ok", _("{account} is known to the provider; nothing was sent").format(account=name))
    if not settings.public_url:
        yield Check(_("SMS"), "warning", _("without CRM_PUBLIC_URL neither delivery reports nor STOP reach us"), _("Give CRM_PUBLIC_URL its value, and run crm serve behind it."))  # fmt: skip  # read as a table: columns side by side


def _letters(settings: Settings) -> Iterator[Check]:
    from crm.messaging.transports.letter import check_folder

    if settings.letter_folder is None:
        yield Check(_("Letters"), "ok", _("no folder told: you print them (crm print-letters) and note their posting"))
        return
    check_folder(settings.letter_folder)
    yield Check(_("Letters"), "ok", _("dropped for printing into {folder}").format(folder=settings.letter_folder))


def _database(database: Database) -> Iterator[Check]:
    revision = migrations.revision(database)
    where = masked_url(str(database.url.render_as_string(hide_password=True)))
    if revision is None:
        yield Check(_("Database"), "ok", _("{where}: none yet, the first command makes it").format(where=where))
    elif revision == migrations.HEAD:
        yield Check(_("Database"), "ok", f"{where} ({revision})")
    else:
        yield Check(_("Database"), "failed", _("{where} is of another version: {found}.").format(where=where, found=revision), _("crm db upgrade brings it up to date, after a backup."))  # fmt: skip  # read as a table: columns side by side


def _records(crm: Crm) -> Iterator[Check]:
    from sqlmodel import func, select

    from crm.messaging.nights import last_night, nobody_at_work

    if migrations.revision(crm.database) is None:
        return
    with crm.database.reading() as session:
        checked = verify(session)
        if checked.holds:
            yield Check(
                _("Journal"),
                "ok",
                plural("chain holds, {count} entry", "chain holds, {count} entries", checked.entries),
            )
        else:
            yield Check(
                _("Journal"), "failed", _("the chain is broken at entry {number}").format(number=checked.first_broken)
            )
        silent = nobody_at_work(session, crm.clock.now(), crm.settings.timezone)
        for sentence in silent:
            yield Check(
                _("Worker"), "warning", sentence, _("crm worker runs it; keep it running, as a service for example.")
            )
        if not silent and (night := last_night(session)) is not None:
            yield Check(_("Worker"), "ok", _("last night on {day}").format(day=night.day.isoformat()))
        company = the_company(session)
        if company is None:
            yield Check(_("Our company"), "warning", _("not told yet"), _("crm update-company --name “…”"))
        elif not our_accounts(session):
            yield Check(
                _("Our company"),
                "warning",
                _("{name} has no bank account yet").format(name=company.name),
                _("crm add-company-account --iban …"),
            )
        else:
            yield Check(_("Our company"), "ok", company.name)
        count = session.exec(
            select(func.count()).select_from(Customer).where(Customer.regime == Regime.TO_QUALIFY.value)
        ).one()
        if count:
            told = plural(
                "{count} has no regime yet (B2B, B2C or B2G)", "{count} have no regime yet (B2B, B2C or B2G)", count
            )
            yield Check(_("Customers"), "warning", told, _("crm update-customer --customer … --regime B2B"))

"""What leaves: deliver the outbox, once or until stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from crm.cli.doors import opened
from crm.cli.options import Command, Options, common, print_json, taken, wrong_usage
from crm.core.errors import NotFound, OutsideFault, cause
from crm.core.i18n import _, plural
from crm.messaging.actions import CHANNELS
from crm.messaging.dispatcher import Counts, dispatcher_of


@common
@click.command(cls=Command, name="dispatch", help=_("Deliver what waits in the outbox, until stopped."))
@click.option("--once", is_flag=True, help=_("Until nothing is due now, then end"))
def dispatch(once: bool, **given: Any) -> None:
    """Deliver the outbox: until nothing is due now, or until stopped."""
    options = taken(given)
    with opened(options) as crm:
        dispatcher = dispatcher_of(crm)
        work = dispatcher.once if once else lambda stop: dispatcher.forever(stop, _tell)
        _show(asyncio.run(_until_stopped(work)), options)


@common
@click.command(cls=Command, name="worker", help=_("Deliver what waits and do each job at its hour, until stopped."))
def worker(**given: Any) -> None:
    """Deliver the outbox and do each job at its hour, until stopped."""
    from crm.core.jobs import timetable

    options = taken(given)
    with opened(options) as crm:
        dispatcher = dispatcher_of(crm)
        with timetable(crm.jobs, crm.clock.tz, crm.clock.machine_now(), _tell):
            _tell(_("At work. Ctrl-C ends it, once what is on its way has arrived."))
            _show(asyncio.run(_until_stopped(lambda stop: dispatcher.forever(stop, _tell))), options)


@common
@click.command(
    cls=Command, name="serve", help=_("Answer providers and customers: webhooks, pages and health, until stopped.")
)
@click.option(
    "--host", default="127.0.0.1", metavar=_("ADDRESS"), show_default=True, help=_("The address to listen at")
)
@click.option(
    "--port",
    default=8080,
    metavar=_("NUMBER"),
    show_default=True,
    type=click.IntRange(0, 65535),
    help=_("The port to listen at"),
)
def serve(host: str, port: int, **given: Any) -> None:
    """Answer providers and customers until stopped."""
    from crm.web.app import server

    options = taken(given)
    with opened(options) as crm:
        _tell(_("Listening at http://{host}:{port}. Ctrl-C ends it.").format(host=host, port=port))
        if not crm.settings.public_url:
            _tell(_("CRM_PUBLIC_URL is not told: signatures are checked against the address as it is seen here."))
        try:
            server(crm, host, port).run()
        except (OSError, SystemExit) as fault:
            raise OutsideFault(
                _("Nothing can listen at {host}:{port}.").format(host=host, port=port), permanent=True
            ) from fault


@common
@click.command(
    cls=Command, name="print-letters", help=_("Write the letters to post as one PDF, with their list beside it.")
)
@click.option(
    "--out", required=True, metavar=_("FILE"), type=click.Path(path_type=Path, dir_okay=False), help=_("File to write")
)
def print_letters(out: Path, **given: Any) -> None:
    """Write the letters to post as one PDF, with their list beside it; nothing is noted as posted."""
    from crm.core.documents import letters_pdf, sheet_pdf
    from crm.core.sheets import Column, Kind, Sheet
    from crm.messaging.letters import letter_of
    from crm.messaging.queries import letters_to_post

    options = taken(given)
    with opened(options) as crm:
        with crm.database.reading() as session:
            found = list(letters_to_post(session, crm.clock.now()))
        if not found:
            raise NotFound(_("No letter waits to be posted."))
        columns = (Column("id", _("Number"), Kind.COUNT), Column("to", _("To")), Column("how", _("How")))
        rows = tuple((row.id, row.recipient, _(CHANNELS[row.channel])) for row in found)
        title = plural("{count} letter to post", "{count} letters to post", len(rows))
        listed = sheet_pdf(
            Sheet(title, columns, rows, as_of=crm.clock.today()), company="", language=crm.settings.language
        )
        beside = out.with_name(f"{out.stem}-{_('list')}.pdf")
        _write(out, letters_pdf([letter_of(row) for row in found]))
        _write(beside, listed)
        if options.as_json:
            print_json({"file": str(out), "list": str(beside), "letters": [row.id for row in found]})
        else:
            _tell(f"{title}: {out}, {beside}")
            _tell(_("Once they are posted: crm record-posting --message … --tracking …"))


@common
@click.command(
    cls=Command,
    name="why",
    help=_("Why nothing is sent to a customer, or what will be; why a message left or has not."),
)
@click.argument("words", nargs=-1, metavar=_("CUSTOMER"))
@click.option("--message", type=click.IntRange(min=1), metavar=_("NUMBER"), help=_("Number of the message"))
def why(words: tuple[str, ...], message: int | None, **given: Any) -> None:
    """The answer for a customer, or for one message."""
    from crm.cli.commands import perform
    from crm.followup.actions.message_why import ExplainMessage
    from crm.followup.actions.why import ExplainDunning

    options = taken(given)
    if message is not None:
        perform(ExplainMessage, {"message": message}, options)
    elif words:
        perform(ExplainDunning, {"customer": " ".join(words)}, options)
    else:
        wrong_usage(_("Name a customer, or a message with --message."))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as fault:
        raise OutsideFault(
            _("{path} cannot be written: {why}.").format(path=path, why=cause(fault)), permanent=True
        ) from fault


async def _until_stopped(work: Callable[[asyncio.Event], Awaitable[Counts]]) -> Counts:
    """Do the work; the first signal lets what is on its way arrive, a second one ends it at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def told() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    return await work(stop)


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _show(counts: Counts, options: Options) -> None:
    if options.as_json:
        print_json(counts.as_json())
    else:
        click.echo(counts.in_words())


COMMANDS = (dispatch, worker, print_letters, serve, why)

"""What leaves: deliver the outbox, once or until stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import click

from crm.cli.doors import opened
from crm.cli.options import Command, Options, common, print_json, taken
from crm.core.errors import OutsideFault
from crm.core.i18n import _
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
@click.option("--host", default="127.0.0.1", show_default=True, help=_("The address to listen at"))
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help=_("The port to listen at"))
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


COMMANDS = (dispatch, worker, serve)

"""The terminal: `crm` alone opens it, `crm today` opens it at a section, `--plain` in lines for screen readers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crm.cli.options import Command, Options, common, taken
from crm.core.errors import CrmError
from crm.core.i18n import _, mark

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_PLAIN = "plain"
SECTIONS = {
    "today": mark("Open the terminal at what the day asks for."),
    "customers": mark("Open the terminal at the customers."),
    "invoices": mark("Open the terminal at the aged balance."),
    "reminders": mark("Open the terminal at the reminders of the day."),
}
"""Word → what it opens."""


C = TypeVar("C", bound=Callable[..., Any] | click.Command)


def plain_option(command: C) -> C:
    """`--plain`, also before the word of a section."""
    told = _("One line after the other, without colour or positioning")
    return click.option("--plain", is_flag=True, help=told)(command)


def noted(given: dict[str, Any]) -> None:
    """Keep what stands before a section's word."""
    click.get_current_context().find_root().meta[_PLAIN] = given.pop(_PLAIN, False)


def open_terminal(options: Options, word: str = "", *, plain: bool = False) -> None:
    """Open the terminal on the database of the options; it is left as it was found."""
    from crm.core.settings import Settings
    from crm.tui.start import run

    opened: list[Crm] = []

    def opening() -> "Crm":
        from crm.bootstrap import Crm

        opened.append(Crm.open(settings, today=options.today, door="tui"))
        return opened[-1]

    try:
        settings = Settings.load(**({"database_url": options.database} if options.database else {}))
        code = run(
            opening, settings, word=word, plain=plain or click.get_current_context().find_root().meta.get(_PLAIN, False)
        )
    except CrmError as error:
        # It knows every room: the first picture must not wait for them.
        from crm.cli.doors import tell_error

        tell_error(error, options)
    finally:
        for crm in opened:
            crm.close()
    if code:
        raise click.exceptions.Exit(code)


def _command(word: str, told: str) -> click.Command:
    def run(plain: bool, **given: Any) -> None:
        open_terminal(taken(given), word, plain=plain)

    command = Command(word, params=[], callback=run, help=_(told))
    return plain_option(common(command))


COMMANDS = tuple(_command(word, told) for word, told in SECTIONS.items())

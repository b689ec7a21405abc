"""What every command accepts and answers with. Light: `crm --help` loads this and no room."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click

from crm.core.i18n import _, labelled

C = TypeVar("C", bound=Callable[..., Any] | click.Command)


class _Formatter(click.HelpFormatter):
    """Help with its headings as the language sets them."""

    def write_heading(self, heading: str) -> None:
        """`Options :` in French, `Options:` in English."""
        self.write(f"{'':>{self.current_indent}}{labelled(heading, '').rstrip(' ')}\n")


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command of ours: its help speaks our language, and what is wrong with its use is told under its name."""

    context_class = _Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; a wrong option names the command it was given to."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as problem:
            problem.ctx = problem.ctx or ctx
            raise


class Group(Command, click.Group):
    """Commands under one name."""

    command_class = Command


@dataclass
class Options:
    """The options every command has."""

    database: str | None = None
    as_json: bool = False
    yes: bool = False
    today: str | None = None
    seal: str | None = None


def common(command: C) -> C:
    """Give a command the options every command has."""
    for decorate in (
        click.option("--database", metavar="URL", help=_("Database: sqlite:///file.db or postgresql://…")),
        click.option("--json", "as_json", is_flag=True, help=_("One JSON document on standard output")),
        click.option("--yes", is_flag=True, help=_("Commit without asking")),
        click.option("--today", metavar=_("DATE"), help=_("Business day, YYYY-MM-DD or YYYY-MM-DDTHH:MM")),
    ):
        command = decorate(command)
    return command


def taken(given: dict[str, Any]) -> Options:
    """Take the common options out of what click hands over; those given before the command's name count too."""
    outer: Options = click.get_current_context().find_root().obj or Options()
    return Options(
        database=given.pop("database", None) or outer.database,
        as_json=given.pop("as_json", False) or outer.as_json,
        yes=given.pop("yes", False) or outer.yes,
        today=given.pop("today", None) or outer.today,
        seal=given.pop("seal", None),
    )


def print_json(value: Any) -> None:
    """One document on standard output."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # A word of the command line may hold bytes that are no character.
    click.echo(text.encode("utf-8", "replace").decode())


def wrong_usage(message: str) -> NoReturn:
    """Leave as click does for wrong usage.

    Raises:
        click.UsageError: always.
    """
    raise click.UsageError(message, click.get_current_context(silent=True))


def tell_usage(problem: click.ClickException, *, as_json: bool) -> None:
    """Say what was wrong with how a command was called, and where its help is."""
    if as_json:
        print_json({"error": {"family": "Usage", "message": problem.format_message()}})
        return
    click.echo(f"✗ {problem.format_message()}", err=True)
    context = problem.ctx if isinstance(problem, click.UsageError) else None
    command = context.command_path if context else "crm"
    click.echo("  " + _("{command} --help tells how it is used.").format(command=command), err=True)

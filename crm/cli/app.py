"""The entry point: `crm` alone opens the terminal, `crm --help` lists every command by room."""

import sys
from typing import Any

import click

from crm.bootstrap import ROOM_TITLES, registry
from crm.cli import files, system
from crm.cli.commands import command_for
from crm.cli.doors import common, opened, print_json, taken
from crm.core.i18n import _


class Commands(click.Group):
    """Commands by room; those of actions are built when they are asked for."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._registry = registry()
        self._own: dict[str, click.Command] = {str(command.name): command for command in (*files.COMMANDS, *system.COMMANDS)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command there is."""
        return [*(kind.action_command() for kind in self._registry), *(name for name in self._own if name.replace("-", "_") not in self._registry)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command by its name, with hyphens or underscores."""
        name = name.replace("_", "-")
        if name in self._own:
            return self._own[name]
        wanted = name.replace("-", "_")
        return command_for(self._registry.get(wanted)) if wanted in self._registry else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with the closest ones."""
        if self.get_command(ctx, args[0]) is None:
            from difflib import get_close_matches

            close = get_close_matches(args[0].replace("_", "-"), self.list_commands(ctx), n=3)
            hint = _(" Perhaps: {names}.").format(names=", ".join(close)) if close else ""
            raise click.UsageError(_("There is no command “{name}”.").format(name=args[0]) + hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By room, each with what it does."""
        by_room: dict[str, list[tuple[str, str]]] = {}
        for kind in self._registry:
            by_room.setdefault(kind.action_room(), []).append((kind.action_command(), kind.action_summary()))
        by_room["installation"] = [(name, command.get_short_help_str(120)) for name, command in self._own.items() if name.replace("-", "_") not in self._registry]
        for room, rows in by_room.items():
            with formatter.section(_(ROOM_TITLES[room]) if room in ROOM_TITLES else _("Installation")):
                formatter.write_dl(rows)


def make_cli() -> click.Group:
    """The whole command line."""

    @common
    @click.group(
        cls=Commands,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        help=_("Relance: what each customer owes, and what to do about it. Without a command, the terminal opens."),
    )
    @click.pass_context
    def cli(context: click.Context, **given: Any) -> None:
        context.obj = taken(given)
        if context.invoked_subcommand is None:
            with opened(context.obj) as crm:
                system.open_terminal(crm)

    return cli


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = make_cli()(args=arguments, prog_name="crm", standalone_mode=False)
    except click.ClickException as problem:
        if "--json" in arguments:
            print_json({"error": {"family": "Usage", "message": problem.format_message()}})
        else:
            problem.show()
        code = problem.exit_code
    except click.Abort:
        click.echo(_("Stopped. Nothing was recorded."), err=True)
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()

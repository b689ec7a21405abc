"""The entry point: `crm` alone opens the terminal, `crm --help` lists every command by room."""

import sys
from typing import Any

import click

from crm.cli.contents import contents
from crm.cli.options import Group, common, taken, tell_usage
from crm.cli.screens import noted, open_terminal, plain_option
from crm.core.i18n import _, lend_words

_WIDTH = 110


class Commands(Group):
    """Commands by room; the rooms are loaded when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command there is."""
        return [name for commands in contents().values() for name in commands]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command by its name, with hyphens or underscores."""
        from crm.bootstrap import registry
        from crm.cli import files, screens, sending, system
        from crm.cli.commands import command_for

        name = name.replace("_", "-")
        kinds = (files, sending, system, screens)
        own: dict[str | None, click.Command] = {command.name: command for kind in kinds for command in kind.COMMANDS}
        if name in own:
            return own[name]
        known = registry()
        wanted = name.replace("-", "_")
        return command_for(known.get(wanted)) if wanted in known else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with the closest ones."""
        command = self.get_command(ctx, args[0])
        if command is None:
            from difflib import get_close_matches

            wanted, names = args[0].replace("_", "-"), self.list_commands(ctx)
            close = [name for name in names if wanted in name][:3] or get_close_matches(wanted, names, n=3)
            hint = _(" Perhaps: {names}.").format(names=", ".join(close)) if close else ""
            raise click.UsageError(_("There is no command “{name}”.").format(name=args[0]) + hint, ctx)
        return command.name, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By room, each with what it does."""
        for title, commands in contents().items():
            with formatter.section(_(title)):
                formatter.write_dl([(name, _(summary)) for name, summary in commands.items()])


def make_cli() -> click.Group:
    """The whole command line."""

    @plain_option
    @common
    @click.group(
        cls=Commands,
        invoke_without_command=True,
        subcommand_metavar=_("[COMMAND] …"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH},
        help=_("Relance: what each customer owes, and what to do about it. Without a command, the terminal opens."),
    )
    @click.pass_context
    def cli(context: click.Context, /, **given: Any) -> None:
        noted(given)
        context.obj = taken(given)
        if context.invoked_subcommand is None:
            open_terminal(context.obj)

    return cli


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    lend_words()
    try:
        code = make_cli()(args=arguments, prog_name="crm", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as asked:
        asked.show()
        code = asked.exit_code
    except click.ClickException as problem:
        tell_usage(problem, as_json="--json" in arguments)
        code = problem.exit_code
    except click.Abort:
        click.echo(_("Stopped. Nothing was recorded."), err=True)
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)

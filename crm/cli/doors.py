"""What every command has in common: options, the open application, and how errors and previews are told."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.changes import ChangeList
from crm.core.errors import Ambiguous, CrmError, Invalid, NotFound
from crm.core.i18n import _
from crm.core.settings import Settings

_WRONG_USAGE = 2
_PROGRESS_FROM = 5_000


@dataclass
class Options:
    """The options every command has."""

    database: str | None = None
    as_json: bool = False
    yes: bool = False
    today: str | None = None
    seal: str | None = None


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options every command has."""
    for decorate in (
        click.option("--database", metavar="URL", help=_("Database: sqlite:///file.db or postgresql://…")),
        click.option("--json", "as_json", is_flag=True, help=_("One JSON document on standard output")),
        click.option("--yes", is_flag=True, help=_("Commit without asking")),
        click.option("--today", metavar="DATE", help=_("Business day, YYYY-MM-DD or YYYY-MM-DDTHH:MM")),
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


@contextmanager
def opened(options: Options) -> Iterator[Crm]:
    """The application on the database of the options; every error is told and becomes the exit code of its family."""
    try:
        settings = Settings.load(**({"database_url": options.database} if options.database else {}))
        crm = Crm.open(settings, today=options.today)
        crm.report_progress = _Progress() if sys.stderr.isatty() else None
        try:
            yield crm
        finally:
            crm.close()
    except CrmError as error:
        tell_error(error, options)
    except KeyboardInterrupt:
        tell_error(CrmError(_("Stopped. Nothing was recorded.")), options)
    except (BrokenPipeError, click.exceptions.Exit, click.Abort, click.ClickException):
        raise
    except Exception as fault:  # the person gets a sentence, the file the traceback
        tell_error(CrmError(_("Something unexpected happened: {what}. Nothing was recorded. Details: {file}").format(what=type(fault).__name__, file=_kept(fault))), options)  # fmt: skip


def tell_error(error: CrmError, options: Options) -> NoReturn:
    """Say what is wrong, with the next step, and leave with the exit code of the family."""
    if options.as_json:
        shape: dict[str, Any] = {"family": error.family, "message": error.message}
        if isinstance(error, (NotFound, Ambiguous)):
            shape["candidates"] = list(error.candidates)
        if error.next_step:
            shape["next_step"] = error.next_step
        print_json({"error": shape})
    else:
        click.echo(f"✗ {error.message}", err=True)
        if isinstance(error, (NotFound, Ambiguous)):
            for candidate in error.candidates[:8]:
                click.echo(f"    {candidate}", err=True)
        if error.next_step:
            click.echo(f"  {error.next_step}", err=True)
    raise click.exceptions.Exit(error.exit_code)


def made(kind: type[Action[Any]], values: dict[str, Any]) -> Action[Any]:
    """The action from the texts that were typed.

    Raises:
        Invalid: a text is not a value of its field.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Invalid("\n".join(_told(kind, fault) for fault in error.errors())) from None


def _told(kind: type[Action[Any]], fault: Any) -> str:
    name = "--" + str(fault["loc"][0]).replace("_", "-") if fault["loc"] else kind.action_command()
    raw = fault.get("input")
    shown = f"“{str(raw)[:60]}”" if isinstance(raw, (str, int)) else ""
    context = fault.get("ctx") or {}
    if fault["type"] == "value_error":
        what = str(context.get("error", ""))
    elif fault["type"] in {"enum", "literal_error"}:
        what = _("one of {choices}").format(choices=str(context.get("expected", "")).replace("'", "").replace(" or ", ", "))
    elif fault["type"].startswith("date"):
        what = _("a day is written YYYY-MM-DD")
    elif fault["type"].startswith(("int", "decimal")):
        what = _("a number is expected")
    elif fault["type"] in {"string_too_short", "missing"}:
        what = _("something is missing here")
    elif fault["type"] in {"greater_than_equal", "greater_than"}:
        what = _("at least {limit}").format(limit=context.get("ge", context.get("gt")))
    elif fault["type"] in {"less_than_equal", "less_than"}:
        what = _("at most {limit}").format(limit=context.get("le", context.get("lt")))
    else:
        what = str(fault["msg"])
    return " ".join(filter(None, (name, shown))) + f" : {what}"


def wrong_usage(message: str) -> NoReturn:
    """Leave as click does for wrong usage.

    Raises:
        click.UsageError: always.
    """
    raise click.UsageError(message)


def print_json(value: Any) -> None:
    """One document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def confirmed() -> bool:
    """Ask for the yes. Where nobody can answer, the answer is no."""
    if not sys.stdin.isatty():
        return False
    answer = click.prompt(_("Record this? [y/N]"), default="", show_default=False, prompt_suffix=" ")
    return answer.strip().lower() in {"o", "oui", "y", "yes"}


def changes_text(changes: ChangeList) -> str:
    """What a yes would alter, in a line a table."""
    words = {"insert": _("added"), "update": _("changed"), "delete": _("removed")}
    return "\n".join(
        f"  {table} : " + ", ".join(f"{count} {words[kind]}" for kind, count in kinds.items())
        for table, kinds in changes.summary().items()
    )


def _kept(fault: Exception) -> str:
    import tempfile
    import traceback

    handle, path = tempfile.mkstemp(prefix="relance-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write("".join(traceback.format_exception(fault)))
    return path


class _Progress:
    """Says on standard error how far it is, on one line that is wiped at the end."""

    def __call__(self, what: str, done: int, total: int | None) -> bool:
        if done >= _PROGRESS_FROM:
            of = f" / {total:,}" if total else ""
            text = f"{done:,}{of} {what}".replace(",", "\u00a0")
            click.echo(f"\r{text:<60}\r", nl=False, err=True)
        return True

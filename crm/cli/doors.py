"""What every command does: open the application, and tell errors and previews."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from crm.bootstrap import Crm
from crm.cli.options import Options, print_json
from crm.core.actions import Action
from crm.core.changes import ChangeKind, ChangeList, spoken
from crm.core.errors import Ambiguous, CrmError, Invalid, NotFound
from crm.core.i18n import _, labelled, plural
from crm.core.settings import Settings

_PROGRESS_FROM = 5_000


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
        told = _("Something unexpected happened: {what}. Nothing was recorded. Details: {file}")
        tell_error(CrmError(told.format(what=type(fault).__name__, file=_kept(fault))), options)


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
        for line in error.message.splitlines():
            click.echo(f"✗ {line}", err=True)
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
        # A field that may be one of several things has a fault for each of them: the first says what it may be.
        by_field = {fault["loc"][:1]: fault for fault in reversed(error.errors())}
        raise Invalid("\n".join(_told(kind, fault) for fault in reversed(by_field.values()))) from None


def _told(kind: type[Action[Any]], fault: Any) -> str:
    name = "--" + str(fault["loc"][0]).replace("_", "-") if fault["loc"] else kind.action_command()
    raw = fault.get("input")
    shown = _("“{text}”").format(text=str(raw)[:60]) if isinstance(raw, (str, int)) else ""
    return labelled(" ".join(filter(None, (name, shown))), _expected(fault["type"], fault.get("ctx") or {}))


def _expected(fault: str, context: Mapping[str, Any]) -> str:
    """What a value should have been."""
    match fault.split("_"):
        case ["value", "error"]:
            return str(context.get("error", ""))
        case ["enum"] | ["literal", _]:
            choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return _("one of {choices}").format(choices=choices)
        case ["date", *_rest]:
            return _("a day is written YYYY-MM-DD")
        case ["int" | "decimal", *_rest]:
            return _("a number is expected")
        case ["bool", *_rest]:
            return _("yes or no is expected")
        case ["string", "too", "short"] | ["missing"]:
            return _("something is missing here")
        case ["string", "too", "long"]:
            return _("at most {limit} characters").format(limit=context["max_length"])
        case ["greater", *_rest]:
            return _("at least {limit}").format(limit=context.get("ge", context.get("gt")))
        case ["less", *_rest]:
            return _("at most {limit}").format(limit=context.get("le", context.get("lt")))
        case _other:
            return _("this does not fit")


def confirmed() -> bool:
    """Ask for the yes. Where nobody can answer, the answer is no."""
    if not sys.stdin.isatty():
        return False
    answer = click.prompt(_("Record this? [y/N]"), default="", show_default=False, prompt_suffix=" ")
    return answer.strip().lower() in {"o", "oui", "y", "yes"}


def changes_text(changes: ChangeList) -> str:
    """What a yes would alter, in a line a table."""
    return "\n".join(
        "  " + labelled(spoken(table), ", ".join(_counted(kind, count) for kind, count in kinds.items()))
        for table, kinds in changes.summary().items()
    )


def _counted(kind: str, count: int) -> str:
    if kind == ChangeKind.INSERT:
        return plural("{count} added", "{count} added", count)
    if kind == ChangeKind.UPDATE:
        return plural("{count} changed", "{count} changed", count)
    return plural("{count} removed", "{count} removed", count)


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

"""One click command per action, made from its fields: options, help and JSON come from the same place."""

import types
import typing
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import click
from pydantic.fields import FieldInfo

from crm.bootstrap import Crm
from crm.cli.doors import changes_text, confirmed, made, opened
from crm.cli.options import Command, Options, common, print_json, taken, wrong_usage
from crm.cli.render import sheet_text
from crm.core.actions import Action, Effect
from crm.core.basics import Undo
from crm.core.i18n import _, mark
from crm.core.money import Money
from crm.core.periods import Period
from crm.core.spool import Upload

_FORMS: dict[Any, tuple[str, str]] = {
    date: (mark("DATE"), "2026-11-27"),
    Money: (mark("AMOUNT"), mark("1250.50")),
    Period: (mark("START/END"), "2026-09-01/2026-11-30"),
    int: (mark("NUMBER"), "12"),
    Upload: (mark("FILE"), "truth.csv"),
    bool: (mark("yes|no"), mark("yes")),
}
"""Type of a field → how help names it, and an example of it."""


class _Answer(click.ParamType[str]):
    """Yes or no, in both languages."""

    name = "answer"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """`oui` is yes."""
        return {"oui": "yes", "non": "no"}.get(str(value).strip().lower(), str(value))


def command_for(kind: type[Action[Any]]) -> click.Command:
    """The command of an action."""
    params: list[click.Parameter] = [_option(kind, name, field) for name, field in kind.model_fields.items()]
    params.append(click.Argument(["words"], nargs=-1, required=False, metavar=_words(kind)))
    if kind.effect is not Effect.READ:
        params.append(
            click.Option(["--seal"], metavar=_("SEAL"), help=_("Commit exactly what was previewed under this seal"))
        )

    def run(words: tuple[str, ...], **given: Any) -> None:
        options = taken(given)
        values = {name: value for name, value in given.items() if value is not None and value != ()}
        _place_words(kind, words, values)
        if kind.day_field is not None and (day := values.get(kind.day_field)) is not None:
            if options.today is not None and options.today != day:
                wrong_usage(_("--date and --today name two different days."))
            options.today = day
        perform(kind, values, options)

    command = Command(kind.action_command(), params=params, callback=run, help=_help(kind))
    common(command)
    return command


def perform(kind: type[Action[Any]], values: dict[str, Any], options: Options) -> None:
    """Build the action, perform it as its effect demands, and show the answer."""
    with opened(options) as crm:
        action = made(kind, _spooled(kind, values, crm))
        if action.effect is Effect.READ:
            answer = crm.runner.read(action, crm.actor)
            show(answer, options, crm.clock.today())
            if getattr(answer, "failed", False):
                raise click.exceptions.Exit(1)
            return
        if options.seal:
            done = crm.runner.commit_sealed(action, options.seal, crm.actor)
        elif options.yes:
            done = crm.runner.run(action, crm.actor)
        else:
            preview = crm.runner.preview(action, crm.actor)
            if options.as_json:
                shape = {**preview.result.as_json(), "changes": preview.changes.summary()}
                print_json({"preview": shape, "seal": preview.seal})
                return
            click.echo(sheet_text(preview.result.as_sheet(), crm.clock.today()))
            click.echo(changes_text(preview.changes) or _("  nothing changes"))
            if not confirmed():
                click.echo(_("Nothing was recorded. To record it: --yes, or --seal {seal}").format(seal=preview.seal))
                return
            done = crm.runner.commit(preview, crm.actor)
        show(done.result, options, crm.clock.today())
        if not options.as_json and done.entry_id is not None and not isinstance(action, Undo):
            click.echo(_("✓ Recorded (entry {number}). crm undo takes it back.").format(number=done.entry_id))


def _spooled(kind: type[Action[Any]], values: dict[str, Any], crm: Crm) -> dict[str, Any]:
    """The values, a file named by its path handed over."""
    files = {name for name, field in kind.model_fields.items() if Upload in _parts(field.annotation)}
    return {
        name: crm.spool.take_path(Path(value)) if name in files and isinstance(value, str) else value
        for name, value in values.items()
    }


def show(answer: Any, options: Options, today: date) -> None:
    """The answer as JSON or as a sheet."""
    if options.as_json:
        print_json(answer.as_json())
    else:
        click.echo(sheet_text(answer.as_sheet(), today))


def _help(kind: type[Action[Any]]) -> str:
    """The summary, and one example: the fields that are needed, else the first."""
    fields = kind.model_fields
    wanted = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
    if not wanted:
        return kind.action_summary()
    given = " ".join(f"--{name.replace('_', '-')} {_sample(fields[name])}" for name in wanted)
    return (
        kind.action_summary()
        + "\n\n\b\n"
        + _("Example: {command}").format(command=f"crm {kind.action_command()} {given}")
    )


def _words(kind: type[Action[Any]]) -> str:
    """The fields that may be told without an option, as usage shows them."""
    return " ".join(f"[{name.upper()}]" for name, field in kind.model_fields.items() if field.is_required())


def _option(kind: type[Action[Any]], name: str, field: FieldInfo) -> click.Option:
    flags = [f"--{name.replace('_', '-')}"]
    flags += [f"--{slot.replace('_', '-')}" for slot, target in kind.aliases.items() if target == name]
    told = _(field.description) if field.description else ""
    if field.annotation is bool and field.default is False:
        return click.Option([*flags, name], is_flag=True, default=None, help=told)
    answer = _Answer() if bool in _parts(field.annotation) else None
    return click.Option([*flags, name], multiple=_is_many(field), metavar=_metavar(field), type=answer, help=told)


def _is_many(field: FieldInfo) -> bool:
    return any(typing.get_origin(part) in (tuple, list, dict) for part in _parts(field.annotation))


def _parts(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(part for arg in typing.get_args(annotation) for part in _parts(arg))
    if typing.get_origin(annotation) is typing.Annotated:
        return _parts(typing.get_args(annotation)[0])
    return (annotation,)


def _metavar(field: FieldInfo) -> str:
    for part in _parts(field.annotation):
        if choices := _choices(part):
            return "[" + "|".join(choices) + "]"
        if part in _FORMS:
            return _(_FORMS[part][0])
    return _("TEXT")


def _sample(field: FieldInfo) -> str:
    for part in _parts(field.annotation):
        if choices := _choices(part):
            return choices[0]
        if part in _FORMS:
            return _(_FORMS[part][1])
    return "…"


def _choices(part: Any) -> list[str]:
    if typing.get_origin(part) is typing.Literal:
        return [str(value) for value in typing.get_args(part)]
    return [str(member.value) for member in part] if isinstance(part, type) and issubclass(part, Enum) else []


def _place_words(kind: type[Action[Any]], words: tuple[str, ...], values: dict[str, Any]) -> None:
    """What stands behind the command without an option fills the first fields that are needed and not given."""
    needed = [name for name, field in kind.model_fields.items() if field.is_required() and name not in values]
    if len(words) > len(needed):
        wrong_usage(_("Too much: {words}.").format(words=" ".join(words[len(needed) :])))
    values.update(zip(needed, words, strict=False))
    missing = needed[len(words) :]
    if missing:
        wrong_usage(
            _("Missing: {options}.").format(options=", ".join("--" + name.replace("_", "-") for name in missing))
        )

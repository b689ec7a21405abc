"""One click command per action, made from its fields: options, help and JSON come from the same place."""

import types
import typing
from datetime import date
from enum import Enum
from typing import Any

import click
from pydantic.fields import FieldInfo

from crm.cli.doors import Options, changes_text, common, confirmed, made, opened, print_json, taken, wrong_usage
from crm.cli.render import sheet_text
from crm.core.actions import Action, Effect
from crm.core.i18n import _


def command_for(kind: type[Action[Any]]) -> click.Command:
    """The command of an action."""
    params: list[click.Parameter] = [_option(kind, name, field) for name, field in kind.model_fields.items()]
    params.append(click.Argument(["words"], nargs=-1, required=False))
    if kind.effect is not Effect.READ:
        params.append(click.Option(["--seal"], help=_("Commit exactly what was previewed under this seal")))

    def run(words: tuple[str, ...], **given: Any) -> None:
        options = taken(given)
        values = {name: value for name, value in given.items() if value is not None and value != ()}
        _place_words(kind, words, values)
        perform(kind, values, options)

    command = click.Command(
        kind.action_command(), params=params, callback=run, help=_help(kind), short_help=kind.action_summary(), no_args_is_help=False
    )
    common(command)
    return command


def perform(kind: type[Action[Any]], values: dict[str, Any], options: Options) -> None:
    """Build the action, perform it as its effect demands, and show the answer."""
    with opened(options) as crm:
        action = made(kind, values)
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
        if not options.as_json and done.entry_id is not None:
            click.echo(_("✓ Recorded (entry {number}). crm undo takes it back.").format(number=done.entry_id))


def show(answer: Any, options: Options, today: date) -> None:
    """The answer as JSON or as a sheet."""
    if options.as_json:
        print_json(answer.as_json())
    else:
        click.echo(sheet_text(answer.as_sheet(), today))


def _help(kind: type[Action[Any]]) -> str:
    first = next(iter(kind.model_fields), None)
    text = kind.action_summary()
    return text if first is None else text + "\n\n\b\n" + _("Example: crm {command} --{field} …").format(command=kind.action_command(), field=first.replace("_", "-"))


def _option(kind: type[Action[Any]], name: str, field: FieldInfo) -> click.Option:
    flags = [f"--{name.replace('_', '-')}"]
    flags += [f"--{slot.replace('_', '-')}" for slot, target in kind.aliases.items() if target == name]
    return click.Option([*flags, name], multiple=_is_many(field), metavar=_metavar(field), help=_(field.description or ""))


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
        if part is date:
            return "DATE"
        if isinstance(part, type) and issubclass(part, Enum):
            return "[" + "|".join(str(member.value) for member in part) + "]"
        if typing.get_origin(part) is typing.Literal:
            return "[" + "|".join(str(value) for value in typing.get_args(part)) + "]"
        if part is bool:
            return "yes|no"
        if getattr(part, "__name__", "") == "Money":
            return "AMOUNT"
    return "TEXT"


def _place_words(kind: type[Action[Any]], words: tuple[str, ...], values: dict[str, Any]) -> None:
    """What stands behind the command without an option fills the first fields that are needed and not given."""
    needed = [name for name, field in kind.model_fields.items() if field.is_required() and name not in values]
    if len(words) > len(needed):
        wrong_usage(_("Too much: {words}.").format(words=" ".join(words[len(needed) :])))
    values.update(zip(needed, words, strict=False))
    missing = needed[len(words) :]
    if missing:
        wrong_usage(_("Missing: {options}.").format(options=", ".join("--" + name.replace("_", "-") for name in missing)))

"""Files in and out: the commands that carry files between the disk and the actions."""

import csv
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import click

from crm.bootstrap import Crm
from crm.cli.commands import show
from crm.cli.doors import changes_text, confirmed, made, opened
from crm.cli.options import Command, Options, common, print_json, taken, wrong_usage
from crm.core.archives import is_archive, members
from crm.core.basics import ExportData, ImportData, ImportTemplate
from crm.core.errors import Invalid, OutsideFault, Stale, cause
from crm.core.exchange import FileRefused, FileReport
from crm.core.i18n import _, labelled, plural
from crm.core.spool import Upload

_SHOWN_PROBLEMS = 20
_REFUSED = "refused"
"""Stands for the seal of a file that has none."""


@common
@click.command(
    cls=Command,
    name="import-data",
    help=_(
        "Read files of entries (FEC), customers, contacts, users, invoices, payments, bank statements or documents."
    ),
)
@click.argument("files", nargs=-1, metavar=_("[FILE]…"), type=click.Path(path_type=Path))
@click.option(
    "--file", "--upload", "more", multiple=True, metavar=_("FILE"), type=click.Path(path_type=Path), help=_("The file")
)
@click.option(
    "--kind", "--dataset", "kind", metavar=_("NAME"), help=_("Kind of file; recognised from its content if left out")
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar=_("FIELD=COLUMN"),
    help=_("FIELD=COLUMN where the file names a column differently"),
)
@click.option("--seal", metavar=_("SEAL"), help=_("Commit exactly what was previewed under this seal"))
def import_data(
    files: tuple[Path, ...], more: tuple[Path, ...], kind: str | None, mapping: tuple[str, ...], **given: Any
) -> None:
    """Read files of entries (FEC), customers, contacts, users, invoices, payments, bank statements or documents."""
    options = taken(given)
    if not (*files, *more):
        wrong_usage(_("Which file? crm import-data FILE…"))
    with opened(options) as crm:
        actions = [action for path in (*files, *more) for action in _actions(crm, path, kind, mapping)]
        if options.yes or options.seal:
            _commit(crm, actions, options)
        else:
            _preview(crm, actions, options)


def _actions(crm: Crm, path: Path, kind: str | None, mapping: tuple[str, ...]) -> list[ImportData | FileReport]:
    """One action a file; for an archive that cannot be opened, what became of it."""
    try:
        uploads = list(_uploads(crm, path))
    except Invalid as error:
        report = FileReport(path.name, kind or "")
        report.refuse(error)
        return [report]
    told = {"kind": kind, "map": list(mapping)}
    return [cast("ImportData", made(ImportData, {"upload": upload, **told})) for upload in uploads]


def _uploads(crm: Crm, path: Path) -> Iterator[Upload]:
    """The files of an archive one by one; a file or a folder as it is."""
    if path.is_file() and os.access(path, os.R_OK):
        with path.open("rb") as stream:
            if is_archive(stream):
                for name, member in members(stream, path.name):
                    yield crm.spool.take(member, name)
                return
    yield crm.spool.take_path(path)


def _commit(crm: Crm, actions: list[ImportData | FileReport], options: Options, *, asked: bool = False) -> None:
    """Record file by file; `asked`: somebody is there to look again at a file that has become another one."""
    seals = options.seal.split("+") if options.seal else []
    if seals and len(seals) != len(actions):
        raise Invalid(_("The seal is not the one of these files."))
    reports: list[FileReport] = []
    recorded = False
    for place, action in enumerate(actions):
        if isinstance(action, FileReport):
            reports.append(action)
            continue
        try:
            done = (
                crm.runner.commit_sealed(action, seals[place], crm.actor)
                if seals
                else crm.runner.run(action, crm.actor)
            )
            recorded = recorded or done.entry_id is not None
            reports.append(done.result)
        except FileRefused as refused:
            reports.append(refused.report)
        except Stale as stale:
            # A file may stand on an earlier one of the same command: what has been recorded by then is told all the same.
            if not recorded:
                raise
            if asked:
                _tell(reports, options)
                _preview(crm, actions[place:], options)
                return
            report = FileReport(action.upload.name, action.kind or "")
            report.refuse(stale)
            reports.append(report)
    _tell(reports, options)
    if any(report.refused for report in reports):
        raise click.exceptions.Exit(1)


def _preview(crm: Crm, actions: list[ImportData | FileReport], options: Options) -> None:
    reports: list[FileReport] = []
    seals, texts = [], []
    for action in actions:
        if isinstance(action, FileReport):
            reports.append(action)
            seals.append(_REFUSED)
            continue
        try:
            preview = crm.runner.preview(action, crm.actor)
            reports.append(preview.result)
            seals.append(preview.seal)
            texts.append(changes_text(preview.changes))
        except FileRefused as refused:
            reports.append(refused.report)
            seals.append(_REFUSED)
    seal = "+".join(seals)
    if options.as_json:
        print_json({"preview": {"files": [report.as_json() for report in reports]}, "seal": seal})
    else:
        _tell(reports, options)
        click.echo("\n".join(filter(None, texts)) or _("  nothing changes"))
    if any(report.refused for report in reports):
        raise click.exceptions.Exit(1)
    if options.as_json:
        return
    if not confirmed():
        click.echo(_("Nothing was recorded. To record it: --yes, or --seal {seal}").format(seal=seal))
        return
    options.seal = seal
    _commit(crm, actions, options, asked=True)


def _tell(reports: list[FileReport], options: Options) -> None:
    if options.as_json:
        print_json({"files": [report.as_json() for report in reports]})
        return
    for report in reports:
        click.echo(labelled(f"{report.file} ({report.kind or '?'})", report.sentence()))
        for problem in report.problems[:_SHOWN_PROBLEMS]:
            where = _("line {line}").format(line=problem.line) if problem.line else _("the file")
            click.echo(f"  {'✗' if problem.severity == 'error' else '·'} " + labelled(where, problem.message))
        if (left := len(report.problems) - _SHOWN_PROBLEMS) > 0:
            click.echo(
                "  "
                + plural("… and {count} more: --json lists them all", "… and {count} more: --json lists them all", left)
            )


@common
@click.command(
    cls=Command,
    name="export-data",
    help=_("Write customers, contacts, invoices, payments or the aged balance to a file."),
)
@click.argument("words", nargs=-1, metavar="[DATASET]")
@click.option(
    "--dataset",
    metavar=_("NAME"),
    help=_("customers, contacts, users, interactions, invoices, payments, aged_balance, tasks, objectives"),
)
@click.option(
    "--format",
    "format",
    metavar="[csv|xlsx|json|pdf|ics|vcf]",
    help=_("csv, xlsx, json, pdf; ics for tasks, vcf for contacts"),
)
@click.option(
    "--out", metavar=_("FILE"), type=click.Path(path_type=Path), help=_("Where to write; standard output if left out")
)
@click.option("--customer", metavar=_("TEXT"), help=_("Only this customer: name or number"))
@click.option("--status", metavar=_("TEXT"), help=_("Only invoices of this status"))
@click.option("--as-of", "--date", "as_of", metavar=_("DATE"), help=_("State on this day; today if left out"))
def export_data(words: tuple[str, ...], out: Path | None, **given: Any) -> None:
    """Write customers, contacts, invoices, payments or the aged balance to a file."""
    options = taken(given)
    values = {name: value for name, value in given.items() if value is not None}
    if words and "dataset" not in values:
        values["dataset"], words = words[0], words[1:]
    if words or "dataset" not in values:
        wrong_usage(_("Which data set? crm export-data --dataset invoices --out invoices.csv"))
    if "format" not in values and out is not None and out.suffix[1:] in {"csv", "xlsx", "json", "pdf", "ics", "vcf"}:
        values["format"] = out.suffix[1:]
    if out is None and options.as_json:
        wrong_usage(_("--json tells what was written: say where with --out."))
    with opened(options) as crm:
        exported = crm.runner.read(made(ExportData, values), crm.actor)
        if out is None:
            _write(exported, sys.stdout.buffer, crm)
            return
        _write_file(exported, out, crm)
        if options.as_json:
            print_json({**exported.as_json(), "file": str(out), "totals": _totals(exported)})
        else:
            click.echo(labelled(plural("{count} row written", "{count} rows written", len(exported.sheet.rows)), out))


def _totals(exported: Any) -> dict[str, dict[str, str]]:
    from crm.core.money import Money, plain
    from crm.core.sheets import Kind

    sums: dict[str, dict[str, int]] = {}
    places = [column.key for column in exported.sheet.columns if column.kind is Kind.MONEY]
    for record in exported.sheet.records():
        for key in places:
            if isinstance(value := record[key], Money):
                sums.setdefault(key, {}).setdefault(value.currency, 0)
                sums[key][value.currency] += value.cents
    return {key: {code: plain(cents, code) for code, cents in by.items()} for key, by in sums.items()}


def _write(exported: Any, stream: Any, crm: Crm) -> None:
    from crm.core.spreadsheets import write_sheet

    if exported.data is not None:
        stream.write(exported.data)
    elif exported.format == "pdf":
        from crm.core.documents import sheet_pdf

        stream.write(sheet_pdf(exported.sheet, language=crm.settings.language))
    else:
        write_sheet(stream, exported.sheet, exported.format)


def _write_file(exported: Any, out: Path, crm: Crm) -> None:
    _put(out, lambda stream: _write(exported, stream, crm))


def _put(out: Path, write: Callable[[Any], object]) -> None:
    """Written aside, then put in place: a file that is there is whole."""
    try:
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=".", suffix=out.suffix, delete=False) as draft:
            write(draft)
        Path(draft.name).replace(out)
    except OSError as fault:
        raise OutsideFault(_("“{name}” cannot be written: {why}.").format(name=out, why=cause(fault))) from fault


@common
@click.command(
    cls=Command,
    name="write-plan-document",
    help=_("The payment plan as a document to be signed: acknowledgement of the debt, schedule, clauses."),
)
@click.option("--plan", metavar=_("NUMBER"), help=_("Which one, by its number, where there are several"))
@click.option("--customer", metavar=_("TEXT"), help=_("Name or number"))
@click.option("--invoice", metavar=_("TEXT"), help=_("The plan that covers this invoice"))
@click.option("--final", is_flag=True, help=_("Read by a person: without the remark that it is a draft"))
@click.option("--language", metavar="[fr|en]", help=_("fr or en; the customer's if left out"))
@click.option("--out", metavar=_("FILE"), type=click.Path(path_type=Path), help=_("Where to write the PDF"))
def write_plan_document(out: Path | None, **given: Any) -> None:
    """Show the words of the document, or write its file."""
    options = taken(given)
    values = {name: value for name, value in given.items() if value not in (None, False)}
    with opened(options) as crm:
        document = crm.runner.read(made(crm.registry.get("write_plan_document"), values), crm.actor)
        if out is None:
            show(document, options, crm.clock.today())
            return
        _put(out, lambda stream: stream.write(document.pdf()))
        if options.as_json:
            print_json({**document.as_json(), "file": str(out)})
        else:
            click.echo(labelled(_("Document written"), out))


@common
@click.command(cls=Command, name="import-template", help=_("Show the columns of a kind of file."))
@click.argument("kind", required=False, metavar="[KIND]")
@click.option("--kind", "named", metavar=_("NAME"), help=_("Kind of file"))
def import_template(kind: str | None, named: str | None, **given: Any) -> None:
    """Print an empty file of a kind, with its columns."""
    options = taken(given)
    if not (kind or named):
        wrong_usage(_("Which kind? crm import-template invoices-csv"))
    with opened(options) as crm:
        template = crm.runner.read(ImportTemplate(kind=str(named or kind)), crm.actor)
        if options.as_json:
            show(template, options, crm.clock.today())
        else:
            csv.writer(sys.stdout, delimiter=";", lineterminator="\r\n").writerow(template.columns)


COMMANDS = (import_data, export_data, import_template, write_plan_document)

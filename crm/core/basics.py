"""The actions of the ground floor: files in and out, undo, proposals, the journal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from sqlmodel import col, select

from crm.core import journal, proposals, undo
from crm.core.actions import Action, Effect
from crm.core.calendar import zone
from crm.core.consent import check_role
from crm.core.db import MAX_KEY
from crm.core.errors import Invalid, NotAllowed, NotFound, Refused
from crm.core.exchange import FileRefused, FileReport, Wanted
from crm.core.i18n import _
from crm.core.sheets import Column, Kind, Sheet
from crm.core.spool import Upload

if TYPE_CHECKING:
    from crm.core.runner import Context


Number = Annotated[int, Field(ge=1, le=MAX_KEY)]
"""The number of a record."""


def as_mapping(value: Any) -> Any:
    """`["number=Invoice No", …]` as typed on the command line, or a mapping."""
    if isinstance(value, (list, tuple)):
        pairs = [str(item).partition("=") for item in value]
        if any(not sign or not column.strip() for _name, sign, column in pairs):
            raise ValueError(_("A column is named as FIELD=COLUMN."))
        return {name.strip(): column.strip() for name, _sign, column in pairs}
    return value


class ImportData(Action[FileReport]):
    """Read a file of entries (FEC), customers, contacts, users, invoices, payments, bank statements or documents."""

    effect = Effect.WRITE
    aliases = {"file": "upload"}  # noqa: RUF012  a constant table, never altered

    upload: Upload = Field(description="The file")
    kind: str | None = Field(None, description="Kind of file; recognised from its content if left out")
    map: Annotated[dict[str, str], BeforeValidator(as_mapping)] = Field(
        default_factory=dict, description="FIELD=COLUMN where the file names a column differently"
    )

    def perform(self, context: "Context") -> FileReport:
        """Recognise the file and let its importer take it over.

        Raises:
            FileRefused: the file cannot be trusted as a whole, or no importer knows it.
        """
        report = FileReport(self.upload.name, self.kind or "")
        try:
            source = context.exchange.source(self.upload)
            importer = context.exchange.importer(self.kind) if self.kind else context.exchange.recognise(source)
            report.kind = importer.kind
            importer.load(context, source, self.map, report)
            report.problems.sort(key=lambda problem: problem.line)
        except Invalid as error:
            report.refuse(error)
            raise FileRefused(report) from error
        return report


@dataclass(frozen=True, slots=True)
class Exported:
    """A data set ready to be written by the door that asked for it."""

    dataset: str
    format: str
    sheet: Sheet
    data: bytes | None = None
    """The file itself, where its format is not that of a table."""

    def as_json(self) -> dict[str, Any]:
        """Count and totals."""
        return {"dataset": self.dataset, "format": self.format, "rows": len(self.sheet.rows)}

    def as_sheet(self) -> Sheet:
        """The data set itself."""
        return self.sheet


class ExportData(Action[Exported]):
    """Write customers, contacts, invoices, payments or the aged balance to a file."""

    effect = Effect.READ

    dataset: str = Field(
        description="customers, contacts, users, interactions, invoices, payments, aged_balance, tasks, objectives"
    )
    format: Literal["csv", "xlsx", "json", "pdf", "ics", "vcf"] = Field(
        "csv", description="csv, xlsx, json, pdf; ics for tasks, vcf for contacts"
    )
    customer: str | None = Field(None, description="Only this customer: name or number")
    status: str | None = Field(None, description="Only invoices of this status")
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: "Context") -> Exported:
        """Gather the data set.

        Raises:
            Invalid: there is no such data set, or it is not written in this format.
        """
        query = context.exchange.datasets.get(self.dataset)
        if query is None:
            known = ", ".join(sorted(context.exchange.datasets))
            raise Invalid(_("“{name}” is not a data set: {known}.").format(name=self.dataset, known=known))
        wanted = Wanted(customer=self.customer, status=self.status, as_of=self.as_of or context.today)
        return Exported(self.dataset, self.format, query(context, wanted), self._written(context, wanted))

    def _written(self, context: "Context", wanted: Wanted) -> bytes | None:
        writer = context.exchange.writers.get((self.dataset, self.format))
        if writer is None and self.format in {"ics", "vcf"}:
            raise Invalid(
                _("“{name}” is not written as {format}.").format(name=self.dataset, format=self.format),
                next_step=_("Tasks are written as ics, contacts as vcf."),
            )
        return writer(context, wanted) if writer is not None else None


@dataclass(frozen=True, slots=True)
class Template:
    """The columns of a kind of file."""

    kind: str
    columns: tuple[str, ...]
    required: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        """The columns, and which of them must be there."""
        return {"kind": self.kind, "columns": list(self.columns), "required": sorted(self.required)}

    def as_sheet(self) -> Sheet:
        """One row a column."""
        rows = tuple((name, "*" if name in self.required else "") for name in self.columns)
        return Sheet(self.kind, (Column("column", _("Column")), Column("required", _("Required"))), rows)


class ImportTemplate(Action[Template]):
    """Show the columns of a kind of file."""

    effect = Effect.READ

    kind: str = Field(description="Kind of file")

    def perform(self, context: "Context") -> Template:
        """Look the kind up.

        Raises:
            Invalid: no such kind, or it is not a table.
        """
        columns = context.exchange.importer(self.kind).columns
        if not columns:
            raise Invalid(_("“{kind}” files have no columns.").format(kind=self.kind))
        required = frozenset(column.name for column in columns if column.required)
        return Template(self.kind, tuple(column.name for column in columns), required)


def _minute(entry: journal.JournalEntry, tz: str) -> str:
    """When an entry was made, by the clock on the wall."""
    return entry.at.astimezone(zone(tz)).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True, slots=True)
class Undone:
    """An act that was taken back."""

    entry: journal.JournalEntry
    tz: str

    def as_json(self) -> dict[str, Any]:
        """Which act."""
        at = self.entry.at.isoformat(timespec="seconds")
        return {"undone": {"entry": self.entry.id, "action": self.entry.action, "at": at}}

    def as_sheet(self) -> Sheet:
        """Which act, in a row."""
        columns = (Column("entry", _("Entry"), Kind.COUNT), Column("action", _("Act")), Column("at", _("Done")))
        return Sheet(_("Taken back"), columns, ((self.entry.id, self.entry.action, _minute(self.entry, self.tz)),))


class Undo(Action[Undone]):
    """Take back your last act, or the one of a journal entry."""

    effect = Effect.WRITE

    entry: Number | None = Field(None, description="Number of the journal entry; your last one if left out")

    def perform(self, context: "Context") -> Undone:
        """Reverse, delete and restore.

        Raises:
            NotFound: there is nothing to take back.
            Refused: it was taken back already, or later acts stand on it.
        """
        if self.entry is None:
            entry = undo.last_act(context)
            if entry is None:
                raise NotFound(_("There is nothing of yours to take back."))
        else:
            entry = context.session.get(journal.JournalEntry, self.entry)
            if entry is None:
                raise NotFound(_("The journal has no entry {number}.").format(number=self.entry))
            if entry.undoes is not None or entry.redacts is not None:
                raise Refused(
                    _("Entry {number} took something back itself: do the act again instead.").format(number=entry.id)
                )
            again = select(journal.JournalEntry).where(journal.JournalEntry.undoes == entry.id)
            if context.session.exec(again).first() is not None:
                raise Refused(_("Entry {number} has been taken back already.").format(number=entry.id))
            if entry.actor != context.actor.name and context.actor.role not in {"admin", "manager"}:
                raise NotAllowed(
                    _("Only {actor}, a manager or an administrator takes this back.").format(actor=entry.actor)
                )
        undo.take_back(context, entry)
        context.undoes = entry.id
        return Undone(entry, context.settings.timezone)


@dataclass(frozen=True, slots=True)
class Journal:
    """Entries of the journal, latest first."""

    entries: tuple[journal.JournalEntry, ...]
    undone: frozenset[int]
    tz: str

    def as_json(self) -> dict[str, Any]:
        """One object an entry."""
        return {
            "entries": [
                {
                    "entry": entry.id,
                    "at": entry.at.isoformat(timespec="seconds"),
                    "actor": entry.actor,
                    "door": entry.door,
                    "action": entry.action,
                    "undoes": entry.undoes,
                    "undone": entry.id in self.undone,
                }
                for entry in self.entries
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row an entry."""
        columns = (
            Column("entry", _("Entry"), Kind.COUNT),
            Column("at", _("Done")),
            Column("actor", _("By")),
            Column("door", _("Through")),
            Column("action", _("Act")),
            Column("state", _("State")),
        )
        rows = tuple(
            (
                entry.id,
                _minute(entry, self.tz),
                entry.actor,
                entry.door,
                entry.action,
                _("taken back") if entry.id in self.undone else "",
            )
            for entry in self.entries
        )
        return Sheet(_("Journal"), columns, rows)


class ListJournal(Action[Journal]):
    """Who did what, through which door, latest first."""

    effect = Effect.READ

    limit: int = Field(50, ge=1, le=10_000, description="How many entries")

    def perform(self, context: "Context") -> Journal:
        """Read the latest entries."""
        kind = journal.JournalEntry
        entries = tuple(context.session.exec(select(kind).order_by(col(kind.id).desc()).limit(self.limit)).all())
        undone = context.session.exec(select(kind.undoes).where(col(kind.undoes).is_not(None))).all()
        return Journal(entries, frozenset(number for number in undone if number is not None), context.settings.timezone)


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """Whether the journal's chain holds."""

    verification: journal.Verification

    @property
    def failed(self) -> bool:
        """A broken chain is a failure for whoever asked."""
        return not self.verification.holds

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        found = self.verification
        return {"holds": found.holds, "entries": found.entries, "first_broken": found.first_broken}

    def as_sheet(self) -> Sheet:
        """One row."""
        found = self.verification
        columns = (
            Column("holds", _("Chain")),
            Column("entries", _("Entries"), Kind.COUNT),
            Column("first_broken", _("First broken"), Kind.COUNT),
        )
        return Sheet(
            _("Journal"), columns, ((_("holds") if found.holds else _("broken"), found.entries, found.first_broken),)
        )


class VerifyJournal(Action[JournalCheck]):
    """Check that nobody altered the journal."""

    effect = Effect.READ

    def perform(self, context: "Context") -> JournalCheck:
        """Walk the chain."""
        return JournalCheck(journal.verify(context.session))


@dataclass(frozen=True, slots=True)
class Proposals:
    """Proposals that wait for a yes, or the one just decided."""

    rows: tuple[proposals.Proposal, ...]
    outcome: Any = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """One object a proposal."""
        return {
            "proposals": [
                {
                    "id": row.id,
                    "action": row.action,
                    "fields": json.loads(row.fields),
                    "subject": row.subject,
                    "reason": row.reason,
                    "quote": row.quote,
                    "owner": row.owner,
                    "deadline": row.deadline.isoformat() if row.deadline else None,
                    "state": row.outcome or "waiting",
                }
                for row in self.rows
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a proposal."""
        columns = (
            Column("id", _("Number"), Kind.COUNT),
            Column("subject", _("About")),
            Column("action", _("Act")),
            Column("reason", _("Why")),
            Column("deadline", _("Before"), Kind.DATE),
            Column("owner", _("For")),
        )
        rows = tuple((row.id, row.subject, row.action, row.reason, row.deadline, row.owner) for row in self.rows)
        return Sheet(_("Wait for your yes"), columns, rows)


class Propose(Action[Proposals]):
    """Put an action up for a person's yes."""

    effect = Effect.WRITE

    action: str = Field(description="Name of the action")
    fields: Annotated[dict[str, Any], BeforeValidator(as_mapping)] = Field(
        default_factory=dict, description="Its fields, each as NAME=VALUE"
    )
    subject: str = Field(min_length=1, max_length=200, description="What it is about: a customer, an invoice")
    reason: str = Field(min_length=1, description="Why")

    def perform(self, context: "Context") -> Proposals:
        """Check the action and store it.

        Raises:
            NotFound: there is no such action.
            Invalid: these are not its fields.
        """
        proposed = _validated(context.registry.get(self.action), self.fields)
        return Proposals((context.propose(proposed, why=self.reason, subject=self.subject),))


def _validated(kind: type[Action[Any]], fields: Mapping[str, Any]) -> Action[Any]:
    """An action from its fields.

    Raises:
        Invalid: these are not its fields.
    """
    try:
        action: Action[Any] = kind.model_validate(fields)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}))
        raise Invalid(
            _("These fields of “{name}” do not fit: {fields}.").format(name=kind.action_name(), fields=wrong)
        ) from None
    return action


class ListProposals(Action[Proposals]):
    """What waits for a yes."""

    effect = Effect.READ

    subject: str | None = Field(None, description="Only about this customer or invoice")
    assignee: str | None = Field(None, description="Only those of this account manager, by number; “me”: your own")

    def perform(self, context: "Context") -> Proposals:
        """Read the open proposals."""
        rows = proposals.waiting(context.session, subject=self.subject)
        if self.assignee is not None:
            owner = context.actor.user if self.assignee == "me" else self.assignee
            rows = [row for row in rows if row.owner == owner]
        return Proposals(tuple(rows))


class AcceptProposal(Action[Proposals]):
    """Say yes to a proposal: its action is done."""

    effect = Effect.WRITE

    proposal: Number = Field(description="Number of the proposal")
    fields: Annotated[dict[str, Any], BeforeValidator(as_mapping)] = Field(
        default_factory=dict, description="Other values for its fields, each as NAME=VALUE"
    )

    def perform(self, context: "Context") -> Proposals:
        """Perform the proposed action, with what was changed in it, within this one and close the proposal.

        Raises:
            NotAllowed: it waits for another account manager's yes.
            Refused: it would send something: that asks for its own yes.
            Invalid: what was changed is not of its kind.
        """
        row = proposals.open_proposal(context.session, self.proposal)
        proposals.check_owner(row, context.actor)
        action = self._changed(proposals.restored(row, context.registry))
        if action.effect is Effect.SEND:
            raise Refused(_("“{name}” sends something: run it by its own name.").format(name=row.action))
        check_role(context.actor, type(action))
        outcome = action.perform(context)
        proposals.close(row, context.now, "accepted")
        context.session.add(row)
        return Proposals((row,), outcome)

    def _changed(self, action: Action[Any]) -> Action[Any]:
        if not self.fields:
            return action
        return _validated(type(action), {**action.model_dump(mode="json"), **self.fields})


class RefuseProposal(Action[Proposals]):
    """Say no to a proposal."""

    effect = Effect.WRITE

    proposal: Number = Field(description="Number of the proposal")
    reason: str = Field("", description="Why not")

    def perform(self, context: "Context") -> Proposals:
        """Close the proposal.

        Raises:
            NotAllowed: it waits for another account manager's yes.
        """
        row = proposals.open_proposal(context.session, self.proposal)
        proposals.check_owner(row, context.actor)
        proposals.close(row, context.now, "refused", self.reason)
        context.session.add(row)
        return Proposals((row,))


ACTIONS = (
    ImportData,
    ExportData,
    ImportTemplate,
    Undo,
    ListJournal,
    VerifyJournal,
    Propose,
    ListProposals,
    AcceptProposal,
    RefuseProposal,
)

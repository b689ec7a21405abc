"""The heart: read, preview, commit, run. A preview is the action performed, looked at and rolled back.

Commit performs the action again and refuses if the changes differ from what was previewed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Table, TextClause, event
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlmodel import Session, SQLModel

from crm.core import journal, proposals
from crm.core.actions import Action, Effect, LongAction, Registry
from crm.core.bulk import Batch, BulkWriter, Keys
from crm.core.changes import ChangeKind, ChangeList, changes_of, spoken
from crm.core.consent import Actor, ActorKind, Verdict, check_role, verdict
from crm.core.db import Database, Row
from crm.core.errors import CrmError, NotAllowed, Refused, Stale
from crm.core.i18n import _

if TYPE_CHECKING:
    from crm.core.calendar import Clock
    from crm.core.exchange import Exchange
    from crm.core.settings import Settings

R = TypeVar("R")
Progress = Callable[[str, int, int | None], bool]
"""Told what is being done, how far, of how many (None: unknown); answers False to stop."""


class Cancelled(Refused):
    """The person stopped it; nothing was written."""


@dataclass
class Context:
    """What an action has in hand while it is performed."""

    session: Session
    now: datetime
    today: date
    actor: Actor
    settings: "Settings"
    registry: Registry
    exchange: "Exchange"
    changes: ChangeList
    before: journal.BeforeImages
    entry_id: int
    dry: bool
    """True in a preview: nothing will be kept."""
    report_progress: Progress | None = None
    undoes: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        self._bulk = BulkWriter(self.session, self.changes, self.before, self.entry_id, dry=self.dry)

    def keys(self, table: type[Row]) -> Keys:
        """Keys for rows that are about to be inserted in bulk."""
        return self._bulk.keys(_table(table))

    def insert_many(self, table: type[Row], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Insert rows in bulk: tuples in the order of `columns`, whose first is `id` (from `keys`). One change, one digest.

        In a preview the rows are digested and not written. Returns their number.
        """
        return self._bulk.insert(_table(table), columns, rows)

    def update_many(self, table: type[Row], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Give rows new values in bulk: tuples of `id` and the values of `columns`. How they stood is kept for undo."""
        return self._bulk.update(_table(table), columns, rows)

    def update_where(self, table: type[Row], condition: Any, values: Mapping[str, Any]) -> int:
        """Give every row that meets the condition the same new values; how they stood is kept for undo."""
        ids = (
            self.session.connection()
            .execute(_table(table).select().with_only_columns(_table(table).c.id).where(condition))
            .scalars()
            .all()
        )
        return self.update_many(table, tuple(values), ((row_id, *values.values()) for row_id in ids))

    def batch(self, *shapes: tuple[type[Row], Sequence[str]]) -> Batch:
        """New rows of several tables that refer to each other: (table, columns without `id`), parents first."""
        tables = [(_table(table), ("id", *columns)) for table, columns in shapes]
        return Batch(self._bulk, self.session.connection(), self.entry_id, self.changes, tables, dry=self.dry)

    def settle(self) -> None:
        """Let the database's own counters go on after the keys given out in bulk."""
        self._bulk.settle()

    def propose(self, action: Action[Any], *, why: str, subject: str, **more: Any) -> proposals.Proposal:
        """Put an action up for a yes, with its reason; the same about the same subject is proposed once."""
        return proposals.propose(self, action, why=why, subject=subject, **more)

    def progress(self, what: str, done: int, total: int | None = None) -> None:
        """Tell how far it is.

        Raises:
            Cancelled: the person stopped it.
        """
        if self.report_progress is not None and not self.report_progress(what, done, total):
            raise Cancelled(_("Stopped. Nothing was recorded."))


@dataclass(frozen=True, slots=True)
class Preview(Generic[R]):
    """An action performed, looked at and rolled back."""

    action: Action[R]
    result: R
    changes: ChangeList
    seal: str


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """An action committed, and its entry in the journal (None when it altered nothing)."""

    action: Action[R]
    result: R
    changes: ChangeList
    entry_id: int | None


@dataclass
class Runner:
    """Performs actions: the only way in for every door."""

    database: Database
    registry: Registry
    exchange: "Exchange"
    settings: "Settings"
    clock: "Clock"
    report_progress: Progress | None = field(default=None)

    def read(self, action: Action[R], actor: Actor) -> R:
        """Perform a READ on a snapshot.

        Raises:
            NotAllowed: it is no READ, it tried to write, or the actor may not.
        """
        if action.effect is not Effect.READ:
            raise NotAllowed(_("“{name}” changes records: it is previewed first.").format(name=action.action_name()))
        self._consent(action, actor)
        with self.database.reading() as session:
            context = self._context(session, actor, entry_id=0, dry=True)
            result = action.perform(context)
            _refuse_changes(action, context)
            return result

    def preview(self, action: Action[R], actor: Actor) -> Preview[R]:
        """Perform, look, roll back."""
        self._consent(action, actor)
        with self.database.writing(trial=True) as session:
            context, result = self._perform(session, action, actor, dry=True)
            return Preview(action, result, context.changes, self._seal(action, context))

    def commit(self, preview: Preview[R], actor: Actor) -> Done[R]:
        """Perform again what was previewed; keep it if it is the same.

        Raises:
            Stale: it would alter something else by now.
        """
        action = preview.action
        if isinstance(action, LongAction):
            return self._commit_parts(action.agreed(preview.result), actor)
        return self._commit(action, actor, preview.seal, preview.changes)

    def commit_sealed(self, action: Action[R], seal: str, actor: Actor) -> Done[R]:
        """Commit an action previewed earlier, perhaps by another process, by the seal of its preview.

        Raises:
            Stale: it would alter something else by now.
        """
        if isinstance(action, LongAction):
            again = self.preview(action, actor)
            if again.seal != seal:
                raise Stale(
                    _("What was previewed has changed since."), next_step=_("Nothing was recorded. Look at it again.")
                )
            return self.commit(again, actor)
        return self._commit(action, actor, seal, None)

    def run(self, action: Action[R], actor: Actor) -> Done[R]:
        """One pass, for the scheduler and for a person who has said yes beforehand.

        Raises:
            NotAllowed: an assistant: it commits only what it was shown, by its seal.
        """
        if actor.kind is ActorKind.ASSISTANT and action.effect is not Effect.READ:
            raise NotAllowed(_("An assistant commits only what was previewed, by its seal."))
        if isinstance(action, LongAction):
            return self._commit_parts(action, actor)
        return self._commit(action, actor, None, None)

    def suggest(self, action: Action[Any], actor: Actor, *, why: str, subject: str) -> Done[Any]:
        """Store an action that this actor may not commit as a proposal for a person."""
        from crm.core.basics import Propose

        return self._commit(
            Propose(action=action.action_name(), fields=action.model_dump(mode="json"), subject=subject, reason=why),
            actor,
            None,
            None,
        )

    def _commit(self, action: Action[R], actor: Actor, seal: str | None, expected: ChangeList | None) -> Done[R]:
        if self._consent(action, actor) is Verdict.PROPOSE:
            raise NotAllowed(_("This leaves the house: it can be proposed, a person decides."))
        with self.database.writing() as session:
            context, result = self._perform(session, action, actor, dry=False)
            _refuse_changes(action, context)
            if seal is not None and self._seal(action, context) != seal:
                raise Stale(
                    _difference(expected, context.changes), next_step=_("Nothing was recorded. Look at it again.")
                )
            if len(context.changes) == 0:
                return Done(action, result, context.changes, None)
            journal.append(
                session,
                entry_id=context.entry_id,
                at=self.clock.machine_now(),
                day=context.today,
                actor=actor,
                action=action.action_name(),
                effect=action.effect.value,
                fields=action.model_dump_json(),
                changes=journal.compact([change.as_json() for change in context.changes]),
                note=context.note,
                before=context.before,
                undoes=context.undoes,
            )
            session.commit()
            return Done(action, result, context.changes, context.entry_id)

    def _commit_parts(self, action: LongAction[R], actor: Actor) -> Done[R]:
        self._consent(action, actor)
        with self.database.reading() as session:
            parts = list(action.parts(self._context(session, actor, entry_id=0, dry=True)))
        results, entry_id, changes = [], None, ChangeList()
        for place, part in enumerate(parts, start=1):
            done = self._commit(part, actor, None, None)
            results.append(done.result)
            entry_id, changes = done.entry_id or entry_id, done.changes
            if self.report_progress is not None and not self.report_progress(_("parts"), place, len(parts)):
                break
        return Done(action, action.joined(results), changes, entry_id)

    def _perform(self, session: Session, action: Action[R], actor: Actor, *, dry: bool) -> tuple[Context, R]:
        context = self._context(session, actor, entry_id=journal.next_id(session), dry=dry)
        with _Watch(session, context):
            result = action.perform(context)
            session.flush()
            context.settle()
        return context, result

    def _context(self, session: Session, actor: Actor, *, entry_id: int, dry: bool) -> Context:
        return Context(
            session=session,
            now=self.clock.now(),
            today=self.clock.today(),
            actor=actor,
            settings=self.settings,
            registry=self.registry,
            exchange=self.exchange,
            changes=ChangeList(),
            before=journal.BeforeImages(),
            entry_id=entry_id,
            dry=dry,
            report_progress=self.report_progress,
        )

    @staticmethod
    def _seal(action: Action[Any], context: Context) -> str:
        return context.changes.seal(action.action_name(), action.model_dump_json())

    @staticmethod
    def _consent(action: Action[Any], actor: Actor) -> Verdict:
        answer = verdict(actor, action.effect)
        if answer is Verdict.PROPOSE and actor.kind is ActorKind.SCHEDULER and action.holds_back:
            answer = Verdict.YES
        if answer is Verdict.NO:
            raise NotAllowed(_("This is not open to customers."))
        check_role(actor, type(action))
        return answer


class _Watch:
    """Sees to it that every row altered during an action is in the list of changes and names its journal entry."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    def __enter__(self) -> None:
        event.listen(self._session, "before_flush", self._stamp)
        event.listen(self._session, "after_flush", self._collect)
        event.listen(self._session, "do_orm_execute", self._guard)

    def __exit__(self, *_exc: object) -> None:
        event.remove(self._session, "before_flush", self._stamp)
        event.remove(self._session, "after_flush", self._collect)
        event.remove(self._session, "do_orm_execute", self._guard)

    def _stamp(self, session: Session, _flush: UOWTransaction, _instances: Any) -> None:
        for row in session.new:
            if isinstance(row, Row):
                row.entry_id = self._context.entry_id
        for row in session.dirty:
            if isinstance(row, Row) and session.is_modified(row):
                row.touched_id = self._context.entry_id

    def _collect(self, session: Session, _flush: UOWTransaction) -> None:
        for rows, kind in (
            (session.new, ChangeKind.INSERT),
            (session.dirty, ChangeKind.UPDATE),
            (session.deleted, ChangeKind.DELETE),
        ):
            for change in changes_of((row for row in rows if isinstance(row, Row)), kind):
                self._context.changes.add(change)

    def _guard(self, state: ORMExecuteState) -> None:
        # Statements that write past the session would escape the list of changes, and with it the seal and undo.
        statement = state.statement
        if state.is_insert or state.is_update or state.is_delete or isinstance(statement, TextClause):
            raise CrmError(_("Bulk statements go through insert_many and update_many."))


def _refuse_changes(action: Action[Any], context: Context) -> None:
    """Raise `NotAllowed` when a READ has changed something, in whatever way it came in."""
    if action.effect is Effect.READ and len(context.changes) > 0:
        raise NotAllowed(_("A reading action tried to change something."))


def _table(kind: type[SQLModel]) -> Table:
    table: Table = kind.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return table


def _difference(expected: ChangeList | None, found: ChangeList) -> str:
    if expected is None:
        return _("What was previewed has changed since.")
    then, now = expected.summary(), found.summary()
    if then == now:
        return _("What was previewed has changed since: the values are no longer the same.")
    changed = ", ".join(sorted(spoken(table) for table in {*then, *now} if then.get(table) != now.get(table)))
    return _("What was previewed has changed since: {tables}.").format(tables=changed)

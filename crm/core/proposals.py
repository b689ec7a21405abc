"""An action waiting for a yes, with its reason. One per action and subject; committing it closes it."""

import json
from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, Session, col, select

from crm.core.actions import Action, Registry
from crm.core.consent import Actor, ActorKind
from crm.core.db import Row, UtcDateTime, key_of
from crm.core.errors import NotAllowed, NotFound
from crm.core.i18n import _

if TYPE_CHECKING:
    from crm.core.runner import Context


class Proposal(Row, table=True):
    """An action not yet committed. Open until `closed_at` is set, by a yes, a no, or because its facts changed."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "proposal_waiting_once",
            "action",
            "subject",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    action: str
    fields: str = Field(sa_type=Text)
    subject: str = Field(index=True)
    reason: str = Field(sa_type=Text)
    quote: str = Field(default="", sa_type=Text)
    """The sentence of a source that led to it, word for word."""
    owner: str = ""
    deadline: date | None = None
    proposed_at: datetime = Field(sa_type=UtcDateTime, sa_column_kwargs={"info": {"sealed": False}})
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, sa_column_kwargs={"info": {"sealed": False}})
    outcome: str = ""
    """accepted, refused or withdrawn."""
    outcome_reason: str = ""
    replaces_id: int | None = key_of("proposal", default=None)


def open_proposal(session: Session, proposal_id: int) -> Proposal:
    """The open proposal of a number.

    Raises:
        NotFound: there is none, or it is closed.
    """
    proposal = session.get(Proposal, proposal_id)
    if proposal is None or proposal.closed_at is not None:
        raise NotFound(_("No proposal {number} is waiting.").format(number=proposal_id))
    return proposal


def waiting(session: Session, *, subject: str | None = None) -> list[Proposal]:
    """The open proposals, by deadline and age."""
    query = select(Proposal).where(col(Proposal.closed_at).is_(None))
    if subject is not None:
        query = query.where(Proposal.subject == subject)
    rows = session.exec(query.order_by(col(Proposal.id))).all()
    return sorted(rows, key=lambda row: (row.deadline or date.max, row.id))


def restored(proposal: Proposal, registry: Registry) -> Action[Any]:
    """The action a proposal would commit."""
    return registry.get(proposal.action).model_validate(json.loads(proposal.fields))


def propose(
    context: "Context",
    action: Action[Any],
    *,
    why: str,
    subject: str,
    quote: str = "",
    owner: str = "",
    deadline: date | None = None,
) -> Proposal:
    """Put an action up for a yes. The same action about the same subject is proposed once: the newer replaces the older."""
    older = context.session.exec(
        select(Proposal).where(
            Proposal.action == action.action_name(), Proposal.subject == subject, col(Proposal.closed_at).is_(None)
        )
    ).first()
    fields = action.model_dump_json()
    if older is not None and (older.fields, older.reason, older.quote) == (fields, why, quote):
        return older
    if older is not None:
        close(older, context.now, "withdrawn", _("Replaced by a newer one."))
        context.session.add(older)
        context.session.flush()
    fresh = Proposal(
        action=action.action_name(),
        fields=fields,
        subject=subject,
        reason=why,
        quote=quote,
        owner=owner,
        deadline=deadline,
        proposed_at=context.now,
        replaces_id=older.id if older is not None else None,
    )
    context.session.add(fresh)
    context.session.flush()
    return fresh


def check_owner(proposal: Proposal, actor: Actor) -> None:
    """An account manager decides what is theirs, or nobody's; managers decide everything.

    Raises:
        NotAllowed: it is another account manager's.
    """
    ours = not proposal.owner or proposal.owner == actor.user
    if actor.kind is ActorKind.PERSON and actor.role == "account_manager" and actor.user and not ours:
        raise NotAllowed(
            _("This waits for the yes of {owner}, who looks after the customer.").format(owner=proposal.owner),
            next_step=_("A manager can decide it as well."),
        )


def settle(context: "Context", action: str, subjects: Collection[str]) -> None:
    """Close what waited for a yes about some subjects: a person has had the action done by its own name."""
    for row in waiting(context.session) if subjects else ():
        if row.action == action and row.subject in subjects:
            close(row, context.now, "accepted")
            context.session.add(row)


def withdraw(context: "Context", action: str, asked: Collection[str]) -> None:
    """Take back what earlier runs have asked and this one does not."""
    for row in waiting(context.session):
        if row.action == action and row.subject not in asked:
            close(row, context.now, "withdrawn", _("No longer asked for."))
            context.session.add(row)


def close(proposal: Proposal, now: datetime, outcome: str, reason: str = "") -> None:
    """End a proposal's wait."""
    proposal.closed_at, proposal.outcome, proposal.outcome_reason = now, outcome, reason

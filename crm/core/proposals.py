"""An action waiting for a yes, with its reason. One per action and subject; committing it closes it."""

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, Session, col, select

from crm.core.actions import Action, Registry
from crm.core.db import Row, UtcDateTime, key_of
from crm.core.errors import NotFound
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


def close(proposal: Proposal, now: datetime, outcome: str, reason: str = "") -> None:
    """End a proposal's wait."""
    proposal.closed_at, proposal.outcome, proposal.outcome_reason = now, outcome, reason

"""Money that waits for a person: its best uses kept with a proposal, and read again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.proposals import Proposal, close
from crm.core.runner import Context
from crm.receivables.matchable import Waiting, payment_key
from crm.receivables.matching.facts import CreditUse, Match, Residual, Rule
from crm.receivables.models import MatchCandidate

CONFIRM = "confirm_match"
"""The action that a proposal of ours would perform."""
_PROPOSAL_COLUMNS = (
    "action", "fields", "subject", "reason", "quote", "owner", "deadline", "proposed_at", "closed_at", "outcome", "outcome_reason", "replaces_id",
)  # fmt: skip  # read as a table: columns side by side
_CANDIDATE_COLUMNS = (
    "proposal_id", "rank", "customer_id", "certainty", "rule", "why", "residual_cents", "residual_reason", "full", "uses", "reverses_id",
)  # fmt: skip  # read as a table: columns side by side
_AT_ONCE = 5_000
_CANDIDATE = table_of(MatchCandidate)
Shape = tuple[Any, ...]


def propose_all(
    context: Context, doubtful: Sequence[tuple[Waiting, Sequence[Match], str]], decided: Iterable[str]
) -> None:
    """Keep the best uses of doubtful money, each time it is looked at anew; withdraw proposals about what is decided.

    What a person has refused is not proposed again as it was.
    """
    before = _open(context.session)
    shapes = candidate_shapes(context.session, [row.id for row in before.values()])
    refused = _refused(context.session, [waiting.subject for waiting, _matches, _why in doubtful])
    batch = context.batch((Proposal, _PROPOSAL_COLUMNS), (MatchCandidate, _CANDIDATE_COLUMNS))
    for subject in decided:
        if (row := before.get(subject)) is not None:
            close(row, context.now, "withdrawn", _("It has been settled."))
            context.session.add(row)
    for waiting, matches, why_not in doubtful:
        fresh = [_shape(match) for match in matches]
        older = before.get(waiting.subject)
        if older is not None and (shapes.get(older.id), older.reason) == (fresh, why_not):
            continue
        if fresh in refused.get(waiting.subject, ()):
            continue
        if older is not None:
            close(older, context.now, "withdrawn", _("Replaced by a newer one."))
            context.session.add(older)
        fields = {"line": waiting.line_id} if waiting.line_id is not None else {"payment": waiting.payment_id}
        told = (CONFIRM, json.dumps(fields), waiting.subject, why_not, waiting.money.label, "", None, context.now)
        key = batch.add("proposal", *told, None, "", "", older.id if older is not None else None)
        for rank, shape in enumerate(fresh, start=1):
            batch.add("match_candidate", key, rank, *shape)
    # The older ones must be closed before newer ones about the same may be open.
    context.session.flush()
    batch.close()


def _open(session: Session) -> dict[str, Proposal]:
    rows = session.exec(
        rows_of(Proposal)
        .where(Proposal.action == CONFIRM, col(Proposal.closed_at).is_(None))
        .order_by(col(Proposal.id))
    )
    return {row.subject: row for row in rows}


def open_about(session: Session, subject: str) -> Proposal | None:
    """The open proposal about some money."""
    return session.exec(
        rows_of(Proposal).where(
            Proposal.action == CONFIRM, Proposal.subject == subject, col(Proposal.closed_at).is_(None)
        )
    ).first()


def _refused(session: Session, subjects: Sequence[str]) -> dict[str, list[list[Shape]]]:
    ids: dict[int, str] = {}
    for part in in_chunks(subjects, _AT_ONCE):
        query = rows_of(Proposal).where(
            Proposal.action == CONFIRM, Proposal.outcome == "refused", col(Proposal.subject).in_(part)
        )
        ids.update({row.id: row.subject for row in session.exec(query)})
    found: dict[str, list[list[Shape]]] = {}
    for key, shapes in candidate_shapes(session, sorted(ids)).items():
        found.setdefault(ids[key], []).append(shapes)
    return found


def candidate_shapes(session: Session, proposal_ids: Sequence[int]) -> dict[int, list[Shape]]:
    """The candidates of some proposals, each as its columns without the proposal's key and rank."""
    found: dict[int, list[Shape]] = {}
    columns = [_CANDIDATE.c[name] for name in _CANDIDATE_COLUMNS]
    for part in in_chunks(proposal_ids, _AT_ONCE):
        query = (
            select(*columns)
            .where(_CANDIDATE.c.proposal_id.in_(part))
            .order_by(_CANDIDATE.c.proposal_id, _CANDIDATE.c.rank)
        )
        for key, _rank, *shape in session.connection().execute(query):
            found.setdefault(key, []).append(tuple(shape))
    return found


def candidates_of(session: Session, proposal_ids: Sequence[int]) -> Mapping[int, list[Match]]:
    """The uses that proposals hold, the best first."""
    return {
        key: [_match(*shape) for shape in shapes] for key, shapes in candidate_shapes(session, proposal_ids).items()
    }


def _shape(match: Match) -> Shape:
    uses = {
        "items": [list(pair) for pair in match.allocations],
        "credits": [[use.credit_id, use.item_id, use.cents] for use in match.credits],
        "reopens": [list(pair) for pair in match.reopens],
    }
    known = match.reverses is not None and match.reverses % 2 == payment_key(0) % 2
    return (
        match.customer_id,
        match.certainty,
        match.rule.value,
        match.why,
        match.residual_cents,
        match.residual_reason.value,
        match.full,
        json.dumps(uses),
        match.reverses // 2 if known and match.reverses is not None else None,
    )


def _match(
    customer_id: int | None,
    certainty: float,
    rule: str,
    why: str,
    residual: int,
    reason: str,
    full: bool,
    uses: str,
    reverses: int | None,
) -> Match:
    told = json.loads(uses)
    return Match(
        customer_id,
        tuple((item, cents) for item, cents in told["items"]),
        tuple(CreditUse(*use) for use in told["credits"]),
        int(residual),
        Residual(reason),
        certainty,
        Rule(rule),
        why,
        full,
        None if reverses is None else payment_key(reverses),
        tuple((item, cents) for item, cents in told["reopens"]),
    )


def items_of(match: Match) -> set[int]:
    """Every instalment that a use touches."""
    items = {item for item, _cents in (*match.allocations, *match.reopens)}
    return items | {key for use in match.credits for key in (use.item_id, use.credit_id)}

"""The list of reasons of disputes: the contract's, and the company's own beside them."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.errors import NotFound, Refused, refuse_if
from crm.core.i18n import _, plural
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.receivables.disputes import OWN, reason_words
from crm.receivables.models import DisputeReason, OwnReason

OwnCode = Annotated[str, Field(pattern=r"^own_[a-z0-9_]{1,60}$")]
"""The code of a reason of the company's own."""
Reason = DisputeReason | OwnCode
_NO_SIGN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason, and from when on no new dispute takes it."""

    code: str
    label: str
    own: bool
    retired: date | None = None


@dataclass(frozen=True, slots=True)
class ReasonList:
    """The reasons, the contract's first."""

    lines: tuple[ReasonLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a reason."""
        return {
            "reasons": [
                {
                    "reason": line.code,
                    "label": line.label,
                    "own": line.own,
                    "retired": line.retired.isoformat() if line.retired else None,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a reason."""
        columns = (
            Column("reason", _("Reason")),
            Column("label", _("Label")),
            Column("retired", _("Retired since"), Kind.DATE),
        )
        rows = tuple((line.code, line.label, line.retired) for line in self.lines)
        return Sheet(plural("{count} reason", "{count} reasons", len(rows)), columns, rows)


def known_reasons(session: Session) -> tuple[ReasonLine, ...]:
    """Every reason, those of our own by their label."""
    rows = {row.code: row for row in session.exec(select(OwnReason).order_by(col(OwnReason.label), col(OwnReason.id)))}
    shipped = [
        ReasonLine(reason.value, reason_words(reason.value), False, rows[reason.value].retired if reason.value in rows else None)
        for reason in DisputeReason
    ]  # fmt: skip  # read as a table: columns side by side
    own = [ReasonLine(row.code, row.label, True, row.retired) for row in rows.values() if row.code.startswith(OWN)]
    return (*shipped, *own)


def usable_reason(session: Session, code: str) -> str:
    """The reason, if a new dispute may take it.

    Raises:
        NotFound: it is not in the list.
        Refused: it was retired.
    """
    lines = {line.code: line for line in known_reasons(session)}
    if code not in lines:
        raise NotFound(_("There is no reason “{code}”.").format(code=code), candidates=tuple(lines))
    if lines[code].retired is not None:
        raise Refused(
            _("The reason “{label}” is no longer used.").format(label=lines[code].label),
            next_step=", ".join(line.code for line in lines.values() if line.retired is None),
        )
    return code


class ListDisputeReasons(Action[ReasonList]):
    """The reasons that a dispute can have."""

    effect = Effect.READ

    def perform(self, context: Context) -> ReasonList:
        """Read the list."""
        return ReasonList(known_reasons(context.session))


class AddDisputeReason(Action[ReasonList]):
    """Add a reason of your own for disputes, or take a retired one up again."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    label: str = Field(min_length=3, max_length=60, description="In your words")

    def perform(self, context: Context) -> ReasonList:
        """Keep it, or let one of the same name be used again.

        Raises:
            Refused: there is one of this name already, or the words have no letter.
        """
        key = name_key(self.label)
        for line in known_reasons(context.session):
            if name_key(line.label) == key:
                refuse_if(line.retired is None, _("There is a reason “{label}” already.").format(label=line.label))
                row = context.session.exec(select(OwnReason).where(OwnReason.code == line.code)).one()
                row.retired = None
                return _kept(context, row)
        code = OWN + _NO_SIGN.sub("_", key).strip("_")[:60]
        refuse_if(code == OWN, _("A reason is told in letters."))
        taken = {line.code for line in known_reasons(context.session)}
        refuse_if(code in taken, _("There is a reason “{label}” already.").format(label=code))
        return _kept(context, OwnReason(code=code, label=self.label.strip()))


class RetireDisputeReason(Action[ReasonList]):
    """Take a reason off the list for new disputes; older ones keep it."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    reason: Reason = Field(description="Its code, as list-dispute-reasons tells it")

    def perform(self, context: Context) -> ReasonList:
        """Retire it from today on.

        Raises:
            NotFound: it is not in the list.
            Refused: it is retired already, or it is the one that stands for all others.
        """
        code = usable_reason(context.session, str(self.reason))
        refuse_if(code == DisputeReason.OTHER.value, _("One reason stands for all that have none: it stays."))
        row = context.session.exec(select(OwnReason).where(OwnReason.code == code)).first() or OwnReason(code=code)
        row.retired = context.today
        return _kept(context, row)


def _kept(context: Context, row: OwnReason) -> ReasonList:
    context.session.add(row)
    context.session.flush()
    return ReasonList(tuple(line for line in known_reasons(context.session) if line.code == row.code))


ACTIONS = (ListDisputeReasons, AddDisputeReason, RetireDisputeReason)

"""Segments: where each customer stands, and keeping it with the customer."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer, Segment
from crm.customers.queries import find_customer
from crm.loyalty.queries import segments_kept
from crm.loyalty.rfm import ENOUGH_FOR_QUANTILES, Cutoffs
from crm.loyalty.standing import MANUAL, Standing, standings
from crm.loyalty.words import SEGMENT_WORDS
from crm.receivables.queries import Whose, whose

COMPUTED = "computed"
_CUTOFFS = {"fixed": False, "quantile": True}


@dataclass(frozen=True, slots=True)
class SegmentList:
    """Where customers stand on a day, by number."""

    as_of: date
    lines: tuple[Standing, ...]
    cutoffs: Cutoffs
    wanted_quantiles: bool = False

    def as_json(self) -> dict[str, Any]:
        """The contract's answer: recency in days, monetary a decimal string, classes 1 to 5, payment grade A to E."""
        return {
            "as_of": self.as_of.isoformat(),
            "customers": [
                {
                    "customer": line.customer,
                    "name": line.name,
                    "segment": line.segment.value,
                    "recency": line.recency,
                    "frequency": line.frequency,
                    "monetary": plain(line.monetary, line.currency),
                    "currency": line.currency,
                    "r": line.classes[0],
                    "f": line.classes[1],
                    "m": line.classes[2],
                    "payment_axis": line.grade.value if line.grade else None,
                    "origin": MANUAL if line.said else COMPUTED,
                    "reasons": list(line.reasons),
                }
                for line in self.lines
            ],
            "counts": dict(sorted(Counter(line.segment.value for line in self.lines).items())),
            "cutoffs": {
                "recency": list(self.cutoffs.recency),
                "frequency": list(self.cutoffs.frequency),
                "monetary": [plain(value) for value in self.cutoffs.monetary],
                "computed": self.cutoffs.computed,
            },
        }

    def as_sheet(self) -> Sheet:
        """One row a customer."""
        columns = (
            Column("customer", _("Customer")),
            Column("name", _("Name")),
            Column("segment", _("Segment")),
            Column("rfm", _("RFM")),
            Column("recency", _("Last purchase"), Kind.DAYS),
            Column("frequency", _("Purchases"), Kind.COUNT),
            Column("monetary", _("Twelve months"), Kind.MONEY),
            Column("payment_axis", _("Pays")),
            Column("reasons", _("Why")),
        )
        rows = tuple(
            (
                line.customer,
                line.name,
                _(SEGMENT_WORDS[line.segment]),
                "-".join(map(str, line.classes)) if line.recency is not None else "",
                line.recency,
                line.frequency,
                Money(line.monetary, line.currency),
                line.grade.value if line.grade else "",
                " ".join(line.reasons),
            )
            for line in self.lines
        )
        return Sheet(
            _("Segments"), columns, rows, formula=self._formula(), as_of=self.as_of, notes=tuple(self._notes())
        )

    def _formula(self) -> str:
        return _(
            "Classes 1 to 5 of the last purchase, the number of purchases and their amount over twelve months; "
            "grade A to E of the weighted days late, disputes left out."
        )

    def _notes(self) -> Iterable[str]:
        if self.wanted_quantiles and not self.cutoffs.computed:
            yield _("Fewer than {count} buyers: the published cut-offs are used, not quantiles.").format(
                count=ENOUGH_FOR_QUANTILES
            )


class ListSegments(Action[SegmentList]):
    """Who is loyal, who is leaving, who pays badly: the segment of each customer, and why."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    segment: Segment | None = Field(None, description="Only customers of this segment")
    as_of: date | None = Field(None, description="State on this day; today if left out")
    cutoffs: Literal["fixed", "quantile"] = Field("fixed", description="Classes by published values, or by fifths")

    def perform(self, context: Context) -> SegmentList:
        """Compute as of the day: nothing stored is read but what a person said.

        Raises:
            Invalid: the company's own rules cannot be read.
        """
        day = self.as_of or context.today
        row = find_customer(context.session, self.customer) if self.customer else None
        wanted = _CUTOFFS[self.cutoffs]
        lines, _rules, cutoffs = standings(
            context.session, day, whose(row), context.settings.data_folder, by_quantile=wanted
        )
        kept = tuple(line for line in lines if self.segment in (None, line.segment))
        return SegmentList(day, kept, cutoffs, wanted)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Customers whose segment has changed: number, name, before, after."""

    moves: tuple[tuple[str, str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """One object a move."""
        names = ("customer", "name", "before", "after")
        return {"moves": [dict(zip(names, move, strict=True)) for move in self.moves]}

    def as_sheet(self) -> Sheet:
        """One row a move."""
        columns = (
            Column("customer", _("Customer")),
            Column("name", _("Name")),
            Column("before", _("Before")),
            Column("after", _("Now")),
        )
        rows = tuple(
            (number, name, _(SEGMENT_WORDS[Segment(before)]) if before else "", _(SEGMENT_WORDS[Segment(after)]))
            for number, name, before, after in self.moves
        )
        title = plural("{count} customer has another segment", "{count} customers have another segment", len(rows))
        return Sheet(title, columns, rows)


class RefreshSegments(Action[Refreshed]):
    """Keep the segment of each customer up to date; what a person or a file said stays."""

    effect = Effect.WRITE

    def perform(self, context: Context) -> Refreshed:
        """Write the segments that have changed, all at once.

        A segment that came with a file, or from a person, is theirs: only an empty or a computed one is replaced.

        Raises:
            Invalid: the company's own rules cannot be read.
        """
        lines, _rules, _cutoffs = standings(context.session, context.today, Whose(), context.settings.data_folder)
        kept = segments_kept(context.session)
        moves, rows = [], []
        for line in lines:
            before, origin = kept.get(line.customer_id, ("", ""))
            if origin not in ("", COMPUTED) or (before == line.segment.value and origin == COMPUTED):
                continue
            rows.append((line.customer_id, line.segment.value, COMPUTED))
            if before != line.segment.value:
                moves.append((line.customer, line.name, before, line.segment.value))
        context.update_many(Customer, ("segment", "segment_origin"), rows)
        return Refreshed(tuple(moves))


ACTIONS = (ListSegments, RefreshSegments)

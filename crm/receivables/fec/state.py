"""One import of a FEC under way: every line of every year as it will stand, and what the steps of the import share."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from crm.core.bulk import Batch
from crm.core.runner import Context
from crm.receivables.fec import known
from crm.receivables.fec.ledger import ADVANCE, OPENING, Line, generic
from crm.receivables.fec.parties import Parties

SOURCE, OTHER_SOURCE = "fec", "fec-other"
"""Where payments say they come from: money, and other credits of the books (discounts, losses, advances used)."""
FLUSHED = 20_000
"""Rows are written, and progress is told, every so many."""


@dataclass(slots=True)
class Kept:
    """A line as it will stand, with what stands for it here. `id` 0: to be written."""

    id: int
    year: date
    line: Line
    customer_id: int = 0
    instalment_id: int | None = None
    payment_id: int | None = None
    linked: bool = False
    outside: bool = False
    cleared: bool = False
    wanted: int = 0
    """The cents of its document: none for advances, and for opening lines that stand for others."""
    before: known.Item | None = None
    born: bool = False
    """Its document is made by this import."""
    retired: tuple[int | None, int | None] | None = None
    """What stood for it until it came to stand for others."""


@dataclass
class State:
    """What the steps of an import share."""

    context: Context
    batch: Batch
    parties: Parties
    opened: dict[date, bool]
    """Beginning of each year → whether its opening entries are known."""
    kept: list[Kept] = field(default_factory=list)
    invoices: dict[str, known.KnownInvoice] = field(default_factory=dict)
    """Documents that are here under a number of the file."""
    again: bool = False
    """Files were read before."""
    conflicts: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Line, customer, invoice, and what a person should look at."""

    def restates(self, year: date) -> bool:
        """Whether opening entries of a year stand for what the years before left open."""
        return self.opened.get(year, False) and any(other < year for other in self.opened)

    def conflict(self, kept: Kept, text: str, invoice: str = "") -> None:
        """Note what a person should look at."""
        self.conflicts.append((kept.line.place, kept.customer_id, invoice, text))


def side_of(kept: Kept) -> tuple[str, int] | None:
    if kept.payment_id is not None:
        return "payment", kept.payment_id
    return ("instalment", kept.instalment_id) if kept.instalment_id is not None else None


def line_of(item: known.Item) -> Line:
    return Line(
        item.place, item.party, item.account, item.auxiliary, "", item.journal, item.number, item.dated, item.issued, item.piece,
        item.label, item.cents, item.code, item.role, item.rule,
    )  # fmt: skip  # read as a table: columns side by side


def sums_of(lines: Iterable[Line]) -> Counter[str]:
    """411: the balance of 411, 413 and 416; 419: that of advances. Cents."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums[ADVANCE if line.account[:3] == ADVANCE else "411"] += line.cents
    return sums


def base_of(line: Line) -> str:
    """The number a document gets, unless another has it: the reference, or what tells the line apart where it names none."""
    if line.piece and not generic(line.piece):
        return line.piece
    if line.role == OPENING:
        return f"{line.piece or line.journal} {called(line)}"
    return f"{line.journal} {line.number or line.piece or line.dated.isoformat()}"


def called(line: Line) -> str:
    """How an account is called in a number."""
    return line.auxiliary or line.party

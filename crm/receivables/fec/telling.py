"""What is told of a FEC that came in: its own quality, what was assumed, what a person should look at."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from crm.core.exchange import FileReport
from crm.core.i18n import _, plural
from crm.core.money import shown
from crm.receivables.fec import checks
from crm.receivables.fec.gathering import Gathered
from crm.receivables.fec.ledger import INVOICE, Line, generic
from crm.receivables.fec.reader import Header
from crm.receivables.fec.state import State


def tell(
    report: FileReport, gathered: Gathered, state: State, terms: str, outside: Sequence[int], *, assumed: bool
) -> None:
    """Enter all of it in the report.

    `outside`: what is open of each lettered item; `assumed`: due dates were counted, by `terms` where the customer has none.
    """
    if gathered.header is not None:
        _tell_header(report, gathered.header)
    _count_oddities(gathered)
    for line, text in checks.told(gathered.findings, report.file, _doubles(gathered.lines)):
        report.warn(line, text)
    for line, text in state.parties.told:
        report.warn(line, text)
    for line, _customer, _invoice, text in state.conflicts:
        report.warn(line, text)
    if outside:
        report.warn(
            0,
            _("{told}, {amount}: lettered, payment outside this file. Reminders ask before they go; review_assumptions lists them.").format(
                told=plural("{count} invoice is open", "{count} invoices are open", len(outside)), amount=shown(sum(outside), "EUR")
            ),
        )  # fmt: skip  # read as a table: columns side by side
    if assumed:
        report.warn(
            0,
            _("A FEC has no due dates: they are counted from the terms ({terms} where the customer has none), and marked as assumed.").format(
                terms=terms
            ),
        )  # fmt: skip  # read as a table: columns side by side


def _tell_header(report: FileReport, header: Header) -> None:
    if header.separator == ";":
        report.warn(1, _("The separator is a semicolon; the law wants a tab or a vertical bar."))
    if header.extra:
        report.warn(1, _("Columns not used: {names}.").format(names=", ".join(header.extra)))
    if header.missing:
        report.warn(
            1, _("Columns that the law wants and the file lacks: {names}.").format(names=", ".join(header.missing))
        )


def _count_oddities(gathered: Gathered) -> None:
    findings = gathered.findings
    sums: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], int] = {}
    pieces: dict[str, str] = {}
    shared: set[str] = set()
    for line in gathered.lines:
        if line.code:
            key = (line.account, line.auxiliary, line.code)
            sums[key] += line.cents
            first.setdefault(key, line.place)
        if line.role == INVOICE and line.piece and pieces.setdefault(line.piece, line.party) != line.party:
            shared.add(line.piece)
            findings.line_of.setdefault("piece_in_other", line.place)
    for key, cents in sums.items():
        if cents:
            findings.note("unbalanced_code", first[key])
    if shared:
        findings.counted["piece_in_other"] = len(shared)
    if unbalanced := sum(
        bool(code and group[0]) for owed in gathered.suppliers.values() for code, group in owed.codes.items()
    ):
        findings.line_of.setdefault("supplier_code", 0)
        findings.counted["supplier_code"] = unbalanced


def _doubles(lines: Sequence[Line]) -> list[str]:
    seen: Counter[tuple[str, str, int, date]] = Counter(
        (line.party, line.piece, line.cents, line.dated)
        for line in lines
        if line.role == INVOICE and line.piece and not generic(line.piece)
    )
    return [piece for (_party, piece, _cents, _day), count in seen.items() if count > 1]

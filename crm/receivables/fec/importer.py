"""`fec`: the accounting file taken over. What it says is compared with what is here; only the difference is written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import col, select

from crm.core.bulk import Batch, in_chunks
from crm.core.columns import ColumnSpec
from crm.core.exchange import FileReport, Source
from crm.core.i18n import _
from crm.core.money import shown
from crm.core.runner import Context
from crm.core.tabular import Table
from crm.customers.models import Customer
from crm.customers.queries import default_terms
from crm.customers.tasks import Task, TaskType
from crm.law.terms import PaymentTerms, due_date
from crm.receivables.fec import checks, known
from crm.receivables.fec.gathering import Gathered, gather
from crm.receivables.fec.ledger import (
    ADVANCE,
    CREDIT_NOTE,
    DIFFERENCE,
    INVOICE,
    OPENING,
    PAYMENT,
    SALES,
    TRANSFER,
    Line,
    generic,
    is_collective,
)
from crm.receivables.fec.models import AccountingItem, AccountingYear, AuxiliaryAccount, SupplierItem
from crm.receivables.fec.openness import Entry, Settled, Year, settle
from crm.receivables.fec.parties import ACCOUNT_COLUMNS, CUSTOMER_COLUMNS, Parties
from crm.receivables.fec.reader import header_of
from crm.receivables.fec.suppliers import COLUMNS as SUPPLIER_COLUMNS
from crm.receivables.fec.suppliers import UPDATED, take_suppliers
from crm.receivables.models import Allocation, Dispute, DocumentKind, Instalment, Invoice, Payment, Promise

_SOURCE, _OTHER_SOURCE = "fec", "fec-other"
_SURE = 1_000
_FLUSHED = 20_000
_AT_ONCE = 5_000
_TASKS = 50
"""Up to so many conflicts become tasks; all of them are told."""
_YEAR = ("starts", "last_entry", "opened", "siren", "file", "receivable_cents", "advance_cents")
_SHAPES = (
    (AccountingYear, _YEAR),
    (AuxiliaryAccount, ACCOUNT_COLUMNS),
    (Invoice, ("number", "customer_id", "kind", "issue_date", "currency", "total_cents", "net_cents", "order_reference", "original_number", "sale")),
    (Instalment, ("invoice_id", "due_date", "cents", "assumed")),
    (Payment, ("reference", "source", "source_key", "customer_id", "received", "currency", "cents", "method", "label")),
    (AccountingItem, ("year_id", "place", "party", "account", "auxiliary", "journal", "entry_number", "dated", "issued", "piece", "label", "cents", "code", "role", "rule", "customer_id", "instalment_id", "payment_id", "linked", "outside", "cleared")),
    (Allocation, ("instalment_id", "payment_id", "credit_id", "cents", "value_date", "code", "rule", "reverses_id")),
    (SupplierItem, SUPPLIER_COLUMNS),
    (Task, ("task_type", "customer_id", "invoice", "day", "time", "assignee", "note", "origin", "outcome")),
)  # fmt: skip
_ITEM_UPDATES = (
    "place", "journal", "entry_number", "dated", "issued", "piece", "label", "cents", "code", "role", "rule", "instalment_id",
    "payment_id", "linked", "outside",
)  # fmt: skip


class Fec:
    """The accounting file of a year, whole or so far."""

    kind = _SOURCE
    columns: tuple[ColumnSpec, ...] = ()

    def score(self, source: Source, table: Table | None) -> int:
        """Sure when the first line names the columns of a FEC."""
        return _SURE if header_of(source.head) is not None else 0

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Read it once, compare, write the difference.

        Raises:
            Unreadable: it cannot be trusted as a whole.
        """
        with source.open() as stream:
            gathered = gather(stream, lambda count: context.progress(_("entries"), count))
        _Load(context, source.name, gathered, report).take()


@dataclass(slots=True)
class _Kept:
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
class _Load:
    """One file being taken over."""

    context: Context
    file: str
    gathered: Gathered
    report: FileReport
    conflicts: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Line, customer, invoice and what a person should look at."""

    def take(self) -> None:
        """All of it."""
        found, report, context = self.gathered.findings, self.report, self.context
        self.years = known.years(context)
        siren, closing = checks.named(self.file)
        first, last = found.first or context.today, found.last or context.today
        self.first, self.last = first, last
        self.items = known.items(context) if self.years else []
        days = (self.gathered.opening, first, closing)
        self.year, start = known.year_of(self.years, self.items, self.gathered.lines, days)
        own = [item for item in self.items if self.year is not None and item.year_id == self.year.id]
        self.compared = known.compare(self.gathered.lines, own, first, last)
        self.batch: Batch = context.batch((Customer, CUSTOMER_COLUMNS), *_SHAPES)
        self._year(start, siren)
        self._begin_lines()
        self._documents()
        self._settle()
        self._correct_documents()
        self._write_lines()
        suppliers = take_suppliers(
            context, self.batch, self.year_id, self.gathered.suppliers, self.compared, new_year=self.year is None
        )
        self._tasks()
        written = self.batch.close()
        self._updates()
        context.update_many(SupplierItem, UPDATED, suppliers)
        self._tell(written)
        report.read = found.lines
        report.created = len(self.compared.new)
        report.updated = self.updated
        report.duplicates = len(self.compared.same) + len(self.compared.changed) - self.updated
        report.ignored = found.lines - report.created - report.updated - report.duplicates

    def _year(self, start: date, siren: str) -> None:
        opened = self.gathered.opening is not None
        self.start = start
        if self.year is None:
            sums = _sums(self.gathered.lines)
            self.year_id = self.batch.add(
                "accounting_year", start, self.last, opened, siren, self.file, sums["411"], sums[ADVANCE]
            )
        else:
            self.year_id = self.year.id
            opened = opened or self.year.opened
        self.opened = {year.starts if year is not self.year else start: year.opened for year in self.years}
        self.opened[start] = opened
        self.starts_of = {year.id: year.starts for year in self.years}
        self.starts_of[self.year_id] = start

    def _restates(self, year: date) -> bool:
        return self.opened.get(year, False) and any(other < year for other in self.opened)

    def _begin_lines(self) -> None:
        """Every line of every year as it will stand, beside what was here."""
        known_invoices = known.invoices(
            self.context, (_base(line) for line in self.compared.new if line.account[:3] != ADVANCE)
        )
        self.invoices = known_invoices
        self.any_invoice = bool(known_invoices) or bool(self.items)
        self.parties = Parties(self.context)
        evidence = {number: (row.customer_id, row.cents) for number, row in known_invoices.items()}
        self.parties.resolve(self.gathered.lines, evidence, self.batch)
        now = {item.id: line for line, item in (*self.compared.same, *self.compared.changed)}
        gone = {item.id for item in self.compared.gone}
        self.kept: list[_Kept] = []
        for item in self.items:
            line = now.get(item.id)
            if line is None:
                line = _line_of(item)
                if item.id in gone:
                    line = line._replace(cents=0)
            self.kept.append(
                _Kept(
                    item.id, self.starts_of[item.year_id], line, item.customer_id, item.instalment_id, item.payment_id,
                    item.linked, item.outside, item.cleared, before=item,
                )
            )  # fmt: skip
        ids, start = self.parties.ids, self.start
        self.kept += [_Kept(0, start, line, ids[line.party]) for line in self.compared.new]
        for kept in self.kept:
            line = kept.line
            if line.role != DIFFERENCE and line.account[:3] != ADVANCE:
                kept.wanted = 0 if line.role == OPENING and self._restates(kept.year) else line.cents

    def _documents(self) -> None:
        """Documents and payments for lines that have none; those that are here from elsewhere are taken for them."""
        self.numbers: set[str] = set()
        self.keys: Counter[str] = Counter()
        self.default_terms = default_terms(self.context.session)
        self.due: dict[tuple[date, str], date] = {}
        self.documented = {kept.instalment_id for kept in self.kept if kept.instalment_id is not None}
        self.payment_keys = known.payment_keys(self.context) if self.items else set()
        free = known.FreePayments(self.context)
        self.named_payers: list[tuple[int, int]] = []
        for place, kept in enumerate(self.kept):
            if kept.wanted and kept.instalment_id is None and kept.payment_id is None:
                self._document(kept, free)
            if place % _FLUSHED == _FLUSHED - 1:
                self.batch.flush()
                self.context.progress(_("documents"), place)

    def _document(self, kept: _Kept, free: known.FreePayments) -> None:
        line = kept.line
        if line.cents > 0 or line.role == CREDIT_NOTE:
            there = self.invoices.get(line.piece) if line.role in (*SALES, OPENING) else None
            if (
                there is not None
                and there.customer_id == kept.customer_id
                and there.instalment_id not in self.documented
                and line.piece not in self.numbers
            ):
                if there.cents == line.cents and there.instalments == 1:
                    kept.instalment_id, kept.linked = there.instalment_id, True
                    self.numbers.add(line.piece)
                    return
                self._conflict(
                    kept,
                    line.piece,
                    _("Document {number} is here with {ours}, the books have {theirs}: both stand.").format(
                        number=line.piece, ours=shown(there.cents, "EUR"), theirs=shown(line.cents, "EUR")
                    ),
                )
            self._invoice(kept)
        else:
            payment = free.find(kept.customer_id, -line.cents, line.dated)
            if payment is not None:
                kept.payment_id, kept.linked = payment[0], True
                if payment[1]:
                    self.named_payers.append((payment[0], kept.customer_id))
                return
            self._payment(kept)
        kept.born = True

    def _invoice(self, kept: _Kept) -> None:
        line, add = kept.line, self.batch.add
        kind = DocumentKind.INVOICE if line.cents > 0 else DocumentKind.CREDIT_NOTE
        due = line.issued if line.cents < 0 else self._due(line.issued, kept.customer_id)
        invoice_id = add(
            "invoice", self._number(kept), kept.customer_id, kind.value, line.issued, "EUR", line.cents, None, "", "",
            line.role in SALES,
        )  # fmt: skip
        kept.instalment_id = add("instalment", invoice_id, due, line.cents, line.cents > 0)

    def _due(self, issued: date, customer_id: int) -> date:
        terms = self.parties.terms.get(customer_id, self.default_terms)
        found = self.due.get((issued, terms))
        if found is None:
            found = self.due[issued, terms] = due_date(issued, PaymentTerms.parse(terms))
        return found

    def _number(self, kept: _Kept) -> str:
        """The document's reference; where it names none, or another has it, what tells it apart."""
        base, serial = _base(kept.line), 1
        wanted = base
        while wanted in self.numbers or self._taken(wanted):
            serial += 1
            wanted = f"{base} ({serial})"
        self.numbers.add(wanted)
        return wanted

    def _taken(self, number: str) -> bool:
        if number in self.invoices:
            return True
        if not self.any_invoice or not number.endswith(")"):
            return False
        return self.context.session.exec(select(Invoice.id).where(Invoice.number == number)).first() is not None

    def _payment(self, kept: _Kept) -> None:
        line = kept.line
        source = _SOURCE if line.role == PAYMENT else _OTHER_SOURCE
        base = f"{line.dated}/{line.journal}/{line.number}/{line.party}/{line.piece}/{line.cents}"
        self.keys[base] += 1
        key = f"{base}#{self.keys[base]}"
        while key in self.payment_keys:
            self.keys[base] += 1
            key = f"{base}#{self.keys[base]}"
        reference = line.piece or line.number or line.label
        kept.payment_id = self.batch.add(
            "payment", reference, source, key, kept.customer_id, line.dated, "EUR", -line.cents, "", line.label
        )

    def _settle(self) -> None:
        """What the codes of all years say, customer by customer, and what is set against what because of it."""
        matched = (
            known.matched(self.context)
            if self.items or self.context.session.exec(select(Allocation.id).limit(1)).first()
            else known.Matched()
        )
        by_party: dict[str, list[int]] = defaultdict(list)
        for place, kept in enumerate(self.kept):
            by_party[kept.line.party].append(place)
        taken = self._taken_here(matched)
        elsewhere = self._elsewhere(by_party)
        starts = sorted(self.opened)
        desired: dict[known.Pairing, tuple[int, date, str, str]] = {}
        outside: set[int] = set()
        self.differences: list[_Kept] = []
        for party, places in by_party.items():
            settled = self._settled(party, places, starts, taken, elsewhere)
            made = self._made_up(party, places, starts, settled)
            outside.update(settled.outside)
            for pair in settled.pairs:
                self._desire(desired, pair.debit, pair.credit, pair.cents, pair.code, pair.rule, made)
        for place, kept in enumerate(self.kept):
            kept.outside = place in outside and not kept.cleared
        self._own_against_books(matched)
        self._allocate(desired, matched)

    def _settled(
        self, party: str, places: list[int], starts: list[date], taken: dict[int, int], elsewhere: dict[date, tuple[str, int]],
    ) -> Settled:  # fmt: skip
        kept = self.kept
        by_year: dict[date, list[Entry]] = {start: [] for start in starts}
        mates = self._mates(places)
        opened_by_itself: set[date] = set()
        for place in places:
            one = kept[place]
            line = one.line
            if not line.cents or line.role == DIFFERENCE or line.account[:3] == ADVANCE:
                continue
            if line.role == OPENING:
                opened_by_itself.add(one.year)
            by_year[one.year].append(
                Entry(place, line.account, line.auxiliary, line.issued if line.cents > 0 else line.dated, line.piece, line.cents, line.code, line.role, mates.get(place, -1))
            )  # fmt: skip
        years = []
        for start in starts:
            restates, part = self._restates(start), 0
            if restates and start in elsewhere:
                collective, part = elsewhere[start]
                restates = start in opened_by_itself or party == collective
                part = part if party == collective else 0
            years.append(Year(by_year[start], restates, part))
        return settle(years, taken)

    def _mates(self, places: list[int]) -> dict[int, int]:
        """Pairs of lines of one entry that move the same amount from one account to another."""
        found: dict[int, int] = {}
        waiting: dict[tuple[object, ...], list[int]] = {}
        for place in places:
            kept = self.kept[place]
            line = kept.line
            if line.role == TRANSFER and line.cents:
                mark = (kept.year, line.journal, line.number, line.dated)
                if others := waiting.get((*mark, -line.cents)):
                    other = others.pop(0)
                    found[place], found[other] = other, place
                else:
                    waiting.setdefault((*mark, line.cents), []).append(place)
        return found

    def _elsewhere(self, by_party: dict[str, list[int]]) -> dict[date, tuple[str, int]]:
        """Years opened by one lump for all customers: its account, and what of it belongs to those without a line of their own."""
        found: dict[date, tuple[str, int]] = {}
        for start in self.opened:
            if not self._restates(start):
                continue
            opening = {kept.line.party: kept.line for kept in self.kept if kept.year == start and kept.line.role == OPENING and kept.line.cents and kept.line.account[:3] != ADVANCE}  # fmt: skip
            lump = next((party for party, line in opening.items() if is_collective(line.account, line.auxiliary)), None)
            if lump is None:
                continue
            total = 0
            for party, places in by_party.items():
                if party not in opening:
                    total += sum(
                        self.kept[place].line.cents
                        for place in places
                        if self.kept[place].year < start and self.kept[place].wanted
                    )
            if total:
                found[start] = (lump, total)
        return found

    def _taken_here(self, matched: known.Matched) -> dict[int, int]:
        """What of each line is used by matches made here."""
        used: Counter[tuple[str, int]] = Counter()
        for (instalment, payment, credit), cents in matched.own.items():
            if cents > 0:
                used["instalment", instalment] += cents
                if payment is not None:
                    used["payment", payment] += cents
                elif credit is not None:
                    used["instalment", credit] += cents
        found: dict[int, int] = {}
        if used:
            for place, kept in enumerate(self.kept):
                side = _side(kept)
                if side is not None and kept.wanted and (cents := min(used[side], abs(kept.wanted))) > 0:
                    found[place] = cents
                    used[side] -= cents
        return found

    def _made_up(self, party: str, places: list[int], starts: list[date], settled: Settled) -> dict[int, _Kept]:
        """The lines that make up for what openings differ by: new ones, and those of earlier imports with what they are now."""
        wanted = dict(settled.differences)
        made: dict[int, _Kept] = {}
        before = {
            self.kept[place].year: self.kept[place] for place in places if self.kept[place].line.role == DIFFERENCE
        }
        for year_place, start in enumerate(starts):
            cents = wanted.get(year_place, 0)
            kept = before.get(start)
            if kept is not None and kept.line.cents and (kept.line.cents > 0) != (cents > 0) and cents:
                # The other way round: another kind of document.
                kept.line, kept.wanted = kept.line._replace(cents=0), 0
                kept = None
            if kept is None and cents:
                kept = self._difference(party, places, start, cents)
            if kept is not None:
                kept.line, kept.wanted = kept.line._replace(cents=cents), cents
                made[-1 - year_place] = kept
        return made

    def _difference(self, party: str, places: list[int], start: date, cents: int) -> _Kept:
        sample = self.kept[places[0]]
        line = Line(
            0, party, sample.line.account, sample.line.auxiliary, sample.line.name, "", "", start, start, "",
            _("Opening balance against the year before"), cents, "", DIFFERENCE, "opening/difference",
        )  # fmt: skip
        kept = _Kept(0, start, line, sample.customer_id, wanted=cents, born=True)
        if cents > 0:
            kept.line = line._replace(journal=_("Opening {year}").format(year=start.year), number=_called(line))
            self._invoice(kept)
        else:
            self._payment(kept)
        self.differences.append(kept)
        self._conflict(
            kept,
            "",
            _("The opening balance of {day} differs by {amount} from what the year before left open. Is its file complete?").format(
                day=start.isoformat(), amount=shown(cents, "EUR")
            ),
        )  # fmt: skip
        return kept

    def _desire(
        self, desired: dict[known.Pairing, tuple[int, date, str, str]], debit: int, credit: int, cents: int, code: str, rule: str, made: dict[int, _Kept],
    ) -> None:  # fmt: skip
        one = made[debit] if debit < 0 else self.kept[debit]
        two = made[credit] if credit < 0 else self.kept[credit]
        if one.instalment_id is None or (two.instalment_id is None and two.payment_id is None):
            return
        pair = (one.instalment_id, two.payment_id, two.instalment_id)
        day = max(one.line.issued, two.line.dated if two.payment_id is not None else two.line.issued)
        if one.linked or two.linked:
            day = max(one.line.dated, two.line.dated)
        before = desired.get(pair)
        desired[pair] = (cents + (before[0] if before else 0), day, code, rule)

    def _own_against_books(self, matched: known.Matched) -> None:
        """Matches made here that the books letter otherwise: kept, and told."""
        if not matched.own:
            return
        by_side: dict[tuple[str, int], _Kept] = {}
        for kept in self.kept:
            side = _side(kept)
            if side is not None and kept.wanted:
                by_side[side] = kept
        for (instalment, payment, credit), cents in sorted(matched.own.items(), key=str):
            debit = by_side.get(("instalment", instalment))
            other = by_side.get(("payment", payment) if payment is not None else ("instalment", credit or 0))
            if debit is None or other is None or cents == 0:
                continue
            if cents < 0 and debit.line.code and debit.line.code == other.line.code:
                text = _(
                    "The books letter {source} with {invoice} ({code}); here the match was taken back, and stays so."
                )
            elif cents > 0 and debit.line.code != other.line.code and (debit.line.code and other.line.code):
                text = _(
                    "Here {source} is set against {invoice}; the books letter them apart ({code}). The match made here stays."
                )
            else:
                continue
            self._conflict(
                debit,
                debit.line.piece,
                text.format(
                    source=other.line.piece or other.line.label, invoice=debit.line.piece or debit.line.label, code=debit.line.code
                ),
            )  # fmt: skip

    def _allocate(self, desired: dict[known.Pairing, tuple[int, date, str, str]], matched: known.Matched) -> None:
        """Write what is new, and take back what the books no longer say."""
        add = self.batch.add
        self.settled_now = 0
        for number, (pair, (cents, day, code, rule)) in enumerate(desired.items()):
            if matched.own.get(pair, 0) < 0:
                continue
            now = matched.rows.get(pair)
            if now is None:
                add("allocation", *pair, cents, day, code, rule, None)
            elif sum(row[1] for row in now) != cents or any(row[2] != day for row in now):
                self._take_back(pair, now)
                add("allocation", *pair, cents, day, code, rule, None)
            if number % _FLUSHED == _FLUSHED - 1:
                self.batch.flush()
        for pair, now in matched.rows.items():
            if pair not in desired:
                self._take_back(pair, now)

    def _take_back(self, pair: known.Pairing, rows: list[tuple[int, int, date, str]]) -> None:
        for key, cents, day, code in rows:
            self.batch.add("allocation", *pair, -cents, day, code, "fec", key)

    def _write_lines(self) -> None:
        self.updated = 0
        item_updates: list[tuple[object, ...]] = []
        add = self.batch.add
        changed_ids = {item.id for _line, item in self.compared.changed}
        file_ids = changed_ids | {item.id for _line, item in self.compared.same}
        for place, kept in enumerate((*self.kept, *self.differences)):
            line, before = kept.line, kept.before
            values = (
                line.place, line.journal, line.number, line.dated, line.issued, line.piece, line.label, line.cents, line.code, line.role,
                line.rule, kept.instalment_id, kept.payment_id, kept.linked, kept.outside,
            )  # fmt: skip
            if before is None:
                year = (
                    self.year_id
                    if kept.year == self.start
                    else next(key for key, day in self.starts_of.items() if day == kept.year)
                )
                add(
                    "accounting_item", year, line.place, line.party, line.account, line.auxiliary, line.journal, line.number,
                    line.dated, line.issued, line.piece, line.label, line.cents, line.code, line.role, line.rule, kept.customer_id,
                    kept.instalment_id, kept.payment_id, kept.linked, kept.outside, kept.cleared,
                )  # fmt: skip
            else:
                stood = (
                    before.place, before.journal, before.number, before.dated, before.issued, before.piece, before.label, before.cents,
                    before.code, before.role, before.rule, before.instalment_id, before.payment_id, before.linked, before.outside,
                )  # fmt: skip
                if stood != values:
                    # That a line moved up or down in the file is no news.
                    news = stood[1:] != values[1:]
                    if news:
                        item_updates.append((before.id, *values))
                    if before.id in file_ids and (stood[1:-1] != values[1:-1]):
                        self.updated += 1
            if place % _FLUSHED == _FLUSHED - 1:
                self.batch.flush()
        self.item_updates = item_updates

    def _updates(self) -> None:
        context = self.context
        context.update_many(AccountingItem, _ITEM_UPDATES, self.item_updates)
        context.update_many(Instalment, ("cents",), self.instalment_updates)
        context.update_many(Invoice, ("total_cents", "issue_date"), self.invoice_updates)
        context.update_many(Payment, ("cents", "received"), self.payment_updates)
        context.update_many(Payment, ("customer_id",), self.named_payers)
        if self.year is None:
            return
        sums = _sums(kept.line for kept in self.kept if kept.year == self.start and kept.line.role != DIFFERENCE)
        values = {
            "starts": self.start,
            "last_entry": max(self.last, self.year.last_entry),
            "opened": self.opened[self.start],
            "receivable_cents": sums["411"],
            "advance_cents": sums[ADVANCE],
            **({} if self.compared.repeats else {"file": self.file}),
        }
        year = context.session.get_one(AccountingYear, self.year_id)
        for name, value in values.items():
            if getattr(year, name) != value:
                setattr(year, name, value)
        context.session.add(year)
        context.session.flush()

    def _correct_documents(self) -> None:
        """Documents of the books whose amount is another now: corrected lines, lines that left, opening lines that stand for others."""
        documents: list[_Kept] = []
        self.payment_updates: list[tuple[int, int, date]] = []
        for kept in self.kept:
            before = kept.before
            if before is None or kept.born:
                continue
            stood = 0 if before.role == OPENING and self._restated_before(before) else before.cents
            if kept.wanted == stood and before.dated == kept.line.dated and before.issued == kept.line.issued:
                continue
            if kept.linked:
                self._conflict(
                    kept,
                    kept.line.piece,
                    _("Document {number} was here before the books; they have {amount} for it now.").format(
                        number=kept.line.piece or kept.line.label, amount=shown(kept.wanted, "EUR")
                    ),
                )
            elif kept.instalment_id is not None:
                documents.append(kept)
            elif kept.payment_id is not None:
                self.payment_updates.append((kept.payment_id, -kept.wanted, kept.line.dated))
            if not kept.wanted and kept.line.role == OPENING:
                # It stands for documents of the year before from now on, and has none of its own.
                kept.retired = (kept.instalment_id, kept.payment_id)
        self._correct_invoices(documents)
        for kept in self.kept:
            if kept.retired is not None:
                kept.instalment_id = kept.payment_id = None

    def _correct_invoices(self, documents: list[_Kept]) -> None:
        self.instalment_updates: list[tuple[int, int]] = []
        self.invoice_updates: list[tuple[int, int, date]] = []
        session = self.context.session
        for part in in_chunks(documents, _AT_ONCE):
            by_key = {kept.instalment_id: kept for kept in part}
            found = session.exec(
                select(Instalment.id, Instalment.invoice_id)
                .where(col(Instalment.id).in_([key for key in by_key if key is not None]))
                .order_by(col(Instalment.id))
            ).all()
            invoices = [invoice_id for _key, invoice_id in found]
            spoken_of = {
                key
                for kind in (Promise, Dispute)
                for key in session.exec(select(kind.invoice_id).where(col(kind.invoice_id).in_(invoices)))
            }
            for key, invoice_id in found:
                kept = by_key[key]
                self.instalment_updates.append((key, kept.wanted))
                self.invoice_updates.append((invoice_id, kept.wanted, kept.line.issued))
                if invoice_id in spoken_of:
                    self._conflict(
                        kept,
                        kept.line.piece,
                        _("The books have changed {number} to {amount}; a promise or a dispute speaks of it.").format(
                            number=kept.line.piece or kept.line.label, amount=shown(kept.wanted, "EUR")
                        ),
                    )

    def _restated_before(self, item: known.Item) -> bool:
        """Whether an opening line stood for others before this file came."""
        return item.instalment_id is None and item.payment_id is None

    def _conflict(self, kept: _Kept, invoice: str, text: str) -> None:
        self.conflicts.append((kept.line.place, kept.customer_id, invoice, text))

    def _tell(self, written: Mapping[str, int]) -> None:
        report, gathered = self.report, self.gathered
        header = gathered.header
        if header is not None and header.separator == ";":
            report.warn(1, _("The separator is a semicolon; the law wants a tab or a vertical bar."))
        if header is not None and header.extra:
            report.warn(
                1, _("Columns not used: {names}.").format(names=", ".join(name for name in header.extra if name) or "—")
            )
        if header is not None and header.missing:
            report.warn(
                1, _("Columns that the law wants and the file lacks: {names}.").format(names=", ".join(header.missing))
            )
        self._count_oddities()
        for line, text in checks.told(gathered.findings, self.file, self._doubles()):
            report.warn(line, text)
        for line, text in self.parties.told:
            report.warn(line, text)
        for line, _customer, _invoice, text in self.conflicts:
            report.warn(line, text)
        if count := sum(kept.outside for kept in self.kept):
            cents = sum(kept.line.cents for kept in self.kept if kept.outside)
            report.warn(
                0,
                _("Lettered, payment outside this file: {count} invoices of {amount}. Reminders ask before they go; review_assumptions lists them.").format(
                    count=count, amount=shown(cents, "EUR")
                ),
            )  # fmt: skip
        if written["instalment"]:
            report.warn(
                0,
                _("A FEC has no due dates: they are counted from the terms ({terms} where the customer has none), and marked as assumed.").format(
                    terms=self.default_terms
                ),
            )  # fmt: skip
        for table, name in (("customer", "customers"),):
            if written[table]:
                report.also_created[name] += written[table]

    def _tasks(self) -> None:
        """What a person has to look at becomes a task, once."""
        query = select(Task).where(Task.origin == _SOURCE, col(Task.done).is_(None)).order_by(col(Task.id))
        there = {(task.customer_id, task.note) for task in self.context.session.exec(query)}
        for _line, customer_id, invoice, text in self.conflicts[:_TASKS]:
            if (customer_id, text) not in there:
                there.add((customer_id, text))
                self.batch.add(
                    "task", TaskType.TODO.value, customer_id, invoice, self.context.today, "", "", text, _SOURCE, ""
                )

    def _count_oddities(self) -> None:
        findings = self.gathered.findings
        sums: Counter[tuple[str, str, str]] = Counter()
        first: dict[tuple[str, str, str], int] = {}
        pieces: dict[str, str] = {}
        shared: set[str] = set()
        for line in self.gathered.lines:
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
            bool(code and group[0]) for owed in self.gathered.suppliers.values() for code, group in owed.codes.items()
        ):
            findings.line_of.setdefault("supplier_code", 0)
            findings.counted["supplier_code"] = unbalanced

    def _doubles(self) -> list[str]:
        seen: Counter[tuple[str, str, int, date]] = Counter(
            (line.party, line.piece, line.cents, line.dated)
            for line in self.gathered.lines
            if line.role == INVOICE and line.piece and not generic(line.piece)
        )
        return [piece for (_party, piece, _cents, _day), count in seen.items() if count > 1]


def _side(kept: _Kept) -> tuple[str, int] | None:
    if kept.payment_id is not None:
        return "payment", kept.payment_id
    return ("instalment", kept.instalment_id) if kept.instalment_id is not None else None


def _line_of(item: known.Item) -> Line:
    return Line(
        item.place, item.party, item.account, item.auxiliary, "", item.journal, item.number, item.dated, item.issued, item.piece,
        item.label, item.cents, item.code, item.role, item.rule,
    )  # fmt: skip


def _sums(lines: Iterable[Line]) -> Counter[str]:
    """411: the balance of 411, 413 and 416; 419: that of advances. Cents."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums[ADVANCE if line.account[:3] == ADVANCE else "411"] += line.cents
    return sums


def _base(line: Line) -> str:
    """The number a document gets, unless another has it: the reference, or what tells the line apart where it names none."""
    if line.piece and not generic(line.piece):
        return line.piece
    if line.role == OPENING:
        return f"{line.piece or line.journal} {_called(line)}"
    return f"{line.journal} {line.number or line.piece or line.dated.isoformat()}"


def _called(line: Line) -> str:
    """How an account is called in a number."""
    return line.auxiliary or line.party

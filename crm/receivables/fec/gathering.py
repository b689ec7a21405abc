"""One pass over a FEC: customers' lines with their roles, suppliers' balances, and what a bookkeeper would like to know. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.problems import Unreadable, excerpt
from crm.receivables.fec.checks import Findings
from crm.receivables.fec.ledger import (
    CUSTOMER,
    OPENING,
    SUPPLIER,
    TRANSFER,
    Line,
    Raw,
    is_collective,
    is_opening,
    is_sales_journal,
    party_of,
    portions,
    role_of,
)
from crm.receivables.fec.reader import Amounts, Days, Header, lines_of

_MAX_TEXT = 200
_PENDING = 5_000
_WATCHED = frozenset(account[:2] for account in CUSTOMER | SUPPLIER)
_FIRST_LINES = 20_000

mark("entries")


@dataclass
class Owed:
    """What stands on a supplier's account. Cents, credit positive: we owe it."""

    account: str
    name: str
    balance: int = 0
    codes: dict[str, list[int]] = field(default_factory=dict)
    """Matching code → balance, number of lines."""
    oldest: dict[str, date] = field(default_factory=dict)
    """Matching code → date of the oldest line that we owe."""


@dataclass
class Gathered:
    """What one file holds for us."""

    lines: list[Line] = field(default_factory=list)
    suppliers: dict[str, Owed] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    header: Header | None = None
    opening: date | None = None
    """The day of the opening entries; None: the file has none."""
    empty: int = 0
    """Lines on customers' accounts without an amount."""


def gather(stream: BinaryIO, tick: Callable[[int], None]) -> Gathered:
    """Read the whole file once. `tick` is told every few thousand lines how many have been read.

    Raises:
        Unreadable: no header, a date or amount that is none on a customer's line, an entry or a file that does not balance.
    """
    return _Pass(stream, tick).through()


class _Pass:
    def __init__(self, stream: BinaryIO, tick: Callable[[int], None]) -> None:
        self._stream, self._tick = stream, tick
        self.found = Gathered()
        self._days = Days()
        self._pending: dict[tuple[str, str], list[Raw]] = {}
        self._journals: dict[tuple[str, str], bool] = {}

    def through(self) -> Gathered:
        place, header = 0, None
        for lines in lines_of(self._stream):
            if header is None:
                while lines and not lines[0].strip():
                    place += 1
                    lines = lines[1:]
                if not lines:
                    continue
                header = Header.read(lines[0])
                if header is None:
                    raise Unreadable(
                        _("The first line does not name the columns of a FEC (JournalCode, EcritureDate, CompteNum…).")
                    )
                self._open(header, "\n".join(lines[1:_FIRST_LINES]))
                place, lines = place + 1, lines[1:]
            self._block(lines, place)
            place += len(lines)
            self._tick(self.found.findings.lines)
        if header is None:
            raise Unreadable(_("The file is empty."))
        self._close()
        return self.found

    def _open(self, header: Header, sample: str) -> None:
        self.found.header = header
        self._header, self._amounts = header, Amounts(sample)
        at = header.places
        self._iJ, self._iD, self._iA, self._iL = (
            at["journalcode"], at["ecrituredate"], at["comptenum"], at["ecriturelib"],
        )  # fmt: skip
        # A column the file lacks reads as the empty cell put behind the last.
        none = header.width
        self._iT, self._iN, self._iAL, self._iX, self._iXL, self._iP, self._iPD, self._iC, self._iCD, self._iV = (
            at.get(name, none)
            for name in ("journallib", "ecriturenum", "comptelib", "compauxnum", "compauxlib", "pieceref", "piecedate", "ecriturelet", "datelet", "validdate")
        )  # fmt: skip
        self._last = max(at.values())
        first, second = ("montant", "sens") if header.signed else ("debit", "credit")
        self._i1, self._i2 = at[first], at[second]
        self._key: tuple[str, str] | None = None
        self._entry: list[Raw] = []
        self._sum, self._watched, self._dated = 0, False, ""

    def _block(self, lines: list[str], place: int) -> None:
        separator, width, signed = self._header.separator, self._header.width, self._header.signed
        i_j, i_d, i_a, i_n, i_1, i_2, i_v, i_p = (
            self._iJ, self._iD, self._iA, self._iN, self._i1, self._i2, self._iV, self._iP,
        )  # fmt: skip
        amounts, findings = self._amounts, self.found.findings
        kept = amounts._kept.get
        drafts = pieceless = numberless = 0
        counted = debit = credit = 0
        for line in lines:
            place += 1
            cells = line.split(separator)
            if len(cells) != width or self._header.quoted:
                if not line.strip(" \x1a\ufeff" + separator):
                    continue
                cells = self._fitted(cells, place)
            cells.append("")
            counted += 1
            try:
                if signed:
                    side = amounts.side(cells[i_2])
                    cents = side * amounts(cells[i_1])
                    if side > 0:
                        debit += cents
                    else:
                        credit -= cents
                    if not cents:
                        findings.note("nothing", place)
                else:
                    one = kept(cells[i_1])
                    one = amounts(cells[i_1]) if one is None else one
                    two = kept(cells[i_2])
                    two = amounts(cells[i_2]) if two is None else two
                    debit += one
                    credit += two
                    cents = one - two
                    if not (one or two) or (one and two) or one < 0 or two < 0:
                        findings.note("both_sides" if one and two else "nothing" if not cents else "negative", place)
            except ValueError:
                raise self._bad(_("“{text}” is no amount (1250,00)."), (cells[i_1], cells[i_2]), place) from None
            if cells[i_v] == "":
                drafts += 1
            if cells[i_p] == "":
                pieceless += 1
            number = cells[i_n]
            key = (cells[i_j], number)
            if key != self._key or (self._sum == 0 and number.strip() == "" and self._entry):
                self._finish()
                self._key, self._dated = key, cells[i_d]
            elif cells[i_d] != self._dated:
                findings.note("other_date", place)
            if not number:
                numberless += 1
            account = cells[i_a].strip()
            if account[:2] in _WATCHED:
                self._watched = True
            elif not "1" <= account[:1] <= "8":
                findings.note("other_account", place)
            if self._days(cells[i_d]) is None:
                if account[:3] in CUSTOMER:
                    raise self._bad(_("“{text}” is no date (20261231)."), (cells[i_d],), place)
                findings.note("bad_date", place)
            self._entry.append(Raw(account, cents, place, cells))
            self._sum += cents
        findings.lines += counted
        findings.debit += debit
        findings.credit += credit
        for kind, count in (("no_valid_date", drafts), ("no_piece", pieceless), ("no_number", numberless)):
            if count:
                findings.note(kind, place)
                findings.counted[kind] += count - 1

    def _bad(self, told: str, cells: tuple[str, ...], place: int) -> Unreadable:
        wrong = next((cell for cell in cells if not self._readable(cell)), cells[0])
        return Unreadable(told.format(text=excerpt(wrong)), line=place)

    def _readable(self, cell: str) -> bool:
        try:
            self._amounts(cell)
        except ValueError:
            return False
        return True

    def _fitted(self, cells: list[str], place: int) -> list[str]:
        """Cells as many as the header: what is empty behind them is left out, a separator within the label is put back."""
        width = self._header.width
        if self._header.quoted:
            cells = [cell.strip().strip('"') for cell in cells]
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]) and self._fits(cells[:width]):
            return cells[:width]
        if len(cells) > width:
            more = len(cells) - width
            label = " ".join(cells[self._iL : self._iL + more + 1])
            joined = [*cells[: self._iL], label, *cells[self._iL + more + 1 :]]
            if self._fits(joined):
                self.found.findings.note("joined", place)
                return joined
            raise Unreadable(
                _("The line has {count} fields, the header {columns}.").format(count=len(cells), columns=width),
                line=place,
            )
        if len(cells) < width:
            if len(cells) <= max(self._i1, self._i2, self._iA, self._iD):
                raise Unreadable(
                    _("The line has {count} fields, the header {columns}: it is cut off.").format(
                        count=len(cells), columns=width
                    ),
                    line=place,
                )
            if len(cells) <= self._last:
                self.found.findings.note("short", place)
            cells = cells + [""] * (width - len(cells))
        return cells

    def _fits(self, cells: list[str]) -> bool:
        try:
            self._amounts(cells[self._i1])
            if self._header.signed:
                self._amounts.side(cells[self._i2])
            else:
                self._amounts(cells[self._i2])
        except ValueError:
            return False
        return self._days(cells[self._iD]) is not None

    def _finish(self) -> None:
        """Close the entry that was being read; one that does not balance yet waits for more of its lines."""
        entry, key = self._entry, self._key
        if not entry or key is None:
            return
        if self._sum or key in self._pending:
            before = self._pending.pop(key, None)
            if before is not None:
                entry = before + entry
            if sum(raw.cents for raw in entry):
                self._pending[key] = entry
                entry = []
                if len(self._pending) > _PENDING:
                    raise self._unbalanced()
        if entry:
            self._take(key, entry)
        self._entry, self._sum, self._watched = [], 0, False

    def _take(self, key: tuple[str, str], entry: list[Raw]) -> None:
        findings = self.found.findings
        findings.entries += 1
        if key[1].strip():
            findings.numbers.setdefault(key[0].strip(), set()).add(key[1].strip())
        day = self._days(entry[0].cells[self._iD])
        if day is not None:
            if findings.first is None or day < findings.first:
                findings.first = day
            if findings.last is None or day > findings.last:
                findings.last = day
        if any(raw.account[:3] in CUSTOMER or raw.account[:3] in SUPPLIER for raw in entry):
            self._tell_apart(key[0].strip(), key[1].strip(), entry)

    def _tell_apart(self, journal: str, number: str, entry: list[Raw]) -> None:
        first = entry[0].cells
        title = first[self._iT].strip()
        place = (journal, title)
        if place not in self._journals:
            self._journals[place] = is_sales_journal(journal, title)
        sales = self._journals[place]
        opening = is_opening(journal, title, first[self._iL], (raw.account for raw in entry))
        if opening:
            day = self._days(first[self._iD])
            if day is not None and (self.found.opening is None or day < self.found.opening):
                self.found.opening = day
        for part in [entry] if opening else portions(entry):
            own = [raw for raw in part if raw.account[:3] in CUSTOMER]
            others = [raw for raw in part if raw.account[:3] not in CUSTOMER]
            mates = _mates(own, others, self._party) if len(own) > 1 and not opening else set()
            for raw in own:
                if raw.cents == 0:
                    self.found.empty += 1
                    continue
                if opening:
                    role, rule = OPENING, f"opening/{journal}"
                elif raw.place in mates:
                    role, rule = TRANSFER, "C/41" if raw.cents < 0 else "D/41"
                else:
                    facing = [other for other in part if (other.cents < 0) == (raw.cents > 0) and other.cents]
                    role, rule = role_of(raw.cents, facing, sales_journal=sales)
                self._line(raw, journal, number, role, f"{rule} {journal}".strip())
            for raw in others:
                if raw.account[:3] in SUPPLIER:
                    self._owed(raw)

    def _party(self, raw: Raw) -> str:
        return party_of(raw.account, raw.cells[self._iX].strip())

    def _line(self, raw: Raw, journal: str, number: str, role: str, rule: str) -> None:
        cells, account = raw.cells, raw.account
        auxiliary = cells[self._iX].strip()
        day = self._days(cells[self._iD])
        if day is None:
            raise Unreadable(_("“{text}” is no date (20261231).").format(text=excerpt(cells[self._iD])), line=raw.place)
        if is_collective(account, auxiliary):
            self.found.findings.note("no_auxiliary", raw.place)
        code = cells[self._iC].strip()
        if code and not cells[self._iCD].strip():
            self.found.findings.note("no_letter_date", raw.place)
        self.found.findings.sums[account[:3]] += raw.cents
        name = cells[self._iXL].strip() if auxiliary else ""
        issued = self._days(cells[self._iPD])
        self.found.lines.append(
            Line(
                raw.place,
                party_of(account, auxiliary)[:_MAX_TEXT],
                account[:_MAX_TEXT],
                auxiliary[:_MAX_TEXT],
                excerpt(name or cells[self._iAL], _MAX_TEXT),
                journal[:_MAX_TEXT],
                number[:_MAX_TEXT],
                day,
                issued if issued is not None and issued <= day else day,
                excerpt(cells[self._iP], _MAX_TEXT),
                excerpt(cells[self._iL], _MAX_TEXT),
                raw.cents,
                code[:_MAX_TEXT],
                role,
                rule,
            )
        )

    def _owed(self, raw: Raw) -> None:
        cells = raw.cells
        auxiliary = cells[self._iX].strip()
        key = auxiliary or raw.account
        owed = self.found.suppliers.get(key)
        if owed is None:
            name = cells[self._iXL] if auxiliary else cells[self._iAL]
            owed = self.found.suppliers[key] = Owed(raw.account, excerpt(name, _MAX_TEXT) or key)
        owed.balance -= raw.cents
        code = cells[self._iC].strip()
        group = owed.codes.setdefault(code, [0, 0])
        group[0] -= raw.cents
        group[1] += 1
        day = self._days(cells[self._iD])
        if raw.cents < 0 and day is not None and day < owed.oldest.get(code, date.max):
            owed.oldest[code] = day

    def _close(self) -> None:
        self._finish()
        findings = self.found.findings
        if self._pending:
            raise self._unbalanced()
        if findings.debit != findings.credit:
            raise Unreadable(
                _("The file does not balance: {debit} in debit, {credit} in credit.").format(
                    debit=shown(findings.debit, "EUR"), credit=shown(findings.credit, "EUR")
                )
            )
        if not findings.lines:
            raise Unreadable(_("The file holds no entry."))

    def _unbalanced(self) -> Unreadable:
        (journal, number), entry = next(iter(self._pending.items()))
        debit = sum(raw.cents for raw in entry if raw.cents > 0)
        credit = -sum(raw.cents for raw in entry if raw.cents < 0)
        return Unreadable(
            _("Entry {number} of journal {journal} does not balance: {debit} in debit, {credit} in credit.").format(
                number=number.strip() or "—",
                journal=journal.strip(),
                debit=shown(debit, "EUR"),
                credit=shown(credit, "EUR"),
            ),
            line=entry[0].place,
        )


def _mates(own: list[Raw], others: list[Raw], party: Callable[[Raw], str]) -> set[int]:
    """Lines that only move a customer's debt from one of their accounts to another, by their places."""
    found: set[int] = set()
    if others and sum(raw.cents for raw in others):
        return found
    waiting: dict[tuple[str, int], list[Raw]] = {}
    for raw in own:
        if raw.account[:3] == "419":
            continue
        match = waiting.get((party(raw), -raw.cents), [])
        mate = next((other for other in match if other.account != raw.account), None)
        if mate is None:
            waiting.setdefault((party(raw), raw.cents), []).append(raw)
        else:
            match.remove(mate)
            found |= {raw.place, mate.place}
    return found

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
    SALES,
    SUPPLIER,
    TRANSFER,
    Line,
    Raw,
    is_collective,
    is_opening,
    is_opening_journal,
    is_sales_journal,
    party_of,
    portions,
    reference_in,
    role_of,
)
from crm.receivables.fec.reader import Amounts, Days, Header, lines_of

_MAX_TEXT = 200
_PENDING = 5_000
_NUMBERED = SALES | {OPENING}
_WATCHED = CUSTOMER | SUPPLIER
_Posted = tuple[int, list[str], int]
"""Cents, cells, line."""
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
        self._days, self._issued = Days(), Days()
        self._pending: dict[tuple[str, str], list[_Posted]] = {}
        self._accounts: dict[tuple[str, str], tuple[str, str, bool]] = {}
        """Account and auxiliary account → party, name, whether it names no customer."""
        self._journals: dict[tuple[str, str], tuple[bool, bool]] = {}

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
        )  # fmt: skip  # read as a table: columns side by side
        # A column the file lacks reads as the empty cell put behind the last.
        none = header.width
        self._iT, self._iN, self._iAL, self._iX, self._iXL, self._iP, self._iPD, self._iC, self._iCD, self._iV = (
            at.get(name, none)
            for name in ("journallib", "ecriturenum", "comptelib", "compauxnum", "compauxlib", "pieceref", "piecedate", "ecriturelet", "datelet", "validdate")
        )  # fmt: skip  # read as a table: columns side by side
        self._last = max(at.values())
        first, second = ("montant", "sens") if header.signed else ("debit", "credit")
        self._i1, self._i2 = at[first], at[second]
        self._lacks = none in (self._iT, self._iN, self._iAL, self._iX, self._iXL, self._iP, self._iPD, self._iC, self._iCD, self._iV)  # fmt: skip  # read as a table: columns side by side
        self._key = ("", "")
        self._entry: list[_Posted] = []
        self._sum, self._watched, self._dated = 0, False, ""

    def _block(self, lines: list[str], place: int) -> None:
        separator, width, careful = self._header.separator, self._header.width, self._header.quoted
        signed, lacks = self._header.signed, self._lacks
        i_j, i_d, i_a, i_n, i_1, i_2, i_v, i_p = (
            self._iJ, self._iD, self._iA, self._iN, self._i1, self._i2, self._iV, self._iP,
        )  # fmt: skip  # read as a table: columns side by side
        days, findings = self._days.kept, self.found.findings
        decimal = self._amounts.decimal
        drafts = pieceless = numberless = counted = debit = credit = 0
        (journal, number), entry, running = self._key, self._entry, self._sum
        watched, dated = self._watched, self._dated
        for line in lines:
            place += 1
            cells = line.split(separator)
            if len(cells) != width or careful:
                if not line.strip(" \x1a\ufeff" + separator):
                    continue
                cells = self._fitted(cells, place)
            if lacks:
                cells.append("")
            counted += 1
            if signed:
                one, two = self._sides(cells, place)
            else:
                # Nearly every amount is digits, the sign and two digits: read here, for speed.
                text = cells[i_1]
                digits = text[:-3] + text[-2:]
                one = int(digits) if text[-3:-2] == decimal and digits.isdecimal() else self._amount(cells, i_1, place)
                text = cells[i_2]
                digits = text[:-3] + text[-2:]
                two = int(digits) if text[-3:-2] == decimal and digits.isdecimal() else self._amount(cells, i_2, place)
            debit += one
            credit += two
            cents = one - two
            if not cents or (one and two) or one < 0 or two < 0:
                findings.note("both_sides" if one and two else "negative" if cents else "nothing", place)
            if cells[i_v] == "":
                drafts += 1
            if cells[i_p] == "":
                pieceless += 1
            if (
                cells[i_n] != number
                or cells[i_j] != journal
                or (running == 0 and entry and (cells[i_d] != dated or not number.strip()))
            ):
                self._finish((journal, number), entry, running, watched=watched)
                entry, running, watched = [], 0, False
                journal, number, dated = cells[i_j], cells[i_n], cells[i_d]
            elif cells[i_d] != dated:
                findings.note("other_date", place)
                dated = cells[i_d]
            if not number:
                numberless += 1
            account = cells[i_a]
            if account[:3] in _WATCHED or account[:1] == " ":
                watched = True
            elif not "1" <= account[:1] <= "8":
                findings.note("other_account", place)
            if days.get(cells[i_d]) is None and self._days(cells[i_d]) is None:
                if account.strip()[:3] in CUSTOMER:
                    raise Unreadable(_("“{text}” is no date (20261231).").format(text=excerpt(cells[i_d])), line=place)
                findings.note("bad_date", place)
            entry.append((cents, cells, place))
            running += cents
        self._key, self._entry, self._sum, self._watched, self._dated = (
            (journal, number),
            entry,
            running,
            watched,
            dated,
        )
        findings.lines += counted
        findings.debit += debit
        findings.credit += credit
        for kind, count in (("no_valid_date", drafts), ("no_piece", pieceless), ("no_number", numberless)):
            if count:
                findings.note(kind, place)
                findings.counted[kind] += count - 1

    def _amount(self, cells: list[str], at: int, place: int) -> int:
        try:
            return self._amounts(cells[at])
        except ValueError:
            text = excerpt(cells[at])
            raise Unreadable(_("“{text}” is no amount (1250,00).").format(text=text), line=place) from None

    def _sides(self, cells: list[str], place: int) -> tuple[int, int]:
        cents = self._amount(cells, self._i1, place)
        try:
            return (cents, 0) if self._amounts.side(cells[self._i2]) > 0 else (0, cents)
        except ValueError:
            text = excerpt(cells[self._i2])
            raise Unreadable(_("“{text}” is no side (D or C).").format(text=text), line=place) from None

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

    def _finish(self, key: tuple[str, str], entry: list[_Posted], running: int, *, watched: bool) -> None:
        """Close an entry; one that does not balance yet waits for more of its lines."""
        if not entry:
            return
        if running or (self._pending and key in self._pending):
            entry = self._pending.pop(key, []) + entry
            if sum(posted[0] for posted in entry):
                self._pending[key] = entry
                if len(self._pending) > _PENDING:
                    raise self._unbalanced()
                return
            watched = True
        findings = self.found.findings
        findings.entries += 1
        numbers = findings.numbers.get(key[0])
        if numbers is None:
            numbers = findings.numbers[key[0]] = set()
        numbers.add(key[1])
        if watched:
            i_a = self._iA
            lines = [Raw(cells[i_a].strip(), cents, place, cells) for cents, cells, place in entry]
            if any(raw.account[:3] in _WATCHED for raw in lines):
                self._tell_apart(key[0].strip()[:_MAX_TEXT], key[1].strip()[:_MAX_TEXT], lines)

    def _tell_apart(self, journal: str, number: str, entry: list[Raw]) -> None:
        first = entry[0].cells
        place = (journal, first[self._iT])
        told = self._journals.get(place)
        if told is None:
            title = place[1].strip()
            told = self._journals[place] = is_sales_journal(journal, title), is_opening_journal(journal, title)
        sales = told[0]
        opening = is_opening(first[self._iL], (raw.account for raw in entry), opening_journal=told[1])
        if opening:
            day = self._days(first[self._iD])
            if day is not None and (self.found.opening is None or day < self.found.opening):
                self.found.opening = day
        for part in [entry] if opening else portions(entry):
            own = [raw for raw in part if raw.account[:3] in CUSTOMER]
            if not own:
                for raw in part:
                    if raw.account[:3] in SUPPLIER:
                        self._owed(raw)
                continue
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
        known = self._accounts.get((account, auxiliary))
        if known is None:
            name = cells[self._iXL].strip() if auxiliary else ""
            known = self._accounts[account, auxiliary] = (
                party_of(account, auxiliary)[:_MAX_TEXT],
                excerpt(name or cells[self._iAL], _MAX_TEXT),
                is_collective(account, auxiliary),
            )
        party, name, collective = known
        findings = self.found.findings
        if collective:
            findings.note("no_auxiliary", raw.place)
        code = cells[self._iC].strip()
        if code and not cells[self._iCD].strip():
            findings.note("no_letter_date", raw.place)
        findings.sums[account[:3]] += raw.cents
        label = excerpt(cells[self._iL], _MAX_TEXT)
        piece = excerpt(cells[self._iP], _MAX_TEXT)
        if not piece.isalnum() and not any(char.isalnum() for char in piece):
            piece = reference_in(label) if role in _NUMBERED else ""
        issued = self._issued(cells[self._iPD])
        if issued is None or issued > day:
            issued = day
        self.found.lines.append(
            Line(
                raw.place, party, account[:_MAX_TEXT], auxiliary[:_MAX_TEXT], name, journal, number, day, issued, piece, label,
                raw.cents, code[:_MAX_TEXT], role, rule,
            )
        )  # fmt: skip  # read as a table: columns side by side

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
        self._finish(self._key, self._entry, self._sum, watched=self._watched)
        findings = self.found.findings
        known = [day for day in self._days.kept.values() if day is not None]
        findings.first, findings.last = min(known, default=None), max(known, default=None)
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
        debit = sum(posted[0] for posted in entry if posted[0] > 0)
        credit = -sum(posted[0] for posted in entry if posted[0] < 0)
        return Unreadable(
            _("Entry {number} of journal {journal} does not balance: {debit} in debit, {credit} in credit.").format(
                number=number.strip() or "—",
                journal=journal.strip(),
                debit=shown(debit, "EUR"),
                credit=shown(credit, "EUR"),
            ),
            line=entry[0][2],
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

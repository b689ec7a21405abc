"""What the matching codes say, written as allocations: only the difference to what is here. Matches made here stay."""

from collections import Counter, defaultdict
from datetime import date

from sqlmodel import select

from crm.core.i18n import _
from crm.core.money import shown
from crm.receivables.fec import known
from crm.receivables.fec.documents import Documents
from crm.receivables.fec.ledger import ADVANCE, DIFFERENCE, OPENING, TRANSFER, Line, is_collective
from crm.receivables.fec.openness import Entry, Settled, Year, settle
from crm.receivables.fec.state import FLUSHED, Kept, State, called, side_of
from crm.receivables.models import Allocation

_Use = tuple[int, date, str, str]
"""Cents, date, code, rule."""


class Settlement:
    """What is set against what in one import."""

    def __init__(self, state: State, documents: Documents) -> None:
        self._state = state
        self._documents = documents
        self.differences: list[Kept] = []
        """Lines that make up for what opening entries differ by."""
        self.outside: tuple[int, ...] = ()
        """What is open of each item that is lettered and whose payment is in no file read. Cents."""

    def settle(self) -> None:
        """What the codes of all years say, customer by customer, and what is set against what because of it."""
        matched = (
            known.matched(self._state.context)
            if self._state.again or self._state.context.session.exec(select(Allocation.id).limit(1)).first()
            else known.Matched()
        )
        by_party: dict[str, list[int]] = defaultdict(list)
        for place, kept in enumerate(self._state.kept):
            by_party[kept.line.party].append(place)
        taken = self._taken_here(matched)
        elsewhere = self._elsewhere(by_party)
        starts = sorted(self._state.opened)
        desired: dict[known.Pairing, _Use] = {}
        outside: dict[int, int] = {}
        for party, places in by_party.items():
            settled = self._settled(party, places, starts, taken, elsewhere)
            made = self._made_up(party, places, starts, settled)
            outside.update(settled.outside)
            for pair in settled.pairs:
                self._desire(desired, pair.debit, pair.credit, pair.cents, pair.code, pair.rule, made)
        for place, kept in enumerate(self._state.kept):
            kept.outside = place in outside and not kept.cleared
        self.outside = tuple(
            cents for place, cents in outside.items() if place >= 0 and self._state.kept[place].outside
        )
        self._own_against_books(matched)
        self._allocate(desired, matched)

    def _settled(
        self, party: str, places: list[int], starts: list[date], taken: dict[int, int], elsewhere: dict[date, tuple[str, int]],
    ) -> Settled:  # fmt: skip  # read as a table: columns side by side
        kept = self._state.kept
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
            )  # fmt: skip  # read as a table: columns side by side
        years = []
        for start in starts:
            restates, part = self._state.restates(start), 0
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
            kept = self._state.kept[place]
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
        for start in self._state.opened:
            if not self._state.restates(start):
                continue
            opening = {kept.line.party: kept.line for kept in self._state.kept if kept.year == start and kept.line.role == OPENING and kept.line.cents and kept.line.account[:3] != ADVANCE}  # fmt: skip  # read as a table: columns side by side
            lump = next((party for party, line in opening.items() if is_collective(line.account, line.auxiliary)), None)
            if lump is None:
                continue
            total = 0
            for party, places in by_party.items():
                if party not in opening:
                    total += sum(
                        self._state.kept[place].line.cents
                        for place in places
                        if self._state.kept[place].year < start and self._state.kept[place].wanted
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
            for place, kept in enumerate(self._state.kept):
                side = side_of(kept)
                if side is not None and kept.wanted and (cents := min(used[side], abs(kept.wanted))) > 0:
                    found[place] = cents
                    used[side] -= cents
        return found

    def _made_up(self, party: str, places: list[int], starts: list[date], settled: Settled) -> dict[int, Kept]:
        """The lines that make up for what openings differ by: new ones, and those of earlier imports with what they are now."""
        wanted = dict(settled.differences)
        made: dict[int, Kept] = {}
        before = {
            self._state.kept[place].year: self._state.kept[place]
            for place in places
            if self._state.kept[place].line.role == DIFFERENCE
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

    def _difference(self, party: str, places: list[int], start: date, cents: int) -> Kept:
        sample = self._state.kept[places[0]]
        line = Line(
            0, party, sample.line.account, sample.line.auxiliary, sample.line.name, "", "", start, start, "",
            _("Opening balance against the year before"), cents, "", DIFFERENCE, "opening/difference",
        )  # fmt: skip  # read as a table: columns side by side
        kept = Kept(0, start, line, sample.customer_id, wanted=cents, born=True)
        if cents > 0:
            kept.line = line._replace(journal=_("Opening {year}").format(year=start.year), number=called(line))
            self._documents.invoice(kept)
        else:
            self._documents.payment(kept)
        self.differences.append(kept)
        self._state.conflict(
            kept,
            _("The opening balance of {day} differs by {amount} from what the year before left open. Is its file complete?").format(
                day=start.isoformat(), amount=shown(cents, "EUR")
            ),
        )  # fmt: skip  # read as a table: columns side by side
        return kept

    def _desire(
        self, desired: dict[known.Pairing, _Use], debit: int, credit: int, cents: int, code: str, rule: str, made: dict[int, Kept],
    ) -> None:  # fmt: skip  # read as a table: columns side by side
        one = made[debit] if debit < 0 else self._state.kept[debit]
        two = made[credit] if credit < 0 else self._state.kept[credit]
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
        by_side: dict[tuple[str, int], Kept] = {}
        for kept in self._state.kept:
            side = side_of(kept)
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
            self._state.conflict(
                debit,
                text.format(
                    source=other.line.piece or other.line.label, invoice=debit.line.piece or debit.line.label, code=debit.line.code
                ),
                debit.line.piece,
            )  # fmt: skip  # read as a table: columns side by side

    def _allocate(self, desired: dict[known.Pairing, _Use], matched: known.Matched) -> None:
        """Write what is new, and take back what the books no longer say."""
        add = self._state.batch.add
        for number, (pair, (cents, day, code, rule)) in enumerate(desired.items()):
            if matched.own.get(pair, 0) < 0:
                continue
            now = matched.rows.get(pair)
            if now is None:
                add("allocation", *pair, cents, day, code, rule, None)
            elif sum(row[1] for row in now) != cents or any(row[2] != day for row in now):
                self._take_back(pair, now)
                add("allocation", *pair, cents, day, code, rule, None)
            if number % FLUSHED == FLUSHED - 1:
                self._state.batch.flush()
        for pair, now in matched.rows.items():
            if pair not in desired:
                self._take_back(pair, now)

    def _take_back(self, pair: known.Pairing, rows: list[tuple[int, int, date, str]]) -> None:
        for key, cents, day, code in rows:
            self._state.batch.add("allocation", *pair, -cents, day, code, "fec", key)

"""What every table that comes in has in common: a header, rows, and the decisions taken for the whole file."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from crm.core.amount_cells import AmountReader, SignTally
from crm.core.columns import canonical
from crm.core.date_cells import DateReader, DateTally
from crm.core.i18n import _
from crm.core.problems import Listener, Problem, ProblemList, Unreadable, excerpt

MAX_COLUMNS = 500
_MAX_HEADING = 200
SAMPLE_ROWS = 2_000
"""Rows that settle dates and amounts when they are clear; else the whole file is gone through."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the dates and amounts of a file are read."""

    dates: DateReader
    amounts: AmountReader
    problems: tuple[Problem, ...] = ()
    """What the reader should know about the decision; line 0."""


class Table(ABC):
    """A table that came in. `header` and `headings` stay at hand when the file is closed; `rows` needs it open."""

    typed: ClassVar[bool] = False
    """Whether number cells come as numbers, as in workbooks."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        if len(headings) > MAX_COLUMNS:
            raise Unreadable(_("The table has more than {count} columns.").format(count=MAX_COLUMNS))
        self.name = name
        self.headings = tuple(excerpt(heading.lstrip("\ufeff"), _MAX_HEADING) for heading in headings)
        """The headings as written."""
        self.header = tuple(canonical(heading) for heading in self.headings)
        """The headings in lower case, without accents, words joined by `_`."""
        if not any(self.header):
            raise Unreadable(_("The table has no header: its first line names no column."))

    @abstractmethod
    def rows(self, listener: Listener) -> Iterator[tuple[int, list[str]]]:
        """The records that can be taken over: the line where each starts, and its cells, as many as the header has.

        Blank lines are left out. A record told to the listener as an error is not given; there is one error a record.

        Raises:
            Unreadable: from here on the file cannot be trusted.
        """

    def decide(self, dates: Sequence[int] = (), amounts: Sequence[int] = ()) -> Reading:
        """Settle the order of dates and the decimal sign from the cells at these places, for the whole file."""
        date_tally, sign_tally = DateTally(), SignTally(typed=self.typed)
        rows = self.rows(ProblemList())
        self._weigh(islice(rows, SAMPLE_ROWS), dates, date_tally, amounts, sign_tally)
        left_dates = () if date_tally.decisive else dates
        left_amounts = () if sign_tally.decisive else amounts
        if left_dates or left_amounts:
            self._weigh(rows, left_dates, date_tally, left_amounts, sign_tally)
        told = date_tally.warnings() + sign_tally.warnings()
        return Reading(
            DateReader(date_tally.order),
            AmountReader(sign_tally.decimal, typed=self.typed),
            tuple(Problem(0, message, "warning") for message in told),
        )

    @staticmethod
    def _weigh(
        rows: Iterable[tuple[int, list[str]]],
        dates: Sequence[int],
        date_tally: DateTally,
        amounts: Sequence[int],
        sign_tally: SignTally,
    ) -> None:
        for _line, cells in rows:
            if dates:
                date_tally.add([cells[place] for place in dates])
            if amounts:
                sign_tally.add([cells[place] for place in amounts])

    def _fitted(self, line: int, cells: list[str], listener: Listener) -> list[str] | None:
        """Cells as many as the header; None when there is nothing in them, or when they are told as an error."""
        width = len(self.header)
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                told = _("The line has {count} cells, the header {columns}. A separator inside a text needs quotes.")
                listener.error(line, told.format(count=len(cells), columns=width))
                return None
            cells = cells[:width]
        if not any(cell.strip() for cell in cells):
            return None
        return cells + [""] * (width - len(cells))

    def _formula_told(self, line: int, place: int, cell: str, listener: Listener) -> None:
        listener.error(
            line,
            _("The column “{column}” holds a formula: {formula}. Replace it by its value.").format(
                column=self.headings[place] or place + 1, formula=excerpt(cell)
            ),
        )

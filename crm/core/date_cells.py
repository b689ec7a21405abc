"""Dates in files: the order of day and month is decided once for the whole file, then every cell is read by it.

ISO dates are read whatever the order, because they cannot be misread.
"""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from crm.core.errors import Invalid
from crm.core.i18n import _, mark
from crm.core.problems import excerpt

FIRST_YEAR, LAST_YEAR = 1990, 2100
_REMEMBERED = 50_000

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?:Z| ?[+-]\d{2}:?\d{2})?)?"
_DATE = re.compile(rf"(\d{{1,4}})([-/.])(\d{{1,2}})\2(\d{{1,4}}){_TIME}", re.ASCII)
_COMPACT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}}){_TIME}", re.ASCII)


class DateOrder(StrEnum):
    """How dates are written in a file."""

    ISO = "iso"
    DMY = "dmy"
    MDY = "mdy"


_SHOWN = {DateOrder.DMY: mark("day/month/year"), DateOrder.MDY: mark("month/day/year")}


class DateTally:
    """What the dates of a file say about their order."""

    def __init__(self) -> None:
        self._iso = self._dmy = self._mdy = self._open = self._numeric = 0
        self._seen: set[str] = set()

    def add(self, texts: Iterable[str]) -> None:
        """Take cells into account; the same text counts once."""
        for text in texts:
            if text and text not in self._seen:
                if len(self._seen) < _REMEMBERED:
                    self._seen.add(text)
                self._weigh(text.strip())

    def _weigh(self, text: str) -> None:
        if _COMPACT.fullmatch(text):
            self._iso += 1
            return
        found = _DATE.fullmatch(text)
        if found is None:
            return
        first, second = found[1], int(found[3])
        if len(first) == 4:
            self._iso += 1
        elif len(first) <= 2 and len(found[4]) == 4:
            self._weigh_numeric(int(first), second)

    def _weigh_numeric(self, first: int, second: int) -> None:
        self._numeric += 1
        if 12 < first <= 31 and second <= 12:
            self._dmy += 1
        elif 12 < second <= 31 and first <= 12:
            self._mdy += 1
        elif first <= 12 and second <= 12 and first != second:
            self._open += 1

    @property
    def decisive(self) -> bool:
        """Whether no further date can reasonably change the decision."""
        if self._dmy or self._mdy:
            return not (self._dmy and self._mdy)
        return self._iso > 0 and self._numeric == 0

    @property
    def order(self) -> DateOrder:
        """The order with more evidence; without any, the French one."""
        if self._mdy > self._dmy:
            return DateOrder.MDY
        return DateOrder.DMY if self._numeric or not self._iso else DateOrder.ISO

    def warnings(self) -> list[str]:
        """What the reader should know about the decision."""
        if self._dmy and self._mdy:
            told = _(
                "Some dates are written day/month/year, others month/day/year. They are read as {order}, like most."
            )
            return [told.format(order=_(_SHOWN[self.order]))]
        if self._open and not (self._dmy or self._mdy):
            return [
                _("Nothing in the file tells day/month/year from month/day/year. Dates are read as day/month/year.")
            ]
        return []


class DateReader:
    """Reads the dates of one file."""

    __slots__ = ("_known", "_years", "order")

    def __init__(self, order: DateOrder, first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> None:
        self.order = order
        self._years = range(first_year, last_year + 1)
        self._known: dict[str, date] = {}

    def read(self, text: str) -> date:
        """The date of a cell; a time of day is left out.

        Raises:
            Invalid: not a date, in another order than the file's, or of an impossible year.
        """
        known = self._known.get(text)
        if known is not None:
            return known
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        found = self._known[text] = self._parse(text.strip())
        return found

    def _parse(self, text: str) -> date:
        shown = excerpt(text)
        if compact := _COMPACT.fullmatch(text):
            year, month, day = compact[1], compact[2], compact[3]
        elif found := _DATE.fullmatch(text):
            year, month, day = self._in_order(found[1], found[3], found[4], shown)
        else:
            raise Invalid(_("“{text}” is not a date.").format(text=shown))
        if len(year) == 2:
            raise Invalid(_("The year of “{text}” has two digits: write it with four.").format(text=shown))
        if int(year) not in self._years:
            raise Invalid(_("The year {year} of “{text}” is impossible.").format(year=year, text=shown))
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise self._no_such_day(int(month), int(day), shown) from None

    def _in_order(self, first: str, second: str, third: str, shown: str) -> tuple[str, str, str]:
        if len(first) > 2:
            if len(third) > 2:
                raise Invalid(_("“{text}” is not a date.").format(text=shown))
            return first, second, third
        if self.order is DateOrder.ISO:
            raise Invalid(
                _("“{text}” is not written like the other dates of the file (2026-03-31).").format(text=shown)
            )
        if self.order is DateOrder.DMY:
            return third, second, first
        return third, first, second

    def _no_such_day(self, month: int, day: int, shown: str) -> Invalid:
        if self.order in _SHOWN and month > 12 >= day and not shown[:4].isdigit():
            return Invalid(
                _("“{text}” does not fit the file, whose dates are {order}.").format(
                    text=shown, order=_(_SHOWN[self.order])
                )
            )
        return Invalid(_("“{text}” is not a day of the calendar.").format(text=shown))

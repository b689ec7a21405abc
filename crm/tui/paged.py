"""Rows that are read a page at a time, as they come into sight: a list of a hundred thousand costs a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

R = TypeVar("R")


class PagedRows(Sequence[R | None], Generic[R]):
    """A sequence of known length whose pages come in by `put`; a row that is asked for too early is None.

    `want` is told the page of a row that is looked at and not there yet, once for each page.
    """

    def __init__(self, size: int, want: Callable[[int], None], total: int = 0) -> None:
        self._size = size
        self._want = want
        self._pages: dict[int, Sequence[R]] = {}
        self._asked: set[int] = set()
        self.total = total

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, place: int) -> R | None: ...

    @overload
    def __getitem__(self, place: slice) -> list[R | None]: ...

    def __getitem__(self, place: int | slice) -> R | list[R | None] | None:
        if isinstance(place, slice):
            return [self[spot] for spot in range(*place.indices(self.total))]
        place = place + self.total if place < 0 else place
        if not 0 <= place < self.total:
            raise IndexError(place)
        number, spot = divmod(place, self._size)
        page = self._pages.get(number)
        if page is None:
            if number not in self._asked:
                self._asked.add(number)
                self._want(number)
            return None
        return page[spot] if spot < len(page) else None

    def put(self, number: int, rows: Sequence[R]) -> None:
        """A page has arrived."""
        self._asked.add(number)
        self._pages[number] = rows

    def known(self) -> list[R]:
        """The rows that are there, in order, from the first page on."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

"""Rows read a page at a time: each page is asked for once, when one of its rows is looked at."""

from hypothesis import given
from hypothesis import strategies as st

from crm.tui.paged import PagedRows


def test_a_page_is_wanted_once_when_it_comes_into_sight() -> None:
    wanted: list[int] = []
    rows = PagedRows[int](10, wanted.append, 35)
    assert len(rows) == 35
    assert rows[3] is None
    assert rows[7] is None
    assert rows[34] is None
    assert wanted == [0, 3]
    rows.put(0, range(10))
    assert rows[3] == 3
    assert rows[-1] is None
    assert wanted == [0, 3]


@given(st.integers(1, 50), st.integers(0, 200), st.lists(st.integers(0, 199), max_size=20))
def test_every_row_is_there_once_its_page_is(size: int, total: int, looked: list[int]) -> None:
    rows: PagedRows[int] = PagedRows(size, lambda number: None, total)
    for number in range(-(-total // size)):
        rows.put(number, range(number * size, min(total, (number + 1) * size)))
    assert all(rows[place] == place for place in looked if place < total)
    assert rows.known() == list(range(total))
    assert rows[:] == list(range(total))

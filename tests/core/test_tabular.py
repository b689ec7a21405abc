"""Tables that come in, whatever they are written like: read back exactly, or refused in a sentence."""

import io
import string
from contextlib import suppress
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from tables_in import table

from crm.core.tabular import DateOrder, ProblemList, Unreadable, open_table

TEXTS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufffd\x1a\ufeff", codec="utf-8"), max_size=12
)
WINDOWS_TEXTS = st.text(st.sampled_from(string.printable.replace("\x1a", "") + "éèàçùœ€«»’“”"), max_size=12)


def quoted(cell: str, separator: str) -> str:
    risky = any(sign in cell for sign in (separator, '"', "\r", "\n")) or cell[:1] == '"'
    return '"' + cell.replace('"', '""') + '"' if risky else cell


@given(
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    separator=st.sampled_from([";", ",", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    last_end=st.booleans(),
    order=st.sampled_from(DateOrder),
    decimal=st.sampled_from([",", "."]),
    grouped=st.sampled_from(["", "other", "\u00a0", " "]),
    data=st.data(),
)
def test_a_table_written_in_any_way_is_read_back_exactly(
    encoding: str,
    separator: str,
    end: str,
    last_end: bool,
    order: DateOrder,
    decimal: str,
    grouped: str,
    data: st.DataObject,
) -> None:
    texts = WINDOWS_TEXTS if encoding == "cp1252" else TEXTS
    safe = texts.filter(lambda text: text[:1] not in set("=@+-'"))
    rows = data.draw(
        st.lists(
            st.tuples(safe, st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(-(10**11), 10**11)),
            min_size=1,
            max_size=20,
        )
    )
    # One clear date and amount, as files of more than a few lines have.
    rows.append(("clear", date(2026, 3, 31), 12345))
    shown = {
        DateOrder.ISO: "{0.year:04d}-{0.month:02d}-{0.day:02d}",
        DateOrder.DMY: "{0.day:02d}/{0.month:02d}/{0.year:04d}",
        DateOrder.MDY: "{0.month:02d}/{0.day:02d}/{0.year:04d}",
    }[order]
    group = {"other": "." if decimal == "," else ","}.get(grouped, grouped)

    def amount(cents: int) -> str:
        units, part = divmod(abs(cents), 100)
        return f"{'-' if cents < 0 else ''}{units:,}".replace(",", group) + f"{decimal}{part:02d}"

    lines = ["day" + separator + "amount" + separator + "text"]
    lines += [
        separator.join(quoted(cell, separator) for cell in (shown.format(day), amount(cents), text))
        for text, day, cents in rows
    ]
    opened = table((end.join(lines) + (end if last_end else "")).encode(encoding))
    told = ProblemList()
    reading = opened.decide(dates=[0], amounts=[1])
    found = [(row[2], reading.dates.read(row[0]), reading.amounts.cents(row[1])) for _line, row in opened.rows(told)]
    assert told == []
    assert found == rows


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(Unreadable):
        opened = open_table(io.BytesIO(content), "any")
        opened.decide(dates=[0], amounts=[0])
        assert all(len(row) == len(opened.header) for _line, row in opened.rows(ProblemList()))

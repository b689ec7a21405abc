"""The table: only what is seen is drawn, whatever the length and whatever the names."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content
from textual.message import Message
from textual.pilot import Pilot

from crm.tui.theme import ARDOISE
from crm.tui.widgets.sheet_table import GAP, SheetTable, TableColumn, fitted

NAME: TableColumn[str] = TableColumn("Client", 10, lambda row: row, most=20, lead=True)
LENGTH: TableColumn[str] = TableColumn("Total", 8, lambda row: str(len(row)) if row else "·", right=True)


class TableApp(App[None]):
    """A table and nothing else."""

    def compose(self) -> ComposeResult:
        yield SheetTable[str](id="table")

    def on_mount(self) -> None:
        self.register_theme(ARDOISE)
        self.theme = "ardoise"
        self.query_one(SheetTable).styles.height = "1fr"


Story = Callable[[Pilot[None], SheetTable[str]], Awaitable[None]]


def play(story: Story, *, size: tuple[int, int] = (40, 10)) -> list[Message]:
    told: dict[int, Message] = {}  # a message comes by once for each widget on its way up

    async def run() -> None:
        async with TableApp().run_test(
            size=size, message_hook=lambda message: told.setdefault(id(message), message)
        ) as pilot:
            table = pilot.app.query_one(SheetTable)
            table.focus()
            await pilot.pause()
            await story(pilot, table)

    asyncio.run(run())
    return list(told.values())


def drawn(table: SheetTable[str]) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


def highlighted(told: list[Message]) -> list[Any]:
    return [message.row for message in told if isinstance(message, SheetTable.Highlighted)]


def test_heading_rows_and_how_many_are_hidden() -> None:
    async def story(_pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([f"row {n}" for n in range(30)], [NAME, LENGTH])
        lines = drawn(table)
        assert lines[0].split() == ["Client", "Total"]
        assert lines[1].startswith("▌row 0")
        assert lines[8].startswith(" row 7")
        assert lines[9].strip().startswith("↓ 22 ")

    play(story)


def test_heads_are_no_rows_and_stay_over_the_first_of_their_group() -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        rows = [name for group in range(10) for name in (f"Group {group}", "one", "two")]
        table.show(rows, [NAME], head_of=lambda row: Content(row) if row.startswith("Group") else None)
        assert drawn(table)[1].strip() == "Group 0"
        assert drawn(table)[9].strip().startswith("↓ 15 "), "fifteen rows below, whatever stands between them"
        await pilot.press("end", "home")
        assert drawn(table)[1].strip() == "Group 0", "coming back to the first row shows its title again"

    play(story)


def test_the_last_row_is_shown_itself_rather_than_counted() -> None:
    async def story(_pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([f"row {n}" for n in range(9)], [NAME])
        assert drawn(table)[9].startswith(" row 8")

    play(story)


def test_a_hundred_thousand_rows_are_not_touched_to_draw_one_page() -> None:
    asked: list[str] = []

    def says(row: str) -> str:
        asked.append(row)
        return row

    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([f"row {n}" for n in range(100_000)], [TableColumn("Client", 10, says)])
        await pilot.press("end")
        await pilot.pause()
        assert table.selected == "row 99999"
        assert drawn(table)[9].startswith("▌row 99999")
        assert len(set(asked)) < 50

    play(story)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["down", "j"], 2),
        (["down", "down", "k", "up"], 0),
        (["up"], 0),
        (["pagedown"], 8),
        (["end"], 29),
        (["end", "pageup"], 21),
        (["end", "home"], 0),
        (["end", "down"], 29),
    ],
)
def test_the_keys_move_the_selection_and_keep_it_in_sight(keys: list[str], expected: int) -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([f"row {n}" for n in range(30)], [NAME])
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            assert any(line.startswith("▌") for line in drawn(table))
        assert table.selected == f"row {expected}"

    play(story)


def test_it_tells_what_is_selected_and_what_is_opened() -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show(["a", "b", "c"], [NAME])
        await pilot.press("down", "enter")
        await pilot.pause()

    told = play(story)
    assert highlighted(told) == ["a", "b"]
    assert [message.row for message in told if isinstance(message, SheetTable.Opened)] == ["b"]


def test_the_mouse_selects_and_a_second_click_opens() -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show(["a", "b", "c"], [NAME])
        await pilot.click(table, offset=(3, 3), times=2)
        await pilot.pause()
        await pilot.click(table, offset=(3, 0))
        await pilot.click(table, offset=(3, 8))
        await pilot.pause()

    told = play(story)
    assert highlighted(told)[-1] == "c"
    assert [message.row for message in told if isinstance(message, SheetTable.Opened)] == ["c"]


HOSTILE = [
    "[bold]x[/",
    "[/]",
    "[@click=app.quit]y[/]",
    "\x1b[2Jz",
    "a\nb",
    "a\tb",
    "株式会社山田商店株式会社",
    "e\u0301" * 30,
    "\u202egnol",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_can_neither_style_nor_break_its_line(name: str) -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([name, "next"], [NAME, LENGTH])
        await pilot.pause()
        strips = [table.render_line(y) for y in range(4)]
        assert {strip.cell_length for strip in strips} == {table.size.width}
        assert not any(char in strips[1].text for char in "\x1b\n\t\u202e")
        if name.startswith("["):
            assert name in strips[1].text
        assert strips[2].text.startswith(" next")

    play(story)


def test_nothing_is_said_in_words() -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.show([], [NAME], nothing="Rien n'est ouvert.")
        await pilot.press("down", "end", "enter")
        assert drawn(table)[1].strip() == "Rien n'est ouvert."
        assert table.selected is None

    assert highlighted(play(story)) == []


def test_bars_stand_for_rows_that_are_still_to_come() -> None:
    async def story(pilot: Pilot[None], table: SheetTable[str]) -> None:
        table.await_rows([NAME, LENGTH])
        await pilot.pause()
        assert drawn(table)[1].count("━") > 5
        assert table.selected is None

    play(story)


def test_columns_leave_whole_and_in_their_order() -> None:
    columns: list[TableColumn[str]] = [
        TableColumn("Client", 10, str),
        TableColumn("Ville", 10, str, leaves=2),
        TableColumn("Échu", 10, str, leaves=1),
        TableColumn("Total", 10, str),
    ]

    def headings(width: int) -> list[str]:
        return [column.heading for column in fitted(columns, width)[0]]

    assert headings(46) == ["Client", "Ville", "Échu", "Total"]
    assert headings(45) == ["Client", "Échu", "Total"]
    assert headings(33) == ["Client", "Total"]
    assert headings(21) == ["Client", "Total"]
    assert fitted(columns, 21)[0][1].width == 10


SHAPES = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=8)


@given(SHAPES, st.integers(5, 300))
def test_columns_fit_whenever_those_that_stay_do(shapes: list[tuple[int, int, int]], width: int) -> None:
    columns: list[TableColumn[str]] = [
        TableColumn("x", wide, str, most=most, leaves=leaves) for wide, most, leaves in shapes
    ]
    staying = [column.width for column in columns if not column.leaves]
    kept, gap = fitted(columns, width)
    if staying and sum(staying) + GAP * (len(staying) - 1) <= width:
        assert sum(column.width for column in kept) + gap * (len(kept) - 1) <= width
        assert len(kept) >= len(staying)

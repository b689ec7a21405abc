"""Five everyday tasks from real keys, and what they cost: `docs/tour.md` says the same numbers."""

import re
from datetime import date
from pathlib import Path

import pytest
from homes import SOPHIE
from visits import Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ListJournal
from crm.followup.actions.dunning import PreviewDunning
from crm.messaging.actions import GoLive
from crm.receivables.actions import ListPromises
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.followup import FollowupScreen
from crm.tui.screens.why import WhyPanel

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
TASKS = {
    "find a customer and what they owe": ["/", "c", "a", "r", "enter"],
    "log a call with a promise": ["a", "o", "o"],
    "skip one reminder and send the rest": ["5", "n", "O", "o"],
    "see why someone was not reminded": ["/", "h", "o", "t", "enter", "r"],
    "undo": ["z", "o"],
}
"""What one presses; names and amounts as short as they may be."""
NAMES = {"/": "slash"}


async def press(guest: Guest, task: str) -> None:
    """Press the keys of a task, each followed to its end."""
    await guest.press(*(NAMES.get(key, key) for key in TASKS[task]))


def live(crm: Crm) -> None:
    """Messages leave by e-mail."""
    crm.runner.run(GoLive(channel="email"), SOPHIE)


def test_find_a_customer_and_what_they_owe(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await press(guest, "find a customer and what they owe")
        assert isinstance(guest.screen, CustomerScreen)
        assert guest.screen.subject.name == "Menuiserie Caron"

    stay(story, section="1")


def test_log_a_call_with_a_promise(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await press(guest, "log a call with a promise")
        words = guest.crm.runner.read(ListPromises(customer="C-1"), SOPHIE).lines
        assert [(line.word.cents, line.word.by) for line in words][-1:] == [(1_624_000, date(2026, 11, 27))]
        acts = [entry.action for entry in guest.crm.runner.read(ListJournal(limit=1), SOPHIE).entries]
        assert acts == ["record_call"]

    stay(story, section="2")


def test_skip_one_reminder_and_send_the_rest(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await press(guest, "skip one reminder and send the rest")
        assert isinstance(guest.screen, FollowupScreen)
        left = guest.crm.runner.read(PreviewDunning(no_text=True), SOPHIE)
        assert "send" not in left.counts
        assert [line.name for line in left.lines if line.verdict.value == "ask"] == ["Menuiserie Caron"]

    stay(story, section="1", before=live)


def test_see_why_someone_was_not_reminded(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await press(guest, "see why someone was not reminded")
        assert isinstance(guest.screen, WhyPanel)
        assert "échéancier en discussion" in guest.screen.words

    stay(story, section="1")


def test_undo(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await press(guest, "undo")
        assert guest.crm.runner.read(ListJournal(limit=1), SOPHIE).entries[0].undoes is not None

    stay(story, section="1")


@pytest.mark.parametrize("task", TASKS)
def test_the_tour_says_what_they_cost(task: str) -> None:
    counted = {
        found["task"].strip().lower(): int(found["count"])
        for found in re.finditer(r"^\| (?P<task>[^|]+) \| (?P<count>\d+) \|", TOUR.read_text("utf-8"), re.MULTILINE)
    }
    assert counted[task] == len(TASKS[task])

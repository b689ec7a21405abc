"""What happens every night, by itself: the actions in their order. One that fails is told and does not stop the rest."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlmodel import select

from crm.core.actions import Action
from crm.core.calendar import Clock
from crm.core.consent import Actor, ActorKind
from crm.core.db import Database
from crm.core.errors import CrmError, OutsideFault
from crm.core.i18n import _
from crm.core.journal import JournalEntry
from crm.core.runner import Runner
from crm.core.sheets import Column, Sheet
from crm.followup.actions.dunning import RunDunning
from crm.followup.actions.quotes import RunQuoteFollowup
from crm.followup.actions.thanks import SendThanks
from crm.ledger.actions.entries import RecordEntries
from crm.loyalty.actions.segments import RefreshSegments
from crm.messaging.nights import NoteNight
from crm.portfolio.digest import SendDigest
from crm.receivables.actions.matching import MatchPayments
from crm.risk.actions.scoring import ScoreRisk

NIGHTLY: tuple[Action[Any], ...] = (
    MatchPayments(),
    RecordEntries(),
    ScoreRisk(),
    RefreshSegments(),
    RunDunning(no_text=True),
    SendThanks(),
    RunQuoteFollowup(),
)
"""The actions of a night. A new one is one line here."""


class House(Protocol):
    """What a night needs of the application."""

    @property
    def runner(self) -> Runner: ...
    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...


SCHEDULER = Actor(ActorKind.SCHEDULER, "scheduler", door="nightly")


@dataclass(frozen=True, slots=True)
class Step:
    """One action of the night, and what came of it."""

    action: str
    outcome: str
    """In words; empty when it failed."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """What a night did."""

    steps: tuple[Step, ...]

    @property
    def failed(self) -> bool:
        """Whether any step did not come through."""
        return any(step.problem for step in self.steps)

    @property
    def problems(self) -> str:
        """What did not come through, in words."""
        return "; ".join(f"{step.action}: {step.problem}" for step in self.steps if step.problem)

    def as_json(self) -> dict[str, Any]:
        """One object a step."""
        return {
            "steps": [
                {"action": step.action, "outcome": step.outcome, "problem": step.problem or None} for step in self.steps
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a step."""
        columns = (Column("action", _("Act")), Column("outcome", _("Outcome")))
        return Sheet(_("The night"), columns, tuple((step.action, step.problem or step.outcome) for step in self.steps))


def run(house: House) -> Night:
    """Perform the night's actions now."""
    night = Night(tuple(_done(house, action) for action in NIGHTLY))
    # Noted whatever came of it, and before the digest, which tells of it.
    last = (NoteNight(problems=night.problems), SendDigest())
    return Night((*night.steps, *(_done(house, action) for action in last)))


def _done(house: House, action: Action[Any]) -> Step:
    try:
        done = house.runner.run(action, SCHEDULER)
    except CrmError as error:
        return Step(action.action_name(), "", error.message)
    return Step(action.action_name(), done.result.as_sheet().title)


def report(house: House) -> None:
    """Perform the night's actions, for the timetable.

    Raises:
        OutsideFault: a step failed; what it said.
    """
    night = run(house)
    if night.failed:
        raise OutsideFault(night.problems)


def missed(house: House) -> bool:
    """Whether nothing of tonight stands in the journal: running a night twice does no harm, leaving one out does."""
    with house.database.reading() as session:
        done = (
            select(JournalEntry.id)
            .where(JournalEntry.actor == SCHEDULER.name, JournalEntry.day == house.clock.today())
            .limit(1)
        )
        return session.exec(done).first() is None

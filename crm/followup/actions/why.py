"""Why is nothing sent to a customer? Or what will be, and when."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.calendar import long_date
from crm.core.i18n import _, mark
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.actions.dunning import VERDICTS
from crm.followup.gate import Decision, Verdict, decide
from crm.followup.planning import Item
from crm.followup.policy import EXITS, LEVELS, Base, Scenario, default_scenario
from crm.followup.queries import addressees, facts_of, item_stream
from crm.followup.reasons import what_to_do
from crm.followup.risk_note import risk_note
from crm.followup.scenarios import Followed, book_of
from crm.receivables.queries import Whose

_FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Why:
    """What is decided about a customer in one currency, in sentences. Cents."""

    currency: str
    total: int
    verdict: Verdict | None
    level: int | None
    sentences: tuple[str, ...]
    next_on: date | None
    to_do: tuple[str, ...] = ()
    """What one can do about it, in the order of the reasons."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one customer."""

    as_of: date
    customer: str
    name: str
    answers: tuple[Why, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a currency."""
        return {
            "customer": self.customer,
            "as_of": self.as_of.isoformat(),
            "answers": [
                {
                    "currency": why.currency,
                    "total": plain(why.total, why.currency),
                    "verdict": why.verdict.value if why.verdict else None,
                    "level": why.level,
                    "reasons": list(why.sentences),
                    "what_to_do": list(why.to_do),
                    "next_step": why.next_on.isoformat() if why.next_on else None,
                }
                for why in self.answers
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a sentence."""
        columns = (Column("state", _("State")), Column("amount", _("Amount"), Kind.MONEY), Column("why", _("Why")))
        rows = tuple(
            (
                _(VERDICTS[why.verdict]) if why.verdict and place == 0 else "",
                Money(why.total, why.currency) if place == 0 else None,
                sentence,
            )
            for why in self.answers
            for place, sentence in enumerate(why.sentences)
        )
        todo = tuple(dict.fromkeys(line for why in self.answers for line in why.to_do))
        return Sheet(self.name, columns, rows, as_of=self.as_of, notes=todo)


class ExplainDunning(Action[Explanation]):
    """Why nothing is sent to a customer, or what will be and when."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")

    def perform(self, context: Context) -> Explanation:
        """Decide as a run would, and say it in words."""
        customer = find_customer(context.session, self.customer)
        owner, today = customer.root_id or customer.id, context.today
        groups = list(item_stream(context.session, today, today + _FAR, Whose(customer_ids=(owner,))))
        people = addressees(context.session, [owner])
        facts = facts_of(context.session, today, people, [(owner, group.currency) for group in groups])
        answers = []
        risk = risk_note(context.session, today, owner)
        chosen = book_of(context.session, today).for_groups(context.session, groups, today)
        for group in groups:
            followed = chosen(group)
            decision = decide(followed.items, facts[owner, group.currency], followed.scenario, today, followed.own)
            total = sum(item.open for item in group.items if item.due < today)
            why = self._why(group.currency, total, decision, tuple(followed.items), followed.scenario, today)
            if followed.scenario != default_scenario() or followed.own:
                why = replace(why, sentences=(*why.sentences, *_followed(followed)))
            answers.append(replace(why, sentences=(*why.sentences, risk.text)) if risk else why)
        if not answers:
            answers.append(Why("EUR", 0, None, None, (_("Nothing is open."),), None))
        return Explanation(today, customer.number, customer.name, tuple(answers))

    def _why(
        self,
        currency: str,
        total: int,
        decision: Decision | None,
        items: tuple[Item, ...],
        scenario: Scenario,
        today: date,
    ) -> Why:
        if decision is not None:
            following = _("Next: {level} (level {number}).").format(
                level=_(LEVELS[decision.level]), number=decision.level
            )
            said = tuple(reason.text for reason in decision.reasons)
            if decision.verdict is Verdict.SEND:
                said = (_("It leaves with the next run."), *said)
            todo = tuple(dict.fromkeys(what_to_do(reason.code) for reason in decision.reasons))
            return Why(currency, total, decision.verdict, decision.level, (following, *said), today, todo)
        if total == 0:
            first = min(item.due for item in items)
            return Why(
                currency,
                0,
                None,
                None,
                (_("Nothing is overdue; the next due date is {day}.").format(day=long_date(first)),),
                first,
            )
        missed = next((item for item in items if item.agreed and item.due < today), None)
        if missed is not None and missed.agreed is not None:
            ends = missed.due + timedelta(days=missed.agreed.grace_days + 1)
            text = _(
                "Instalment {rank} of the payment plan is missing: without it the plan is broken on {day}."
            ).format(rank=missed.agreed.rate.rank, day=long_date(ends))
            return Why(currency, total, None, None, (text,), ends)
        coming = sorted(
            (base + timedelta(days=step.offset), step.level)
            for item in items
            if item.open > item.disputed
            and (step := scenario.after(max(item.done, 0))) is not None
            and (base := item.last_contact if step.base is Base.PREVIOUS_STEP else item.due) is not None
            and base + timedelta(days=step.offset) > today
        )
        if coming:
            day, level = coming[0]
            text = _("The next step is {level}, from {day} on.").format(level=_(LEVELS[level]), day=long_date(day))
            return Why(currency, total, None, level, (text,), day)
        return Why(
            currency,
            total,
            None,
            None,
            (_("Every step is done. What follows: {exit}.").format(exit=_(EXITS[scenario.exit])),),
            None,
        )


BECAUSE = {
    "customer": mark("chosen for this customer"),
    "in_progress": mark("kept until nothing that was reminded is open"),
    "segment": mark("chosen for the segment"),
    "company": mark("chosen for everybody"),
    "standard": mark("nothing else was chosen"),
}


def _followed(followed: Followed) -> tuple[str, ...]:
    """Which scenario and version is followed, and why; invoices that follow another."""
    scenario = followed.scenario
    said = _("Scenario “{name}”, version {version}: {because}.").format(
        name=scenario.called, version=scenario.version, because=_(BECAUSE[followed.because])
    )
    apart = [
        _("Invoice {number} follows “{name}”, version {version}.").format(
            number=item.number, name=own.called, version=own.version
        )
        for item in followed.items
        if followed.own and (own := followed.own.get(item.invoice_id)) is not None
    ]
    return (said, *apart)


ACTIONS = (ExplainDunning,)

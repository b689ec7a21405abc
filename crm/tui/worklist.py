"""What the day asks for: gathered from the actions the house has, in the order of what unblocks most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crm.core.actions import Effect
from crm.core.basics import ListProposals
from crm.core.calendar import shown_date
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, shown
from crm.core.proposals import Proposal, restored
from crm.portfolio.search import CustomerRow, SearchCustomers
from crm.receivables.actions import ListDisputes, ListLimitations, ListPaymentPlans, ListPromises, limitation_words
from crm.receivables.actions.bank import ListBankLines
from crm.receivables.limitations import LimitationLine
from crm.receivables.plans import PlanStatus
from crm.receivables.promises import PromiseStatus
from crm.tui import days_work
from crm.tui.risk_views import risk_words
from crm.tui.words import action_words
from crm.tui.work_items import GROUPS as GROUPS
from crm.tui.work_items import Group as Group
from crm.tui.work_items import House
from crm.tui.work_items import WorkItem as WorkItem

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_BROKEN_SINCE = timedelta(days=30)
_NAMED = 3
"""Up to so many of a kind are named; more of them are one line."""
_MOST = 200


@dataclass(frozen=True, slots=True)
class Head:
    """The heading of a group: how many, and how much together."""

    group: Group
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class Air:
    """A blank line between two groups."""


Row = Air | Head | WorkItem


@dataclass(frozen=True, slots=True)
class Worklist:
    """The list of a day."""

    today: date
    items: tuple[WorkItem, ...]
    names: Mapping[str, CustomerRow]
    """Number → the customer, for those that were looked up."""

    @property
    def cents(self) -> int:
        """What is at stake in all, in euros."""
        return sum(item.cents for item in self.waiting)

    @property
    def waiting(self) -> tuple[WorkItem, ...]:
        """What waits for a person: the news are none of it."""
        return tuple(item for item in self.items if item.group is not Group.NEWS)

    def rows(self, *, air: bool = False) -> list[Row]:
        """The items under the heads of their groups, with a blank line between groups where there is room for it."""
        found: list[Row] = []
        for group in Group:
            items = [item for item in self.items if item.group is group]
            if items:
                found += [Air()] if air and found else []
                found.append(Head(group, len(items), sum(item.cents for item in items)))
            found += items
        return found

    def greeting(self, name: str) -> str:
        """`Bonjour Sophie. 16 points vous attendent, 43 936,75 € en jeu.`"""
        hello = _("Hello {name}.").format(name=name) if name else _("Hello.")
        count = plural("{count} thing waits for you", "{count} things wait for you", len(self.waiting))
        at_stake = _(", {amount} at stake").format(amount=shown(self.cents)) if self.cents else ""
        return f"{hello} {count}{at_stake}."


def gather(crm: Crm, *, only_proposals: bool = False) -> Worklist:
    """Ask every source the house has. Reads: from a thread only."""
    house = House(crm)
    sources: Sequence[Callable[[House], Iterator[WorkItem]]] = (
        (_proposals,)
        if only_proposals
        else (
            _proposals,
            _bank,
            _run,
            _limits,
            _answers,
            days_work.tasks,
            _missed,
            _broken,
            _risky,
            _due,
            days_work.quotes,
            days_work.slipping,
            days_work.losing_touch,
            _doubtful,
            _differences,
            _limits_exceeded,
            days_work.dead_addresses,
            _no_address,
            _no_regime,
            days_work.news,
        )
    )
    items = [item for source in sources for item in source(house)]
    return Worklist(house.today, tuple(items), house.known)


def _proposals(house: House) -> Iterator[WorkItem]:
    rows = house.read(ListProposals()).rows
    found = [house.item(Group.YES, *_about(house, row), **_look(house, row)) for row in rows if not _of_the_bank(row)]
    yield from sorted(found, key=lambda item: -item.cents)


def _of_the_bank(row: Proposal) -> bool:
    """What bank lines and recorded payments settle is decided in its own place, many at a time."""
    return row.action == "confirm_match"


def _bank(house: House) -> Iterator[WorkItem]:
    """Bank lines that wait for a decision, as one line; accounts that have not been read for too long."""
    lines = house.read(ListBankLines())
    waiting = lines.counts["to_decide"]
    if waiting:
        cents = sum(card.row.cents for card in lines.cards if card.row.currency == EURO and card.row.cents > 0)
        what = plural("{count} movement to decide", "{count} movements to decide", waiting)
        yield WorkItem(
            Group.YES, _("Matching"), what, money=Money(cents), glyph="◆", style="$accent", leads="section 4"
        )
    for one in lines.accounts:
        if one.stale:
            told = _("bank known until {day} only: import the latest statement")
            what = told.format(day=shown_date(one.known_until, house.today))
            name = one.label or ("··" + one.account[-4:] if one.account else _("account not named"))
            yield WorkItem(Group.REPAIR, name, what, glyph="✗", style="$late2", leads="place import")


def _about(house: House, row: Proposal) -> tuple[str, str, str]:
    fields = restored(row, house.crm.registry).model_dump()
    number = str(fields.get("customer") or "")
    customer = house.customer(number) or house.customer(row.subject)
    what = row.reason or action_words(house.crm.registry.get(row.action))
    # A payment that waits for its use is known by a number that says nothing to a person.
    name = _("Matching") if row.subject.startswith("payment/") else row.subject
    return (customer.number if customer else "", customer.name if customer else name, what)


def _look(house: House, row: Proposal) -> dict[str, Any]:
    action = restored(row, house.crm.registry)
    sends = action.effect is Effect.SEND
    look: dict[str, Any] = {"glyph": "↗" if sends else "◆", "style": "$accent", "proposal": row}
    money = getattr(action, "amount", None)
    if isinstance(money, Money):
        look["money"] = money
    if sends:
        look["leads"] = "section 5"
    return look


def _run(house: House) -> Iterator[WorkItem]:
    """The reminders of the day, as one line."""
    report = house.named("preview_dunning", no_text=True)
    if report is None:
        return
    ready, ask = report.counts.get("send", 0), report.counts.get("ask", 0)
    if not ready + ask:
        return
    what = ", ".join(
        told
        for count, told in (
            (ready, plural("{count} ready", "{count} ready", ready)),
            (ask, plural("{count} to confirm", "{count} to confirm", ask)),
        )
        if count
    )
    cents = sum(line.total for line in report.lines if line.verdict.value != "hold" and line.currency == EURO)
    yield WorkItem(
        Group.YES, _("Reminders of the day"), what, money=Money(cents), glyph="↗", style="$accent", leads="section 5"
    )


def _limits(house: House) -> Iterator[WorkItem]:
    """What soon can no longer be claimed in court, by customer, the soonest first."""
    about: dict[str, list[LimitationLine]] = {}
    for line in house.read(ListLimitations()).lines:
        about.setdefault(line.customer, []).append(line)
    urgent: dict[str, Any] = {"glyph": "○", "style": "$late3"}
    for number, lines in list(about.items())[:_NAMED]:
        money = Money(sum(line.open for line in lines if line.currency == lines[0].currency), lines[0].currency)
        yield house.item(
            Group.LIMIT, number, lines[0].name, limitation_words(lines, house.today), money=money, **urgent
        )
    if (others := len(about) - _NAMED) > 0:
        count = plural("{count} other customer", "{count} other customers", others)
        yield WorkItem(Group.LIMIT, count, _("limitation is near"), leads="place limitations", **urgent)


def _answers(house: House) -> Iterator[WorkItem]:
    """Disputes whose answer is due today or overdue, the longest first."""
    lines = [
        line
        for line in house.read(ListDisputes(status="open")).lines
        if line.deadline is not None and line.deadline <= house.today
    ]
    lines.sort(key=lambda line: (line.deadline or house.today, line.id))
    for line in lines[:_NAMED]:
        told = _("{invoice}: answer promised for {day}, {reason}")
        what = told.format(
            invoice=line.invoice, day=shown_date(line.deadline or house.today, house.today), reason=line.reason_words()
        )
        late = line.late(house.today)
        yield house.item(
            Group.ANSWER,
            line.customer,
            line.name,
            what,
            money=Money(line.amount, line.currency),
            glyph="✗" if late else "○",
            style="$late2" if late else "",
        )
    if (others := len(lines) - _NAMED) > 0:
        count = plural("{count} other dispute", "{count} other disputes", others)
        yield WorkItem(Group.ANSWER, count, _("an answer is due"), leads="place disputes", glyph="✗", style="$late2")


def _missed(house: House) -> Iterator[WorkItem]:
    """Plans of which an instalment is missing, and those broken of late."""
    items = []
    for line in house.read(ListPaymentPlans()).lines:
        plan, missed = line.plan, line.plan.missed(house.today)
        broken = plan.broken_on(house.today) if line.status is PlanStatus.BROKEN else None
        left = plan.total - plan.paid(house.today)
        if line.status is PlanStatus.OVERDUE and missed is not None:
            rate, cents = missed
            what = _("instalment {rank} of {count} missed, due on {day}").format(
                rank=rate.rank, count=len(plan.rates), day=shown_date(rate.due, house.today)
            )
        elif broken is not None and left and broken >= house.today - _BROKEN_SINCE:
            what = _("payment plan broken on {day}").format(day=shown_date(broken, house.today))
            cents = left
        else:
            continue
        money = Money(cents, line.currency)
        items.append(house.item(Group.CALL, line.customer, line.name, what, money=money, glyph="✗", style="$late2"))
    yield from sorted(items, key=lambda item: -item.cents)


def _broken(house: House) -> Iterator[WorkItem]:
    """Promises not kept of late, unless a newer one is awaited."""
    lines = house.read(ListPromises()).lines
    awaited = {line.customer for line in lines if line.status is PromiseStatus.PENDING}
    latest = {}
    for line in lines:
        late = line.status in {PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT}
        if late and line.customer not in awaited and line.word.by >= house.today - _BROKEN_SINCE:
            latest[line.customer] = line
    items = []
    for line in latest.values():
        day = shown_date(line.word.by, house.today)
        told = _("promise of {day} not kept") if not line.word.received else _("promise of {day} kept in part")
        left = Money(line.word.cents - line.word.received, line.currency)
        items.append(
            house.item(
                Group.CALL, line.customer, line.name, told.format(day=day), money=left, glyph="✗", style="$late2"
            )
        )
    yield from sorted(items, key=lambda item: -item.cents)


def _risky(house: House) -> Iterator[WorkItem]:
    """Where a call may save most, of those who are not to be called anyway."""
    answer = house.named("suggest_followups", limit=_NAMED)
    for line in answer.lines if answer is not None and answer.learnt else ():
        if line.gain > 0 and line.currency == EURO:
            told = _("a call may save {amount}: {risk}").format(
                amount=shown(line.gain, line.currency, whole=True), risk=risk_words(line.late)
            )
            money = Money(line.exposure, line.currency)
            yield house.item(Group.CALL, line.customer, line.name, told, money=money)


def _due(house: House) -> Iterator[WorkItem]:
    """Promises that fall due today."""
    for line in house.read(ListPromises(status="pending")).lines:
        if line.word.by == house.today:
            left = Money(line.word.cents - line.word.received, line.currency)
            told = (
                _("{received} received of {amount}").format(
                    received=shown(line.word.received, line.currency), amount=shown(line.word.cents, line.currency)
                )
                if line.word.received
                else _("promised for today, nothing received yet")
            )
            yield house.item(Group.PROMISE, line.customer, line.name, told, money=left)


def _doubtful(house: House) -> Iterator[WorkItem]:
    """Messages that may or may not have left, and those that were not delivered."""
    for state, what in (("uncertain", _("message in doubt: was it sent?")), ("failed", _("message not delivered"))):
        answer = house.named("list_messages", state=state, limit=_MOST)
        if answer is None:
            return
        lines = answer.as_json()["messages"]
        if len(lines) <= _NAMED:
            for line in lines:
                told = f"{what}: {line['reason']}" if line["reason"] else what
                yield house.item(
                    Group.REPAIR, line["customer"], "", told, glyph="✗", style="$late2", leads="place outbox"
                )
        else:
            count = plural("{count} message", "{count} messages", len(lines))
            yield WorkItem(Group.REPAIR, count, what, glyph="✗", style="$late2", leads="place outbox")


def _differences(house: House) -> Iterator[WorkItem]:
    """Differences that were to be looked at again by now, the largest first."""
    answer = house.named("list_residuals", state="late")
    lines = sorted(answer.lines if answer is not None else (), key=lambda line: -abs(line.cents))
    look: dict[str, Any] = {"glyph": "○", "style": "$late2"}
    for line in lines[:_NAMED]:
        what = _("{document}: difference to look at again since {day}").format(
            document=line.invoice or line.payment, day=shown_date(line.until or house.today, house.today)
        )
        about = f"invoice {line.invoice}" if line.invoice else f"payment {line.payment_id}"
        money, leads = Money(line.cents, line.currency), f"residual {about}"
        yield house.item(Group.ANSWER, line.customer, line.name, what, money=money, leads=leads, **look)
    if (others := len(lines) - _NAMED) > 0:
        count = plural("{count} other difference", "{count} other differences", others)
        yield WorkItem(Group.ANSWER, count, _("to be looked at again"), leads="place residuals", **look)


def _limits_exceeded(house: House) -> Iterator[WorkItem]:
    """Customers over their credit limit whose orders are still taken; what they owe is at stake elsewhere, once."""
    answer = house.named("list_exposure", exceeded=True)
    lines = [line for line in (answer.lines if answer is not None else ()) if not line.hold]
    look: dict[str, Any] = {"glyph": "○", "style": "$late2"}
    if len(lines) <= _NAMED:
        for line in lines:
            told = _("over the credit limit by {amount}, and new orders are still taken")
            what = told.format(amount=shown(-(line.left or 0), line.currency, whole=True))
            yield house.item(Group.REPAIR, line.customer, line.name, what, money=None, leads="limit", **look)
    else:
        count = plural("{count} customer", "{count} customers", len(lines))
        what = _("over the credit limit, and new orders are still taken")
        yield WorkItem(Group.REPAIR, count, what, leads="place exposure", **look)


def _no_address(house: House) -> Iterator[WorkItem]:
    """Debtors whom no message reaches."""
    answer = house.named("list_debtors_without_address")
    if answer is None:
        return
    rows = [row for row, line in zip(answer.as_json()["customers"], answer.lines, strict=True) if line.overdue > 0]
    what = _("overdue, and no address to write to")
    if len(rows) <= _NAMED:
        for row in rows:
            yield house.item(Group.REPAIR, str(row["customer"]), str(row.get("name", "")), what, leads="address")
    else:
        count = plural("{count} customer", "{count} customers", len(rows))
        yield WorkItem(Group.REPAIR, count, what, leads="place no-address")


def _no_regime(house: House) -> Iterator[WorkItem]:
    """Customers of whom nobody has said which law applies."""
    page = house.read(SearchCustomers(only="no_regime", sort="name", limit=_NAMED + 1, count=True))
    what = _("regime to be stated: business, consumer or public body")
    if (page.total or 0) <= _NAMED:
        for row in page.rows:
            house.known[row.number] = row
            yield house.item(Group.REPAIR, row.number, row.name, what, leads="regime")
    else:
        count = plural("{count} customer", "{count} customers", page.total or 0)
        yield WorkItem(Group.REPAIR, count, what, leads="filter no_regime")


def first_name(actor_name: str, user: str) -> str:
    """How a person is greeted: by first name where they are a known user."""
    return actor_name.split()[0] if user and actor_name.strip() else ""

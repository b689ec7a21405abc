"""A customer's sheet in words and small charts. Pure: answers in, content out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, shown
from crm.customers.card import REGIMES, STAGES
from crm.customers.models import Regime, Stage
from crm.followup.actions.following import Following, because_words
from crm.ledger.actions.doubtful import DoubtfulList
from crm.orders.actions.opportunities import OpportunityList
from crm.orders.actions.quotes import QuoteList
from crm.orders.pipeline import STAGES as DEAL_STAGES
from crm.portfolio.actions import CustomerSheet
from crm.portfolio.trends import Trend
from crm.receivables.actions import DisputeList, PlanList, PromiseList, ReliabilityReport, limitation_words
from crm.receivables.actions.exposure import ExposureList
from crm.receivables.actions.penalties import PenaltyList
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.plans import IN_FORCE, PlanStatus
from crm.receivables.promises import PromiseStatus
from crm.tui.cells import ageing_bar, clean, fit, hung, late_style, lateness, one_line, sparkline
from crm.tui.relation_facts import grouped
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.words import choice_words

Part = Content | tuple[str, str] | str
_LABEL = 12
_BAR, _SHORT_BAR = 30, 8
_MONEY = 13
_WORDS_KEPT = 8
"""So many promises are drawn, the latest last."""

TIMELINE = {
    "": mark("everything"),
    "exchange": mark("exchanges"),
    "message": mark("messages"),
    "payment": mark("payments"),
    "promise": mark("promises"),
    "note": mark("notes"),
    "decision": mark("decisions"),
}
"""Kind of event → how the filter calls it."""


_APART = 3
"""Invoices with a scenario of their own that the sheet names."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Orders, debts in doubt, penalties, sales under way: what a customer's account carries beyond its balance."""

    exposure: ExposureList
    doubtful: DoubtfulList
    penalties: PenaltyList
    quotes: QuoteList
    """Those that wait for an answer."""
    opportunities: OpportunityList
    """Those that are open."""
    followed: Following | None = None


@dataclass(frozen=True, slots=True)
class SheetView:
    """What the sheet knows of a customer."""

    sheet: CustomerSheet
    promises: PromiseList
    plans: PlanList | None = None
    disputes: DisputeList | None = None
    """Those that are open."""
    record: ReliabilityReport | None = None
    """How far their word is kept."""
    why: Sequence[str] = ()
    """What is decided about reminding them, in sentences."""
    standing: Standing | None = None
    """Counted behind the rest, so it may still be missing."""

    @property
    def main(self) -> AgeingLine:
        """What is owed in euros, else in the first currency."""
        sums = totals(self.sheet.owed)
        return sums.get(EURO) or next(iter(sums.values()), AgeingLine("", "", "", EURO))


def name_line(view: SheetView) -> Content:
    """Name, then who they are in a few facts."""
    row = view.sheet.card.customer
    siren = _("SIREN {number}").format(number=grouped(row.siren)) if row.siren else ""
    segment = choice_words(row.segment) if row.segment else ""
    stage = _(STAGES[row.stage]) if row.stage != Stage.CUSTOMER else ""
    stated = row.regime != Regime.TO_QUALIFY
    facts = (stage, row.city, row.number, siren, _(REGIMES[row.regime]) if stated else "", segment)
    told = " · ".join(clean(fact) for fact in facts if fact)
    ask = () if stated else ((" · ", "$muted"), ("◆ " + _("regime to be stated"), "$accent"))
    return Content.assemble((clean(row.name), "bold"), (f"  {told}", "$muted"), *ask)


def hold_line(view: SheetView, today: date) -> Content:
    """Why nothing is sent: the first line of the sheet."""
    holds = view.sheet.card.holds
    if not holds:
        return Content("")
    hold = holds[0]
    until = _("until {day}").format(day=shown_date(hold.until, today)) if hold.until else _("until further notice")
    words = _("Suspended {until} by {owner}: {reason}").format(until=until, owner=hold.owner or "?", reason=hold.reason)
    return Content.assemble(("■ ", "$late2"), (clean(words), "bold"))


def limitation_line(view: SheetView, today: date) -> Content:
    """What soon can no longer be claimed, or no longer can."""
    told = limitation_words(view.sheet.limitations.lines, today)
    return Content.assemble(("○ ", "$late3"), (clean(told[:1].upper() + told[1:]), "bold")) if told else Content("")


def money_lines(view: SheetView, trend: Trend | None, *, narrow: bool, width: int) -> list[Content]:
    """Overdue, balance against its limit, words kept, what comes next, how it moves."""
    line = view.main
    kept = _words_kept(view)
    told = (plan_line(view), dispute_line(view), *standing_lines(view.standing))
    agreed = [found for found in told if found is not None]
    penalties = penalty_line(view.standing)
    if narrow:
        money = Content.assemble(_overdue(line, None), "   ", _balance(view, line, width=8))
        after = [_labelled("", (clean(view.why[0]), ""))] if view.why else []
        return [money, *(agreed[:1] or ([kept] if kept else after))]
    lines = [_overdue(line, trend), _balance(view, line, width=_BAR, room=width), *agreed]
    lines += [found for found in (kept, penalties) if found is not None]
    lines += sales_lines(view.standing)
    if view.why:
        lines.append(_labelled(_("Reminder"), (clean(view.why[0]), "")))
        lines += [_labelled(" ", (clean(sentence), "$muted")) for sentence in view.why[1:3]]
    lines += _moves(trend) if trend is not None else []
    return [hung(line, _LABEL, width) for line in lines]


def _labelled(label: str, *parts: Part) -> Content:
    return Content.assemble((fit(label, _LABEL) if label else "", "$muted"), *parts)


def _overdue(line: AgeingLine, trend: Trend | None) -> Content:
    if line.overdue <= 0:
        return _labelled(_("Overdue"), (_("nothing"), ""))
    parts: list[Part] = [(f"{shown(line.overdue, line.currency):>{_MONEY}}", "bold"), "   "]
    parts.append((lateness(line.oldest_days), late_style(line.oldest_days)))
    delays = [month.delay for month in trend.months if month.delay is not None] if trend else []
    if delays:
        usual = round(sum(delays) / len(delays))
        parts.append(("   " + _("usually pays at {days}").format(days=lateness(usual) or "0"), "$muted"))
    return _labelled(_("Overdue"), *parts)


def _balance(view: SheetView, line: AgeingLine, *, width: int, room: int = 0) -> Content:
    """The bar is `width` cells long, shorter where the words beside it need its room."""
    limit = view.sheet.card.customer.credit_limit_cents
    parts: list[Part] = [f"{shown(line.total, line.currency):>{_MONEY}}", "   "]
    if limit and limit > 0 and line.total > 0:
        over = line.total - limit
        words = _("limit {amount}").format(amount=shown(limit, EURO, whole=True))
        if over > 0:
            words = _("over its limit by {amount}").format(amount=shown(over))
        if room:
            width = max(_SHORT_BAR, min(width, room - _LABEL - _MONEY - len(words) - 6))
        filled = min(width, max(1, round(width * line.total / limit)))
        parts += [ageing_bar(line.ages, filled), ("█" * (width - filled), "$rule")]
        parts.append((f"   {words}", "$late2" if over > 0 else "$muted"))
    elif line.total > 0:
        parts.append(ageing_bar(line.ages, width))
    others = [sums for code, sums in totals(view.sheet.owed).items() if code != line.currency]
    parts += [(f"   {shown(other.total, other.currency)}", "") for other in others]
    return _labelled(_("Balance"), *parts)


def plan_line(view: SheetView) -> Content | None:
    """The payment plan that is under way, or broken with something left: what is next, and what is left."""
    if view.plans is None:
        return None
    today = view.plans.as_of
    told = [line for line in view.plans.lines if line.status in IN_FORCE or line.status is PlanStatus.BROKEN]
    line = next((line for line in told if line.plan.paid(today) < line.plan.total), None)
    if line is None:
        return None
    plan = line.plan
    left = _("{amount} left").format(amount=shown(plan.total - plan.paid(today), line.currency))
    if line.status is PlanStatus.BROKEN:
        broken = plan.broken_on(today) or today
        said = _("broken since {day}").format(day=shown_date(broken, today))
        return _labelled(_("Plan"), ("✗ ", "$late3"), (said, ""), (f"   {left}", "$muted"))
    found = plan.missed(today) or plan.coming(today)
    assert found is not None, "a plan under way has an instalment that is not paid"
    rate, cents = found
    what = _("instalment {rank} of {count}, {amount}, {day}").format(
        rank=rate.rank, count=len(plan.rates), amount=shown(cents, line.currency), day=shown_date(rate.due, today)
    )
    late = [("✗ ", "$late2"), (_("missed") + " · ", "$late2")] if rate.due < today else []
    signed = "" if line.signed else " · " + _("not signed yet")
    return _labelled(_("Plan"), *late, (what, ""), (f"   {left}{signed}", "$muted"))


def dispute_line(view: SheetView) -> Content | None:
    """What is in dispute, and until when we answer."""
    if view.disputes is None or not view.disputes.lines:
        return None
    today, lines = view.disputes.as_of, view.disputes.lines
    first = min(lines, key=lambda line: line.deadline or date.max)
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount
    amounts = ", ".join(shown(cents, code) for code, cents in sorted(sums.items()))
    parts: list[Part] = [(plural("{count} dispute", "{count} disputes", len(lines)), ""), (f"   {amounts}", "")]
    if first.deadline is not None:
        by = _("answer by {day}").format(day=shown_date(first.deadline, today))
        parts.append(
            (
                f"   {by}" + (f", {first.owner_name}" if first.owner_name else ""),
                "$late2" if first.late(today) else "$muted",
            )
        )
    return _labelled(_("In dispute"), *([("✗ ", "$late2")] if first.late(today) else []), *parts)


def standing_lines(standing: Standing | None) -> list[Content]:
    """Orders on hold, what is doubtful and what is set aside for it."""
    if standing is None:
        return []
    lines = []
    hold = next((line.hold for line in standing.exposure.lines if line.hold), "")
    if hold:
        lines.append(_labelled(_("Orders"), ("■ ", "$late2"), (_("on hold: {reason}").format(reason=clean(hold)), "")))
    doubtful: dict[str, list[int]] = {}
    for debt in standing.doubtful.lines:
        sums = doubtful.setdefault(debt.currency, [0, 0])
        sums[0] += debt.worth.gross
        sums[1] += debt.worth.set_aside
    for currency, (gross, aside) in sorted(doubtful.items()):
        if gross:
            put = _("{amount} set aside").format(amount=shown(aside, currency)) if aside else _("nothing set aside")
            lines.append(_labelled(_("Doubtful"), f"{shown(gross, currency):>{_MONEY}}", (f"   {put}", "$muted")))
    return [*lines, *scenario_lines(standing.followed)]


def scenario_lines(followed: Following | None) -> list[Content]:
    """What is followed and where that was said, the invoices that follow something else; nothing where nothing was chosen."""
    if followed is None or followed.usual:
        return []
    main, *apart = followed.lines
    said = _("{scenario}, {because}").format(scenario=clean(main.scenario.called), because=because_words(main))
    later = plural("{count} day later", "{count} days later", main.later_days) if main.later_days else ""
    lines = [_labelled(_("Scenario"), " · ".join(filter(None, (said, later))))]
    for line in apart[:_APART]:
        later = plural("{count} day later", "{count} days later", line.later_days) if line.later_days else ""
        told = _("{invoice}: {scenario}").format(invoice=line.invoice, scenario=clean(line.scenario.called))
        lines.append(_labelled("", (" · ".join(filter(None, (told, later))), "$muted")))
    return lines


def sales_lines(standing: Standing | None) -> list[Content]:
    """Orders not invoiced yet, quotes that wait for an answer, and sales that may come with their next step."""
    if standing is None:
        return []
    lines = []
    ordered = [(line.currency, line.orders) for line in standing.exposure.lines if line.orders]
    if ordered:
        amounts = ", ".join(shown(cents, currency) for currency, cents in ordered)
        lines.append(_labelled(_("Orders"), f"{amounts:>{_MONEY}}", ("   " + _("not invoiced yet"), "$muted")))
    quotes, today = standing.quotes.lines, standing.quotes.as_of
    if quotes:
        first = min(quotes, key=lambda line: line.facts.sent)
        count = plural("{count} quote waits", "{count} quotes wait", len(quotes))
        told = _("{count}, the oldest of {day}").format(count=count, day=shown_date(first.facts.sent, today))
        lines.append(_labelled(_("Quotes"), f"{_sums(quotes):>{_MONEY}}", (f"   {told}", "$muted")))
    sales = standing.opportunities.lines
    if sales:
        best = sales[0]
        step = " · ".join(filter(None, (_(DEAL_STAGES[best.deal.stage]), best.next_step)))
        amounts = _sums([line.deal for line in sales])
        lines.append(_labelled(_("Sales"), f"{amounts:>{_MONEY}}", (f"   {clean(step)}", "$muted")))
    return lines


def _sums(lines: Sequence[Any]) -> str:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.cents
    return ", ".join(shown(cents, currency) for currency, cents in sorted(sums.items()))


def penalty_line(standing: Standing | None) -> Content | None:
    """Penalties nobody has claimed or given up yet, indemnities with them."""
    told = standing.penalties.totals() if standing is not None else {}
    left = {code: sums["left"] for code, sums in told.items() if sums["left"]}
    if standing is None or not left:
        return None
    amounts = ", ".join(shown(cents, code) for code, cents in left.items())
    bearing = sum(bool(one.account.interest_left or one.account.indemnity_left) for one in standing.penalties.lines)
    count = plural("on {count} invoice, not claimed", "on {count} invoices, not claimed", bearing)
    return _labelled(_("Penalties"), f"{amounts:>{_MONEY}}", (f"   {count}", "$muted"))


def _words_kept(view: SheetView) -> Content | None:
    """`5 tenues sur 6  ✓✓✗✓✓✓`, the usual delay where there are enough of them, and the word still awaited."""
    promises = view.promises
    ended = [line for line in promises.lines if line.status is not PromiseStatus.PENDING]
    awaited = next((line for line in promises.lines if line.status is PromiseStatus.PENDING), None)
    if not ended and awaited is None:
        return None
    parts: list[Part] = []
    if ended:
        kept = sum(line.status is PromiseStatus.KEPT for line in ended)
        parts += [_("{kept} kept of {count}").format(kept=kept, count=len(ended)), "   "]
        for line in ended[-_WORDS_KEPT:]:
            parts.append(("✓", "$ok") if line.status is PromiseStatus.KEPT else ("✗", "$late3"))
        record = view.record.lines[0].record if view.record is not None and view.record.lines else None
        if record is not None and not record.few and record.days_late:
            parts.append(("   " + _("median delay {days}").format(days=lateness(round(record.days_late))), "$muted"))
    if awaited is not None:
        words = _("{amount} promised for {day}").format(
            amount=shown(awaited.word.cents, awaited.currency), day=shown_date(awaited.word.by, promises.as_of)
        )
        parts.append(("   " + words if ended else words, ""))
    return _labelled(_("Word"), *parts)


def _moves(trend: Trend) -> list[Content]:
    """Twelve months of balance, and of the days between due date and payment: first and last value in words."""
    balances = [month.balance for month in trend.months]
    lines = []
    if any(balances):
        first, last = (shown(cents, trend.currency, whole=True) for cents in (balances[0], balances[-1]))
        lines.append(_labelled(_("12 months"), (f"{first} ", "$muted"), sparkline(balances), (f" {last}", "")))
    delays = [(month.day, month.delay) for month in trend.months if month.delay is not None]
    if len(delays) > 1:
        values = [delay for _day, delay in delays]
        first, last = (lateness(delay) or "0" for delay in (values[0], values[-1]))
        style = "$late3" if values[-1] > values[0] + 5 else "$muted"
        lines.append(_labelled(_("Delay"), (f"{first} ", "$muted"), sparkline(values, style), (f" {last}", "")))
    return lines


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """An event, or (`more`) the line beneath it that carries its words."""

    event: Any
    more: bool = False


ARROWS = {"in": "↙", "out": "↗"}


def timeline_rows(events: Sequence[Any], *, two_lines: bool) -> list[TimelineRow]:
    """The events, each with a second line for its words where there is room."""
    found = []
    for event in events:
        found.append(TimelineRow(event))
        if two_lines and words_of(event) and event.title:
            found.append(TimelineRow(event, more=True))
    return found


def words_of(event: Any) -> str:
    """What was said or written, on one line."""
    outcome = choice_words(event.outcome) if event.outcome and event.kind != "promise" else ""
    first = (
        next((line for line in event.text.splitlines() if line.strip()), "") if event.kind == "message" else event.text
    )
    return " · ".join(filter(None, (outcome, one_line(first))))


def timeline_columns(today: date, *, two_lines: bool) -> list[TableColumn[TimelineRow]]:
    """When, what, which way, in which words."""

    def what(row: TimelineRow) -> str:
        event = row.event
        title = str(event.title)
        if two_lines and title:
            return clean(title)
        return clean(" · ".join(filter(None, (title, words_of(event)))))

    def style(row: TimelineRow) -> str:
        good = row.event.good
        return "$ok" if good else "$late2" if good is False else ""

    return [
        TableColumn("", 9, lambda row: when(row.event, today), "$muted"),
        TableColumn("", 10, lambda row: kind_words(row.event), ""),
        TableColumn("", 1, lambda row: sign_of(row.event), style),
        TableColumn("", 20, what, style, most=200, lead=True),
    ]


def sign_of(event: Any) -> str:
    """Which way it went, or how it ended."""
    if event.good is not None and event.kind == "promise":
        return "✓" if event.good else "✗"
    return ARROWS.get(event.direction, "■" if event.kind == "hold" else "·")


def kind_words(event: Any) -> str:
    """An exchange by its channel, everything else by its kind."""
    if event.kind in {"exchange", "message"} and event.channel:
        return choice_words(event.channel)
    return choice_words(event.kind)


def when(event: Any, today: date) -> str:
    """`9 h 41` today, then `hier`, then the day."""
    ago = (today - event.day).days
    if ago == 0 and event.time:
        hour, minute = event.time.split(":")
        return _("{hour}:{minute}").format(hour=int(hour), minute=minute)
    if ago == 1:
        return _("yesterday")
    return _("today") if ago == 0 else shown_date(event.day, today)


def more_content(row: TimelineRow) -> Content | None:
    """The second line of an event."""
    return Content.assemble(" " * 26, (words_of(row.event), "$muted")) if row.more else None


def filter_line(chosen: str, words: str, count: int, room: int) -> Content:
    """`Fil  tout  messages  règlements  notes`, the chosen one underlined; title and number where the line has room for them."""
    parts: list[Part] = []
    for place, (kind, name) in enumerate(TIMELINE.items()):
        parts += [("  " if place else "", ""), (_(name), "underline" if kind == chosen else "$muted")]
    if words:
        parts += [("   ", ""), (clean(words), "underline")]
    counted = Content.styled(f"   {plural('{count} event', '{count} events', count)}", "$muted")
    line, title = Content.assemble(*parts), Content.assemble((_("Timeline"), "bold"), "  ")
    if line.cell_length + title.cell_length <= room:
        line = title + line
    return line + counted if line.cell_length + counted.cell_length <= room else line

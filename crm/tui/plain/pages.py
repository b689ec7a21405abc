"""What the plain terminal shows: pages of records, each a line of words, made from the same answers as the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from crm.core.basics import ListProposals
from crm.core.calendar import long_date, shown_date
from crm.core.i18n import _, labelled, mark, plural
from crm.core.money import shown
from crm.core.proposals import Proposal
from crm.customers.actions import ShowCompany
from crm.portfolio.actions import ShowCustomer
from crm.portfolio.search import CustomerRow, SearchCustomers
from crm.receivables.actions import AgedBalance, ListInvoices, ListPromises, limitation_words
from crm.receivables.actions.bank import BankLines, LineCard, ListBankLines
from crm.receivables.ageing import AgeingLine, Bucket, DocumentLine, Standing
from crm.tui.base import Subject
from crm.tui.cells import clean
from crm.tui.headlines import customer_sentence
from crm.tui.rosters import customer_columns, next_words
from crm.tui.screens.settings import check_rows, company_rows, setting_rows
from crm.tui.sheet_facts import SheetView, kind_words, when, words_of
from crm.tui.views import kept_columns
from crm.tui.words import bucket_name, full_words
from crm.tui.worklist import GROUPS, Head, WorkItem, first_name, gather

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SIGNS = {
    "◆": mark("to decide"),
    "↗": mark("to send"),
    "✓": mark("done"),
    "✗": mark("failed"),
    "■": mark("held"),
}
"""Glyph → how it is said."""
_MOST = 100


@dataclass(frozen=True, slots=True)
class Record:
    """A line: its words, what it is about, where it leads, and the proposal it carries."""

    words: str
    subject: Subject = field(default_factory=Subject)
    opens: Callable[[Crm], Page] | None = None
    proposal: Proposal | None = None
    text: str = ""
    """What is read word for word when it is opened."""
    acts: tuple[str, dict[str, Any]] | None = None
    """The action that a yes does, and its fields."""


@dataclass(frozen=True, slots=True)
class Page:
    """A heading of a few lines, then records under their own headings."""

    lines: Sequence[str]
    records: Sequence[Record] = ()
    heads: dict[int, str] = field(default_factory=dict)
    """Place of a record → the heading said before it."""
    subject: Subject = field(default_factory=Subject)
    again: Callable[[Crm], Page] | None = None
    """Reads the page anew."""


def said(text: str) -> str:
    """A text with its glyph as a word."""
    glyph = text[:1]
    return f"{_(SIGNS[glyph]).capitalize()}. {text[1:].strip()}" if glyph in SIGNS else clean(text)


def _late(days: int) -> str:
    return plural("Late by {count} day.", "Late by {count} days.", days) if days > 0 else ""


def _sentence(*parts: str) -> str:
    return " ".join(part if part.endswith((".", "?", "…")) else f"{part}." for part in parts if part)


def today_page(crm: Crm) -> Page:
    """The list of the day."""
    work = gather(crm)
    title = _("{section}, {day}.").format(section=_("Today"), day=long_date(work.today))
    if not work.items:
        return Page((f"{title} {_('Everything is done.')}",), again=today_page)
    greeting = work.greeting(first_name(crm.actor.name, crm.actor.user))
    records: list[Record] = []
    heads: dict[int, str] = {}
    for row in work.rows():
        if isinstance(row, Head):
            amount = f", {shown(row.cents)}" if row.cents else ""
            heads[len(records)] = _("{group}: {count}{amount}.").format(
                group=_(GROUPS[row.group]), count=row.count, amount=amount
            )
        elif isinstance(row, WorkItem):
            records.append(_work_record(row))
    return Page((title, greeting), records, heads, again=today_page)


def _work_record(item: WorkItem) -> Record:
    money = shown(item.money.cents, item.money.currency) if item.money else ""
    sign = _(SIGNS[item.glyph]).capitalize() if item.glyph in SIGNS else ""
    words = _sentence(sign, labelled(clean(item.name), clean(item.what)), money, _late(item.days))
    subject = Subject(item.customer, item.name) if item.customer else Subject()
    opens = _opening(item)
    return Record(words, subject, opens, item.proposal)


def _opening(item: WorkItem) -> Callable[[Crm], Page] | None:
    if item.customer:
        return lambda crm: customer_page(crm, item.customer)
    if item.leads == "section 5":
        return reminders_page
    if item.leads == "filter no_regime":
        return lambda crm: customers_page(crm, only="no_regime")
    return None


def customers_page(crm: Crm, text: str = "", only: str = "") -> Page:
    """Customers, the most overdue first; those that answer to some words."""
    asked: Any = {"text": text, "only": only or None, "limit": _MOST, "sort": "overdue" if not text else "name"}
    page = crm.runner.read(SearchCustomers(**asked, count=True), crm.actor)
    count = plural("{count} customer", "{count} customers", page.total or len(page.rows))
    head = _sentence(_("Customers"), count, _("“{text}”").format(text=text) if text else "")
    more = (page.total or 0) - len(page.rows)
    lines = (
        [head] if not page.rows or more <= 0 else [head, _("The first {count} follow.").format(count=len(page.rows))]
    )
    if not page.rows:
        lines.append(_("Nobody answers. Try a town, a SIREN or a part of a name: / then the word."))
    today = crm.clock.today()
    chosen = kept_columns(crm.settings.data_folder, crm.actor.user)
    words = partial(_chosen_words, chosen) if chosen else _customer_words
    records = [
        Record(words(row, today), Subject(row.number, row.name), partial(customer_page, number=row.number))
        for row in page.rows
    ]
    return Page(lines, records, again=lambda crm: customers_page(crm, text, only))


def _chosen_words(chosen: Sequence[str], row: CustomerRow, today: date) -> str:
    """The columns a person has chosen, each with its label; a bar has no words."""
    columns = customer_columns([row], "", today, narrow=False, chosen=[name for name in chosen if name != "age"])
    told = [(column.heading, said(str(column.says(row)))) for column in columns[1:]]
    return _sentence(clean(row.name or row.number), *(labelled(heading, value) for heading, value in told if value))


def _customer_words(row: CustomerRow, today: date) -> str:
    owed = row.owed
    late = _("overdue: {amount}").format(amount=shown(owed.overdue, owed.currency)) if owed.overdue > 0 else ""
    balance = (
        _("balance: {amount}").format(amount=shown(owed.total, owed.currency)) if owed.total else _("owes nothing")
    )
    return _sentence(
        f"{clean(row.name)}{', ' + clean(row.city) if row.city else ''}",
        late,
        balance,
        _late(owed.oldest_days),
        said(next_words(row, today)),
    )


def invoices_page(crm: Crm) -> Page:
    """The aged balance, in words."""
    report = crm.runner.read(AgedBalance(), crm.actor)
    title = _("Aged balance on {day}.").format(day=long_date(report.as_of))
    lines = [title, *(_ages(line) for line in report.totals.values())]
    if not report.lines:
        lines.append(_("No customer owes you anything today."))
    records = [
        Record(customer_sentence(line), Subject(line.customer, line.name), _customer_opening(line))
        for line in report.lines[:_MOST]
    ]
    return Page(lines, records, again=invoices_page)


def _customer_opening(line: AgeingLine) -> Callable[[Crm], Page] | None:
    return (lambda crm: customer_page(crm, line.customer)) if line.customer else None


def _ages(line: AgeingLine) -> str:
    parts = [
        labelled(bucket_name(bucket), shown(line.cents(bucket), line.currency))
        for bucket in Bucket
        if line.cents(bucket)
    ]
    return _sentence(_("Total {amount}").format(amount=shown(line.total, line.currency)), *parts)


def customer_page(crm: Crm, number: str) -> Page:
    """A customer's sheet: who, what is owed, the open invoices, what happened."""

    def ask(action: Any) -> Any:
        return crm.runner.read(action, crm.actor)

    today = crm.clock.today()
    sheet = ask(ShowCustomer(customer=number))
    why: list[str] = []
    if "explain_dunning" in crm.registry:
        answers = ask(crm.registry.get("explain_dunning").model_validate({"customer": number})).answers
        why = [sentence for answer in answers for sentence in answer.sentences]
    view = SheetView(sheet, ask(ListPromises(customer=number)), why=why)
    lines = [_sentence(clean(sheet.card.customer.name), sheet.card.customer.city, number)]
    lines += [f"{labelled(label, full_words(value))}." for label, value in sheet.card.rows() if value]
    line = view.main
    overdue, balance = shown(line.overdue, line.currency), shown(line.total, line.currency)
    lines.append(_("Overdue: {amount}. Balance: {balance}.").format(amount=overdue, balance=balance))
    lines += [_sentence(limitation_words(sheet.limitations.lines, today))]
    lines += [_("Held: {reason}.").format(reason=hold.reason) for hold in sheet.card.holds]
    lines += why[:2]
    subject = Subject(number, sheet.card.customer.name)
    records = [
        _invoice_record(document, subject, today)
        for document in ask(ListInvoices(customer=number, status="open")).lines
    ]
    heads = {0: plural("{count} open invoice.", "{count} open invoices.", len(records))} if records else {}
    proposals = ask(ListProposals(subject=number)).rows
    if proposals:
        heads[len(records)] = _("Wait for your yes: {count}.").format(count=len(proposals))
    records += [Record(_sentence(_(SIGNS["◆"]).capitalize(), row.reason), subject, None, row) for row in proposals]
    events = list(_events(crm, number, subject, today))
    if events:
        heads[len(records)] = _("What happened.")
    return Page(lines, [*records, *events], heads, subject, again=lambda crm: customer_page(crm, number))


def _invoice_record(line: DocumentLine, subject: Subject, today: Any) -> Record:
    due = _("due {day}").format(day=shown_date(line.due_date, today)) if line.due_date else ""
    dispute = _("in dispute") if line.standing is Standing.DISPUTED or line.disputed else ""
    words = _sentence(line.number, shown(line.open, line.currency), due, _late(line.days_overdue), dispute)
    return Record(words, Subject(subject.customer, subject.name, line.number))


def _events(crm: Crm, number: str, subject: Subject, today: Any) -> Iterator[Record]:
    if "customer_history" not in crm.registry:
        return
    kind = crm.registry.get("customer_history")
    history: Any = crm.runner.read(kind.model_validate({"customer": number, "limit": 20}), crm.actor)
    for event in history.events:
        yield Record(_sentence(when(event, today), kind_words(event), event.title, words_of(event)), subject)


def reminders_page(crm: Crm) -> Page:
    """The messages of the day: the words of each when it is opened, `o` and its number to send it."""
    kind = crm.registry.get("preview_dunning")
    report: Any = crm.runner.read(kind.model_validate({}), crm.actor)
    records: list[Record] = []
    heads: dict[int, str] = {}
    names = {"ask": _("To confirm"), "send": _("Ready"), "hold": _("Held")}
    for verdict, name in names.items():
        lines = [line for line in report.lines if line.verdict.value == verdict]
        if lines:
            heads[len(records)] = _("{group}: {count}{amount}.").format(group=name, count=len(lines), amount="")
        for line in lines:
            reasons = " ".join(line.reasons)
            words = _sentence(
                clean(line.name), shown(line.total, line.currency), _late(line.days_late), reasons, line.to
            )
            acts = None if verdict == "hold" else ("run_dunning", {"customers": (line.customer,)})
            text = f"{line.subject}\n{line.text}"
            records.append(Record(words, Subject(line.customer, line.name), None, None, text, acts))
    rehearsed = _("Rehearsal: nothing leaves before go-live.") if report.rehearsed else ""
    title = _sentence(_("Reminders of the day"), report.as_sheet().title, rehearsed)
    return Page((title,), records, heads, again=reminders_page)


def reconcile_page(crm: Crm) -> Page:
    """Bank lines that wait: the best use of each, `o` and its number to match it so."""
    lines = crm.runner.read(ListBankLines(), crm.actor)
    today, records = crm.clock.today(), []
    for card in lines.cards:
        row = card.row
        uses = [f"{number} {shown(cents, row.currency)}" for number, cents in _uses(lines, card)]
        name = lines.customers.get(card.candidates[0].customer_id or 0, ("", ""))[1] if card.candidates else ""
        sure = f"{card.candidates[0].certainty * 100:.0f} %" if card.candidates else _("nothing open answers to it")
        words = _sentence(
            shown_date(row.booked, today),
            clean(row.label),
            shown(row.cents, row.currency),
            clean(name),
            ", ".join(uses),
            sure,
        )
        acts = ("confirm_match", card.asked) if card.candidates else None
        text = " ".join(filter(None, (card.candidates[0].why if card.candidates else "", card.why_not)))
        records.append(Record(words, Subject(), None, None, text, acts))
    known = "; ".join(
        _("{account} until {day}").format(
            account=clean(one.label or one.account), day=shown_date(one.known_until, today)
        )
        for one in lines.accounts
    )
    title = _sentence(_("Matching"), plural("{count} to decide", "{count} to decide", lines.counts["to_decide"]), known)
    return Page((title,), records, again=reconcile_page)


def _uses(lines: BankLines, card: LineCard) -> list[tuple[str, int]]:
    return lines.documents(card.candidates[0]) if card.candidates else []


def proposals_page(crm: Crm) -> Page:
    """What waits for a yes."""
    work = gather(crm, only_proposals=True)
    title = plural("{count} thing waits for your yes.", "{count} things wait for your yes.", len(work.items))
    return Page((title,), [_work_record(item) for item in work.items], again=proposals_page)


def settings_page(crm: Crm) -> Page:
    """Who we are, what works, every option."""
    from crm.doctor import examine

    card = crm.runner.read(ShowCompany(), crm.actor)
    checks = examine(crm.settings.database_url or None, crm.clock.today().isoformat())
    rows = [*company_rows(card), *check_rows(checks), *setting_rows(crm.settings.described())]
    records = [
        Record(_sentence(said(f"{row.glyph} {row.name}".strip()), row.value, row.about)) for row in rows if not row.head
    ]
    return Page((_("Settings."),), records, again=settings_page)


PAGES: dict[str, Callable[[Crm], Page]] = {
    "today": today_page,
    "customers": customers_page,
    "invoices": invoices_page,
    "reconcile": reconcile_page,
    "reminders": reminders_page,
    "proposals": proposals_page,
    "settings": settings_page,
}
"""Word → page."""

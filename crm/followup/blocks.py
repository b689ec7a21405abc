"""The blocks of messages about money: tables of invoices, bank details, signature, addresses. Pure.

Each is made twice from the same facts: sentences for the text, a table or a list for the HTML.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from crm.core.calendar import plain_date, shown_date
from crm.core.i18n import Language, _, labelled, language, plural
from crm.core.money import Money
from crm.core.templating import money
from crm.followup.claims import FIRM, Claim
from crm.followup.facts import CompanyFacts, CustomerFacts, ItemFacts, SenderFacts
from crm.law.interest import Segment
from crm.law.series import decimals
from crm.messaging.rendering import Block, Heading, pairs, stacked, table, typeset
from crm.receivables.plans import Agreed

_SEPARATORS = re.compile(r"[\s\-_./]")
_REFERENCE = re.compile(r"[0-9A-Z]{1,21}")
_NARROW, _NO_BREAK = "\u202f", "\u00a0"
NOTHING = Block("", "")
"""A block that has nothing to show."""


def table_date(day: date) -> str:
    """A date as narrow as it can be read without doubt: `30/10/2026`, in English `30 Oct 2026`."""
    # No year is the year of the first day there is, so it is always written.
    return plain_date(day) if language() == "fr" else shown_date(day, date.min).replace(" ", _NO_BREAK)


def unbroken(phone: str) -> str:
    """A phone number that no line's end cuts."""
    return phone.replace(" ", _NO_BREAK)


def creditor_reference(number: str) -> str:
    """The structured reference (ISO 11649) of an invoice or customer: `RF` and check digits before its number.

    Separators are left out; empty where other signs or more than 21 of them remain.
    """
    bare = _SEPARATORS.sub("", number).upper()
    if not _REFERENCE.fullmatch(bare):
        return ""
    digits = "".join(str(int(sign, 36)) for sign in f"{bare}RF00")
    return f"RF{98 - int(digits) % 97:02}{bare}"


def invoice_table(claim: Claim, level: int) -> Block:
    """What is asked for: a line for each item, and the total of several."""
    lines = [
        _line(item, money(item.open), _days_late(item) if level >= FIRM else "", _details(item)) for item in claim.items
    ]
    return _items(lines, _("Left to pay"), money(claim.asked))


def statement_table(claim: Claim) -> Block:
    """The account as it stands: what is late, what is not due yet, what is disputed, and the sum."""
    items = sorted((*claim.items, *claim.others), key=lambda item: (item.due_date, item.number))
    lines = [
        _line(item, money(item.open + item.disputed), _days_late(item) or _("not due yet"), _details(item, inside=True))
        for item in items
    ]
    return _items(lines, _("Still open"), money(claim.sum_of(item.open + item.disputed for item in items)))


def plan_table(plan: Agreed, claim: Claim) -> Block:
    """The instalments of a payment plan: what is received, missing and to come."""
    currency, received, between = claim.zero.currency, _("received"), " · "
    rows, sentences = [], []
    for rate, left in plan.schedule:
        amount = money(Money(rate.cents, currency))
        state = (
            received
            if not left
            else _("left: {amount}").format(amount=money(Money(left, currency)))
            if left < rate.cents
            else ""
        )
        rows.append(((str(rate.rank),), (table_date(rate.due),), (amount, state) if state else (amount,)))
        told = between.join(filter(None, (f"{rate.rank}/{plan.count}", table_date(rate.due), amount, state)))
        sentences.append(told)
    headings = (Heading(_("Number")), Heading(_("Due date")), Heading(_("Amount"), right=True))
    total = (_("Total"), money(Money(plan.total, currency)))
    return Block("\n".join([*sentences, labelled(*total)]), table(headings, rows, total))


class _Line(NamedTuple):
    """An item as it is told."""

    number: str
    order: str
    issued: str
    due: str
    amount: str
    standing: str
    """How late it is, where that is said."""
    details: Sequence[str]


def _line(item: ItemFacts, amount: str, standing: str, details: Sequence[str]) -> _Line:
    issued, due = table_date(item.issue_date), table_date(item.due_date)
    return _Line(item.number, item.order_reference, issued, due, amount, standing, details)


def _items(lines: Sequence[_Line], heading: str, amount: str) -> Block:
    several = len(lines) > 1
    sentences = list(_sentences(lines))
    if several:
        sentences.append(labelled(_("Total"), amount))
    headings = (Heading(_("Invoice")), Heading(_("Due date")), Heading(heading, right=True))
    html = table(headings, _cells(lines), (_("Total"), amount) if several else ())
    return Block("\n".join(sentences), html)


def _cells(lines: Sequence[_Line]) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    issued, ordered = _("of {day}"), _("order {number}")
    for line in lines:
        first = (line.number, issued.format(day=line.issued))
        order = (ordered.format(number=line.order),) if line.order else ()
        due = (line.due, line.standing) if line.standing else (line.due,)
        yield (*first, *order), due, (line.amount, *line.details)


def _sentences(lines: Sequence[_Line]) -> Iterator[str]:
    told, ordered = _("{number} of {issued}{order}, due date {due}: {amount}"), _(", order {number}")
    between = f"{_NARROW}; " if language() == "fr" else "; "
    for line in lines:
        order = ordered.format(number=line.order) if line.order else ""
        text = told.format(number=line.number, issued=line.issued, order=order, due=line.due, amount=line.amount)
        details = (line.standing, *line.details) if line.standing else line.details
        yield f"{text} ({between.join(details)})" if details else text


def _days_late(item: ItemFacts) -> str:
    return plural("{count} day late", "{count} days late", item.days_late) if item.days_late > 0 else ""


def _details(item: ItemFacts, *, inside: bool = False) -> Sequence[str]:
    """What was received and what is disputed; `inside`: the amount shown includes what is disputed."""
    found = []
    if item.paid.cents > 0:
        found.append(_("{paid} received of {total}").format(paid=money(item.paid), total=money(item.total)))
    if item.disputed.cents > 0:
        text = _("of which {amount} disputed, on hold") if inside else _("{amount} disputed apart, on hold")
        found.append(text.format(amount=money(item.disputed)))
    return found


def payment_block(company: CompanyFacts, customer: CustomerFacts, claim: Claim, amount: Money) -> Block:
    """How to pay: account, amount, the reference to give, and its structured form."""
    account, numbers = company.account, [item.number for item in claim.invoices]
    reference = numbers[0] if len(numbers) == 1 else customer.number
    facts = [(_("Account holder"), company.name)]
    if account is not None:
        facts.append(("IBAN", _in_fours(account.iban)))
        if account.bic:
            facts.append(("BIC", account.bic))
    facts += [(_("Amount"), money(amount)), (_("Reference to give"), reference)]
    if structured := creditor_reference(reference):
        facts.append((_("Structured reference"), _in_fours(structured)))
    if account is not None:
        remark = typeset(_("In doubt about these bank details? Call us on the number you know."))
    else:
        remark = _("Our bank details are those on our invoices.")
    title = _("To pay by bank transfer")
    lines = (labelled(title, "").rstrip(), *(labelled(name, value) for name, value in facts), remark)
    return Block("\n".join(lines), pairs(labelled(title, "").rstrip(), facts, remark))


@lru_cache(maxsize=256)
def _in_fours(code: str) -> str:
    bare = _SEPARATORS.sub("", code)
    return " ".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def signature(company: CompanyFacts, sender: SenderFacts) -> Block:
    """Who writes, how to reach them, and the line that the law asks for."""
    reach = " · ".join(filter(None, (unbroken(sender.phone or company.phone), sender.email or company.email)))
    lines = [line for line in (sender.name, sender.role, company.name, reach) if line]
    legal = legal_line(company, language())
    html = stacked(lines, style="signature", strong=True) + stacked([legal], style="legal")
    return Block("\n".join([*lines, "", legal]), html)


@lru_cache(maxsize=64)
def legal_line(company: CompanyFacts, _spoken: Language) -> str:
    """Name, form, capital, registration and seat, as a company's letterhead gives them (C. com. R123-238).

    The language is the one in use.
    """
    form = company.legal_form
    if form and company.capital is not None:
        form = _("{form} with a capital of {capital}").format(form=form, capital=round_amount(company.capital))
    siren = grouped_siren(company.siren)
    registered = f"{company.registry} {siren}" if company.registry and siren else company.registry
    if siren and not company.registry:
        registered = f"SIREN {siren}"
    return ", ".join(filter(None, (company.name, form, registered, company.address)))


def grouped_siren(siren: str) -> str:
    """A SIREN in groups of three: `812 345 678`."""
    bare = "".join(siren.split())
    return f"{bare[:3]}\u00a0{bare[3:6]}\u00a0{bare[6:]}" if len(bare) == 9 else siren


def round_amount(amount: Money) -> str:
    """An amount without its decimals where they are zero: `40 000 €`."""
    text = money(amount)
    return text.replace(",00\u00a0", "\u00a0") if language() == "fr" else text.removesuffix(".00")


def recipient(customer: CustomerFacts, name: str) -> Block:
    """The address of a letter; `name` is the person it is for."""
    lines = [customer.name, *([name] if name and name != customer.name else [])]
    lines += [line for part in customer.address.split(", ") if (line := part.strip())]
    return Block("\n".join(lines), stacked(lines, style="recipient"))


def claim_table(claim: Claim) -> Block:
    """The annex of a formal notice: each invoice with what was billed, received, and is left, taxes included."""
    headings = (
        Heading(_("Invoice")),
        Heading(_("Due date")),
        Heading(_("Total with taxes"), right=True),
        Heading(_("Received"), right=True),
        Heading(_("Left to pay"), right=True),
    )
    rows, sentences = [], []
    for item in claim.items:
        issued, due = table_date(item.issue_date), table_date(item.due_date)
        billed, paid, left = money(item.total), money(item.paid), money(item.open)
        apart = [_("{amount} disputed apart, on hold").format(amount=money(item.disputed))] if item.disputed else []
        rows.append(([item.number, _("of {day}").format(day=issued)], [due], [billed], [paid], [left, *apart]))
        text = _(
            "{number} of {issued}, due date {due}: {total} with taxes, received {paid}, left to pay {left}"
        ).format(number=item.number, issued=issued, due=due, total=billed, paid=paid, left=left)
        sentences.append(f"{text} ({apart[0]})" if apart else text)
    label, principal = _("Principal left, taxes included"), money(claim.asked)
    return Block("\n".join([*sentences, labelled(label, principal)]), table(headings, rows, (label, principal)))


def penalty_table(claim: Claim) -> Block:
    """How the penalties are counted: invoice, base, days, rate, amount; nothing where none are claimed."""
    if not claim.penalties:
        return NOTHING
    headings = (
        Heading(_("Invoice")),
        Heading(_("Days")),
        Heading(_("Base and rate")),
        Heading(_("Interest"), right=True),
    )
    rows, sentences = [], []
    for item, each in zip(claim.items, claim.interest, strict=True):
        counted = [_counted(segment, item.open.currency) for segment in each.segments]
        # What is owed is rounded on the sum of an invoice: it stands beside its last stretch of days.
        figures = [*[""] * (len(counted) - 1), money(each.interest)]
        rows += [
            ((item.number,), (days,), (rate,), (figure,)) for (days, rate), figure in zip(counted, figures, strict=True)
        ]
        details = " + ".join(f"{days}, {rate}" for days, rate in counted)
        sentences.append(labelled(item.number, f"{details} = {figures[-1]}"))
    label, sum_ = _("Penalties"), money(claim.penalties)
    return Block("\n".join([*sentences, labelled(label, sum_)]), table(headings, rows, (label, sum_)))


def _counted(segment: Segment, currency: str) -> tuple[str, str]:
    """A stretch of days, and the sum and rate that ran on it."""
    stretch = _("{days} from {start} to {end}").format(
        days=plural("{count} day", "{count} days", segment.days).replace(" ", _NO_BREAK),
        start=table_date(segment.start),
        end=table_date(segment.end),
    )
    return stretch, f"{money(Money(segment.base_cents, currency))} × {rate_text(segment.rate)}"


def rate_text(rate: Decimal) -> str:
    """A yearly rate as in letters: `12,40 %`."""
    figure = decimals(rate)
    return f"{figure.replace('.', ',')}{_NARROW}%" if language() == "fr" else f"{figure}%"

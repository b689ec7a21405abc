"""The blocks of messages about money: tables of invoices, bank details, signature, addresses. Pure.

Each is made twice from the same facts: sentences for the text, a table or a list for the HTML.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from crm.core.calendar import plain_date
from crm.core.i18n import _, labelled, language, plural
from crm.core.money import Money
from crm.core.templating import money
from crm.followup.claims import FIRM, Claim, total
from crm.followup.facts import CompanyFacts, CustomerFacts, ItemFacts, SenderFacts
from crm.law.interest import Segment
from crm.law.series import decimals
from crm.messaging.rendering import Block, Heading, pairs, stacked, table

_SEPARATORS = re.compile(r"[\s\-_./]")
_REFERENCE = re.compile(r"[0-9A-Z]{1,21}")
_NARROW = "\u202f"
NOTHING = Block("", "")
"""A block that has nothing to show."""


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
        _Line(item, money(item.open), _days_late(item) if level >= FIRM else "", _details(item)) for item in claim.items
    ]
    return _items(lines, _("Left to pay"), money(claim.asked))


def statement_table(claim: Claim) -> Block:
    """The account as it stands: what is late, what is not due yet, what is disputed, and the sum."""
    items = sorted((*claim.items, *claim.others), key=lambda item: (item.due_date, item.number))
    lines = [
        _Line(item, money(item.open + item.disputed), _days_late(item) or _("not due yet"), _details(item, inside=True))
        for item in items
    ]
    return _items(lines, _("Open"), money(total((item.open + item.disputed for item in items), claim.zero)))


class _Line(NamedTuple):
    """An item as it is told: its amount, where it stands, and what else there is to say."""

    item: ItemFacts
    amount: str
    standing: str
    details: list[str]


def _items(lines: Sequence[_Line], heading: str, amount: str) -> Block:
    several = len(lines) > 1
    sentences = [_sentence(line) for line in lines]
    if several:
        sentences.append(labelled(_("Total"), amount))
    headings = (Heading(_("Invoice")), Heading(_("Due date")), Heading(heading, right=True))
    html = table(headings, map(_cells, lines), (_("Total"), amount) if several else ())
    return Block("\n".join(sentences), html)


def _cells(line: _Line) -> tuple[list[str], list[str], list[str]]:
    item = line.item
    first = [item.number, _("of {day}").format(day=plain_date(item.issue_date))]
    if item.order_reference:
        first.append(_("order {number}").format(number=item.order_reference))
    due = [plain_date(item.due_date), *([line.standing] if line.standing else [])]
    return first, due, [line.amount, *line.details]


def _sentence(line: _Line) -> str:
    item = line.item
    order = _(", order {number}").format(number=item.order_reference) if item.order_reference else ""
    text = _("{number} of {issued}{order}, due date {due}: {amount}").format(
        number=item.number,
        issued=plain_date(item.issue_date),
        order=order,
        due=plain_date(item.due_date),
        amount=line.amount,
    )
    details = [line.standing, *line.details] if line.standing else line.details
    between = f"{_NARROW}; " if language() == "fr" else "; "
    return f"{text} ({between.join(details)})" if details else text


def _days_late(item: ItemFacts) -> str:
    return plural("{count} day late", "{count} days late", item.days_late) if item.days_late > 0 else ""


def _details(item: ItemFacts, *, inside: bool = False) -> list[str]:
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
        remark = _("In doubt about these bank details? Call us on the number you know.")
    else:
        remark = _("Our bank details are those on our invoices.")
    title = _("To pay by bank transfer")
    lines = (labelled(title, "").rstrip(), *(labelled(name, value) for name, value in facts), remark)
    return Block("\n".join(lines), pairs(labelled(title, "").rstrip(), facts, remark))


def _in_fours(code: str) -> str:
    bare = _SEPARATORS.sub("", code)
    return " ".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def signature(company: CompanyFacts, sender: SenderFacts) -> Block:
    """Who writes, how to reach them, and the line that the law asks for."""
    reach = " · ".join(filter(None, (sender.phone or company.phone, sender.email or company.email)))
    lines = [line for line in (sender.name, sender.role, company.name, reach) if line]
    legal = legal_line(company)
    html = stacked(lines, style="signature", strong=True) + stacked([legal], style="legal")
    return Block("\n".join([*lines, "", legal]), html)


def legal_line(company: CompanyFacts) -> str:
    """Name, form, capital, registration and seat, as the letterhead of a company gives them (C. com. R123-238)."""
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
        issued, due = plain_date(item.issue_date), plain_date(item.due_date)
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
    headings = (Heading(_("Invoice")), Heading(_("Days")), Heading(_("Rate")), Heading(_("Interest"), right=True))
    rows, sentences = [], []
    for item, each in zip(claim.items, claim.interest, strict=True):
        counted = [_counted(segment, item.open.currency) for segment in each.segments]
        amount = money(each.interest)
        rows.append(([item.number], [days for days, _rate in counted], [rate for _days, rate in counted], [amount]))
        details = " + ".join(f"{days}, {rate}" for days, rate in counted)
        sentences.append(labelled(item.number, f"{details} = {amount}"))
    label, sum_ = _("Penalties"), money(claim.penalties)
    return Block("\n".join([*sentences, labelled(label, sum_)]), table(headings, rows, (label, sum_)))


def _counted(segment: Segment, currency: str) -> tuple[str, str]:
    """A stretch of days, and the sum and rate that ran on it."""
    stretch = _("{days} from {start} to {end}").format(
        days=plural("{count} day", "{count} days", segment.days),
        start=plain_date(segment.start),
        end=plain_date(segment.end),
    )
    return stretch, f"{money(Money(segment.base_cents, currency))} × {rate_text(segment.rate)}"


def rate_text(rate: Decimal) -> str:
    """A yearly rate as in letters: `12,40 %`."""
    figure = decimals(rate)
    return f"{figure.replace('.', ',')}{_NARROW}%" if language() == "fr" else f"{figure}%"

"""Who a customer is and how the relation stands, in words: identity, contacts, consents, segment, what is offered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, plural
from crm.core.money import Money, shown
from crm.customers.card import STAGES
from crm.customers.models import Contact, Regime, Stage
from crm.loyalty.actions.segments import SegmentList
from crm.orders.actions.opportunities import OpportunityList
from crm.orders.actions.quotes import QuoteList
from crm.portfolio.actions import CustomerSheet
from crm.portfolio.groups import Group
from crm.portfolio.health import Fares, Health, away
from crm.tui.cells import NB, clean, fit
from crm.tui.words import choice_words

_LABEL = 13
_REASONS = 2


@dataclass(frozen=True, slots=True)
class Relation:
    """What is known of a customer beyond what they owe."""

    segments: SegmentList
    opportunities: OpportunityList
    quotes: QuoteList
    group: Group


def grouped(digits: str, *sizes: int) -> str:
    """`732829320` → `732 829 320`: by threes, or by the sizes given."""
    parts, start = [], 0
    for size in sizes or (3,) * (len(digits) // 3 + 1):
        parts.append(digits[start : start + size])
        start += size
    return NB.join(part for part in parts if part)


def _line(label: str, *parts: tuple[str, str], width: int = _LABEL) -> Content:
    return Content.assemble((fit(label, width), "$muted"), *((clean(text), style) for text, style in parts))


def identity_lines(sheet: CustomerSheet, relation: Relation | None, width: int = _LABEL) -> list[Content]:
    """Identity, group, and under which other numbers the customer stands; what is not stated is asked for."""
    row = sheet.card.customer
    lines = [Content.styled(_("Identity"), "bold")]
    if row.stage != Stage.CUSTOMER:
        lines.append(_line(_("Stage"), (_(STAGES[row.stage]), ""), width=width))
    if row.regime == Regime.TO_QUALIFY:
        lines.append(_line(_("Regime"), ("◆ ", "$accent"), (_("to be stated: + then i"), ""), width=width))
    numbers = [
        _("SIRET {number}").format(number=grouped(row.siret, 3, 3, 3, 5)) if row.siret else "",
        _("VAT {number}").format(number=row.vat_number) if row.vat_number else "",
    ]
    if told := " · ".join(filter(None, numbers)):
        lines.append(_line(_("Numbers"), (told, ""), width=width))
    elif not row.siren:
        lines.append(_line(_("Numbers"), (_("none stated: + then i"), "$muted"), width=width))
    if sheet.records:
        lines.append(_line(_("Also"), (", ".join(sheet.records), ""), width=width))
    if relation is not None and len(relation.group.members) > 1:
        head = relation.group.members[0][0].name
        sums = ", ".join(shown(exposure, code) for code, (exposure, _overdue) in relation.group.sums().items())
        count = plural("{count} company", "{count} companies", len(relation.group.members))
        lines.append(
            _line(_("Group"), (f"{head} · {count}", ""), (f"   {sums}" if sums else "", "$muted"), width=width)
        )
    return lines


def contact_lines(contacts: Sequence[Contact], width: int, fares: Fares | None, today: date) -> list[Content]:
    """One contact a line: name, role, address, telephone; what is wrong with an address stands behind it."""
    if not contacts:
        return [Content.styled(_("No contact yet: + then c adds one."), "$muted")]
    names = min(26, max(len(contact.name) for contact in contacts))
    lines = []
    for contact in contacts:
        ways = [way for way in (contact.email, contact.phone) if way]
        parts = [(fit(contact.name, names), ""), (f"  {fit(contact.role, 14)}" if contact.role else "  ", "$muted")]
        for place, way in enumerate(ways):
            bad = fares is not None and fares.of(way) is not Health.FINE
            parts += [
                ("   " if place else "", ""),
                (("✗ " if bad else ""), "$late3"),
                (clean(way), "$muted" if bad else ""),
            ]
            if fares is not None and bad:
                parts.append((f" {fares.words(way, today)}", "$late2"))
        if not ways:
            parts.append((_("no address"), "$late2"))
        if (back := away(contact, today)) is not None:
            parts.append((f"   {back}", "$late2"))
        lines.append(Content.assemble(*parts).truncate(max(20, width), ellipsis=True))
    return lines


def whole_identity(sheet: CustomerSheet, relation: Relation) -> list[Content]:
    """Everything stated of who the customer is, and what is asked for."""
    row = sheet.card.customer
    told = {label: _said(value, sheet.as_of) for label, value in sheet.card.identity_rows()}
    for label in (_("Segment"), _("Group of"), _("Stage"), _("SIRET"), _("VAT number")):
        told.pop(label, None)
    if row.siren:
        told[_("SIREN")] = grouped(row.siren)
    if row.regime == Regime.TO_QUALIFY:
        told.pop(_("Regime"), None)
    width = 2 + max(_LABEL, *(len(label) for label in told))
    return [
        *identity_lines(sheet, relation, width),
        *(Content.assemble((fit(label, width), "$muted"), clean(said)) for label, said in told.items()),
    ]


def _said(value: object, today: date) -> str:
    if isinstance(value, Money):
        return shown(value.cents, value.currency)
    return shown_date(value, today) if isinstance(value, date) else str(value)


def whole_contacts(contacts: Sequence[Contact], fares: Fares, today: date) -> list[Content]:
    """Every contact whole: one line, and a line for each thing that is wrong."""
    head = Content.assemble((_("Contacts"), "bold"), (f"  {len(contacts) or ''}", "$muted"))
    lines = [head]
    if not contacts:
        lines.append(Content.styled(_("No contact yet: + then c adds one."), "$muted"))
    for contact in contacts:
        ways = "   ".join(clean(way) for way in (contact.email, contact.phone) if way)
        role = f"  {clean(contact.role)}" if contact.role else ""
        lines.append(
            Content.assemble((clean(contact.name), ""), (role, "$muted"), ("   " + (ways or _("no address")), ""))
        )
        lines += [
            Content.assemble("  ", ("✗ ", "$late3"), (clean(f"{what} · {said}"), "$late2"))
            for what, said in fares.told([contact], today)
        ]
    return lines


def consent_lines(fares: Fares, today: date) -> list[Content]:
    """What was said yes or no to, with its day and source."""
    said = fares.consent_words(today)
    if not said:
        return []
    return [Content.styled(_("Consents"), "bold"), *(Content(clean(one)) for one in said)]


def relation_lines(relation: Relation, sheet: CustomerSheet) -> list[Content]:
    """Segment and why, what is offered and sold; what is not measured yet says so."""
    lines = [Content.styled(_("Relation"), "bold")]
    own = next(iter(relation.segments.lines), None)
    if own is None:
        lines.append(_line(_("Segment"), (_("none: nothing bought yet"), "$muted")))
    else:
        said = f" ({_('by hand')})" if own.said else ""
        lines.append(_line(_("Segment"), (choice_words(own.segment.value) + said, "")))
        lines += [_line("", (reason, "$muted")) for reason in own.reasons[:_REASONS]]
    lines.append(_line(_("Satisfaction"), (_("no survey answered yet"), "$muted")))
    lines.append(_line(_("Points"), (_("no loyalty programme yet"), "$muted")))
    today = sheet.as_of
    open_ones = relation.opportunities.lines
    sums: dict[str, int] = {}
    for line in open_ones:
        sums[line.deal.currency] = sums.get(line.deal.currency, 0) + line.deal.cents
    amounts = ", ".join(shown(cents, code) for code, cents in sorted(sums.items()))
    if open_ones:
        lines.append(_line(_("Opportunities"), (f"{len(open_ones)}   {amounts}", "")))
    else:
        lines.append(_line(_("Opportunities"), (_("none open"), "$muted")))
    quotes = relation.quotes.lines
    if quotes:
        first = quotes[0]
        told = f"{first.number} · {shown(first.cents, first.currency)} · {shown_date(first.facts.sent, today)}"
        more = f"   +{len(quotes) - 1}" if len(quotes) > 1 else ""
        lines.append(_line(_("Quotes"), (told, ""), (more, "$muted")))
    else:
        lines.append(_line(_("Quotes"), (_("none waiting"), "$muted")))
    return lines

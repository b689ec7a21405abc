"""The payment plan as a deed to be signed: acknowledgement of the debt, schedule, clauses, statement. Pure.

The words are a template of the user's or ours, the layout is Typst; parts are told apart by control signs that no value
can hold, so that a name can neither begin a heading nor become a table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.core.amount_words import amount_in_letters
from crm.core.calendar import plain_date
from crm.core.i18n import Language, _
from crm.core.money import Money
from crm.core.templating import Templates, money
from crm.receivables.planned import PlanLine

LAYOUT = "plans/plan.typ"
_LAW_AS_OF = date(2026, 11, 24)
"""The state of the law that the clauses follow."""
_MARKS = {name: f"\x02{name}\x03" for name in ("title", "heading", "schedule", "claim", "signatures")}


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who we are, as a deed names us."""

    name: str
    legal_form: str = ""
    capital: Money | None = None
    siren: str = ""
    rcs_city: str = ""
    address: str = ""
    city: str = ""
    representative: str = ""
    penalty_clause: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who signs it."""

    number: str
    name: str
    regime: str
    siren: str = ""
    address: str = ""
    contact: str = ""

    @property
    def law(self) -> str:
        """The law the clauses follow; where the regime is not stated, a consumer's."""
        return self.regime if self.regime in {"B2B", "B2G"} else "B2C"

    @property
    def person(self) -> bool:
        """A natural person who does no trade: the amount is written in their own hand (C. civ. 1376)."""
        return self.law == "B2C"


def deed_text(templates: Templates, line: PlanLine, creditor: Creditor, debtor: Debtor, language: Language) -> str:
    """The words of the deed, parts told apart by marks."""
    plan = line.plan
    total = Money(plan.total, line.currency)
    return templates.render(
        f"plans/repayment_plan.{language}.jinja",
        mark=_MARKS,
        regime=debtor.law,
        creditor={
            "name": _bare(creditor.name),
            "line": _bare(_legal_line(creditor)),
            "representative": _bare(creditor.representative),
            "city": _bare(creditor.city),
            "penalty_clause": _bare(creditor.penalty_clause),
            "iban": _in_fours(creditor.iban),
        },
        debtor={
            "number": _bare(debtor.number),
            "name": _bare(debtor.name),
            "siren": _grouped(debtor.siren),
            "address": _bare(debtor.address),
            "contact": _bare(debtor.contact),
            "person": debtor.person,
        },
        plan={
            "total": total,
            "total_words": amount_in_letters(total, language),
            "count": len(plan.rates),
            "first_on": plan.rates[0].due,
            "made_on": plan.made,
            "signed_on": line.signed,
            "cure_days": max(1, plan.grace_days),
            "reference": _bare(f"PLAN {debtor.number}-{line.id}"),
        },
    )


def deed(
    text: str, line: PlanLine, creditor: Creditor, debtor: Debtor, language: Language, *, final: bool
) -> dict[str, Any]:
    """What the layout asks for, in the language in use."""
    parts = list(_parts(text))
    title = next((part["text"] for part in parts if part["kind"] == "title"), "")
    total = money(Money(line.plan.total, line.currency))
    draft = _("Draft to be read before it is signed, law as of {day}").format(day=plain_date(_LAW_AS_OF))
    return {
        "title": title,
        "author": creditor.name,
        "language": language,
        "footer": "" if final or line.signed else draft,
        "initials": _("Initials: ……  ……"),
        "page": _("page {page} of {count}"),
        "parts": parts,
        "schedule": {
            "heads": [_head(_("Number")), _head(_("Due date"), wide=True), _head(_("Amount"), right=True)],
            "rows": [
                [str(rate.rank), plain_date(rate.due), money(Money(rate.cents, line.currency))] for rate in line.plan.rates
            ],
            "total": ["", _("Total"), total],
        },
        "claim": {
            "heads": [
                _head(_("Invoice"), wide=True),
                _head(_("Due date")),
                _head(_("Amount"), right=True),
                _head(_("Open"), right=True),
                _head(_("In the plan"), right=True),
            ],
            "rows": [
                [
                    cover.number,
                    plain_date(cover.due),
                    *(money(Money(cents, line.currency)) for cents in (cover.total, cover.open_then, cover.cents)),
                ]
                for cover in line.plan.covers
            ],
            "total": [_("Total"), "", "", money(Money(sum(c.open_then for c in line.plan.covers), line.currency)), total],
        },
        "signatures": _signatures(creditor, debtor, line, language),
    }  # fmt: skip  # read as a table: columns side by side


def _signatures(creditor: Creditor, debtor: Debtor, line: PlanLine, language: Language) -> list[dict[str, str]]:
    total = Money(line.plan.total, line.currency)
    stamp = _("Name, capacity, signature, stamp")
    by_hand = _(
        "To be written in the debtor’s own hand, then signed: “I acknowledge owing {creditor} the sum of {amount} ({letters}), which I undertake to pay as this plan provides.”"
    ).format(creditor=creditor.name, amount=money(total), letters=amount_in_letters(total, language))
    return [
        {"who": _("For the creditor"), "hint": stamp, "name": creditor.name},
        {"who": _("The debtor"), "hint": by_hand if debtor.person else stamp, "name": debtor.name},
    ]


def _parts(text: str) -> Iterator[dict[str, str]]:
    """The blocks of the text in order, each with its kind."""
    for block in text.split("\n\n"):
        words = block.strip("\n ")
        kind = next((name for name, sign in _MARKS.items() if words.startswith(sign)), "text")
        words = words.removeprefix(_MARKS.get(kind, "")).strip()
        if words or kind != "text":
            yield {"kind": kind, "text": " ".join(words.split("\n"))}


def _head(text: str, *, wide: bool = False, right: bool = False) -> dict[str, Any]:
    return {"text": text, "wide": wide, "right": right}


def _legal_line(creditor: Creditor) -> str:
    """Name, form, capital, registration and seat, as a letterhead gives them (C. com. R123-238)."""
    form = creditor.legal_form
    if form and creditor.capital is not None:
        form = _("{form} with a capital of {capital}").format(form=form, capital=money(creditor.capital))
    siren = _grouped(creditor.siren)
    registered = (
        f"RCS {creditor.rcs_city} {siren}" if creditor.rcs_city and siren else f"SIREN {siren}" if siren else ""
    )
    return ", ".join(filter(None, (creditor.name, form, registered, creditor.address)))


def _grouped(siren: str) -> str:
    bare = "".join(siren.split())
    return f"{bare[:3]}\u00a0{bare[3:6]}\u00a0{bare[6:]}" if len(bare) == 9 else _bare(siren)


def _in_fours(code: str) -> str:
    bare = "".join(_bare(code).split())
    return "\u00a0".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def _bare(text: str) -> str:
    """A value on one line, without the signs that tell parts apart."""
    return " ".join("".join(sign if sign.isprintable() or sign == "\u00a0" else " " for sign in text).split())


def address_line(parts: Sequence[str]) -> str:
    """An address on one line."""
    return ", ".join(part.strip() for part in parts if part.strip())

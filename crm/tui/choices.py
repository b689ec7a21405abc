"""The values that a field may take, as they are said in it: the same code may mean another thing in another field."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import _, mark
from crm.customers.cadence import TOUCHES
from crm.followup.actions.assumptions import KINDS as ASSUMPTIONS
from crm.followup.policy import TONES
from crm.ledger.actions.differences import CAUSES, DECISIONS
from crm.ledger.actions.doubtful import PROOFS
from crm.ledger.actions.entries import KINDS as ENTRIES
from crm.messaging.actions import PURPOSES, STATES
from crm.portfolio.calls import RESULTS
from crm.portfolio.objectives import COURSES, MEASURES
from crm.portfolio.recipes import RECIPES
from crm.receivables.actions.penalties import STATES as PENALTIES
from crm.tui.words import VALUES, choice_words

_YES_NO = {"yes": mark("yes"), "no": mark("no")}

CHOICES: Mapping[str, Mapping[str, str]] = {
    "answer": {"paid": mark("paid"), "owed": mark("still owed")},
    "because": {"return": mark("goods returned"), "rebate": mark("rebate")},
    "better": {"higher": mark("it rises"), "lower": mark("it falls")},
    "cause": CAUSES,
    "course": {course.value: words for course, words in COURSES.items()},
    "decision": DECISIONS,
    "digest": {"daily": mark("every working day"), "never": mark("never")},
    "disputed": {"in": mark("with what is disputed"), "out": mark("without what is disputed")},
    "format": {
        "csv": mark("CSV"),
        "xlsx": mark("Excel"),
        "json": mark("JSON"),
        "pdf": mark("PDF"),
        "ics": mark("calendar"),
        "vcf": mark("business cards"),
    },
    "kind": {**ENTRIES, **ASSUMPTIONS},
    "kpi": {kpi: recipe.label for kpi, recipe in RECIPES.items()},
    "measure": {measure.value: words for measure, words in MEASURES.items()},
    "method": {
        "transfer": mark("bank transfer"),
        "check": mark("cheque"),
        "card": mark("payment card"),
        "direct_debit": mark("direct debit"),
        "cash": mark("cash"),
        "bill_of_exchange": mark("bill of exchange"),
    },
    "only": {
        "overdue": mark("with overdue invoices"),
        "proposed": mark("with a proposal"),
        "held": mark("on hold"),
        "promised": mark("with a promise"),
        "no_regime": mark("without a regime"),
        "no_address": mark("without an address"),
        "mine": mark("mine"),
    },
    "outcome": {"sent": mark("it has left"), "not_sent": mark("it has not left")},
    "payments": {"none": mark("nobody pays"), "usual": mark("everybody pays as usual")},
    "priority": {"normal": mark("as usual"), "high": mark("first of its day")},
    "proof": PROOFS,
    "purpose": PURPOSES,
    "reason": CAUSES,
    "result": {result.value: words for result, words in RESULTS.items()},
    "sort": {
        "day": mark("by day"),
        "value": mark("by what is at stake"),
        "contact": mark("next contact first"),
        "amount": mark("by amount"),
        "age": mark("by age"),
        "owner": mark("by owner"),
        "name": mark("by name"),
        "overdue": mark("by what is overdue"),
        "late": mark("by lateness"),
        "balance": mark("by balance"),
    },
    "stage": {"customer": mark("customer")},
    "state": {
        **STATES,
        **PENALTIES,
        "to_decide": mark("to decide"),
        "matched": mark("matched"),
        "aside": mark("set aside"),
        "undecided": mark("to decide"),
        "decided": mark("decided"),
        "late": mark("to be looked at again"),
    },
    "status": {"open": mark("still open")},
    "tone": {
        **TONES,
        "public": mark("public buyer"),
        "consumer": mark("consumer"),
        "instalment": mark("instalment"),
        "thanks": mark("thanks"),
    },
    "touch": {**{touch.value: words for touch, words in TOUCHES.items()}, "all": mark("everybody")},
    "vat": {
        "on_invoice": mark("with the invoice"),
        "on_receipts": mark("on receipts"),
        "none": mark("no VAT"),
    },
    "what": {"interest": mark("the interest"), "indemnity": mark("the indemnity"), "both": mark("both")},
}
"""Field → value → how it is said there; what is not here is said the same everywhere."""


def words_in(field: str, value: str) -> str:
    """A value of a field, as it is said."""
    told = CHOICES.get(field, {}).get(value) or _YES_NO.get(value)
    return _(told) if told else choice_words(value)


def is_said(field: str, value: str) -> bool:
    """Whether somebody has said what the value is called."""
    return value in CHOICES.get(field, {}) or value in VALUES or value in _YES_NO

"""What a customer's sheet opens with, asked in one go; the rest is read behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm.core.basics import ListProposals
from crm.core.proposals import Proposal
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import (
    InvoiceList,
    ListDisputes,
    ListInvoices,
    ListPaymentPlans,
    ListPromises,
    ShowReliability,
)
from crm.tui.sheet_facts import SheetView

if TYPE_CHECKING:
    from crm.bootstrap import Crm


def opening(crm: Crm, number: str) -> tuple[SheetView, InvoiceList, Sequence[Proposal]]:
    """Who it is, what is owed, promised and disputed, why a reminder goes or not; open documents; what waits for a yes."""

    def ask(action: Any) -> Any:
        return crm.runner.read(action, crm.actor)

    sheet = ask(ShowCustomer(customer=number))
    why: Sequence[str] = ()
    if "explain_dunning" in crm.registry:
        told = ask(crm.registry.get("explain_dunning").model_validate({"customer": number})).answers
        why = [sentence for answer in told for sentence in answer.sentences]
    view = SheetView(
        sheet,
        ask(ListPromises(customer=number)),
        ask(ListPaymentPlans(customer=number)),
        ask(ListDisputes(customer=number, status="open")),
        ask(ShowReliability(customer=number)),
        why,
    )
    documents = ask(ListInvoices(customer=number, status="open"))
    return view, documents, ask(ListProposals(subject=number)).rows

"""Every reason the gate may give, and what one can do about it. Pure; a test goes over all of them."""

from collections.abc import Mapping

from crm.core.i18n import _, mark

WHAT_TO_DO: Mapping[str, str] = {
    "dispute": mark("Answer the objection: crm resolve-dispute."),
    "promise": mark("Wait for the day promised; crm update-promise where it has changed."),
    "promise_broken": mark("Nothing to do: the reminder speaks of it."),
    "plan_broken": mark("Nothing to do: everything is due again; a new plan is crm create-payment-plan."),
    "hold": mark("End it when its reason is gone: crm resume-dunning."),
    "plan": mark("Nothing to do while the plan is kept: crm show-payment-plan."),
    "insolvency": mark("No reminder may leave: declare the claim."),
    "complaint": mark("Answer it, then note what became of it: crm settle-complaint."),
    "detractor": mark("Call, then say yes; crm settle-complaint ends it."),
    "no_name": mark("Give the customer a name: crm update-customer."),
    "bad_name": mark("Write the name on one line: crm update-customer."),
    "unapplied_money": mark("Match it first: crm match-payments, or the reconciliation screen."),
    "undecided_money": mark("Decide about the bank line: the reconciliation screen."),
    "stale_bank": mark("Read the latest statements: crm import-data."),
    "also_supplier": mark("Offset it with what you owe, or say yes."),
    "settled_outside": mark("Look where it was paid, or say yes."),
    "public_month": mark("Nothing to do: it comes a month after the last one."),
    "contact_today": mark("Nothing to do: it comes another day."),
    "contact_budget": mark("Nothing to do: it comes within a week."),
    "recent_contact": mark("Nothing to do: it comes after the gap of the scenario."),
    "call_first": mark("Call, then say yes."),
    "no_address": mark("Give an address that works: crm update-contact."),
    "no_postal_address": mark("Complete the postal address: crm update-customer."),
    "other_contact": mark("Say yes, or correct the contact: crm update-contact."),
    "other_channel": mark("Say yes, or give an address that works: crm update-contact."),
    "stopped": mark("Say yes to the other way."),
    "formal_notice": mark("Read it and say yes, or find another way: a call, a payment plan."),
    "to_confirm": mark("Read it and say yes."),
    "by_hand": mark("Write to the customer yourself: crm send-message."),
    "public_body": mark("Ask where the invoice stands, then say yes."),
    "regime": mark("State it: crm update-customer --regime."),
    "text": mark("Correct what the text lacks; crm show-template shows it."),
}
"""Code of a reason → what one can do about it."""


def what_to_do(code: str) -> str:
    """What one can do about a reason."""
    return _(WHAT_TO_DO[code])

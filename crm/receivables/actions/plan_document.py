"""The payment plan as a document to be signed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from crm.core.actions import Effect
from crm.core.documents import deed_pdf
from crm.core.i18n import Language, _
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.core.templating import Templates
from crm.customers.models import Customer
from crm.customers.queries import our_accounts, the_company
from crm.customers.visible import as_one
from crm.receivables.actions.plans import OnePlan, PlanCard, plan_json
from crm.receivables.plan_deed import LAYOUT, Creditor, Debtor, address_line, deed, deed_text
from crm.receivables.planned import PlanLine


@dataclass(frozen=True, slots=True)
class PlanDocument(PlanCard):
    """The deed: its words, and the file they make."""

    data: dict[str, Any]

    def pdf(self) -> bytes:
        """The file: A4, the same bytes each time it is made from the same facts."""
        return deed_pdf(LAYOUT, self.data)

    def as_json(self) -> dict[str, Any]:
        """The plan, and the words of the deed."""
        words = [part["text"] for part in self.data["parts"] if part["text"]]
        return {
            "as_of": self.as_of.isoformat(),
            "plan": plan_json(self.line, self.as_of),
            "title": self.data["title"],
            "text": "\n\n".join(words),
        }

    def as_sheet(self) -> Sheet:
        """One row a paragraph."""
        rows = tuple((part["text"],) for part in self.data["parts"] if part["text"])
        return Sheet(
            self.data["title"],
            (Column("text", _("Text")),),
            rows,
            as_of=self.as_of,
            notes=(_("To sign it: crm write-plan-document --out FILE.pdf"),),
        )


class WritePlanDocument(OnePlan[PlanDocument]):
    """The payment plan as a document to be signed: acknowledgement of the debt, schedule, clauses."""

    effect = Effect.READ

    final: bool = Field(False, description="Read by a person: without the remark that it is a draft")
    language: Language | None = Field(None, description="fr or en; the customer's if left out")

    def perform(self, context: Context) -> PlanDocument:
        """Put the facts into the words of the template.

        Raises:
            Invalid: the template cannot be filled in.
        """
        line = self.meant(context)
        customer = as_one(context.session, line.customer_id)
        chosen: Language = self.language or ("en" if customer.language.startswith("en") else "fr")
        return _spoken(context, line, customer, chosen, context.today, final=self.final)


def _spoken(
    context: Context, line: PlanLine, customer: Customer, language: Language, today: date, *, final: bool
) -> PlanDocument:
    from contextvars import copy_context

    from crm.core.i18n import use_language

    creditor, debtor = _creditor(context), _debtor(line, customer)
    speaking = copy_context()
    speaking.run(use_language, language)
    templates = Templates(context.settings.templates_folder, language=language)
    text = speaking.run(deed_text, templates, line, creditor, debtor, language)
    data = speaking.run(lambda: deed(text, line, creditor, debtor, language, final=final))
    return PlanDocument(today, line, data)


def _creditor(context: Context) -> Creditor:
    row = the_company(context.session)
    if row is None:
        return Creditor("")
    accounts = our_accounts(context.session)
    return Creditor(
        name=row.name,
        legal_form=row.legal_form,
        capital=Money(row.capital_cents) if row.capital_cents is not None else None,
        siren=row.siren,
        rcs_city=row.rcs_city,
        address=address_line((row.address, f"{row.postal_code} {row.city}")),
        city=row.city,
        representative=row.senior_sender_name or row.sender_name,
        penalty_clause=row.penalty_clause,
        iban=accounts[0].iban if accounts else "",
    )


def _debtor(line: PlanLine, customer: Customer) -> Debtor:
    return Debtor(
        number=customer.number,
        name=customer.name,
        regime=customer.regime,
        siren=customer.siren,
        address=address_line((customer.address, f"{customer.postal_code} {customer.city}")),
        contact=line.contact,
    )


ACTIONS = (WritePlanDocument,)

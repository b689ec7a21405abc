"""From the facts of a customer's debts to the message: which template, with which values. Pure and fast.

The names of the values are the vocabulary of every text that users edit; `names.py` lists them.
"""

from collections.abc import Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from crm.core.errors import Invalid, Refused
from crm.core.i18n import Language, _, plural, use_language
from crm.core.money import Money
from crm.core.templating import Templates, money, sms
from crm.followup import blocks
from crm.followup.claims import LAST, NOTICE, Claim, claim_of
from crm.followup.facts import (
    Account,
    CompanyFacts,
    ContactFacts,
    CustomerFacts,
    ItemFacts,
    Occasion,
    Received,
    SenderFacts,
)
from crm.followup.names import VARIABLES, all_names, known, meant_for
from crm.followup.rate_words import rate_values
from crm.followup.slots import Slot, Tone, level_said, slot_for
from crm.law.series import Law
from crm.messaging import rendering, segments
from crm.messaging.models import Channel
from crm.messaging.rendering import Blocks, Message
from crm.receivables.plans import Agreed

__all__ = (
    "VARIABLES", "Account", "CompanyFacts", "Composed", "ContactFacts", "CustomerFacts", "ItemFacts", "Occasion", "Received",
    "SenderFacts", "check_template", "compose", "level_said", "short_notes", "slot_for", "values_of", "with_text",
)  # fmt: skip  # read as a table: columns side by side

LONGEST_SUBJECT = 60
"""Characters of a subject that every mail program shows."""
_LAW_AS_OF = date(2026, 11, 24)
"""The state of the law that the texts follow: that of the shipped series."""
_SMS_NAME = 20
"""Characters of our name that an SMS can spare."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message, and what a person should know before it leaves."""

    message: Message
    notes: tuple[str, ...]


def compose(
    templates: Templates,
    company: CompanyFacts,
    customer: CustomerFacts,
    contact: ContactFacts,
    sender: SenderFacts,
    items: Sequence[ItemFacts],
    occasion: Occasion,
    law: Law,
    *,
    source: str = "",
    channel: str = "",
    tone: Tone = Tone.STANDARD,
    text: str = "",
) -> Composed:
    """The message of an occasion, from the wording of its level, channel and tone, or from a `source` that a user edited.

    By SMS it is its text alone, in the signs that cost least; for a call, what is at stake and the script. `text` is the
    name of another level's text, where a scenario asks for it.

    Raises:
        Refused: nothing is left to ask for, a name or the day of the next step is missing, a subject would give away an
            amount, or the items are in several currencies.
        Invalid: a value holds a line break or a control character, or the template cannot be filled in.
    """
    _refuse_gaps(company, customer, occasion)
    claim = claim_of(company, customer, items, occasion, law)
    speaking = spoken_in(customer.speaks)
    values = speaking.run(_values, company, customer, contact, sender, claim, occasion, law)
    made = _blocks(company, customer, contact, sender, claim, occasion)
    slot = slot_for(level_said(occasion.level, text), customer, channel, tone, plan=occasion.plan is not None)
    try:
        if slot.short:
            message = short_message(templates, source or slot.file, values, speaking, own=bool(source))
        elif slot.spoken:
            message = _script(templates, source or slot.file, values, speaking, own=bool(source))
        elif source:
            message = rendering.render_source(templates, source, values, made, customer.speaks)
        else:
            message = rendering.render(templates, slot.file, values, made, customer.speaks)
    except Invalid as problem:
        raise Invalid(problem.message, problem.next_step or _existing()) from problem
    others_read = message.text if slot.short else message.subject
    if customer.quiet and not slot.spoken and speaking.run(gives_away, others_read, claim):
        raise Refused(
            _("The subject or SMS names an amount: others may read what a consumer receives."),
            next_step=_("Leave the amount out of it."),
        )
    return Composed(message, (*claim.notes, *_notes(company, customer, occasion, message, slot)))


def short_message(
    templates: Templates, text: str, values: Mapping[str, Any], speaking: Context, *, own: bool
) -> Message:
    """An SMS: one line in the signs of GSM-7, without block or subject.

    Raises:
        Invalid: it asks for a table or a signature, or says nothing.
    """
    fill = templates.render_text if own else templates.render
    plain = segments.plain(" ".join(str(speaking.run(partial(fill, text, **values))).split()))
    if not plain:
        raise Invalid(_("The text is empty."))
    return Message("", plain, "")


def _script(templates: Templates, text: str, values: Mapping[str, Any], speaking: Context, *, own: bool) -> Message:
    """What is said on the telephone: what is at stake on the first line, then the script.

    Raises:
        Invalid: it asks for a table or a signature, or says nothing.
    """
    fill = templates.render_text if own else templates.render
    script = speaking.run(rendering.typeset, str(speaking.run(partial(fill, text, **values))))
    head, _end, body = script.strip().partition("\n")
    if not body.strip():
        raise Invalid(_("The text is empty."))
    return Message(head.strip(), body.strip(), "")


def values_of(
    company: CompanyFacts,
    customer: CustomerFacts,
    contact: ContactFacts,
    sender: SenderFacts,
    items: Sequence[ItemFacts],
    occasion: Occasion,
    law: Law,
) -> Mapping[str, Any]:
    """Every value that texts of this occasion can ask for, by the names of `VARIABLES`; blocks come with `compose`.

    Raises:
        Refused: nothing is left to ask for, or the items are in several currencies.
    """
    claim = claim_of(company, customer, items, occasion, law)
    return spoken_in(customer.speaks).run(_values, company, customer, contact, sender, claim, occasion, law)


def with_text(templates: Templates, message: Message, text: str, language: str) -> Message:
    """The message with a person's own words in place of its text; the subject stays.

    Raises:
        Invalid: the text is empty or holds a control character.
    """
    spoken = CustomerFacts("", "", "", language).speaks
    return rendering.written_by_hand(templates, message.subject, text, spoken)


def own_words(templates: Templates, subject: str, text: str, language: str) -> Message:
    """A message in a person's own words, with its subject.

    Raises:
        Invalid: the subject or text is empty or holds a control character.
    """
    return rendering.written_by_hand(templates, subject, text, CustomerFacts("", "", "", language).speaks)


def signed(company: CompanyFacts, sender: SenderFacts, spoken: Language) -> str:
    """The signature in a language, as text."""
    return spoken_in(spoken).run(blocks.signature, company, sender).text


def greeting(contact: ContactFacts, language: str) -> str:
    """How a person is greeted."""
    return spoken_in(CustomerFacts("", "", "", language).speaks).run(_contact, contact)["hello"]


def check_template(templates: Templates, source: str) -> None:
    """Refuse an edited text that asks for what does not exist.

    Raises:
        Invalid: it cannot be read, asks for more than texts may do, or for values that do not exist.
    """
    for line, name in templates.places(source):
        if not known(name):
            raise Invalid(
                _("This text asks for what does not exist: {names}.").format(names=name),
                next_step=" ".join(filter(None, (meant_for(name), _existing()))),
                line=line,
            )


def _existing() -> str:
    return _("These values exist: {names}.").format(names=", ".join(all_names()))


def spoken_in(chosen: Language) -> Context:
    """A context of its own in which a language is spoken."""
    context = copy_context()
    context.run(use_language, chosen)
    return context


def _refuse_gaps(company: CompanyFacts, customer: CustomerFacts, occasion: Occasion) -> None:
    if not customer.name.strip():
        raise Refused(
            _("Customer {number} has no name.").format(number=customer.number),
            next_step=_("Give the customer a name, then write again."),
        )
    if (gap := company_gap(company)) is not None:
        raise gap
    if occasion.level == LAST and occasion.next_step is None:
        raise Refused(_("A last reminder names the day of the formal notice, and none is planned."))


def company_gap(company: CompanyFacts) -> Refused | None:
    """Why nothing at all can be written in our name, if so: plans that write nothing tell it as well."""
    if company.name.strip():
        return None
    return Refused(_("Your company has no name yet."), next_step=_("Set it up first: messages are signed with it."))


def company_notes(company: CompanyFacts) -> list[str]:
    """What whoever sends should know of every message of ours."""
    if company.account is not None:
        return []
    return [_("No bank account of yours is known: the message refers to the one on your invoices.")]


def gives_away(subject: str, claim: Claim) -> bool:
    amounts = {claim.asked, claim.claimed, claim.penalties, *(item.open for item in claim.items)}
    return any(
        form in subject for amount in amounts for form in (money(amount), segments.plain(money(amount)), sms(amount))
    )


def _notes(
    company: CompanyFacts, customer: CustomerFacts, occasion: Occasion, message: Message, slot: Slot
) -> list[str]:
    if slot.short:
        return text_notes(slot, message)
    notes = company_notes(company)
    if occasion.level == NOTICE and slot.channel != Channel.EMAIL.value and not customer.address:
        notes.append(
            _("The address of customer {number} is not known: a letter needs it.").format(number=customer.number)
        )
    return [*notes, *text_notes(slot, message)]


def text_notes(slot: Slot, message: Message) -> list[str]:
    """What whoever writes a text should know of its length."""
    if slot.short:
        return short_notes(message.text)
    if slot.spoken or slot.level >= NOTICE or len(message.subject) <= LONGEST_SUBJECT:
        return []
    return [
        plural(
            "The subject has {count} character: a phone cuts it.",
            "The subject has {count} characters: a phone cuts it.",
            len(message.subject),
        )
    ]


def short_notes(text: str) -> list[str]:
    """What whoever sends an SMS should know: that it is billed as several."""
    counted = segments.measured(text)
    if counted.count <= 1:
        return []
    return [
        _("The SMS has {units} characters and is billed as {count}.").format(units=counted.units, count=counted.count)
    ]


# The values, in the customer's language


def _values(
    company: CompanyFacts,
    customer: CustomerFacts,
    contact: ContactFacts,
    sender: SenderFacts,
    claim: Claim,
    occasion: Occasion,
    law: Law,
) -> dict[str, Any]:
    invoices = [_invoice(item) for item in claim.invoices]
    return {
        **people(company, customer, contact, sender),
        "invoices": invoices,
        "invoice": invoices[0],
        "one": len(invoices) == 1,
        "totals": _totals(claim, occasion),
        "dates": {
            "today": occasion.today,
            "bank_as_of": occasion.bank_as_of,
            "last_due": claim.items[-1].due_date,
            "reply_by": occasion.reply_by,
            "pay_by": occasion.pay_by,
            "next_step": occasion.next_step,
        },
        "previous": {
            "count": occasion.previous_count,
            "last_on": occasion.previous_last_on,
            "unanswered": occasion.silent,
        },
        "notice": {
            "recipient": rendering.mark("notice.recipient"),
            "deadline_days": occasion.notice_days,
            "electronic": False,
            "tracking": occasion.tracking,
            "sent_on": occasion.posted_on,
            "received_on": None,
        },
        "rates": rate_values(claim, customer.law, occasion.today, law),
        "contract": {"label": "", "date": None, "terms_clause": ""},
        "law": {"as_of": None if occasion.validated else _LAW_AS_OF},
        "links": {"account": "", "short": ""},
        "plan": _plan(occasion.plan, claim),
        "payment": dict.fromkeys(VARIABLES["payment"]),
    }


def people(
    company: CompanyFacts, customer: CustomerFacts, contact: ContactFacts, sender: SenderFacts
) -> dict[str, Any]:
    """Who writes to whom: the values that every text has."""
    return {
        "company": _company(company, customer.speaks),
        "sender": {
            "name": sender.name or company.name,
            "role": sender.role,
            "phone": blocks.unbroken(sender.phone or company.phone),
            "email": sender.email or company.email,
        },
        "customer": {
            "name": customer.name,
            "number": customer.number,
            "regime": customer.law,
            "discreet": customer.quiet,
            "siren": blocks.grouped_siren(customer.siren),
            "address": customer.address,
        },
        "contact": _contact(contact),
    }


def _plan(plan: Agreed | None, claim: Claim) -> dict[str, Any]:
    """The instalment of a payment plan that a message is about; nothing of it where it is about invoices."""
    if plan is None:
        return dict.fromkeys(VARIABLES["plan"])
    currency = claim.zero.currency
    return {
        "signed_on": plan.signed,
        "made_on": plan.made,
        "total": Money(plan.total, currency),
        "remaining": Money(plan.left, currency),
        "count": plan.count,
        "rank": plan.rate.rank,
        "amount": Money(plan.missing, currency),
        "due_date": plan.rate.due,
        "cure_days": plan.grace_days,
    }


@lru_cache(maxsize=64)
def _company(company: CompanyFacts, spoken: Language) -> Mapping[str, str]:
    account = company.account
    return {
        "name": company.name,
        "sms_name": segments.plain(company.name)[:_SMS_NAME].strip(),
        "legal_form": company.legal_form,
        "capital": blocks.round_amount(company.capital) if company.capital is not None else "",
        "siren": blocks.grouped_siren(company.siren),
        "registry": company.registry,
        "address": company.address,
        "city": company.city,
        "phone": blocks.unbroken(company.phone),
        "email": company.email,
        "representative": company.representative,
        "representative_role": company.representative_role,
        "legal_line": blocks.legal_line(company, spoken),
        "mediator": company.mediator,
        "iban_end": account.iban[-4:] if account is not None else "",
    }


def _contact(contact: ContactFacts) -> dict[str, str]:
    """How the person is greeted; where the civility is not known, without a name rather than with a guess."""
    match contact.civility:
        case "madam":
            title = _("Ms")
        case "sir":
            title = _("Mr")
        case _:
            return {"hello": _("Hello"), "formal": _("Dear Sir or Madam"), "name": contact.bare_name}
    named = {"title": title, "name": contact.surname}
    return {
        "hello": _("Hello {title} {name}").format(**named).strip(),
        "formal": _("Dear {title} {name}").format(**named).strip(),
        "name": contact.bare_name,
    }


def _invoice(item: ItemFacts) -> dict[str, Any]:
    return {
        "number": item.number,
        "order_reference": item.order_reference,
        "issue_date": item.issue_date,
        "due_date": item.due_date,
        "total": item.total,
        "paid": item.paid,
        "open": item.open,
        "days_late": item.days_late,
        "net": item.net,
        "vat": item.open - item.net if item.net is not None else None,
    }


def _totals(claim: Claim, occasion: Occasion) -> dict[str, Money]:
    asked, beside = claim.asked, claim.beside
    due, coming = (asked, beside) if occasion.level else (beside, asked)
    disputed = claim.sum_of(item.disputed for item in claim.items)
    return {
        "due": due,
        "not_due": coming,
        "unallocated": claim.zero,
        "balance": asked + beside + disputed,
        "principal": asked,
        "paid": claim.sum_of(item.paid for item in claim.invoices),
        "credited": claim.zero,
        "penalties": claim.penalties,
        "indemnities": claim.indemnities,
        "claimed": claim.claimed,
    }


# The blocks, each made where a text asks for it


def _blocks(
    company: CompanyFacts,
    customer: CustomerFacts,
    contact: ContactFacts,
    sender: SenderFacts,
    claim: Claim,
    occasion: Occasion,
) -> Blocks:
    amount = claim.claimed if occasion.level == NOTICE else claim.asked
    return {
        "invoice_table": lambda: blocks.invoice_table(claim, occasion.level),
        "statement_table": lambda: blocks.statement_table(claim),
        "plan_table": lambda: blocks.plan_table(occasion.plan, claim) if occasion.plan else blocks.NOTHING,
        "claim_table": lambda: blocks.claim_table(claim),
        "penalty_table": lambda: blocks.penalty_table(claim),
        "payment_block": lambda: blocks.payment_block(company, customer, claim, amount),
        "signature": lambda: blocks.signature(company, sender),
        "notice.recipient": lambda: blocks.recipient(customer, contact.name),
    }

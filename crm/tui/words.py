"""The words of fields, values and actions on screen. Pure: a typed value in, what a person reads out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from crm.core.actions import Action
from crm.core.calendar import long_date
from crm.core.consent import ActorKind
from crm.core.i18n import _, mark
from crm.core.money import Money, shown
from crm.core.periods import Period
from crm.core.spool import Upload
from crm.customers.card import REGIMES
from crm.customers.recurrence import EVERY
from crm.followup.policy import BASES, EXITS, LEVELS, MODES, SENDERS, TEXTS, TONES
from crm.law.deadlines import EVENTS, PLACES
from crm.loyalty.words import SEGMENT_WORDS
from crm.orders.actions.opportunities import OVER
from crm.orders.actions.orders import STATES as ORDER_STATES
from crm.orders.pipeline import REASONS as DEAL_REASONS
from crm.orders.pipeline import STAGES
from crm.orders.quotes import STATUSES as QUOTE_STATUSES
from crm.portfolio.objective_templates import TEMPLATES
from crm.receivables.actions.plans import FREQUENCIES
from crm.receivables.actions.promises import STATUSES
from crm.receivables.actions.words import BUCKETS, KINDS, STANDINGS
from crm.receivables.ageing import Bucket
from crm.receivables.disputes import OUTCOMES, REASONS

LABELS = {
    "absent_until": mark("Away until"),
    "duplicate": mark("Same customer as"),
    "parent": mark("Head of the group"),
    "record": mark("Merged record"),
    "siret": mark("SIRET"),
    "taken_from": mark("Taken over from"),
    "document": mark("Document"),
    "because": mark("Because of"),
    "disputed": mark("What is disputed"),
    "exceeded": mark("Over the limit"),
    "what": mark("Of which"),
    "base": mark("Counted from"),
    "draft": mark("Draft"),
    "entry_days": mark("Very late from"),
    "entry_level": mark("Enters at level"),
    "exit": mark("After the last step"),
    "exit_days": mark("Decided after"),
    "first_contact_level": mark("First contact at most"),
    "minimum": mark("Least amount"),
    "pay_days": mark("Days to pay"),
    "reply_days": mark("Days to answer"),
    "template": mark("Text"),
    "title": mark("Called"),
    "beside": mark("Beside"),
    "channels": mark("Channels"),
    "gap_days": mark("Days between"),
    "later_days": mark("Days later"),
    "mode": mark("Mode"),
    "payments": mark("Payments to come"),
    "remove": mark("Take out"),
    "scenario": mark("Scenario"),
    "sender": mark("Sender"),
    "tone": mark("Tone"),
    "version": mark("Version"),
    "candidate": mark("Proposed use"),
    "fact": mark("Learnt fact"),
    "invoices": mark("Pays"),
    "keep_open": mark("Keep open"),
    "learn": mark("Remember"),
    "line": mark("Bank line"),
    "received": mark("Received"),
    "cutoff": mark("Learns before"),
    "insured": mark("Insured limit"),
    "late_days": mark("Late beyond"),
    "percent": mark("Late payment, in percent"),
    "policy": mark("Limit of the policy"),
    "truth": mark("File of the truth"),
    "action": mark("Action"),
    "address": mark("Address"),
    "amount": mark("Amount"),
    "amount_max": mark("At most"),
    "amount_min": mark("At least"),
    "as_of": mark("As of"),
    "assignee": mark("For whom"),
    "complaint": mark("Complaint"),
    "despite": mark("Despite the rules"),
    "digest": mark("Morning digest"),
    "user": mark("User"),
    "problems": mark("What failed"),
    "account_manager": mark("Account manager"),
    "author": mark("By"),
    "bucket": mark("Column"),
    "by": mark("For the"),
    "capital": mark("Share capital"),
    "channel": mark("Channel"),
    "city": mark("City"),
    "contact": mark("Said by"),
    "contact_name": mark("Contact"),
    "country": mark("Country"),
    "credit": mark("Credit note expected"),
    "credit_note": mark("Credit note"),
    "credit_limit": mark("Credit limit"),
    "currency": mark("Currency"),
    "customer": mark("Customer"),
    "customers": mark("Customers"),
    "customer_since": mark("Customer since"),
    "dataset": mark("Data set"),
    "date": mark("Date"),
    "day": mark("Date"),
    "days_overdue_max": mark("Late at most"),
    "days_overdue_min": mark("Late at least"),
    "deadline": mark("Before"),
    "direction": mark("Direction"),
    "discreet": mark("Discreet"),
    "dispute": mark("Dispute"),
    "due": mark("Due"),
    "email": mark("E-mail"),
    "entry": mark("Entry"),
    "file": mark("Scan"),
    "final": mark("Read by a person"),
    "first": mark("First instalment"),
    "format": mark("Format"),
    "frequency": mark("How often"),
    "grace_days": mark("Days of grace"),
    "instalment_amount": mark("Each time"),
    "installments": mark("Instalments"),
    "iban": mark("IBAN"),
    "bic": mark("BIC"),
    "carriage": mark("Carriage of goods"),
    "delivered": mark("Delivered"),
    "event": mark("What happened"),
    "first_act": mark("First act in person or seizure"),
    "in_person": mark("In person"),
    "interrupted": mark("Interrupted"),
    "place": mark("Where they live"),
    "served": mark("Served"),
    "invoice": mark("Invoice"),
    "issued": mark("Issued"),
    "kind": mark("Kind"),
    "kpi": mark("Figure"),
    "label": mark("Label"),
    "language": mark("Language"),
    "late": mark("Answer overdue"),
    "legal_form": mark("Legal form"),
    "level": mark("Level"),
    "limit": mark("How many"),
    "name": mark("Name"),
    "note": mark("Note"),
    "text": mark("Text"),
    "number": mark("Number"),
    "numbers": mark("Invoices"),
    "on": mark("On the"),
    "outcome": mark("Outcome"),
    "owner": mark("Owner"),
    "paid": mark("Paid"),
    "payment": mark("Payment"),
    "payment_terms": mark("Payment terms"),
    "penalty_clause": mark("Penalty rate"),
    "period": mark("Period"),
    "phone": mark("Telephone"),
    "plan": mark("Payment plan"),
    "postal_code": mark("Postal code"),
    "promise": mark("Promise"),
    "proposal": mark("Proposal"),
    "query": mark("Words"),
    "rate": mark("Rate"),
    "rcs_city": mark("Registered in"),
    "reason": mark("Reason"),
    "regime": mark("Regime"),
    "region": mark("Region"),
    "role": mark("Role"),
    "segment": mark("Segment"),
    "sender_name": mark("Signed by"),
    "senior_sender_name": mark("Last reminder by"),
    "series": mark("Series"),
    "since": mark("Since"),
    "signed": mark("Signed"),
    "siren": mark("SIREN"),
    "skip": mark("Left out"),
    "sort": mark("Sorted by"),
    "source": mark("Source"),
    "stage": mark("Stage"),
    "status": mark("State"),
    "subject": mark("About"),
    "task_type": mark("Kind"),
    "terms": mark("Terms"),
    "time": mark("Time"),
    "topic": mark("About"),
    "until": mark("Until"),
    "upload": mark("File"),
    "value": mark("Value"),
    "valid_from": mark("From"),
    "valid_to": mark("To"),
    "vat_number": mark("VAT number"),
    "answer": mark("Answer"),
    "certain": mark("Certain"),
    "count": mark("With the number found"),
    "days": mark("Days"),
    "fields": mark("Values"),
    "map": mark("Columns"),
    "message": mark("Message"),
    "sid": mark("Provider's number"),
    "tracking": mark("Tracking number"),
    "method": mark("Method"),
    "months": mark("Months"),
    "names_only": mark("Names only"),
    "no_text": mark("Without texts"),
    "notice_received": mark("Formal notice received on"),
    "offset": mark("From line"),
    "only": mark("Only"),
    "purpose": mark("Purpose"),
    "reference": mark("Reference"),
    "seals": mark("Seals"),
    "state": mark("State"),
    "sums": mark("With what is owed"),
    "exchanges": mark("With the last exchange"),
    "supplier": mark("Supplier"),
    "texts": mark("Texts"),
    "account": mark("Account"),
    "belongs_to": mark("Belongs to"),
    "cause": mark("Cause"),
    "decision": mark("Decision"),
    "duplicate_sent": mark("Duplicate sent on"),
    "lapsed": mark("Barred as well"),
    "net": mark("Without tax"),
    "proof": mark("Proof"),
    "proof_day": mark("Day of the proof"),
    "recovery": mark("Expected back, percent"),
    "sent": mark("Sent on"),
    "vat": mark("VAT falls due"),
    "within": mark("Within so many days"),
    "expected": mark("Expected"),
    "next_step": mark("Next step"),
    "opportunity": mark("Opportunity"),
    "order": mark("Order"),
    "ordered": mark("Ordered on"),
    "probability": mark("Probability, percent"),
    "promised": mark("Promised for"),
    "quote": mark("Quotation"),
    "valid_until": mark("Valid until"),
    "calibration_end": mark("Learn until"),
    "cutoffs": mark("Classes"),
    "transactions": mark("File of purchases"),
    "better": mark("Better when"),
    "course": mark("State"),
    "every": mark("How often"),
    "from_date": mark("Planned for"),
    "measure": mark("Measure"),
    "objective": mark("Objective"),
    "origin": mark("Comes from"),
    "per_day": mark("A day at most"),
    "priority": mark("Priority"),
    "result": mark("Came to"),
    "target": mark("Aimed at"),
    "task": mark("Task"),
    "touch": mark("Contact"),
}
"""Field or column → its label. A field that is not here is called by its own name."""

_CHANNELS = {
    "email": mark("e-mail"),
    "sms": mark("SMS"),
    "phone": mark("telephone"),
    "letter": mark("letter"),
    "registered_letter": mark("registered letter"),
    "whatsapp": mark("WhatsApp"),
    "visit": mark("visit"),
    "meeting": mark("meeting"),
    "screen": mark("screen"),
}
_OUTCOMES = {
    "reached": mark("reached"),
    "no_answer": mark("no answer"),
    "voicemail": mark("message left"),
    "callback_requested": mark("to be called back"),
    "wrong_number": mark("wrong number"),
}
_STATES = {
    "open": mark("open"),
    "resolved": mark("resolved"),
    "partially_paid": mark("partly paid"),
    "todo": mark("to do"),
    "done": mark("done"),
    "active": mark("active"),
    "queued": mark("waiting"),
    "claimed": mark("waiting"),
    "sending": mark("being sent"),
    "sent": mark("sent"),
    "retry": mark("to be tried again"),
    "failed": mark("not delivered"),
    "uncertain": mark("uncertain"),
    "held": mark("held"),
    "rehearsed": mark("rehearsed, not sent"),
    "cancelled": mark("stopped"),
    "send": mark("ready"),
    "ask": mark("to confirm"),
    "hold": mark("held"),
}
_OTHERS = {
    "visit": mark("visit"),
    "meeting": mark("meeting"),
    "todo": mark("to do"),
    "prospect": mark("prospect"),
    "former": mark("former customer"),
    "manual": mark("by hand"),
    "quote": mark("quote"),
    "order": mark("order"),
    "promise": mark("promise"),
    "dispute": mark("dispute"),
    "plan": mark("payment plan"),
    "insolvency": mark("insolvency proceedings"),
    "complaint": mark("complaint"),
    "fixed": mark("published values"),
    "quantile": mark("fifths of the customers"),
    "fr": mark("French"),
    "en": mark("English"),
    "call": mark("call"),
    "decision": mark("decision"),
    "exchange": mark("exchange"),
    "note": mark("note"),
    "message": mark("message"),
    "in": mark("from the customer"),
    "out": mark("from us"),
    "manager": mark("manager"),
    "accountant": mark("accountant"),
    "admin": mark("administrator"),
}
_SALES: dict[str, str] = {
    **{stage.value: words for stage, words in STAGES.items()},
    **{reason.value: words for reason, words in DEAL_REASONS.items()},
    **{status.value: words for status, words in QUOTE_STATUSES.items()},
    **OVER,
    **{state: words for state, words in ORDER_STATES.items() if state != "open"},
}
VALUES: dict[str, str] = {
    **_SALES,
    **{every.value: words for every, words in EVERY.items()},
    **TEMPLATES,
    **EVENTS,
    **PLACES,
    **{base.value: words for base, words in BASES.items()},
    **{mode.value: words for mode, words in MODES.items()},
    **SENDERS,
    **TONES,
    **EXITS,
    **{name: LEVELS[level] for name, level in TEXTS.items()},
    **_OTHERS,
    **_STATES,
    **_OUTCOMES,
    **_CHANNELS,
    **{segment.value: words for segment, words in SEGMENT_WORDS.items()},
    **KINDS,
    **{standing.value: words for standing, words in STANDINGS.items()},
    **{status.value: words for status, words in STATUSES.items()},
    **{reason.value: words for reason, words in REASONS.items()},
    **{frequency.value: words for frequency, words in FREQUENCIES.items()},
    **{outcome.value: words for outcome, words in OUTCOMES.items()},
    **{bucket.value: words for bucket, words in BUCKETS.items()},
    **REGIMES,
}
"""A value out of a list → how it is said; one that is not here is said as it is."""


def label_of(field: str) -> str:
    """The label of a field or column."""
    name = field.removesuffix("_cents").removesuffix("_id")
    return _(LABELS[name]) if name in LABELS else name.replace("_", " ").capitalize()


def choice_words(value: str) -> str:
    """A value out of a list, as it is said."""
    return _(VALUES[value]) if value in VALUES else value.replace("_", " ")


def full_words(value: Any) -> str:
    """A value in full words, as on a card: `vendredi 27 novembre 2026`, `1 250,50 €`, `oui`."""
    match value:
        case None:
            return _("nothing")
        case bool():
            return _("yes") if value else _("no")
        case Money():
            return shown(value.cents, value.currency)
        case datetime():
            return value.strftime("%H:%M")
        case date():
            return long_date(value)
        case Period():
            return _("{start} to {end}").format(
                start=long_date(value.start, weekday=False), end=long_date(value.end, weekday=False)
            )
        case Enum():
            return choice_words(str(value.value))
        case Upload():
            return value.name
        case Decimal():
            return str(value)
        case tuple() | list():
            return ", ".join(full_words(item) for item in value)
        case dict():
            return ", ".join(f"{name}: {full_words(item)}" for name, item in value.items())
        case _:
            return str(value)


def card_title(kind: type[Action[Any]]) -> str:
    """What an action does, in the few words of a title: its first line up to a colon."""
    return action_words(kind).partition(":")[0].strip(" \u00a0")


def action_words(kind: type[Action[Any]]) -> str:
    """What an action does, as the title of a card: its first line without the final point."""
    return kind.action_summary().removesuffix(".")


DOORS = {
    "cli": mark("command line"),
    "tui": mark("terminal"),
    "nightly": mark("the night"),
    "demo": mark("example"),
}
"""Door of the journal → how it is called."""


def actor_words(name: str) -> str:
    """Who did something, as people say it: what the night does, Relance does by itself."""
    return _("Relance, by itself") if name == ActorKind.SCHEDULER.value else name


def bucket_name(bucket: Bucket) -> str:
    """A column of the aged balance, as its heading says it."""
    return _(BUCKETS[bucket])

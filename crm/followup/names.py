"""The vocabulary of texts: every value that one can ask for, and which was meant by a name that does not exist. Pure."""

from collections.abc import Mapping
from difflib import get_close_matches

from crm.core.i18n import _

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "company": ("name", "sms_name", "legal_form", "capital", "siren", "registry", "address", "city", "phone", "email",
                "representative", "representative_role", "legal_line", "mediator", "iban_end"),
    "sender": ("name", "role", "phone", "email"),
    "customer": ("name", "number", "regime", "discreet", "siren", "address"),
    "contact": ("hello", "formal", "name"),
    "invoice": ("number", "order_reference", "issue_date", "due_date", "total", "paid", "open", "days_late", "net", "vat"),
    "invoices": (), "one": (),
    "totals": ("due", "not_due", "unallocated", "balance", "principal", "paid", "credited", "penalties", "indemnities",
               "claimed"),
    "dates": ("today", "bank_as_of", "last_due", "reply_by", "pay_by", "next_step"),
    "previous": ("count", "last_on", "unanswered"),
    "notice": ("recipient", "deadline_days", "electronic", "tracking", "sent_on", "received_on"),
    "rates": ("penalty", "penalty_basis", "legal", "legal_half_year"),
    "contract": ("label", "date", "terms_clause"),
    "law": ("as_of",),
    "links": ("account", "short"),
    "plan": ("signed_on", "made_on", "total", "remaining", "count", "rank", "amount", "due_date", "cure_days"),
    "plan_table": (),
    "payment": ("amount", "date", "allocated_to"),
    "signature": (), "invoice_table": (), "statement_table": (), "claim_table": (), "penalty_table": (), "payment_block": (),
}  # fmt: skip  # read as a table: columns side by side
"""What texts can ask for: `invoices` are lines with the values of `invoice`, those without dots stand alone."""


def all_names() -> tuple[str, ...]:
    """Every value that a text can ask for, in the order of `VARIABLES`."""
    return tuple(f"{group}.{name}" if name else group for group, names in VARIABLES.items() for name in names or ("",))


def known(name: str) -> bool:
    """Whether a text can ask for it; a group alone (`customer`) is a value as well."""
    group, _dot, part = name.partition(".")
    return group in VARIABLES and (not part or part in (VARIABLES[group] or (part,)))


def closest(name: str) -> str:
    """The value that was most probably meant; empty where none is like it."""
    wanted, names = name.lower(), all_names()
    if found := get_close_matches(wanted, names, 1, 0.6):
        return found[0]
    part = wanted.rpartition(".")[2]
    ends = {each.rpartition(".")[2]: each for each in reversed(names)}
    return next((ends[each] for each in get_close_matches(part, ends, 1, 0.75)), "")


def meant_for(name: str) -> str:
    """`Did you mean customer.name?`; empty where nothing is like it."""
    found = closest(name)
    return _("Did you mean {name}?").format(name=found) if found else ""

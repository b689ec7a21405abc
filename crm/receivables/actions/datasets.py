"""Invoices, payments and the aged balance as data sets."""

from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.receivables.actions.balance import AgedBalance
from crm.receivables.actions.invoices import ListInvoices
from crm.receivables.actions.words import meant
from crm.receivables.queries import payment_rows


def _invoices(context: Context, wanted: Wanted) -> Sheet:
    action = ListInvoices.model_validate({"customer": wanted.customer, "status": wanted.status, "as_of": wanted.as_of})
    lines = action.perform(context).lines
    columns = (
        "number",
        "customer",
        "name",
        "kind",
        "issue_date",
        "due_date",
        "total_incl_tax",
        "open",
        "currency",
        "days_overdue",
        "standing",
    )
    kinds = {
        "issue_date": Kind.DATE,
        "due_date": Kind.DATE,
        "total_incl_tax": Kind.MONEY,
        "open": Kind.MONEY,
        "days_overdue": Kind.DAYS,
    }
    rows = tuple(
        (
            line.number,
            line.customer,
            line.name,
            line.kind,
            line.issue_date,
            line.due_date,
            Money(line.total, line.currency),
            Money(line.open, line.currency),
            line.currency,
            line.days_overdue,
            line.standing.value,
        )
        for line in lines
    )
    return Sheet(
        _("Invoices"), tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in columns), rows, as_of=wanted.as_of
    )


def _payments(context: Context, wanted: Wanted) -> Sheet:
    day = wanted.as_of or context.today
    columns = ("reference", "customer", "name", "date", "amount", "unallocated", "currency", "method", "label")
    kinds = {"date": Kind.DATE, "amount": Kind.MONEY, "unallocated": Kind.MONEY}
    rows = tuple(
        (
            row.reference,
            row.customer or "",
            row.name or "",
            row.received,
            Money(row.cents, row.currency),
            Money(int(row.free), row.currency),
            row.currency,
            row.method,
            row.label,
        )
        for row in payment_rows(context.session, day, meant(context.session, wanted.customer))
    )
    return Sheet(_("Payments"), tuple(Column(key, key, kinds.get(key, Kind.TEXT)) for key in columns), rows, as_of=day)


def _aged_balance(context: Context, wanted: Wanted) -> Sheet:
    return AgedBalance(as_of=wanted.as_of, customer=wanted.customer).perform(context).as_sheet()


DATASETS = {"invoices": _invoices, "payments": _payments, "aged_balance": _aged_balance}

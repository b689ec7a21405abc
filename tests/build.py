"""Short ways to say what a test is about: `an_invoice(crm, "F-1", customer="Dupont", days_late=12)`.

Facts come in by the product's own actions; only allocations, which no action makes by hand yet, have one of their own.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from textwrap import dedent
from typing import Any

from pydantic import Field
from sqlmodel import SQLModel, select

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect
from crm.core.basics import ImportData
from crm.core.consent import Actor, ActorKind
from crm.core.exchange import FileReport
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.spool import Upload
from crm.receivables.actions import AgedBalance, ListInvoices
from crm.receivables.models import Allocation, Instalment, Invoice, Payment

TODAY = date(2026, 11, 24)

LEA = Actor(ActorKind.PERSON, "Léa", role="manager")
"""The manager: a person who may do everything of the office."""
TOM = Actor(ActorKind.PERSON, "Tom", role="account_manager")
ROBOT = Actor(ActorKind.ASSISTANT, "model", door="mcp")
NIGHT = Actor(ActorKind.SCHEDULER, "night", door="nightly")
VISITOR = Actor(ActorKind.CUSTOMER, "C-1", door="web")


def ago(days: int) -> date:
    """So many days before today; negative: after."""
    return TODAY - timedelta(days)


def csv_upload(crm: Crm, text: str | bytes, name: str = "file.csv") -> Upload:
    """A file as a door would hand it over."""
    data = text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode()
    return crm.spool.take(io.BytesIO(data), name)


def imported(
    crm: Crm, text: str | bytes, *, kind: str | None = None, name: str = "file.csv", actor: Actor = LEA, **columns: str
) -> FileReport:
    """What became of a file, once committed; `number="Invoice No"` names a column."""
    action = ImportData(upload=csv_upload(crm, text, name), kind=kind, map=columns)
    return crm.runner.run(action, actor).result


def clean(report: FileReport) -> FileReport:
    """The report, if every line was taken over without a word."""
    assert report.refused is None, report.refused
    assert report.problems == [], report.problems
    return report


def a_customer(crm: Crm, number: str = "C-1", name: str = "Dupont", **cells: object) -> None:
    """A customer with whatever else a file may say of one."""
    row = {"number": number, "name": name, **cells}
    clean(imported(crm, _csv([row]), kind="customers-csv"))


def an_invoice(
    crm: Crm,
    number: str = "F-1",
    *,
    customer: str = "Dupont",
    days_late: int = 12,
    amount: str = "120.00",
    **cells: object,
) -> str:
    """An invoice at 30 days that has been due for `days_late` days; other cells as in `invoices-csv`."""
    row = {
        "number": number,
        "customer": customer,
        "issue_date": ago(days_late + 30),
        "due_date": ago(days_late),
        "total_incl_tax": amount,
        **cells,
    }
    clean(imported(crm, _csv([row]), kind="invoices-csv"))
    return number


def a_credit_note(
    crm: Crm,
    number: str = "AV-1",
    *,
    customer: str = "Dupont",
    days_ago: int = 5,
    amount: str = "-20.00",
    **cells: object,
) -> str:
    """A credit note of some days ago."""
    row = {
        "number": number,
        "customer": customer,
        "kind": "credit_note",
        "issue_date": ago(days_ago),
        "total_incl_tax": amount,
        **cells,
    }
    clean(imported(crm, _csv([row]), kind="invoices-csv"))
    return number


def a_payment(
    crm: Crm,
    reference: str = "P-1",
    *,
    customer: str = "Dupont",
    days_ago: int = 3,
    amount: str = "50.00",
    **cells: object,
) -> str:
    """Money that came in some days ago and settles nothing yet."""
    row = {"reference": reference, "customer": customer, "date": ago(days_ago), "amount": amount, **cells}
    clean(imported(crm, _csv([row]), kind="payments-csv"))
    return reference


class Allocate(Action[str]):
    """Set a payment or a credit note against an invoice."""

    effect = Effect.WRITE

    source: str = Field(description="Reference of the payment, or number of the credit note")
    invoice: str = Field(description="Number of the invoice")
    amount: Money = Field(description="How much")

    def perform(self, context: Context) -> str:
        """Add the row."""
        session = context.session
        instalment, _invoice = session.exec(_instalment_of(self.invoice)).one()
        payment = session.exec(select(Payment).where(Payment.reference == self.source)).first()
        if payment is not None:
            side: dict[str, Any] = {"payment_id": payment.id}
            dated = payment.received
        else:
            credit, document = session.exec(_instalment_of(self.source)).one()
            side, dated = {"credit_id": credit.id}, document.issue_date
        day = max(dated, _invoice.issue_date)
        session.add(
            Allocation(instalment_id=instalment.id, cents=self.amount.cents, value_date=day, rule="test", **side)
        )
        return self.source


def _instalment_of(number: str) -> Any:
    return select(Instalment, Invoice).join(Invoice).where(Invoice.number == number)


def allocated(crm: Crm, source: str, invoice: str, amount: str) -> None:
    """Money or a credit note used for an invoice."""
    crm.runner.run(Allocate(source=source, invoice=invoice, amount=amount), LEA)  # type: ignore[arg-type]  # one of the kinds a table gives


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    names = list(rows[0])
    lines = [names, *([row[name] for name in names] for row in rows)]
    return "\n".join(";".join("" if cell is None else str(cell) for cell in line) for line in lines) + "\n"


def beside(crm: Crm) -> Crm:
    """A second program on the same database."""
    other = Crm(crm.settings, crm.clock)
    vars(crm).setdefault("programs_beside", []).append(other)
    return other


def dump(crm: Crm) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with crm.database.reading() as session:
        connection = session.connection()
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in SQLModel.metadata.sorted_tables
        }


def counts(crm: Crm) -> dict[str, int]:
    """How many rows each table has, where it has any."""
    return {table: len(rows) for table, rows in dump(crm).items() if rows}


def open_amounts(crm: Crm, as_of: date | None = None) -> dict[str, str]:
    """What is open of each document that is not settled."""
    lines = crm.runner.read(ListInvoices(status="open", as_of=as_of), LEA).as_json()["invoices"]
    return {line["number"]: line["open"] for line in lines}


def columns_of(crm: Crm, currency: str = "EUR", **asked: Any) -> dict[str, str]:
    """The non-zero columns of the aged balance's total line."""
    found = crm.runner.read(AgedBalance(**asked), LEA).as_json()["currencies"].get(currency, {})
    return {name: value for name, value in found.items() if value not in {"0.00", "0"}}

"""One invoice in seven steps, through the command line: disputed, paid in part, discounted, credited, planned, broken, lost.

12,000.00 with tax, 10,000.00 without. After each step every room is asked, and they agree to the cent.
"""

from dataclasses import dataclass

import pytest

USERS = "number;name;email;role\nU-1;Tom Kervella;tom@armor.example;accountant\n"
CUSTOMERS = "number;name;regime\nC-1;Dupont;B2B\nC-2;Morvan;B2B\n"
HEAD = "number;customer;kind;issue_date;due_date;total_incl_tax;total_excl_tax;original_invoice\n"
INVOICE = HEAD + "F-1;C-1;facture;2025-06-02;2025-07-31;12000.00;10000.00;\n"
ANOTHER = HEAD + "F-2;C-2;facture;2025-12-01;2026-06-30;3000.00;2500.00;\n"
NOTE = HEAD + "AV-1;C-1;avoir;2025-07-10;2025-07-10;-1200.00;-1000.00;F-1\n"


@dataclass
class Office:
    """The command line, asked and told on days."""

    shell: object
    folder: object

    def do(self, day: str, *words: object) -> dict:
        told = self.shell(*words, "--yes", "--json", today=day)
        assert told.code == 0, told.out
        return told.json

    def ask(self, day: str, *words: object) -> dict:
        told = self.shell(*words, "--json", today=day)
        assert told.code == 0, told.out
        return told.json

    def hand_over(self, day: str, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        (file,) = self.do(day, "import-data", path)["files"]
        assert not file["problems"]

    def aged(self, day: str) -> dict[str, str]:
        """What the customer owes, by column; nothing is left out."""
        found = [one for one in self.ask(day, "aged-balance")["customers"] if one["customer"] == "C-1"]
        columns = {
            name: amount
            for one in found
            for name, amount in one.items()
            if name not in ("customer", "name", "currency") and amount != "0.00"
        }
        assert self.books(day) == cents(columns.get("total", "0.00")), "411, 416 and 4117 come to the same"
        return columns

    def books(self, day: str) -> int:
        """What every entry of the documents leaves on the customer's accounts; in cents."""
        documents = ("F-1", "AV-1") if day >= "2025-07-10" else ("F-1",)
        return sum(cents(self.ask(day, "draft-entries", number)["balance"]) for number in documents)

    def invoice(self, day: str) -> tuple[str, str, str]:
        """What is open, what of it is disputed, where it stands: the same on its card and in the list."""
        card = self.ask(day, "show-invoice", "F-1")
        (line,) = [one for one in self.ask(day, "list-invoices")["invoices"] if one["number"] == "F-1"]
        assert (line["open"], line["standing"]) == (card["open"], card["standing"])
        settled = sum(cents(use["amount"]) for use in card["settlements"])
        assert settled + cents(card["open"]) == cents(card["total"])
        return card["open"], card["disputed"], card["standing"]

    def exposure(self, day: str) -> tuple[str, str]:
        """Exposure and what of it is overdue; it is the total of the aged balance."""
        (one,) = self.ask(day, "show-exposure", "--customer", "C-1")["exposures"]
        assert one["exposure"] == self.aged(day).get("total", "0.00")
        return one["exposure"], one["overdue"]

    def entries(self, day: str) -> list[tuple[str, list[str]]]:
        """Every entry, each of which balances."""
        told = self.ask(day, "list-entries")
        for entry in told["entries"]:
            debit, credit = (sum(cents(line[side]) for line in entry["lines"]) for side in ("debit", "credit"))
            assert debit == credit
        return [(entry["kind"], spelt(entry["lines"])) for entry in told["entries"]]

    def penalties(self, day: str) -> list[tuple[str, str, int, str, str]]:
        """From, to, days, on what, how much; from the day after the original due date."""
        found = self.ask(day, "list-penalties")["penalties"]
        return [
            (part["from"], part["to"], part["days"], part["base"], part["interest"])
            for one in found
            for part in one["segments"]
        ]

    def limitation(self, day: str) -> list[tuple[str, str, str]]:
        """What it is counted from, and the last day."""
        found = self.ask(day, "list-limitations", "--customer", "C-1", "--within", "3000")["limitations"]
        return [(one["due_date"], one["counted_from"], one["limitation_date"]) for one in found]

    def kpi(self, day: str, name: str, *words: str) -> str | None:
        return self.ask(day, "show-kpi", name, *words)["value"]

    def plan(self, day: str) -> tuple[str, str, str]:
        (one,) = self.ask(day, "list-payment-plans")["plans"]
        return one["status"], one["paid"], one["left"]


def cents(amount: str) -> int:
    return round(float(amount or 0) * 100)


def spelt(lines: list[dict]) -> list[str]:
    return [
        f"{line['account']} D {line['debit']}" if line["debit"] else f"{line['account']} C {line['credit']}"
        for line in lines
    ]


@pytest.fixture
def office(shell, tmp_path):
    told = Office(shell, tmp_path)
    for name, text in (("users.csv", USERS), ("customers.csv", CUSTOMERS), ("invoice.csv", INVOICE)):
        told.hand_over("2025-06-02", name, text)
    return told


def test_an_invoice_goes_all_the_way_from_an_objection_to_a_loss(office):
    # 1. A tenth of it is disputed: owed as before, and seen by somebody.
    asked = ("--reason", "missing_goods", "--amount", "1200", "--owner", "Tom", "--credit", "1200")
    office.do("2025-06-12", "open-dispute", "--invoice", "F-1", *asked)
    assert office.invoice("2025-06-12") == ("12000.00", "1200.00", "not_due")
    assert office.aged("2025-06-12") == {"not_due": "12000.00", "total": "12000.00"}
    assert office.exposure("2025-06-12") == ("12000.00", "0.00")
    assert office.kpi("2025-06-30", "dispute_rate", "--period", "2025-06-01/2025-06-30") == "100.00"

    # 2. It is paid in part: 4,800.00 less two percent for paying early.
    office.do("2025-06-16", "record-payment", "--invoice", "F-1", "--amount", "4704")
    assert office.invoice("2025-06-16") == ("7296.00", "1200.00", "not_due")

    # 3. The two percent are decided: a discount, with its tax.
    discount = ("--cause", "discount", "--decision", "write_off", "--amount", "96")
    office.do("2025-06-16", "decide-residual", "--invoice", "F-1", *discount)
    assert office.invoice("2025-06-16") == ("7200.00", "1200.00", "not_due")
    assert office.aged("2025-06-16") == {"not_due": "7200.00", "total": "7200.00"}
    taken_off = ("difference", ["665 D 80.00", "44571 D 16.00", "411 C 96.00"])
    assert office.entries("2025-06-16") == [taken_off]

    # 4. The objection was right: its credit note settles that part.
    office.hand_over("2025-07-10", "note.csv", NOTE)
    assert office.aged("2025-07-10") == {"not_due": "7200.00", "unallocated": "-1200.00", "total": "6000.00"}
    office.do("2025-07-10", "resolve-dispute", "--invoice", "F-1", "--outcome", "accepted", "--credit-note", "AV-1")
    assert office.invoice("2025-07-10") == ("6000.00", "0.00", "not_due")
    assert office.aged("2025-07-10") == {"not_due": "6000.00", "total": "6000.00"}
    assert office.ask("2025-07-10", "list-disputes")["disputes"][0]["credit_awaited"] == "0.00"
    assert office.limitation("2025-07-10") == [("2025-07-31", "2025-07-31", "2030-07-31")]

    # 5. What is left is paid in four instalments, signed for.
    when = ("--installments", "4", "--first", "2025-09-20")
    office.do("2025-08-20", "create-payment-plan", "--invoice", "F-1", *when)
    office.do("2025-08-22", "sign-payment-plan", "--invoice", "F-1", "--file", "scan.pdf")
    assert office.plan("2025-08-22") == ("active", "0.00", "6000.00")
    assert office.invoice("2025-08-22") == ("6000.00", "0.00", "not_due")
    assert office.aged("2025-08-22") == {"not_due": "6000.00", "total": "6000.00"}
    assert office.exposure("2025-08-22") == ("6000.00", "0.00")
    assert office.penalties("2025-08-22") == [("2025-08-01", "2025-08-22", 22, "6000.00", "43.94")]
    assert office.limitation("2025-08-22") == [("2025-07-31", "2025-08-22", "2030-08-22")], "the debt is acknowledged"
    office.do("2025-09-20", "record-payment", "--invoice", "F-1", "--amount", "1500")
    assert office.plan("2025-10-19") == ("active", "1500.00", "4500.00")
    assert office.aged("2025-10-19") == {"not_due": "4500.00", "total": "4500.00"}

    # 6. The second instalment does not come: the plan is broken, all of it is due again, and at the year's end doubted.
    assert office.plan("2025-10-28") == ("overdue", "1500.00", "4500.00")
    assert office.plan("2025-10-29") == ("broken", "1500.00", "4500.00")
    assert office.invoice("2025-10-29") == ("4500.00", "0.00", "overdue")
    assert office.aged("2025-10-29") == {"61-90": "4500.00", "total": "4500.00"}
    accrued = [
        ("2025-08-01", "2025-09-20", 51, "6000.00", "101.86"),
        ("2025-09-21", "2025-12-31", 102, "4500.00", "152.79"),
    ]
    assert office.penalties("2025-12-31") == accrued
    office.hand_over("2025-12-31", "another.csv", ANOTHER)
    office.do("2025-12-31", "mark-doubtful", "--invoice", "F-1", "--reason", "plan broken, no answer since")
    office.do("2025-12-31", "impair", "--invoice", "F-1", "--recovery", "40")
    assert office.entries("2025-12-31") == [
        taken_off,
        ("doubtful", ["416 D 4500.00", "411 C 4500.00"]),
        ("impairment", ["68174 D 2250.00", "491 C 2250.00"]),
    ]
    assert office.invoice("2025-12-31") == ("4500.00", "0.00", "overdue")
    assert office.exposure("2025-12-31") == ("4500.00", "4500.00")
    assert office.kpi("2025-12-31", "doubtful_rate") == "60.00", "4,500 of 7,500"
    (doubted,) = office.ask("2025-12-31", "list-doubtful")["doubtful"]
    assert (doubted["open"], doubted["without_tax"], doubted["book_value"]) == ("4500.00", "3750.00", "2250.00")

    # 7. A liquidation is ordered: the debt is lost, and its tax comes back once the stamped duplicate has left.
    proof = ("--proof", "liquidation", "--proof-day", "2026-03-10")
    office.do("2026-03-12", "write-off-debt", "--invoice", "F-1", *proof)
    assert office.invoice("2026-03-12") == ("0.00", "0.00", "paid")
    assert office.aged("2026-03-12") == {}
    assert office.exposure("2026-03-12") == ("0.00", "0.00")
    assert office.kpi("2026-03-12", "doubtful_rate") == "0.00"
    assert office.limitation("2026-03-12") == []
    assert office.plan("2026-03-12") == ("broken", "1500.00", "0.00"), "what was lost was never paid"
    office.do("2026-03-20", "record-vat-duplicate", "--invoice", "F-1")
    assert office.entries("2026-03-20")[3:] == [
        ("loss", ["6544 D 3750.00", "4458 D 750.00", "416 C 4500.00", "491 D 2250.00", "78174 C 2250.00"]),
        ("vat_recovery", ["44571 D 750.00", "4458 C 750.00"]),
    ]
    assert office.penalties("2026-03-20")[:2] == accrued, "what had accrued is not rewritten"

    # Nothing of it is rewritten: every day before is as it was told then.
    assert office.aged("2025-12-31") == {"over_90": "4500.00", "total": "4500.00"}
    assert office.kpi("2025-12-31", "doubtful_rate") == "60.00"
    assert office.ask("2026-03-20", "verify-journal")["holds"]
    balances: dict[str, int] = {}
    for _kind, lines in office.entries("2026-03-20"):
        for account, side, amount in (line.split() for line in lines):
            balances[account] = balances.get(account, 0) + (cents(amount) if side == "D" else -cents(amount))
    result = sum(balance for account, balance in balances.items() if account[0] in "67")
    assert (balances["416"], balances["491"], balances["4458"]) == (0, 0, 0)
    assert result == 80_00 + 3_750_00, "the discount and the loss, without tax"

"""A direct debit comes back unpaid: the debt stands again as if it had never been paid, in every room, from its own due date.

F-1, 1,200.00 with tax, 1,000.00 without, due 20 October. Debited 10 November, back 18 November with a fee of 15.00.
"""

import pytest

CUSTOMERS = "number;name;regime;email\nC-1;Menuiserie Kerbrat;B2B;anne@kerbrat.example\n"
INVOICES = "number;customer;issue_date;due_date;total_incl_tax;total_excl_tax\nF-2026-1;C-1;2026-09-20;2026-10-20;1200.00;1000.00\n"
HEAD = "Date;Libellé;Montant;Contrepartie;IBAN;Référence\n"
DEBITED = HEAD + "10/11/2026;PRLV MENUISERIE KERBRAT F-2026-1;1200,00;;;R-1\n"
BACK = HEAD + (
    "18/11/2026;REJET PRLV MENUISERIE KERBRAT F-2026-1 AM04;-1200,00;;;R-2\n18/11/2026;FRAIS REJET PRLV;-15,00;;;R-3\n"
)
AGAIN = HEAD + "23/11/2026;VIR MENUISERIE KERBRAT F-2026-1;1200,00;;;R-4\n"


@pytest.fixture
def office(shell, tmp_path):
    def asked(day, *words, yes=False):
        told = shell(*words, *(("--yes",) if yes else ()), "--json", today=day)
        assert told.code == 0, told.out
        return told.json

    def hand_over(day, name, text):
        (tmp_path / name).write_text(text, "utf-8")
        (file,) = asked(day, "import-data", tmp_path / name, yes=True)["files"]
        assert not [one for one in file["problems"] if one["severity"] == "error"]
        assert file["refused"] is None
        if name.startswith("bank"):
            asked(day, "match-payments", yes=True)

    asked("2026-09-20", "update-company", "--name", "Comptoir d'Armor", yes=True)
    hand_over("2026-09-20", "customers.csv", CUSTOMERS)
    hand_over("2026-09-20", "invoices.csv", INVOICES)
    asked.hand_over = hand_over
    return asked


def columns(office, day):
    """What is owed, by column of the aged balance."""
    return {name: amount for name, amount in office(day, "aged-balance")["currencies"].get("EUR", {}).items() if amount != "0.00"}  # fmt: skip  # one sentence


def entries(office, day):
    return [
        [
            f"{line['account']} {'D' if line['debit'] else 'C'} {line['debit'] or line['credit']}"
            for line in one["lines"]
        ]
        for one in office(day, "draft-entries", "F-2026-1")["entries"]
    ]


def test_a_payment_that_comes_back_unpaid_was_never_made(office):
    # The customer's word is kept on its day, as far as anybody knows.
    office("2026-11-05", "record-promise", "--invoice", "F-2026-1", "--by", "2026-11-12", yes=True)
    office.hand_over("2026-11-11", "bank1.csv", DEBITED)
    assert columns(office, "2026-11-12") == {}
    assert office("2026-11-12", "list-promises")["promises"][0]["status"] == "kept"
    assert office("2026-11-12", "preview-dunning")["messages"] == []
    (paid,) = office("2026-11-12", "list-penalties")["penalties"]
    assert [(part["from"], part["to"], part["days"]) for part in paid["segments"]] == [("2026-10-21", "2026-11-10", 21)]

    # It comes back: the debt is as old as its own due date says, and the word was not kept.
    office.hand_over("2026-11-19", "bank2.csv", BACK)
    (invoice,) = office("2026-11-19", "list-invoices")["invoices"]
    assert (invoice["open"], invoice["days_overdue"], invoice["standing"]) == ("1200.00", 30, "overdue")
    assert columns(office, "2026-11-19") == {"1-30": "1200.00", "total": "1200.00"}
    assert columns(office, "2026-11-20") == {"31-60": "1200.00", "total": "1200.00"}
    assert columns(office, "2026-11-15") == {}, "what was known in between stays as it was"
    assert office("2026-11-19", "list-promises")["promises"][0]["status"] == "broken"
    (owed,) = office("2026-11-19", "list-penalties")["penalties"]
    assert [(part["from"], part["to"], part["days"]) for part in owed["segments"]] == [("2026-10-21", "2026-11-19", 30)]
    assert office("2026-11-19", "show-exposure", "--customer", "C-1")["exposures"][0]["overdue"] == "1200.00"

    # The bank's fee is ours until a document of its own recharges it; nothing of it is asked for with the invoice.
    counts = office("2026-11-19", "list-bank-lines")["counts"]
    assert counts == {"to_decide": 0, "matched": 2, "aside": 1}
    assert entries(office, "2026-11-19") == [
        ["411 D 1200.00", "707 C 1000.00", "44571 C 200.00"],
        ["512 D 1200.00", "411 C 1200.00"],
        ["411 D 1200.00", "512 C 1200.00"],
    ]

    # Reminders go on with the next step, for the whole amount; then the money comes for good.
    (message,) = office("2026-11-20", "preview-dunning")["messages"]
    assert (message["verdict"], message["total"]) == ("send", "1200.00"), message["reasons"]
    office.hand_over("2026-11-24", "bank3.csv", AGAIN)
    assert columns(office, "2026-11-24") == {}
    assert office("2026-11-24", "preview-dunning")["messages"] == []
    assert entries(office, "2026-11-24")[-1] == ["512 D 1200.00", "411 C 1200.00"]
    settlements = office("2026-11-24", "show-invoice", "F-2026-1")["settlements"]
    assert {use["code"] for use in settlements} == {"AA"}
    assert sum(float(use["amount"]) for use in settlements) == 1200.0

"""`invoices-csv`: what a line may say, what it may not, and what a second file may change."""

import pytest
from build import LEA, a_customer, ago, an_invoice, clean, columns_of, counts, dump, imported, open_amounts

from crm.core.basics import Undo
from crm.core.exchange import FileRefused
from crm.customers.actions import UpdateCompany
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import ListInvoices, ShowInvoice

HEAD = "number;customer;issue_date;due_date;total_incl_tax"


def one(crm, line: str, head: str = HEAD):
    """What became of a single line."""
    return imported(crm, f"{head}\n{line}\n", kind="invoices-csv")


def shown(crm, number: str = "F-1") -> dict:
    return crm.runner.read(ShowInvoice(invoice=number), LEA).as_json()


# A line as it should be


def test_a_line_is_an_invoice_with_everything_it_says(crm):
    report = clean(
        imported(
            crm,
            """
            number;customer;kind;issue_date;due_date;total_incl_tax;total_excl_tax;currency;order_reference;disputed;dispute_reason
            F-1;Dupont;invoice;2026-09-01;2026-10-01;1 200,00;1 000,00;EUR;BC 12;yes;price_error
            """,
        )
    )
    assert report.as_json()["also_created"] == {"customers": 1, "disputes": 1}
    told = shown(crm)
    assert (told["kind"], told["issue_date"], told["due_date"], told["total"], told["currency"]) == (
        "invoice",
        "2026-09-01",
        "2026-10-01",
        "1200.00",
        "EUR",
    )
    assert (told["standing"], told["disputed"], told["due_date_assumed"]) == ("disputed", "1200.00", False)


def test_a_new_customer_is_called_by_the_name_beside_its_number(crm):
    text = """
        Numéro;Code client;Nom client;Date facture;Échéance;Total
        F-1;C001;Boulangerie Ménard;15/09/2026;15/10/2026;1 200,50
        F-2;C001;Boulangerie Ménard;01/10/2026;05/11/2026;300,00
        """
    report = clean(imported(crm, text))
    assert (report.kind, report.as_json()["also_created"]) == ("invoices-csv", {"customers": 1})
    told = crm.runner.read(ShowCustomer(customer="C001"), LEA).as_json()
    assert (told["customer"], told["name"]) == ("C001", "Boulangerie Ménard")


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("number,customer,issue_date,total_incl_tax\nF-1,Dupont,2026-09-01,1200.50\n", "1200.50"),
        ('number,customer,issue_date,total_incl_tax\nF-1,"Dupont, fils",2026-09-01,"1 200,50"\n', "1200.50"),
        ("number;customer;issue_date;total_incl_tax\nF-1;Dupont;01/09/2026;1200,50\n", "1200.50"),
        ("number\tcustomer\tissue_date\ttotal_incl_tax\nF-1\tDupont\t2026-09-01\t1.200,50\n", "1200.50"),
        ("Numéro;Client;Date facture;Montant TTC\nF-1;Hôtel;01/09/2026;1\u202f200,50 €\n", "1200.50"),
        ("\ufeffnumber;customer;issue_date;total_incl_tax\r\nF-1;Dupont;2026-09-01;1200,50\r\n", "1200.50"),
        ("sep=;\nnumber;customer;issue_date;total_incl_tax\nF-1;Dupont;2026-09-01;1200,50", "1200.50"),
    ],
    ids=["commas", "quotes", "french", "tabs", "accents", "mark", "announced"],
)
def test_the_same_line_as_other_programs_write_it(crm, text, total):
    assert imported(crm, text.encode()).created == 1
    assert shown(crm)["total"] == total
    assert shown(crm)["issue_date"] == "2026-09-01"


def test_a_file_in_windows_1252_keeps_its_accents(crm):
    imported(
        crm,
        "number;customer;issue_date;total_incl_tax\nF-1;Hôtel de la Forêt – Œuvre;2026-09-01;1,00\n".encode("cp1252"),
    )
    (line,) = crm.runner.read(ListInvoices(), LEA).as_json()["invoices"]
    assert line["customer"] == "Hôtel de la Forêt – Œuvre"


def test_american_dates_are_decided_for_the_whole_file(crm):
    report = imported(
        crm,
        """
        number;customer;issue_date;total_incl_tax
        F-1;Dupont;01/09/2026;1.00
        F-2;Dupont;09/25/2026;1.00
        """,
    )
    assert report.created == 2
    assert shown(crm, "F-1")["issue_date"] == "2026-01-09"


# Due dates


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("", "2026-04-16"),
        ("30", "2026-04-16"),
        ("0", "2026-03-17"),
        ("45 EOM A", "2026-05-31"),
        ("45 EOM B", "2026-05-15"),
        ("60", "2026-05-16"),
    ],
)
def test_a_due_date_that_is_missing_comes_from_the_customer_s_terms(crm, terms, due):
    a_customer(crm, "C-1", "Dupont", payment_terms=terms)
    one(crm, "F-1;C-1;2026-03-17;;100.00")
    assert (shown(crm)["due_date"], shown(crm)["due_date_assumed"]) == (due, True)


def test_without_terms_of_the_customer_ours_count(crm):
    crm.runner.run(UpdateCompany(name="Nous", payment_terms="45 EOM A"), LEA)
    one(crm, "F-1;Dupont;2026-03-17;;100.00")
    assert shown(crm)["due_date"] == "2026-05-31"


def test_a_due_date_told_later_takes_the_place_of_an_assumed_one(crm):
    one(crm, "F-1;Dupont;2026-09-01;;100.00")
    assert one(crm, "F-1;Dupont;2026-09-01;2026-11-15;100.00").updated == 1
    assert (shown(crm)["due_date"], shown(crm)["due_date_assumed"]) == ("2026-11-15", False)
    assert one(crm, "F-1;Dupont;2026-09-01;;100.00").duplicates == 1, "an empty cell takes nothing away"


# Customers


def test_a_customer_not_known_yet_is_created_to_be_qualified(crm):
    report = one(crm, "F-1;Dupont;2026-09-01;;100.00")
    assert report.also_created == {"customers": 1}
    told = crm.runner.read(ShowCustomer(customer="Dupont"), LEA).as_json()
    assert (told["customer"], told["name"], told["regime"]) == ("Dupont", "Dupont", "to_qualify")


@pytest.mark.parametrize("who", ["C-1", "Dupont Frères", "dupont freres", "DPT"])
def test_a_customer_is_known_by_number_name_or_other_name(crm, who):
    a_customer(crm, "C-1", "Dupont Frères", aliases="DPT|Dupont")
    assert one(crm, f"F-1;{who};2026-09-01;;100.00").also_created == {}
    assert shown(crm)["customer"] == "C-1"


def test_two_customers_of_one_name_are_a_problem_not_a_pick(crm):
    a_customer(crm, "C-1", "Dupont")
    a_customer(crm, "C-2", "DUPONT")
    report = one(crm, "F-1;Dupont;2026-09-01;;100.00")
    assert (report.created, report.errors, report.problems[0].line) == (0, 1, 2)
    assert "Dupont" in report.problems[0].message
    assert one(crm, "F-1;C-2;2026-09-01;;100.00").created == 1


def test_names_in_another_alphabet_are_kept_apart(crm):
    for number, name in (
        ("F-1", "株式会社"),
        ("F-2", "有限会社"),
        ("F-3", "ООО Ромашка 5"),
        ("F-4", "ООО Берёза 5"),
        ("F-5", "!!!"),
        ("F-6", "???"),
    ):
        assert one(crm, f"{number};{name};2026-09-01;;100.00").also_created == {"customers": 1}, name
    assert counts(crm)["customer"] == 6


def test_the_same_new_customer_of_many_lines_is_created_once(crm):
    rows = "".join(f"F-{place};Client {place % 7};2026-09-01;;1.00\n" for place in range(10_050))
    report = imported(crm, f"{HEAD}\n{rows}")
    assert (report.created, report.also_created) == (10_050, {"customers": 7})
    assert columns_of(crm)["total"] == "10050.00"


# Payments told by an invoice line


PAID = f"{HEAD};paid_date;paid_amount"


def test_a_paid_date_alone_pays_the_whole(crm):
    clean(one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;", PAID))
    assert counts(crm) | {} == {
        "customer": 1, "invoice": 1, "instalment": 1, "payment": 1, "allocation": 1,
        "journal_entry": 1, "journal_head": 1, "journal_payload": 1,
    }  # fmt: skip  # read as a table: columns side by side
    assert open_amounts(crm) == {}
    assert columns_of(crm, as_of=ago(51)) == {"1-30": "120.00", "total": "120.00"}


@pytest.mark.parametrize(
    ("paid", "columns"),
    [
        ("20.00", {"31-60": "100.00", "total": "100.00"}),
        ("120.00", {}),
        ("150.00", {"unallocated": "-30.00", "total": "-30.00"}),
        ("0.00", {"31-60": "120.00", "total": "120.00"}),
    ],
)
def test_a_paid_amount_pays_so_much(crm, paid, columns):
    one(crm, f"F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;{paid}", PAID)
    assert columns_of(crm) == columns


def test_partial_payments_come_in_one_file_after_the_other(crm):
    """
    file 1   paid  20.00 by 05/10
    file 2   paid  70.00 by 20/10: fifty more
    file 3   paid in full   by 10/11
    """
    for paid_on, paid, updated in (("2026-10-05", "20.00", 0), ("2026-10-20", "70.00", 1), ("2026-11-10", "", 1)):
        line = f"F-1;Dupont;2026-09-01;2026-10-01;120.00;{paid_on};{paid}"
        assert one(crm, line, PAID).updated == updated
        assert one(crm, line, PAID).duplicates == 1, "the same file again"
    uses = [(use["date"], use["amount"]) for use in shown(crm)["settlements"]]
    assert uses == [("2026-10-05", "20.00"), ("2026-10-20", "50.00"), ("2026-11-10", "50.00")]
    assert open_amounts(crm, ago(40)) == {"F-1": "100.00"}
    assert open_amounts(crm) == {}


def test_more_than_was_owed_comes_in_twice_and_is_counted_once(crm):
    for paid, free in (
        ("120.00", "0.00"),
        ("150.00", "-30.00"),
        ("150.00", "-30.00"),
        ("160.00", "-40.00"),
        ("160.00", "-40.00"),
    ):
        one(crm, f"F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;{paid}", PAID)
        assert columns_of(crm).get("unallocated", "0.00") == free


def test_money_for_an_invoice_of_nothing_is_counted_once(crm):
    for _turn in range(3):
        one(crm, "F-1;Dupont;2026-09-01;2026-10-01;0.00;2026-10-05;5.00", PAID)
        assert columns_of(crm) == {"unallocated": "-5.00", "total": "-5.00"}


def test_an_invoice_settled_otherwise_is_not_settled_twice(crm):
    from build import a_payment, allocated

    an_invoice(crm, "F-1", amount="120.00")
    a_payment(crm, "P-1", amount="100.00")
    allocated(crm, "P-1", "F-1", "100.00")
    one(crm, f"F-1;Dupont;{ago(42)};{ago(12)};120.00;{ago(1)};", PAID)
    assert open_amounts(crm) == {}
    assert columns_of(crm) == {"unallocated": "-100.00", "total": "-100.00"}


def test_less_paid_than_before_is_a_problem(crm):
    one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;70.00", PAID)
    report = one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;20.00", PAID)
    assert (report.errors, report.problems[0].line) == (1, 2)
    assert open_amounts(crm) == {"F-1": "50.00"}


def test_a_payment_before_the_invoice_is_unallocated_until_its_day(crm):
    one(crm, "F-1;Dupont;2026-11-10;2026-12-10;120.00;2026-11-01;", PAID)
    assert columns_of(crm, as_of=ago(20)) == {"unallocated": "-120.00", "total": "-120.00"}
    assert columns_of(crm) == {}


def test_a_payment_of_the_future_counts_from_its_day_on(crm):
    one(crm, "F-1;Dupont;2026-11-10;2026-12-10;120.00;2026-12-05;", PAID)
    assert columns_of(crm) == {"not_due": "120.00", "total": "120.00"}
    assert columns_of(crm, as_of=ago(-20)) == {}


# Credit notes


CREDIT = "number;customer;kind;issue_date;total_incl_tax;original_invoice"


@pytest.mark.parametrize("amount", ["20.00", "-20.00"])
@pytest.mark.parametrize("kind", ["credit_note", "Avoir", "AV", "credit note"])
def test_a_credit_note_may_have_either_sign(crm, kind, amount):
    clean(one(crm, f"AV-1;Dupont;{kind};2026-09-01;{amount};", CREDIT))
    assert (shown(crm, "AV-1")["kind"], shown(crm, "AV-1")["total"]) == ("credit_note", "-20.00")


def test_a_negative_amount_without_a_kind_is_a_credit_note(crm):
    one(crm, "AV-1;Dupont;2026-09-01;;-20.00")
    assert shown(crm, "AV-1")["kind"] == "credit_note"


def test_a_negative_invoice_is_a_problem(crm):
    report = one(crm, "F-1;Dupont;invoice;2026-09-01;-20.00;", CREDIT)
    assert (report.errors, counts(crm)) == (1, {})


@pytest.mark.parametrize("order", [0, 1], ids=["after its invoice", "before its invoice"])
def test_a_credit_note_larger_than_its_invoice_is_a_problem_wherever_it_stands(crm, order):
    lines = ["F-1;Dupont;;2026-09-01;100.00;", "AV-1;Dupont;credit_note;2026-09-05;-100.01;F-1"]
    report = one(crm, "\n".join(lines[::-1] if order else lines), CREDIT)
    assert (report.created, report.errors) == (1, 1)
    assert report.problems[0].line == (2 if order else 3)
    assert "100.01" in report.problems[0].message
    assert one(crm, "AV-1;Dupont;credit_note;2026-09-05;-100.01;F-1", CREDIT).errors == 1, "also when it comes later"
    assert one(crm, "AV-1;Dupont;credit_note;2026-09-05;-100.00;F-1", CREDIT).created == 1


def test_a_credit_note_whose_invoice_nobody_knows_is_taken_with_a_warning(crm):
    report = one(crm, "AV-1;Dupont;credit_note;2026-09-05;-10.00;F-404", CREDIT)
    assert (report.created, [problem.severity for problem in report.problems]) == (1, ["warning"])


def test_a_refunded_credit_note_is_settled(crm):
    one(crm, "AV-1;Dupont;2026-09-01;;-20.00;2026-09-10;", PAID)
    assert columns_of(crm) == {}
    assert columns_of(crm, as_of=ago(80)) == {"unallocated": "-20.00", "total": "-20.00"}


# Disputes


def test_a_dispute_begins_and_ends_by_the_file(crm):
    head = f"{HEAD};disputed"
    one(crm, "F-1;Dupont;2026-09-01;2026-10-01;100.00;yes", head)
    assert shown(crm)["standing"] == "disputed"
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;100.00;", head).duplicates == 1
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;100.00;oui", head).duplicates == 1
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;100.00;no", head).updated == 1
    assert shown(crm)["standing"] == "overdue"
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;100.00;yes", head).updated == 1
    assert shown(crm)["standing"] == "disputed"


# Lines that are not as they should be


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (";Dupont;2026-09-01;;1.00", "number"),
        ("F-1;;2026-09-01;;1.00", "customer"),
        ("F-1;Dupont;;;1.00", "“”"),
        ("F-1;Dupont;2026-09-01;;", "amount is missing"),
        ("F-1;Dupont;0202-09-01;;1.00", "0202"),
        ("F-1;Dupont;2026-02-30;;1.00", "2026-02-30"),
        ("F-1;Dupont;yesterday;;1.00", "yesterday"),
        ("F-1;Dupont;01/09/26;;1.00", "01/09/26"),
        ("F-1;Dupont;2026-09-01;2026-08-31;1.00", "2026-08-31"),
        ("F-1;Dupont;2026-09-01;0202-10-01;1.00", "0202"),
        ("F-1;Dupont;2026-09-01;;1,234.56-", "1,234.56-"),
        ("F-1;Dupont;2026-09-01;;(12.00)", "(12.00)"),
        ("F-1;Dupont;2026-09-01;;twelve", "twelve"),
        ("F-1;Dupont;2026-09-01;;12.345", "12.345"),
        ("F-1;Dupont;2026-09-01;;1.234", "1.234"),
        ("F-1;Dupont;2026-09-01;;99999999999999999999", "99999999999999999999"),
        ("F-1;Dupont;2026-09-01;;=1+1", "=1+1"),
        ("=cmd|'/c calc'!A0;Dupont;2026-09-01;;1.00", "number"),
        ("F-1;Dupont;2026-09-01;;1.00;too;much", "7"),
        ('F-1;"Dupont"x;2026-09-01;;1.00', "quotes"),
        (f"{'9' * 201};Dupont;2026-09-01;;1.00", "200"),
        (f"F-1;{'D' * 201};2026-09-01;;1.00", "200"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_on(crm, line, told):
    report = one(crm, f"F-8;Zola;2026-09-01;;5.00\n{line}\nF-9;Zola;2026-09-01;;5.00")
    assert (report.read, report.created, report.errors) == (3, 2, 1)
    (problem,) = [problem for problem in report.problems if problem.severity == "error"]
    assert problem.line == 3
    assert told in problem.message
    assert counts(crm)["customer"] == 1, "no customer comes from a line that is not taken over"


@pytest.mark.parametrize(
    ("head", "line", "told"),
    [
        ("kind", "pro forma", "pro forma"),
        ("currency", "EURO", "EURO"),
        ("disputed", "perhaps", "perhaps"),
        ("paid_amount", "12.00", "paid_date"),
        ("total_excl_tax", "abc", "abc"),
        ("paid_date", "31/02/2026", "31/02/2026"),
    ],
)
def test_a_bad_cell_of_the_other_columns_is_told(crm, head, line, told):
    report = one(crm, f"F-1;Dupont;2026-09-01;;1.00;{line}", f"{HEAD};{head}")
    assert (report.errors, counts(crm)) == (1, {})
    assert told in report.problems[-1].message


def test_an_issued_invoice_is_never_edited(crm):
    an_invoice(crm, "F-1", amount="120.00")
    for line in (
        f"F-1;Dupont;{ago(42)};{ago(12)};120.01",
        f"F-1;Dupont;{ago(41)};{ago(12)};120.00",
        f"F-1;Martin;{ago(42)};{ago(12)};120.00",
    ):
        report = one(crm, line)
        assert (report.created, report.updated, report.errors) == (0, 0, 1)
        assert "credit note" in report.problems[0].message
    assert shown(crm)["total"] == "120.00"


def test_a_number_twice_in_one_file(crm):
    report = one(crm, "F-1;Dupont;2026-09-01;;1.00\nF-1;Dupont;2026-09-01;;1.00\nF-1;Dupont;2026-09-01;;2.00")
    assert (report.created, report.duplicates, report.errors) == (1, 1, 1)
    assert report.problems[0].line == 4
    assert "line 2" in report.problems[0].message


def test_a_number_twice_with_another_payment_does_not_vanish(crm):
    report = one(
        crm, "F-1;Dupont;2026-09-01;;10.00;2026-09-05;1.00\nF-1;Dupont;2026-09-01;;10.00;2026-09-06;2.00", PAID
    )
    assert (report.created, report.errors) == (1, 1)
    assert report.problems[0].line == 3


def test_no_customer_comes_from_a_line_whose_number_was_taken(crm):
    report = one(crm, "F-1;Dupont;2026-09-01;;1.00\nF-1;Martin;2026-09-01;;1.00")
    assert (report.created, report.errors, report.also_created) == (1, 1, {"customers": 1})
    assert counts(crm)["customer"] == 1


def test_a_file_that_reaches_into_the_next_century(crm):
    report = one(crm, "F-1;Dupont;2100-12-15;;1.00\nF-2;Dupont;2101-01-01;;1.00\nF-3;Dupont;1989-12-31;;1.00")
    assert (report.created, report.errors) == (1, 2)


# Two files


def test_the_same_file_again_changes_nothing(crm):
    text = f"{PAID}\nF-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;20.00\nAV-1;Dupont;2026-09-01;;-5.00;;\n"
    clean(imported(crm, text))
    before = dump(crm)
    report = imported(crm, text)
    assert (report.created, report.updated, report.duplicates) == (0, 0, 2)
    assert dump(crm) == before


def test_a_second_file_adds_what_is_new(crm):
    clean(one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00"))
    report = one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00\nF-2;Dupont;2026-09-01;2026-10-01;80.00")
    assert (report.created, report.duplicates) == (1, 1)
    crm.runner.run(Undo(), LEA)
    assert open_amounts(crm) == {"F-1": "120.00"}


def test_net_amount_order_and_original_may_be_told_later(crm):
    one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00")
    head = f"{HEAD};total_excl_tax;order_reference"
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;100.00;BC 7", head).updated == 1
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;100.00;BC 7", head).duplicates == 1
    assert one(crm, "F-1;Dupont;2026-09-01;2026-10-01;120.00;;", head).duplicates == 1


# Whole files


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"number;customer\nF-1;Dupont\n",
        f"{HEAD}\nF-1;Dupont;2026-09-01;;1.00\nF-2;Dup".encode(),
        f'{HEAD}\nF-1;"Dupont;2026-09-01;;1.00\nF-2;Dupont;2026-09-01;;1.00\n'.encode(),
        f"{HEAD}\nF-1;Dupont;2026-09-01;;1.00\0\n".encode(),
        b"%PDF-1.7\n",
        b"<html><table></table></html>",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04 not a zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        (f"{HEAD}\nF-1;" + "x" * 1_100_000 + ";2026-09-01;;1.00\n").encode(),
    ],
    ids=[
        "empty",
        "blank",
        "columns missing",
        "cut off",
        "open quote",
        "NUL",
        "PDF",
        "HTML",
        "PNG",
        "zip",
        "xls",
        "long line",
    ],
)
def test_a_file_that_cannot_be_trusted_leaves_nothing(crm, data):
    an_invoice(crm, "F-9")
    before = dump(crm)
    with pytest.raises(FileRefused) as told:
        imported(crm, data, kind="invoices-csv", name="bad.csv")
    assert told.value.report.refused
    assert "bad.csv" in str(told.value)
    assert dump(crm) == before

"""Tables of French banks: their headings, what stands around them, and balances that must agree."""

import io
from collections.abc import Sequence
from datetime import date, datetime

import pytest
from statements_in import cents, format_of, parsed, refusal, told

from crm.core.problems import Unreadable
from crm.receivables.statements.bank_headings import heading_key, score, weigh
from crm.receivables.statements.bank_table import parse
from crm.receivables.statements.formats import recognise
from crm.receivables.statements.model import Parsed

CREDIT_AGRICOLE = """Téléchargement du 31/03/2026;;;
;;;
M. MARTIN SARL;;;
Compte courant n° 12345678901;;;
Solde au 31/03/2026 1 234,56 €;;;
;;;
Liste des opérations du compte entre le 01/03/2026 et le 31/03/2026;;;
Date;Libellé;Débit euros;Crédit euros;
31/03/2026;"VIREMENT EN VOTRE FAVEUR
DUPONT SARL
F2026-113";;1 200,00;
30/03/2026;"PRELEVEMENT EDF";85,20;;
"""
CAISSE_D_EPARGNE = """Code de la banque : 13485;Code de l'agence : 00800;Date de début de téléchargement : 01/03/2026;
Numéro de compte : 04123456789;Nom du compte : COMPTE COURANT;Devise : EUR;

Solde en fin de période;;;;2114,80
Date;Numéro d'opération;Libellé;Débit;Crédit;Détail;
31/03/26;AB12;VIR SEPA DUPONT;;+1200,00;F2026-113;
30/03/26;AB13;PRLV EDF;-85,20;;;
Solde en début de période;;;;1000,00
"""
BANQUE_POPULAIRE = """Date de comptabilisation;Libelle simplifie;Libelle operation;Reference;Informations complementaires;Type operation;Categorie;Sous categorie;Debit;Credit;Date operation;Date de valeur;Pointage operation
31/03/2026;DUPONT SARL;VIR SEPA RECU DUPONT SARL;REF1;F2026-113;Virement recu;A;B;;+1200,00;31/03/2026;31/03/2026;0
30/03/2026;EDF;PRLV EDF;REF2;;Prelevement;A;B;-85,20;;29/03/2026;30/03/2026;0
"""
CREDIT_MUTUEL = """Date;Date de valeur;Montant;Libellé;Solde
28/03/2026;30/03/2026;-85,20;PRLV EDF;914,80
31/03/2026;31/03/2026;1200,00;VIR DUPONT F2026-113;2114,80
"""
BOURSORAMA = """dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance
2026-03-31;2026-03-31;"VIR DUPONT F2026-113";"V";"V";"dupont";"1 200,00";"";"00040123456";"BOURSO";"1114.80"
2026-03-30;2026-03-30;"PRLV EDF";"E";"E";"edf";"-85,20";"";"00040123456";"BOURSO";"1114.80"
"""
SOCIETE_GENERALE = """="0300312345";01/03/2026;31/03/2026;2;;1114,80 EUR

Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise
31/03/2026;VIR RECU;VIR RECU DE DUPONT SARL F2026-113;1200,00;EUR
30/03/2026;PRELEVEMENT;PRLV EDF;-85,20;EUR
"""
BANQUE_POSTALE = """Numéro Compte   ;1234567A033
Type         ;CCP
Compte tenu en  ;euros
Date            ;31/03/2026
Solde (EUROS)   ;1114,80
Solde (FRANCS) ;7312,61

Date;Libellé;Montant(EUROS);Montant(FRANCS)
31/03/2026;"VIREMENT DE DUPONT F2026-113";1200,00;7871,48
30/03/2026;"PRELEVEMENT EDF";-85,20;-558,88
"""
QONTO = """Statut,"Date de l'opération (UTC)","Date de l'opération (local)",Montant total (TTC),Devise,Nom de la contrepartie,Méthode de paiement,Référence
Exécuté,31-03-2026 10:11:12,31-03-2026 12:11:12,"1200,00",EUR,DUPONT SARL,Virement,F2026-113
En attente,30-03-2026 10:11:12,30-03-2026 12:11:12,"-33,00",EUR,EDF,Carte,
Exécuté,30-03-2026 10:11:12,30-03-2026 12:11:12,"-85,20",EUR,EDF,Carte,
"""
BANKS = {
    # table, account, opening and closing balance
    "Crédit agricole": (CREDIT_AGRICOLE, "12345678901", None, (date(2026, 3, 31), 123456)),
    "Caisse d'épargne": (
        CAISSE_D_EPARGNE,
        "FR7613485008000412345678904",
        (date(2026, 3, 29), 100000),
        (date(2026, 3, 31), 211480),
    ),
    "Banque populaire": (BANQUE_POPULAIRE, "", None, None),
    "Crédit mutuel": (CREDIT_MUTUEL, "", (date(2026, 3, 27), 100000), (date(2026, 3, 31), 211480)),
    "Boursorama": (BOURSORAMA, "00040123456", None, (date(2026, 3, 31), 111480)),
    "Société générale": (SOCIETE_GENERALE, "", None, None),
    "La Banque postale": (BANQUE_POSTALE, "1234567A033", None, (date(2026, 3, 31), 111480)),
    "Qonto": (QONTO, "", None, None),
}


def read(text: str, **more: object) -> Parsed:
    return parse(io.BytesIO(text.encode()), "releve.csv", **more)  # type: ignore[arg-type]  # one of the kinds a table gives


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("bank", sorted(BANKS))
def test_tables_of_french_banks_are_recognised_and_read(bank: str, encoding: str) -> None:
    text, account, opening, closing = BANKS[bank]
    content = text.encode(encoding)
    assert format_of(content).kind == "bank-csv"
    found = parsed(content)
    [statement] = found.statements
    assert (statement.account, statement.opening, statement.closing) == (account, opening, closing)
    assert sorted(cents(found)[0]) == [-8520, 120000]
    [came] = [line for line in statement.lines if line.cents > 0]
    assert (came.booked, came.currency) == (date(2026, 3, 31), "EUR")
    assert "DUPONT" in came.label.upper()
    assert "F2026-113" in came.label
    assert all(problem.severity == "warning" for problem in found.problems)


def test_lines_are_those_of_the_file_and_texts_over_several_lines_are_one() -> None:
    first, second = parsed(CREDIT_AGRICOLE).lines
    assert (first.line, second.line) == (9, 12)
    assert first.label == "VIREMENT EN VOTRE FAVEUR DUPONT SARL F2026-113"


def test_what_is_pending_or_refused_does_not_count() -> None:
    found = parsed(QONTO)
    assert found.ignored == 1
    assert "En attente" in found.problems[-1].message


def test_value_dates_references_and_kinds_are_kept() -> None:
    line = parsed(BANQUE_POPULAIRE).lines[1]
    assert (line.booked, line.value_date) == (date(2026, 3, 30), date(2026, 3, 30))
    assert (line.bank_reference, line.operation_code) == ("REF2", "Prelevement")


@pytest.mark.parametrize("newest_first", [False, True])
def test_balances_of_lines_are_followed_in_either_order(newest_first: bool) -> None:
    head, *lines = CREDIT_MUTUEL.splitlines()
    found = parsed("\n".join([head, *(reversed(lines) if newest_first else lines)]) + "\n")
    assert found.statements[0].difference == 0
    assert found.statements[0].opening == (date(2026, 3, 27), 100000)


def test_a_missing_line_is_noticed_by_the_balances() -> None:
    three = CREDIT_MUTUEL + "31/03/2026;31/03/2026;-14,80;FRAIS;2100,00\n"
    assert parsed(three).statements[0].closing == (date(2026, 3, 31), 210000)
    found = refusal(three.replace("31/03/2026;31/03/2026;1200,00;VIR DUPONT F2026-113;2114,80\n", ""))
    assert "a line is missing or changed" in found.message
    assert found.line == 3


def test_a_line_that_cannot_be_read_breaks_the_balances_too() -> None:
    three = CREDIT_MUTUEL + "31/03/2026;31/03/2026;-14,80;FRAIS;2100,00\n"
    assert "a line is missing or changed" in refusal(three.replace("1200,00", "12OO,00")).message


def test_balances_around_the_table_must_agree() -> None:
    assert "does not add up" in refusal(CAISSE_D_EPARGNE.replace("2114,80", "2114,90")).message


def test_without_balances_a_bad_line_is_told_and_the_others_go_on() -> None:
    text = SOCIETE_GENERALE + "30/02/2026;CARTE;X;-1,00;EUR\n31/03/2026;CARTE;X;abc;EUR\n31/03/2026;CARTE;X;;EUR\n"
    found = parsed(text)
    assert cents(found) == [[120000, -8520]]
    assert told(found) == [(6, "error"), (7, "error"), (8, "error")]


def test_debits_are_negative_whatever_their_sign() -> None:
    head = "Date;Libellé;Débit;Crédit\n"
    assert cents(read(head + "31/03/2026;A;12,00;\n30/03/2026;B;;5,00\n")) == [[-1200, 500]]
    assert cents(read(head + "31/03/2026;A;-12,00;\n30/03/2026;B;;5,00\n")) == [[-1200, 500]]
    assert cents(read(head + "31/03/2026;A;12,00;0,00\n30/03/2026;B;0,00;5,00\n")) == [[-1200, 500]]
    # A debit taken back, among ordinary ones.
    assert cents(read(head + "31/03/2026;A;12,00;\n30/03/2026;B;-12,00;\n29/03/2026;C;1,00;\n")) == [
        [-1200, 1200, -100]
    ]
    assert "a debit and a credit" in read(head + "31/03/2026;A;12,00;3,00\n").problems[0].message


def test_a_label_that_speaks_of_a_balance_is_a_movement() -> None:
    assert cents(read("Libellé;Date;Montant\nSolde facture 113;31/03/2026;12,00\n")) == [[1200]]


def test_a_remembered_mapping_reads_any_headings() -> None:
    text = "Jour J;Texte;Mouvement;Autre\n31/03/2026;VIR DUPONT;12,00;x\n"
    mapping = {"date": "Jour J", "label": "Texte", "amount": "Mouvement"}
    assert score(["Jour J", "Texte", "Mouvement"]) == 0
    with pytest.raises(Unreadable, match="columns are missing"):
        read(text)
    found = read("Relevé\n\n" + text, mapping=mapping, account="FR76 1027 8022 0400 0123 4560 307")
    assert cents(found) == [[1200]]
    assert found.lines[0].account == "FR7610278022040001234560307"
    assert found.lines[0].line == 4
    assert heading_key(["Jour J", "Texte", "Mouvement", "Autre", ""]) == "jour_j|texte|mouvement|autre"


def test_several_accounts_in_one_table_are_several_statements() -> None:
    text = "Date;Libellé;Montant;Compte\n31/03/2026;A;1,00;111111\n31/03/2026;B;2,00;222222\n30/03/2026;C;3,00;111111\n"
    found = read(text)
    assert [(statement.account, statement.movements) for statement in found.statements] == [
        ("111111", 400),
        ("222222", 200),
    ]


def test_other_currencies_and_unknown_ones() -> None:
    text = "Date;Libellé;Montant;Devise\n31/03/2026;A;1,00;USD\n31/03/2026;B;2,00;EUX\n"
    found = read(text)
    assert [(statement.currency, statement.movements) for statement in found.statements] == [("USD", 100)]
    assert "“EUX” is not a currency" in found.problems[0].message


def test_a_table_without_amounts_is_refused() -> None:
    with pytest.raises(Unreadable, match="no column of amounts"):
        read("Date;Libellé\n31/03/2026;A\n")


def test_a_table_without_movements_is_a_statement_all_the_same() -> None:
    found = read("Date;Libellé;Montant\n")
    assert cents(found) == [[]]


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_workbooks_are_read_below_what_stands_above() -> None:
    content = workbook(
        [
            ["Compte courant n° 12345678901"],
            ["Solde au 31/03/2026 : 1 114,80 EUR"],
            [],
            ["Date opération", "Date valeur", "Libellé", "Débit", "Crédit"],
            [datetime(2026, 3, 31), datetime(2026, 3, 31), "VIR DUPONT F2026-113", None, 1200.0],  # noqa: DTZ001  # a sheet and a clock face know no zone
            [datetime(2026, 3, 30), datetime(2026, 3, 30), "PRLV EDF", 85.2, None],  # noqa: DTZ001  # a sheet and a clock face know no zone
        ]
    )
    assert weigh(io.BytesIO(content), "releve.xlsx") == 50
    found = parse(io.BytesIO(content), "releve.xlsx")
    assert cents(found) == [[120000, -8520]]
    assert found.statements[0].account == "12345678901"
    assert [line.line for line in found.lines] == [5, 6]


@pytest.mark.parametrize(
    "headings",
    [
        "number;customer;kind;issue_date;due_date;total_incl_tax",
        "JournalCode;EcritureDate;CompteNum;EcritureLib;Debit;Credit",
        "customer;date;channel;direction;author;text;outcome",
        "Libellé;Montant",
        "Date;Libellé",
    ],
)
def test_other_tables_are_no_statements(headings: str) -> None:
    assert score(headings.split(";")) == 0
    assert weigh(io.BytesIO(f"{headings}\n".encode()), "x.csv") == 0
    assert recognise(f"{headings}\nA;B;C\n".encode()) is None


def test_formulas_in_a_table_are_told() -> None:
    found = read("Date;Libellé;Montant\n31/03/2026;=HYPERLINK(1);1,00\n31/03/2026;A;2,00\n")
    assert cents(found) == [[200]]
    assert told(found) == [(2, "error")]

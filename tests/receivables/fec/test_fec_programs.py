"""How the accounting programs of the trade write customers, balances brought forward and matching codes."""

import pytest
from build import LEA, imported, open_amounts
from ledgers_in import NAMES

from crm.receivables.actions import AgedBalance

PROGRAMS = {
    "one general account, partners by number, opening journal OUV, dashes for pieces": (
        """
        OUV|Balance initiale|OUVERTURE/2026|20260101|411100|Clients - Ventes|7|Azure|-|20260101|/|1500,00|0,00|||20260101||
        OUV|Balance initiale|OUVERTURE/2026|20260101|120000|Résultat|||-|20260101|/|0,00|1500,00|||20260101||
        INV|Factures clients|INV/2026/00001|20260115|411100|Clients|7|Azure|INV/2026/00001|20260115|INV/2026/00001|1200,00|0,00|A12|20260210|20260115|0,00|EUR
        INV|Factures clients|INV/2026/00001|20260115|707100|Ventes|||INV/2026/00001|20260115|Bureau|0,00|1000,00|||20260115||
        INV|Factures clients|INV/2026/00001|20260115|445711|TVA|||INV/2026/00001|20260115|20%|0,00|200,00|||20260115||
        BNK1|Banque|BNK1/2026/00003|20260210|512001|Banque|||BNK1/2026/00003|20260210|Azure|1200,00|0,00|||20260210||
        BNK1|Banque|BNK1/2026/00003|20260210|411100|Clients|7|Azure|BNK1/2026/00003|20260210|Azure|0,00|1200,00|A12|20260210|20260210||
        """,
        {"Azure": "1500.00"},
        {"OUV 7": "1500.00"},
    ),
    "a general account for each customer by number, the invoice in the label alone": (
        """
        VE|Ventes|2|20260115|41100002|MARTIN||||20260115|FA0001 MARTIN|120,00|0,00|||20260131||
        VE|Ventes|2|20260115|70600000|PRESTATIONS||||20260115|FA0001 MARTIN|0,00|120,00|||20260131||
        """,
        {"MARTIN": "120.00"},
        {"FA0001": "120.00"},
    ),
    "a collective account with auxiliary ones that bear its digits, small letters for parts": (
        """
        VTE|Journal des ventes|1|20260115|4110000|Clients|411DUPON|Dupont|F1|20260115|Facture 1|120,00|0,00|a|20260210|20260131||
        VTE|Journal des ventes|1|20260115|7060000|Prestations|||F1|20260115|Facture 1|0,00|120,00|||20260131||
        BQ1|Crédit Agricole|2|20260210|4110000|Clients|411DUPON|Dupont|2|20260210|Acompte|0,00|50,00|a|20260210|20260131||
        BQ1|Crédit Agricole|2|20260210|5121000|Banque|||2|20260210|Acompte|50,00|0,00|||20260131||
        OD|Opérations diverses|3|20260301|4160000|Douteux|416DUPON|Dupont|OD1|20260301|Douteux|70,00|0,00|||20260331||
        OD|Opérations diverses|3|20260301|4110000|Clients|411DUPON|Dupont|OD1|20260301|Douteux|0,00|70,00|||20260331||
        """,
        {"Dupont": "70.00"},
        {"F1": "70.00"},
    ),
    "one number for all entries of a month, customers before sales": (
        """
        VE|VENTES|000001|20260131|411000|Clients|0DUPONT|DUPONT|F1|20260105|F1|120,00|0,00|||20260131||
        VE|VENTES|000001|20260131|411000|Clients|0MARTIN|MARTIN|F2|20260106|F2|60,00|0,00|||20260131||
        VE|VENTES|000001|20260131|706000|Prestations|||F|20260131|Ventes|0,00|180,00|||20260131||
        VE|VENTES|000001|20260228|411000|Clients|0MARTIN|MARTIN|F3|20260206|F3|60,00|0,00|||20260228||
        VE|VENTES|000001|20260228|706000|Prestations|||F|20260228|Ventes|0,00|60,00|||20260228||
        """,
        {"DUPONT": "120.00", "MARTIN": "120.00"},
        {"F1": "120.00", "F2": "60.00", "F3": "60.00"},
    ),
    "a direct debit that came back is owed at once": (
        """
        VT|Ventes|1|20260115|411DUPONT|Dupont|||F-1|20260115|Facture|120,00|0,00|A|20260215|20260131||
        VT|Ventes|1|20260115|706|Prestations|||F-1|20260115|Facture|0,00|120,00|||20260131||
        BQ|BNP|2|20260215|411DUPONT|Dupont|||PRLV|20260215|PRLV|0,00|120,00|A|20260215|20260228||
        BQ|BNP|2|20260215|512001|BNP|||PRLV|20260215|PRLV|120,00|0,00|||20260228||
        BQ|BNP|3|20260220|411DUPONT|Dupont|||REJET|20260220|REJET PRLV|120,00|0,00|||20260228||
        BQ|BNP|3|20260220|512001|BNP|||REJET|20260220|REJET PRLV|0,00|120,00|||20260228||
        """,
        {"Dupont": "120.00"},
        {"REJET": "120.00"},
    ),
    "everything on 411000 and no customer named": (
        """
        VE|Ventes|1|20260115|411000|Clients|||F1|20260115|Dupont|120,00|0,00|A||20260131||
        VE|Ventes|1|20260115|706000|Prestations|||F1|20260115|Dupont|0,00|120,00|||20260131||
        BQ|Banque|2|20260215|411000|Clients|||V1|20260215|Dupont|0,00|120,00|A||20260131||
        BQ|Banque|2|20260215|512000|Banque|||V1|20260215|Dupont|120,00|0,00|||20260131||
        VE|Ventes|3|20260115|411000|Clients|||F3|20260115|Martin|60,00|0,00|||20260131||
        VE|Ventes|3|20260115|706000|Prestations|||F3|20260115|Martin|0,00|60,00|||20260131||
        """,
        {"Clients (customers not named)": "60.00"},
        {"F3": "60.00"},
    ),
    "instalments of one invoice, and a retention, on lines of their own": (
        """
        VE|Ventes|1|20260115|411000|Clients|DUP|Dup|F1|20260115|F1|570,00|0,00|||20260131||
        VE|Ventes|1|20260115|411700|Retenues|DUP|Dup|F1|20260115|F1|30,00|0,00|||20260131||
        VE|Ventes|1|20260115|706000|Prestations|||F1|20260115|F1|0,00|600,00|||20260131||
        """,
        {"Dup": "600.00"},
        {"F1": "570.00", "F1 (2)": "30.00"},
    ),
    "one transfer for several invoices, and a discount": (
        """
        VE|Ventes|1|20260115|411000|Clients|DUP|Dup|F1|20260115|F1|100,00|0,00|AA||20260131||
        VE|Ventes|1|20260115|706000|Prestations|||F1|20260115|F1|0,00|100,00|||20260131||
        VE|Ventes|2|20260116|411000|Clients|DUP|Dup|F2|20260116|F2|200,00|0,00|AA||20260131||
        VE|Ventes|2|20260116|706000|Prestations|||F2|20260116|F2|0,00|200,00|||20260131||
        BQ|Banque|3|20260215|512000|Banque|||V1|20260215|Dup|294,00|0,00|||20260228||
        BQ|Banque|3|20260215|665000|Escomptes|||V1|20260215|Dup|6,00|0,00|||20260228||
        BQ|Banque|3|20260215|411000|Clients|DUP|Dup|V1|20260215|Dup|0,00|300,00|AA||20260228||
        """,
        {},
        {},
    ),
}  # fmt: skip  # read as a table: columns side by side


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_each_program_means(crm, program):
    rows, owed, still_open = PROGRAMS[program]
    lines = ["\t".join(NAMES), *("\t".join(row.strip().split("|")) for row in rows.strip().splitlines())]
    report = imported(crm, "\n".join(lines).encode(), name="123456789FEC20261231.txt")
    assert (report.refused, report.errors) == (None, 0)
    told = crm.runner.read(AgedBalance(), LEA).as_json()["customers"]
    assert {line["name"]: line["total"] for line in told} == owed
    assert open_amounts(crm) == still_open

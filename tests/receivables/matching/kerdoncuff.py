"""A month of the workshop Kerdoncuff's bank, written by hand as nine banks print it, and what each line truly pays.

The truth was written down before the matching was ever run on it: 41 of 42 were settled alone at the first run, and the
one that was not right was a sum that its author had added up wrongly.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from crm.receivables.matching.facts import Leeway, Money, OpenItem, Payer

HOUSE = "Atelier Kerdoncuff"
HARMONIA, LANCELOT, OCEAN = "FR7614806000100000000123456", "FR7612906000500000000778899", "FR7630004008280000000112233"
PAYERS = (
    Payer(1, "411CHENE", "EARL du Vieux Chêne"),
    Payer(2, "411LAFAY", "Pharmacie Lafayette Centre"),
    Payer(3, "411HARMO", "Harmonia Holding SAS", ibans=(HARMONIA,)),
    Payer(4, "411HARSE", "Harmonia Services"),
    Payer(5, "411HARBR", "Harmonia Bretagne"),
    Payer(6, "411PLOUZ", "Mairie de Plouzané", siren="212902123"),
    Payer(7, "411GUIVA", "Ets Guivarc'h & Fils"),
    Payer(8, "411ROUDA", "Philippe Roudaut"),
    Payer(9, "411ROUDN", "Annick Roudaut"),
    Payer(10, "411ARDOI", "Société Nouvelle des Ardoisières"),
    Payer(11, "411OCEAN", "Clinique de l'Océan", ibans=(OCEAN,)),
    Payer(12, "411SAVEU", "L'Atelier des Saveurs", aliases=("Le Bras Solenn",)),
    Payer(13, "411EMBRU", "SCI Les Embruns"),
    Payer(14, "411VANDE", "Van den Berghe Logistics BV"),
    Payer(15, "411TECHN", "TechniFroid 29"),
    Payer(16, "411PENNE", "Carrosserie Pennec"),
    Payer(17, "411LECAP", "Restaurant Le Cap"),
    Payer(18, "411BELLE", "SDC Résidence Bellevue"),
    Payer(19, "411KERIC", "Lycée Kerichen"),
    Payer(20, "411LANCE", "Brasserie Lancelot", ibans=(LANCELOT,)),
    Payer(21, "411SOGEA", "Sogebrez Travaux Publics"),
    Payer(22, "411OSTRE", "Ostréa Distribution"),
    Payer(23, "411BIOFI", "Biofinis Coopérative"),
    Payer(24, "411DUPUI", "Dupuis et Associés"),
    Payer(25, "411DUPIM", "Dupuis Immobilier"),
    Payer(26, "411QUEIN", "Menuiserie Quéinnec"),
    Payer(27, "411ABERV", "Camping de l'Aber-Wrac'h"),
    Payer(28, "411NEDEL", "Imprimerie Nédélec"),
)
DOCUMENTS = (
    ("FC26-00301", 1, 184_320, "2026-06-12"), ("FC26-00302", 2, 45_012, "2026-06-12"), ("FC26-00303", 2, 45_012, "2026-07-12"),
    ("FC26-00304", 3, 120_000, "2026-06-30"), ("FC26-00305", 4, 98_754, "2026-06-30"), ("FC26-00306", 5, 76_532, "2026-06-30"),
    ("FC26-00307", 6, 642_010, "2026-06-15"), ("FC26-00308", 6, 118_840, "2026-07-01"), ("FC26-00309", 7, 33_390, "2026-07-02"),
    ("FC26-00310", 7, 54_127, "2026-07-09"), ("FC26-00311", 8, 28_600, "2026-07-03"), ("FC26-00312", 9, 28_600, "2026-07-04"),
    ("FC26-00313", 10, 310_416, "2026-07-06"), ("FC26-00314", 11, 72_000, "2026-07-06"), ("FC26-00315", 11, 72_000, "2026-07-13"),
    ("FC26-00316", 11, 15_630, "2026-07-20"), ("FC26-00317", 12, 19_980, "2026-07-07"), ("FC26-00318", 13, 90_000, "2026-07-08"),
    ("FC26-00319", 14, 1_087_500, "2026-07-10"), ("FC26-00320", 14, 432_900, "2026-07-17"), ("FC26-00321", 15, 66_641, "2026-07-11"),
    ("FC26-00322", 16, 24_855, "2026-07-13"), ("FC26-00323", 16, 31_205, "2026-07-15"), ("FC26-00324", 16, 48_419, "2026-07-18"),
    ("AC26-00008", 16, -6_205, "2026-07-20"), ("FC26-00325", 17, 57_380, "2026-07-14"), ("FC26-00326", 18, 210_333, "2026-07-15"),
    ("FC26-00327", 19, 84_072, "2026-07-16"), ("FC26-00328", 20, 132_006, "2026-07-16"), ("FC26-00329", 20, 27_450, "2026-07-23"),
    ("FC26-00330", 21, 2_400_000, "2026-07-16"), ("FC26-00331", 21, 360_000, "2026-07-30"), ("FC26-00332", 22, 11_111, "2026-07-17"),
    ("FC26-00333", 22, 22_222, "2026-07-18"), ("FC26-00334", 22, 35_617, "2026-07-24"), ("FC26-00335", 23, 40_908, "2026-07-18"),
    ("FC26-00336", 24, 150_000, "2026-07-20"), ("FC26-00337", 25, 150_000, "2026-07-20"), ("FC26-00338", 25, 63_149, "2026-07-21"),
    ("FC26-00339", 26, 77_018, "2026-07-21"), ("FC26-00340", 27, 99_999, "2026-07-22"), ("FC26-00341", 28, 12_345, "2026-07-22"),
    ("FC26-00342", 28, 54_321, "2026-07-23"), ("FC26-00343", 1, 60_264, "2026-07-25"), ("FC26-00344", 15, 39_873, "2026-07-27"),
    ("FC26-00345", 23, 18_306, "2026-07-28"), ("FC26-00346", 26, 7_206, "2026-07-29"), ("FC26-00347", 19, 21_018, "2026-07-30"),
    ("FC26-00348", 10, 104_412, "2026-08-03"), ("FC26-00349", 27, 41_040, "2026-08-03"), ("FC26-00350", 12, 25_770, "2026-08-04"),
)  # fmt: skip  # read as a table: columns side by side
"""Number, customer, cents, day of issue; due a month later, all of it open."""
ORDERS = {"FC26-00327": "BC-KER-2026-0098", "FC26-00331": "4500781236"}


class Line(NamedTuple):
    """A bank line, and the cents of each document that it truly pays; nothing where it pays none."""

    bank: str
    day: str
    cents: int
    label: str
    truth: dict[str, int]
    name: str = ""
    iban: str = ""
    end_to_end: str = ""
    structured: str = ""
    reverses: int = 0


LINES = (
    # Crédit Agricole: the operation, then lines of 32 drawn together
    Line("CA", "2026-08-03", 184_320, "VIREMENT EN VOTRE FAVEUR EARL DU VIEUX CHENE REF FC26 301", {"FC26-00301": 184_320}),
    Line("CA", "2026-08-04", 45_012, "VIREMENT EN VOTRE FAVEUR SELARL PHIE LAFAYETTE CENT FACT 302", {"FC26-00302": 45_012}),
    Line("CA", "2026-08-05", 87_517, "VIREMENT EN VOTRE FAVEUR ETS GUIVARC H ET FILS VOS FACT 309 310", {"FC26-00309": 33_390, "FC26-00310": 54_127}),
    Line("CA", "2026-08-06", 28_600, "VIREMENT EN VOTRE FAVEUR M ROUDAUT PHILIPPE FACTURE ATELIER", {"FC26-00311": 28_600}),
    Line("CA", "2026-08-07", 19_980, "VIREMENT EN VOTRE FAVEUR MLLE LE BRAS SOLENN VIREMENT WEB", {"FC26-00317": 19_980}),
    Line("CA", "2026-08-10", 31_500, "VIREMENT EN VOTRE FAVEUR CPAM DU FINISTERE 263100141 IJ", {}),
    # BNP Paribas: tags with slashes
    Line("BNP", "2026-08-03", 295_286, "VIR SEPA RECU /DE HARMONIA HOLDING SAS /MOTIF FC26-00304 FC26-00305 FC26-00306 /REF NOTPROVIDED", {"FC26-00304": 120_000, "FC26-00305": 98_754, "FC26-00306": 76_532}, "", HARMONIA),
    Line("BNP", "2026-08-05", 310_416, "VIR SCT INST RECU /DE S N ARDOISIERES /MOTIF REGLT FC2600313 /REF 8845122", {"FC26-00313": 310_416}),
    Line("BNP", "2026-08-06", 144_000, "VIR SEPA RECU /DE CLINIQUE DE L OCEAN /MOTIF VIR FOURNISSEURS /REF P0908", {"FC26-00314": 72_000, "FC26-00315": 72_000}, "", OCEAN),
    Line("BNP", "2026-08-12", 642_010, "VIR SEPA RECU /DE SGC BREST METROPOLE /MOTIF MAIRIE PLOUZANE MANDAT 1187 BORD 64 FC26-00307", {"FC26-00307": 642_010}),
    Line("BNP", "2026-08-14", 96_310, "VIR SEPA RECU /DE DIRECTION GENERALE DES FINANCES PUBL /MOTIF REMB TVA CA3 072026", {}),
    Line("BNP", "2026-08-17", 104_412, "VIR SEPA RECU /DE SOC NOUV ARDOISIERES /MOTIF F 348 /REF NOTPROVIDED", {"FC26-00348": 104_412}),
    # Société Générale: tags with colons behind a number of the bank's
    Line("SG", "2026-08-04", 90_000, "VIR RECU 2194857361S DE: SCI LES EMBRUNS MOTIF: FACTURE TRAVAUX JUILLET", {"FC26-00318": 90_000}),
    Line("SG", "2026-08-11", 66_641, "VIR INST RE 518240376191 DE: TECHNIFROID29 DATE: 11/08/2026 09:12 MOTIF: FC26-00321", {"FC26-00321": 66_641}),
    Line("SG", "2026-08-13", 57_380, "VIR RECU 2200014412T DE: SARL AMERS MOTIF: RESTO LE CAP FC 325", {"FC26-00325": 57_380}),
    Line("SG", "2026-08-18", 118_840, "VIR RECU 2203317765S DE: TRESORERIE BREST BANLIEUE MOTIF: PLOUZANE MANDAT 1306 FACT FC2600308", {"FC26-00308": 118_840}),
    Line("SG", "2026-08-19", -54_127, "VIR EMIS LOYER SCI DU PORT AOUT 2026", {}),
    Line("SG", "2026-08-20", 40_908, "VIR RECU 2204100233R DE: BIOFINIS MOTIF: 335 REF: SEPA-20260820-11", {"FC26-00335": 40_908}),
    # LCL: the payer cut at 24, then the message
    Line("LCL", "2026-08-05", 98_274, "VIREMENT CARROSSERIE PENNEC 322 323 324 MOINS AVOIR 8", {"FC26-00322": 18_650, "FC26-00323": 31_205, "FC26-00324": 48_419}),
    Line("LCL", "2026-08-06", 84_072, "VIREMENT AGENT COMPTABLE LYCEE KE MDT 556 BC-KER-2026-0098", {"FC26-00327": 84_072}),
    Line("LCL", "2026-08-12", 210_333, "VIREMENT FONCIA BREST IROISE SDC BELLEVUE FC26-00326", {"FC26-00326": 210_333}),
    Line("LCL", "2026-08-13", 150_000, "VIREMENT DUPUIS FACTURE JUILLET", {}),
    Line("LCL", "2026-08-14", 63_149, "VIREMENT DUPUIS", {"FC26-00338": 63_149}),
    Line("LCL", "2026-08-24", 60_264, "VIREMENT EARL DU VIEUX CHENE SOLDE COMPTE", {"FC26-00343": 60_264}),
    # CIC and Crédit Mutuel: one field of 32 characters
    Line("CIC", "2026-08-07", 77_018, "VIR MENUISERIE QUEINNEC FC26-003", {"FC26-00339": 77_018}),
    Line("CIC", "2026-08-10", 68_950, "VIR OSTREA DISTRIBUTION 332/333/", {"FC26-00332": 11_111, "FC26-00333": 22_222, "FC26-00334": 35_617}),
    Line("CIC", "2026-08-11", 12_345, "VIR IMPRIMERIE NEDELEC F341", {"FC26-00341": 12_345}),
    Line("CIC", "2026-08-12", 7_206, "VIR QUEINNEC", {"FC26-00346": 7_206}),
    Line("CIC", "2026-08-13", 53_235, "VIR IMP NEDELEC FC342 ESCPTE 2%", {"FC26-00342": 53_235}),
    Line("CIC", "2026-08-14", 24_300, "VIR URSSAF DE BRETAGNE REMB TROP", {}),
    # La Banque Postale
    Line("LBP", "2026-08-10", 132_006, "VIREMENT DE BRASSERIE LANCELOT REFERENCE : VIR 0810", {"FC26-00328": 132_006}, "", LANCELOT),
    Line("LBP", "2026-08-12", 27_450, "VIREMENT DE SELC BRASSERIE LANCELOT REGLEMENT FACTURE 00329", {"FC26-00329": 27_450}, "", LANCELOT),
    Line("LBP", "2026-08-17", 132_006, "VIREMENT DE BRASSERIE LANCELOT REFERENCE : VIR 0810", {}, "", LANCELOT),
    Line("LBP", "2026-08-18", 28_600, "VIREMENT DE MME ROUDAUT ANNICK", {"FC26-00312": 28_600}),
    Line("LBP", "2026-08-19", 33_302, "REMISE DE 2 CHEQUES BORDEREAU 4471", {}),
    Line("LBP", "2026-08-20", 41_040, "REMISE DE 1 CHEQUE BORDEREAU 4472", {"FC26-00349": 41_040}),
    # Qonto and other young banks: name and message apart
    Line("QTO", "2026-08-05", 39_873, "Facture n°344 - merci !", {"FC26-00344": 39_873}, "TECHNIFROID 29"),
    Line("QTO", "2026-08-11", 99_999, "FC26-00340", {"FC26-00340": 99_999}, "Camping de l'Aber Wrac'h"),
    Line("QTO", "2026-08-18", 25_770, "Solde août", {"FC26-00350": 25_770}, "Solenn LE BRAS"),
    Line("QTO", "2026-08-21", 214_377, "STRIPE T4KQ8", {}, "Stripe Technology Europe Ltd"),
    Line("QTO", "2026-08-24", 18_306, "facture 26-345", {"FC26-00345": 18_306}, "BIOFINIS COOP."),
    # Boursorama
    Line("BRS", "2026-08-17", 15_630, "VIR SEPA Clinique Ocean (fact. 00316)", {"FC26-00316": 15_630}),
    Line("BRS", "2026-08-18", 2_280_000, "VIR SEPA SOGEBREZ TP FC26-00330 RG 5% DEDUITE", {"FC26-00330": 2_280_000}),
    Line("BRS", "2026-08-19", 360_000, "VIR SEPA SOGEBREZ TRAVAUX PUBLICS 4500781236", {"FC26-00331": 360_000}),
    Line("BRS", "2026-08-25", 50_000, "VIR SEPA KERDONCUFF YANN APPORT COMPTE COURANT ASSOCIE", {}),
    Line("BRS", "2026-08-26", 35_617, "VIR SEPA MARTIN CLAUDE VENTE REMORQUE", {}),
    # CAMT.053: everything in its field
    Line("CAMT", "2026-08-10", 1_086_000, "INVOICE FC26-00319 OUR CHARGES", {"FC26-00319": 1_086_000}, "VAN DEN BERGHE LOGISTICS B.V.", "NL91ABNA0417164300", "NOTPROVIDED"),
    Line("CAMT", "2026-08-17", 432_900, "", {"FC26-00320": 432_900}, "VD BERGHE LOGISTICS", "NL91ABNA0417164300", "E2E-0000231", "RF57FC2600320"),
    Line("CAMT", "2026-08-18", 21_018, "", {"FC26-00347": 21_018}, "LYCEE KERICHEN", "FR7610071290000000100200308", "FC26-00347"),
    Line("CAMT", "2026-08-21", 45_012, "", {"FC26-00303": 45_012}, "PHARMACIE LAFAYETTE CENTRE", "FR7615589297000000000055566", "VIR-AUTO-77"),
    Line("CAMT", "2026-08-21", 1_234, "INTERETS CREDITEURS 3E TRIMESTRE", {}),
    # CFONB 120: a label of 31, the complements of the 05 records behind it
    Line("CFONB", "2026-08-24", -66_641, "REJET VIR SEPA TECHNIFROID 29 AC04 COMPTE CLOTURE", {}, "", "", "", "", 14),
    Line("CFONB", "2026-08-25", -28_600, "PRLV SEPA MALAKOFF HUMANIS PREVOY", {}),
    Line("CFONB", "2026-08-26", 66_641, "VIR SEPA TECHNIFROID 29 2E PRESENTATION FC26-00321", {"FC26-00321": 66_641}, "TECHNIFROID 29"),
    Line("CFONB", "2026-08-27", 118_000, "REM CB 0445122 DU 26/08 NB 14", {}),
    Line("CFONB", "2026-08-27", 84_072, "VIR SEPA REXEL FRANCE AVOIR 55120", {}, "REXEL FRANCE"),
)  # fmt: skip  # read as a table: columns side by side
"""`reverses` is the place of the line that is taken back, counted from 1."""


def documents() -> list[OpenItem]:
    """What is owed on the first day of the statement."""
    found = []
    for key, (number, customer, cents, day) in enumerate(DOCUMENTS, 1):
        issued = date.fromisoformat(day)
        kind = "credit_note" if cents < 0 else "invoice"
        order = ORDERS.get(number, "")
        found.append(OpenItem(key, number, customer, issued, issued + timedelta(days=30), "EUR", cents, cents, kind, order))  # type: ignore[arg-type]  # one of the two kinds  # fmt: skip
    return found


def moneys() -> list[Money]:
    """The lines as the matching reads them; their place is their key."""
    return [
        Money(place, date.fromisoformat(line.day), line.cents, "EUR", line.label, line.name, line.iban, line.end_to_end, line.structured)
        for place, line in enumerate(LINES, 1)
    ]  # fmt: skip  # read as a table: columns side by side


LEEWAY = Leeway(own_names=(HOUSE,))

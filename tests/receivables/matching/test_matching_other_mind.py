"""Lines as banks print them, written with no generator in mind: what must be settled alone, and what never may be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import pytest

from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Leeway, Money, OpenItem, Payer

ACCOUNT = "FR7630006000011234567890189"
SETTLED, PERHAPS, ASKED, NOTHING = (
    "settled alone",
    "settled rightly or asked about",
    "asked about",
    "never settled alone",
)
PAYERS = (
    Payer(1, "411DUPON", "DUPONT PLOMBERIE SARL", ibans=(ACCOUNT,)),
    Payer(
        2,
        "411DUPOE",
        "DUPONT ELECTRICITE",
    ),
    Payer(3, "411BTPOU", "BTP OUEST SAS", group_id=7),
    Payer(4, "411BTPSU", "BTP SUD SAS", group_id=7),
    Payer(5, "411MAILE", "MAIRIE DE LESNEVEN", siren="212901242"),
    Payer(6, "411HOTEL", "HOTEL DE LA PLAGE"),
    Payer(7, "411LEGOF", "LE GOFF JEAN"),
    Payer(8, "411LEGOM", "LE GOFF MARIE"),
    Payer(9, "411CABIN", "CABINET MOREAU ET ASSOCIES"),
    Payer(10, "411IMPRI", "IMPRIMERIE DU LEON"),
    Payer(11, "411TRANS", "TRANSPORTS KERVELLA"),
    Payer(12, "411SCIBE", "SCI BEL AIR"),
    Payer(13, "411BRASS", "BRASSERIE COREFF"),
    Payer(14, "411EXPOR", "MULLER MASCHINENBAU GMBH"),
    Payer(15, "411BOUL", "BOULANGERIE QUEMENER"),
    Payer(16, "411CAF", "CRECHE LES P'TITS LOUPS"),
    Payer(17, "411GARAG", "GARAGE STEPHAN"),
    Payer(18, "411FROMA", "FROMAGERIE ABALAIN"),
)
DOCUMENTS = (
    ("FA-2026/0098", 1, 84_000, "2026-01-10", 0, ""),
    ("FA-2026/0113", 1, 124_560, "2026-03-02", None, ""),
    ("FA-2026/0114", 1, 38_040, "2026-03-05", None, ""),
    ("FA-2026/0115", 1, 96_000, "2026-03-09", None, ""),
    ("AV-2026/0012", 1, -12_000, "2026-03-10", None, ""),
    ("FA-2026/0120", 2, 124_560, "2026-03-04", None, ""),
    ("FA-2026/0121", 2, 55_000, "2026-03-15", None, ""),
    ("FA-2026/0130", 3, 240_000, "2026-03-01", None, ""),
    ("FA-2026/0131", 4, 180_050, "2026-03-01", None, ""),
    ("FA-2026/0132", 3, 77_777, "2026-03-20", None, ""),
    ("FA-2026/0140", 5, 456_010, "2026-02-20", None, "2026BC00455"),
    ("FA-2026/0150", 6, 65_000, "2026-02-11", None, ""),
    ("FA-2026/0151", 6, 65_000, "2026-03-11", None, ""),
    ("FA-2026/0152", 6, 31_219, "2026-03-12", None, ""),
    ("FA-2026/0160", 7, 42_350, "2026-03-01", None, ""),
    ("FA-2026/0161", 8, 42_350, "2026-03-02", None, ""),
    ("FA-2026/0162", 8, 19_990, "2026-03-03", None, ""),
    ("FA-2026/0170", 9, 360_000, "2026-01-15", None, ""),
    ("FA-2026/0171", 9, 144_000, "2026-02-15", None, ""),
    ("FA-2026/0172", 9, 72_012, "2026-03-15", None, ""),
    ("FA-2026/0180", 10, 88_888, "2026-03-01", None, ""),
    ("FA-2025/0180", 10, 99_120, "2025-11-01", None, ""),
    ("FA-2026/0190", 11, 51_234, "2026-03-01", None, ""),
    ("FA-2026/0191", 11, 61_234, "2026-03-02", None, ""),
    ("FA-2026/0192", 11, 71_236, "2026-03-03", None, ""),
    ("FA-2026/0200", 12, 150_000, "2026-03-01", None, ""),
    ("FA-2026/0201", 13, 93_417, "2026-03-01", None, ""),
    ("FA-2026/0202", 13, 24_000, "2026-03-08", None, ""),
    ("FA-2026/0210", 14, 1_250_000, "2026-03-01", None, ""),
    ("FA-2026/0220", 15, 12_000, "2026-03-01", None, ""),
    ("FA-2026/0221", 15, 12_600, "2026-03-01", None, ""),
    ("FA-2026/0230", 16, 213_400, "2026-03-01", None, ""),
    ("FA-2026/0240", 17, 47_352, "2026-03-01", None, ""),
    ("FA-2026/0250", 18, 58_821, "2026-03-02", None, ""),
)  # fmt: skip  # read as a table: columns side by side
"""Number, customer, cents, day of issue, what is open if not all, order."""


class Told(NamedTuple):
    """A bank line, what it really pays, and what may become of it."""

    label: str
    cents: int
    truth: dict[str, int]
    fate: str
    account: str = ""


LINES = [Told(*told) for told in (
    ("VIR SEPA RECU DUPONT PLOMBERIE FA 2026 113", 124_560, {"FA-2026/0113": 124_560}, SETTLED),
    ("VIR DUPONT PLOMBERIE SARL fact.113", 124_560, {"FA-2026/0113": 124_560}, SETTLED),
    ("VIR SEPA DUPONT PLOMBERIE N°113 ET 114", 162_600, {"FA-2026/0113": 124_560, "FA-2026/0114": 38_040}, SETTLED),
    ("VIR DUPONT PLOMBERIE 113-115", 258_600, {"FA-2026/0113": 124_560, "FA-2026/0114": 38_040, "FA-2026/0115": 96_000}, SETTLED),
    ("VIR DUPONT PLOMBERIE FACT 113 A 115", 258_600, {"FA-2026/0113": 124_560, "FA-2026/0114": 38_040, "FA-2026/0115": 96_000}, SETTLED),
    ("VIR DUPONT PLOMB SOLDE FACT 113 AV 12", 112_560, {"FA-2026/0113": 112_560}, SETTLED),
    ("VIR INST DUPONT PLOMBERIE FA113+FA114", 162_600, {"FA-2026/0113": 124_560, "FA-2026/0114": 38_040}, SETTLED),
    ("VIR DUPONT", 124_560, {}, NOTHING),
    ("VIR SEPA RECU DUPONT", 38_040, {"FA-2026/0114": 38_040}, PERHAPS),
    ("VIREMENT DUPONT PLOMBERIE SARL 4112", 124_560, {"FA-2026/0113": 124_560}, PERHAPS),
    ("VIR DUPONT ELECTRICITE FA-2026/0113", 124_560, {"FA-2026/0120": 124_560}, PERHAPS),
    ("VIR DUPONT PLOMBERIE ACPTE FACT 115", 50_000, {"FA-2026/0115": 50_000}, PERHAPS),
    ("VIR DUPONT PLOMBERIE ESC 2% FACT 115", 94_080, {"FA-2026/0115": 94_080}, SETTLED),
    ("VIR DUPONT PLOMBERIE FACT 98", 84_000, {}, NOTHING),
    ("VIR DUPONT PLOMBERIE FACT 2026 0098", 84_000, {}, NOTHING),
    ("VIR", 38_040, {"FA-2026/0114": 38_040}, SETTLED, ACCOUNT),
    ("VIR SEPA RECU /DE BTP OUEST SAS /MOTIF FACT 130 131", 420_050, {"FA-2026/0130": 240_000, "FA-2026/0131": 180_050}, SETTLED),
    ("VIR SEPA RECU /DE BTP HOLDING /MOTIF FA-2026/0130 FA-2026/0131", 420_050, {"FA-2026/0130": 240_000, "FA-2026/0131": 180_050}, SETTLED),
    ("VIR BTP SUD POUR BTP OUEST F130", 240_000, {"FA-2026/0130": 240_000}, SETTLED),
    ("VIR BTP SUD", 77_777, {"FA-2026/0132": 77_777}, PERHAPS),
    ("VIR DRFIP BRETAGNE MAIRIE LESNEVEN MDT 1245 BDX 88 2026BC00455", 456_010, {"FA-2026/0140": 456_010}, SETTLED),
    ("VIR SGC LANDERNEAU 212901242 MANDAT 455", 456_010, {"FA-2026/0140": 456_010}, SETTLED),
    ("VIR HOTEL DE LA PLAGE", 65_000, {"FA-2026/0150": 65_000}, ASKED),
    ("VIR HOTEL DE LA PLAGE FACT MARS 65000", 65_000, {"FA-2026/0151": 65_000}, ASKED),
    ("VIR HOTEL DE LA PLAGE F.151", 65_000, {"FA-2026/0151": 65_000}, SETTLED),
    ("VIR HOTEL PLAGE", 130_000, {"FA-2026/0150": 65_000, "FA-2026/0151": 65_000}, PERHAPS),
    ("REM CHQ N 0001234 1 CHQ", 31_219, {"FA-2026/0152": 31_219}, PERHAPS),
    ("REMISE CHEQUES 2 CHQ BRD 558", 135_767, {}, NOTHING),
    ("VIR LE GOFF", 42_350, {}, NOTHING),
    ("VIR M LE GOFF JEAN", 42_350, {"FA-2026/0160": 42_350}, SETTLED),
    ("VIR MME LE GOFF MARIE OU JEAN", 42_350, {}, NOTHING),
    ("VIR LE GOFF", 19_990, {"FA-2026/0162": 19_990}, PERHAPS),
    ("VIR CABINET MOREAU SOLDE COMPTE", 576_012, {"FA-2026/0170": 360_000, "FA-2026/0171": 144_000, "FA-2026/0172": 72_012}, SETTLED),
    ("VIR MOREAU ET ASSOCIES", 504_000, {"FA-2026/0170": 360_000, "FA-2026/0171": 144_000}, SETTLED),
    ("VIR CABINET MOREAU & ASSOC", 100_000, {}, NOTHING),
    ("VIR CARPA RENNES AFF MOREAU C/ RELANCE", 360_000, {"FA-2026/0170": 360_000}, ASKED),
    ("VIR IMPRIMERIE DU LEON FACT 180", 99_120, {"FA-2025/0180": 99_120}, SETTLED),
    ("VIR IMPRIMERIE DU LEON FACT 180", 88_888, {"FA-2026/0180": 88_888}, SETTLED),
    ("VIR IMPRIMERIE DU LEON F2025-180", 99_120, {"FA-2025/0180": 99_120}, SETTLED),
    ("VIR IMPRIMERIE DU LEON FACT 180/25 180/26", 188_008, {"FA-2025/0180": 99_120, "FA-2026/0180": 88_888}, SETTLED),
    ("VIR KERVELLA TRANSPORTS FA 190 191", 112_468, {"FA-2026/0190": 51_234, "FA-2026/0191": 61_234}, SETTLED),
    ("TRSPTS KERVELLA 190/191/192", 183_704, {"FA-2026/0190": 51_234, "FA-2026/0191": 61_234, "FA-2026/0192": 71_236}, SETTLED),
    ("VIR TRANSPORTS KERVELLA FACT 190", 51_734, {"FA-2026/0190": 51_234}, PERHAPS),
    ("VIR TRANSPORTS KERVELLA FACT 190", 50_084, {"FA-2026/0190": 50_084}, PERHAPS),
    ("VIR SCI BEL AIR LOYER MARS", 150_000, {"FA-2026/0200": 150_000}, PERHAPS),
    ("VIR SCI BEL AIR CAUTION", 60_000, {}, NOTHING),
    ("VIR COREFF", 117_417, {"FA-2026/0201": 93_417, "FA-2026/0202": 24_000}, SETTLED),
    ("VIR BRASSERIE COREFF REGLT PARTIEL", 50_000, {}, NOTHING),
    ("VIR MULLER MASCHINENBAU GMBH RECHNUNG FA20260210", 1_248_500, {"FA-2026/0210": 1_248_500}, SETTLED),
    ("VIR MULLER MASCHINENBAU 2026/210 CHARGES SHA", 1_249_250, {"FA-2026/0210": 1_249_250}, SETTLED),
    ("VIR BOULANGERIE QUEMENER FACT 221", 12_000, {}, NOTHING),
    ("VIR QUEMENER", 12_600, {"FA-2026/0221": 12_600}, SETTLED),
    ("VIR CAF DU FINISTERE PSU CRECHE LES PTITS LOUPS", 213_400, {"FA-2026/0230": 213_400}, PERHAPS),
    ("VIR CAF FINISTERE APL", 213_400, {}, NOTHING),
    ("VIR BNP PARIBAS FACTOR GARAGE STEPHAN 0240", 47_352, {"FA-2026/0240": 47_352}, PERHAPS),
    ("VIR PIERRE MARTIN FA-2026/0250", 58_821, {"FA-2026/0250": 58_821}, SETTLED),
    ("VIR PIERRE MARTIN", 58_821, {"FA-2026/0250": 58_821}, ASKED),
    ("PRLV SEPA EDF", -58_821, {}, NOTHING),
    ("VIR STEPHAN ALAIN", 47_352, {"FA-2026/0240": 47_352}, PERHAPS),
    ("VIR FROMAGERIE ABALAIN REF 20260310", 58_821, {"FA-2026/0250": 58_821}, SETTLED),
    ("VIR FROMAGERIE ABALAIN FACTURE 2026-0252", 58_821, {"FA-2026/0250": 58_821}, ASKED),
    ("AVOIR FOURNISSEUR LEROY", 96_000, {}, NOTHING),
    ("REMBT TROP PERCU URSSAF", 38_040, {}, NOTHING),
)]  # fmt: skip  # read as a table: columns side by side


def documents() -> list[OpenItem]:
    """What is owed."""
    found = []
    for key, (number, customer, cents, day, left, order) in enumerate(DOCUMENTS, 1):
        issued, kind = date.fromisoformat(day), "credit_note" if cents < 0 else "invoice"
        due = issued + timedelta(days=30)
        still = cents if left is None else left
        found.append(OpenItem(key, number, customer, issued, due, "EUR", cents, still, kind, order))  # type: ignore[arg-type]  # one of the two kinds
    return found


@pytest.mark.parametrize("told", LINES, ids=lambda told: f"{told.label} {told.cents}")
def test_what_a_careful_accountant_would_do(told: Told) -> None:
    items = documents()
    numbers = {item.id: item.number for item in items}
    matcher = Matcher(items, PAYERS, leeway=Leeway(own_names=("Relance SARL",)))
    made = matcher.propose(Money(1, date(2026, 4, 10), told.cents, "EUR", told.label, "", told.account))
    uses = [{numbers[item]: cents for item, cents in match.allocations} for match in made.candidates]
    if made.committed is not None:
        assert told.fate in (SETTLED, PERHAPS)
        assert uses[0] == told.truth
    else:
        assert told.fate != SETTLED, made.why_not
    if told.fate == ASKED:
        assert told.truth in uses

"""Payers as banks show them."""

import pytest
from stories import ALIZE, ALIZE_FORMATION, DUPONT, MAIRIE, MARTIN, line, matcher, owed, settled

from crm.receivables.matching.batch import settle
from crm.receivables.matching.facts import Payer, Rule
from crm.receivables.matching.learning import Correction, Learned


@pytest.mark.parametrize(
    "name",
    [
        "MENUISERIE DUPONT SARL", "SARL MENUISERIE DUPONT", "MENUIS DUPONT", "DUPONT MENUISERIE", "MENUISERIE DUPOND", "MENUISERIEDUPONT",
        "DUPONT AGENCEMENT", "STE MENUISERIE DUPONT", "MENUISERIE DUPONT SA", "Menuiserie Dupont",
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    """The payer alone tells the invoice: another customer owes just as much."""
    items = (owed("F1001", 84_217), owed("F1002", 50_000), owed("F1003", 84_217, MARTIN))
    assert settled(matcher(*items).propose(line("VIREMENT", 84_217, name=name)), *items) == {"F1001": 84_217}


@pytest.mark.parametrize(
    "label",
    [
        "VIR SEPA RECU /DE MENUISERIE DUPONT SARL /MOTIF VIREMENT /REF NOTPROVIDED",
        "VIR MENUISERIE DUPONT",
        "VIREMENT DE MENUISERIE DUPONT SARL",
        "VIR INST MENUISERIE DUPONT REGLEMENT",
    ],
)
def test_the_sender_is_read_in_the_label(label: str) -> None:
    items = (owed("F1001", 84_217), owed("F1002", 50_000))
    assert settled(matcher(*items).propose(line(label, 84_217)), *items) == {"F1001": 84_217}


def test_a_name_cut_by_the_bank_is_known() -> None:
    long = Payer(8, "C00008", "Établissements Kerbrat Constructions Mécaniques de l'Ouest")
    items = (owed("F1001", 84_217, long), owed("F1002", 50_000, long))
    made = matcher(*items, payers=(DUPONT, long)).propose(line("VIR", 84_217, name="ETABLISSEMENTS KERBRAT CONSTRUC"))
    assert settled(made, *items) == {"F1001": 84_217}


def test_an_account_tells_the_payer_whatever_the_name() -> None:
    items = (owed("F1001", 84_217, MARTIN), owed("F1002", 84_217, DUPONT))
    made = matcher(*items).propose(line("VIR", 84_217, name="SCI DU PARC", iban="FR76 3000 6000 0112 3456 7890 189"))
    assert settled(made, *items) == {"F1001": 84_217}


def test_namesakes_are_told_apart_by_the_amount_only_if_one_owes_it() -> None:
    lyon, nantes = Payer(1, "C1", "Garage Petit Lyon"), Payer(2, "C2", "Garage Petit Nantes")
    mine, other = owed("F1001", 84_217, lyon), owed("F1002", 61_350, nantes)
    assert settled(
        matcher(mine, other, payers=(lyon, nantes)).propose(line("VIR", 84_217, name="GARAGE PETIT")), mine, other
    ) == {"F1001": 84_217}
    same = owed("F1003", 84_217, nantes)
    assert (
        matcher(mine, same, payers=(lyon, nantes)).propose(line("VIR", 84_217, name="GARAGE PETIT")).committed is None
    )


def test_a_company_of_the_group_pays() -> None:
    items = (owed("F1001", 84_217, ALIZE_FORMATION), owed("F1002", 61_350, DUPONT))
    made = matcher(*items).propose(line("F1001", 84_217, name="ALIZE CONSEIL"))
    assert settled(made, *items) == {"F1001": 84_217}


def test_somebody_elses_number_does_not_beat_the_payers_own_invoice() -> None:
    """Dupont quotes a number of Martin's and pays to the cent what only Dupont owes."""
    items = (owed("F2026-0113", 84_217, MARTIN), owed("F2026-0200", 61_350, DUPONT))
    made = matcher(*items).propose(line("FACTURE F2026-0113", 61_350, name="MENUISERIE DUPONT SARL"))
    assert settled(made, *items) == {"F2026-0200": 61_350}


def test_somebody_elses_number_leaves_a_common_amount_to_a_person() -> None:
    items = (owed("F2026-0113", 84_217, MARTIN), owed("F2026-0200", 60_000, DUPONT), owed("F2026-0201", 60_000, ALIZE))
    made = matcher(*items).propose(line("FACTURE F2026-0113", 60_000, name="MENUISERIE DUPONT SARL"))
    assert made.committed is None
    assert made.candidates[0].customer_id == DUPONT.customer_id
    assert made.why_not


def test_a_payer_known_for_certain_does_not_pay_another_customers_invoice_alone() -> None:
    items = (owed("F2026-0113", 84_217, MARTIN), owed("F2026-0200", 61_350, DUPONT))
    assert matcher(*items).propose(line("FACTURE F2026-0113", 84_217, name="MENUISERIE DUPONT SARL")).committed is None


def test_a_namesake_that_owes_something_else_does_not_stand_between_number_and_payer() -> None:
    namesake, meant = Payer(1, "C1", "Sécuris"), Payer(2, "C2", "Sécuris Hygiène SASU")
    items = (owed("F2026-0113", 84_217, meant), owed("F2026-0200", 61_350, namesake))
    everybody = matcher(*items, payers=(namesake, meant))
    assert settled(everybody.propose(line("F2026-0113", 84_217, name="SECURIS")), *items) == {"F2026-0113": 84_217}
    same = (*items, owed("F2026-0201", 84_217, namesake))
    assert (
        matcher(*same, payers=(namesake, meant)).propose(line("F2026-0113", 84_217, name="SECURIS")).committed is None
    )


def test_a_siren_and_a_customer_number_are_read() -> None:
    items = (owed("F1001", 84_217, MAIRIE), owed("F1002", 84_217, DUPONT))
    assert settled(matcher(*items).propose(line("VIR DRFIP BRETAGNE 213500789", 84_217)), *items) == {"F1001": 84_217}
    assert settled(matcher(*items).propose(line("VIR TRESORERIE CLIENT C00003", 84_217)), *items) == {"F1001": 84_217}


def test_a_correction_is_learnt() -> None:
    items = (owed("F1001", 84_217), owed("F1002", 61_350), owed("F1003", 84_217, MARTIN))
    made = matcher(*items)
    strange = line("VIR", 84_217, name="SCI LES LILAS", iban="FR7612345678901234567890123")
    assert made.propose(strange).committed is None
    made.learn(Correction(strange, DUPONT.customer_id))
    learnt = made.propose(strange)
    assert settled(learnt, *items) == {"F1001": 84_217}
    assert made.learned.sentences({1: "Menuiserie Dupont SARL"})


def test_money_said_not_to_be_customers_is_set_aside() -> None:
    items = (owed("F1001", 84_217),)
    rent = line("VIR LOYER LOCAL 3", 84_217, name="SCI LES LILAS")
    made = matcher(*items)
    made.learn(Correction(rent, None))
    assert made.propose(line("VIR LOYER LOCAL 3", 84_217, name="SCI LES LILAS")).set_aside == "learnt"


def test_what_is_learnt_survives_as_plain_values() -> None:
    learned = Learned().after(Correction(line("VIR", 1, name="SCI LES LILAS", iban="FR76 1"), 4))
    assert learned.ibans == {"FR761": 4}
    assert learned.names == {"SCI LILAS": 4}
    assert Learned(learned.ibans, learned.names) == learned


def test_an_unknown_sender_with_a_full_number_and_the_exact_amount_is_believed() -> None:
    items = (owed("F2026-0113", 84_217, MARTIN), owed("F2026-0114", 84_217, DUPONT))
    made = matcher(*items).propose(line("F2026-0113", 84_217, name="SCI LES LILAS"))
    assert settled(made, *items) == {"F2026-0113": 84_217}
    assert made.committed is not None
    assert made.committed.rule is Rule.REFERENCE


HOUSE = tuple(
    Payer(key, f"C{key}", name)
    for key, name in enumerate(("Harmonia Holding", "Harmonia Pays Basque", "Caves Etcheverry"), 1)
)


def test_companies_of_one_name_are_paid_in_one_transfer_by_brief_numbers() -> None:
    items = (
        owed("F2026-0113", 84_217, HOUSE[0]),
        owed("F2026-0120", 61_355, HOUSE[1]),
        owed("F2026-0121", 20_000, HOUSE[2]),
    )
    together = line("VIR HARMONIA HOLDING FACT 113 ET 120", 145_572)
    assert settled(matcher(*items, payers=HOUSE).propose(together), *items) == {
        "F2026-0113": 84_217,
        "F2026-0120": 61_355,
    }
    strangers = line("VIR HARMONIA HOLDING FACT 113 ET 121", 104_217)
    assert matcher(*items, payers=HOUSE).propose(strangers).committed is None


def test_an_account_that_has_paid_for_two_customers_may_pay_for_both_at_once() -> None:
    items = (owed("F2026-0113", 84_217, HOUSE[0]), owed("F2026-0121", 20_018, HOUSE[2]), owed("F2026-0130", 5_521, HOUSE[0]), owed("F2026-0131", 7_719, HOUSE[2]))  # fmt: skip  # read as a table: columns side by side
    iban = "FR7630006000011234567890189"
    first = line("F2026-0113", 84_217, name="TRESO CENTRALE", iban=iban)
    second = line("F2026-0121", 20_018, name="TRESO CENTRALE", iban=iban)
    both = line("FACT 130 131", 13_240, name="TRESO CENTRALE", iban=iban)
    answers = settle(matcher(*items, payers=HOUSE), (first, second, both))
    assert settled(answers[both.id], *items) == {"F2026-0130": 5_521, "F2026-0131": 7_719}

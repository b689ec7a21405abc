"""Customers recorded twice: what gives them away, what does not, and what is proposed."""

import pytest
from build import LEA, a_customer

from crm.bootstrap import Crm
from crm.core.basics import ListProposals, RefuseProposal
from crm.core.errors import Refused
from crm.customers.actions import UpdateContact
from crm.customers.duplicates import PROPOSED, Mark, Record, pairs
from crm.customers.joining import JoinGroup, ListDuplicates, MergeCustomers, ProposeMerges, group_of
from crm.customers.queries import find_customer
from crm.receivables.matchable import payers


def record(key: int, name: str, **told: object) -> Record:
    return Record(key, f"C-{key}", name, **told)  # type: ignore[arg-type]  # fields by name


def certainty(one: Record, two: Record) -> float:
    found = pairs([one, two])
    return found[0].certainty if found else 0.0


def test_one_siren_is_one_company_and_two_are_two() -> None:
    same = record(1, "Le Goff", siren="732829320"), record(2, "Transports L. G.", siren="732829320")
    assert certainty(*same) >= PROPOSED
    two = record(1, "Le Goff", siren="732829320", city="Brest"), record(2, "Le Goff", siren="552100554", city="Brest")
    assert pairs(two) == []


@pytest.mark.parametrize(
    ("one", "two", "proposed"),
    [
        ("SARL Transports Le Goff", "TRANSPORTS LE GOFF", True),
        ("Boulangerie Kérouanton", "Boulangerie Kerouanton", True),
        ("Transport Le Goff", "Transports Le Goff", True),
        ("Le Goff Transports", "Garage Le Goff", False),
        ("Menuiserie du Port", "Brasserie du Port", False),
    ],
)
def test_names_of_one_town_that_say_the_same(one: str, two: str, proposed: bool) -> None:
    found = certainty(record(1, one, city="Brest"), record(2, two, city="BREST"))
    assert (found >= 0.65) is proposed


def test_a_name_alone_is_looked_at_and_not_proposed() -> None:
    assert 0 < certainty(record(1, "Martin"), record(2, "Martin", city="Lille")) < PROPOSED


def test_what_everybody_has_in_common_says_nothing() -> None:
    gmail = [record(key, name, emails=frozenset({f"{key}@gmail.com"})) for key, name in ((1, "Alpha"), (2, "Bravo"))]
    assert pairs(gmail) == []
    crowd = [
        record(key, f"Client {'abcdefghij'[key % 10] * (key + 3)}", phones=frozenset({"298000000"}))
        for key in range(40)
    ]
    assert not any(mark is Mark.PHONE for pair in pairs(crowd) for mark, _value in pair.evidence)


def test_a_merge_is_proposed_once_and_not_again_after_a_no(crm: Crm) -> None:
    for number, name in (
        ("C-1", "Transports Le Goff"),
        ("C-2", "TRANSPORTS LE GOFF SARL"),
        ("C-3", "Mairie de Crozon"),
    ):
        a_customer(crm, number, name, city="Brest")
    for number in ("C-1", "C-2"):
        crm.runner.run(UpdateContact(customer=number, email="compta@legoff.example", phone="+33 2 98 00 11 22"), LEA)
    (told,) = crm.runner.read(ListDuplicates(), LEA).as_json()["duplicates"]
    assert (told["customer"], told["duplicate"]) == ("C-1", "C-2")
    assert [one["mark"] for one in told["evidence"]] == ["email", "phone", "same_name", "town"]

    crm.runner.run(ProposeMerges(), LEA)
    assert len(crm.runner.run(ProposeMerges(), LEA).result.pairs) == 1
    (proposal,) = crm.runner.read(ListProposals(), LEA).rows
    assert (proposal.action, proposal.subject) == ("merge_customers", "C-2")
    crm.runner.run(RefuseProposal(proposal=proposal.id, reason="deux dépôts"), LEA)
    assert crm.runner.run(ProposeMerges(), LEA).result.pairs == ()


def test_two_companies_are_not_merged_and_a_merge_is_made_once(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont", siren="732829320", regime="B2B")
    a_customer(crm, "C-2", "Dupont Lyon", siren="552100554", regime="B2B")
    a_customer(crm, "C-3", "Jeanne Dupont", regime="B2C")
    a_customer(crm, "C-4", "Dupont Dépôt")
    a_customer(crm, "C-5", "Dupont Quai")
    for other in ("C-2", "C-3", "C-1"):
        with pytest.raises(Refused):
            crm.runner.preview(MergeCustomers(customer="C-1", duplicate=other), LEA)
    # Whoever was merged into what is merged comes along.
    crm.runner.run(MergeCustomers(customer="C-4", duplicate="C-5"), LEA)
    crm.runner.run(MergeCustomers(customer="C-1", duplicate="C-4"), LEA)
    with crm.database.reading() as session:
        assert {find_customer(session, text).number for text in ("C-1", "C-4", "C-5", "Dupont Quai")} == {"C-1"}
    with pytest.raises(Refused):
        crm.runner.preview(MergeCustomers(customer="C-1", duplicate="C-5"), LEA)


def test_a_group_has_one_head_and_one_company_may_pay_for_another(crm: Crm) -> None:
    for number, name in (("C-1", "Holding Armor"), ("C-2", "Armor Brest"), ("C-3", "Armor Quimper"), ("C-4", "Dupont")):
        a_customer(crm, number, name)
    crm.runner.run(JoinGroup(customer="C-2", parent="C-1"), LEA)
    crm.runner.run(JoinGroup(customer="C-3", parent="C-2"), LEA)
    with pytest.raises(Refused):
        crm.runner.preview(JoinGroup(customer="C-1", parent="C-3"), LEA)
    with crm.database.reading() as session:
        group = [row.number for row in group_of(session, find_customer(session, "C-3"))]
        told = {payer.number: payer.group_id for payer in payers(session).values()}
    assert group == ["C-1", "C-2", "C-3"]
    assert told["C-1"] == told["C-2"] == told["C-3"] != told["C-4"] is None
    crm.runner.run(JoinGroup(customer="C-3"), LEA)
    with crm.database.reading() as session:
        assert [row.number for row in group_of(session, find_customer(session, "C-1"))] == ["C-1", "C-2"]

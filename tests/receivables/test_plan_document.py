"""The payment plan as a deed: parties, sum in figures and letters, schedule, clauses, signatures."""

import shutil
import subprocess
from datetime import date

import pytest
from build import LEA, TODAY, a_customer, ago, an_invoice
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.documents import deed_pdf
from crm.core.errors import Invalid
from crm.customers.actions import AddCompanyAccount, UpdateCompany, UpdateCustomer
from crm.receivables.actions import CreatePaymentPlan
from crm.receivables.actions.plan_document import WritePlanDocument
from crm.receivables.actions.plans import SignPaymentPlan
from crm.receivables.plan_deed import LAYOUT


@pytest.fixture
def house(crm):
    """Our company, and a customer with a plan about two invoices."""
    crm.runner.run(
        UpdateCompany(
            name="Atelier Morvan", legal_form="SARL", capital="10000", siren="552100554", rcs_city="Nantes",
            address="12 quai de la Fosse", postal_code="44000", city="Nantes", senior_sender_name="Claire Morvan",
        ),
        LEA,
    )  # fmt: skip  # read as a table: columns side by side
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    a_customer(
        crm,
        "C-1",
        "Dupont Frères",
        regime="B2B",
        siren="732829320",
        address="3 rue du Four",
        postal_code="35000",
        city="Rennes",
    )
    an_invoice(crm, "F-1", customer="Dupont Frères", days_late=70, amount="1000.00")
    an_invoice(crm, "F-2", customer="Dupont Frères", days_late=50, amount="530.50")
    plan = CreatePaymentPlan(customer="C-1", installments=3, first=date(2026, 12, 5), contact="Anne Dupont")
    crm.runner.run(plan, LEA)
    return crm


def written(crm, **more):
    return crm.runner.read(WritePlanDocument(customer="C-1", **more), LEA)


def plainly(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def read(pdf: bytes, tmp_path) -> str:
    """The words of a PDF."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no program here reads a PDF")
    path = tmp_path / "plan.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()
    return " ".join(plainly(told).split())


def test_it_names_the_parties_the_sum_the_schedule_and_the_clauses(house, tmp_path):
    text = read(written(house).pdf(), tmp_path)
    for words in (
        "Plan d’apurement et reconnaissance de dette",
        "Atelier Morvan, SARL au capital de 10 000,00 €, RCS Nantes 552 100 554, 12 quai de la Fosse, 44000 Nantes",
        "représentée par Claire Morvan",
        "Dupont Frères, SIREN 732 829 320, 3 rue du Four, 35000 Rennes, représentée par Anne Dupont",
        "1 530,50 € (mille cinq cent trente euros et cinquante centimes)",
        "interrompt la prescription (article 2240 du Code civil)",
        "3 versements, le premier le 5 décembre 2026",
        "05/01/2027",
        "510,17 €",
        "FR14 2004 1010 0505 0001 3M02 606",
        "article L. 441-10 du Code de commerce",
        "reste impayé 8 jours après une mise en demeure",
        "la totalité du solde devient exigible",
        "Fait à Nantes, le ………",
        "Nom, qualité, signature, cachet",
        "F-2",
        "Projet à relire avant signature, droit au 24/11/2026",
    ):
        assert words in text, words


def test_in_english_for_whoever_is_written_to_in_english(house, tmp_path):
    house.runner.run(UpdateCustomer(customer="C-1", language="en"), LEA)
    text = read(written(house, final=True).pdf(), tmp_path)
    assert "Payment plan and acknowledgement of debt" in text
    assert "€1,530.50 (one thousand five hundred and thirty euros and fifty cents)" in text
    assert "Draft" not in text
    assert "Article 6 – Missed instalment and acceleration" in text
    assert "Plan d’apurement" in written(house, language="fr").as_json()["title"]


def test_the_law_of_each_customer(house):
    assert "au taux légal" in written(house).as_json()["text"]
    house.runner.run(UpdateCompany(penalty_clause="12"), LEA)
    assert "au taux annuel de 12 %" in plainly(written(house).as_json()["text"])
    house.runner.run(UpdateCustomer(customer="C-1", regime="B2G"), LEA)
    assert "Code de la commande publique" in written(house).as_json()["text"]
    house.runner.run(UpdateCustomer(customer="C-1", regime="B2C"), LEA)
    document = written(house)
    assert "sans frais, sans intérêts et sans indemnité" in document.as_json()["text"]
    by_hand = plainly(document.data["signatures"][1]["hint"])
    assert "de la main du débiteur" in by_hand
    assert "1 530,50 € (mille cinq cent trente euros et cinquante centimes)" in by_hand


def test_once_signed_it_bears_its_day_and_is_no_draft(house):
    house.runner.run(SignPaymentPlan(customer="C-1"), LEA)
    document = written(house)
    assert "le 24 novembre 2026, en deux exemplaires" in plainly(document.as_json()["text"])
    assert document.data["footer"] == ""


def test_the_same_facts_give_the_same_file(house):
    assert written(house).pdf() == written(house).pdf()


def test_the_words_may_be_the_users_own(house):
    own = house.settings.templates_folder / "plans"
    own.mkdir(parents=True)
    (own / "repayment_plan.fr.jinja").write_text("{{ mark.title }}Accord\n\n{{ debtor.name }} doit {{ plan.total }}.")
    assert plainly(written(house).as_json()["text"]) == "Accord\n\nDupont Frères doit 1 530,50 €."
    (own / "repayment_plan.fr.jinja").write_text("{{ debtor.nom }}")
    with pytest.raises(Invalid, match="nom"):
        written(house)


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from(
        [
            '#panic("no")', "#import \"/etc/passwd\"", "$x$ *bold* _it_ @ref <label>", "]#[", "\\u{1F600} // /* x",
            "\x02schedule\x03", "A\n\n\x02heading\x03B", "{{ plan.total }}{% for x in y %}", "= Heading", '"},{"', "<b>&amp;",
        ]
    ),
)  # fmt: skip  # read as a table: columns side by side


@settings(max_examples=40)
@given(name=HOSTILE, contact=HOSTILE)
def test_a_hostile_name_is_only_a_name(new_house, name, contact):
    """Whatever stands in a name: the deed has the parts it always has, and the file is made."""
    with new_house() as crm:
        crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)
        an_invoice(crm, "F-1", customer="Dupont", days_late=20)
        plan = CreatePaymentPlan(customer="Dupont", installments=2, contact=contact.replace("\0", " "))
        number = crm.runner.run(plan, LEA).result.line.customer
        usual = crm.runner.read(WritePlanDocument(customer=number), LEA)
        try:
            crm.runner.run(UpdateCustomer(customer=number, name=name), LEA)
        except (Invalid, ValueError):
            return
        document = crm.runner.read(WritePlanDocument(customer=number), LEA)
        assert [part["kind"] for part in document.data["parts"]] == [part["kind"] for part in usual.data["parts"]]
        assert deed_pdf(LAYOUT, document.data).startswith(b"%PDF-")
        assert ago(0) == TODAY

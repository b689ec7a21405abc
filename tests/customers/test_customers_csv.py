"""`customers-csv` and `contacts-csv`: whom we deal with. What a file leaves empty stays as it is."""

import pytest
from build import LEA, a_customer, clean, counts, dump, imported

from crm.core.basics import AcceptProposal, ListProposals
from crm.core.errors import NotFound
from crm.customers.actions import SetSegment, UpdateCustomer
from crm.portfolio.actions import ListCustomers, ShowCustomer

HEAD = "number;name"


def card(crm, customer: str = "C-1") -> dict:
    return crm.runner.read(ShowCustomer(customer=customer), LEA).as_json()


def one(crm, line: str, head: str = HEAD):
    return imported(crm, f"{head}\n{line}\n", kind="customers-csv")


def test_a_line_is_a_customer_with_everything_it_says(crm):
    imported(crm, "number;name;role\nU1;Lucie;account_manager\n")
    report = clean(
        imported(
            crm,
            """
            number;name;aliases;siren;vat_number;regime;country;address;postal_code;city;language;account_manager;segment;payment_terms;contact_name;email;phone;credit_limit;customer_since;discreet
            C-1;Dupont Frères;DPT|Dupont & Cie;732 829 320;FR44732829320;B2B;FR;1 rue du Port;29200;Brest;fr;U1;vip;45 EOM A;Anne Dupont;Anne@Dupont.example;02 98 00 00 00;10 000,00;25/05/2019;no
            """,
        )
    )
    assert report.also_created == {"contacts": 1}
    told = card(crm)
    assert {
        name: told[name]
        for name in (
            "customer",
            "name",
            "siren",
            "vat_number",
            "regime",
            "city",
            "account_manager",
            "segment",
            "segment_origin",
        )
    } == {
        "customer": "C-1",
        "name": "Dupont Frères",
        "siren": "732829320",
        "vat_number": "FR44732829320",
        "regime": "B2B",
        "city": "Brest",
        "account_manager": "U1",
        "segment": "vip",
        "segment_origin": "file",
    }
    assert (told["payment_terms"], told["credit_limit"], told["customer_since"], told["discreet"]) == (
        "45 EOM A",
        "10000.00",
        "2019-05-25",
        False,
    )
    (contact,) = told["contacts"]
    assert (contact["name"], contact["email"], contact["phone"]) == (
        "Anne Dupont",
        "Anne@dupont.example",
        "02 98 00 00 00",
    )


@pytest.mark.parametrize("who", ["C-1", "c-1", "dupont freres", "DUPONT FRÈRES", "dpt", "Dupont & Cie", "frères"])
def test_a_customer_answers_to_number_name_other_name_and_words(crm, who):
    one(crm, "C-1;Dupont Frères;DPT|Dupont & Cie", f"{HEAD};aliases")
    one(crm, "C-2;Martin")
    assert card(crm, who)["customer"] == "C-1"


def test_dupont_and_dupond_are_different_people(crm):
    one(crm, "C-1;Dupont\nC-2;Dupond")
    assert card(crm, "dupond")["customer"] == "C-2"
    with pytest.raises(NotFound) as told:
        card(crm, "Duponk")
    assert set(told.value.candidates) == {"C-1 Dupont", "C-2 Dupond"}


@pytest.mark.parametrize("regime", [("B2G", "B2G"), ("particulier", "B2C"), ("Entreprise", "B2B"), ("", "to_qualify")])
def test_the_regime_is_stated_never_guessed(crm, regime):
    said, kept = regime
    one(crm, f"C-1;Mairie de Brest;{said}", f"{HEAD};regime")
    assert card(crm)["regime"] == kept


# Identifiers that do not hold


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("siren", "123456789"),
        ("vat_number", "FR00000000000"),
        ("regime", "B2X"),
        ("country", "Atlantis"),
        ("email", "no address"),
        ("segment", "best"),
        ("payment_terms", "45 EOM"),
        ("language", "es"),
    ],
)
def test_an_identifier_that_does_not_hold_is_left_empty_with_a_warning(crm, column, said):
    report = one(crm, f"C-1;Dupont;{said}", f"{HEAD};{column}")
    assert (report.created, [problem.severity for problem in report.problems]) == (1, ["warning"])
    assert report.problems[0].line == 2
    assert said in report.problems[0].message
    assert card(crm)["name"] == "Dupont"


@pytest.mark.parametrize(
    ("line", "head", "told"),
    [
        (";Dupont", HEAD, "number"),
        ("C-1;", HEAD, "name"),
        ("C-1;Dupont;12.345", f"{HEAD};credit_limit", "12.345"),
        ("C-1;Dupont;-1.00", f"{HEAD};credit_limit", "credit limit"),
        ("C-1;Dupont;0202-05-02", f"{HEAD};customer_since", "0202"),
        ("C-1;Dupont;perhaps", f"{HEAD};discreet", "perhaps"),
        ("C-1;=HYPERLINK(1)", HEAD, "=HYPERLINK"),
        (f"{'9' * 201};Dupont", HEAD, "200"),
        (f"C-1;{'D' * 201}", HEAD, "200"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(crm, line, head, told):
    filler = ";" * (head.count(";") - 1)
    report = one(crm, f"C-8;Zola{filler}\n{line}\nC-9;Hugo{filler}", head)
    assert (report.read, report.created, report.errors) == (3, 2, 1)
    assert report.problems[0].line == 3
    assert told in report.problems[0].message


def test_a_manager_nobody_knows_is_kept_with_one_warning(crm):
    report = one(crm, "C-1;Dupont;U7\nC-2;Martin;U7", f"{HEAD};account_manager")
    assert (report.created, len(report.problems)) == (2, 1)
    assert card(crm)["account_manager"] == "U7"


# A second file


def test_the_same_file_again_changes_nothing(crm):
    text = f"{HEAD};aliases;contact_name;email;city\nC-1;Dupont;DPT;Anne;anne@dupont.example;Brest\nC-2;Martin;;;;\n"
    clean(imported(crm, text))
    before = dump(crm)
    assert imported(crm, text).duplicates == 2
    assert dump(crm) == before


def test_an_empty_cell_takes_nothing_away(crm):
    a_customer(crm, city="Brest", payment_terms="60", regime="B2B", credit_limit="100.00", discreet="yes")
    assert imported(crm, f"{HEAD};city;payment_terms;regime;credit_limit;discreet\nC-1;Dupont;;;;;\n").duplicates == 1
    told = card(crm)
    assert (told["city"], told["payment_terms"], told["regime"], told["credit_limit"], told["discreet"]) == (
        "Brest",
        "60",
        "B2B",
        "100.00",
        True,
    )


def test_new_and_known_customers_stand_in_one_file(crm):
    """
    known   C-1  gets another name and a contact
    new     C-2  with other names and a contact
    """
    a_customer(crm, contact_name="Anne", email="anne@dupont.example")
    report = clean(
        imported(
            crm,
            f"""
            {HEAD};aliases;contact_name;email
            C-2;Martin;MTN;Paul;paul@martin.example
            C-1;Dupont;DPT;Léo;leo@dupont.example
            C-3;Zola;ZL;Émile;emile@zola.example
            """,
        )
    )
    assert (report.created, report.updated, report.also_created) == (2, 1, {"contacts": 3})
    assert [contact["name"] for contact in card(crm)["contacts"]] == ["Anne", "Léo"]
    assert [card(crm, who)["customer"] for who in ("DPT", "MTN", "ZL")] == ["C-1", "C-2", "C-3"]


def test_a_contact_is_known_by_address_or_name(crm):
    a_customer(crm, contact_name="Anne", email="anne@dupont.example", phone="1")
    head = f"{HEAD};contact_name;email;phone"
    assert imported(crm, f"{head}\nC-1;Dupont;Anne Martin;ANNE@dupont.example;2\n").updated == 1
    assert imported(crm, f"{head}\nC-1;Dupont;anne martin;new@dupont.example;\n").updated == 1
    (contact,) = card(crm)["contacts"]
    assert (contact["email"], contact["phone"]) == ("new@dupont.example", "2")


def test_a_segment_set_by_hand_is_not_taken_back_by_a_file(crm):
    a_customer(crm, segment="vip")
    crm.runner.run(SetSegment(customer="C-1", segment="loyal"), LEA)
    imported(crm, f"{HEAD};segment\nC-1;Dupont;vip\n")
    assert (card(crm)["segment"], card(crm)["segment_origin"]) == ("loyal", "manual")


def test_a_number_twice_in_one_file(crm):
    report = one(crm, "C-1;Dupont\nC-1;Dupont\nC-1;Martin")
    assert (report.created, report.duplicates, report.errors) == (1, 1, 1)
    assert "line 2" in report.problems[0].message


def test_a_renamed_customer_is_found_by_the_new_name(crm):
    a_customer(crm)
    imported(crm, f"{HEAD}\nC-1;Durand\n")
    assert card(crm, "durand")["customer"] == "C-1"
    crm.runner.run(UpdateCustomer(customer="C-1", name="Duval"), LEA)
    assert card(crm, "duval")["customer"] == "C-1"
    with pytest.raises(NotFound):
        card(crm, "durand")


def test_thousands_of_customers_are_one_act(crm):
    rows = "".join(f"C-{place};Client {place};Contact {place};c{place}@client.example\n" for place in range(5_001))
    report = imported(crm, f"{HEAD};contact_name;email\n{rows}")
    assert (report.created, report.also_created) == (5_001, {"contacts": 5_001})
    assert len(crm.runner.read(ListCustomers(query="client 500"), LEA).rows) == 6
    assert counts(crm)["journal_entry"] == 1


# Contacts


CONTACTS = "customer;name;role;email;phone;language"


def test_contacts_are_added_to_whoever_they_work_for(crm):
    a_customer(crm, "C-1", "Dupont")
    report = imported(crm, f"{CONTACTS}\nC-1;Anne;accounting;anne@dupont.example;02;fr\nDupont;Paul;sales;;03;\n")
    assert (report.created, report.problems) == (2, [])
    assert [(c["name"], c["role"], c["language"]) for c in card(crm)["contacts"]] == [
        ("Anne", "accounting", "fr"),
        ("Paul", "sales", ""),
    ]


def test_a_contact_of_the_same_address_or_name_is_updated(crm):
    a_customer(crm, contact_name="Anne", email="anne@dupont.example")
    assert imported(crm, f"{CONTACTS}\nC-1;Anne Dupont;;anne@dupont.example;02;\n").updated == 1
    assert imported(crm, f"{CONTACTS}\nC-1;ANNE DUPONT;signatory;;;\n").updated == 1
    assert imported(crm, f"{CONTACTS}\nC-1;ANNE DUPONT;;;;\n").duplicates == 1
    (contact,) = card(crm)["contacts"]
    assert (contact["role"], contact["phone"]) == ("signatory", "02")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (";Anne;;;;", "customer"),
        ("C-1;;;;;", "name"),
        ("Nobody;Anne;;;;", "Nobody"),
        ("C-1;Anne;;no address;;", "no address"),
        ("Dup;Anne;;;;", "Dup"),
        ("C-1;Anne;;;;klingon", "klingon"),
    ],
)
def test_a_bad_contact_is_told_and_the_rest_goes_on(crm, line, told):
    a_customer(crm, "C-1", "Dupont")
    a_customer(crm, "C-2", "Dupond")
    report = imported(crm, f"{CONTACTS}\n{line}\nC-2;Paul;;;;\n")
    assert (report.read, report.created, report.errors) == (2, 1, 1)
    assert (report.problems[0].line, told in report.problems[0].message) == (2, True)


def test_a_contact_joins_by_account_of_the_books_or_by_siren(crm):
    a_customer(crm, "C-1", "Dupont", siren="732829320")
    report = imported(crm, "siren;nom;email\n732 829 320;Anne;anne@dupont.example\n", kind="contacts-csv")
    assert (report.created, report.problems) == (1, [])


def test_a_contact_without_a_name_bears_that_of_the_customer(crm):
    a_customer(crm, "C-1", "Dupont")
    assert imported(crm, f"{CONTACTS}\nC-1;;;compta@dupont.example;;\n").created == 1
    assert card(crm)["contacts"][0]["name"] == "Dupont"


def test_a_name_that_is_nearly_a_customers_is_proposed_and_not_taken(crm):
    a_customer(crm, "C-1", "SARL Boulangerie Morvan")
    report = imported(crm, f"{CONTACTS}\nBoulangerie Morvant;Anne;;anne@morvan.example;;\n")
    assert (report.created, report.ignored, report.also_created) == (0, 1, {"proposals": 1})
    assert card(crm)["contacts"] == []
    (waiting,) = crm.runner.read(ListProposals(), LEA).as_json()["proposals"]
    crm.runner.run(AcceptProposal(proposal=waiting["id"]), LEA)
    assert card(crm)["contacts"][0]["email"] == "anne@morvan.example"

"""`users-csv`: the people who work here."""

import pytest
from build import LEA, clean, dump, imported

from crm.access.actions import ListUsers

TEXT = """
    number;name;email;role
    U1;Sophie Le Bihan;sophie@armor.example;manager
    U2;Lucie Kervella;;Chargé de clientèle
    U3;Paul Morvan;paul@armor.example;comptable
"""


def users(crm) -> list[tuple[str, str, str, str]]:
    return [tuple(user.values()) for user in crm.runner.read(ListUsers(), LEA).as_json()["users"]]


def test_people_are_listed_by_name_with_their_roles(crm):
    assert clean(imported(crm, TEXT)).created == 3
    assert users(crm) == [
        ("U2", "Lucie Kervella", "", "account_manager"),
        ("U3", "Paul Morvan", "paul@armor.example", "accountant"),
        ("U1", "Sophie Le Bihan", "sophie@armor.example", "manager"),
    ]


def test_the_same_file_again_changes_nothing(crm):
    imported(crm, TEXT)
    before = dump(crm)
    assert imported(crm, TEXT).duplicates == 3
    assert dump(crm) == before


def test_what_a_file_leaves_empty_stays(crm):
    imported(crm, TEXT)
    report = imported(crm, "number;name;email;role\nU1;Sophie Martin;;admin\n")
    assert report.updated == 1
    assert ("U1", "Sophie Martin", "sophie@armor.example", "admin") in users(crm)


def test_a_role_that_is_left_empty_stays_as_it_was(crm):
    imported(crm, TEXT)
    assert imported(crm, "number;name;email;role\nU1;Sophie Le Bihan;;\n").duplicates == 1
    assert ("U1", "Sophie Le Bihan", "sophie@armor.example", "manager") in users(crm)
    imported(crm, "number;name;email;role\nU9;Neu;;\n")
    assert ("U9", "Neu", "", "account_manager") in users(crm)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (";Nobody;;admin", "number"),
        ("U9;;;admin", "name"),
        ("U9;Nine;;boss", "boss"),
        (f"{'U' * 201};Nine;;admin", "200"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(crm, line, told):
    report = imported(crm, f"number;name;email;role\n{line}\nU1;Sophie;;manager\n")
    assert (report.read, report.created, report.errors) == (2, 1, 1)
    assert report.problems[0].line == 2
    assert told in report.problems[0].message


def test_a_number_twice_with_something_else_is_a_problem(crm):
    report = imported(crm, "number;name;role\nU1;Sophie;manager\nU1;Sophie;manager\nU1;Lucie;manager\n")
    assert (report.created, report.duplicates, report.errors) == (1, 1, 1)
    assert users(crm) == [("U1", "Sophie", "", "manager")]


def test_whoever_is_at_work_is_known_by_number(crm, monkeypatch):
    from crm.bootstrap import Crm
    from crm.core.errors import NotFound

    imported(crm, TEXT)
    here = Crm(crm.settings.model_copy(update={"user": "U3"}), crm.clock)
    assert (here.actor.name, here.actor.role, here.actor.user) == ("Paul Morvan", "accountant", "U3")
    with pytest.raises(NotFound, match="U404"):
        _ = Crm(crm.settings.model_copy(update={"user": "U404"}), crm.clock).actor
    assert crm.actor.role == "admin", "without a number, whoever owns this machine"
    here.close()

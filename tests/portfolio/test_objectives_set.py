"""Objectives set for one customer, a portfolio and a hundred at once; each figure is the one its own list tells."""

from datetime import date

import pytest
from build import LEA, a_customer, ago, an_invoice, imported
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.errors import Invalid, NotFound, Refused
from crm.core.periods import Period
from crm.core.sheets import Cell
from crm.customers.interactions import LogInteraction
from crm.portfolio.figures import ShowKpi
from crm.portfolio.models import Objective
from crm.portfolio.objective_actions import DropObjective, ListObjectives, RecordMeasure, SetObjective, SetObjectives
from crm.portfolio.objective_lines import ShowObjective
from crm.receivables.actions import AgedBalance

Q4 = Period(date(2026, 10, 1), date(2026, 12, 31))


@pytest.fixture
def house(crm: Crm) -> Crm:
    imported(
        crm,
        "number;name;role\nlucie;Lucie Kervella;account_manager\ntom;Tom Le Roux;account_manager\n",
        kind="users-csv",
    )
    for number, name, manager in (("C-1", "Dupont", "lucie"), ("C-2", "Quai Ouest", "lucie"), ("C-3", "Mairie", "tom")):
        a_customer(crm, number, name, account_manager=manager, segment="vip" if manager == "lucie" else "new")
    an_invoice(crm, "F-1", customer="C-1", days_late=12, amount="1200.00")
    an_invoice(crm, "F-2", customer="C-2", days_late=-10, amount="600.00")
    an_invoice(crm, "F-3", customer="C-1", days_late=80, amount="400.00")
    an_invoice(crm, "F-4", customer="C-2", days_late=350, amount="500.00", paid_date=ago(340))
    return crm


def objectives(crm: Crm, **asked):
    return crm.runner.read(ListObjectives(**asked), LEA).as_json()["objectives"]


def test_each_measure_is_what_its_own_list_says(house):
    for measure, target in (("revenue", "5 000,00 €"), ("overdue", "0"), ("dso", "30"), ("visits", "3")):
        house.runner.run(SetObjective(customer="Dupont", measure=measure, target=target, period=Q4), LEA)
    house.runner.run(LogInteraction(customer="Dupont", channel="visit", note="vu", date=ago(4)), LEA)
    told = {one["measure"]: one for one in objectives(house, customer="Dupont")}
    assert (told["revenue"]["value"], told["revenue"]["distance"]) == ("1200.00", "3800.00")
    assert told["revenue"]["weekly_pace"] == "718.92", "3,800 × 7 / 37, rounded up"
    line = house.runner.read(AgedBalance(customer="Dupont"), LEA).as_json()["customers"][0]
    overdue = sum(float(line[age]) for age in ("1-30", "31-60", "61-90", "over_90"))
    assert float(told["overdue"]["value"]) == overdue == 1600
    assert told["overdue"]["base"] == "400.00", "F-3 was overdue on the eve of the quarter, F-1 was not issued"
    dso = house.runner.read(ShowKpi(kpi="dso", customer="Dupont"), LEA).as_json()["value"]
    assert told["dso"]["value"] == dso
    assert told["visits"]["value"] == "1.00"
    assert told["visits"]["course"] == "slipping"


def test_a_portfolio_adds_its_customers_up_and_every_figure_opens(house):
    house.runner.run(SetObjective(assignee="all", measure="revenue", target="9000", period=Q4), LEA)
    house.runner.run(SetObjective(assignee="all", measure="overdue", target="100", period=Q4), LEA)
    answer = house.runner.read(ListObjectives(), LEA)
    assert {(line.name, line.row.measure, line.progress.value) for line in answer.lines} == {
        ("All customers", "revenue", 1_800_00),
        ("All customers", "overdue", 1_600_00),
    }
    for row in answer.as_sheet().rows:
        for cell in row:
            if isinstance(cell, Cell):
                assert house.runner.read(cell.opens, LEA).as_sheet().title
    card = house.runner.read(ShowObjective(objective=1), LEA)
    assert "1,800.00" in card.as_sheet().formula
    assert card.as_json()["reckoning"]


def test_a_hundred_at_once_by_a_template_and_undo_takes_all_back(house):
    for serial in range(10, 110):
        a_customer(house, f"D-{serial}", f"Maison {serial}", segment="loyal")
    made = house.runner.run(SetObjectives(template="nothing_overdue", segment="loyal", period=Q4), LEA)
    assert len(made.result.lines) == 100
    assert {line.row.origin for line in made.result.lines} == {"template/nothing_overdue"}
    assert made.result.lines[0].progress.course.value == "reached"
    assert len(objectives(house)) == 100
    house.runner.run(SetObjectives(measure="overdue", target="50", customers=("D-10", "D-11"), period=Q4), LEA)
    assert len(objectives(house)) == 100, "the same measure over the same days is aimed at once"
    house.runner.run(Undo(), LEA)
    house.runner.run(Undo(entry=made.entry_id), LEA)
    assert objectives(house) == []
    with house.database.reading() as session:
        assert session.exec(select(Objective)).all() == []


def test_a_change_in_percent_starts_from_each_ones_own_value(house):
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    grown = house.runner.run(SetObjectives(template="growth", segment="vip", period=year), LEA).result
    assert [(line.number, line.row.target) for line in grown.lines] == [("C-2", 525_00)], (
        "Dupont bought nothing in 2025"
    )
    halved = house.runner.run(SetObjectives(measure="overdue", percent=-50, assignee="lucie"), LEA).result
    assert [(line.number, line.row.target) for line in halved.lines] == [("C-1", 800_00)]
    with pytest.raises(Refused):
        house.runner.preview(SetObjectives(measure="overdue", percent=-50, assignee="tom"), LEA)


def test_what_no_book_holds_is_noted_and_the_latest_counts(house):
    made = SetObjective(customer="Dupont", measure="own", name="Références listées", target="20", period=Q4)
    number = house.runner.run(made, LEA).result.lines[0].row.id
    assert objectives(house)[0]["course"] == "unknown"
    house.runner.run(RecordMeasure(objective=number, value="8", day=ago(30)), LEA)
    house.runner.run(RecordMeasure(objective=number, value="12,5", note="salon"), LEA)
    (told,) = objectives(house)
    assert (told["value"], told["base"], told["distance"], told["own_name"]) == (
        "12.50",
        "8.00",
        "7.50",
        "Références listées",
    )
    card = house.runner.read(ShowObjective(objective=number), LEA)
    assert [one["what"] for one in card.as_json()["lines"]] == ["12.5 · salon", "8"]
    with pytest.raises(Refused):
        house.runner.preview(RecordMeasure(objective=number, value="1", day=ago(-1)), LEA)
    house.runner.run(DropObjective(objective=number, note="abandonné"), LEA)
    assert objectives(house) == []
    with pytest.raises(Refused):
        house.runner.preview(DropObjective(objective=number), LEA)


def test_what_is_slipping_most_stands_first(house):
    for customer, target in (("C-1", "1500"), ("C-2", "9000"), ("C-3", "10")):
        house.runner.run(SetObjective(customer=customer, measure="revenue", target=target, period=Q4), LEA)
    assert [(one["customer"], one["course"]) for one in objectives(house)] == [
        ("C-3", "slipping"),
        ("C-2", "slipping"),
        ("C-1", "on_course"),
    ]
    assert [one["customer"] for one in objectives(house, assignee="tom")] == ["C-3"]
    assert objectives(house, course="on_course", measure="revenue")[0]["customer"] == "C-1"
    assert objectives(house, as_of=ago(1)) == [], "nothing was aimed at yesterday"


def test_what_cannot_be_aimed_at_says_so(house):
    over = Period(date(2026, 7, 1), date(2026, 9, 30))
    for wrong, fault in (
        (SetObjective(measure="dso", target="30"), Invalid),
        (SetObjective(customer="Dupont", measure="own", target="3"), Invalid),
        (SetObjective(customer="Dupont", measure="dso", target="30", period=over), Refused),
        (SetObjectives(measure="dso", target="30"), Invalid),
        (SetObjectives(measure="dso", segment="vip"), Invalid),
        (SetObjectives(template="unknown", segment="vip"), NotFound),
        (RecordMeasure(objective=99, value="1"), NotFound),
    ):
        with pytest.raises(fault):
            house.runner.preview(wrong, LEA)

"""Where each customer stands: what it buys, how it pays, and the segment both give, with the reasons."""

from datetime import date, timedelta

import pytest
from build import LEA, NIGHT, TODAY, ago, clean, imported
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.customers.actions import SetSegment
from crm.customers.models import Segment
from crm.loyalty.actions.segments import ListSegments, RefreshSegments
from crm.loyalty.rfm import Grade, grade_of, quintiles
from crm.loyalty.segments import Bought, read_rules, rules_in_force
from crm.messaging.models import OutgoingMessage
from crm.receivables.actions import OpenDispute

HEAD = (
    "number;customer;kind;issue_date;due_date;total_incl_tax;total_excl_tax;paid_date;original_invoice;order_reference"
)


class Books:
    """Writes invoices the short way, to be read in at once."""

    def __init__(self, crm):
        self.crm, self.rows = crm, [HEAD]

    def bought(self, customer, days_ago, net, *, times=1, every=30, late=0, paid=True, number="", order=""):
        for turn in range(times):
            day = ago(days_ago + turn * every)
            due = day + timedelta(30)
            settled = due + timedelta(late)
            told = settled.isoformat() if paid and settled <= TODAY else ""
            name = number or f"F-{len(self.rows)}"
            self.rows.append(f"{name};{customer};invoice;{day};{due};{net * 1.2:.2f};{net:.2f};{told};;{order}")
        return self

    def took_back(self, customer, days_ago, net, original):
        name = f"A-{len(self.rows)}"
        self.rows.append(f"{name};{customer};credit_note;{ago(days_ago)};;{net * 1.2:.2f};{net:.2f};;{original};")
        return self

    def read(self):
        clean(imported(self.crm, "\n".join(self.rows) + "\n"))
        return self


def lines(crm, **fields):
    found = crm.runner.read(ListSegments(**fields), LEA).as_json()["customers"]
    return {line["customer"]: line for line in found}


def test_the_five_customers_of_the_policy(crm):
    books = Books(crm)
    books.bought("A", 12, 26_000 / 14, times=14, every=24)
    books.bought("B", 75, 11_800 / 6, times=6, every=45)
    books.bought("C", 200, 750, times=2, every=100)
    books.bought("D", 400, 600)
    books.bought("E", 30, 5_000 / 3, times=3, every=100)
    books.read()
    found = lines(crm)
    assert {name: (line["r"], line["f"], line["m"], line["segment"]) for name, line in found.items()} == {
        "A": (5, 5, 5, "vip"),
        "B": (4, 4, 4, "loyal"),
        "C": (2, 2, 2, "at_risk"),
        "D": (1, 1, 1, "inactive"),
        "E": (5, 3, 3, "promising"),
    }
    assert {line["payment_axis"] for name, line in found.items() if name != "D"} == {"A"}
    assert found["D"]["payment_axis"] is None


def test_much_bought_and_paid_very_late_is_no_vip(crm):
    Books(crm).bought("G", 12, 2_000, times=14, every=24, late=75).read()
    line = lines(crm)["G"]
    assert (line["r"], line["f"], line["m"]) == (5, 5, 5)
    assert line["payment_axis"] == "E"
    assert line["segment"] == "bad_payer"
    assert any("credit-blocked" in reason for reason in line["reasons"])


def test_a_purchase_wholly_taken_back_is_none_and_one_in_part_is_one(crm):
    books = Books(crm).bought("A", 100, 1_000, number="F-A")
    books.took_back("A", 90, 1_000, "F-A")
    books.bought("A", 200, 500).bought("B", 100, 1_000, number="F-B").took_back("B", 90, 400, "F-B")
    books.read()
    found = lines(crm)
    assert (found["A"]["recency"], found["A"]["frequency"], found["A"]["monetary"]) == (200, 1, "500.00")
    assert (found["B"]["recency"], found["B"]["frequency"], found["B"]["monetary"]) == (100, 1, "600.00")


def test_invoices_of_one_order_are_one_purchase(crm):
    books = Books(crm)
    for turn in range(4):
        books.bought("A", 40 + 20 * turn, 250, order="CMD-9")
    books.read()
    assert lines(crm)["A"]["frequency"] == 1


def test_the_past_stays_as_it_was(crm):
    Books(crm).bought("A", 12, 2_000, times=14, every=24).read()
    then = lines(crm, as_of=ago(310))["A"]
    assert then["frequency"] == 1
    assert then["recency"] == 14
    assert then["segment"] == "new"


def test_a_dispute_never_lowers_the_grade_before_it_is_decided(crm):
    Books(crm).bought("A", 100, 1_000).bought("A", 200, 9_000, paid=False, number="F-D").read()
    assert lines(crm)["A"]["payment_axis"] == "E"
    crm.runner.run(OpenDispute(invoice="F-D", reason="price_error"), LEA)
    assert lines(crm)["A"]["payment_axis"] == "A"


def test_what_is_still_owed_counts_with_its_age(crm):
    Books(crm).bought("A", 70, 1_000, paid=False).read()
    line = lines(crm)["A"]
    assert line["payment_axis"] == "D"
    assert "Pays 40 days late on average." in line["reasons"]


@pytest.mark.parametrize(
    ("days", "grade"),
    [(-5, "A"), (0, "A"), (1, "B"), (15, "B"), (16, "C"), (30, "C"), (31, "D"), (60, "D"), (61, "E"), (None, None)],
)
def test_the_grades_of_delay(days, grade):
    assert grade_of(days) == grade
    assert grade_of(days, formal_notice=True) is Grade.E


def test_a_formal_notice_that_left_is_grade_e(crm, a_message):
    Books(crm).bought("A", 40, 100).read()
    assert lines(crm)["A"]["payment_axis"] == "A"
    a_message("A", level=4, day=ago(10))
    assert lines(crm)["A"]["payment_axis"] == "E"


@pytest.fixture
def a_message(crm):
    def make(customer, *, level, day):
        from crm.core.db import table_of
        from crm.customers.queries import find_customer

        with crm.database.writing() as session:
            row = OutgoingMessage(
                purpose="dunning",
                level=level,
                channel="registered_letter",
                recipient="-",
                message_id="<m@x>",
                dedupe_key="k",
                state="sent",
                day=day,
                queued_at=crm.clock.now(),
                text="-",
                customer_id=find_customer(session, customer).id,
            )  # fmt: skip  a message that has left, in few lines
            values = {name: value for name, value in row.model_dump().items() if name not in ("id", "entry_id")}
            session.execute(table_of(OutgoingMessage).insert().values(**values, entry_id=1))
            session.commit()

    return make


def test_the_night_keeps_the_segments_and_leaves_what_a_person_or_a_file_said(crm):
    clean(imported(crm, "number;name;segment\nF;Par Fichier;big_account\n"))
    Books(crm).bought("A", 12, 2_000, times=14, every=24).bought("H", 12, 2_000, times=14, every=24).bought(
        "F", 400, 100
    ).read()
    crm.runner.run(SetSegment(customer="H", segment=Segment.AT_RISK), LEA)
    moves = crm.runner.run(RefreshSegments(), NIGHT).result.moves
    assert [(number, after) for number, _name, _before, after in moves] == [("A", "vip")]
    assert crm.runner.run(RefreshSegments(), NIGHT).result.moves == ()
    found = lines(crm)
    assert (found["H"]["segment"], found["H"]["origin"]) == ("at_risk", "manual")
    assert "Put in this segment by hand." in found["H"]["reasons"]


def test_quantiles_hold_only_above_a_hundred_buyers(crm):
    Books(crm).bought("A", 12, 2_000).read()
    answer = crm.runner.read(ListSegments(cutoffs="quantile"), LEA)
    assert not answer.cutoffs.computed
    assert any("Fewer than 100 buyers" in note for note in answer.as_sheet().notes)


buys = st.tuples(st.integers(0, 900), st.integers(0, 30), st.integers(0, 5_000_000))


@given(st.lists(buys, min_size=5, max_size=60))
def test_fifths_keep_the_order_and_equal_values_share_a_class(values):
    cutoffs = quintiles(values)
    classes = {value: cutoffs.classes(*value) for value in values}
    for one in values:
        for other in values:
            assert (one[0] <= other[0]) <= (classes[one][0] >= classes[other][0])
            assert (one[1] >= other[1]) <= (classes[one][1] >= classes[other][1])
            assert (one[2] >= other[2]) <= (classes[one][2] >= classes[other][2])


@given(st.tuples(*[st.integers(1, 5)] * 3), st.integers(1, 50), st.integers(0, 3000), st.sampled_from([*Grade, None]))
def test_every_customer_has_one_segment_and_grade_e_is_always_a_bad_payer(classes, purchases, first, grade):
    rules = read_rules_of_the_program()
    segment = rules.segment(Bought(classes, purchases, first, grade))
    assert segment in Segment
    if grade is Grade.E:
        assert segment is Segment.BAD_PAYER


def read_rules_of_the_program():
    from pathlib import Path

    return rules_in_force(Path("nowhere"))


def test_a_company_has_rules_of_its_own(crm):
    crm.settings.data_folder.mkdir(parents=True, exist_ok=True)
    (crm.settings.data_folder / "segments.toml").write_text(
        "[cutoffs]\nrecency=[365,180,90,30]\nfrequency=[2,3,6,12]\nmonetary=[10,20,30,40]\n"
        '[[rule]]\nsegment="big_account"\nmonetary=[5,5]\n'
    )
    Books(crm).bought("A", 12, 41).bought("B", 12, 39).read()
    found = lines(crm)
    assert (found["A"]["segment"], found["B"]["segment"]) == ("big_account", "standard")


GOOD = "[cutoffs]\nrecency=[365,180,90,30]\nfrequency=[2,3,6,12]\nmonetary=[10,20,30,40]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cutoffs", "not written as it should be"),
        (GOOD, "no rule"),
        (GOOD + '[[rule]]\nsegment="gold"\n', "gold"),
        (GOOD + '[[rule]]\nsegment="vip"\nrecency=[0,9]\n', "lowest and a highest"),
        (GOOD + '[[rule]]\nsegment="vip"\nrecency=[4,3]\n', "lowest and a highest"),
        (GOOD + '[[rule]]\nsegment="vip"\nrecensy=[4,5]\n', "means nothing here"),
        (GOOD + '[[rule]]\nsegment="vip"\ngrade=["Z"]\n', "grades are A to E"),
        (GOOD + '[[rule]]\nsegment="vip"\nfirst_within="x"\n', "number of days"),
        (GOOD.replace("365,180", "18,365") + '[[rule]]\nsegment="vip"\n', "out of order"),
        (GOOD.replace("[2,3,6,12]", "[2,3]") + '[[rule]]\nsegment="vip"\n', "four whole numbers"),
        ("bonus=1\n" + GOOD, "means nothing here"),
    ],
)
def test_rules_that_cannot_be_read_say_what_is_wrong(crm, text, said):
    with pytest.raises(Invalid, match=said):
        read_rules(text)


def test_a_prospect_has_no_segment_and_a_customer_without_purchase_is_standard(crm):
    clean(imported(crm, "number;name\nZ;Sans Achat\n"))
    line = lines(crm)["Z"]
    assert (line["segment"], line["recency"], line["reasons"][0]) == ("standard", None, "No purchase known.")


def test_of_today_and_of_nothing(crm):
    assert lines(crm) == {}
    assert lines(crm, as_of=date(2020, 1, 1)) == {}

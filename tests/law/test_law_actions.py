"""What can be asked about the law, on what was shipped and what was recorded."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from sqlmodel import SQLModel, select

from crm.core.actions import Effect
from crm.core.db import Database
from crm.core.errors import Invalid, NotFound, Refused
from crm.core.i18n import use_language
from crm.core.money import eur
from crm.core.sheets import Answer
from crm.law import queries
from crm.law.actions import (
    ACTIONS,
    ComputeDeadlines,
    ComputeDueDate,
    ComputePenalties,
    ListLegalValues,
    RecordLegalValue,
)
from crm.law.models import LegalValue
from crm.law.series import shipped


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("fr")


@pytest.fixture
def context():
    database = Database("sqlite://")
    SQLModel.metadata.create_all(database.engine, [LegalValue.__table__])
    with database.writing() as session:
        yield SimpleNamespace(session=session)
    database.dispose()


def asked(context, action):
    answer = action.perform(context)
    context.session.flush()
    assert isinstance(answer, Answer)
    sheet = answer.as_sheet()
    assert all(len(row) == len(sheet.columns) for row in (*sheet.rows, *sheet.totals))
    return answer.as_json()


def recording(**changed):
    given = {"series": "ecb_mro_rate", "value": "2.65", "valid_from": "2027-01-01", "source": "ECB, 17 December 2026"}
    return RecordLegalValue.model_validate({**given, **changed})


def test_every_action_says_what_it_does_and_what_it_needs():
    assert [(kind.action_command(), kind.effect) for kind in ACTIONS] == [
        ("compute-due-date", Effect.READ),
        ("compute-penalties", Effect.READ),
        ("compute-deadlines", Effect.READ),
        ("list-legal-values", Effect.READ),
        ("record-legal-value", Effect.WRITE),
    ]
    for kind in ACTIONS:
        assert kind.action_room() == "law"
        assert kind.action_summary().endswith(".")
        assert all(field.description for field in kind.model_fields.values())
        assert kind.model_json_schema()


def test_a_due_date(context):
    assert asked(context, ComputeDueDate(issued=date(2026, 1, 15), terms="45 EOM B")) == {"due_date": "2026-03-17"}
    with pytest.raises(Invalid, match="can be counted in two ways"):
        ComputeDueDate(issued=date(2026, 1, 15), terms="45 jours fin de mois").perform(context)


def test_penalties_as_the_command_line_gives_them(context):
    action = ComputePenalties.model_validate(
        {
            "amount": "10 000,00 €",
            "due": "2026-04-30",
            "paid": "2026-08-31",
            "rate": "12,4 %",
            "payment": ["2026-06-30=4000", {"date": "2026-07-31", "amount": "1000"}],
        }
    )
    assert action.rate == Decimal("12.4")
    assert ComputePenalties.model_validate_json(action.model_dump_json()) == action
    found = asked(context, action)
    assert [segment["to"] for segment in found["segments"]] == ["2026-06-30", "2026-07-31", "2026-08-31"]
    assert {segment["rate"] for segment in found["segments"]} == {"12.40"}


def test_deadlines_as_the_contract_gives_them(context):
    action = ComputeDeadlines.model_validate(
        {"event": "order", "date": "2026-09-10", "served": "2026-10-15", "in_person": "yes"}
    )
    found = asked(context, action)
    assert list(found) == ["deadlines"]
    assert {tuple(line) for line in found["deadlines"]} == {("name", "date", "plan_for", "source")}
    assert {line["name"]: line["date"] for line in found["deadlines"]} == {
        "serve_by": "2026-12-10",
        "opposition_until": "2026-11-16",
        "enforce_from": "2026-12-16",
        "enforce_until": "2036-12-15",
    }


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("due", ["limitation_date"]),
        ("request", ["deposit_by"]),
        ("order", ["serve_target", "serve_by"]),
        ("opposition", ["deposit_by", "lawyer_by"]),
        ("title", ["enforce_until"]),
        ("insolvency", ["declare_by", "claim_goods_by", "ask_relief_by"]),
        ("payment_demand", ["contest_until", "record_from"]),
        ("small_claim", ["accept_until"]),
    ],
)
def test_every_event_has_its_deadlines(context, event, names):
    found = asked(context, ComputeDeadlines(event=event, date=date(2026, 11, 24)))
    assert [line["name"] for line in found["deadlines"]] == names


def test_a_time_limit_that_was_recorded_counts_from_its_day(context):
    """A new decree gives four months to orders dated from 2027."""
    new = {"series": "order_service", "value": "4", "valid_from": "2027-01-01", "source": "décret 2026-999"}
    asked(context, RecordLegalValue.model_validate(new))
    dated = {
        day: asked(context, ComputeDeadlines(event="order", date=date.fromisoformat(day)))["deadlines"][1]["date"]
        for day in ("2026-12-31", "2027-01-04")
    }
    assert dated == {"2026-12-31": "2027-03-31", "2027-01-04": "2027-05-04"}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"event": "due", "served": "2026-10-15"}, "served: this says nothing about the event “due”"),
        ({"event": "title", "place": "abroad"}, "place: this says nothing about the event “title”"),
        ({"event": "order", "date": "1826-09-10"}, "The year 1826 cannot be meant"),
        ({"event": "due", "date": "2024-03-15", "interrupted": ["2926-09-10"]}, "The year 2926 cannot be meant"),
        ({"event": "order", "region": "Gaule"}, "The public holidays of “FR Gaule” are not known"),
    ],
)
def test_what_cannot_be_meant_is_said(context, told, sentence):
    with pytest.raises(Invalid, match=sentence):
        ComputeDeadlines.model_validate({"date": "2026-09-10", **told}).perform(context)


@pytest.mark.parametrize("wrong", [{"rate": "beaucoup"}, {"rate": "NaN"}, {"regime": "B2X"}, {"payment": ["4000"]}])
def test_what_is_not_understood_is_said_by_field(wrong):
    with pytest.raises(ValidationError) as refusal:
        ComputePenalties.model_validate({"amount": "1", "due": "2026-04-30", "paid": "2026-08-31", **wrong})
    assert [error["loc"][0] for error in refusal.value.errors()] == list(wrong)


def test_2027_is_refused_until_it_is_recorded(context):
    """The missing row is named, recorded, then counted and cited."""
    action = ComputePenalties(amount=eur(1000), due=date(2026, 12, 31), paid=date(2027, 1, 31))
    with pytest.raises(Refused, match="1 January 2027 is not known yet"):
        action.perform(context)
    asked(context, recording())
    found = asked(context, action)
    assert found["segments"][0]["rate"] == "12.65"
    assert found["sources"][0] == "ECB main refinancing rate: 2.65% since 1 January 2027 (ECB, 17 December 2026)"


def test_recording_again_corrects_the_row(context):
    assert asked(context, recording())["replaces"] is None
    corrected = asked(context, recording(value="2,90", valid_to="2027-06-30", source="ECB, corrected", certain=False))
    assert corrected == {
        "series": "ecb_mro_rate",
        "value": "2.90",
        "valid_from": "2027-01-01",
        "valid_to": "2027-06-30",
        "source": "ECB, corrected",
        "certain": False,
        "replaces": "2.65",
    }
    (row,) = context.session.exec(select(LegalValue)).all()
    assert (row.value, row.valid_to, row.source, row.certain) == ("2.90", date(2027, 6, 30), "ECB, corrected", False)
    assert queries.series(context.session)["ecb_mro_rate"].value_on(date(2027, 1, 1)) == Decimal("2.90")


def test_what_cannot_be_true_is_not_recorded(context):
    with pytest.raises(Invalid):
        recording(value="265").perform(context)
    with pytest.raises(NotFound):
        recording(series="taux").perform(context)
    assert queries.recorded(context.session) == ()


def test_the_list_shows_every_row_and_until_when_rates_are_known(context):
    asked(context, recording(series="legal_interest", value="2.80"))
    found = asked(context, ListLegalValues())
    assert len(found["values"]) == sum(len(series.rows) for series in shipped().values()) + 1
    assert [row for row in found["values"] if row["recorded"]] == [
        {
            "series": "legal_interest",
            "value": "2.80",
            "valid_from": "2027-01-01",
            "valid_to": None,
            "source": "ECB, 17 December 2026",
            "certain": True,
            "unit": "percent",
            "recorded": True,
        }
    ]
    assert found["known_until"] == {"ecb_mro_rate": "2026-12-31", "legal_interest": "2027-06-30"}


def test_the_list_of_one_legal_value(context):
    found = asked(context, ListLegalValues(series="recovery_indemnity"))
    assert [(row["value"], row["unit"], row["source"]) for row in found["values"]] == [
        ("40.00", "EUR", "C. com. D441-5")
    ]
    assert found["known_until"] == {}
    with pytest.raises(NotFound):
        ListLegalValues(series="taux").perform(context)

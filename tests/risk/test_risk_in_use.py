"""The risk where people decide: beside the reminder of one customer, and as a question when the model has got worse."""

import pytest
from build import LEA, NIGHT, ago, an_invoice, clean, imported
from companies import few_payers
from sqlmodel import col, select

from crm.core.basics import RefuseProposal
from crm.core.proposals import Proposal
from crm.followup.actions.dunning import PreviewDunning
from crm.followup.actions.why import ExplainDunning
from crm.receivables.models import Instalment
from crm.risk.actions.deciding import OverrideRisk
from crm.risk.actions.scoring import ScoreRisk, TrainRisk
from crm.risk.actions.watching import ShowRiskModel
from crm.risk.models import RiskModel, RiskScore


@pytest.fixture
def house(crm):
    """Habits to learn from, and something overdue."""
    clean(imported(crm, few_payers()))
    an_invoice(crm, "LATE", customer="C-4", days_late=20)
    return crm


def test_the_risk_stands_beside_a_decision_and_decides_nothing(house):
    def preview():
        (line,) = house.runner.read(PreviewDunning(customer="C-4"), LEA).lines
        return line

    before = preview()
    house.runner.run(ScoreRisk(), NIGHT)
    after = preview()
    assert "likely to pay late. It decides nothing" in after.reasons[-1]
    assert (after.verdict, after.level, after.total, after.seal) == (
        before.verdict,
        before.level,
        before.total,
        before.seal,
    )
    assert after.text == before.text
    house.runner.run(OverrideRisk(customer="C-4", percent=7, reason="a new owner, known to pay"), LEA)
    assert "low risk: 7%" in preview().reasons[-1].replace("\N{NO-BREAK SPACE}", "")
    (why,) = house.runner.read(ExplainDunning(customer="C-4"), LEA).answers
    assert why.sentences[-1] == preview().reasons[-1]


def test_a_run_over_everybody_does_not_read_it(house):
    house.runner.run(ScoreRisk(), NIGHT)
    reasons = [text for line in house.runner.read(PreviewDunning(), LEA).lines for text in line.reasons]
    assert [text for text in reasons if "likely to pay late" in text] == []


def asked(crm):
    with crm.database.reading() as session:
        return session.exec(select(Proposal).where(Proposal.action == "train_risk").order_by(col(Proposal.id))).all()


def said_wrongly(crm, said: float, rule: float) -> None:
    """Sixty invoices of long ago about which the model in use said one thing and the rule another."""
    with crm.database.writing() as session:
        model = session.exec(select(RiskModel)).one()
        settled = session.exec(select(Instalment.id).order_by(col(Instalment.id)).limit(60)).all()
        for key in settled:
            session.add(
                RiskScore(
                    customer_id=1, instalment_id=key, model_id=model.id, day=ago(400), late=said, very_late=0.0, rule=rule,
                    days_late=0, history=9,
                )
            )  # fmt: skip  # read as a table: columns side by side
        session.commit()


def test_a_model_that_got_worse_is_put_up_to_be_learnt_anew_once(house):
    house.runner.run(TrainRisk(), LEA)
    said_wrongly(house, 1.0, 0.3)
    house.runner.run(ScoreRisk(), NIGHT)
    house.runner.run(ScoreRisk(), NIGHT)
    (one,) = asked(house)
    assert "worse than the simple rule" in one.reason
    assert house.runner.read(ShowRiskModel(), LEA).worse
    house.runner.run(RefuseProposal(proposal=one.id, reason="not now"), LEA)
    house.runner.run(ScoreRisk(), NIGHT)
    assert len(asked(house)) == 1, "refused: not asked again the next night"


def test_a_model_that_does_well_asks_for_nothing(house):
    house.runner.run(TrainRisk(), LEA)
    said_wrongly(house, 0.3, 1.0)
    house.runner.run(ScoreRisk(), NIGHT)
    assert asked(house) == []
    assert not house.runner.read(ShowRiskModel(), LEA).worse


def test_nothing_is_asked_where_there_is_no_model(crm):
    an_invoice(crm, "F-1", days_late=20)
    crm.runner.run(ScoreRisk(), NIGHT)
    assert asked(crm) == []

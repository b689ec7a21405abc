"""The model as numbers: the same as the library's, told exactly, refused when altered, and better than the simple rule."""

import json

import numpy as np
import pytest
from companies import START, chance_alone, slow_builder

from crm.core.errors import Refused
from crm.risk.baseline import best_strength
from crm.risk.book import when_issued
from crm.risk.evaluation import judged, known_on
from crm.risk.explain import contributions, shares
from crm.risk.features import features, outcome
from crm.risk.measures import auc, average_precision, brier, calibration
from crm.risk.model import exported, trained
from crm.risk.names import FEATURES
from crm.risk.parameters import Head, Linear, digest_of, dumped, loaded, sigmoid, still_waiting


@pytest.fixture(scope="module")
def builder():
    return slow_builder(invoices=2_500, customers=150)


@pytest.fixture(scope="module")
def model(builder):
    day = START + 800
    return trained(known_on(builder, day), day)


@pytest.fixture(scope="module")
def boosted(builder):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    rows = features(builder, when_issued(builder))
    with threadpool_limits(1):
        fit = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8, random_state=1).fit(
            rows, outcome(builder, 0)
        )
        return rows, fit.decision_function(rows), exported(fit)


def test_exported_trees_say_what_the_library_says(boosted):
    rows, expected, trees = boosted
    assert np.abs(trees.scores(rows) - expected).max() < 1e-9


def test_shares_of_trees_add_up(boosted):
    rows, _expected, trees = boosted
    head = Head(0, None, trees, 0.0, 1.3, -0.2, 3.0)
    reference = np.median(rows, axis=0)
    for row in rows[::500]:
        told = contributions(head, row, reference)
        difference = head.log_odds(np.stack([row, reference]))
        assert told.sum() == pytest.approx(difference[0] - difference[1], abs=1e-9)


def test_reasons_of_a_linear_model_by_hand():
    """Two features count: late_rate weighs 2 per 0.1, terms 0.5 per 15 days; slope 1."""
    size = len(FEATURES)
    scale, weights, row, reference = np.ones(size), np.zeros(size), np.zeros(size), np.zeros(size)
    rate, terms = FEATURES.index("late_rate"), FEATURES.index("terms")
    scale[rate], weights[rate], row[rate], reference[rate] = 0.1, 2.0, 0.5, 0.4
    scale[terms], weights[terms], row[terms], reference[terms] = 15.0, 0.5, 15.0, 30.0
    head = Head(0, Linear(np.zeros(size), scale, weights, -8.0), None, 1.0, 1.0, 0.0, 3.0)
    told = shares(head, row, reference)
    assert [share.family for share in told[:2]] == ["late_rate", "terms"]
    assert [round(share.log_odds, 9) for share in told[:2]] == [2.0, -0.5]
    # z: 8 + 1 - 8 = 1 before, 10 + 0.5 - 8 = 2.5 after.
    before, after = 1 / (1 + np.exp(-1.0)), 1 / (1 + np.exp(-2.5))
    assert told[0].points == pytest.approx(100 * (after - before) / 1.5 * 2.0)
    assert sum(share.points for share in told) == pytest.approx(100 * (after - before))


def test_a_model_comes_back_as_it_was(model, builder):
    text, digest = dumped(model)
    again = loaded(text, digest)
    rows = features(builder, when_issued(builder))
    rule = np.full(len(rows), 0.3)
    for days, head in model.heads.items():
        assert (again.heads[days].probabilities(rows, rule) == head.probabilities(rows, rule)).all()
    assert dumped(again) == (text, digest)


def test_an_altered_model_is_refused(model):
    text, digest = dumped(model)
    with pytest.raises(Refused):
        loaded(text.replace("0.", "1.", 1), digest)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told.update(format=2),
        lambda told: told.update(features=told["features"][1:]),
        lambda told: told["heads"][0].update(share=7),
        lambda told: told["heads"].clear(),
        lambda told: told.update(reference=[float(9)] * 3),
        lambda told: told.update(heads="none"),
    ],
)
def test_what_is_no_model_is_refused_even_with_its_own_digest(model, spoil):
    told = json.loads(dumped(model)[0])
    spoil(told)
    text = json.dumps(told)
    with pytest.raises(Refused):
        loaded(text, digest_of(text))


def test_the_same_invoices_make_the_same_model(builder):
    day = START + 500
    past = known_on(builder, day)
    assert dumped(trained(past, day, (0,))) == dumped(trained(past, day, (0,)))


def test_what_comes_later_does_not_alter_a_model(builder):
    day = START + 500
    assert dumped(trained(builder, day, (0,)))[0] == dumped(trained(known_on(builder, day), day, (0,)))[0]


@pytest.mark.parametrize("days", [0, 30])
def test_another_company_with_slow_payers(days):
    told = judged(slow_builder(seed=3), START + 730, days)
    assert told.learnt
    assert told.unseen_customers > 0
    assert told.model.auc > told.baseline.auc
    assert told.model.average_precision > told.baseline.average_precision
    assert told.model.brier < told.baseline.brier


def test_with_too_little_history_the_rule_answers_and_is_no_worse_than_the_base_rate():
    book = chance_alone(invoices=200)
    cutoff = int(np.sort(book.settled)[45])
    told = judged(book, cutoff)
    assert told.n_train < 50
    assert not told.learnt
    test = book.issued >= cutoff
    past = book.settled < cutoff
    late = outcome(book, 0)
    assert told.model.brier <= brier(late[test], np.full(int(test.sum()), late[past].mean())) + 0.02


def test_where_nothing_can_be_foretold_the_rule_trusts_the_company_at_large():
    assert best_strength(chance_alone(invoices=2_000, customers=400), 0, START + 600) >= 30


def test_time_without_payment_makes_lateness_likelier():
    in_time = np.array([1.0, 0.8, 0.5, 0.2])
    told = still_waiting(np.full(4, 0.3), np.array([0.0, 1 / 3, 2 / 3, 1.0]), in_time)
    assert told.tolist() == sorted(told.tolist())
    assert told[0] == pytest.approx(0.3)
    assert told[2] == pytest.approx(0.3 / (0.3 + 0.7 * 0.5))


def test_measures_are_those_of_the_library():
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    chance = np.random.default_rng(0)
    score = chance.random(300).round(1)
    late = (chance.random(300) < score).astype(float)
    assert auc(late, score) == pytest.approx(roc_auc_score(late, score))
    assert average_precision(late, score) == pytest.approx(average_precision_score(late, score))
    assert brier(late, score) == pytest.approx(brier_score_loss(late, score))
    assert sum(each.n for each in calibration(late, score)) == 300
    assert sigmoid(np.zeros(1)) == [0.5]

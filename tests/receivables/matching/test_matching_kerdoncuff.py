"""A whole statement of nine banks, settled together: what is settled alone is right, and nearly all of it is."""

from __future__ import annotations

import pytest
from kerdoncuff import LEEWAY, LINES, PAYERS, documents, moneys

from crm.core.i18n import use_language
from crm.receivables.matching.batch import settle
from crm.receivables.matching.engine import Matcher
from crm.receivables.matching.facts import Aside, Match, Proposal

NUMBERS = {item.id: item.number for item in documents()}


@pytest.fixture(scope="module")
def answers() -> dict[int, Proposal]:
    use_language("en")
    return settle(Matcher(documents(), PAYERS, leeway=LEEWAY), moneys())


def is_true(match: Match, place: int) -> bool:
    line = LINES[place - 1]
    if line.reverses:
        return match.reverses == line.reverses
    return bool(line.truth) and {NUMBERS[item]: cents for item, cents in match.allocations} == line.truth


def test_nothing_is_settled_wrongly(answers: dict[int, Proposal]) -> None:
    made = {place: answer.committed for place, answer in answers.items() if answer.committed is not None}
    assert [LINES[place - 1].label for place, match in made.items() if not is_true(match, place)] == []


def test_what_pays_a_document_is_settled_alone_or_shown_among_three(answers: dict[int, Proposal]) -> None:
    places = [place for place, line in enumerate(LINES, 1) if line.truth or line.reverses]
    left = [LINES[place - 1].label for place in places if answers[place].committed is None]
    assert len(left) <= len(places) // 20, left
    unseen = [place for place in places if not any(is_true(match, place) for match in answers[place].candidates[:3])]
    assert [LINES[place - 1].label for place in unseen] == []


def test_what_is_no_customers_money_is_set_aside_with_its_reason(answers: dict[int, Proposal]) -> None:
    aside = {LINES[place - 1].label: answer.set_aside for place, answer in answers.items() if answer.set_aside}
    assert aside["VIREMENT EN VOTRE FAVEUR CPAM DU FINISTERE 263100141 IJ"] is Aside.SOCIAL
    assert aside["VIR SEPA RECU /DE DIRECTION GENERALE DES FINANCES PUBL /MOTIF REMB TVA CA3 072026"] is Aside.TAX
    assert aside["VIR SEPA KERDONCUFF YANN APPORT COMPTE COURANT ASSOCIE"] is Aside.INTERNAL
    assert aside["STRIPE T4KQ8"] is Aside.PAYOUT
    assert aside["INTERETS CREDITEURS 3E TRIMESTRE"] is Aside.INTEREST
    assert aside["REM CB 0445122 DU 26/08 NB 14"] is Aside.PAYOUT


def test_the_order_of_the_lines_changes_nothing(answers: dict[int, Proposal]) -> None:
    use_language("en")  # the sentences are compared too
    again = settle(Matcher(documents(), PAYERS, leeway=LEEWAY), list(reversed(moneys())))
    assert {place: answer.committed for place, answer in again.items()} == {
        place: answer.committed for place, answer in answers.items()
    }

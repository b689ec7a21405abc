"""Lines that are not for the customers' accounts, and what they are instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm.core.i18n import _, mark
from crm.receivables.matching.facts import Aside, Leeway, Money
from crm.receivables.matching.names import name_words
from crm.receivables.matching.vocabulary import BANK_WORDS
from crm.receivables.matching.writing import Label, compact

_IN = (
    (Aside.TAX, r"\b(DGFIP|D\.G\.F\.I\.P|DIRECTION GENERALE DES FIN\w*|IMPOTS?|SIE|SIP|REMB\w* (DE )?(TVA|IS|CFE)|CREDIT (DE |D )?TVA|DEGREVEMENT|CICE|CIR|DOUANES?)\b"),
    (Aside.SOCIAL, r"\b(URSSAF|CPAM|MSA|IJSS|INDEMNITES? JOURNALIERES?|POLE EMPLOI|FRANCE TRAVAIL|OPCO|AGEFIPH|PROBTP|AG2R|MALAKOFF|KLESIA|RETRAITE|PREVOYANCE|MUTUELLE|CAF)\b"),
    (Aside.LOAN, r"\b(DEBLOCAGE|DEBL|PRET|EMPRUNT|PGE|CREDIT BAIL|BPIFRANCE FINANCEMENT|MISE EN PLACE (DU )?(PRET|CREDIT)|REALISATION (DE )?(PRET|CREDIT)|TIRAGE)\b"),
    (Aside.INTERNAL, r"\b(VIR\w* INTERNE|DE COMPTE A COMPTE|CPTE A CPTE|INTER ?COMPTES?|VIR\w* CPT[E]? (EPARGNE|COURANT)|TRESORERIE EXCEDENTAIRE|NIVELLEMENT|CASH ?POOL\w*|APPORT (EN )?(C/?C|COMPTE COURANT|CAPITAL)|COMPTE COURANT D ?ASSOCIE|CPTE COURANT ASSOCIE)\b"),
    (Aside.INTEREST, r"\b(INTERETS?( CREDITEURS?| SUR|$)|INT\.? CREDITEURS?|REMUNERATION (DU )?COMPTE|COUPONS?|DIVIDENDES?|ARRETE DE COMPTE)\b"),
    (Aside.INSURANCE, r"\b(SINISTRE|INDEMNITE SINISTRE|INDEMNISATION|REMB\w* ASSURANCE|AXA|MAIF|MAAF|MMA|GROUPAMA|ALLIANZ|GENERALI|MACIF|GMF|MATMUT|SMABTP)\b"),
    (Aside.BANK_FEES, r"\b(EXTOURNE|REMB\w* (DE )?(FRAIS|COMMISSIONS?|COTISATION)|GESTE COMMERCIAL|ANNULATION (DE )?(FRAIS|COMMISSION)|RISTOURNE)\b"),
    (Aside.SUPPLIER_REFUND, r"\b(REMB\w*|REMBOURSEMENT|AVOIR FOURNISSEUR|TROP PERCU|RETOUR MARCHANDISES?|CREDIT VOUCHER|ANNUL\w* (CB|CARTE)|CREDIT CARTE|REMISE FOURNISSEUR|RFA)\b"),
    (Aside.PAYOUT, r"\b(STRIPE|PAYPAL|SUMUP|SUM UP|ZETTLE|IZETTLE|ADYEN|MOLLIE|PAYPLUG|LYDIA|GOCARDLESS|SHOPIFY|AMAZON PAYMENTS|AMAZON PAY|WORLDLINE|PAYGREEN|LEMONWAY|MANGOPAY|KLARNA|ALMA|ONEY|CDISCOUNT|ETSY|EBAY|SQUARE|REMISE (DE )?(CB|CARTES?)|REM(ISE)? CB|REMISE TPE|TPE \d+|TICKETS? RESTAURANT|EDENRED|SWILE|UP DEJEUNER|PLUXEE|SODEXO PASS|ANCV|CRT|CONECS)\b"),
)  # fmt: skip  # read as a table: columns side by side
_OUT = (
    (Aside.SALARY, r"\b(SALAIRES?|PAIE|PAYE|VIRT? SAL|REMUNERATION)\b"),
    (Aside.SOCIAL, r"\b(URSSAF|CPAM|MSA|RETRAITE|PREVOYANCE|MUTUELLE|AG2R|MALAKOFF|KLESIA|PROBTP|POLE EMPLOI|FRANCE TRAVAIL)\b"),
    (Aside.TAX, r"\b(DGFIP|IMPOTS?|TVA|CFE|CVAE|SIE|SIP|TAXE|DOUANES?|DRFIP|TRESOR PUBLIC)\b"),
    (Aside.LOAN, r"\b(PRET|EMPRUNT|ECHEANCE|ECH|CREDIT BAIL|LEASING|PGE|AMORTISSEMENT)\b"),
    (Aside.BANK_FEES, r"\b(FRAIS|COMMISSIONS?|COM|COTISATION|COTIS|AGIOS?|ABONNEMENT|ABT|TENUE DE COMPTE)\b"),
    (Aside.CARD_PURCHASE, r"\b(CARTE|CB|PAIEMENT CB|ACHAT|RETRAIT|DAB)\b"),
    (Aside.INTERNAL, r"\b(VIR\w* INTERNE|DE COMPTE A COMPTE|CPTE A CPTE|INTER ?COMPTES?)\b"),
)  # fmt: skip  # read as a table: columns side by side
_IN_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in _IN)
_OUT_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in _OUT)
_SUFFICIENT, _SURE = 0.6, 0.98
_OWNERS = re.compile(
    r"\b(APPORT (EN )?(C/?C|COMPTE COURANT|CAPITAL)|(COMPTE|CPTE) COURANT (D )?ASSOCIE|VIR\w* INTERNE|DE COMPTE A COMPTE)\b"
)
"""An owner's or our own money, whatever name stands beside it: owners bear the names of customers, too."""
_AROUND_OWN = BANK_WORDS | frozenset(
    [
        "INTERNE",
        "LIVRET",
        "EPARGNE",
        "COURANT",
        "CAT",
        "TERME",
        "PRO",
        "PROFESSIONNEL",
        "COMPTES",
        "TRANSFERTS",
        "PLACEMENT",
    ]
)
"""What a transfer between accounts of ours may say beside our name; payers write our name too, beside theirs."""


def aside_in(money: Money, label: Label, leeway: Leeway, payer_strength: float) -> Aside | None:
    """What incoming money is when it is not a customer's; a customer who is named is believed before a word is."""
    if is_own(money, label, leeway):
        return Aside.INTERNAL
    text = f"{label.text} {money.counterparty_name.upper()}"
    if _OWNERS.search(text) is not None and payer_strength < _SURE:
        return Aside.INTERNAL
    if payer_strength >= _SUFFICIENT:
        return None
    return _first(_IN_RULES, text)


def aside_out(money: Money, label: Label, leeway: Leeway) -> Aside:
    """What outgoing money is for."""
    if is_own(money, label, leeway):
        return Aside.INTERNAL
    return _first(_OUT_RULES, f"{label.text} {money.counterparty_name.upper()}") or Aside.OUTGOING


def is_own(money: Money, label: Label, leeway: Leeway) -> bool:
    """Whether the other side is an account of ours."""
    if money.counterparty_iban and compact(money.counterparty_iban) in {compact(iban) for iban in leeway.own_ibans}:
        return True
    sender = money.counterparty_name or label.sender
    words = name_words(sender) if sender else tuple(word for word in name_words(label.text) if word not in _AROUND_OWN)
    return bool(words) and any(words == own or words == own * 2 for own in map(name_words, leeway.own_names))


def _first(rules: Sequence[tuple[Aside, re.Pattern[str]]], text: str) -> Aside | None:
    return next((kind for kind, pattern in rules if pattern.search(text)), None)


def aside_sentence(kind: Aside) -> str:
    """Why a line is set aside, for people."""
    return _(_SENTENCES[kind])


_SENTENCES = {
    Aside.OUTGOING: mark("Money that went out, not a customer’s."),
    Aside.SALARY: mark("Salaries."),
    Aside.SOCIAL: mark("A social security or pension body."),
    Aside.TAX: mark("The tax office."),
    Aside.LOAN: mark("A loan."),
    Aside.INTERNAL: mark("A transfer between our own accounts."),
    Aside.CARD_PURCHASE: mark("A purchase by card."),
    Aside.BANK_FEES: mark("The bank’s fees."),
    Aside.INTEREST: mark("Interest or income from investments."),
    Aside.INSURANCE: mark("An insurer."),
    Aside.SUPPLIER_REFUND: mark("A supplier’s refund."),
    Aside.PAYOUT: mark("A payout of cards or of a shop: it covers several sales."),
    Aside.LEARNT: mark("Lines like this one were said not to be customers’ money."),
    Aside.NOTHING: mark("No amount."),
}

"""What speaks for a claim and what against it, as the figures that certainty is computed from; and what forbids certainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

from crm.receivables.matching.claims import Claim
from crm.receivables.matching.facts import Evidence, Residual, Rule
from crm.receivables.matching.numbering import Strength
from crm.receivables.matching.payers import Guess, How

SURE, LIKELY, WEAK = 0.9, 0.62, 0.3
KNOWN = 0.77
"""A payer known well enough to outweigh a chance: one who shares a word with another name stays below."""
_BEYOND_NAMES = 0.96
"""Only a sender that bears just this name is so sure."""
_NO_NAME = 1.01
"""Above every name: only an account that is known, or what was learnt, is believed more."""
CLEARLY = 0.15
"""A payer so much surer than another is the payer."""
_EXPLAINED = frozenset({Residual.DISCOUNT, Residual.BANK_FEE, Residual.ROUNDING, Residual.RETENTION})
SHARED = 0.45
"""A payer whose name is cut or shared, but for whom an amount that nobody else owes may speak."""
_WHOLE = frozenset({Rule.AMOUNT_ALL, Rule.AMOUNT_DUE, Rule.AMOUNT_MONTH, Rule.AMOUNT_OLDEST})
_NEVER = frozenset({Rule.AMOUNT_ONLY, Rule.REMITTANCE, Rule.LEGAL_ORDER, Rule.DUPLICATE, Rule.ON_ACCOUNT})
_MOST_ODDS, _SURE_ODDS = 9.0, 7.0
_LEAST_SHARE, _LEAST_OF_EXACT = 0.995, 0.9
"""The second where a number is named and its document alone has the amount."""


class Doubt(StrEnum):
    """Why a match is left to a person."""

    NONE = ""
    RULE = "rule"
    OTHER_PAYER = "other_payer"
    """What is named belongs to somebody else than the payer."""
    SAME_AMOUNT = "same_amount"
    """Another open item has the same amount, and nothing else tells them apart."""
    SEVERAL = "several"
    """Another use is nearly as plausible."""
    UNKNOWN_NUMBER = "unknown_number"
    SETTLED = "settled"
    NOBODY = "nobody"
    """Neither a number nor a payer."""
    PARTIAL = "partial"
    GROUP = "group"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Scene:
    """A line as a whole: who may have paid, what the label shows beside the claim, how many items have this amount."""

    guesses: Mapping[int, Guess]
    mates: Mapping[int, frozenset[int]]
    """For each customer those of its group."""
    unknown_number: bool
    named: frozenset[int]
    """Customers of whom a document is named by more than a brief form."""
    settled: frozenset[int]
    """Customers of whom a settled document is named."""
    telling: bool
    """The amount is not a round one."""
    same_amount: int
    """How many open items anywhere have exactly this amount."""
    advance: bool
    lone_cheque: bool = False
    """One cheque was deposited, and nothing else that is open has nearly its amount."""
    slips: frozenset[int] = frozenset()
    """Places of which a number with one slip is written."""
    rivals: frozenset[int] = frozenset()
    """Customers that are recognised, if weakly, and owe exactly this amount without being named."""
    namesakes: frozenset[int] = frozenset()
    """Customers that owe exactly this amount and bear all of the likeliest payer's name, and more."""
    kin: frozenset[int] = frozenset()
    """Who may be of one house with the likeliest payer."""
    figures: bool = False
    """The label holds figures that may be the serial of a document."""
    excepted: bool = False
    """The label says what is not paid."""

    @property
    def recognised_otherwise(self) -> bool:
        """Whether a payer is known by more than a name."""
        return any(guess.how is not How.NAME and guess.how is not How.GROUP for guess in self.guesses.values())

    def together(self, customers: frozenset[int]) -> bool:
        """Whether several customers are of one group or house, of which one is recognised as the payer."""
        first = min(customers)
        payer = max(self.guesses.values(), key=lambda guess: guess.strength, default=None)
        if payer is not None and payer.strength >= SHARED and customers <= {payer.customer_id, *self.kin}:
            return True
        return customers <= {first, *self.mates.get(first, frozenset())} and any(
            self.strength(customer_id) >= WEAK for customer_id in customers | self.mates.get(first, frozenset())
        )

    def strength(self, customer_id: int | None) -> float:
        """How surely a customer is the payer; 0 when nothing says so."""
        guess = self.guesses.get(customer_id) if customer_id is not None else None
        return guess.strength if guess is not None else 0.0

    def outbid(self, customer_id: int | None) -> bool:
        """Whether somebody else, who is recognised better, owes just this amount: the number may be copied wrongly."""
        group = self.mates.get(customer_id, frozenset()) if customer_id is not None else frozenset[int]()
        own = self.strength(customer_id)
        return any(rival != customer_id and rival not in group and self.strength(rival) > own for rival in self.rivals)

    def contradicted(self, customer_id: int | None, least: float = LIKELY) -> bool:
        """Whether the line shows another payer than this customer, one of no common group, at least so surely."""
        own = self.strength(customer_id)
        group = self.mates.get(customer_id, frozenset()) if customer_id is not None else frozenset[int]()
        for other in self.guesses.values():
            if other.customer_id == customer_id or other.customer_id in group:
                continue
            if other.strength >= least and other.strength > own + CLEARLY:
                return True
            if other.strength >= SURE and other.how in (How.IBAN, How.LEARNT) and own < other.strength:
                return True
        return False


def evidence_of(claim: Claim, share: float, scene: Scene) -> Evidence:
    """The figures behind a claim's certainty; `share` is its part of all plausible uses of the line."""
    payer = scene.strength(claim.customer_id)
    rest = max(1e-9, 1 - share)
    found = {"odds": round(max(-4.0, min(_MOST_ODDS, log(max(share, 1e-9) / rest))), 2)}
    if claim.strength is not None:
        found[_NAMES[claim.strength]] = 1.0
        found["named_all"] = float(claim.named_all)
    found["exact"] = float(claim.residual is Residual.NONE)
    found["explained"] = float(claim.residual in _EXPLAINED)
    found["payer_sure"] = float(payer >= SURE)
    found["payer_likely"] = float(LIKELY <= payer < SURE)
    found["payer_weak"] = float(WEAK <= payer < LIKELY)
    found["contradicted"] = float(scene.contradicted(claim.customer_id))
    found["unknown_number"] = float(
        scene.unknown_number and claim.strength is None and scene.slips.isdisjoint(claim.places)
    )
    found["settled"] = float(claim.customer_id in scene.settled)
    found["alike"] = float(
        scene.same_amount > 1 and len(claim.places) == 1 and payer < KNOWN and claim.strength is None
    )
    found["arbitrary"] = float(claim.rule is Rule.AMOUNT_SUM)
    found["partial"] = float(claim.residual is Residual.PARTIAL)
    found["over"] = float(claim.residual is Residual.OVERPAYMENT)
    found["vague"] = float(claim.vague)
    found["unsure"] = round(max(0.0, _SURE_ODDS - found["odds"]), 2)
    found["doubt"] = float(doubt_about(claim, share, scene) not in (Doubt.NONE, Doubt.RULE))
    if _lone(claim, scene):
        found["lone_cheque"] = 1.0
    elif claim.rule in _NEVER:
        found[claim.rule.value] = 1.0
    return {name: value for name, value in found.items() if value}


_NAMES = {
    Strength.FULL: "full",
    Strength.SHORT: "short",
    Strength.BRIEF: "brief",
    Strength.SERIAL: "serial",
    Strength.BARE_SERIAL: "bare_serial",
}


def doubt_about(claim: Claim, share: float, scene: Scene) -> Doubt:
    """What forbids certainty whatever the weights say."""
    if claim.customer_id is None and claim.rule is Rule.REFERENCE:
        return _doubt_across(claim, share, scene)
    if claim.customer_id is None or (claim.rule in _NEVER and not _lone(claim, scene)):
        return Doubt.RULE
    if claim.rule in _NEVER:
        return Doubt.NONE if share >= _LEAST_SHARE else Doubt.SEVERAL
    if scene.contradicted(claim.customer_id, _believed(claim, scene)) and not _cousin(claim, scene):
        return Doubt.OTHER_PAYER
    if claim.strength is not None and scene.outbid(claim.customer_id):
        return Doubt.OTHER_PAYER
    if claim.customer_id in scene.settled and not (claim.named_all and claim.residual is Residual.NONE):
        return Doubt.SETTLED
    if claim.strength is None:
        return _doubt_without_number(claim, share, scene)
    if not claim.named_all and scene.named - {claim.customer_id}:
        return Doubt.OTHER_PAYER
    if claim.loose and scene.strength(claim.customer_id) < LIKELY:
        return Doubt.PARTIAL
    differs = claim.residual in (Residual.PARTIAL, Residual.OVERPAYMENT) and not claim.counted
    if differs and (claim.vague or not (_named_by_payer(claim, scene) or _usual_part(claim, scene))):
        return Doubt.PARTIAL
    payer = scene.strength(claim.customer_id)
    if claim.strength <= Strength.SERIAL and (
        payer < (LIKELY if scene.same_amount > 1 else 0) or (payer < WEAK and not claim.named_all)
    ):
        return Doubt.NOBODY
    exact = claim.named_all and claim.residual is Residual.NONE and scene.telling and scene.same_amount == 1
    least = _LEAST_OF_EXACT if exact else _LEAST_SHARE
    return Doubt.SEVERAL if share < least or claim.vague else Doubt.NONE


def _doubt_across(claim: Claim, share: float, scene: Scene) -> Doubt:
    """Several customers' documents named in one line, which come to the amount to the cent: whoever pays for them names each
    in full; a company of their group may be brief. Somebody beyond doubt who is none of them is asked about."""
    owners = frozenset(claim.owners)
    mates = frozenset(mate for owner in owners for mate in scene.mates.get(owner, frozenset()))
    strangers = (guess for guess in scene.guesses.values() if guess.customer_id not in owners | mates | scene.kin)
    if any(guess.strength >= SURE for guess in strangers):
        return Doubt.OTHER_PAYER
    if (claim.strength or 0) < Strength.SHORT and not scene.together(owners):
        return Doubt.NOBODY
    return Doubt.SEVERAL if share < _LEAST_SHARE else Doubt.NONE


def _usual_part(claim: Claim, scene: Scene) -> bool:
    """Whether a half, a third or the like of the one document named is paid: by the whole number whoever pays, by less of it
    where the payer is known."""
    if claim.rule is not Rule.REFERENCE_DIFFERENCE or claim.residual is not Residual.PARTIAL or claim.strength is None:
        return False
    if claim.strength >= Strength.SHORT:
        return not scene.rivals
    return scene.strength(claim.customer_id) >= (LIKELY if claim.strength >= Strength.SERIAL else SURE)


def _lone(claim: Claim, scene: Scene) -> bool:
    """Whether one cheque was deposited and one single item comes near its amount: then the amount alone may be certain."""
    return claim.rule is Rule.AMOUNT_ONLY and scene.lone_cheque and scene.same_amount == 1 and scene.telling


def _cousin(claim: Claim, scene: Scene) -> bool:
    """Whether a name that another customer bears more exactly may still be this one's: it alone owes this very amount."""
    payer = scene.strength(claim.customer_id)
    surest = max((guess.strength for guess in scene.guesses.values() if guess.how is not How.NAME), default=0.0)
    return (
        claim.rule is Rule.AMOUNT_SINGLE
        and claim.residual is Residual.NONE
        and scene.same_amount == 1
        and scene.telling
        and payer >= SHARED
        and surest <= payer
    )


def _believed(claim: Claim, scene: Scene) -> float:
    """How sure somebody else must be as the payer to outweigh what is named: the surer the number, the surer the name.

    A whole number with an amount of its own outweighs a mere name, unless whoever bears it owes just this amount too. Where
    the number's customer is recognised as well, another who bears the name more exactly is no reason to ask: nobody else owes
    this amount.
    """
    strength = claim.strength or 0
    exact = claim.named_all and claim.residual is Residual.NONE
    told = claim.named_all and (claim.counted or claim.residual is Residual.DISCOUNT)
    own = scene.telling and scene.same_amount == 1
    payer = scene.strength(claim.customer_id)
    agree = payer >= (WEAK if strength >= Strength.SHORT else LIKELY)
    if claim.named_all and agree and not scene.rivals and scene.same_amount == int(exact and len(claim.places) == 1):
        return _NO_NAME
    if (exact or told) and strength >= Strength.SHORT and (own or not scene.rivals):
        return _BEYOND_NAMES if own and not scene.rivals and not scene.recognised_otherwise else SURE
    if exact and own and (strength == Strength.BRIEF or (strength == Strength.SERIAL and not scene.rivals)):
        return SURE
    return KNOWN if strength >= Strength.BRIEF or (exact and own) else LIKELY


def _doubt_without_number(claim: Claim, share: float, scene: Scene) -> Doubt:
    payer = scene.strength(claim.customer_id)
    slip = len(claim.places) == 1 and claim.places[0] in scene.slips
    own = claim.rule is Rule.AMOUNT_SINGLE and (
        _beyond_doubt(claim, scene) or (payer >= LIKELY and (slip or (scene.same_amount == 1 and scene.telling)))
    )
    if scene.named - {claim.customer_id} and not (own or (slip and scene.same_amount == 1)):
        return Doubt.OTHER_PAYER
    if scene.unknown_number and not slip:
        return Doubt.UNKNOWN_NUMBER
    if payer < LIKELY and not (payer >= SHARED and scene.telling and _of_its_own(claim, scene)):
        return Doubt.NOBODY
    if payer < KNOWN and len(claim.places) == 1 and scene.same_amount > 1:
        return Doubt.SAME_AMOUNT
    if (
        len(claim.places) == 1
        and not slip
        and scene.namesakes - {claim.customer_id}
        and not _beyond_doubt(claim, scene)
    ):
        return Doubt.SAME_AMOUNT
    if claim.vague:
        return Doubt.SEVERAL
    if claim.counted:
        return Doubt.NONE if share >= _LEAST_SHARE and payer >= KNOWN else Doubt.PARTIAL
    if claim.rule is Rule.AMOUNT_DIFFERENCE and scene.same_amount:
        return Doubt.SAME_AMOUNT
    if claim.rule is Rule.AMOUNT_DIFFERENCE and payer < (SURE if scene.figures else KNOWN):
        return Doubt.PARTIAL
    if (scene.advance and not (scene.excepted and len(claim.places) > 1)) or claim.residual in (
        Residual.PARTIAL,
        Residual.OVERPAYMENT,
        Residual.BANK_FEE,
    ):
        return Doubt.PARTIAL
    guess = scene.guesses.get(claim.customer_id) if claim.customer_id is not None else None
    if guess is not None and guess.how is How.GROUP and scene.same_amount > 1:
        return Doubt.GROUP
    mates = scene.mates.get(claim.customer_id, frozenset()) if claim.customer_id is not None else frozenset[int]()
    if len(claim.places) == 1 and scene.rivals & mates:
        return Doubt.GROUP
    return Doubt.SEVERAL if share < _LEAST_SHARE else Doubt.NONE


def _of_its_own(claim: Claim, scene: Scene) -> bool:
    """Whether nothing else that is open has the amount of the one document, or of all that is due, of a month, of the oldest."""
    if claim.rule is Rule.AMOUNT_SINGLE:
        return scene.same_amount == 1
    return claim.rule in _WHOLE and claim.residual is Residual.NONE and scene.same_amount == 0


def _beyond_doubt(claim: Claim, scene: Scene) -> bool:
    """Whether the payer is recognised by more than a name, and surely."""
    guess = scene.guesses.get(claim.customer_id) if claim.customer_id is not None else None
    return guess is not None and guess.how not in (How.NAME, How.GROUP) and guess.strength >= SURE


def _named_by_payer(claim: Claim, scene: Scene) -> bool:
    """Whether the payer is known and names it by more than a bare figure; a serial alone asks for a payer beyond doubt."""
    payer = scene.strength(claim.customer_id)
    if claim.strength is None or claim.strength < Strength.SERIAL:
        return False
    if claim.strength < Strength.BRIEF:
        return payer >= SURE
    return payer >= (WEAK if claim.strength >= Strength.SHORT else LIKELY)


def shares(claims: Sequence[Claim], nothing: float) -> list[float]:
    """Each claim's part of all that is plausible, nothing at all included."""
    whole = sum(claim.weight for claim in claims) + nothing
    return [claim.weight / whole if whole else 0.0 for claim in claims]

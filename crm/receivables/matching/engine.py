"""The matcher: builds its indexes once, then answers for one line after the other, each as if it were alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from crm.receivables.matching.accounts import Accounts
from crm.receivables.matching.aside import aside_in, aside_out
from crm.receivables.matching.bounces import ReceiptIndex, bounce_of, is_bounce, is_refund, receipt_of, refund_of
from crm.receivables.matching.certainty import COMMIT, certainty
from crm.receivables.matching.claims import NAMED, TELLING_SERIAL, Claim, Claims
from crm.receivables.matching.differences import before_discount, roundness
from crm.receivables.matching.evidence import (
    CLEARLY,
    KNOWN,
    LIKELY,
    SHARED,
    SURE,
    Doubt,
    Scene,
    doubt_about,
    evidence_of,
    shares,
)
from crm.receivables.matching.facts import (
    Aside,
    Leeway,
    Match,
    Money,
    OpenItem,
    Payer,
    Proposal,
    Receipt,
    Residual,
    Rule,
)
from crm.receivables.matching.learning import Correction, Learned
from crm.receivables.matching.numbering import PARTS, Strength, one_slip_away
from crm.receivables.matching.payers import Guess, How, PayerIndex
from crm.receivables.matching.pools import Pool, endings
from crm.receivables.matching.references import Mentions, ReferenceIndex
from crm.receivables.matching.remittances import deposits, is_one_cheque, is_remittance
from crm.receivables.matching.sentences import payer_known, why_match, why_not
from crm.receivables.matching.suspects import suspects
from crm.receivables.matching.uses import lay_out
from crm.receivables.matching.writing import Label, read_label

BEST = 3
_ONLY_AMOUNT, _KNOWN_PAYER = 1e-4, 1e-3
_MOST_ENDINGS = 500
_SLIP = 200.0
"""How much likelier a label is when it names an item that is settled, but for one slip."""
_NEAR = 30
_CROWD = 40
"""An amount that so many open items have says nothing."""


class Matcher:
    """Everything that is open and everybody who may pay, ready to be asked."""

    def __init__(
        self,
        items: Iterable[OpenItem],
        payers: Iterable[Payer],
        learned: Learned | None = None,
        leeway: Leeway | None = None,
        receipts: Iterable[Receipt] = (),
    ) -> None:
        self.items: Sequence[OpenItem] = sorted(items, key=lambda item: item.id)
        self.open = [item.open_cents for item in self.items]
        self.learned = learned or Learned()
        self.leeway = leeway or Leeway()
        self._place = {item.id: place for place, item in enumerate(self.items)}
        self._references = ReferenceIndex(self.items)
        self._payers = PayerIndex(payers, self.learned)
        self._receipts = ReceiptIndex(receipts)
        self._pools: dict[tuple[int, str], Pool] = {}
        self._by_amount: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._by_ending: dict[str, list[int]] = defaultdict(list)
        self._endings: dict[int, frozenset[str]] = {}
        self._index()
        self._accounts = Accounts(self._pools)

    def _index(self) -> None:
        members: dict[tuple[int, str], list[int]] = defaultdict(list)
        for place, item in enumerate(self.items):
            members[item.customer_id, item.currency].append(place)
            if self.open[place]:
                self._by_amount[item.currency][self.open[place]].add(place)
                for ending in endings(self._references.parts[place]):
                    self._by_ending[ending].append(place)
        for key, places in members.items():
            self._pools[key] = Pool(places, self.items, self.open, self._references.parts)

    def learn(self, correction: Correction) -> None:
        """Take in what a person decided: it counts from the next line on."""
        self.learned = self.learned.after(correction)
        self._payers.know(self.learned)

    def hear(self, identities: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
        """Accounts ("iban") and senders ("name") whose customer other lines have shown; what of it is new."""
        return {key for key, customer_id in identities.items() if self._payers.hear(key, customer_id)}

    def resembles(self, name: str, customer_id: int) -> bool:
        """Whether a sender's name has something of a customer's."""
        return self._payers.resembles(name, customer_id)

    def payer_of(self, money: Money) -> int | None:
        """The customer whom a line names, when one stands out; None: nobody, or several might be meant."""
        guesses = [guess for guess in self._payers.who(money, read_label(money.label)) if guess.strength >= LIKELY]
        if not guesses or (len(guesses) > 1 and guesses[1].strength == guesses[0].strength):
            return None
        return guesses[0].customer_id

    def use(self, match: Match, receipt: Money) -> None:
        """Count a match as made: what it uses is no longer open, and the receipt may bounce."""
        self._move(match, 1)
        if receipt.cents > 0:
            self._receipts.add(receipt_of(receipt, match, made=True))

    def receive(self, money: Money, match: Match | None) -> None:
        """A receipt that may bounce though nothing is decided about it; the match is what it is thought to be for."""
        self._receipts.add(receipt_of(money, match, made=False))

    def lend(self, match: Match) -> None:
        """Set aside what a match would use, until it is given back."""
        self._move(match, 1)

    def give_back(self, match: Match) -> None:
        """The opposite of `lend`."""
        self._move(match, -1)

    def holds(self, match: Match) -> bool:
        """Whether all that a match uses is still open."""
        return all(
            abs(self.open[self._place[item]]) >= abs(cents) for item, cents in self._moved(match).items() if cents
        )

    def customers_of(self, match: Match) -> set[int]:
        """The customers whose items a match uses."""
        if match.customer_id is not None:
            return {match.customer_id}
        return {self.items[self._place[item]].customer_id for item, _cents in (*match.allocations, *match.reopens)}

    def _moved(self, match: Match) -> dict[int, int]:
        """What a match takes off each item; credit notes are negative."""
        moved: dict[int, int] = {}
        for item, cents in (*match.allocations, *((item, -cents) for item, cents in match.reopens)):
            moved[item] = moved.get(item, 0) + cents
        for credit in match.credits:
            moved[credit.item_id] = moved.get(credit.item_id, 0) + credit.cents
            moved[credit.credit_id] = moved.get(credit.credit_id, 0) - credit.cents
        return moved

    def _move(self, match: Match, sign: int) -> None:
        for item_id, cents in self._moved(match).items():
            place = self._place[item_id]
            item = self.items[place]
            self._by_amount[item.currency][self.open[place]].discard(place)
            self.open[place] -= sign * cents
            if self.open[place]:
                self._by_amount[item.currency][self.open[place]].add(place)
            self._pools[item.customer_id, item.currency].used(place)
            self._accounts.changed((item.customer_id, item.currency))

    def propose(self, money: Money) -> Proposal:
        """What a line pays: for certain, or the best three, or why it is not for the customers' accounts."""
        if money.cents == 0:
            return Proposal(set_aside=Aside.NOTHING)
        label = read_label(money.label)
        mentions = self._references.read(money, label)
        guesses = self._payers.who(money, label)
        if money.cents < 0:
            return self._going_out(money, label, mentions, guesses)
        if not mentions.strong and self.learned.not_customers(money):
            return Proposal(set_aside=Aside.LEARNT)
        strongest = guesses[0].strength if guesses else 0.0
        aside = None if self._named_open(mentions, money) else aside_in(money, label, self.leeway, strongest)
        if aside is not None:
            return Proposal(set_aside=aside)
        return self._coming_in(money, label, mentions, guesses)

    def _named_open(self, mentions: Mentions, money: Money) -> bool:
        return any(self.items[place].currency == money.currency for place in mentions.strong)

    def _coming_in(self, money: Money, label: Label, mentions: Mentions, guesses: tuple[Guess, ...]) -> Proposal:
        seen = {guess.customer_id: guess for guess in guesses}
        claims: list[Claim] = []
        settled: set[int] = set()
        nothing = enough = 0.0
        owners = dict.fromkeys(
            self._owner(place) for place in mentions.strong if self.items[place].currency == money.currency
        )
        if not owners and mentions.serials:
            owners = self._owners_of_list(money, mentions) or self._owners_of_long(money, mentions)
        for suspect in suspects(guesses, owners, self._payers):
            customer_id, strength = suspect.guess.customer_id, suspect.guess.strength
            if suspect.guess.how is How.GROUP:
                seen.setdefault(customer_id, suspect.guess)
            pool = self._pools.get((customer_id, money.currency))
            if pool is None or (strength < enough and not suspect.named):
                continue
            if not suspect.plausible and not pool.with_amount(money.cents):
                continue
            made = Claims(pool, customer_id, money, mentions, self.leeway, suspect.factor)
            claims.extend(made.all(plausible=suspect.plausible, thorough=strength >= LIKELY))
            nothing = max(nothing, made.nothing)
            if made.named.settled:
                settled.add(customer_id)
            if made.decisive and strength >= LIKELY:
                break
            if made.exact and strength >= SURE:
                enough = strength - CLEARLY
        claims.extend(self._across(money, mentions, guesses))
        if not any(claim.residual is Residual.NONE for claim in claims):
            claims.extend(
                self._by_amount_only(money, label, mentions, known=bool(guesses) and guesses[0].strength >= KNOWN)
            )
        slips = self._slips(label, claims) if mentions.unknown or mentions.strong else frozenset()
        claims = [
            replace(claim, weight=claim.weight * _SLIP)
            if claim.places[:1] and claim.places[0] in slips and claim.rule is Rule.AMOUNT_SINGLE
            else claim
            for claim in claims
        ]
        scene = replace(
            self._scene(money, mentions, seen, settled),
            rivals=self._rivals(money, mentions, seen, claims),
            namesakes=self._owing_too(money, guesses),
            lone_cheque=is_one_cheque(money, label) and self._nobody_near(money),
            slips=slips,
        )
        return self._decide(money, claims, nothing, scene)

    def _rivals(
        self, money: Money, mentions: Mentions, seen: Mapping[int, Guess], claims: Iterable[Claim]
    ) -> frozenset[int]:
        """Who is recognised, if weakly, and owes just this amount, in one document or in several, that the label does not name."""
        found = {
            claim.customer_id
            for claim in claims
            if claim.customer_id is not None
            and claim.customer_id in seen
            and claim.strength is None
            and claim.residual is Residual.NONE
        }
        for customer_id in seen.keys() - found:
            pool = self._pools.get((customer_id, money.currency))
            owed = pool.with_amount(money.cents) if pool is not None else ()
            if any(place not in mentions.strong for place in owed):
                found.add(customer_id)
        return frozenset(found)

    def _owing_too(self, money: Money, guesses: tuple[Guess, ...]) -> frozenset[int]:
        """Who owes just this amount and bears all of the likeliest payer's name and more: `Cimeo Habitat` beside `Cimeo`."""
        if not guesses:
            return frozenset()
        found = []
        for guess in guesses[1:]:
            pool = self._pools.get((guess.customer_id, money.currency))
            if (
                pool is not None
                and pool.with_amount(money.cents)
                and self._payers.within(guesses[0].customer_id, guess.customer_id)
            ):
                found.append(guess.customer_id)
        return frozenset(found)

    def _nobody_near(self, money: Money) -> bool:
        """Whether no other open amount is so near that this one could be chance."""
        amounts = self._by_amount[money.currency]
        return not any(amounts.get(money.cents + off) for off in range(-_NEAR, _NEAR + 1) if off)

    def _slips(self, label: Label, claims: Iterable[Claim]) -> frozenset[int]:
        """The unnamed single items of just this amount whose number the label gives with one slip."""
        words = PARTS.findall(label.bare)
        return frozenset(
            claim.places[0]
            for claim in claims
            if claim.rule is Rule.AMOUNT_SINGLE
            and claim.strength is None
            and claim.residual is Residual.NONE
            and one_slip_away(self._references.parts[claim.places[0]], words)
        )

    def _owner(self, place: int) -> int:
        return self.items[place].customer_id

    def _owners_of_list(self, money: Money, mentions: Mentions) -> dict[int, None]:
        """Customers of whom several serials of a list in the label together make up the amount, whoever pays."""
        owed: dict[int, int] = defaultdict(int)
        found: dict[int, int] = defaultdict(int)
        for serial, strength in mentions.serials.items():
            places = self._by_ending.get(serial, ())
            if (strength < Strength.SERIAL and len(serial) < TELLING_SERIAL) or len(places) > _MOST_ENDINGS:
                continue
            for place in places:
                if self.open[place] > 0 and self.items[place].currency == money.currency:
                    owed[self._owner(place)] += self.open[place]
                    found[self._owner(place)] += 1
        return {who: None for who in sorted(owed) if found[who] > 1 and owed[who] == money.cents}

    def _owners_of_long(self, money: Money, mentions: Mentions) -> dict[int, None]:
        """Customers of whom a long figure of the label is the serial of a document, and of no other customer's."""
        owners: dict[int, None] = {}
        for serial in mentions.serials:
            places = self._by_ending.get(serial, ()) if len(serial) > TELLING_SERIAL else ()
            found = [place for place in places if self.open[place] > 0 and self.items[place].currency == money.currency]
            if len(found) == 1:
                owners[self._owner(found[0])] = None
        return owners

    def _across(self, money: Money, mentions: Mentions, guesses: tuple[Guess, ...]) -> list[Claim]:
        """Several customers' invoices named in one line: a group, an agent or a factor pays."""
        named = {
            place: strength
            for place, strength in mentions.strong.items()
            if strength > Strength.SERIAL and self.open[place] and self.items[place].currency == money.currency
        }
        if guesses and guesses[0].strength >= SHARED:
            named = {**self._serials_of_group(guesses[0].customer_id, money, mentions), **named}
        places = tuple(sorted(named))
        owners = tuple(sorted({self.items[place].customer_id for place in places}))
        if len(owners) < 2 or sum(self.open[place] for place in places) != money.cents:
            return []
        strength = min(named.values())
        return [Claim(None, places, Rule.REFERENCE, Residual.NONE, 100.0, strength, named_all=True, owners=owners)]

    def _serials_of_group(self, customer_id: int, money: Money, mentions: Mentions) -> dict[int, Strength]:
        """What figures of the label name among the items of a payer's group, where each names one single item."""
        members = (customer_id, *sorted({*self._payers.mates(customer_id), *self._payers.kin(customer_id)}))
        pools = [pool for member in members if (pool := self._pools.get((member, money.currency))) is not None]
        found: dict[int, Strength] = {}
        for serial, strength in mentions.serials.items() if len(pools) > 1 else ():
            places = [place for pool in pools for place in pool.with_whole_serial(serial)]
            if len(places) == 1 and strength >= Strength.SERIAL:
                found[places[0]] = strength
        return found

    def _by_amount_only(self, money: Money, label: Label, mentions: Mentions, *, known: bool) -> list[Claim]:
        """The items of anybody that have just this amount, better when a figure of the label is their serial."""
        places: Collection[int] = self._by_amount[money.currency].get(money.cents, ())
        likely = _ONLY_AMOUNT * (_KNOWN_PAYER if known else 1.0)
        if not places and is_remittance(money, label):
            return [
                Claim(None, deposit, Rule.REMITTANCE, Residual.NONE, _ONLY_AMOUNT, None, named_all=False)
                for deposit in deposits(
                    money, label, self._by_amount[money.currency], lambda place: self._timing(place, money)
                )
            ]
        if not places:
            return self._whole_accounts(money, likely) or ([] if known else self._discounted(money))
        if len(places) > _CROWD:
            places = [place for place in places if mentions.serials and self._serial(place, mentions)]
        found = [self._only_amount(place, money, mentions, likely) for place in places]
        return sorted(found, key=lambda claim: (-claim.weight, claim.places))[: 2 * BEST]

    def _whole_accounts(self, money: Money, likely: float) -> list[Claim]:
        """No document has the amount: the customers whose oldest documents, or all, or those of a month, come to it."""
        found = self._accounts.owing(money)
        return [
            Claim(customer_id, places, Rule.AMOUNT_ONLY, Residual.NONE, likely / len(found), None, named_all=False)
            for customer_id, places in found
        ]

    def _discounted(self, money: Money) -> list[Claim]:
        """Nobody is recognised: the documents of anybody of which the amount is what an early-payment discount leaves."""
        amounts = self._by_amount[money.currency]
        found = [
            (rate, place)
            for rate in self.leeway.discount_rates
            for owed in before_discount(money.cents, rate)
            for place in sorted(amounts.get(owed, ()))
            if self.items[place].issue_date <= money.date
        ]
        found.sort(key=lambda pair: (-self._timing(pair[1], money), pair[1]))
        return [
            Claim(
                self._owner(place),
                (place,),
                Rule.AMOUNT_ONLY,
                Residual.DISCOUNT,
                _ONLY_AMOUNT / 10,
                None,
                named_all=False,
            )
            for _rate, place in found[:BEST]
        ]

    def _timing(self, place: int, money: Money) -> float:
        """How well the day of some money suits an item."""
        return 1 / (1 + abs((money.date - self.items[place].due_date).days) / 45)

    def _only_amount(self, place: int, money: Money, mentions: Mentions, likely: float) -> Claim:
        item = self.items[place]
        likely *= self._timing(place, money)
        strength = self._serial(place, mentions) if mentions.serials else None
        if strength is None:
            return Claim(item.customer_id, (place,), Rule.AMOUNT_ONLY, Residual.NONE, likely, None, named_all=False)
        likely *= NAMED[strength]
        return Claim(item.customer_id, (place,), Rule.REFERENCE, Residual.NONE, likely, strength, named_all=True)

    def _serial(self, place: int, mentions: Mentions) -> Strength | None:
        """How strongly a figure of the label is the serial of an item."""
        known = self._endings.get(place)
        if known is None:
            known = self._endings[place] = frozenset(endings(self._references.parts[place]))
        return max((mentions.serials[ending] for ending in known if ending in mentions.serials), default=None)

    def _scene(self, money: Money, mentions: Mentions, guesses: dict[int, Guess], settled: set[int]) -> Scene:
        mates = {
            customer_id: frozenset(self._payers.mates(customer_id))
            for customer_id in {*guesses, *(self.items[place].customer_id for place in mentions.strong)}
        }
        same = len(self._by_amount[money.currency].get(money.cents, ()))
        named = frozenset(
            self.items[place].customer_id
            for place, strength in mentions.strong.items()
            if (strength >= Strength.SHORT or place in mentions.worded) and self.items[place].currency == money.currency
        )
        return Scene(
            guesses,
            mates,
            mentions.unknown,
            named,
            frozenset(settled),
            roundness(money.cents) == 1,
            same,
            mentions.advance,
            kin=self._payers.kin(min(guesses, key=lambda who: -guesses[who].strength)) if guesses else frozenset(),
            figures=bool(mentions.serials),
            excepted=mentions.excepts,
        )

    def _decide(self, money: Money, claims: list[Claim], nothing: float, scene: Scene) -> Proposal:
        claims.sort(key=lambda claim: (-claim.weight, claim.places))
        parts = shares(claims, nothing)
        if not claims:
            return Proposal(why_not=why_not(Doubt.RULE))
        doubt = doubt_about(claims[0], parts[0], scene)
        best = self._match(money, claims[0], parts[0], scene)
        if doubt is Doubt.NONE and best.certainty >= COMMIT:
            return Proposal(committed=best, candidates=(best,))
        others = (
            self._match(money, claim, share, scene) for claim, share in zip(claims[1:BEST], parts[1:], strict=False)
        )
        return Proposal(candidates=(best, *others), why_not=why_not(doubt or Doubt.WEAK))

    def _match(self, money: Money, claim: Claim, share: float, scene: Scene) -> Match:
        items = [(self.items[place], self.open[place]) for place in claim.places]
        items.sort(key=lambda pair: (pair[0].due_date, pair[0].issue_date, pair[0].number, pair[0].id))
        use = lay_out(items, money.cents, claim.residual)
        evidence = evidence_of(claim, share, scene)
        numbers = [item.number for item, _cents in items]
        guess = scene.guesses.get(claim.customer_id) if claim.customer_id is not None else None
        payer = self._payers.payers.get(claim.customer_id) if claim.customer_id is not None else None
        return Match(
            claim.customer_id,
            use.allocations,
            use.credits,
            use.residual,
            claim.residual,
            certainty(evidence),
            claim.rule,
            why_match(
                claim.rule,
                numbers,
                numbers if claim.named_all else (),
                claim.residual,
                use.residual,
                money.currency,
                payer_known(guess, payer.name if payer else ""),
            ),
            use.full,
            evidence=evidence,
        )

    def _going_out(self, money: Money, label: Label, mentions: Mentions, guesses: tuple[Guess, ...]) -> Proposal:
        customers = {guess.customer_id: guess.strength for guess in guesses}
        if is_bounce(money, label.text):
            named = [self.items[place] for place in mentions.strong]
            return bounce_of(money, self._receipts.taken_back(money, customers, [item.id for item in named]), named)
        if is_refund(label.text) or any(guess.strength >= SURE for guess in guesses):
            notes = [
                (self.items[place], self.open[place]) for place in self._by_amount[money.currency].get(money.cents, ())
            ]
            refund = refund_of(money, notes, customers, frozenset(self.items[place].id for place in mentions.strong))
            if refund is not None:
                return refund
        return Proposal(set_aside=aside_out(money, label, self.leeway))

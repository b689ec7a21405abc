"""The bank account of the example company in its last weeks: what came in, in the words of other people's banks, and what
went out. Pure.

Most lines say which invoices they are for. A handful of the latest ones does not, as it happens on every account: a cheque,
a payer under another name, less than was owed, a part, and the same invoice paid twice. They wait for a person.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from crm.core.calendar import add_working_days, is_working_day, next_working_day

if TYPE_CHECKING:
    from crm.demo.story import Bill

IBAN = "FR1420041010050500013M02606"
"""The account of the example company: the one that textbooks use."""
WEEKS = 6
"""So long before today the bank's statements begin; before them accounting's files tell what was paid."""
_OPENING = 64_318_27
_SEED = 53
_ODD = 7_13
"""Beside every amount that is owed: nobody can say whose cheque it is without the slip."""
_SHORT = 15_00
"""What a payer keeps who believes that the bank's fees are ours."""
_WORDINGS = ("{numbers}", "{numbers}", "FACT {numbers}", "REGLEMENT {numbers}", "VOTRE FACTURE {numbers}", "{numbers}")


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the account. Cents; negative: went out."""

    day: date
    cents: int
    label: str
    """The bank's words."""
    name: str = ""
    """Who paid, or was paid."""
    words: str = ""
    """The payer's words."""


def begins(today: date) -> date:
    """The first day the statements tell of."""
    return today - timedelta(weeks=WEEKS)


def movements(today: date, bills: Sequence["Bill"]) -> tuple[Movement, ...]:
    """Every line up to yesterday, in the order of its day."""
    dice = random.Random(_SEED)  # noqa: S311  an example, the same every time
    transfers = list(_transfers(bills, dice))
    lines = [*transfers, *_out(today, dice), *_hard(today, bills, transfers)]
    return tuple(sorted(lines, key=lambda line: line.day))


def statement(lines: Sequence[Movement], first: date, last: date) -> str:
    """The account from a day to another as the bank hands it over (camt.053): only what these days tell, with its balances."""
    before = _OPENING + sum(line.cents for line in lines if line.day < first)
    told = [line for line in lines if first <= line.day <= last]
    after = before + sum(line.cents for line in told)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{last:%Y%m%d}</MsgId><CreDtTm>{last}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{last:%Y%m%d}</Id><CreDtTm>{last}T20:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        + _balance("OPBD", first - timedelta(days=1), before)
        + _balance("CLBD", last, after)
        + "".join(_entry(place, line) for place, line in enumerate(told, 1))
        + "</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(code: str, day: date, cents: int) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def _amount(cents: int) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(cents) / 100:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(place: int, line: Movement) -> str:
    side = "Dbtr" if line.cents >= 0 else "Cdtr"
    party = f"<RltdPties><{side}><Pty><Nm>{escape(line.name)}</Nm></Pty></{side}></RltdPties>" if line.name else ""
    words = f"<RmtInf><Ustrd>{escape(line.words)}</Ustrd></RmtInf>" if line.words else ""
    details = f"<NtryDtls><TxDtls>{party}{words}</TxDtls></NtryDtls>" if party or words else ""
    return (
        f"<Ntry>{_amount(line.cents)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{line.day:%y%m%d}{place:04}</AcctSvcrRef>{details}<AddtlNtryInf>{escape(line.label)}</AddtlNtryInf></Ntry>"
    )


def _transfers(bills: Sequence["Bill"], dice: random.Random) -> Iterator[Movement]:
    """One transfer a house and day, for all it settles that day."""
    together: Mapping[tuple[date, str], list[tuple[Bill, int]]] = defaultdict(list)
    for bill in bills:
        for day, cents in bill.banked:
            together[day, bill.house.number].append((bill, cents))
    for (day, _number), parts in sorted(together.items()):
        house = parts[0][0].house
        numbers = " ".join(bill.number for bill, _cents in parts)
        words = dice.choice(_WORDINGS).format(numbers=numbers)
        yield Movement(
            day, sum(cents for _bill, cents in parts), _received(house.name), bank_spelling(house.name), words
        )


def _received(name: str) -> str:
    return f"VIR SEPA RECU {bank_spelling(name)}"


def bank_spelling(name: str) -> str:
    """A name as banks print it: capitals without accents."""
    bare = unicodedata.normalize("NFKD", name.upper()).encode("ascii", "ignore").decode()
    return " ".join("".join(sign if sign.isalnum() or sign in "&'-" else " " for sign in bare).split())


def _out(today: date, dice: random.Random) -> Iterator[Movement]:
    """What a wholesaler pays: salaries, suppliers, the tax office, and the bank itself."""
    day, last = begins(today), today - timedelta(days=1)
    while day <= last:
        if not is_working_day(day):
            day += timedelta(days=1)
            continue
        for due, cents, label, name in _MONTHLY:
            if next_working_day(day.replace(day=due)) == day:
                yield Movement(day, -cents, label, name)
        if day.weekday() == 3:
            supplier = dice.choice(_SUPPLIERS)
            yield Movement(
                day, -dice.randrange(2_400_00, 9_800_00), f"VIR SEPA EMIS {supplier}", supplier, "VOS FACTURES"
            )
        if dice.random() < 0.3:
            yield Movement(day, -dice.randrange(18_00, 145_00), f"CARTE {day:%d/%m} {dice.choice(_SHOPS)}")
        day += timedelta(days=1)
    yield Movement(add_working_days(today, -1), -38_50, "FRAIS TENUE DE COMPTE")


_MONTHLY = (
    (1, 2_150_00, "PRLV SEPA SCI DU PORT LOYER", "SCI DU PORT"),
    (5, 4_870_00, "PRLV SEPA URSSAF BRETAGNE", "URSSAF BRETAGNE"),
    (10, 1_214_36, "ECHEANCE PRET 00418", ""),
    (21, 7_312_00, "PRLV SEPA DGFIP TVA", "DGFIP"),
    (27, 11_480_00, "VIR SALAIRES", ""),
)
"""Day of the month, cents, the bank's words, who is paid."""
_SUPPLIERS = ("EMBALLAGES DU PONANT", "DROGUERIE CENTRALE OUEST", "PAPIERS ET OUATES SA", "HYGIENE PRO LOIRE")
_SHOPS = ("STATION DU RHEU", "PAPETERIE DU CENTRE", "PEAGE A81")


def _hard(today: date, bills: Sequence["Bill"], transfers: Sequence[Movement]) -> Iterator[Movement]:
    """What no rule can settle alone, received in the last two days."""
    yesterday, day_before = add_working_days(today, -1), add_working_days(today, -2)
    by_house = {
        bill.house.number: bill
        for bill in bills
        if not bill.paid
        and bill.cents > 10 * _SHORT
        and bill.objection is None
        and 3 < (today - bill.due).days < 40
        and bill.house.country == "FR"
        and bill.house.regime != "B2G"
    }
    late = iter(by_house.values())
    for place, bill in enumerate(late):
        name, number, cents = bill.house.name, bill.number, bill.cents
        match place:
            case 0:
                yield Movement(yesterday, cents, "REMISE CHEQUE 0041852")
            case 1:
                payer = f"SCI {bill.house.contact.split()[-1].upper()} PATRIMOINE"
                yield Movement(yesterday, cents, _received(payer), payer, "REGLEMENT FACTURE")
            case 2:
                told = f"{number} MOINS CASSE A LIVRAISON"
                yield Movement(yesterday, cents - cents // 9, _received(name), bank_spelling(name), told)
            case 3:
                yield Movement(day_before, cents // 3, _received(name), bank_spelling(name), "ACOMPTE")
            case 4:
                yield Movement(day_before, cents + _ODD, "REMISE CHEQUE 0041849")
            case 5:
                yield Movement(
                    day_before, cents - _SHORT, _received(name), bank_spelling(name), f"{number} FRAIS DEDUITS"
                )
            case _:
                break
    recent = [line for line in transfers if line.day < day_before]
    if recent:
        again = recent[-1]
        yield Movement(yesterday, again.cents, again.label, again.name, again.words)

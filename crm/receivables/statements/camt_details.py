"""What a CAMT entry tells of a single payment: who, for whom, which references, why it came back.

Versions differ in where things stand (a name directly or under `Pty`, an amount directly or under `AmtDtls`); every place
is looked at, so that no version needs a reader of its own.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from crm.receivables.statements.assembly import Assembly, Movement
from crm.receivables.statements.texts import given, joined, words
from crm.receivables.statements.values import cents_of

_AMOUNTS = (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "CntrValAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt"))
_PAYER, _PAID = ("Dbtr", "UltmtDbtr"), ("Cdtr", "UltmtCdtr")
_Parts = dict[str, Element]


@dataclass(slots=True)
class Payment:
    """One payment inside of an entry."""

    cents: int | None
    """With its sign; None when it gives no amount in the currency that was booked."""
    label: str
    name: str
    ultimate_name: str
    iban: str
    bic: str
    end_to_end_id: str
    mandate_id: str
    bank_reference: str
    number: str
    operation_code: str
    purpose: str
    return_reason: str
    charges: int
    batch: str
    references: tuple[str, ...]
    documents: tuple[str, ...]


def payment_of(details: Element, entry: Movement, account: str, assembly: Assembly) -> Payment:
    """What one `TxDtls` says. The counterparty is the payer of money that came in, the paid one of money that went out,
    and the other way round in what came back.

    Raises:
        Invalid: one of its amounts is none.
    """
    parts = parts_of(details)
    refs = texts_of(parts.get("Refs"))
    cents = _cents(parts, entry)
    came_in = (entry.cents if cents is None else cents) >= 0
    came_back = entry.reversal or "RtrInf" in parts
    name, ultimate, iban, bic = _counterparty(parts, account, entry.line, assembly, payer=came_in != came_back)
    references, documents, said = _remittance(details) if "RmtInf" in parts else ((), (), [])
    if "AddtlTxInf" in parts:
        said += [child.text or "" for child in details.findall("AddtlTxInf")]
    return Payment(
        cents=cents,
        label=joined(*said, text_at(parts.get("RtrInf"), "AddtlInf")),
        name=name,
        ultimate_name=ultimate,
        iban=iban,
        bic=bic,
        end_to_end_id=given(refs.get("EndToEndId", "")),
        mandate_id=given(refs.get("MndtId", "")),
        bank_reference=given(refs.get("AcctSvcrRef", "")) or given(refs.get("TxId", "")) or given(refs.get("UETR", "")),
        number=given(refs.get("ChqNb", "")),
        operation_code=operation_of(parts.get("BkTxCd")),
        purpose=words(first_text(parts.get("Purp"), ("Cd",), ("Prtry",))),
        return_reason=words(first_text(parts.get("RtrInf"), ("Rsn", "Cd"), ("Rsn", "Prtry"))),
        charges=charges_of(details, entry.currency) if "Chrgs" in parts else 0,
        batch=given(refs.get("PmtInfId", "")),
        references=references,
        documents=documents,
    )


def operation_of(code: Element | None) -> str:
    """What kind of movement the bank says it is: `PMNT/RCDT/ESCT`, and its own code behind it."""
    if code is None:
        return ""
    parts = parts_of(code)
    domain = parts_of(parts.get("Domn"))
    family = texts_of(domain.get("Fmly"))
    named = (text_at(domain.get("Cd")), family.get("Cd", ""), family.get("SubFmlyCd", ""))
    return joined("/".join(filter(None, named)), text_at(parts.get("Prtry"), "Cd"))


def charges_of(element: Element, currency: str) -> int:
    """What the bank took, in the currency that was booked; amounts in another one are left out.

    Raises:
        Invalid: one of the amounts is none.
    """
    charges = 0
    for group in element.findall("Chrgs"):
        records = group.findall("Rcrd") or [group]
        for record in records:
            amount = record.find("Amt")
            amount = group.find("TtlChrgsAndTaxAmt") if amount is None and record is group else amount
            if amount is not None and amount.get("Ccy") == currency:
                taken = cents_of(amount.text or "", currency)
                charges += -taken if text_at(record, "CdtDbtInd") == "CRDT" else taken
    return charges


def parts_of(element: Element | None) -> _Parts:
    """The children by their names; of several with one name the first."""
    return {} if element is None else {child.tag: child for child in reversed(element)}


def texts_of(element: Element | None) -> dict[str, str]:
    """The texts of the children by their names."""
    return {} if element is None else {child.tag: (child.text or "").strip() for child in reversed(element)}


def text_at(element: Element | None, *path: str) -> str:
    """The text at a path, without the space around it; empty where there is none."""
    for tag in path:
        if element is None:
            return ""
        element = element.find(tag)
    return (element.text or "").strip() if element is not None else ""


def first_text(element: Element | None, *paths: tuple[str, ...]) -> str:
    """The first text there is at one of these paths."""
    if element is not None:
        for path in paths:
            if text := text_at(element, *path):
                return text
    return ""


def _cents(parts: _Parts, entry: Movement) -> int | None:
    side = text_at(parts.get("CdtDbtInd"))
    negative = side == "DBIT" if side else entry.cents < 0
    for first, *path in _AMOUNTS:
        amount = parts.get(first)
        for tag in path:
            amount = amount.find(tag) if amount is not None else None
        if amount is not None and amount.get("Ccy") == entry.currency:
            cents = cents_of(amount.text or "", entry.currency)
            return -cents if negative else cents
    return None


def _counterparty(
    parts: _Parts, account: str, line: int, assembly: Assembly, *, payer: bool
) -> tuple[str, str, str, str]:
    """Name, ultimate name, IBAN and BIC of one side of a payment; of the other where this one is ourselves."""
    parties, agents = parts_of(parts.get("RltdPties")), parts_of(parts.get("RltdAgts"))
    side, ultimate_side = _PAYER if payer else _PAID
    if account and _account(parties, side) == account:
        other, other_ultimate = _PAID if payer else _PAYER
        if _account(parties, other) != account and (_name(parties, other) or _account(parties, other)):
            side, ultimate_side = other, other_ultimate
    written = text_at(parties.get(f"{side}Acct"), "Id", "IBAN")
    bic = first_text(agents.get(f"{side}Agt"), ("FinInstnId", "BICFI"), ("FinInstnId", "BIC"))
    name, ultimate = _name(parties, side), _name(parties, ultimate_side)
    return name or ultimate, ultimate if name else "", assembly.iban(written, line), assembly.bic(bic, line)


def _account(parties: _Parts, side: str) -> str:
    return first_text(parties.get(f"{side}Acct"), ("Id", "IBAN"), ("Id", "Othr", "Id")).replace(" ", "")


def _name(parties: _Parts, side: str) -> str:
    party = parties.get(side)
    name = first_text(party, ("Nm",), ("Pty", "Nm"), ("Agt", "FinInstnId", "Nm"))
    return words(name or text_at(parties.get(f"{side}Acct"), "Nm"))


def _remittance(details: Element) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Structured references, numbers of documents, and all of the payer's words."""
    references: list[str] = []
    documents: list[str] = []
    said: list[str] = []
    for info in details.findall("RmtInf"):
        said += [child.text or "" for child in info.findall("Ustrd")]
        for structured in info.findall("Strd"):
            references += [given(text_at(reference, "Ref")) for reference in structured.findall("CdtrRefInf")]
            documents += [given(text_at(document, "Nb")) for document in structured.findall("RfrdDocInf")]
            said += [child.text or "" for child in structured.findall("AddtlRmtInf")]
    told = tuple(dict.fromkeys(filter(None, references))), tuple(dict.fromkeys(filter(None, documents)))
    return *told, [*said, *told[0], *told[1]]

"""What field :86: of MT940 tells of a movement. It has three shapes, and each bank keeps to one of them.

- subfields: `166?00TRANSFER?20EREF+123?21SVWZ+INVOICE 7?32DUPONT`, wrapped at 65 characters wherever that falls;
- code words: `/EREF/123/ORDP//NAME/DUPONT/REMI/INVOICE 7`;
- prose.
"""

import re
from collections.abc import Sequence

from crm.receivables.statements.accounts import account_of, bic_of, iban_of, looks_like_iban
from crm.receivables.statements.assembly import Assembly, Movement
from crm.receivables.statements.texts import given, joined, words

_WIDTH = 65
"""A line of this length goes on in the next one without a space."""
_PIECE = 27
_MOST = 16_000
"""Characters that are looked into; the norm allows for 390."""
_SUBFIELDS = re.compile(r"\s*([0-9]{3})([^\w\s/])(?=[0-9]{2})")
_PURPOSE = {*map(str, range(20, 30)), *map(str, range(60, 64))}
_SEPA = {
    mark: re.compile(rf"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|RREF){re.escape(mark)}\s?")
    for mark in "+:"
}
"""Tags of SEPA at the beginning of a subfield; a bank uses one of the two marks, and the other one is prose."""
_CODED = re.compile(
    r"/(ACCW|ADDR|BENM|BIC|CHGS|CNTP|CRED|CSID|EREF|EXCH|IBAN|ID|ISDT|KREF|MARF|MDAT|MREF|NAME|NBTR|NRTX|OCMT|ORCR|ORDP"
    r"|PREF|PURP|REMI|RTRN|SVCL|TRTP|TR|UCRD|UDTR|ULTB|ULTC|ULTD)/"
)
_STRUCTURED = re.compile(r"STRD/(?:[A-Z]{3}/)?(.+)")


def tell(movement: Movement, lines: Sequence[str], assembly: Assembly) -> None:
    """Fill a movement from the lines of its field (or fields) :86:."""
    wrapped = "".join(lines)[:_MOST]
    found = _SUBFIELDS.match(wrapped)
    if found is not None:
        _from_subfields(movement, found[1], wrapped[found.start(2) :], found[2], assembly)
    elif len(_CODED.findall(wrapped)) > 1 or _CODED.match(wrapped):
        _from_code_words(movement, wrapped, assembly)
    else:
        movement.label = joined(movement.label, _prose(lines))


def _prose(lines: Sequence[str]) -> str:
    return words("".join(line if len(line) >= _WIDTH else f"{line} " for line in lines))


def _from_subfields(movement: Movement, code: str, text: str, mark: str, assembly: Assembly) -> None:
    pieces = re.split(rf"{re.escape(mark)}([0-9]{{2}})", text)
    parts = list(zip(pieces[1::2], pieces[2::2], strict=True))
    named: dict[str, str] = {}
    for number, content in parts:
        if number not in _PURPOSE:
            named[number] = named.get(number, "") + content
    said = _purpose([content for number, content in parts if number in _PURPOSE])
    movement.operation_code = f"{movement.operation_code} {code}"
    movement.label = joined(
        movement.label, named.get("00", ""), *(given(said.get(tag, "")) for tag in ("", "SVWZ", "EREF", "KREF"))
    )
    movement.counterparty_name = words(named.get("32", "") + named.get("33", ""))
    movement.ultimate_name = words(said.get("ABWA", "") or said.get("ABWE", ""))
    movement.end_to_end_id = given(said.get("EREF", ""))
    movement.mandate_id = given(said.get("MREF", ""))
    movement.batch_id = given(said.get("KREF", ""))
    movement.return_reason = words(named.get("34", "")) if movement.reversal else ""
    account = said.get("IBAN", "") or named.get("38", "") or named.get("31", "")
    movement.counterparty_iban = _iban(account, movement, assembly) or movement.counterparty_iban
    movement.counterparty_bic = bic_of(words(said.get("BIC", "") or named.get("30", "")))


def _purpose(contents: Sequence[str]) -> dict[str, str]:
    """The purpose by the tags of SEPA, and what stands before any tag under the empty one. It was cut into pieces of 27
    characters, which belong together without a space."""
    tags = _SEPA["+" if any(map(_SEPA["+"].match, contents)) else ":"]
    said: dict[str, list[str]] = {}
    current = ""
    for content in contents:
        tag = tags.match(content)
        current = tag[1] if tag else current
        whole = content[tag.end() :] if tag else content
        said.setdefault(current, []).append(whole if len(content) >= _PIECE else f"{whole} ")
    return {tag: words("".join(pieces)) for tag, pieces in said.items()}


def _from_code_words(movement: Movement, text: str, assembly: Assembly) -> None:
    pieces = _CODED.split(text)
    told: dict[str, str] = {}
    for word, content in zip(pieces[1::2], pieces[2::2], strict=True):
        told.setdefault(word, content.strip("/ "))
    remitted = told.get("REMI", "").removeprefix("USTD//").removeprefix("USTD/")
    structured = _STRUCTURED.match(remitted)
    if structured:
        movement.structured_references = (given(structured[1]),)
    movement.label = joined(
        movement.label, pieces[0], structured[1] if structured else remitted, given(told.get("EREF", ""))
    )
    movement.end_to_end_id = given(told.get("EREF", ""))
    movement.mandate_id = given(told.get("MARF", "") or told.get("MREF", ""))
    movement.batch_id = given(told.get("PREF", ""))
    movement.purpose = words(told.get("PURP", "").removeprefix("CD/"))
    movement.return_reason = words(told.get("RTRN", ""))
    movement.reversal = movement.reversal or bool(movement.return_reason)
    account, bic, name = _counterparty(told)
    movement.counterparty_name = name
    movement.ultimate_name = words(told.get("ULTD", "") or told.get("ULTC", "") or told.get("ULTB", ""))
    movement.counterparty_iban = _iban(account, movement, assembly) or movement.counterparty_iban
    movement.counterparty_bic = bic_of(bic)


def _counterparty(told: dict[str, str]) -> tuple[str, str, str]:
    """Account, BIC and name, told one by one or together behind CNTP."""
    together = (told.get("CNTP", "") + "///").split("/")
    return (
        told.get("IBAN", "") or together[0],
        words(told.get("BIC", "") or together[1]),
        words(told.get("NAME", "") or together[2] or told.get("ORDP", "") or told.get("BENM", "")),
    )


def _iban(written: str, movement: Movement, assembly: Assembly) -> str:
    """The counterparty's IBAN; an account of another kind is none, a wrong IBAN is told."""
    bare = written.replace(" ", "")
    if looks_like_iban(bare):
        return assembly.iban(bare, movement.line)
    return iban_of(account_of(bare)) if bare else ""

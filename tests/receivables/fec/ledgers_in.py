"""Accounting files as programs write them: `a_fec(sale("F1", "DUP", 1200))`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

NAMES = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip  # read as a table: columns side by side
TITLES = {"VE": "Ventes", "BQ": "Banque", "AN": "A nouveaux", "OD": "Opérations diverses", "AC": "Achats"}


@dataclass(frozen=True)
class Posted:
    """One line; cents, debit positive."""

    account: str
    cents: int
    aux: str = ""
    name: str = ""
    code: str = ""


@dataclass(frozen=True)
class Entered:
    """One entry."""

    journal: str
    number: str
    day: date
    piece: str
    lines: tuple[Posted, ...]
    label: str = ""

    def lettered(self, code: str, *, aux: str | None = None) -> "Entered":
        """The same with a matching code on its customers' lines."""
        return replace(
            self,
            lines=tuple(
                replace(line, code=code) if line.account[:2] == "41" and aux in (None, line.aux) else line
                for line in self.lines
            ),
        )


def customer(aux: str, cents: int, account: str = "411000", code: str = "") -> Posted:
    """A line on a customer's account."""
    return Posted(account, cents, aux, f"Maison {aux.title()}", code)


def sale(piece: str, aux: str, euros: int, day: date, *, code: str = "", account: str = "411000") -> Entered:
    """An invoice, VAT at 20 %."""
    cents = euros * 100
    net = cents * 5 // 6
    return Entered(
        "VE", f"VE{piece}", day, piece,
        (customer(aux, cents, account, code), Posted("707000", -net), Posted("445710", net - cents)), f"Facture {piece}",
    )  # fmt: skip  # read as a table: columns side by side


def credit_note(piece: str, aux: str, euros: int, day: date, *, code: str = "") -> Entered:
    """A credit note."""
    cents = euros * 100
    net = cents * 5 // 6
    return Entered(
        "VE", f"VE{piece}", day, piece,
        (Posted("707000", net), Posted("445710", cents - net), customer(aux, -cents, code=code)), f"Avoir {piece}",
    )  # fmt: skip  # read as a table: columns side by side


def receipt(piece: str, aux: str, euros: int, day: date, *, code: str = "", account: str = "411000") -> Entered:
    """Money from a customer."""
    cents = euros * 100
    return Entered(
        "BQ",
        f"BQ{piece}",
        day,
        piece,
        (Posted("512000", cents), customer(aux, -cents, account, code)),
        f"Virement {aux}",
    )


def opening(day: date, *lines: Posted, number: str = "1", piece: str = "AN") -> Entered:
    """Balances brought forward, made even by capital."""
    rest = -sum(line.cents for line in lines)
    return Entered("AN", number, day, piece, (*lines, Posted("101000", rest)), "A nouveau")


def a_fec(
    *entries: Entered,
    separator: str = "\t",
    end: str = "\r\n",
    encoding: str = "utf-8",
    signed: bool = False,
    trailing: int = 0,
    extra: Sequence[str] = (),
    padded: bool = False,
    zeros: bool = False,
    lower: bool = False,
    numbered: bool = True,
    dated_codes: bool = True,
    auxiliary: bool = True,
) -> bytes:
    """The file of some entries, in one of the ways programs write it."""
    names = list(NAMES)
    if signed:
        names[11:13] = ["Montant", "Sens"]
    rows = [[*names, *extra]]
    for entry in entries:
        for line in entry.lines:
            account, aux, name, title = line.account, line.aux, line.name, TITLES.get(entry.journal, entry.journal)
            account_name = "Clients" if account[:3] == "411" else f"Compte {account}"
            if not auxiliary and aux:
                account, account_name, aux, name = account[:3] + aux, name, "", ""
            amounts = [_amount(max(line.cents, 0), zeros), _amount(max(-line.cents, 0), zeros)]
            if signed:
                amounts = [_amount(abs(line.cents), zeros), "D" if line.cents > 0 else "C"]
            day = f"{entry.day:%Y%m%d}"
            row = [
                entry.journal.lower() if lower else entry.journal, title, entry.number if numbered else "", day, account, account_name,
                aux, name, entry.piece, day, entry.label, *amounts, line.code, day if line.code and dated_codes else "", day, "", "",
                *("x" for _name in extra),
            ]  # fmt: skip  # read as a table: columns side by side
            rows.append([cell.ljust(6) if padded else cell for cell in row])
    text = end.join(separator.join(row) + separator * trailing for row in rows) + end
    return text.encode(encoding)


def _amount(cents: int, zeros: bool) -> str:
    text = f"{cents // 100},{cents % 100:02}"
    return text.zfill(15) if zeros else text

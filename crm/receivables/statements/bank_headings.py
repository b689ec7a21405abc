"""The columns of the tables that banks let people download, by the headings of French banks (and some others).

Above the header such tables often tell of the account: its number, its balance, the days. The header is the first row
that names a date, an amount and something written.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from crm.core.columns import ColumnSpec, Matched, canonical, match_columns
from crm.core.dialects import refuse_foreign, survey
from crm.core.i18n import _
from crm.core.problems import Unreadable
from crm.core.tables import Table
from crm.core.tabular import CsvTable, WorkbookTable
from crm.receivables.statements.texts import beginning_of, content_of, lines_of

MOST_ABOVE = 60
"""Rows among which the header is looked for."""
_SEPARATORS = (";", "\t", ",", "|")
_ZIPPED = b"PK\x03\x04"

COLUMNS = (
    ColumnSpec(
        "date",
        required=True,
        synonyms=(
            *("date comptable", "date de comptabilisation", "date comptabilisation", "date operation"),
            *(
                "date de l'operation",
                "date d'operation",
                "dateop",
                "date d'ecriture",
                "date ecriture",
                "date mouvement",
            ),
            *("date du mouvement", "date de l'operation (utc)", "date de l'operation (local)", "date d'execution"),
            *("booking date", "completed date", "transaction date", "settlement date", "date de reglement", "jour"),
        ),
    ),
    ColumnSpec("value_date", synonyms=("date valeur", "date de valeur", "valeur", "dateval", "date val")),
    ColumnSpec(
        "label",
        synonyms=(
            *("libelle", "libelle operation", "libelle de l'operation", "libelle complet", "libelle ecriture"),
            *("description", "designation", "intitule", "nature de l'operation", "operation", "libelle simplifie"),
            *("communication", "motif"),
        ),
    ),
    ColumnSpec(
        "details",
        synonyms=(
            *("detail", "detail de l'ecriture", "details de l'operation", "informations complementaires"),
            *("libelle complementaire", "complement", "reference de paiement", "payment reference", "commentaire"),
            *("comment", "memo", "note", "libelle interne", "libelle 2"),
        ),
    ),
    ColumnSpec("more", synonyms=("libelle simplifie", "libelle court", "autre libelle")),
    ColumnSpec(
        "counterparty",
        synonyms=(
            *("contrepartie", "nom de la contrepartie", "tiers", "nom du tiers", "payee", "partner name"),
            *(
                "emetteur",
                "donneur d'ordre",
                "beneficiaire",
                "emetteur beneficiaire",
                "counterparty name",
                "supplierfound",
            ),
        ),
    ),
    ColumnSpec(
        "iban",
        synonyms=("iban contrepartie", "iban de la contrepartie", "iban du tiers", "counterparty iban", "partner iban"),
    ),
    ColumnSpec(
        "amount",
        synonyms=(
            *("montant", "montant eur", "montant euro", "montant euros", "montant en eur", "montant en euros"),
            *("montant de l'operation", "montant operation", "montant total ttc", "montant ttc", "montant net"),
            *("montant en devise du compte", "amount eur", "somme"),
        ),
    ),
    ColumnSpec(
        "debit", synonyms=("debit euros", "debit eur", "debit en euros", "montant debit", "montant au debit", "debits")
    ),
    ColumnSpec(
        "credit",
        synonyms=("credit euros", "credit eur", "credit en euros", "montant credit", "montant au credit", "credits"),
    ),
    ColumnSpec(
        "balance",
        synonyms=(
            "solde",
            "solde euros",
            "solde eur",
            "solde progressif",
            "solde comptable",
            "solde apres operation",
            "accountbalance",
            "running balance",
        ),
    ),
    ColumnSpec("currency", synonyms=("devise", "monnaie", "devise du compte", "code devise")),
    ColumnSpec(
        "account",
        synonyms=(
            "compte",
            "numero de compte",
            "numero compte",
            "n° de compte",
            "n° compte",
            "accountnum",
            "iban du compte",
        ),
    ),
    ColumnSpec(
        "reference",
        synonyms=(
            *("ref", "numero d'operation", "numero operation", "n° operation", "n° d'operation", "reference operation"),
            *("reference de l'operation", "reference bancaire", "identifiant de transaction", "transaction id", "id"),
        ),
    ),
    ColumnSpec("number", synonyms=("numero de cheque", "n° de cheque", "n° cheque", "numero cheque", "cheque")),
    ColumnSpec(
        "operation",
        synonyms=(
            *(
                "type operation",
                "type d'operation",
                "type de l'operation",
                "type",
                "transaction type",
                "code operation",
            ),
            *("code interbancaire", "methode de paiement", "mode de paiement", "nature"),
        ),
    ),
    ColumnSpec("status", synonyms=("statut", "state", "etat")),
)
_AMOUNTS = ("amount", "debit", "credit")
_WORDS = ("label", "details", "more", "counterparty", "reference")


def fit(headings: Sequence[str], mapping: Mapping[str, str]) -> Matched | None:
    """The columns of a bank's table behind these headings; None when they are not those of one."""
    try:
        found = match_columns(headings, COLUMNS, mapping)
    except Unreadable:
        return None
    places = found.positions
    if all(places[name] is None for name in _AMOUNTS) or all(places[name] is None for name in _WORDS):
        return None
    return found


def score(headings: Sequence[str]) -> int:
    """How surely these headings are those of a bank's table; 0: they are not."""
    found = fit(headings, {})
    if found is None:
        return 0
    told = sum(place is not None for place in found.positions.values())
    return max(1, 10 * told - len(found.unknown))


def weigh(stream: BinaryIO, name: str) -> int:
    """How surely a CSV file or a workbook is a bank's table, also below rows about the account; 0: it is not."""
    try:
        return score(open_bank_table(stream, name, {}).table.headings)
    except Unreadable:
        return 0


def heading_key(headings: Sequence[str]) -> str:
    """By what a mapping is remembered: the same for every table that a bank makes alike."""
    return "|".join(canonical(heading) for heading in headings).strip("|")


@dataclass(frozen=True, slots=True)
class BankTable:
    """A table that a bank made, opened at its header."""

    table: Table
    above: list[list[str]]
    """The rows above the header."""
    offset: int
    """What the lines of the table lack to be those of the file."""
    columns: Matched


def open_bank_table(stream: BinaryIO, name: str, mapping: Mapping[str, str]) -> BankTable:
    """Open a CSV file or a workbook at the header of its table.

    Raises:
        Unreadable: no table, or none with the columns of a bank.
    """
    stream.seek(0)
    head = stream.read(len(_ZIPPED))
    opened = _open_sheet(stream, name, mapping) if head == _ZIPPED else _open_text(stream, name, mapping)
    table, above, offset = opened
    columns = match_columns(table.headings, COLUMNS, mapping)
    if all(columns.positions[name] is None for name in _AMOUNTS):
        raise Unreadable(
            _("The table has no column of amounts: neither amount, nor debit and credit."),
            next_step=_(
                "Name the columns of the file so; on the command line --map FIELD=COLUMN says where they stand."
            ),
        )
    return BankTable(table, above, offset, columns)


def recognise(head: bytes) -> bool:
    """Whether a text file begins like a table that a bank made. Workbooks are known by `score` alone."""
    if not head.strip() or head.startswith(_ZIPPED):
        return False
    return _find_header(beginning_of(head), {}) is not None


def _open_text(stream: BinaryIO, name: str, mapping: Mapping[str, str]) -> tuple[Table, list[list[str]], int]:
    content = content_of(stream)
    refuse_foreign(content[:4096])
    found = survey(stream)
    text = content.decode(found.encoding, "replace").removeprefix("\ufeff")
    header = _find_header(text, mapping)
    if header is None:
        return CsvTable(io.BytesIO(content), name), [], 0
    lines = lines_of(text)
    above = [_cells(line, header.separator) for line in lines[: header.line - 1]]
    rest = "\n".join(lines[header.line - 1 :])
    return CsvTable(io.BytesIO(rest.encode()), name), above, header.line - 1


@dataclass(frozen=True, slots=True)
class _Header:
    line: int
    separator: str


def _find_header(text: str, mapping: Mapping[str, str]) -> _Header | None:
    lines = lines_of(text[:200_000])[:MOST_ABOVE]
    for number, line in enumerate(lines, start=1):
        for separator in _SEPARATORS:
            if separator in line and fit(_cells(line, separator), mapping) is not None:
                return _Header(number, separator)
    return None


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _open_sheet(stream: BinaryIO, name: str, mapping: Mapping[str, str]) -> tuple[Table, list[list[str]], int]:
    sheet = _BankSheet(stream, name, mapping)
    return sheet, sheet.above, 0


class _BankSheet(WorkbookTable):
    """The first sheet of a workbook, from its header on."""

    def __init__(self, stream: BinaryIO, name: str, mapping: Mapping[str, str]) -> None:
        self._mapping = mapping
        self._first = 0
        self.above: list[list[str]] = []
        super().__init__(stream, name)

    def _records(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        records = super()._records()
        if not self._first:
            records = self._found(records)
        return (record for record in records if record[0] >= self._first)

    def _found(self, records: Iterator[tuple[int, tuple[Any, ...]]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        held: list[tuple[int, tuple[Any, ...]]] = []
        for line, cells in records:
            held.append((line, cells))
            texts = ["" if cell.value is None else str(cell.value) for cell in cells]
            if fit(_trimmed(texts), self._mapping) is not None:
                self._first = line
                break
            self.above.append(texts)
            if line >= MOST_ABOVE:
                break
        if not self._first:
            self._first, self.above = 1, []
        return _chained(held, records)


def _chained(
    held: Iterable[tuple[int, tuple[Any, ...]]], rest: Iterator[tuple[int, tuple[Any, ...]]]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    yield from held
    yield from rest


def _trimmed(texts: list[str]) -> list[str]:
    while texts and not texts[-1].strip():
        texts.pop()
    return texts

"""`interactions-csv`: what was said in the past. The same line again is the same exchange."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from crm.core.bulk import in_chunks
from crm.core.columns import ColumnSpec
from crm.core.db import table_of
from crm.core.errors import CrmError, Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, Wanted, check_names
from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.core.tabular import Reading
from crm.customers.interactions import ContactChannel, Direction, Interaction, Outcome
from crm.customers.queries import find_customer
from crm.customers.visible import CUSTOMER, records_of

_CHUNK = 5_000
_LONGEST = 100_000
_TIME = re.compile(r"[ T](\d{1,2}):(\d{2})")
_COLUMNS = (
    "customer_id", "invoice", "day", "time", "channel", "direction", "contact", "author", "outcome", "text",
)  # fmt: skip  # read as a table: columns side by side
_CHANNELS = {
    **{channel.value.replace("_", " "): channel.value for channel in ContactChannel},
    "telephone": "phone", "tel": "phone", "appel": "phone", "call": "phone", "mail": "email", "e mail": "email",
    "courriel": "email", "texto": "sms", "visite": "visit", "rendez vous": "meeting", "rdv": "meeting", "reunion": "meeting",
    "courrier": "letter", "lettre": "letter", "recommande": "registered_letter", "lrar": "registered_letter",
    "note": "",
}  # fmt: skip  # read as a table: columns side by side
_DIRECTIONS = {
    "out": "out", "sortant": "out", "emis": "out", "outgoing": "out", "outbound": "out", "in": "in", "entrant": "in",
    "recu": "in", "incoming": "in", "inbound": "in",
}  # fmt: skip  # read as a table: columns side by side
_OUTCOMES = {
    **{outcome.value.replace("_", " "): outcome.value for outcome in Outcome},
    "joint": "reached", "pas de reponse": "no_answer", "absent": "no_answer", "repondeur": "voicemail",
    "message laisse": "voicemail", "messagerie": "voicemail", "a rappeler": "callback_requested",
    "rappel demande": "callback_requested", "mauvais numero": "wrong_number", "faux numero": "wrong_number",
}  # fmt: skip  # read as a table: columns side by side


class _Told(NamedTuple):
    customer_id: int
    day: date
    time: str
    channel: str
    direction: str
    author: str
    outcome: str
    text: str


class InteractionsCsv(TableImporter):
    """One row an exchange or, without a channel, a note; the customer must be known."""

    kind = "interactions-csv"
    columns = (
        ColumnSpec("customer", required=True, synonyms=("client", "numero client", "code client", "tiers", "societe", "raison sociale", "siren")),
        ColumnSpec("date", required=True, synonyms=("jour", "le", "date et heure", "date de l echange")),
        ColumnSpec("channel", synonyms=("canal", "moyen", "type")),
        ColumnSpec("direction", synonyms=("sens",)),
        ColumnSpec("author", synonyms=("auteur", "par", "utilisateur", "user")),
        ColumnSpec("text", synonyms=("texte", "note", "commentaire", "compte rendu", "message", "comment")),
        ColumnSpec("outcome", synonyms=("resultat", "issue", "suite")),
    )  # fmt: skip  # read as a table: columns side by side
    dates = ("date",)

    def score(self, source, table):  # type: ignore[no-untyped-def]  # as TableImporter
        """A customer and a date alone could be anything: what was said, or how, tells that it is an exchange."""
        ours = {"text", "texte", "commentaire", "compte rendu", "outcome", "channel", "canal", "direction", "sens"}
        if table is None or not ours & {name_key(name) for name in table.headings}:
            return 0
        return super().score(source, table)

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add in bulk what is not there yet; as many equal lines as the file has are kept."""
        reader = _Reader(context, Cells(places), reading)
        batch = context.batch((Interaction, _COLUMNS))
        there: dict[int, Counter[_Told]] = {}
        for chunk in in_chunks(rows, _CHUNK):
            told_lines = []
            for line, row in chunk:
                report.read += 1
                try:
                    told_lines.append(reader.read(row))
                except CrmError as problem:
                    report.error(line, problem.message)
            _look_up(context, {told.customer_id for told in told_lines} - there.keys(), there)
            for told in told_lines:
                known = there[told.customer_id]
                if known[told] > 0:
                    known[told] -= 1
                    report.duplicates += 1
                    continue
                batch.add(
                    "interaction", told.customer_id, "", told.day, told.time, told.channel, told.direction, "",
                    told.author, told.outcome, told.text,
                )  # fmt: skip  # read as a table: columns side by side
                report.created += 1
            batch.flush()
            context.progress(_("exchanges"), report.read)
        batch.close()


def _look_up(context: Context, ids: Iterable[int], there: dict[int, Counter[_Told]]) -> None:
    """What is known of some customers before the file."""
    wanted = list(ids)
    there.update({key: Counter() for key in wanted})
    table = table_of(Interaction)
    columns = [table.c[name] for name in _Told._fields]
    query = select_columns(*columns).where(table.c.customer_id.in_(wanted))
    for row in context.session.connection().execute(query):
        there[row.customer_id][_Told(*row)] += 1


class _Reader:
    """Lines to checked values; each customer named is looked up once."""

    def __init__(self, context: Context, cells: Cells, reading: Reading) -> None:
        self._context, self._cells, self._reading = context, cells, reading
        self._customers: dict[str, int] = {}

    def read(self, row: list[str]) -> _Told:
        """One line.

        Raises:
            Invalid, NotFound, Ambiguous: it cannot be taken over, and why.
        """
        cells = self._cells
        cells.row = row
        if not cells["customer"]:
            raise Invalid(_("The customer is missing."))
        check_names(cells["customer"], cells["author"])
        day = self._reading.dates.read(cells["date"])
        if day > self._context.today:
            raise Invalid(_("An exchange is noted once it has taken place."))
        channel = _word(cells["channel"], _CHANNELS, _("“{word}” is not a way of exchange: {words}."), ContactChannel)
        way = _word(cells["direction"], _DIRECTIONS, _("“{word}” is not a direction: {words}."), Direction)
        outcome = _OUTCOMES.get(name_key(cells["outcome"]), cells["outcome"])
        if not (outcome or cells["text"]):
            raise Invalid(_("Say how it ended, or what was said."))
        check_names(outcome)
        if len(cells["text"]) > _LONGEST:
            raise Invalid(_("The text is longer than {count} characters.").format(count=_LONGEST))
        hour = _TIME.search(cells["date"])
        return _Told(
            self._customer(cells["customer"]),
            day,
            f"{int(hour[1]):02}:{hour[2]}" if hour else "",
            channel,
            (way or Direction.OUT.value) if channel else "",
            cells["author"],
            outcome,
            cells["text"],
        )

    def _customer(self, who: str) -> int:
        if who not in self._customers:
            self._customers[who] = find_customer(self._context.session, who).id
        return self._customers[who]


def _word(said: str, known: Mapping[str, str], refusal: str, words: Iterable[str]) -> str:
    if not said:
        return ""
    found = known.get(name_key(said))
    if found is None:
        raise Invalid(refusal.format(word=said[:30], words=", ".join(words)))
    return found


def interactions_sheet(context: Context, wanted: Wanted) -> Sheet:
    """Every exchange and note, or those with the customer asked for, in the columns of the import."""
    query = (
        select(CUSTOMER.c.number, Interaction)
        .join(CUSTOMER, CUSTOMER.c.id == col(Interaction.customer_id))
        .order_by(CUSTOMER.c.number, col(Interaction.day), col(Interaction.time), col(Interaction.id))
    )
    if wanted.customer:
        theirs = records_of(context.session, find_customer(context.session, wanted.customer).id)
        query = query.where(col(Interaction.customer_id).in_(theirs))
    names = [spec.name for spec in InteractionsCsv.columns]
    columns = tuple(Column(name, name) for name in names)
    rows = tuple(
        (number, f"{row.day} {row.time}".strip(), row.channel, row.direction, row.author, row.text, row.outcome)
        for number, row in context.session.exec(query)
    )
    return Sheet(_("Exchanges"), columns, rows)


IMPORTERS = (InteractionsCsv(),)
DATASETS = {"interactions": interactions_sheet}

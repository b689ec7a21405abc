"""A formal notice as a printed letter, with its statement and payment code: 40 ms at most.

`python -m benchmarks.letters [letters]`.
"""

import sys
from collections.abc import Iterator
from datetime import date

from benchmarks.measure import Result, seconds
from crm.core.documents import letters_pdf
from crm.messaging.letters import letter_of
from crm.messaging.models import OutgoingMessage
from crm.messaging.rendering import Heading, pairs, stacked, table
from crm.messaging.transports.letter import sheet_of

_COUNT, _LIMIT_MS, _INVOICES = 40, 40, 20
_BANK = [("Titulaire", "Atelier Morvan"), ("IBAN", "FR76 3000 6000 0112 3456 7890 189"), ("BIC", "AGRIFRPP"),
         ("Montant", "4 432,57 €"), ("Référence à rappeler", "4471"), ("Référence structurée", "RF52 4471")]  # fmt: skip  # read as a table: columns side by side


def run(count: int = _COUNT) -> Iterator[Result]:
    """One at a time, then as one batch."""
    letters = [_message(serial) for serial in range(count)]
    sheet_of(letters[0])
    alone = seconds(lambda: [sheet_of(letter) for letter in letters]) / count * 1000
    yield Result(f"a letter of {_INVOICES} invoices, each a file, {count} letters", alone, _LIMIT_MS, " ms")
    together = seconds(lambda: letters_pdf([letter_of(letter) for letter in letters])) / count * 1000
    yield Result(f"the same in one print batch of {count}", together, _LIMIT_MS, " ms")


def _message(serial: int) -> OutgoingMessage:
    heads = (Heading("Facture"), Heading("Échéance"), Heading("Reste dû", right=True))
    rows = [[[f"F2026-{serial}-{place}", "du 30/09/2026"], ["30/10/2026"], ["221,63 €"]] for place in range(_INVOICES)]
    sentence = "Nous vous mettons en demeure de nous payer cette somme dans un délai de dix jours. " * 4
    body = (
        "<p>Atelier Morvan, SARL au capital de 40 000 €, 12 quai de la Fosse, 44000 Nantes</p>",
        stacked([f"Boulangerie Dubois {serial}", "3 rue du Four", "35000 Rennes"], style="recipient"),
        "<p>Nantes, le 24 novembre 2026</p><p>Objet : mise en demeure de payer 4 432,57 €</p>",
        *[f"<p>{sentence}</p>"] * 5,
        pairs("Pour régler par virement", _BANK, "Un doute ? Appelez-nous."),
        "<p>ANNEXE – Décompte</p>",
        table(heads, rows, ("Total", "4 432,57 €")),
    )
    return OutgoingMessage(
        id=serial, purpose="dunning", channel="registered_letter", recipient="Boulangerie Dubois", subject="Mise en demeure",
        text="x", html=f"<main>{''.join(body)}</main>", language="fr", day=date(2026, 11, 24), approved_by="Léa",
    )  # fmt: skip  # read as a table: columns side by side


if __name__ == "__main__":
    for result in run(*map(int, sys.argv[1:2])):
        print(result)

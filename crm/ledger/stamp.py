"""The words by which tax on a lost debt is taken back: the stamp on the duplicate of the invoice, and its time limit.

Source: CGI 272-1 and BOI-TVA-DED-40-10-20; time limit: CGI ann. II 208. From 1 January 2027 the CIBS takes the place of this
article; references to the CGI are tolerated until 30 June 2028 (ordinances 2025-1247 and 2026-671).
"""

from __future__ import annotations

from datetime import date

from crm.core.money import plain
from crm.ledger.postings import Split

_STAMP = (
    "Facture demeurée impayée pour la somme de {net}\u00a0€ (prix net) et pour la somme de {vat}\u00a0€ "
    "(TVA correspondante) qui ne peut faire l’objet d’une déduction (article\u00a0272 du CGI)"
)
RENUMBERED, TOLERATED_UNTIL = date(2027, 1, 1), date(2028, 6, 30)
"""The day on which the CIBS takes over, and the last one on which the stamp may name the CGI."""


def stamp(part: Split) -> str:
    """What is stamped on the duplicate: a legal text, in French whatever the language in use."""
    net, vat = (plain(cents).replace(".", ",") for cents in (part.net, part.vat))
    return _STAMP.format(net=net, vat=vat)


def last_day(event: date) -> date:
    """Until when the tax may be deducted: the end of the second year after the event that made the debt irrecoverable."""
    return date(event.year + 2, 12, 31)

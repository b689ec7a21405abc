"""Every format of bank statements, in the order in which they are tried. A new one is added here."""

from crm.receivables.statements.bank_table import BANK_TABLE
from crm.receivables.statements.camt import CAMT053, CAMT054
from crm.receivables.statements.cfonb120 import CFONB120
from crm.receivables.statements.model import StatementFormat
from crm.receivables.statements.mt940 import MT940
from crm.receivables.statements.ofx import OFX
from crm.receivables.statements.qif import QIF

FORMATS: tuple[StatementFormat, ...] = (CAMT053, CAMT054, OFX, CFONB120, MT940, QIF, BANK_TABLE)


def recognise(head: bytes) -> StatementFormat | None:
    """The format of a file, from its first bytes; None: no statement that is known by them."""
    return next((known for known in FORMATS if known.recognise(head)), None)

"""What a provider tells of an SMS after it took it over: noted once, however often and in whatever order it is told.

Like the outcomes that the dispatcher notes, this is no action: short transactions of facts from outside.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from crm.core.db import Database
from crm.core.i18n import _
from crm.messaging.models import Channel, DeadAddress, Delivery, OutgoingMessage, Report, State
from crm.messaging.queries import dead_address
from crm.messaging.transports.sms import GONE

_LOST = {"undelivered", "failed", "canceled"}
_ON_ITS_WAY = {"accepted", "queued", "sending", "sent", "scheduled"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A report: the provider's number of the message, where it went, its status, and the code of an error."""

    sid: str
    to: str
    status: str
    error: int | None = None
    message: int | None = None
    """Our own number, from the address we gave."""


def note_receipt(database: Database, receipt: Receipt, at: datetime) -> bool:
    """Note a report; False when it is about no message of ours, or was noted before."""
    with database.writing() as session:
        row = _meant(session, receipt)
        noted = row is not None and _noted(session, row, receipt, at)
        if noted:
            session.commit()
        return noted


def _meant(session: Session, receipt: Receipt) -> OutgoingMessage | None:
    """The message a report is about; kept from the dispatcher until the commit."""
    key = receipt.message
    if key is None and receipt.sid:
        query = select(Delivery.message_id).where(Delivery.provider_id == receipt.sid).order_by(col(Delivery.id).desc())
        key = session.exec(query).first()
    if key is None:
        return None
    row = session.get(OutgoingMessage, key, with_for_update=True)
    same = row is not None and row.channel == Channel.SMS.value and receipt.to in ("", row.recipient)
    return row if same else None


def _noted(session: Session, row: OutgoingMessage, receipt: Receipt, at: datetime) -> bool:
    if receipt.status in _ON_ITS_WAY:
        if row.state != State.UNCERTAIN.value:
            return False
        # The answer was lost, not the message: the provider has it.
        row.state, row.sent_at = State.SENT.value, at
        row.reason = _("The provider has it: {status}.").format(status=receipt.status)
        _keep(session, row, State.SENT.value, receipt, at)
        return True
    if receipt.status != "delivered" and receipt.status not in _LOST:
        return False
    report = Report.DELIVERED if receipt.status == "delivered" else Report.UNDELIVERED
    told = select(Delivery.id).where(
        Delivery.message_id == row.id,
        Delivery.provider_id == receipt.sid,
        col(Delivery.outcome).in_([kind.value for kind in Report]),
    )
    if session.exec(told).first() is not None:
        return False
    _keep(session, row, report.value, receipt, at)
    if report is Report.DELIVERED:
        if row.state == State.UNCERTAIN.value:
            row.state, row.sent_at = State.SENT.value, at
        row.reason = _("Delivered.")
    elif row.state in {State.SENT.value, State.UNCERTAIN.value}:
        row.state = State.FAILED.value
        row.reason = _("Not delivered: {why}.").format(why=_why(receipt))
        _mark(session, row, receipt, at)
    session.add(row)
    return True


def _why(receipt: Receipt) -> str:
    return f"{receipt.status} {receipt.error}" if receipt.error else receipt.status


def _keep(session: Session, row: OutgoingMessage, outcome: str, receipt: Receipt, at: datetime) -> None:
    code = str(receipt.error or "")
    session.add(row)
    session.add(
        Delivery(
            message_id=row.id,
            attempt=row.attempts,
            at=at,
            outcome=outcome,
            code=code,
            server_reply=receipt.status,
            provider_id=receipt.sid,
        )
    )


def _mark(session: Session, row: OutgoingMessage, receipt: Receipt, at: datetime) -> None:
    """A number that takes no SMS is tried no more."""
    if receipt.error in GONE and dead_address(session, row.channel, row.recipient) is None:
        session.add(
            DeadAddress(
                channel=row.channel, address=row.recipient.lower(), since=at, reason=row.reason, message_id=row.id
            )
        )

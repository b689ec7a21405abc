"""Writing to a customer: a person's own words, and copies of invoices, through the same outbox as reminders."""

import hashlib
import json
from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.errors import Refused, refuse_if
from crm.core.i18n import _
from crm.core.runner import Context
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer, Document
from crm.customers.queries import find_customer
from crm.followup.gate import against_any
from crm.followup.plan_items import UNCOUNTED
from crm.followup.queries import addressees, facts_of
from crm.followup.run import Preparation
from crm.messaging.actions import MessageCard
from crm.messaging.contact_gate import passage
from crm.messaging.models import Channel, OutgoingMessage, Purpose, State
from crm.messaging.queries import dead_addresses, live_channels
from crm.receivables.actions.promises import named
from crm.receivables.models import Instalment

_SAID = 3
"""Letters of a reason at least."""


def _queued(
    context: Context,
    owner: Customer,
    subject: str,
    text: str,
    files: Sequence[Document] = (),
    *,
    address: str = "",
    reasons: Sequence[str] = (),
    stem: str = "message",
) -> MessageCard:
    """Put a message into the outbox; where e-mail is not live it is kept to be looked at.

    Raises:
        Refused: no address works, or the same was queued today already.
    """
    session = context.session
    root = owner.root_id or owner.id
    letter = Preparation(context, context.today).by_hand(root, subject, text)
    who = letter.who
    to = address or (who.contact.email if who.contact else "")
    if not to:
        raise Refused(who.fault or _("No e-mail address is known."), _("crm update-contact gives one."))
    # The hours come with the letter: those of the customer's country.
    gate = passage(Channel.EMAIL.value, to, context.now, dead=dead_addresses(session, Channel.EMAIL.value, [to]))
    refuse_if(not gate.open, gate.refused)
    digest = hashlib.sha256(f"{subject}\n{text}\n{to}".encode()).hexdigest()[:20]
    stem = f"{stem}/{context.today.isoformat()}/{who.number}/{digest}"
    earlier = session.exec(
        select(OutgoingMessage.state).where(col(OutgoingMessage.dedupe_key).between(stem, stem + "~"))
    ).all()
    refuse_if(
        any(state not in UNCOUNTED for state in earlier),
        _("The same words have gone to {name} today already.").format(name=who.name),
    )
    key = f"{stem}/{len(earlier) + 1}"
    domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
    row = OutgoingMessage(
        purpose=Purpose.MESSAGE.value,
        customer_id=root,
        channel=Channel.EMAIL.value,
        recipient=to,
        recipient_name=who.contact.name if who.contact and not address else who.name,
        sender_name=letter.sender.name,
        sender_address=context.settings.mail_from,
        reply_to=letter.sender.email,
        subject=letter.message.subject,
        text=letter.message.text,
        html=letter.message.html,
        language=who.language,
        message_id=f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>",
        dedupe_key=key,
        state=(State.QUEUED if Channel.EMAIL.value in live_channels(session) else State.REHEARSED).value,
        not_before=letter.not_before,
        day=context.today,
        queued_at=context.now,
        approved_by=context.actor.name,
        reasons=json.dumps([_("Written by {name}.").format(name=context.actor.name), *reasons], ensure_ascii=False),
        attachments=json.dumps(
            [
                {"sha256": file.sha256, "name": file.name, "size": file.size, "media_type": "application/pdf"}
                for file in files
            ]
        ),
    )
    session.add(row)
    session.flush()
    return MessageCard(row, owner, ())


def _against(context: Context, owner: int) -> list[str]:
    """What the gate has against another message to a customer today, in words."""
    people = addressees(context.session, [owner])
    facts = facts_of(context.session, context.today, people, [(owner, "EUR")])[owner, "EUR"]
    return [reason.text for reason in against_any(facts, context.today)]


class SendMessage(Action[MessageCard]):
    """Write to a customer in your own words, by e-mail, signed as reminders are."""

    effect = Effect.SEND
    aliases = {"note": "text"}  # noqa: RUF012  a constant table, never altered
    roles = frozenset({"manager", "account_manager", "accountant"})

    customer: CustomerRef = Field(description="Name or number")
    subject: str = Field(min_length=1, max_length=200, description="Subject line")
    text: str = Field(min_length=1, max_length=20_000, description="The text; your signature follows it")
    despite: str = Field("", max_length=500, description="Why it leaves although the gate would hold it")

    def perform(self, context: Context) -> MessageCard:
        """Queue it.

        Raises:
            Refused: no address works, the same was written today already, or the gate holds it and nobody says why it leaves.
            Invalid: it holds a sign that no message may carry.
        """
        customer = find_customer(context.session, self.customer)
        against = _against(context, customer.root_id or customer.id)
        refuse_if(
            bool(against) and len(self.despite.strip()) < _SAID,
            " ".join(against),
            _("Wait, or say why it leaves all the same (despite)."),
        )
        said = [_("Despite: {why}").format(why=self.despite.strip()), *against] if against else []
        return _queued(context, customer, self.subject, self.text, reasons=said)


class SendInvoiceCopy(Action[MessageCard]):
    """Send a customer the copy of an invoice, where its file is known."""

    effect = Effect.SEND
    roles = frozenset({"manager", "account_manager", "accountant"})

    invoice: str = Field(min_length=1, description="Number of the invoice")
    email: str = Field("", max_length=320, description="To this address; to the usual one if left out")

    def perform(self, context: Context) -> MessageCard:
        """Queue it, with the file.

        Raises:
            NotFound: there is no such invoice.
            Refused: its file is not known, or no address works.
        """
        session = context.session
        customer, invoice = named(session, None, self.invoice)
        if invoice is None:
            raise Refused(_("Name the invoice."))
        files = session.exec(
            select(Document)
            .where(Document.kind == "invoice", Document.subject == invoice.number)
            .order_by(col(Document.id))
        ).all()
        refuse_if(
            not files,
            _("The file of invoice {number} is not known.").format(number=invoice.number),
            _("crm import-data takes PDF files named by the number of their invoice."),
        )
        due = session.exec(select(func.max(Instalment.due_date)).where(Instalment.invoice_id == invoice.id)).one()
        hello, templates = Preparation(context, context.today).hello(customer.root_id or customer.id)
        spoken = "en" if customer.language.lower().startswith("en") else "fr"
        told = {"number": invoice.number, "due_date": due}
        filled = templates.render(
            f"replies/invoice_copy.{spoken}.txt", one=True, invoice=told, invoices=[told], hello=hello
        )
        subject, _end, text = filled.partition("\n")
        return _queued(context, customer, subject, text, files, address=self.email.strip(), stem="copy")


ACTIONS = (SendMessage, SendInvoiceCopy)

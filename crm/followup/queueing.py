"""Puts the messages of a run into the outbox, with what each says about which instalment."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlmodel import col, select

from crm.core.i18n import _
from crm.core.money import shown
from crm.core.runner import Context
from crm.customers.models import Document
from crm.customers.tasks import Task, TaskType
from crm.followup.ends import end_tasks
from crm.followup.models import Reminder
from crm.followup.run import AtTheEnd, Prepared
from crm.messaging.models import OutgoingMessage
from crm.messaging.queries import live_channels
from crm.receivables.queries import Whose

if TYPE_CHECKING:
    from crm.followup.actions.dunning import MessageLine


class RunQueue:
    """Queues messages, with what each says about which instalment."""

    _SHAPES = (
        (
            OutgoingMessage,
            (
                "purpose", "customer_id", "level", "channel", "recipient", "recipient_name", "sender_name", "sender_address", "reply_to",
                "subject", "text", "html", "language", "currency", "total_cents", "reasons", "attachments", "message_id", "dedupe_key",
                "state", "not_before", "next_try", "attempts", "claimed_by", "lease_until", "reason", "day", "queued_at", "sent_at",
                "approved_by",
            ),
        ),
        (
            Reminder,
            ("instalment_id", "message_id", "level", "day", "asked_cents", "plan_instalment_id", "scenario_id"),
        ),
        (Task, ("task_type", "customer_id", "invoice", "day", "time", "assignee", "note", "origin", "done", "outcome")),
    )  # fmt: skip  # read as a table: columns side by side

    def __init__(self, context: Context, day: date, of: Whose) -> None:
        self._context, self._day = context, day
        self._taken = self._keys_taken(of)
        self._batch = context.batch(*self._SHAPES)
        self._live = live_channels(context.session)
        self._domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
        self.queued: list[tuple[str, str]] = []
        """Customers and currencies whose message has been queued."""
        self._documents: dict[str, list[Document]] | None = None

    def put(self, prepared: Prepared, line: MessageLine) -> None:
        """Queue a message; where its channel is not live it is kept to be looked at, and never sent."""
        customer, contact, sender = prepared.who, prepared.who.contact, prepared.sender
        key = self._dedupe_key(line)
        self.queued.append((line.customer, line.currency))
        live = line.channel in self._live
        message_id = self._batch.add(
            "outgoing_message", "dunning", customer.id, line.level, line.channel, line.to,
            contact.name if contact else customer.name, sender.name, self._context.settings.mail_from, sender.email,
            line.subject, line.text, line.html, customer.language, line.currency, line.total,
            json.dumps(line.reasons, ensure_ascii=False), self._attachments(line), self._message_id(key), key,
            "queued" if live else "rehearsed", prepared.not_before, None, 0, "", None, "", self._day, self._context.now, None,
            self._context.actor.name,
        )  # fmt: skip  # read as a table: columns side by side
        for due in prepared.decision.dues:
            rate = due.item.agreed.rate.id if due.item.agreed else None
            self._batch.add(
                "reminder",
                due.item.instalment_id,
                message_id,
                due.level,
                self._day,
                due.cents,
                rate,
                prepared.decision.scenario.id,
            )
        if line.channel == "registered_letter" and live:
            note = _("Post the formal notice to {name}, {amount}: the text is in the outbox.").format(
                name=customer.name, amount=shown(line.total, line.currency)
            )
            self._batch.add(
                "task",
                TaskType.LETTER.value,
                customer.id,
                "",
                self._day,
                "",
                customer.account_manager,
                note,
                "dunning/4",
                None,
                "",
            )

    def close(self, ends: Sequence[AtTheEnd]) -> None:
        """Write everything, and ask about those who have had every step."""
        for row in end_tasks(self._context.session, ends, self._day):
            self._batch.add("task", *row)
        self._batch.close()

    def _dedupe_key(self, line: MessageLine) -> str:
        """Day, customer, currency and level, counted on when an earlier message of the same has failed or was only rehearsed."""
        stem = f"dunning/{self._day.isoformat()}/{line.customer}/{line.currency}/{line.level}"
        self._taken[stem] += 1
        return f"{stem}/{self._taken[stem]}"

    def _keys_taken(self, of: Whose) -> Counter[str]:
        """How many messages of the day each key has had."""
        stem = f"dunning/{self._day.isoformat()}/"
        known = select(OutgoingMessage.dedupe_key).where(col(OutgoingMessage.dedupe_key).between(stem, stem + "~"))
        if of.customer_ids is not None:
            known = known.where(col(OutgoingMessage.customer_id).in_(of.customer_ids))
        return Counter(key.rpartition("/")[0] for key in self._context.session.exec(known))

    def _message_id(self, key: str) -> str:
        return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{self._domain}>"

    def _attachments(self, line: MessageLine) -> str:
        if self._documents is None:
            self._documents = {}
            for row in self._context.session.exec(select(Document).where(Document.kind == "invoice")):
                self._documents.setdefault(row.subject, []).append(row)
        found = [row for number in line.invoices for row in self._documents.get(number, ())]
        return json.dumps(
            [
                {"sha256": row.sha256, "name": row.name, "size": row.size, "media_type": "application/pdf"}
                for row in found
            ]
        )

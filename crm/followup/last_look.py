"""The last look before a reminder leaves: is all of it still owed, and does nothing hold the customer by now?"""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlmodel import Session

from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import shown
from crm.customers.visible import merged
from crm.followup.models import Reminder
from crm.followup.queries import addressees, facts_of, item_stream
from crm.messaging.models import OutgoingMessage
from crm.receivables.queries import Whose

_REMINDER = table_of(Reminder)


def still_owed(session: Session, messages: Sequence[OutgoingMessage], day: date) -> Mapping[int, str]:
    """The reminders that must not leave as they are, each with the reason in words.

    A message states amounts: it leaves only if each is still open, undisputed and unpromised, and nothing holds the customer.
    What is held back here is planned afresh by the next run.
    """
    root = merged(session)
    owner_of = {m.id: root.get(m.customer_id, m.customer_id) for m in messages if m.customer_id is not None}
    owners = tuple(set(owner_of.values()))
    if not owners:
        return {}
    pairs = [(owner_of[message.id], message.currency) for message in messages if message.id in owner_of]
    facts = facts_of(session, day, addressees(session, owners), pairs)
    may_ask: dict[tuple[int, int | None], int] = {}
    numbers: dict[int, str] = {}
    for group in item_stream(session, day, date.max, Whose(customer_ids=owners)):
        known = facts.get((group.customer_id, group.currency))
        if known is None:
            continue
        promised = {promise.invoice_id for promise in known.promises}
        held = {hold.invoice for hold in known.holds if hold.invoice}
        for item in group.items:
            kept_out = None in promised or item.invoice_id in promised or item.number in held
            rate = item.agreed.rate.id if item.agreed else None
            may_ask[item.instalment_id, rate] = 0 if kept_out else item.open - item.disputed
            numbers[item.instalment_id] = item.number
    asked: dict[int, list[tuple[tuple[int, int | None], int]]] = {}
    ids = [message.id for message in messages]
    for row in session.connection().execute(select(_REMINDER).where(_REMINDER.c.message_id.in_(ids))):
        asked.setdefault(row.message_id, []).append(((row.instalment_id, row.plan_instalment_id), int(row.asked_cents)))
    found: dict[int, str] = {}
    for message in messages:
        if message.id not in owner_of:
            continue
        known = facts[owner_of[message.id], message.currency]
        whole = [hold.reason for hold in known.holds if not hold.invoice]
        whole += [known.displeased.words] if known.displeased and known.displeased.day == day else []
        changed = [(key, cents) for key, cents in asked.get(message.id, ()) if may_ask.get(key, 0) < cents]
        if whole:
            found[message.id] = _("Held since: {reason}").format(reason=whole[0])
        elif changed:
            key, cents = changed[0]
            amount = shown(cents - may_ask.get(key, 0), message.currency)
            found[message.id] = _(
                "{amount} of invoice {number} are no longer to be asked for: the next run plans it again."
            ).format(amount=amount, number=numbers.get(key[0]) or _("settled since"))
    return found

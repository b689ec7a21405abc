"""One pass over customers for a day: decide, and where something may leave, write it. Streamed: a few hundred customers at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import func, select

from crm.access.models import User
from crm.access.queries import all_users
from crm.core import calendar
from crm.core.bulk import in_chunks
from crm.core.errors import CrmError, Refused
from crm.core.i18n import _
from crm.core.journal import JournalEntry
from crm.core.money import Money
from crm.core.places import Place, country_line, place_of
from crm.core.runner import Context
from crm.core.templating import Templates
from crm.customers.models import Company
from crm.customers.queries import our_accounts, the_company
from crm.followup import wording
from crm.followup.gate import Decision, Reason, Verdict, Weight, decide
from crm.followup.planning import Due, exit_reached
from crm.followup.policy import FORMAL_NOTICE, NO_EXIT, Base, Scenario
from crm.followup.queries import (
    Addressee,
    CustomerItems,
    Ground,
    addressees,
    facts_of,
    ground_of,
    horizon,
    item_stream,
)
from crm.followup.scenarios import Book, Followed, book_of
from crm.followup.slots import Slot, Tone, tone_for
from crm.followup.texts import own_texts
from crm.followup.thanks import thanked
from crm.law.queries import series
from crm.law.series import Law
from crm.messaging.contact_gate import earliest_at
from crm.messaging.models import Channel
from crm.messaging.rendering import Message
from crm.receivables.payments_read import freshness
from crm.receivables.queries import Whose

_CHUNK = 5_000
_SOURCES_OF_MONEY = ("import_data", "record_payment")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which of the planned messages are meant."""

    level: int | None = None
    channel: str | None = None
    amount_min: Money | None = None
    days_overdue_min: int | None = None
    skip: frozenset[int] = frozenset()

    def keeps(self, decision: Decision, owner: int, currency: str, today: date) -> bool:
        """Whether a decision is among those meant."""
        if self == _EVERYTHING:
            return True
        # The earliest stands first.
        oldest = (today - decision.dues[0].item.due).days if decision.dues else 0
        return (
            owner not in self.skip
            and self.level in (None, decision.level)
            and self.channel in (None, decision.channel)
            and (
                self.amount_min is None
                or (self.amount_min.currency == currency and decision.total >= self.amount_min.cents)
            )
            and (self.days_overdue_min is None or oldest >= self.days_overdue_min)
        )


_EVERYTHING = Narrowing()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decision about one customer and currency, and the message where there is one."""

    who: Addressee
    currency: str
    decision: Decision
    message: Message | None
    notes: tuple[str, ...]
    sender: wording.SenderFacts
    not_before: datetime | None


class AtTheEnd(NamedTuple):
    """A customer who has had every step: what the scenario names is decided by a person."""

    who: Addressee
    currency: str
    total: int
    """What is overdue, in cents."""
    scenario: Scenario
    last_step: date


@dataclass(frozen=True, slots=True)
class Letter:
    """A person's own words, ready to be queued."""

    who: Addressee
    sender: wording.SenderFacts
    message: Message
    not_before: datetime | None


class Preparation:
    """What a run needs once: who we are, the law, the texts, the day."""

    def __init__(
        self, context: Context, day: date, *, texts: Mapping[str, str] | None = None, write: bool = True
    ) -> None:
        self._context, self._day, self._write = context, day, write
        self._texts = texts or {}
        session = context.session
        self.book: Book = book_of(session, day)
        self.at_the_end: list[AtTheEnd] = []
        """Whoever has had every step, as the stream has come upon them."""
        row = the_company(session)
        self._row = row
        self._company = _company(row, our_accounts(session))
        self._users: dict[str, User] = {user.number: user for user in all_users(session)}
        self._law: Law = series(session)
        self._templates: dict[str, Templates] = {}
        self._own = own_texts(session)
        self._known_until = self._money_known_until()
        self._from: dict[tuple[str, str], datetime | None] = {}
        self._signers: dict[tuple[str, str], wording.SenderFacts] = {}

    def stream(self, of: Whose, narrowing: Narrowing) -> Iterator[Prepared]:
        """Every decision of the day among those meant, with its message."""
        session, day = self._context.session, self._day
        groups = item_stream(session, day, horizon(day, self.book.first_offset), of)
        for chunk in in_chunks(groups, _CHUNK):
            yield from self._decided(chunk, narrowing)

    def owners(self, of: Whose) -> Iterator[int]:
        """The customers with anything open that a day's planning looks at, each once, in order."""
        last = None
        for group in item_stream(self._context.session, self._day, horizon(self._day, self.book.first_offset), of):
            if group.customer_id != last and self.book.may_reach(group.items, self._day):
                last = group.customer_id
                yield last

    def _decided(self, chunk: list[CustomerItems], narrowing: Narrowing) -> Iterator[Prepared]:
        session = self._context.session
        people = addressees(session, sorted({group.customer_id for group in chunk}))
        facts = facts_of(
            session, self._day, people, [(group.customer_id, group.currency) for group in chunk], self._ground
        )
        chosen = self.book.for_groups(session, chunk, self._day)
        for group in chunk:
            known = facts[group.customer_id, group.currency]
            followed = chosen(group)
            decision = decide(followed.items, known, followed.scenario, self._day, followed.own)
            if decision is None and not known.holds:
                self._look_for_exit(people[group.customer_id], group.currency, followed)
            if decision is not None and narrowing.keeps(decision, group.customer_id, group.currency, self._day):
                yield self._prepared(people[group.customer_id], group.currency, decision)

    def _look_for_exit(self, who: Addressee, currency: str, followed: Followed) -> None:
        scenario = followed.scenario
        if scenario.exit != NO_EXIT and (last := exit_reached(followed.items, scenario, self._day)) is not None:
            total = sum(item.open - item.disputed for item in followed.items if item.due < self._day)
            self.at_the_end.append(AtTheEnd(who, currency, total, scenario, last))

    def _prepared(self, who: Addressee, currency: str, decision: Decision) -> Prepared:
        sender = self._sender(who, decision)
        if decision.verdict is Verdict.HOLD:
            return Prepared(who, currency, decision, None, (), sender, self.earliest(who))
        if not self._write:
            return Prepared(who, currency, self._unwritten(decision), None, (), sender, self.earliest(who))
        try:
            composed = self._composed(who, currency, decision, sender)
        except CrmError as problem:
            # A text that cannot be written must not stop the others, and nothing of it may leave.
            return Prepared(who, currency, _held_by(problem, decision), None, (), sender, self.earliest(who))
        decision = _asked_for(composed.notes, decision)
        message = composed.message
        if (own := self._texts.get(who.number)) is not None:
            message = (
                replace(message, text=own.strip())
                if decision.channel in ("sms", "phone")
                else wording.with_text(self._texts_of(who.language), message, own, who.language)
            )
        return Prepared(who, currency, decision, message, composed.notes, sender, self.earliest(who))

    def _unwritten(self, decision: Decision) -> Decision:
        """The decision without its text: what is wrong with all of ours is known before writing, and counts say it."""
        if self._gap is not None:
            return decision._replace(verdict=Verdict.HOLD, reasons=(*decision.reasons, self._gap))
        return _asked_for(self._notes, decision)

    @cached_property
    def _gap(self) -> Reason | None:
        gap = wording.company_gap(self._company)
        return None if gap is None else _not_written(gap)

    @cached_property
    def _ground(self) -> Ground:
        return ground_of(self._context.session, self._day)

    @cached_property
    def _notes(self) -> Sequence[str]:
        return wording.company_notes(self._company)

    def posted(
        self, who: Addressee, currency: str, decision: Decision, on: date, tracking: str
    ) -> tuple[wording.Composed, wording.SenderFacts]:
        """The message that says a formal notice was posted, and who signs it.

        Raises:
            Refused, Invalid: as with `wording.compose`.
        """
        sender = self._sender(who, decision)
        return self._composed(who, currency, decision, sender, posted_on=on, tracking=tracking), sender

    def as_if(self, owner: int, slot: Slot, source: str) -> wording.Composed:
        """What a text would say to a customer today, whether a step is due or not: in the first currency with anything open.

        Raises:
            Refused: nothing of the customer's is open, or nothing that this level speaks of.
            Invalid: the text cannot be filled in.
        """
        session, day = self._context.session, self._day
        group = next(item_stream(session, day, date.max, Whose(customer_ids=(owner,))), None)
        if group is None:
            raise Refused(_("Nothing is open."))
        who = addressees(session, [owner])[owner]
        dues = tuple(
            Due(item, item.open - item.disputed, slot.level)
            for item in group.items
            if item.open > item.disputed and (item.due < day) == (slot.level > 0)
        )
        if not dues:
            raise Refused(_("Nothing is left to ask of customer {number}.").format(number=who.number))
        scenario = self.book.for_groups(session, [group], day)(group).scenario
        step = next((step for step in scenario.steps if step.level == slot.level), scenario.last)
        decision = Decision(Verdict.ASK, slot.level, slot.channel, dues, (), step, scenario)
        told = who._replace(language=slot.language)
        sender = self._sender(who, decision)
        return self._composed(told, group.currency, decision, sender, source=source, slot=slot)

    def by_hand(self, owner: int, subject: str, text: str) -> "Letter":
        """A person's own words to a customer, signed as reminders are; the hours of reminders apply.

        Raises:
            Refused: our company has no name yet.
            Invalid: a sign that no message may carry.
        """
        if (gap := wording.company_gap(self._company)) is not None:
            raise gap
        who = addressees(self._context.session, [owner])[owner]
        sender = self._signs(who, "usual")
        spoken = wording.CustomerFacts(who.number, who.name, who.regime, who.language).speaks
        signed = f"{text.strip()}\n{wording.signed(self._company, sender, spoken)}"
        message = wording.own_words(self._texts_of(who.language), subject, signed, who.language)
        return Letter(who, sender, message, self.earliest(who))

    def thanks(self, who: Addressee, received: wording.Received) -> tuple[wording.Composed, wording.SenderFacts, str]:
        """The thank-you to a customer, who signs it, and the channel it takes: e-mail, else an SMS.

        Raises:
            Refused, Invalid: as with `thanks.thanked`.
        """
        sender, contact = self._signs(who, "usual"), who.contact
        customer = wording.CustomerFacts(
            who.number, who.name, who.regime, who.language, _address(who), who.siren, who.discreet
        )
        channel = Channel.EMAIL.value if contact else Channel.SMS.value
        slot = Slot(1, channel, customer.speaks, Tone.THANKS)
        composed = thanked(
            self._texts_of(who.language), self._company, customer,
            wording.ContactFacts(contact.name if contact else "", contact.email if contact else ""),
            sender, received, slot, source=self._own.get(slot.key, ""),
        )  # fmt: skip  # read as a table: columns side by side
        return composed, sender, channel

    def hello(self, owner: int) -> tuple[str, Templates]:
        """How a customer is greeted, and what fills in texts in their language."""
        who = addressees(self._context.session, [owner])[owner]
        contact = wording.ContactFacts(who.contact.name if who.contact else "")
        return wording.greeting(contact, who.language), self._texts_of(who.language)

    def _composed(
        self,
        who: Addressee,
        currency: str,
        decision: Decision,
        sender: wording.SenderFacts,
        *,
        posted_on: date | None = None,
        tracking: str = "",
        source: str = "",
        slot: Slot | None = None,
    ) -> wording.Composed:
        contact, scenario = who.contact, decision.scenario
        previous = max((due.item.contacts for due in decision.dues), default=0)
        following = scenario.after(decision.level)
        earliest = self._day + timedelta(days=scenario.gap_days)
        reached = max((due.item.due for due in decision.dues if due.level == decision.level > 0), default=self._day)
        base = reached if following is None or following.base is Base.DUE_DATE else self._day
        next_step = (
            calendar.next_working_day(max(earliest, base + timedelta(days=following.offset))) if following else None
        )
        last = [due.item.last_contact for due in decision.dues if due.item.last_contact is not None]
        customer = wording.CustomerFacts(
            who.number, who.name, who.regime, who.language, _address(who), who.siren, who.discreet
        )
        if slot is None:
            # The e-mail or SMS of a formal notice says that the letter has left: before that it is the letter itself.
            unposted = decision.level == FORMAL_NOTICE and posted_on is None
            slot = wording.slot_for(
                wording.level_said(decision.level, decision.step.template),
                customer,
                Channel.REGISTERED_LETTER.value if unposted else decision.channel,
                _tone(decision, who.segment),
                plan=decision.agreed is not None,
            )
        return wording.compose(
            self._texts_of(who.language),
            company=self._company,
            customer=customer,
            contact=wording.ContactFacts(contact.name if contact else "", contact.email if contact else ""),
            sender=sender,
            items=[_item(due, currency, self._day) for due in decision.dues],
            occasion=wording.Occasion(
                level=decision.level,
                today=self._day,
                bank_as_of=self._known_until,
                reply_by=calendar.next_working_day(self._day + timedelta(days=scenario.reply_days)),
                pay_by=calendar.next_working_day(self._day + timedelta(days=scenario.pay_days)),
                next_step=next_step,
                previous_count=previous,
                previous_last_on=max(last) if last else None,
                unanswered=previous > 0,
                plan=decision.agreed,
                posted_on=posted_on,
                tracking=tracking,
            ),
            law=self._law,
            source=source or self._own.get(slot.key, ""),
            channel=slot.channel,
            tone=slot.tone,
            text=decision.step.template,
        )

    def _texts_of(self, language: str) -> Templates:
        chosen = "en" if language == "en" else "fr"
        if chosen not in self._templates:
            self._templates[chosen] = Templates(self._context.settings.templates_folder, language=chosen)  # type: ignore[arg-type]  # the customer's language is one of ours
        return self._templates[chosen]

    def _sender(self, who: Addressee, decision: Decision) -> wording.SenderFacts:
        """Who signs a step."""
        return self._signs(who, decision.step.sender)

    def _signs(self, who: Addressee, rank: str) -> wording.SenderFacts:
        """Who signs: the account manager or the company's usual name; its senior one where a step asks for it."""
        known = self._signers.get((who.account_manager, rank))
        if known is None:
            known = self._signers[who.account_manager, rank] = self._signer(who, rank)
        return known

    def _signer(self, who: Addressee, rank: str) -> wording.SenderFacts:
        company = self._row
        user = self._users.get(who.account_manager)
        phone = company.phone if company else ""
        if rank == "senior" and company and company.senior_sender_name:
            return wording.SenderFacts(company.senior_sender_name, "", phone, company.email)
        if user is not None and rank == "usual":
            return wording.SenderFacts(user.name, "", phone, user.email or (company.email if company else ""))
        return wording.SenderFacts(company.sender_name if company else "", "", phone, company.email if company else "")

    def _money_known_until(self) -> date:
        """The day until which every account of ours is known; without one, the last day on which money was read or recorded."""
        accounts = freshness(self._context.session, self._day)
        if accounts:
            return accounts[0].known_until
        entry: Any = JournalEntry.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
        query = select(func.max(entry.c.day)).where(entry.c.action.in_(_SOURCES_OF_MONEY), entry.c.day <= self._day)
        return self._context.session.connection().execute(query).scalar() or self._day

    def earliest(self, who: Addressee) -> datetime | None:
        """The moment before which nothing reaches a customer: the day asked for, in the hours of their country. None: at once."""
        where = (who.country, who.postal_code[:3])
        if where not in self._from:
            place = place_of(*where, tz=self._ours.tz)
            begun = earliest_at(place, self._ours, self._begins)
            later = self._day > self._context.today
            self._from[where] = self._begins if begun is None and later else begun
        return self._from[where]

    @cached_property
    def _ours(self) -> Place:
        row = self._row
        return Place(calendar.FRANCE, (row.region or None) if row else None, row.time_zone if row else calendar.PARIS)

    @cached_property
    def _begins(self) -> datetime:
        if self._day > self._context.today:
            return datetime.combine(self._day, time(9), calendar.zone(self._ours.tz))
        return self._context.now


def _not_written(problem: CrmError) -> Reason:
    return Reason("text", _("The text cannot be written: {why}").format(why=problem.message), Weight.HOLD)


def _held_by(problem: CrmError, decision: Decision) -> Decision:
    return decision._replace(verdict=Verdict.HOLD, reasons=(*decision.reasons, _not_written(problem)))


def _asked_for(notes: Sequence[str], decision: Decision) -> Decision:
    """The last steps are asked for when something about their text should be known first."""
    if not notes or decision.level < FORMAL_NOTICE - 1 or decision.verdict is not Verdict.SEND:
        return decision
    asks = tuple(Reason("to_confirm", note, Weight.ASK) for note in notes)
    return decision._replace(verdict=Verdict.ASK, reasons=(*decision.reasons, *asks))


def _company(row: Company | None, accounts: Any) -> wording.CompanyFacts:
    told = row or Company(name="")
    registry = f"RCS {told.rcs_city}" if told.rcs_city else ""
    return wording.CompanyFacts(
        name=told.name,
        legal_form=told.legal_form,
        capital=Money(told.capital_cents) if told.capital_cents is not None else None,
        siren=told.siren,
        registry=registry,
        address=", ".join(filter(None, (told.address, f"{told.postal_code} {told.city}".strip()))),
        city=told.city,
        phone=told.phone,
        email=told.email,
        ibans=tuple((account.iban, account.bic, account.label) for account in accounts),
        representative=told.senior_sender_name or told.sender_name,
        representative_role="",
        penalty_clause=told.penalty_clause,
    )


def _tone(decision: Decision, segment: str) -> Tone:
    """A scenario's tone goes before that of the segment, unless it is the standard one."""
    said = Tone(decision.scenario.tone_of(decision.step))
    return tone_for(segment) if said is Tone.STANDARD else said


def _address(who: Addressee) -> str:
    lines = (who.address, f"{who.postal_code} {who.city}".strip(), country_line(who.country))
    return ", ".join(filter(None, lines))


def _item(due: Due, currency: str, today: date) -> wording.ItemFacts:
    item = due.item
    return wording.ItemFacts(
        number=item.number,
        order_reference=item.order_reference,
        issue_date=item.issued,
        due_date=item.due,
        total=Money(item.amount, currency),
        paid=Money(item.amount - item.open, currency),
        open=Money(due.cents, currency),
        disputed=Money(item.disputed, currency),
        days_late=max(0, (today - item.due).days),
        net=Money(item.net, currency) if item.net is not None else None,
    )

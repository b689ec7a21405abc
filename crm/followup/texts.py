"""A company's own wordings, and what is checked before one is used: what it asks for, what it must say, how long it gets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select

from crm.core.errors import Invalid, Refused
from crm.core.i18n import _, mark
from crm.core.money import Money
from crm.core.templating import Templates
from crm.followup import wording
from crm.followup.facts import (
    Account,
    CompanyFacts,
    ContactFacts,
    CustomerFacts,
    ItemFacts,
    Occasion,
    Received,
    SenderFacts,
)
from crm.followup.models import OwnText
from crm.followup.names import closest, known
from crm.followup.slots import FORMAL_NOTICE, Slot, Tone
from crm.followup.thanks import thanked
from crm.law.series import shipped
from crm.messaging import segments
from crm.messaging.models import Channel
from crm.receivables.plans import Agreed, Rate

MOST_SEGMENTS = 3
"""An SMS billed as more is refused: it is an e-mail."""


# What is stored


def own_texts(session: Session) -> dict[tuple[int, str, str, str], str]:
    """The own wordings in force, by slot; those that were given back to the reference wording are left out."""
    return {key: row.source for key, row in newest_texts(session).items() if row.source}


def newest_texts(session: Session) -> dict[tuple[int, str, str, str], OwnText]:
    """The newest version of each text that ever had words of the company's, by slot."""
    rows = session.exec(select(OwnText).order_by(col(OwnText.version))).all()
    return {(row.level, row.channel, row.language, row.tone): row for row in rows}


def versions_of(session: Session, slot: Slot) -> Sequence[OwnText]:
    """Every version of a slot, the newest first."""
    query = select(OwnText).where(
        OwnText.level == slot.level,
        OwnText.channel == slot.channel,
        OwnText.language == slot.language,
        OwnText.tone == slot.tone.value,
    )
    return session.exec(query.order_by(col(OwnText.version).desc())).all()


class Wording(NamedTuple):
    """A template in its two parts."""

    subject: str
    text: str

    @property
    def source(self) -> str:
        """As it is filled in."""
        return f"{self.subject}\n\n{self.text}" if self.subject else self.text


def split(source: str, slot: Slot) -> Wording:
    """A template file in its parts; an SMS has no subject."""
    if slot.short:
        return Wording("", source.strip())
    subject, _end, text = source.partition("\n")
    return Wording(subject.strip(), text.strip("\n"))


# What is checked


@dataclass(frozen=True, slots=True)
class _Mention:
    """Something a text has to say: any of some values, or words."""

    what: str
    values: tuple[str, ...] = ()
    words: str = ""

    def said(self, asked: set[str], text: str) -> bool:
        return any(value in asked for value in self.values) or bool(self.words and re.search(self.words, text, re.I))


_SENDER = _Mention(mark("who writes, with the legal line (signature)"), ("signature", "company.legal_line"))
_INVOICES = _Mention(
    mark("the invoices (invoice_table)"), ("invoice_table", "statement_table", "claim_table", "invoice.number")
)
_INSTALMENT = _Mention(mark("the instalment (plan.amount)"), ("plan.amount", "plan_table"))
_PAYMENT = _Mention(mark("the payment (payment.amount)"), ("payment.amount",))
_TO_PAY = _Mention(mark("how to pay (payment_block)"), ("payment_block",))
_AMOUNT = _Mention(
    mark("the amount (totals.due)"), ("invoice_table", "totals.due", "totals.not_due", "invoice.open", "totals.claimed")
)
_AS_OF = _Mention(mark("until when payments were seen (dates.bank_as_of)"), ("dates.bank_as_of",))
_PENALTIES = _Mention(mark("the penalties due between businesses (article L. 441-10)"), words=r"L\.\s?441-10")
_NEXT = _Mention(mark("the day of the formal notice (dates.next_step)"), ("dates.next_step",))
_NAMED = _Mention(mark("the words “mise en demeure”"), words=r"mise[s]? en demeure|formal notice|mettons en demeure")
_DEADLINE = _Mention(mark("the time given to pay (notice.deadline_days)"), ("notice.deadline_days",))
_TOTAL = _Mention(mark("the total claimed (totals.claimed)"), ("totals.claimed", "totals.principal"))
_COURT = _Mention(mark("what follows: the competent court"), words=r"juridiction|tribunal|court")
_LETTER = (
    _NAMED,
    _Mention(mark("the date (dates.today)"), ("dates.today",)),
    _Mention(mark("our legal line (company.legal_line)"), ("company.legal_line",)),
    _Mention(mark("whom it is for (notice.recipient)"), ("notice.recipient",)),
    _Mention(mark("each invoice with what is left (claim_table)"), ("claim_table",)),
    _TOTAL,
    _DEADLINE,
    _TO_PAY,
    _COURT,
)
_BUSINESS_LETTER = (
    _Mention(mark("the penalties (totals.penalties)"), ("totals.penalties",)),
    _Mention(mark("the indemnities (totals.indemnities)"), ("totals.indemnities",)),
    _Mention(mark("the rate of the penalties (rates.penalty)"), ("rates.penalty",)),
)
_CONSUMER_LETTER = (
    _Mention(mark("the legal interest (rates.legal)"), ("rates.legal",)),
    _Mention(mark("that costs stay with us (article L. 111-8)"), words=r"L\.\s?111-8"),
)
_NEVER_TO_CONSUMERS = _Mention(
    mark("penalties or indemnities, which a consumer does not owe"),
    ("totals.penalties", "totals.indemnities", "rates.penalty"),
    r"441-10",
)
_NEVER = re.compile(
    r"\b(huissiers?|saisies?|sommations?|commandements?|bailiffs?|frais de (?:dossier|relance))\b", re.I
)


def _mentions(slot: Slot) -> Iterator[_Mention]:
    if slot.short:
        yield _Mention(mark("who writes (company.sms_name)"), ("company.sms_name", "company.name"))
        if slot.tone is Tone.THANKS:
            yield _PAYMENT
            return
        yield _Mention(mark("how to answer (sender.phone)"), ("sender.phone", "company.phone", "links.short"))
    elif slot.spoken:
        yield _Mention(mark("who calls (company.name)"), ("company.name", "company.sms_name"))
    elif slot.tone is Tone.THANKS:
        yield from (_PAYMENT, _SENDER)
    elif slot.tone is Tone.INSTALMENT:
        yield from (_INSTALMENT, _TO_PAY, _AS_OF, _SENDER)
    elif slot.channel != Channel.EMAIL.value and slot.level == FORMAL_NOTICE:
        yield from _LETTER
        yield from _CONSUMER_LETTER if slot.tone is Tone.CONSUMER else _BUSINESS_LETTER
    elif slot.level == FORMAL_NOTICE:
        yield from (_NAMED, _TOTAL, _DEADLINE, _TO_PAY, _SENDER)
    else:
        yield from (_INVOICES, _AMOUNT, _TO_PAY, _AS_OF, _SENDER)
        if slot.level >= 2 and slot.tone is not Tone.PUBLIC:
            yield _PENALTIES
        if slot.level == FORMAL_NOTICE - 1:
            yield _NEXT


def checked(templates: Templates, slot: Slot, source: str) -> tuple[str, ...]:
    """What should be known of a text before it is used.

    Raises:
        Invalid: it asks for what does not exist, does more than texts may, cannot be filled in, or is too long for an SMS.
        Refused: it leaves out at level 4 what a formal notice has to say.
    """
    wording.check_template(templates, source)
    asked = {f"{group}.{name}" for group, name in templates.parts(source)} | templates.variables(source)
    missing = [_(mention.what) for mention in _mentions(slot) if not mention.said(asked, source)]
    told = [_("The text does not say: {what}.").format(what=what) for what in missing]
    if slot.level == FORMAL_NOTICE:
        if missing:
            raise Refused(
                _("A formal notice must say: {what}.").format(what=", ".join(missing)),
                next_step=_("Add it; crm show-template shows the reference text and the values that exist."),
            )
        if slot.tone is Tone.CONSUMER and _NEVER_TO_CONSUMERS.said(asked, source):
            raise Refused(_("The text names {what}.").format(what=_(_NEVER_TO_CONSUMERS.what)))
    if found := _NEVER.search(source):
        told.append(
            _("“{word}” is not for us to say: it is a threat, or costs that are not owed.").format(word=found[0])
        )
    for composed in _tried(templates, slot, source):
        told += wording.text_notes(slot, composed.message)
        if slot.short and segments.measured(composed.message.text).count > MOST_SEGMENTS:
            raise Invalid(
                _("An SMS is {count} parts long at most.").format(count=MOST_SEGMENTS),
                next_step=_("Shorten it: {units} characters are too many.").format(
                    units=segments.measured(composed.message.text).units
                ),
            )
    return tuple(dict.fromkeys(told))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a text, or should be known of it."""

    said: str
    refused: bool
    """The text cannot be used as it stands."""
    line: int = 0
    """The line of the text; 0: the text as a whole."""
    in_subject: bool = False
    meant: str = ""
    """The value that exists and was probably meant."""


def findings(templates: Templates, slot: Slot, told: Wording) -> tuple[Finding, ...]:
    """All that is wrong with a text or should be known of it, each with its line: what `checked` refuses one by one."""
    found: list[Finding] = []
    for part, in_subject in ((told.subject, True), (told.text, False)):
        try:
            asked = templates.places(part)
        except Invalid as problem:
            said = " ".join(filter(None, (problem.message, problem.next_step)))
            found.append(Finding(said, refused=True, line=problem.line, in_subject=in_subject))
            continue
        found += [
            Finding(_("“{name}” does not exist.").format(name=name), True, line, in_subject, closest(name))
            for line, name in asked
            if not known(name)
        ]
    if found:
        return tuple(found)
    try:
        return tuple(Finding(note, refused=False) for note in checked(templates, slot, told.source))
    except Invalid as problem:
        lines = 2 if told.subject else 0
        return (Finding(problem.message, refused=True, line=max(0, problem.line - lines)),)
    except Refused as problem:
        return (Finding(problem.message, refused=True),)


def _tried(templates: Templates, slot: Slot, source: str) -> Iterator[wording.Composed]:
    """The text filled in with examples: one invoice and several, and where both may read it, for a person as well."""
    readers = [_reader(slot)]
    if slot.channel == Channel.EMAIL.value and slot.tone is not Tone.PUBLIC:
        readers.append(replace(readers[0], discreet=True))
    for reader in readers:
        for count in (1, 3):
            yield example(templates, slot, source, count, reader)


def _reader(slot: Slot) -> CustomerFacts:
    regime = {Tone.CONSUMER: "B2C", Tone.PUBLIC: "B2G"}.get(slot.tone, "B2B")
    return CustomerFacts(
        "4471", "Boulangerie Dubois", regime, slot.language, "3 rue du Four, 35000 Rennes", "523456789"
    )


_TODAY = date(2026, 11, 24)
_COMPANY = CompanyFacts(
    name="Atelier Morvan", legal_form="SARL", capital=Money(4_000_000), siren="812345678", registry="RCS Nantes",
    address="12 quai de la Fosse, 44000 Nantes", city="Nantes", phone="02 40 12 34 56", email="compta@morvan.example",
    ibans=(Account("FR7630006000011234567890189", "AGRIFRPP"),), representative="Claire Morvan",
    representative_role="gérante", mediator="Médiateur du commerce, 1 rue des Halles, 75001 Paris",
)  # fmt: skip  # read as a table: columns side by side


_RATES = tuple(Rate(place, place + 1, date(2026, 10 + place, 20), 40_000) for place in range(3))
_PLAN = Agreed(
    1,
    date(2026, 10, 1),
    None,
    _RATES[1],
    3,
    25_000,
    120_000,
    65_000,
    8,
    tuple(zip(_RATES, (0, 25_000, 40_000), strict=True)),
)


def example(
    templates: Templates, slot: Slot, source: str, count: int = 3, reader: CustomerFacts | None = None
) -> wording.Composed:
    """A text filled in with the figures of an example.

    Raises:
        Invalid: it cannot be filled in.
    """
    if slot.tone is Tone.THANKS:
        received = Received(
            Money(125_050 * count), date(2026, 11, 20), tuple(f"F2026-0{113 + place}" for place in range(count))
        )
        return thanked(
            templates, _COMPANY, reader or _reader(slot), ContactFacts("Anne Durand", "anne@dubois.example", "Mme"),
            SenderFacts("Lucie Bernard", "", "02 40 12 34 57", "lucie@morvan.example"), received, slot, source=source,
        )  # fmt: skip  # read as a table: columns side by side
    late = -5 if slot.level == 0 else 25
    items = [
        ItemFacts(
            f"F2026-0{113 + place}", "BC-4471", date(2026, 9, 30), _TODAY - timedelta(late), Money(125_050),
            Money(0), Money(125_050), Money(0), max(0, late), Money(104_208),
        )
        for place in range(count)
    ]  # fmt: skip  # read as a table: columns side by side
    before = max(0, slot.level - 1)
    occasion = Occasion(
        slot.level, _TODAY, date(2026, 11, 23), date(2026, 12, 4), date(2026, 12, 2), date(2026, 12, 9), before,
        date(2026, 11, 2) if before else None, unanswered=before > 0,
        plan=_PLAN if slot.tone is Tone.INSTALMENT else None,
    )  # fmt: skip  # read as a table: columns side by side
    return wording.compose(
        templates, _COMPANY, reader or _reader(slot), ContactFacts("Anne Durand", "anne@dubois.example", "Mme"),
        SenderFacts("Lucie Bernard", "", "02 40 12 34 57", "lucie@morvan.example"), items, occasion, shipped(),
        source=source, channel=slot.channel, tone=slot.tone,
    )  # fmt: skip  # read as a table: columns side by side

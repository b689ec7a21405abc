"""Scenarios: looking at them, taking them out and in as text, changing a step, and saying who follows which."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import Field
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import Money
from crm.core.runner import Context
from crm.customers.actions import CustomerRef
from crm.customers.models import Segment
from crm.customers.queries import find_customer
from crm.customers.visible import merged
from crm.followup.models import ScenarioChoice, ScenarioVersion
from crm.followup.policy import Base, Mode, Scenario, Step
from crm.followup.queries import item_stream
from crm.followup.scenario_drafts import differences, with_least
from crm.followup.scenario_sheets import (
    Assigned,
    SavedScenario,
    ScenarioLine,
    Scenarios,
    ScenarioSheet,
    ScenarioText,
    calendar_of,
)
from crm.followup.scenario_text import read_scenario, written
from crm.followup.scenarios import STANDARD, Book, book_of
from crm.receivables.actions.promises import named
from crm.receivables.queries import Whose

_KEEPERS = frozenset({"manager", "accountant"})
ScenarioName = str


class ListScenarios(Action[Scenarios]):
    """The scenarios of reminders, and who follows which."""

    effect = Effect.READ

    def perform(self, context: Context) -> Scenarios:
        """Those that are shipped and those of one's own."""
        book = book_of(context.session, context.today)
        counted = Counter(
            choice.scenario
            for choices in (book.segments, book.customers, book.invoices)
            for choice in choices.values()
            if choice.scenario
        )
        everybody = book.company.scenario if book.company and book.company.scenario else STANDARD
        newest: dict[str, Scenario] = {}
        for scenario in book.versions.values():
            if scenario.version >= newest.get(scenario.name, scenario).version:
                newest[scenario.name] = scenario
        return Scenarios(
            tuple(
                ScenarioLine(
                    name,
                    one.called,
                    one.version,
                    len(one.steps),
                    name == everybody,
                    counted[name],
                    name in book.retired,
                )
                for name, one in sorted(newest.items(), key=lambda pair: (pair[0] != everybody, pair[0]))
            )
        )


class ShowScenario(Action[ScenarioSheet]):
    """A scenario step by step, with the calendar of one invoice."""

    effect = Effect.READ

    scenario: ScenarioName = Field(STANDARD, description="The scenario's name")
    version: int | None = Field(None, ge=1, description="An earlier version; the latest if left out")
    due: date | None = Field(None, description="Due date of the sample invoice; today if left out")

    def perform(self, context: Context) -> ScenarioSheet:
        """Find it and count the days.

        Raises:
            NotFound: there is no such scenario or version.
        """
        book = book_of(context.session, context.today)
        found, due = version_of(book, self.scenario, self.version), self.due or context.today
        versions = tuple(sorted(number for name, number in book.versions if name == found.name))
        return ScenarioSheet(found, due, calendar_of(found, due), versions)


def version_of(book: Book, name: str, version: int | None = None) -> Scenario:
    """A version of a scenario, the newest where none is named.

    Raises:
        NotFound: there is no such scenario or version.
    """
    wanted = name.strip().lower()
    known = [one for one in book.versions.values() if wanted in (one.name, one.called.lower())]
    if not known:
        names = sorted({name for name, _version in book.versions})
        raise NotFound(_("There is no scenario “{name}”.").format(name=name), candidates=names)
    if version is None:
        return max(known, key=lambda one: one.version)
    found = next((one for one in known if one.version == version), None)
    if found is None:
        raise NotFound(_("“{name}” has no version {version}.").format(name=name, version=version))
    return found


class ExportScenario(Action[ScenarioText]):
    """A scenario as text (TOML), to be read, kept or changed."""

    effect = Effect.READ

    scenario: ScenarioName = Field(description="The scenario's name")
    version: int | None = Field(None, ge=1, description="An earlier version; the latest if left out")

    def perform(self, context: Context) -> ScenarioText:
        """Write it out.

        Raises:
            NotFound: there is no such scenario or version.
        """
        found = version_of(book_of(context.session, context.today), self.scenario, self.version)
        return ScenarioText(found.name, found.version, written(found))


def _save(context: Context, scenario: Scenario) -> SavedScenario:
    """Keep a scenario as the next version of its name."""
    book = book_of(context.session, context.today)
    earlier = [one for one in book.versions.values() if one.name == scenario.name]
    before = max(earlier, key=lambda one: one.version) if earlier else None
    made = replace(scenario, version=before.version + 1 if before else 1, id=None)
    if before is not None:
        refuse_if(replace(before, version=made.version, id=None) == made, _("Nothing differs from the latest version."))
    row = _stored(context, made)
    told = [*differences(before, made), *_for_those(context, book, made.name)]
    return SavedScenario(replace(made, id=row.id), tuple(told))


def _stored(context: Context, scenario: Scenario) -> ScenarioVersion:
    row = ScenarioVersion(name=scenario.name, version=scenario.version, text=written(scenario), since=context.today)
    context.session.add(row)
    context.session.flush()
    return row


def _for_those(context: Context, book: Book, name: str) -> list[str]:
    """Who is in progress and keeps the version they have."""
    kept = in_progress(context.session, book, context.today)[name]
    return [
        plural(
            "{count} customer in progress keeps the earlier version; whoever comes next follows this one.",
            "{count} customers in progress keep the earlier version; whoever comes next follows this one.",
            kept,
        )
        if kept
        else _("Nobody is in progress with it: whoever follows it does so from the next run on.")
    ]


def in_progress(session: Session, book: Book, day: date) -> Counter[str]:
    """Scenario → how many customers have been reminded by it of something that is still open."""
    groups = [group for group in item_stream(session, day, day, Whose()) if any(item.contacts for item in group.items)]
    chosen = book.for_groups(session, groups, day)
    pairs = {(group.customer_id, chosen(group).scenario.name) for group in groups}
    return Counter(name for _customer, name in pairs)


class ImportScenario(Action[SavedScenario]):
    """Take a scenario in from text (TOML): it becomes the next version of its name."""

    effect = Effect.WRITE
    roles = _KEEPERS

    text: str = Field(description="The text of the scenario, as export-scenario gives it", max_length=50_000)
    name: str | None = Field(None, description="Keep it under this name instead of the one it says")

    def perform(self, context: Context) -> SavedScenario:
        """Check it line by line and keep it.

        Raises:
            Invalid: what is wrong, with its lines.
            Refused: nothing differs from the latest version.
        """
        text = written(replace(read_scenario(self.text), name=self.name)) if self.name else self.text
        return _save(context, read_scenario(text))


class EditScenario(Action[SavedScenario]):
    """Change, add or take out one step of a scenario: the next version."""

    effect = Effect.WRITE
    roles = _KEEPERS

    scenario: ScenarioName = Field(description="The scenario's name")
    level: int = Field(ge=0, le=4, description="The step's level: 0 to 4; one that is missing is added")
    base: Base = Field(Base.DUE_DATE, description="What the days are counted from")
    offset: int | None = Field(None, ge=-60, le=3650, description="Days after the base; negative: before")
    channels: tuple[str, ...] = Field((), description="The channels, the preferred first")
    sender: Literal["usual", "senior"] | None = Field(None, description="Who signs")
    mode: Mode | None = Field(None, description="Whether it leaves by itself")
    tone: Literal["standard", "good_payer", "strict", "key_account"] | None = Field(None, description="How it is said")
    gap_days: int | None = Field(None, ge=1, description="Days since the last message before this step")
    template: Literal["before_due", "level_1", "level_2", "level_3", "formal_notice"] | None = Field(
        None, description="The text it speaks by, where it is not that of its level"
    )
    minimum: Money | None = Field(None, description="The least amount this step asks for; zero: any amount")
    remove: bool = Field(False, description="Take the step out")

    def perform(self, context: Context) -> SavedScenario:
        """Make the next version.

        Raises:
            NotFound: there is no such scenario, or no such step to take out.
            Invalid: the steps would not rise, or a rule of the law would be broken.
            Refused: nothing differs.
        """
        found = version_of(book_of(context.session, context.today), self.scenario)
        steps = edited(found, self)
        return _save(context, read_scenario(written(replace(found, steps=steps))))


def edited(scenario: Scenario, edit: EditScenario) -> tuple[Step, ...]:
    """The steps of a scenario after an edit of one of them.

    Raises:
        NotFound: the step to take out is not there.
        Invalid: a new step does not say when it comes.
    """
    others = [step for step in scenario.steps if (step.base, step.level) != (edit.base, edit.level)]
    known = next((step for step in scenario.steps if step not in others), None)
    if edit.remove:
        if known is None:
            raise NotFound(_("This scenario has no step of level {level}.").format(level=edit.level))
        return tuple(others)
    if known is None and edit.offset is None:
        raise Invalid(_("A new step says after how many days it comes."))
    channel = ("registered_letter",) if edit.level == 4 else ("email",)
    mode = Mode.CONFIRM if edit.level == 4 else Mode.AUTOMATIC
    begun = known or Step(edit.level, edit.offset or 0, channel, "usual", mode, edit.base)
    given = {
        key: value
        for key in ("offset", "channels", "sender", "mode", "tone", "gap_days", "template")
        if (value := getattr(edit, key)) not in (None, ())
    }
    if edit.minimum is not None:
        given["minimum"] = with_least(begun.minimum, edit.minimum)
    return tuple(sorted((*others, replace(begun, **given)), key=lambda step: (step.level, step.offset)))


class EditScenarioRules(Action[SavedScenario]):
    """Change what holds between the steps of a scenario: gap, tone, exit, entry of very late debts."""

    effect = Effect.WRITE
    roles = _KEEPERS

    scenario: ScenarioName = Field(description="The scenario's name")
    title: str | None = Field(None, min_length=1, max_length=80, description="How people call it")
    tone: Literal["standard", "good_payer", "strict", "key_account"] | None = Field(None, description="How it is said")
    gap_days: int | None = Field(None, ge=1, description="Days between two messages at least")
    first_contact_level: int | None = Field(None, ge=1, le=2, description="Level of a first contact at most: 1 or 2")
    entry_days: int | None = Field(None, ge=0, description="Debts later than this enter at once; 0: none does")
    entry_level: int | None = Field(None, ge=1, le=2, description="The level at which they enter: 1 or 2")
    exit: Literal["decide_on_proceedings", "proceedings", "lawyer", "collection", "call", "stop"] | None = Field(
        None, description="What follows the last step"
    )
    exit_days: int | None = Field(None, ge=1, description="Days after the last step until then")
    reply_days: int | None = Field(None, ge=1, description="Days that a message gives to answer")
    pay_days: int | None = Field(None, ge=1, description="Days that a message gives to pay")

    def perform(self, context: Context) -> SavedScenario:
        """Make the next version.

        Raises:
            NotFound: there is no such scenario.
            Invalid: a rule of the law would be broken.
            Refused: nothing differs.
        """
        found = version_of(book_of(context.session, context.today), self.scenario)
        return _save(context, read_scenario(written(ruled(found, self))))


def ruled(scenario: Scenario, edit: EditScenarioRules) -> Scenario:
    """A scenario after an edit of its rules; what the edit leaves out stays."""
    given = {
        key: value
        for key in EditScenarioRules.model_fields
        if key != "scenario" and (value := getattr(edit, key)) is not None
    }
    if given.get("entry_days") == 0:
        given["entry_days"] = None
    return replace(scenario, **given)


class AssignScenario(Action[Assigned]):
    """Say which scenario an invoice, a customer, a segment or everybody follows; or how much later."""

    effect = Effect.WRITE
    roles = _KEEPERS

    scenario: ScenarioName | None = Field(None, description="The scenario's name; the wider choice if left out")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    invoice: str | None = Field(None, description="Only this invoice")
    segment: Segment | None = Field(None, description="Only customers of this segment")
    later_days: int = Field(0, ge=0, le=365, description="Every reminder so many days later")

    def perform(self, context: Context) -> Assigned:
        """End the choice there was and note the new one.

        Raises:
            NotFound: the scenario, the customer or the invoice is not known.
            Refused: several are named at once, or the scenario is retired.
        """
        session = context.session
        refuse_if(
            self.segment is not None and (self.customer is not None or self.invoice is not None),
            _("Name a segment, a customer or an invoice."),
        )
        book, name = book_of(session, context.today), ""
        if self.scenario is not None:
            found = version_of(book, self.scenario)
            name = found.name
            refuse_if(name in book.retired, _("“{name}” is retired.").format(name=found.called))
            if found.id is None and name != STANDARD:
                _stored(context, found)
        owner, invoice = self._whose(session)
        root = merged(session)
        scope = (owner if invoice is None else None, invoice, self.segment.value if self.segment else "")
        for row in session.exec(select(ScenarioChoice).where(col(ScenarioChoice.ended).is_(None))):
            if (root.get(row.customer_id or 0, row.customer_id), row.invoice_id, row.segment) == scope:
                row.ended = context.today
                session.add(row)
        if name or self.later_days:
            session.add(
                ScenarioChoice(
                    customer_id=scope[0], invoice_id=scope[1], segment=scope[2], scenario=name,
                    later_days=self.later_days, since=context.today,
                )
            )  # fmt: skip  # read as a table: columns side by side
        session.flush()
        return Assigned(self._said(), name, self._told(context, book, name))

    def _whose(self, session: Session) -> tuple[int | None, int | None]:
        if self.invoice is not None:
            customer, invoice = named(session, self.customer, self.invoice)
            return customer.id, invoice.id if invoice else None
        if self.customer is not None:
            customer = find_customer(session, self.customer)
            return customer.root_id or customer.id, None
        return None, None

    def _said(self) -> str:
        return self.invoice or self.customer or (self.segment.value if self.segment else _("Everybody"))

    def _told(self, context: Context, book: Book, name: str) -> tuple[str, ...]:
        told = [
            _("Follows “{name}” from the next run on.").format(name=version_of(book, name).called)
            if name
            else _("Follows whatever is chosen more widely.")
        ]
        if self.later_days:
            told.append(
                plural("Reminders come {count} day later.", "Reminders come {count} days later.", self.later_days)
            )
        if self.customer is None and self.invoice is None:
            keep = sum(in_progress(context.session, book, context.today).values())
            if keep:
                told.append(
                    plural(
                        "{count} customer in progress keeps what it follows until it has paid.",
                        "{count} customers in progress keep what they follow until they have paid.",
                        keep,
                    )
                )
        return tuple(told)


class RetireScenario(Action[Scenarios]):
    """Retire a scenario: whoever is in progress finishes it, nobody new follows it."""

    effect = Effect.WRITE
    roles = _KEEPERS

    scenario: ScenarioName = Field(description="The scenario's name")

    def perform(self, context: Context) -> Scenarios:
        """Note the day on its newest version.

        Raises:
            NotFound: there is no such scenario.
            Refused: everybody follows it, or it is retired already.
        """
        book = book_of(context.session, context.today)
        found = version_of(book, self.scenario)
        everybody = book.company.scenario if book.company and book.company.scenario else STANDARD
        refuse_if(found.name in book.retired, _("“{name}” is retired.").format(name=found.called))
        if found.name in (everybody, STANDARD):
            raise Refused(
                _("“{name}” is what everybody else follows: choose another for them first.").format(name=found.called)
            )
        row = context.session.get(ScenarioVersion, found.id) if found.id is not None else _stored(context, found)
        assert row is not None
        row.retired = context.today
        context.session.add(row)
        context.session.flush()
        return ListScenarios().perform(context)


ACTIONS = (
    ListScenarios,
    ShowScenario,
    ExportScenario,
    ImportScenario,
    EditScenario,
    EditScenarioRules,
    AssignScenario,
    RetireScenario,
)

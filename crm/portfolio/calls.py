"""What a call can come to, and what usually follows: the table that the call screen and `record_call` go by. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.core.calendar import add_working_days, next_working_day
from crm.core.i18n import _, mark
from crm.customers.interactions import Outcome
from crm.customers.models import HoldKind
from crm.customers.tasks import TaskType

_TRIES = 3
"""After so many calls that nobody took, another way is tried."""
_SEARCH_DAYS = 7
"""Whoever says to have paid is left in peace while we look for the money."""


class CallResult(StrEnum):
    """What a call came to."""

    PROMISE = "promise"
    IN_PAYMENT_RUN = "in_payment_run"
    AWAITING_APPROVAL = "awaiting_approval"
    NOT_RECEIVED = "not_received"
    ALREADY_PAID = "already_paid"
    DISPUTE = "dispute"
    PLAN_REQUESTED = "plan_requested"
    REFUSED = "refused"
    INSOLVENCY = "insolvency"
    WRONG_PERSON = "wrong_person"
    REACHED = "reached"
    CALLBACK_REQUESTED = "callback_requested"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


RESULTS = {
    CallResult.PROMISE: mark("promises to pay"),
    CallResult.IN_PAYMENT_RUN: mark("in the next payment run"),
    CallResult.AWAITING_APPROVAL: mark("waits for an approval"),
    CallResult.NOT_RECEIVED: mark("invoice not received"),
    CallResult.ALREADY_PAID: mark("says it is paid"),
    CallResult.DISPUTE: mark("objects"),
    CallResult.PLAN_REQUESTED: mark("asks for a payment plan"),
    CallResult.REFUSED: mark("refuses to pay"),
    CallResult.INSOLVENCY: mark("insolvency proceedings announced"),
    CallResult.WRONG_PERSON: mark("wrong person"),
    CallResult.REACHED: mark("reached, nothing agreed"),
    CallResult.CALLBACK_REQUESTED: mark("to be called back"),
    CallResult.VOICEMAIL: mark("message left"),
    CallResult.NO_ANSWER: mark("no answer"),
    CallResult.WRONG_NUMBER: mark("wrong number"),
}
"""Result → how it is said."""
_NOBODY = {
    CallResult.CALLBACK_REQUESTED: Outcome.CALLBACK_REQUESTED,
    CallResult.VOICEMAIL: Outcome.VOICEMAIL,
    CallResult.NO_ANSWER: Outcome.NO_ANSWER,
    CallResult.WRONG_NUMBER: Outcome.WRONG_NUMBER,
}


def outcome_of(result: CallResult) -> Outcome:
    """The wider word for it: whatever was said, somebody was reached."""
    return _NOBODY.get(result, Outcome.REACHED)


@dataclass(frozen=True, slots=True)
class Pause:
    """Reminders stop."""

    kind: HoldKind
    until: date | None
    """The first day on which they may go on; None: until a person says so."""
    reason: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What is to be done next."""

    task_type: TaskType
    day: date
    note: str


@dataclass(frozen=True, slots=True)
class Following:
    """What follows a call."""

    activity: Activity | None = None
    pause: Pause | None = None


def following(result: CallResult, today: date, *, tries: int = 1, said: date | None = None) -> Following:
    """What usually follows; `tries` counts the calls in a row that nobody took, this one included, `said` is a day they named.

    A promise, and an objection, follow by records of their own: they ask for no task.
    """

    def call(day: date, note: str) -> Following:
        return Following(Activity(TaskType.CALL, next_working_day(day), note))

    match result:
        case CallResult.IN_PAYMENT_RUN:
            run = said or today
            return call(run + timedelta(days=2), _("Has the payment run brought the money?"))
        case CallResult.AWAITING_APPROVAL:
            return call(said or add_working_days(today, 3), _("Has the invoice been approved?"))
        case CallResult.NOT_RECEIVED:
            return call(said or add_working_days(today, 2), _("Has the copy of the invoice arrived?"))
        case CallResult.ALREADY_PAID:
            until = next_working_day(today + timedelta(days=_SEARCH_DAYS))
            told = _("says it is paid: we look for the money")
            after = call(until, _("The money they say they sent: has it come?"))
            return Following(after.activity, Pause(HoldKind.MANUAL, until, told))
        case CallResult.PLAN_REQUESTED:
            day = add_working_days(today, 3)
            return Following(Activity(TaskType.TODO, said or day, _("Answer the request for a payment plan.")))
        case CallResult.REFUSED:
            return Following(
                Activity(TaskType.TODO, next_working_day(today), _("Refuses to pay: decide the next step."))
            )
        case CallResult.INSOLVENCY:
            told = _("insolvency proceedings announced by telephone")
            note = _("Insolvency proceedings announced: find the date of the judgment, the claim has to be filed.")
            pause = Pause(HoldKind.INSOLVENCY, None, told)
            return Following(Activity(TaskType.TODO, next_working_day(today), note), pause)
        case CallResult.WRONG_PERSON | CallResult.WRONG_NUMBER:
            return Following(Activity(TaskType.TODO, next_working_day(today), _("Find the right person and number.")))
        case CallResult.CALLBACK_REQUESTED:
            return call(said or add_working_days(today, 1), _("Call back, as agreed."))
        case CallResult.VOICEMAIL:
            return call(said or add_working_days(today, 2), _("No call back after our message: try again."))
        case CallResult.NO_ANSWER if tries >= _TRIES:
            return Following(
                Activity(TaskType.EMAIL, next_working_day(today), _("Nobody takes our calls: write instead."))
            )
        case CallResult.NO_ANSWER:
            return call(said or add_working_days(today, 1), _("Nobody answered: try at another hour."))
        case _:
            return Following()

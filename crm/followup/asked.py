"""What a night leaves to a person: proposals of reminders, put up and taken back."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from crm.core import proposals
from crm.core.actions import Action
from crm.core.i18n import _
from crm.core.runner import Context

_SUBJECT = "dunning"
"""What such proposals are about: this, the customer's number and the currency."""


class Asked:
    """The proposals of one run."""

    def __init__(self, context: Context, action: str) -> None:
        self._context = context
        self._action = action
        self._subjects: set[str] = set()

    def put(self, action: Action[Any], customer: str, currency: str, why: str, owner: str) -> None:
        """Leave a customer's reminder to a person: whoever looks after the customer."""
        subject = f"{_SUBJECT}/{customer}/{currency}"
        self._subjects.add(subject)
        self._context.propose(action, why=why, subject=subject, owner=owner)

    def settled(self, queued: Iterable[tuple[str, str]]) -> None:
        """A person has sent these customers' reminders, by currency: what waited for a yes about them has had it."""
        subjects = {f"{_SUBJECT}/{customer}/{currency}" for customer, currency in queued}
        proposals.settle(self._context, self._action, subjects)

    def withdraw_others(self, meant: Collection[str], planned: Callable[[], Collection[str]]) -> None:
        """Take back what earlier nights have asked and this one does not: paid, held or sent since.

        `meant`: the customers of a part of a run, by number; empty: all. What none of the `planned` parts would look at
        goes with any of them.
        """
        earlier = [
            row
            for row in proposals.waiting(self._context.session)
            if row.action == self._action
            and row.subject.startswith(f"{_SUBJECT}/")
            and row.subject not in self._subjects
        ]
        if meant and earlier:
            others = set(planned()) - set(meant)
            earlier = [row for row in earlier if row.subject.split("/")[1] not in others]
        for row in earlier:
            proposals.close(row, self._context.now, "withdrawn", _("No longer asked for."))
            self._context.session.add(row)
        self._context.session.flush()

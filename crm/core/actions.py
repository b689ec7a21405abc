"""What can be asked: an action is a typed value that can be performed, and the registry is the list of all of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from crm.core.errors import NotFound
from crm.core.i18n import _

if TYPE_CHECKING:
    from crm.core.runner import Context

R = TypeVar("R")


class Effect(StrEnum):
    """What an action does to the world."""

    READ = "read"
    """Changes nothing."""
    WRITE = "write"
    """Changes our own records."""
    SEND = "send"
    """Will cause something to leave."""


class Action(BaseModel, ABC, Generic[R]):
    """Something that can be asked, and its answer's type.

    The docstring's first line and the fields' descriptions are what help, forms, schemas and documentation show.
    """

    # Validators are built when an action is first used: every start would pay for all of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    effect: ClassVar[Effect]
    roles: ClassVar[frozenset[str]] = frozenset()
    """The roles of people who may commit it; empty: everyone."""
    aliases: ClassVar[dict[str, str]] = {}
    """Slot name of the language layer → field, where the two differ."""
    holds_back: ClassVar[bool] = False
    """Run by the scheduler it sends only what was decided beforehand, and proposes the rest itself."""
    day_field: ClassVar[str | None] = None
    """The field that moves the business day itself, so that it and `--today` say the same."""

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """Refuse a NUL: no database keeps one, and no person means it."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError(_("this holds a NUL character"))
        return value

    @abstractmethod
    def perform(self, context: "Context") -> R:
        """Do it: read and add rows through the context, and return the answer. Nothing outside is touched."""

    @classmethod
    def action_name(cls) -> str:
        """The stable name: the class name in snake case (`record_promise`)."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def action_command(cls) -> str:
        """The name on the command line (`record-promise`)."""
        return cls.action_name().replace("_", "-")

    @classmethod
    def action_room(cls) -> str:
        """The room it lives in (`receivables`)."""
        return cls.__module__.split(".")[1]

    @classmethod
    def action_summary(cls) -> str:
        """What it does in one line, in the language in use."""
        return _((cls.__doc__ or "").strip().partition("\n")[0])


class LongAction(Action[R]):
    """An action over many customers, committed in parts: each in a transaction and a journal entry of its own.

    A crash between two parts loses nothing: asked again, the action finds what is done and goes on with the rest.
    """

    @abstractmethod
    def parts(self, context: "Context") -> Iterable[Self]:
        """The same action for some of its customers at a time. Reads only."""

    @abstractmethod
    def joined(self, results: Sequence[R]) -> R:
        """The parts' answers as one."""

    def agreed(self, previewed: R) -> Self:
        """The action bound to what was previewed: what differs by then is dropped and listed, nothing is added."""
        return self


class Registry:
    """All actions, joined once by `bootstrap.py` from the rooms' `ACTIONS`."""

    def __init__(self, *rooms: Iterable[type[Action[Any]]]) -> None:
        self._kinds = {kind.action_name(): kind for room in rooms for kind in room}

    def __iter__(self) -> Iterator[type[Action[Any]]]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    def __contains__(self, name: str) -> bool:
        return name in self._kinds

    def get(self, name: str) -> type[Action[Any]]:
        """The action of a name, with hyphens or underscores.

        Raises:
            NotFound: no action answers to the name.
        """
        kind = self._kinds.get(name.replace("-", "_"))
        if kind is None:
            raise NotFound(_("There is no action “{name}”.").format(name=name), candidates=self.names)
        return kind

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order of the rooms."""
        return tuple(self._kinds)

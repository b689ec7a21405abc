"""Who may commit what without asking. No door has its own opinion.

| actor | READ | WRITE | SEND |
|---|---|---|---|
| a person (within role) | yes | after seeing the preview | after seeing the preview |
| an assistant (MCP client, language model) | yes | with the seal of a preview it was shown | becomes a proposal |
| the scheduler | yes | yes | only what the action itself marks automatic, else a proposal |
| a customer on the web | what the link shows | what the link allows | no |
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm.core.actions import Action, Effect
from crm.core.errors import NotAllowed
from crm.core.i18n import _, mark


class ActorKind(StrEnum):
    """What kind of somebody acts."""

    PERSON = "person"
    ASSISTANT = "assistant"
    SCHEDULER = "scheduler"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which role, and through which door they came in."""

    kind: ActorKind
    name: str
    role: str = "admin"
    door: str = "cli"
    user: str = ""
    """The number of the user; empty for whoever owns this machine."""


class Verdict(StrEnum):
    """What the table answers."""

    YES = "yes"
    AFTER_PREVIEW = "after_preview"
    PROPOSE = "propose"
    NO = "no"


_TABLE: dict[tuple[ActorKind, Effect], Verdict] = {
    (ActorKind.PERSON, Effect.READ): Verdict.YES,
    (ActorKind.PERSON, Effect.WRITE): Verdict.AFTER_PREVIEW,
    (ActorKind.PERSON, Effect.SEND): Verdict.AFTER_PREVIEW,
    (ActorKind.ASSISTANT, Effect.READ): Verdict.YES,
    (ActorKind.ASSISTANT, Effect.WRITE): Verdict.AFTER_PREVIEW,
    (ActorKind.ASSISTANT, Effect.SEND): Verdict.PROPOSE,
    (ActorKind.SCHEDULER, Effect.READ): Verdict.YES,
    (ActorKind.SCHEDULER, Effect.WRITE): Verdict.YES,
    (ActorKind.SCHEDULER, Effect.SEND): Verdict.PROPOSE,
    (ActorKind.CUSTOMER, Effect.READ): Verdict.NO,
    (ActorKind.CUSTOMER, Effect.WRITE): Verdict.NO,
    (ActorKind.CUSTOMER, Effect.SEND): Verdict.NO,
}

ROLES = {
    "manager": mark("managers"),
    "account_manager": mark("account managers"),
    "accountant": mark("accountants"),
    "admin": mark("administrators"),
}
"""Role → how it is said in a refusal."""


def verdict(actor: Actor, effect: Effect) -> Verdict:
    """What the table says of an actor and an effect. Customers get their rights from the signed link, at the web door."""
    return _TABLE[actor.kind, effect]


def check_role(actor: Actor, kind: type[Action[Any]]) -> None:
    """Refuse what a person's role does not cover.

    Raises:
        NotAllowed: the action is for other roles.
    """
    if actor.kind is ActorKind.PERSON and kind.roles and actor.role != "admin" and actor.role not in kind.roles:
        allowed = ", ".join(_(ROLES[role]) for role in sorted(kind.roles))
        raise NotAllowed(_("Reserved for {roles}.").format(roles=allowed))

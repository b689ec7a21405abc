"""Which way a step takes where its own does not reach the customer. Pure.

Whoever has an e-mail address is written to there. A mobile and no address: an SMS, up to the last reminder. Whoever has
answered STOP to one, or has no other address that works, is reminded by letter or by telephone: a person says yes first.
"""

from dataclasses import dataclass

from crm.followup.policy import FORMAL_NOTICE


@dataclass(frozen=True, slots=True)
class Reach:
    """How a customer can be reached besides by e-mail, by the channels that are live."""

    mobile: str = ""
    """The mobile to which SMS may go, in E.164; empty: none, SMS is not live, or they are not wanted there."""
    stopped: bool = False
    """An SMS was answered with STOP."""
    letter: bool = False
    phone: str = ""


NO_OTHER = Reach()


def way(channel: str, level: int, email: str, reach: Reach) -> str:
    """The channel of a message that a step sends by one."""
    if channel != "email" or email or level >= FORMAL_NOTICE:
        return channel
    if reach.mobile:
        return "sms"
    if reach.letter:
        return "letter"
    return "phone" if reach.phone else channel

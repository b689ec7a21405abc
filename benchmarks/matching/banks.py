"""How banks show a transfer: each has its own layout, cuts and habits.

A layout takes what was sent (payer, message, end-to-end identifier) and gives what the statement shows.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Sent:
    """A transfer as its payer sent it."""

    payer: str
    message: str
    account: str
    end_to_end: str
    day: date


@dataclass(frozen=True, slots=True)
class Shown:
    """What the statement shows of it."""

    label: str
    name: str = ""
    account: str = ""
    end_to_end: str = ""


def plain(text: str) -> str:
    """Capitals without accents, as most banks write."""
    text = text.replace("œ", "oe").replace("’", "'")
    return "".join(char for char in unicodedata.normalize("NFD", text.upper()) if not unicodedata.combining(char))


def bare(text: str) -> str:
    """Also without signs that the SEPA character set lacks."""
    return " ".join("".join(char if char.isalnum() or char in "/-?:().,'+ " else " " for char in plain(text)).split())


def _said(dice: random.Random, sent: Sent) -> str:
    return sent.end_to_end or dice.choice(("NOTPROVIDED", "NOT PROVIDED", ""))


def green(dice: random.Random, sent: Sent) -> Shown:
    """Tags with slashes, in one long line."""
    instant = "VIR SEPA INST RECU" if dice.random() < 0.15 else "VIR SEPA RECU"
    return Shown(f"{instant} /DE {bare(sent.payer)} /MOTIF {bare(sent.message)} /REF {_said(dice, sent)}".strip())


def red(dice: random.Random, sent: Sent) -> Shown:
    """Tags with colons behind a number of the bank's."""
    number = f"{dice.randrange(10**9, 10**10)}{dice.choice('STR')}"
    if dice.random() < 0.12:
        moment = f"{sent.day:%d/%m/%Y} {dice.randrange(7, 22):02}:{dice.randrange(60):02}"
        return Shown(f"VIR INST RE {number} DE: {bare(sent.payer)} DATE: {moment} MOTIF: {bare(sent.message)}")
    reference = f" REF: {sent.end_to_end}" if sent.end_to_end else ""
    return Shown(f"VIR RECU {number} DE: {bare(sent.payer)} MOTIF: {bare(sent.message)}{reference}")


def farmers(dice: random.Random, sent: Sent) -> Shown:
    """Lines of 32 characters, padded and drawn together."""
    parts = [bare(sent.payer)[:32], bare(sent.message)[:64]]
    if dice.random() < 0.3:
        parts.append(f"VIR DE {bare(sent.payer)}"[:32])
    return Shown("VIREMENT EN VOTRE FAVEUR " + " ".join(part for part in parts if part))


def mutual(_dice: random.Random, sent: Sent) -> Shown:
    """One field of 32 characters."""
    return Shown(f"VIR {bare(sent.payer)} {bare(sent.message)}"[:32].strip())


def mutual_long(_dice: random.Random, sent: Sent) -> Shown:
    """The same with the second line of the statement."""
    return Shown(f"{f'VIR {bare(sent.payer)}'[:31].strip()} {bare(sent.message)[:31]}".strip())


def lyon(dice: random.Random, sent: Sent) -> Shown:
    """The payer first, cut at 24; the message behind."""
    head = dice.choice(("VIREMENT", "VIR SEPA", "VIR.SEPA"))
    return Shown(f"{head} {bare(sent.payer)[:24].strip()} {bare(sent.message)[:70]}".strip())


def savings(dice: random.Random, sent: Sent) -> Shown:
    """Words for the donor's reference."""
    tail = f" -Réf. donneur d'ordre : {sent.end_to_end}" if sent.end_to_end and dice.random() < 0.7 else ""
    return Shown(f"VIR SEPA {bare(sent.payer)} {bare(sent.message)}{tail}".strip())


def postal(_dice: random.Random, sent: Sent) -> Shown:
    """`VIREMENT DE …` and the message, without tags."""
    tail = f" REFERENCE : {sent.end_to_end}" if sent.end_to_end else ""
    return Shown(f"VIREMENT DE {bare(sent.payer)} {bare(sent.message)}{tail}".strip())


def neobank(_dice: random.Random, sent: Sent) -> Shown:
    """Name and message apart, in the payer's own letters."""
    return Shown(sent.message or sent.payer, sent.payer)


def camt(dice: random.Random, sent: Sent) -> Shown:
    """An XML statement: everything in its field."""
    return Shown(sent.message, sent.payer[:70], sent.account if dice.random() < 0.9 else "", sent.end_to_end)


def cfonb(_dice: random.Random, sent: Sent) -> Shown:
    """Records of fixed width: the operation's label of 31, then the complements that were sent."""
    label = f"VIR SEPA {bare(sent.payer)}"[:31].strip()
    return Shown(f"{label} {bare(sent.message)[:70]}".strip(), bare(sent.payer)[:35])


def cfonb_short(_dice: random.Random, sent: Sent) -> Shown:
    """The same without complements."""
    return Shown(f"VIR {bare(sent.payer)} {bare(sent.message)}"[:31].strip())


def ofx(_dice: random.Random, sent: Sent) -> Shown:
    """A name of 32 and a memo."""
    return Shown(bare(sent.message)[:80], f"VIR {bare(sent.payer)}"[:32].strip())


def swift(dice: random.Random, sent: Sent) -> Shown:
    """Fields of a SWIFT statement: `/NPY/…/RCN/…`."""
    reference = f"/EREF/{sent.end_to_end}" if sent.end_to_end else ""
    return Shown(
        f"/CTC/206/VIREMENT RECU TIERS{reference}/NPY/{bare(sent.payer)[:35]}/RCN/{bare(sent.message)[:70]}"
        if dice.random() < 0.9
        else f"VRT {bare(sent.payer)}"
    )


def broker(_dice: random.Random, sent: Sent) -> Shown:
    """Mixed case, no tags, the message before the payer."""
    return Shown(f"{sent.message} | VIR SEPA {sent.payer}".strip(" |"))


Layout = Callable[[random.Random, Sent], Shown]
LAYOUTS: dict[str, Layout] = {
    "green": green, "red": red, "farmers": farmers, "mutual": mutual, "mutual_long": mutual_long, "lyon": lyon, "savings": savings,
    "postal": postal, "neobank": neobank, "camt": camt, "cfonb": cfonb, "ofx": ofx,
}  # fmt: skip  # read as a table: columns side by side
UNSEEN_LAYOUTS: dict[str, Layout] = {"cfonb_short": cfonb_short, "swift": swift, "broker": broker}
"""Used for judging only: nothing is improved by looking at them."""

"""What the workbench of the bank shows: lines in groups, candidates, the equation of a match. Pure: answers in, content out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, plural
from crm.core.money import EURO, shown
from crm.core.periods import Period
from crm.ledger.actions.differences import CAUSES, ListResiduals, ResidualList, by_cause
from crm.ledger.causes import Cause
from crm.receivables.actions.bank import BankLines, LineCard, ListBankLines, aside_words
from crm.receivables.actions.matching import MatchReport
from crm.receivables.actions.words import RESIDUALS
from crm.receivables.lettered import ENTRIES
from crm.receivables.matching.facts import Match
from crm.receivables.payments_read import AccountFreshness, BankRow
from crm.tui.cells import amount, clean, fit, gauge, late_style, lateness, percent, wrapped
from crm.tui.widgets.chrome import APART, key_label, key_name
from crm.tui.widgets.notice import Offer, Told
from crm.tui.widgets.sheet_table import TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm

TO_DECIDE, MATCHED, ASIDE = "to_decide", "matched", "aside"

_DOTS = 10
_GAUGE = 18


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on the table: lines that wait, and the latest that are done."""

    today: date
    waiting: BankLines
    matched: BankLines
    aside: BankLines
    differences: ResidualList

    @property
    def nothing(self) -> bool:
        """Not one bank line has ever come in."""
        return not any(self.waiting.counts.values())


def account_words(accounts: Sequence[AccountFreshness], today: date) -> Content:
    """Each account and the day until which it is known; older than two working days is said in colour."""
    parts: list[Content] = []
    for one in accounts:
        name = one.label or ("··" + one.account[-4:] if one.account else _("account not named"))
        told = _("{account} until {day}").format(account=clean(name), day=shown_date(one.known_until, today))
        parts.append(Content.styled(told, "$late2" if one.stale else "$muted"))
    return Content.styled(" · ", "$muted").join(parts)


def count_words(desk: Desk) -> Content:
    """`3 à décider ━━━━── 14 lettrées, 1 de côté`."""
    counts = desk.waiting.counts
    left, done = counts[TO_DECIDE], counts[MATCHED] + counts[ASIDE]
    told = plural("{count} done", "{count} done", counts[MATCHED])
    if counts[ASIDE]:
        told += ", " + plural("{count} aside", "{count} aside", counts[ASIDE])
    return Content.assemble(
        (plural("{count} to decide", "{count} to decide", left), "bold"),
        "  ",
        gauge(done / (done + left) if done + left else 1.0, _GAUGE),
        ("  " + told, "$muted"),
    )


def line_columns(today: date) -> list[TableColumn[LineCard]]:
    """Glyph, day, label, amount, code."""
    return [
        TableColumn("", 1, lambda card: _glyph(card), lambda card: _style(card)),
        TableColumn("", 8, lambda card: shown_date(card.row.booked, today), lambda card: _dim(card)),
        TableColumn("", 14, lambda card: _label(card.row), lambda card: _dim(card), most=60, lead=True),
        TableColumn(
            "", 12, lambda card: amount(card.row.cents, card.row.currency), lambda card: _dim(card), right=True
        ),
        TableColumn("", 6, lambda card: _end(card), lambda card: "$late3" if _bounced(card) else "$muted", leaves=1),
    ]


def _glyph(card: LineCard) -> str:
    if card.row.payment_id is not None:
        return "✓"
    return " " if card.row.aside else "✗" if card.row.takes_back else "◆" if card.candidates else "?"


def _style(card: LineCard) -> str:
    if card.row.payment_id is not None:
        return "$ok"
    return "$late3" if card.row.takes_back else "$accent"


def _dim(card: LineCard) -> str:
    return "$muted" if card.row.payment_id is not None or card.row.aside else ""


def _bounced(card: LineCard) -> bool:
    return card.row.takes_back and card.row.payment_id is None


def _label(row: BankRow) -> str:
    """The label; where it says nothing of the payer, the payer first."""
    name = row.counterparty
    return clean(f"{name} · {row.label}" if name and name.upper() not in row.label.upper() else row.label or name)


def _end(card: LineCard) -> str:
    return _("unpaid") if _bounced(card) else card.row.code


def line_head(card: LineCard, today: date, width: int) -> Content:
    """The bank line itself."""
    row = card.row
    lines = wrap(_label(row), max(20, width - 2))[:2] or [""]
    about = _("{amount} of {day}").format(amount=shown(row.cents, row.currency), day=shown_date(row.booked, today))
    other = " · ".join(filter(None, (clean(row.counterparty), f"··{row.iban[-4:]}" if row.iban else "")))
    parts: list[Content | tuple[str, str]] = [("\n".join(lines), "bold"), ("\n", ""), (about, "")]
    if other:
        parts.append((f"   {other}", "$muted"))
    if row.recorded:
        parts += [("\n", ""), (_("Recorded without a bank line"), "$muted")]
    return Content.assemble(*parts)


def candidate_list(card: LineCard, lines: BankLines, chosen: int, width: int, *, tight: bool) -> Content:
    """The uses that are possible, each with its certainty and the sentence why; `tight` where rows are few."""
    if not card.candidates:
        told = _("Nothing open answers to it. c says what it pays, + makes a new customer, n sets it aside.")
        return Content.styled("\n".join(wrap(told, max(20, width - 2))), "$muted")
    parts: list[Content | tuple[str, str]] = []
    for place, match in enumerate(card.candidates[:3], start=1):
        mine = place == chosen
        room = max(12, width - 24)
        parts += [
            ("\n" if parts and not tight else "", ""),
            ("▌" if mine else " ", "$accent"),
            (f"{place} ", "bold"),
            (fit(_settles(match, lines), room), "bold" if mine else ""),
            (" ", ""),
            _certainty(match.certainty) if lines.documents(match) else Content.styled(_("yours to say"), "$muted"),
            ("\n", ""),
        ]
        space = max(20, width - 6)
        told = clean(match.why)
        for line in [fit(told, space)] if tight else wrapped(told, space)[:2]:
            parts += [("    " + line, "$muted"), ("\n", "")]
    return Content.assemble(*parts[:-1])


def _settles(match: Match, lines: BankLines) -> str:
    numbers = " + ".join(number for number, _cents in lines.documents(match)[:3])
    more = len(lines.documents(match)) - 3
    if more > 0:
        numbers += " " + plural("and {count} more", "and {count} more ones", more)
    name = lines.customers[match.customer_id][1] if match.customer_id in lines.customers else ""  # type: ignore[index]  # looked up only where it is there
    words = numbers or _(RESIDUALS[match.residual_reason])
    return clean(f"{words} · {name}" if name else words)


def _certainty(share: float) -> Content:
    dots = round(_DOTS * share)
    return Content.assemble(
        ("▪" * dots, "$accent"), ("▪" * (_DOTS - dots), "$rule"), (f" {percent(round(share * 10_000), 10_000):>5}", "")
    )


def equation(report: MatchReport, lines: BankLines, match: Match, today: date, *, tight: bool) -> Content:
    """Received, what it settles, the difference; then the code, and the entry where a difference is written off."""
    settled = report.outcome.matched[0]
    money = settled.waiting.money
    items = {item.number: item for item in lines.items.values()}
    wide = max(len(amount(cents, money.currency)) for cents in (money.cents, *(c for _n, c in settled.invoices)))
    parts: list[Content | tuple[str, str]] = [
        ("◆ ", "bold $accent"),
        (_title(len(settled.invoices), match), "bold"),
        ("\n" if tight else "\n\n", ""),
        *_row(_("Received"), money.cents, money.currency, wide),
    ]
    for place, (number, cents) in enumerate(settled.invoices[:6]):
        parts += [
            ("\n", ""),
            *_row(_("Settles") if not place else "", -cents, money.currency, wide),
            (f"   {number}", ""),
        ]
        item = items.get(number)
        if item is not None and item.kind == "invoice":
            late = (today - item.due_date).days
            parts.append((f"  {lateness(late)}", late_style(late)))
    rest = money.cents - sum(cents for _number, cents in settled.invoices)
    parts += [("\n", ""), ("─" * (12 + wide), "$rule"), ("\n", "")]
    parts += _row(_("Difference"), rest, money.currency, wide, strong=True)
    full = settled.code.isupper()
    told = _("matched in full") if full else _("matched in part") if settled.code else _("money on account")
    parts.append((f"   {'✓ ' if full else ''}{told}", "$ok" if full else "$muted"))
    if settled.code:
        parts += [(", " + _("code") + " ", "$muted"), (settled.code, "bold")]
    if match.residual_cents > 0:
        parts += [("\n", ""), *_left(match, money.currency)]
    return Content.assemble(*parts)


def _row(label: str, cents: int, currency: str, wide: int, *, strong: bool = False) -> list[Content | tuple[str, str]]:
    figure = shown(cents, currency)
    return [(fit(label, 12), "$muted"), (figure.rjust(wide + 1), "bold" if strong else "")]


def _left(match: Match, currency: str) -> list[Content | tuple[str, str]]:
    """What stays short, and what a yes makes of it."""
    reason = match.residual_reason
    words = f"{shown(match.residual_cents, currency)} · {_(RESIDUALS[reason])}"
    entry = ENTRIES.get(reason)
    after = _("written off, account {entry}").format(entry=entry) if entry else _("stays open")
    if reason.value == "retention":
        after = _("stays open, account {entry}").format(entry=entry)
    return [(fit(_("Stays short"), 12), "$muted"), (words, "bold"), (f"   {after}", "$muted")]


def _title(documents: int, match: Match) -> str:
    if match.reopens:
        return _("Open the invoice again")
    if not documents:
        return _("Keep as money on account")
    return plural("Settle {count} document", "Settle {count} documents", documents)


def of_the_month(today: date) -> ListResiduals:
    """The differences decided since the first of the month."""
    return ListResiduals(period=Period(today.replace(day=1), today))


def differences_of_the_month(found: ResidualList) -> Content:
    """What matches left this month, by cause: how many, how much, and its share."""
    sums = {key: told for key, told in by_cause(found.lines).items() if key[2] == EURO}
    if not sums:
        return Content("")
    whole = sum(abs(cents) for _count, cents in sums.values()) or 1
    parts: list[Content | tuple[str, str]] = [(_("Differences of the month"), "bold")]
    for (cause, _decision, currency), (count, cents) in list(sums.items())[:5]:
        parts += [
            ("\n", ""),
            (fit(_(CAUSES[Cause(cause)]), 22), "$muted"),
            (f"{count:>3}  ", ""),
            (fit(amount(cents, currency), 14, right=True), ""),
            ("   ", ""),
            gauge(abs(cents) / whole, _GAUGE, "$muted"),
        ]
    return Content.assemble(*parts)


def answer_keys(card: LineCard, *, acts: bool) -> list[tuple[str, str, str]]:
    """Key, label and action of what can be done with a line."""
    if card.row.payment_id is not None:
        return [("n", _("take apart"), "refuse")]
    if card.row.aside:
        return [("o", _("take up again"), "accept")]
    keys = [("o", _("yes"), "accept")] if acts else []
    if len(card.candidates) > 1:
        keys.append((f"1–{min(3, len(card.candidates))}", _("choose"), "choose(2)"))
    return [
        *keys,
        ("m", _("change"), "change"),
        ("c", _("split"), "split"),
        ("n", _("no"), "refuse"),
    ]


def keys_content(keys: Sequence[tuple[str, str, str]]) -> Content:
    """The keys in a row."""
    return Content(APART).join(key_label(key_name(key), label, f"screen.{action}") for key, label, action in keys)


def done_words(card: LineCard) -> Content:
    """What became of a line that waits no more."""
    row = card.row
    if row.aside:
        return Content.styled(aside_words(row.aside), "$muted")
    code = _("code {code}").format(code=row.code) if row.code else _("money on account")
    return Content.assemble(
        ("✓ ", "$ok"), (clean(row.customer or _("payer to be found")), ""), (f"   {code}", "$muted")
    )


def all_matched(desk: Desk) -> Told:
    """Nothing waits: how many lines, and what they come to."""
    counts = desk.waiting.counts
    total = sum(card.row.cents for card in desk.matched.cards if card.row.currency == EURO and card.row.cents > 0)
    lines = plural("{count} bank line", "{count} bank lines", counts[MATCHED])
    return Told(_("Everything is matched. {lines}, {amount}.").format(lines=lines, amount=shown(total)))


def count_waiting(crm: Crm) -> int:
    """How many bank lines and recorded payments wait for a decision. Reads: from a thread only."""
    return crm.runner.read(ListBankLines(limit=1), crm.actor).counts[TO_DECIDE]


def no_line_yet() -> Told:
    """Why the workbench is empty, and what is useful then."""
    return Told(
        _("No bank line yet."),
        _(
            "Give us a statement of your bank: CAMT, CFONB, MT940, OFX, QIF, CSV or XLSX. Nothing is matched by importing it."
        ),
        (
            Offer("i", _("import a statement"), "screen.import_file"),
            Offer("enter", _("look again"), "screen.retry"),
        ),
    )

"""Risk as words and small charts. Pure: answers in, content out. Risk speaks of payment, not of people; never colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content

from crm.core.i18n import _, plural
from crm.core.money import shown
from crm.risk.stakes import Band, band, dots
from crm.risk.words import percent, points
from crm.tui.cells import clean, fit

_STYLES = {Band.LOW: "$muted", Band.MODERATE: "$late1", Band.HIGH: "$late2", Band.VERY_HIGH: "$late3"}
_CHART = 20
_LABEL = 12


def risk_words(risk: float | None) -> str:
    """`●●○○ 42 %`; nothing where nobody was scored."""
    return "" if risk is None else f"{dots(risk)} {percent(risk)}"


def risk_style(risk: float | None) -> str:
    """The colour of a band."""
    return "$muted" if risk is None else _STYLES[band(risk)]


def risk_line(card: Any) -> Content:
    """One line: how likely, and the first reason."""
    first = card.reasons[0].sentence if card.reasons else next(iter(card.notes), "")
    return Content.assemble(
        (fit(_("Risk"), _LABEL), "$muted"), (risk_words(card.counts), risk_style(card.counts)), ("  " + clean(first), "$muted")
    )  # fmt: skip  # read as a table: columns side by side


def risk_card(card: Any) -> list[Content]:
    """How likely a late payment is, three reasons, what would change it, and what it rests on."""
    lines = [
        Content.assemble(
            (_("Risk"), "bold"), "  ", (risk_words(card.counts), risk_style(card.counts)), "  ",
            (_("the simple rule says {rule}").format(rule=percent(card.rule)), "$muted"),
        )
    ]  # fmt: skip  # read as a table: columns side by side
    for each in card.reasons:
        style = "$late2" if each.effect > 0 else "$muted"
        lines.append(Content.assemble((f"{each.mark} {fit(points(each.effect), 11)} ", style), clean(each.sentence)))
    for stake in card.stakes:
        if stake.expected_loss:
            told = _("Expected loss {loss} of {exposure} open.").format(
                loss=shown(stake.expected_loss, stake.currency), exposure=shown(stake.exposure, stake.currency)
            )
            lines.append(Content.styled(told, "$muted"))
    history = plural("{count} invoice paid so far", "{count} invoices paid so far", card.history)
    lines += [
        Content.styled(clean(text), "$muted") for text in (*card.changes, card.alike, *card.notes, history) if text
    ]
    return lines


def risk_map(lines: Sequence[Any]) -> list[Content]:
    """Exposure upwards, probability to the right: how many customers stand in each field, the heavy corner marked."""
    if not lines:
        return [Content.styled(_("Nothing is open: there is nothing to place."), "$muted")]
    most = max(line.exposure for line in lines) or 1
    counts = [[0] * 4 for _row in range(3)]
    for line in lines:
        high = 2 if line.exposure * 3 >= 2 * most else 1 if line.exposure * 3 >= most else 0
        counts[high][list(Band).index(band(line.late))] += 1
    heads = ("< 25", "25–50", "50–75", "> 75")
    told = []
    for high in (2, 1, 0):
        label = shown(most * (high + 1) // 3, lines[0].currency, whole=True)
        parts: list[tuple[str, str]] = [(f"≤ {label}".rjust(14) + " ", "$muted")]
        for place, count in enumerate(counts[high]):
            glyph = "■" if high + place >= 4 else "▪"
            text = fit(f"{glyph} {count}" if count else "·", 9)
            parts.append((text, risk_style((0.1, 0.3, 0.6, 0.9)[place]) if count else "$rule"))
        told.append(Content.assemble(*parts))
    told.append(Content.styled(" " * 15 + "".join(fit(head, 9) for head in heads) + "%", "$muted"))
    return told


def calibration_chart(bins: Sequence[Any]) -> list[Content]:
    """What was said against what came, a line a tenth: `○` said, `●` came, `◉` both."""
    told = []
    for each in bins:
        cells = [" "] * (_CHART + 1)
        said, came = round(each.mean_score * _CHART), round(each.observed * _CHART)
        cells[said] = "○"
        cells[came] = "◉" if came == said else "●"
        told.append(
            Content.assemble(
                (fit(percent(each.mean_score), 6, right=True), "$muted"), " │", "".join(cells), "│ ",
                fit(percent(each.observed), 6, right=True), (f"  {each.n}", "$muted"),
            )
        )  # fmt: skip  # read as a table: columns side by side
    if told:
        told.append(Content.styled(_("○ said   ● came   ◉ both"), "$muted"))
    return told

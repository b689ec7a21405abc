"""Every contrast that `docs` and screens claim is computed again, in both themes."""

from itertools import product

import pytest
from textual.color import Color

from crm.tui.theme import ARDOISE, FILLS, GROUNDS, PAPIER, TEXT, TOKENS, theme_for

CLAIMED = {
    "foreground": ((13.9, 12.9, 10.7), (14.6, 13.5, 11.9)),
    "muted": ((7.3, 6.8, 5.6), (6.2, 5.7, 5.0)),
    "accent": ((8.9, 8.3, 6.9), (7.9, 7.3, 6.5)),
    "late1": ((9.7, 9.0, 7.5), (7.0, 6.5, 5.7)),
    "late2": ((8.1, 7.5, 6.2), (7.0, 6.5, 5.7)),
    "late3": ((7.0, 6.5, 5.4), (6.7, 6.2, 5.5)),
    "late4": ((6.8, 6.4, 5.3), (7.9, 7.3, 6.4)),
    "ok": ((9.4, 8.7, 7.2), (7.0, 6.5, 5.7)),
}
"""Contrast on background, surface and raised, in the dark and in the light theme."""


def _luminance(code: str) -> float:
    channels = [part / 255 for part in Color.parse(code).rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("token", "ground", "place"), [*product(TEXT, GROUNDS, (0, 1))])
def test_text_is_readable_on_every_ground(token: str, ground: str, place: int) -> None:
    assert contrast(TOKENS[token][place], TOKENS[ground][place]) >= 4.5


@pytest.mark.parametrize(("token", "ground", "place"), [*product(FILLS, ("background", "surface"), (0, 1))])
def test_bars_stand_out(token: str, ground: str, place: int) -> None:
    assert contrast(TOKENS[token][place], TOKENS[ground][place]) >= 3


@pytest.mark.parametrize(("token", "place"), [*product(TEXT, (0, 1))])
def test_the_claimed_contrasts_are_true(token: str, place: int) -> None:
    found = [contrast(TOKENS[token][place], TOKENS[ground][place]) for ground in GROUNDS]
    assert found == pytest.approx(CLAIMED[token][place], abs=0.06)


@pytest.mark.parametrize("tint", ["tint0", "tint1", "tint2", "tint3"])
@pytest.mark.parametrize("place", [0, 1])
def test_text_on_tinted_cells(tint: str, place: int) -> None:
    assert contrast(TOKENS["foreground"][place], TOKENS[tint][place]) >= 9.65


@pytest.mark.parametrize(("theme", "place"), [(ARDOISE, 0), (PAPIER, 1)])
def test_every_token_is_a_variable_of_the_theme(theme: object, place: int) -> None:
    known = {**theme.to_color_system().generate(), **theme.variables}  # type: ignore[attr-defined]  # made at run time
    assert {token: known[token].lower() for token in TOKENS} == {token: pair[place] for token, pair in TOKENS.items()}


@pytest.mark.parametrize(
    ("setting", "colorfgbg", "expected"),
    [
        ("ardoise", "0;15", "ardoise"),
        ("papier", "", "papier"),
        ("auto", "", "ardoise"),
        ("auto", "15;0", "ardoise"),
        ("auto", "0;15", "papier"),
        ("auto", "0;default;7", "papier"),
    ],
)
def test_the_setting_decides_else_the_terminal(setting: str, colorfgbg: str, expected: str) -> None:
    assert theme_for(setting, colorfgbg) == expected

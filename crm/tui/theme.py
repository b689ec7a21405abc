"""Two themes: slate and chalk at night (`ardoise`), paper and ink by day (`papier`).

Colour means three things only: warm is late, in four steps; blue waits for a yes or has the focus; green is money
that came, a word that was kept, a check that passed.
"""

from textual.theme import Theme

TOKENS = {
    "background": ("#15181c", "#fbf9f4"),
    "surface": ("#1b1f25", "#f4f0e7"),
    "raised": ("#272e38", "#e8e2d4"),
    "rule": ("#3a424e", "#cfc7b5"),
    "foreground": ("#e6e3db", "#22252a"),
    "muted": ("#a0a7b2", "#595e67"),
    "accent": ("#8fbaf6", "#1b4b99"),
    "late1": ("#dcbc6c", "#6d5200"),
    "late2": ("#ec9d58", "#8a4205"),
    "late3": ("#f3836b", "#a32f14"),
    "late4": ("#ff7480", "#9c1030"),
    "ok": ("#97c98f", "#2a6130"),
    "fill0": ("#5f6b7b", "#7f8895"),
    "fill1": ("#d0ae5a", "#ad8009"),
    "fill2": ("#e08d45", "#cc6a1c"),
    "fill3": ("#e26c52", "#c8452a"),
    "fill4": ("#e0566a", "#a3143c"),
    "tint0": ("#22352a", "#dcebd9"),
    "tint1": ("#3a3420", "#f3e7c3"),
    "tint2": ("#43301f", "#f6dcc2"),
    "tint3": ("#4a2529", "#f4d2cd"),
}
"""Token → colour in `ardoise` and in `papier`. `rule` and the tints are never text."""

TEXT = ("foreground", "muted", "accent", "late1", "late2", "late3", "late4", "ok")
"""Tokens that carry words and figures: at least 4.5 to 1 on background, surface and raised."""
FILLS = ("fill0", "fill1", "fill2", "fill3", "fill4")
"""Tokens of bars: at least 3 to 1 on background and surface."""
GROUNDS = ("background", "surface", "raised")

_OWN = ("background", "surface", "foreground", "accent")


def _theme(name: str, place: int) -> Theme:
    colour = {token: pair[place] for token, pair in TOKENS.items()}
    return Theme(
        name=name,
        dark=place == 0,
        primary=colour["accent"],
        secondary=colour["muted"],
        success=colour["ok"],
        warning=colour["late2"],
        error=colour["late3"],
        panel=colour["surface"],
        variables={
            **{token: value for token, value in colour.items() if token not in _OWN},
            "input-cursor-background": colour["accent"],
            "input-cursor-foreground": colour["background"],
            "input-cursor-text-style": "none",
            "input-selection-background": colour["raised"],
        },
        background=colour["background"],
        surface=colour["surface"],
        foreground=colour["foreground"],
        accent=colour["accent"],
    )


ARDOISE = _theme("ardoise", 0)
PAPIER = _theme("papier", 1)


def theme_for(setting: str, colorfgbg: str = "") -> str:
    """The theme of a setting; `auto` follows what the terminal says of its ground in COLORFGBG, else the dark one."""
    if setting in {ARDOISE.name, PAPIER.name}:
        return setting
    light = colorfgbg.rpartition(";")[2] in {"7", "15"}
    return PAPIER.name if light else ARDOISE.name

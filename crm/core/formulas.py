"""Formulas in cells: recognised in what comes in, made harmless in what goes out.

A spreadsheet runs a cell that begins with one of a few signs, whoever wrote it. What leaves is therefore marked with an
apostrophe, as spreadsheets themselves do, and the mark is taken off again when our own file comes back.
"""

import re

_FORMULA = re.compile(
    r"""\s*(?:
        =\s*[^\s=>]                                         # =1+1, =cmd|'…'!A0; but "=> call back" is prose
      | @\w[\w.]*\s?\(                                      # @SUM(…)
      | [+\-][A-Za-z_][\w.]*\(                              # +SUM(…); but "- a note (see mail)" is prose
      | [+\-][\d.,]+[*/^+\-][A-Za-z_][\w.]*\(               # -2+SUM(…)
      | [+\-][^\n|]*(?<=[\w)])\s?\|\s?['"]                  # -2+3+cmd|' /C calc'!A0
      | [+\-][^\n!]*(?<=[\w'])!\$?[A-Za-z]{1,3}\$?\d        # +Sheet1!A1
    )""",
    re.VERBOSE,
)
_LOOKED_AT = 1024
_RUNS = re.compile("'*(?:\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


def looks_like_formula(text: str) -> bool:
    """Whether a text is meant to be calculated rather than read."""
    return _FORMULA.match(text, 0, _LOOKED_AT) is not None


def would_run(text: str) -> bool:
    """Whether a spreadsheet might calculate the text: it begins with one of the signs and is no plain number."""
    return _RUNS.match(text) is not None and _NUMBER.fullmatch(text) is None


def guarded(text: str) -> str:
    """The text as it may stand in a CSV cell: with an apostrophe before what might run."""
    return f"'{text}" if would_run(text) else text


def unguarded(cell: str) -> str:
    """The text of a CSV cell, without the apostrophe that `guarded` put there."""
    return cell[1:] if cell.startswith("'") and would_run(cell[1:]) else cell

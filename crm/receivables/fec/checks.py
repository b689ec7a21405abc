"""What a bookkeeper would like to know of a FEC: balance, gaps, dates, duplicates, its name. Pure.

Only what makes the file doubtful refuses it (the reader and the gathering raise); here everything is a warning.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crm.core.i18n import _, plural
from crm.core.money import shown

_NAME = re.compile(r"(?P<siren>[0-9]{9,10})FEC(?P<day>[0-9]{8})(?:_[0-9]+)?", re.IGNORECASE)
_DIGITS = re.compile(r"^(.*?)([0-9]+)$")
_SHOWN = 5


@dataclass
class Findings:
    """What was counted while the file was read."""

    lines: int = 0
    entries: int = 0
    debit: int = 0
    credit: int = 0
    first: date | None = None
    last: date | None = None
    counted: Counter[str] = field(default_factory=Counter)
    """Kind of oddity → how often."""
    line_of: dict[str, int] = field(default_factory=dict)
    """Kind of oddity → the first line with it."""
    numbers: dict[str, set[str]] = field(default_factory=dict)
    """Journal → entry numbers."""
    sums: Counter[str] = field(default_factory=Counter)
    """411, 413, 416, 419 → balance in cents."""

    def note(self, kind: str, line: int) -> None:
        """Count an oddity."""
        if kind not in self.counted:
            self.line_of[kind] = line
        self.counted[kind] += 1


def named(file: str) -> tuple[str, date | None]:
    """The SIREN and the closing day of a file's name; empty and None where it has none."""
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    found = _NAME.fullmatch(stem)
    if found is None:
        return "", None
    day = found["day"]
    try:
        return found["siren"][-9:], date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return found["siren"][-9:], None


def told(findings: Findings, file: str, doubles: Iterable[str]) -> list[tuple[int, str]]:
    """Each thing to know, with its line (0: the file), the file as a whole first."""
    found = [(0, text) for text in _of_the_file(findings, file)]
    found += [(findings.line_of[kind], _SAYINGS[kind](count)) for kind, count in findings.counted.items()]
    found += [(0, text) for text in _gaps(findings.numbers)]
    doubled = list(doubles)
    if doubled:
        text = plural(
            "{count} document stands twice in the sales", "{count} documents stand twice in the sales", len(doubled)
        )
        found.append((0, _("{told}: {names}.").format(told=text, names=", ".join(doubled[:_SHOWN]))))
    return found


def _of_the_file(findings: Findings, file: str) -> list[str]:
    siren, closing = named(file)
    text = plural("{count} entry balances", "{count} entries balance", findings.entries)
    found = [
        _("{told}: {debit} in debit and in credit.").format(told=text, debit=shown(findings.debit, "EUR")),
        _("Customers at the last entry ({day}): 411 + 413 + 416 = {total}; beside them 419 = {advance}.").format(
            day=findings.last.isoformat() if findings.last else "—",
            total=shown(sum(findings.sums[account] for account in ("411", "413", "416")), "EUR"),
            advance=shown(findings.sums["419"], "EUR"),
        ),
    ]
    if not siren or closing is None:
        found.append(
            _(
                "The file is named {name}; the law wants SIREN, FEC and the closing day: 123456789FEC20261231.txt."
            ).format(name=file)
        )
    elif findings.last is not None and findings.last > closing:
        found.append(
            _("The name says that the year closes on {closing}, an entry is of {last}.").format(
                closing=closing.isoformat(), last=findings.last.isoformat()
            )
        )
    if findings.first and findings.last and (findings.last - findings.first).days > 731:
        found.append(_("Entries range over more than two years."))
    return found


def _gaps(numbers: Mapping[str, set[str]]) -> list[str]:
    """Where numbers are missing: in one sequence for all journals, or else in the sequence of each."""
    everything = [number for found in numbers.values() for number in found]
    if _missing(everything) == 0:
        return []
    found = []
    for journal, own in numbers.items():
        if missing := _missing(own):
            text = plural("{count} entry number is missing", "{count} entry numbers are missing", missing)
            found.append(_("Journal {journal}: {told}.").format(journal=journal, told=text))
    return found


def _missing(numbers: Iterable[str]) -> int:
    """How many numbers lack between the first and the last of each series of the same beginning."""
    series: dict[str, set[int]] = {}
    for number in numbers:
        if number.isdigit() and len(number) <= 12:
            series.setdefault("", set()).add(int(number))
            continue
        match = _DIGITS.match(number)
        if match is not None and len(match[2]) <= 12:
            series.setdefault(match[1], set()).add(int(match[2]))
    return sum(max(values) - min(values) + 1 - len(values) for values in series.values())


_SAYINGS: Mapping[str, Callable[[int], str]] = {
    "no_number": lambda count: plural("{count} line has no entry number.", "{count} lines have no entry number.", count),
    "no_piece": lambda count: plural("{count} line has no reference of a document.", "{count} lines have no reference of a document.", count),
    "no_valid_date": lambda count: plural("{count} line is not validated: a draft may still change.", "{count} lines are not validated: a draft may still change.", count),
    "no_letter_date": lambda count: plural("{count} matching code has no date; the payment's counts.", "{count} matching codes have no date; the payment's counts.", count),
    "bad_date": lambda count: plural("{count} line of other accounts has no readable date.", "{count} lines of other accounts have no readable date.", count),
    "other_date": lambda count: plural("{count} entry has lines of several days.", "{count} entries have lines of several days.", count),
    "both_sides": lambda count: plural("{count} line has a debit and a credit.", "{count} lines have a debit and a credit.", count),
    "nothing": lambda count: plural("{count} line has no amount.", "{count} lines have no amount.", count),
    "negative": lambda count: plural("{count} line has a negative amount; it counts on the other side.", "{count} lines have a negative amount; they count on the other side.", count),
    "joined": lambda count: plural("{count} line had a separator within its label.", "{count} lines had a separator within their label.", count),
    "short": lambda count: plural("{count} line ends before its last columns.", "{count} lines end before their last columns.", count),
    "no_auxiliary": lambda count: plural("{count} line on a collective account names no customer.", "{count} lines on a collective account name no customer.", count),
    "other_account": lambda count: plural("{count} line has an account of no class from 1 to 8.", "{count} lines have an account of no class from 1 to 8.", count),
    "unbalanced_code": lambda count: plural("{count} matching code does not balance within the file.", "{count} matching codes do not balance within the file.", count),
    "piece_in_other": lambda count: plural("{count} document number is used for several customers.", "{count} document numbers are used for several customers.", count),
    "supplier_code": lambda count: plural("{count} matching code of suppliers does not balance.", "{count} matching codes of suppliers do not balance.", count),
}  # fmt: skip  # read as a table: columns side by side

"""Amounts in letters, as deeds give them beside the figures: `mille deux cent trente euros et cinquante centimes`. Pure."""

from crm.core.i18n import Language
from crm.core.money import Money, minor_digits, plain

_FR = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip  # read as a table: columns side by side
_FR_TENS = ("", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt")
_EN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip  # read as a table: columns side by side
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NAMES: dict[str, dict[Language, tuple[str, str, str, str]]] = {
    "EUR": {"fr": ("euro", "euros", "centime", "centimes"), "en": ("euro", "euros", "cent", "cents")},
    "USD": {"fr": ("dollar", "dollars", "cent", "cents"), "en": ("dollar", "dollars", "cent", "cents")},
    "CHF": {"fr": ("franc", "francs", "centime", "centimes"), "en": ("franc", "francs", "centime", "centimes")},
    "GBP": {"fr": ("livre", "livres", "penny", "pence"), "en": ("pound", "pounds", "penny", "pence")},
}
_FEMININE = frozenset({"GBP"})
MOST = 10**12
"""Above it nothing is written in letters."""


def number_in_letters(number: int, language: Language) -> str:
    """A whole number from 0 to a thousand billion, in full words."""
    return _french(number) if language == "fr" else _english(number)


def amount_in_letters(amount: Money, language: Language) -> str:
    """An amount in full words; a currency whose name is not known is written by its code and in figures."""
    names = _NAMES.get(amount.currency, {}).get(language)
    whole, minor = divmod(abs(amount.cents), 10 ** minor_digits(amount.currency))
    if names is None or amount.cents < 0 or whole >= MOST:
        return f"{plain(amount.cents, amount.currency)} {amount.currency}"
    one, many, cent, cents = names
    parts = []
    if whole or not minor:
        single = whole < 2 if language == "fr" else whole == 1
        words = number_in_letters(whole, language)
        if language == "fr" and amount.currency in _FEMININE and words.split("-")[-1].split(" ")[-1] == "un":
            words += "e"
        # « Un million d'euros »: after a round million the noun takes its preposition.
        of = ("d’" if many[0] in "aeiou" else "de ") if language == "fr" and whole and whole % 10**6 == 0 else ""
        parts.append(f"{words} {of}{one if single else many}")
    if minor:
        single = minor < 2 if language == "fr" else minor == 1
        parts.append(f"{number_in_letters(minor, language)} {cent if single else cents}")
    return (" et " if language == "fr" else " and ").join(parts)


def _french(number: int) -> str:
    for size, name in ((10**9, "milliard"), (10**6, "million")):
        if number >= size:
            count, rest = divmod(number, size)
            head = f"{_french(count)} {name}{'s' if count > 1 else ''}"
            return f"{head} {_french(rest)}" if rest else head
    if number >= 1000:
        count, rest = divmod(number, 1000)
        # « Mille » is a numeral: nothing before it takes a plural.
        head = "mille" if count == 1 else f"{_hundreds_fr(count, last=False)} mille"
        return f"{head} {_hundreds_fr(rest, last=True)}" if rest else head
    return _hundreds_fr(number, last=True)


def _hundreds_fr(number: int, *, last: bool) -> str:
    count, rest = divmod(number, 100)
    if not count:
        return _tens_fr(rest, last=last)
    head = "cent" if count == 1 else f"{_FR[count]} cent"
    if rest:
        return f"{head} {_tens_fr(rest, last=last)}"
    return f"{head}s" if count > 1 and last else head


def _tens_fr(number: int, *, last: bool) -> str:
    if number < 20:
        return _FR[number]
    tens, unit = divmod(number, 10)
    if tens in (7, 9):
        unit += 10
    if number == 80:
        return "quatre-vingts" if last else "quatre-vingt"
    if not unit:
        return _FR_TENS[tens]
    joined = " et " if unit in (1, 11) and tens < 8 else "-"
    return f"{_FR_TENS[tens]}{joined}{_FR[unit]}"


def _english(number: int) -> str:
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if number >= size:
            count, rest = divmod(number, size)
            head = f"{_english(count)} {name}"
            between = " and " if 0 < rest < 100 else " "
            return f"{head}{between}{_english(rest)}" if rest else head
    if number >= 100:
        count, rest = divmod(number, 100)
        head = f"{_EN[count]} hundred"
        return f"{head} and {_english(rest)}" if rest else head
    if number < 20:
        return _EN[number]
    tens, unit = divmod(number, 10)
    return f"{_EN_TENS[tens]}-{_EN[unit]}" if unit else _EN_TENS[tens]

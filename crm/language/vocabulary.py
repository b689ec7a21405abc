"""The words for days, months, lengths of time and feasts, French and English, with their usual short and wrong forms."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from rapidfuzz.distance import OSA

Unit: TypeAlias = Literal["day", "workday", "week", "month", "quarter", "half", "year"]

WEEKDAYS: dict[str, int] = {
    word: place
    for place, forms in enumerate((
        "lundi lun lundis lndi monday mon mondays",
        "mardi mardis mard mrdi tuesday tue tues",
        "mercredi mer merc mercredis mcredi wednesday wed",
        "jeudi jeu jeudis jeudy thursday thu thurs thur",
        "vendredi ven vend vendredis vdredi vdi friday fri",
        "samedi sam samedis saturday sat",
        "dimanche dim dimanches sunday sun",
    ))
    for word in forms.split()
}  # fmt: skip  # one day a line
"""Monday is 0."""
MONTHS: dict[str, int] = {
    word: place
    for place, forms in enumerate((
        "janvier janv jan january", "fevrier fev fevr feb february", "mars march", "avril avr april apr", "mai may",
        "juin june", "juillet juil juill july jul", "aout august aug", "septembre sept sep september",
        "octobre oct october", "novembre nov november", "decembre dec december",
    ), 1)
    for word in forms.split()
}  # fmt: skip  # some months a line
UNITS: dict[str, Unit] = {
    **dict.fromkeys(("jour", "jours", "j", "jrs", "day", "days"), "day"),
    **dict.fromkeys(("semaine", "semaines", "sem", "week", "weeks"), "week"),
    **dict.fromkeys(("mois", "month", "months"), "month"),
    **dict.fromkeys(("trimestre", "trimestres", "trim", "quarter", "quarters"), "quarter"),
    **dict.fromkeys(("semestre", "semestres"), "half"),
    **dict.fromkeys(("an", "ans", "annee", "annees", "exercice", "year", "years"), "year"),
}
NAMED_DAYS: dict[str, tuple[int, int] | int] = {
    "noel": (12, 25), "christmas": (12, 25), "jour de l an": (1, 1), "nouvel an": (1, 1), "toussaint": (11, 1),
    "la saint sylvestre": (12, 31), "saint sylvestre": (12, 31), "fete du travail": (5, 1), "armistice": (11, 11),
    "assomption": (8, 15), "epiphanie": (1, 6), "paques": 0, "easter": 0, "lundi de paques": 1, "ascension": 39,
    "pentecote": 49, "lundi de pentecote": 50,
}  # fmt: skip  # some feasts a line
"""A month and a day, or so many days after Easter."""
_PLAIN_WORDS = frozenset(
    [
        "marie",
        "marche",
        "marches",
        "mares",
        "mardis",
        "maria",
        "mandi",
        "amende",
        "media",
        "jeune",
        "jeux",
        "jeudis",
        "vendre",
        "vendus",
        "vendu",
        "samir",
        "sandi",
        "mains",
        "main",
        "demande",
        "janine",
        "novembre",
        "avis",
        "avait",
        "aller",
        "octroi",
        "marque",
        "dire",
        "lundis",
        "fournis",
        "lindi",
        "martin",
        "mari",
        "marin",
    ]
)
"""Words that are no misspelt day or month."""


@lru_cache(maxsize=4096)
def _near(word: str, names: tuple[tuple[str, int], ...]) -> int | None:
    limit = 2 if len(word) >= 8 else 1
    meant = {value for name, value in names if OSA.distance(word, name, score_cutoff=limit) <= limit}
    return meant.pop() if len(meant) == 1 else None


def nearly(word: str, names: Mapping[str, int]) -> int | None:
    """The value of the only name that a misspelt word can be: one slip, two in long words. None for short or plain words."""
    if len(word) < 5 or word in _PLAIN_WORDS or not word.isalpha():
        return None
    return _near(word, tuple((name, value) for name, value in names.items() if len(name) >= 5))

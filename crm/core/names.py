"""How a name is compared: without capitals, accents and signs."""

import re
import unicodedata

_SIGNS = re.compile(r"[\W_]+")
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "Œ": "oe", "Æ": "ae", "Ø": "o", "Ł": "l", "Đ": "d"}
)


def name_key(text: str) -> str:
    """`Électricité Morvan & Fils` → `electricite morvan fils`."""
    plain = text.translate(_LIGATURES)
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return _SIGNS.sub(" ", plain.lower()).strip()


_FORMS = frozenset({"sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scop", "ste", "societe", "ets", "etablissements", "earl", "gaec", "sca", "scea", "ei"})  # fmt: skip  # read as a table: columns side by side
"""Legal forms: a firm is the same with and without."""


def bare_name(name: str) -> str:
    """A firm's name as it is compared: without its legal form."""
    words = name_key(name).split()
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)

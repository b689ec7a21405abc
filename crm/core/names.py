"""How a name is compared: without capitals, accents and signs."""

import re
import unicodedata

_SIGNS = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "Œ": "oe", "Æ": "ae", "Ø": "o"})


def name_key(text: str) -> str:
    """`Électricité Morvan & Fils` → `electricite morvan fils`."""
    plain = text.translate(_LIGATURES)
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return _SIGNS.sub(" ", plain.lower()).strip()

"""Names: how they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.names import name_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Électricité Morvan & Fils", "electricite morvan fils"),
        ("  DUPONT   S.A.R.L. ", "dupont s a r l"),
        ("Hôtel-Restaurant « L'Œillet »", "hotel restaurant l oeillet"),
        ("Müller Straße 5", "muller strasse 5"),
        ("Łódź Æther Ørsted", "lodz aether orsted"),
        ("Coopérative №12", "cooperative no12"),
        ("", ""),
        ("& - !", ""),
    ],
)
def test_capitals_accents_and_signs_do_not_count(name, key):
    assert name_key(name) == key


def test_other_alphabets_are_names_too():
    assert name_key("ООО Ромашка 5") != name_key("ООО Берёза 5")
    assert name_key("株式会社") != name_key("有限会社")
    assert name_key("Ελλάς ΑΕ") == name_key("ΕΛΛΑΣ αε")


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(name):
    key = name_key(name)
    assert name_key(key) == key
    assert key == key.strip()
    assert "  " not in key


@given(st.text(max_size=60))
def test_capitals_never_count(name):
    assert name_key(name.upper()) == name_key(name.upper().lower())

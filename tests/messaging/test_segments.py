"""How an SMS is counted: the figures of the standard, and what holds for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.messaging.segments import Segments, alphabet, measured, plain

GSM = st.text("abcdefghé èàù@£$0123456789€{}[]|~^\\\n", min_size=1, max_size=1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 0)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 80 + "a", Segments("GSM-7", 161, 2)),
        ("ê" + "a" * 69, Segments("UCS-2", 70, 1)),
        ("ê" + "a" * 70, Segments("UCS-2", 71, 2)),
        ("ê" * 134, Segments("UCS-2", 134, 2)),
        ("ê" * 135, Segments("UCS-2", 135, 3)),
        ("🙂" * 35, Segments("UCS-2", 70, 1)),
        ("🙂" * 36, Segments("UCS-2", 72, 2)),
    ],
)
def test_the_limits_are_those_of_the_standard(text, expected):
    assert measured(text) == expected


def test_no_part_ends_in_the_middle_of_a_sign():
    # 152 letters leave one septet, in which half a euro sign does not go: 307 units would do in three, 306 need three too.
    assert measured("a" * 152 + "€" + "a" * 152).count == 3
    assert measured("ê" + "a" * 65 + "🙂" + "a" * 66).count == 3


@pytest.mark.parametrize("sign", "€[]{}|~^\\\f")
def test_signs_of_the_extension_table_count_double(sign):
    assert measured(sign) == Segments("GSM-7", 2, 1)


@pytest.mark.parametrize("sign", "éèàùòìÇÉäöüñ@£$¥§¿¡ßÆæØøÅåΔΩ_")
def test_what_the_alphabet_has_counts_once(sign):
    assert measured(sign) == Segments("GSM-7", 1, 1)


@pytest.mark.parametrize("sign", "êâîôûçëïœ’«»\u00a0\u202f…–")
def test_what_it_has_not_makes_the_whole_text_dear(sign):
    assert alphabet(f"Bonjour {sign}") == "UCS-2"
    assert alphabet(plain(f"Bonjour {sign}")) == "GSM-7"


def test_a_name_is_written_in_the_signs_that_cost_least():
    assert plain("Hôtel « Les Îles » – c’est ça…") == 'Hotel " Les Iles " - c\'est ca...'
    assert plain("Zoë €5 é") == "Zoe €5 é"
    assert plain("日本 🙂") == "日本 🙂"


@given(GSM)
def test_a_text_needs_as_many_parts_as_hold_it_and_hardly_more(text):
    found = measured(text)
    if found.count > 1:
        assert found.units > 160
        assert found.units <= found.count * 153
        assert found.count <= -(-found.units // 152)
    assert 0 <= found.left <= 160


@given(st.text(max_size=400))
def test_writing_plainly_is_done_once_and_only_ever_cheaper(text):
    written = plain(text)
    assert plain(written) == written
    if alphabet(text) == "GSM-7":
        assert written == text

"""Whatever bytes come in, a statement is read or refused: no other way out, and no half of one."""

import io
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from statements_in import BANK, HEAD, format_of, parsed, sample
from test_bank_table import BANKS
from test_statement_samples import READ

from crm.core.problems import Unreadable
from crm.receivables.statements.formats import FORMATS, recognise
from crm.receivables.statements.model import Parsed, StatementFormat

SAMPLES = sorted(path for path in BANK.glob("*/*") if path.parent.name != "LICENSES")
CONTENTS = [path.read_bytes() for path in SAMPLES] + [text.encode() for text, *_ in BANKS.values()]
PIECES = st.sampled_from(
    [
        b"<",
        b">",
        b"&",
        b"\x00",
        b"\xff\xfe",
        b"<![CDATA[",
        b"<!DOCTYPE x>",
        b":61:",
        b":86:",
        b"^",
        b"\n",
        b"04",
        b"-0,00",
        b"99999999999999999999",
        "é".encode(),
        b"\x1a",
        b"{4:",
        b"</STMTTRN>",
        b'"',
        b";",
        b"EUR",
    ]
)


def read_or_refused(known: StatementFormat, content: bytes) -> Parsed | None:
    """What is read; statements that are handed out hold."""
    with suppress(Unreadable):
        found = known.parse(io.BytesIO(content), "any")
        for statement in found.statements:
            statement.check()
            assert all(line.account == statement.account for line in statement.lines)
            assert all(line.currency == statement.currency for line in statement.lines)
        return found
    return None


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.kind)
@given(content=st.binary(max_size=300))
@example(content=b"")
@example(content=b"\0" * 200)
@example(content=b"\xff\xfe")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(known: StatementFormat, content: bytes) -> None:
    recognise(content)
    read_or_refused(known, content)


@given(st.sampled_from(CONTENTS), st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_samples_are_read_or_refused(content: bytes, data: st.DataObject) -> None:
    known = format_of(content)
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(place, min(len(content), place + 40)))
        content = content[:place] + data.draw(st.one_of(PIECES, st.binary(max_size=8))) + content[end:]
    recognise(content[:HEAD])
    read_or_refused(known, content)


@given(st.sampled_from(sorted(READ)), st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_a_file_cut_off_only_whole_statements_are_read(name: str, data: st.DataObject) -> None:
    content = sample(name)
    whole = parsed(content)
    cut = read_or_refused(format_of(content), content[: data.draw(st.integers(0, len(content)))])
    if cut is not None:
        assert [
            (found.account, found.opening, found.closing, [line.cents for line in found.lines])
            for found in cut.statements
        ] == [
            (found.account, found.opening, found.closing, [line.cents for line in found.lines])
            for found in whole.statements[: len(cut.statements)]
        ]


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.kind)
@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"<a>",
        b"<!--",
        b"<![CDATA[",
        b":20:\n",
        b":61:260310C1,00NTRF\n",
        b":86:?20\n",
        b"^\n",
        b"{",
        b"<STMTTRN>",
        b"05" + b"0" * 118 + b"\n",
        b";",
        b'"',
        b"\n",
        b"&amp;",
        b"Date;Montant;Libelle\n",
        b"a" * 64,
    ],
)
def test_much_of_the_same_is_soon_refused(known: StatementFormat, piece: bytes) -> None:
    """A great deal of what a reader looks for again and again: were its work to grow by the square, this would not end."""
    heads = {
        "ofx": b"<OFX>",
        "qif": b"!Type:Bank\n",
        "mt940": b":20:X\n:25:1\n:60F:C260301EUR0,00\n:61:260310C1,00NTRF\n",
        "camt053": b"<Document><BkToCstmrStmt><Stmt><Ntry>",
        "camt054": b"<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry>",
        "bank-csv": b"Date;Libelle;Montant\n",
    }
    content = heads.get(known.kind, b"") + piece * (150_000 // len(piece))
    recognise(content[:HEAD])
    read_or_refused(known, content)

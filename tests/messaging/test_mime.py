"""The bytes of an e-mail: what the standard library reads back is what was put in, whatever was put in."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.messaging.mime import Attachment, Mail, assemble, message_id, split_sender, wire_address

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_mail(**more: object) -> Mail:
    told = {
        "message_id": "<1@morvan.example>",
        "date": NOON,
        "sender": "compta@morvan.example",
        "recipient": "anne@dubois.example",
        "subject": "Facture F-1",
        "text": "Bonjour\n",
    }
    return Mail(**{**told, **more})  # type: ignore[arg-type]  # one of the kinds a table gives


def read_back(mail: Mail) -> EmailMessage:
    """As a mail program reads it; every line is one that servers accept."""
    data = assemble(mail).data
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    message = cast("EmailMessage", message_from_bytes(data, policy=default))
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    assert not found.defects
    return str(found.get_content())


def mailbox(message: EmailMessage, header: str) -> tuple[str, str]:
    """Name and address. Python 3.11 puts a space between the encoded words of a long name; RFC 2047 takes it away."""
    raw = next(str(value) for name, value in message.raw_items() if name == header)
    name, address = parseaddr(raw.replace("\r\n", ""))
    return str(make_header(decode_header(name))), address


def lines_of(text: str) -> list[str]:
    """Lines as a mail keeps them: whichever way they end, and without an empty one at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


# Everything at once, as it is

LETTER = """Bonjour Madame Durand,

.une ligne qui commence par un point
.
..
From here on
la facture reste à régler pour 1 250,50 € — merci.
\tune tabulation, un égal = et =C3=A9, 🙂
des espaces à la fin{spaces}""".format(spaces="   ")


def test_a_reminder_arrives_as_it_was_written():
    message = read_back(
        a_mail(
            subject="Facture F2026-0113 : reste à régler depuis le 30/10/2026",
            sender_name="Atelier Morvan",
            recipient_name="Électricité Morvan & Fils",
            reply_to="lucie@morvan.example",
            text=LETTER,
            html="<p>Bonjour</p>\n<p>1 250,50 €</p>",
        )
    )
    assert message["Subject"] == "Facture F2026-0113 : reste à régler depuis le 30/10/2026"
    assert message["From"].addresses[0].display_name == "Atelier Morvan"
    assert message["To"].addresses[0].display_name == "Électricité Morvan & Fils"
    assert message["To"].addresses[0].addr_spec == "anne@dubois.example"
    assert message["Reply-To"] == "lucie@morvan.example"
    assert message["Message-ID"] == "<1@morvan.example>"
    assert message["Date"].datetime == NOON
    assert message.get_content_type() == "multipart/alternative"
    assert lines_of(part(message, "plain")) == lines_of(LETTER)
    assert lines_of(part(message, "html")) == ["<p>Bonjour</p>", "<p>1 250,50 €</p>"]
    assert message["List-Unsubscribe"] is None


def test_a_text_alone_is_not_wrapped():
    message = read_back(a_mail(text="Bonjour"))
    assert message.get_content_type() == "text/plain"
    assert lines_of(message.get_content()) == ["Bonjour"]


def test_marketing_carries_the_way_out():
    message = read_back(a_mail(unsubscribe="https://r.example.fr/u/9fK2"))
    assert message["List-Unsubscribe"] == "<https://r.example.fr/u/9fK2>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_attachments_keep_their_bytes_and_their_names():
    files = (
        Attachment("F2026-0113.pdf", "application/pdf", bytes(range(256)) * 40),
        Attachment("Facture réglée n°1.pdf", "application/pdf", b"%PDF-1.7\n."),
        Attachment('a "quoted" name.txt', "nonsense", b""),
    )
    message = read_back(a_mail(attachments=files, html="<p>Bonjour</p>", text=LETTER))
    assert message.get_content_type() == "multipart/mixed"
    found = list(message.iter_attachments())
    assert [(each.get_filename(), each.get_payload(decode=True)) for each in found] == [
        (file.name, file.content) for file in files
    ]
    assert [each.get_content_type() for each in found] == [
        "application/pdf",
        "application/pdf",
        "application/octet-stream",
    ]
    assert lines_of(part(message, "plain")) == lines_of(LETTER)


# Laws

printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
one_line = st.text(printable, max_size=200)
body = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(list("\r\n\t .=é€🙂\0"))), max_size=400
)


@given(one_line)
def test_any_subject_arrives(subject):
    assert read_back(a_mail(subject=subject))["Subject"] == subject.strip(" ")


@given(one_line)
def test_any_name_arrives(name):
    message = read_back(a_mail(recipient_name=name, sender_name=name))
    assert mailbox(message, "To") == (" ".join(name.split()), "anne@dubois.example")
    assert mailbox(message, "From") == (" ".join(name.split()), "compta@morvan.example")


@given(body, body)
def test_any_text_arrives(text, html):
    message = read_back(a_mail(text=text, html=html))
    assert lines_of(part(message, "plain")) == lines_of(text)
    if html:
        assert lines_of(part(message, "html")) == lines_of(html)


@given(st.lists(st.tuples(one_line, st.binary(max_size=300)), min_size=1, max_size=3))
def test_any_attachment_arrives(files):
    message = read_back(a_mail(attachments=[Attachment(name, "application/pdf", content) for name, content in files]))
    found = [(each.get_filename(), each.get_payload(decode=True)) for each in message.iter_attachments()]
    assert [content for _name, content in found] == [content for _name, content in files]
    assert [name or "" for name, _content in found] == [name.strip(" ")[-80:].strip() for name, _content in files]


@given(
    st.text(max_size=60), st.sampled_from(["\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\ud800"]), st.text(max_size=60)
)
def test_a_line_end_in_a_header_is_refused(before, end, after):
    for field in ("subject", "recipient_name", "sender_name"):
        with pytest.raises(Invalid):
            assemble(a_mail(**{field: before + end + after}))


# Addresses


@pytest.mark.parametrize(
    ("told", "wire"),
    [
        ("anne.durand+compta@Dubois.Example", "anne.durand+compta@dubois.example"),
        ("o'neil@a-b.example", "o'neil@a-b.example"),
        ("anne@électricité.example", "anne@" + "électricité.example".encode("idna").decode()),
        ("hélène@dubois.example", "hélène@dubois.example"),
        ("postmaster@localhost", "postmaster@localhost"),
    ],
)
def test_an_address_as_servers_are_told_it(told, wire):
    assert wire_address(told) == wire
    found = read_back(a_mail(recipient=told))["To"].addresses[0].addr_spec
    assert found.encode("ascii", "surrogateescape").decode() == wire


def test_only_an_accent_before_the_at_sign_needs_the_extension():
    assert assemble(a_mail(recipient="hélène@dubois.example")).international
    assert not assemble(a_mail(recipient="anne@électricité.example")).international


@pytest.mark.parametrize(
    "told",
    ['"a b"@x.example', "a b@x.example", "anne", "@x.example", "anne@", "a@b@c.example", "a..b@x.example", ".a@x.example",
     "a@-x.example", "a@x..example", "a@x.example>", "a@x.example\r\nRCPT TO:<b@x.example>", "a@[127.0.0.1]", "a" * 65 + "@x.example",
     "a@" + "x" * 64 + ".example", "a@xn--\u2028.example", "<a@x.example>", "a,b@x.example", ""],
)  # fmt: skip  # read as a table: columns side by side
def test_what_is_not_an_address_is_refused(told):
    with pytest.raises(Invalid):
        wire_address(told)
    for field in ("recipient", "sender"):
        with pytest.raises(Invalid):
            assemble(a_mail(**{field: told}))


@given(st.text(max_size=40))
def test_whatever_passes_for_an_address_stays_on_its_line(text):
    try:
        wire = wire_address(text)
    except Invalid:
        return
    assert all(char.isprintable() and char not in ' <>,;:"\\' for char in wire)


def test_the_sender_of_the_settings_may_carry_a_name():
    assert split_sender("Atelier Morvan <compta@morvan.example>") == ("Atelier Morvan", "compta@morvan.example")
    assert split_sender("compta@morvan.example") == ("", "compta@morvan.example")


# Message-ID


def test_a_message_id_is_the_same_for_the_same_thing_and_another_for_another():
    first = message_id("dunning/C-1/EUR/2026-11-24/2/1", "compta@Morvan.example", b"secret")
    assert first == message_id("dunning/C-1/EUR/2026-11-24/2/1", "compta@Morvan.example", b"secret")
    assert first.endswith("@morvan.example>")
    others = {
        message_id("dunning/C-2/EUR/2026-11-24/2/1", "compta@morvan.example", b"secret"),
        message_id("dunning/C-1/EUR/2026-11-24/2/1", "compta@morvan.example", b"other"),
    }
    assert first not in others
    assert len(others) == 2
    assert read_back(a_mail(message_id=first))["Message-ID"] == first


@pytest.mark.parametrize("wrong", ["", "1@x", "<1@x>\r\nBcc: b@x.example", "<1 2@x>", "<@x>"])
def test_another_message_id_is_refused(wrong):
    with pytest.raises(Invalid):
        assemble(a_mail(message_id=wrong))


@pytest.mark.parametrize("wrong", ["javascript:x", "https://x.example/> \r\nBcc: b", "https://x.example/a b"])
def test_a_way_out_that_is_no_page_is_refused(wrong):
    with pytest.raises(Invalid):
        assemble(a_mail(unsubscribe=wrong))

"""Letters: the page that is printed says what was approved, stands in the window, and lies in the folder once."""

import re
import shutil
import subprocess

import pytest
from build import TODAY
from letters import gone_live, mailing, queued, standing, the_one
from segno import helpers
from servers import CI

from crm.core.documents import letters_pdf
from crm.messaging.dispatcher import Interrupted
from crm.messaging.letters import letter_of, payment_code
from crm.messaging.models import OutgoingMessage
from crm.messaging.rendering import Heading, pairs, stacked, table
from crm.messaging.transports.letter import sheet_of

MILLIMETRE = 72 / 25.4
BANK = [("Titulaire", "Atelier Morvan"), ("IBAN", "FR76 3000 6000 0112 3456 7890 189"), ("BIC", "AGRIFRPP"),
        ("Montant", "12\u202f450,30\u00a0€"), ("Référence à rappeler", "F-1"), ("Référence structurée", "RF52 4471")]  # fmt: skip  # read as a table: columns side by side
HOSTILE = 'Ô #set page(width: 1cm) \\[$x$] *gras* <b>"& Fils'


def page(*address: str, body: str = "", name: str = "Boulangerie Dubois") -> str:
    """The HTML of a formal notice as our rendering makes it."""
    heads = (Heading("Facture"), Heading("Reste dû", right=True))
    figures = table(heads, [[["F-1", "du 30/09/2026"], ["1 250,50 €"]]], ("Total", "1 250,50 €"))
    parts = (
        "<p>Atelier Morvan, SARL au capital de 40 000 €, 12 quai de la Fosse, 44000 Nantes</p>",
        stacked([name, *(address or ("3 rue du Four", "35000 Rennes"))], style="recipient"),
        "<p>Nantes, le 24 novembre 2026</p>",
        "<p>Objet : mise en demeure de payer 1 250,50 €</p>",
        f"<p>Madame,{body}</p>",
        pairs("Pour régler", BANK, "Un doute ?"),
        '<ol><li value="1">payer</li><li value="2">écrire</li></ol>',
        "<p>ANNEXE – Décompte</p>",
        figures,
        "<p>Projet à relire avant envoi – droit au 24/11/2026</p>",
    )
    return f"<html><head><style>p {{ }}</style></head><body><main>\n{''.join(parts)}\n</main></body></html>"


def a_letter(html: str = "", **fields) -> OutgoingMessage:
    usual = {
        "id": 12, "purpose": "dunning", "channel": "registered_letter", "recipient": "Boulangerie Dubois, 35000 Rennes",
        "subject": "Mise en demeure", "text": "Madame,", "html": html or page(), "language": "fr", "day": TODAY,
        "approved_by": "Léa",
    }  # fmt: skip  # read as a table: columns side by side
    return OutgoingMessage(**{**usual, **fields})


def words(pdf: bytes, *options: str) -> str:
    """What stands in a PDF, as another program reads it."""
    program = shutil.which("pdftotext")
    if program is None:
        if CI:
            pytest.fail("pdftotext of poppler-utils is not on this machine")
        pytest.skip("pdftotext of poppler-utils is not on this machine")
    return subprocess.run([program, *options, "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def boxes(pdf: bytes) -> list[tuple[float, float, float, float, str]]:
    """Each word of the first page with its place in millimetres: left, top, right, bottom."""
    found = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>',
        words(pdf, "-bbox", "-l", "1"),
    )
    return [(*(float(value) / MILLIMETRE for value in word[:4]), word[4]) for word in found]


# What stands in it


def test_the_page_says_what_was_approved():
    told = words(letters_pdf([letter_of(a_letter())]), "-layout")
    for said in ("Atelier Morvan", "SARL au capital de 40 000 €", "Objet : mise en demeure de payer 1 250,50 €",
                 "FR76 3000 6000 0112 3456 7890 189", "RF52 4471", "ANNEXE – Décompte", "du 30/09/2026", "1.", "écrire"):  # fmt: skip  # read as a table: columns side by side
        assert said in told.replace("\u202f", " ").replace("\u00a0", " "), said


def test_a_draft_is_marked_until_a_person_has_said_yes():
    mark = "Projet à relire avant envoi"
    assert mark not in words(letters_pdf([letter_of(a_letter())]))
    assert mark in words(letters_pdf([letter_of(a_letter(approved_by=""))]))


def test_a_message_without_an_address_of_its_own_is_laid_out_too():
    html = "<html><body><main><p>Bonjour,<br>la facture reste à régler.</p></main></body></html>"
    told = words(
        letters_pdf([letter_of(a_letter(html, channel="letter", recipient="Dubois, 3 rue du Four, 35000 Rennes"))])
    )
    assert "35000 RENNES" in told
    assert "24 novembre 2026" in told
    assert "la facture reste à régler." in told


def test_letters_of_a_day_are_one_file_each_on_its_own_page():
    some = [letter_of(a_letter(page(name=f"Client {place}"))) for place in range(3)]
    pages = words(letters_pdf(some)).split("\f")
    begins = [place for place, text in enumerate(pages) if "Madame," in text]
    assert begins == [0, 2, 4], "the statement of each is on the page after"


def test_the_same_letter_is_the_same_file():
    assert sheet_of(a_letter()).pdf == sheet_of(a_letter()).pdf


@pytest.mark.parametrize("name", [HOSTILE, "A" * 300, "Œuvres d’Été & Fils – “Ça”", "日本 株式会社", "#panic()"])
def test_no_name_becomes_code_and_none_is_cut(name):
    pdf = letters_pdf([letter_of(a_letter(page(name=name)))])
    assert pdf.startswith(b"%PDF-")
    told = "".join(words(pdf).split())
    assert "".join(name.split())[:20] in told or not name.isascii()


# Where it stands


LONG = ("Bâtiment C, escalier 3", "Résidence des Très Longues Avenues", "1234 rue de la Très Grande République Française",
        "BP 1234", "Zone industrielle de la Haute Borne", "59650 Villeneuve-d’Ascq Cedex 7")  # fmt: skip  # read as a table: columns side by side


@pytest.mark.parametrize("address", [(), LONG, ("a" * 90, "b" * 90, "35000 Rennes")])
def test_the_address_is_seen_through_the_window_and_nothing_else_is(address):
    """NF Z 10-011: from 100 to 190 mm and 45 to 79 mm always seen; outside 90 to 200 and 34 to 90 never."""
    letter = letter_of(a_letter(page(*address)))
    found = boxes(letters_pdf([letter]))
    inside = [box for box in found if box[2] > 90 and box[0] < 200 and box[3] > 34 and box[1] < 90]
    assert "".join(box[4] for box in inside).replace("&apos;", "'")[:10] == "".join(letter.recipient)[:10].replace(
        " ", ""
    )
    for left, top, right, bottom, word in inside:
        assert left >= 100, word
        assert right <= 190.5, word
        assert top >= 45, word
        assert bottom <= 79.5, word
    assert len(found) > len(inside)


def test_the_place_is_in_capitals():
    assert letter_of(a_letter()).recipient == ["Boulangerie Dubois", "3 rue du Four", "35000 RENNES"]


# The code of the payment


def parts_of(*facts: tuple[str, str]):
    return [{"kind": "facts", "title": "", "pairs": [list(fact) for fact in facts], "remark": ""}]


def told_by(monkeypatch, parts) -> dict:
    """What the code was asked to say."""
    taken = {}
    real = helpers.make_epc_qr

    def heard(name, iban, amount, **more):
        taken.update(name=name, iban=iban, amount=str(amount), **more)
        return real(name, iban, amount, **more)

    monkeypatch.setattr(helpers, "make_epc_qr", heard)
    assert payment_code(parts).startswith("<svg")
    return taken


def test_the_code_pays_what_the_letter_asks(monkeypatch):
    told = told_by(monkeypatch, parts_of(*BANK))
    assert told == {
        "name": "Atelier Morvan", "iban": "FR7630006000011234567890189", "amount": "12450.30", "bic": "AGRIFRPP",
        "encoding": "utf-8", "reference": "RF524471",
    }  # fmt: skip  # read as a table: columns side by side


def test_without_a_structured_reference_the_text_is_given(monkeypatch):
    told = told_by(monkeypatch, parts_of(*BANK[:2], ("Amount", "€1,250.50"), ("Reference", "F 1/é")))
    assert (told["amount"], told["text"], told["bic"]) == ("1250.50", "F 1/é", None)


@pytest.mark.parametrize(
    "facts",
    [(), BANK[:1], [*BANK[:3], ("Montant", "100.00 USD"), BANK[4]], [*BANK[:3], ("Montant", "0,00 €"), BANK[4]]],
)
def test_no_code_is_better_than_a_wrong_one(facts):
    assert payment_code(parts_of(*facts)) == ""


# The folder


def posting_house(crm, folder):
    house = mailing(crm, live=False, letter_folder=folder)
    gone_live(house, "registered_letter")
    return house


def a_queued_letter(house, **fields):
    usual = {"channel": "registered_letter", "html": page(), "approved_by": "Léa"}
    return queued(house, "Boulangerie Dubois, 35000 Rennes", **{**usual, **fields})


def test_a_letter_is_dropped_whole_under_the_name_of_its_message(crm, tmp_path):
    house = posting_house(crm, tmp_path)
    (key,) = a_queued_letter(house)
    assert house.dispatch() == {"sent": 1}
    (file,) = tmp_path.iterdir()
    assert file.name == f"2026-11-24-{key:07d}-registered.pdf"
    assert "Boulangerie Dubois" in words(file.read_bytes())
    assert the_one(house).reason == f"Dropped for printing as {file.name}."


def test_a_letter_that_lies_there_is_not_written_again(crm, tmp_path):
    house = posting_house(crm, tmp_path)
    (key,) = a_queued_letter(house)
    there = tmp_path / f"2026-11-24-{key:07d}-registered.pdf"
    there.write_bytes(b"the one that was dropped before the crash")
    assert house.dispatch() == {"sent": 1}
    assert there.read_bytes() == b"the one that was dropped before the crash"
    assert [file.name for file in tmp_path.iterdir()] == [there.name]


def test_without_its_folder_every_letter_waits(crm, tmp_path):
    house = posting_house(crm, tmp_path / "nowhere")
    a_queued_letter(house)
    with pytest.raises(Interrupted, match="is not there or cannot be written"):
        house.dispatch()
    assert standing(house) == ["queued"]


def test_a_message_that_is_no_letter_fails_alone(crm, tmp_path):
    house = posting_house(crm, tmp_path)
    a_queued_letter(house, html="")
    a_queued_letter(house)
    assert house.dispatch() == {"failed": 1, "sent": 1}


def test_without_a_folder_of_settings_letters_wait_to_be_printed(crm):
    house = posting_house(crm, None)
    a_queued_letter(house)
    assert house.dispatch() == {}
    assert sheet_of(the_one(house)).pdf.startswith(b"%PDF-")

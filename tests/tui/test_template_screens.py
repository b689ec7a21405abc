"""Texts of reminders at the terminal: what one writes is read by a real customer at once, checked by line, kept by version."""

from pathlib import Path

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.followup.actions.templates import EditTemplate, ShowTemplate
from crm.followup.slots import shipped_slots
from crm.tui import viewer
from crm.tui.page_view import html_lines
from crm.tui.screens.act import ActPanel
from crm.tui.screens.template import TemplateScreen
from crm.tui.screens.template_versions import VersionsPanel
from crm.tui.template_views import changed_lines, sms_lines
from crm.tui.widgets.template_field import TemplateField, completions, word_at

GOOD = "{{ contact.hello }},\n\n{{ totals.due }}\n\n{{ invoice_table }}\n\n{{ payment_block }}\n\nVu le {{ dates.bank_as_of }}.\n\n{{ signature }}"


def shown(guest: Guest, name: str) -> str:
    return guest.words(f"#{name}")


async def open_text(guest: Guest, **slot: object) -> TemplateField:
    guest.app.open_place("template", slot={"level": 1, "channel": "email", **slot})
    await guest.settle()
    field: TemplateField = guest.screen.query_one(TemplateField)
    return field


async def write(guest: Guest, text: str) -> None:
    """The whole text anew."""
    guest.screen.query_one(TemplateField).text = text
    await guest.settle()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_list_says_which_texts_are_ones_own(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_place("templates")
        await guest.settle()
        assert len(guest.table("rows").rows) == len(shipped_slots())
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        await guest.press("f", "v")
        assert any(
            _("All texts are the reference wording: e on one of them writes your own.")[:40] in line
            for line in guest.lines("rows")
        )
        guest.crm.runner.run(EditTemplate(level=1, channel="email", text=GOOD), guest.crm.actor)
        await guest.press("f5")
        assert len(guest.table("rows").rows) == 1
        assert _("your own, version {number}").format(number=1)[:8] in guest.lines("rows")[1]
        await guest.press("enter")
        assert isinstance(guest.screen, TemplateScreen)
        assert guest.screen.query_one(TemplateField).text == GOOD
        await guest.press("escape", "escape")
        assert len(guest.table("rows").rows) == len(shipped_slots())

    stay(story, size=size)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_what_is_written_is_read_by_a_real_customer_and_kept(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        field = await open_text(guest)
        assert "Girard" in guest.head("whose")  # whoever owes most
        assert "F-101" in shown(guest, "preview")
        await guest.press("e", "ctrl+home")
        await guest.type("{{ customer.na")
        assert "customer.name" in shown(guest, "values")
        assert "Girard" in shown(guest, "values")
        await guest.press("tab")
        assert field.text.startswith("{{ customer.name }}{{ contact.hello }},")
        assert "Transports Girard" in shown(guest, "preview")
        await guest.type("{{ custmr.nme }}")
        assert "→ customer.name" in shown(guest, "checks")
        assert _("line {number}").format(number=1) in shown(guest, "checks").lower()
        assert "Transports Girard" in shown(guest, "preview")  # as it last read
        await guest.press("ctrl+s")
        assert isinstance(guest.screen, TemplateScreen)  # what is refused is not even asked
        assert "custmr.nme" in guest.said
        await write(guest, GOOD)
        assert "✗" not in shown(guest, "checks")
        await guest.press("ctrl+s")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("o")
        card = guest.crm.runner.read(ShowTemplate(level=1), guest.crm.actor)
        assert (card.own, card.wording.text) == (True, GOOD)
        assert guest.screen._drafts.names() == ()
        await guest.press("slash")
        await guest.type("roscoff")
        assert "Plage" in guest.head("whose")
        assert "F-201" in shown(guest, "preview")
        await guest.press("escape")
        assert "Girard" in guest.head("whose")

    stay(story, size=size)


def test_a_draft_waits_until_it_is_kept_or_given_up(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        field = await open_text(guest)
        before = field.text
        await guest.press("e", "ctrl+home")
        await guest.type("Demain. ")
        await guest.press("escape", "escape")
        field = await open_text(guest)
        assert field.text == "Demain. " + before
        assert _("your draft, not kept yet") in guest.head()
        assert not guest.crm.runner.read(ShowTemplate(level=1), guest.crm.actor).own
        await guest.press("n")
        assert field.text == before
        assert guest.screen._drafts.names() == ()
        assert _("your draft, not kept yet") not in guest.head()

    stay(story)


def test_a_formal_notice_is_a_sheet_and_says_all_it_has_to(stay: Staying, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(viewer, "shown", lambda file: not opened.append(file))

    async def story(guest: Guest) -> None:
        field = await open_text(guest, level=4, channel="registered_letter")
        lines = shown(guest, "preview").splitlines()
        address = next(line for line in lines if line.strip() == "Transports Girard")
        assert address.startswith(" " * 20)  # in the window of the envelope
        await guest.press("v")
        assert opened[0].read_bytes().startswith(b"%PDF")
        await guest.press("e")
        await write(guest, field.text.replace("{{ claim_table }}", ""))
        assert "claim_table" in shown(guest, "checks")
        assert shown(guest, "checks").startswith("✗")
        await guest.press("escape")
        assert not guest.screen.check_action("accept", ())
        await guest.press("f")
        assert "Objet" in shown(guest, "preview")

    stay(story)


def test_an_earlier_version_is_taken_again(stay: Staying) -> None:
    def before(crm: object) -> None:
        for text in (GOOD, GOOD + "\n\nMerci."):
            crm.runner.run(EditTemplate(level=1, channel="email", text=text), crm.actor)  # type: ignore[attr-defined]  # a house

    async def story(guest: Guest) -> None:
        await open_text(guest)
        await guest.press("h")
        assert isinstance(guest.screen, VersionsPanel)
        rows = guest.screen.query_one("SheetTable").rows
        assert [(row.number, row.by) for row in rows] == [(2, "Sophie Martin"), (1, "Sophie Martin"), (0, "")]
        await guest.press("o")
        assert isinstance(guest.screen, VersionsPanel)  # what counts is not taken again
        await guest.press("down")
        assert "− Merci." in guest.words("#change")
        await guest.press("o", "o")
        card = guest.crm.runner.read(ShowTemplate(level=1), guest.crm.actor)
        assert (card.version, card.wording.text) == (3, GOOD)
        await guest.press("h", "end", "o", "o")
        assert not guest.crm.runner.read(ShowTemplate(level=1), guest.crm.actor).own

    stay(story, before=before)


def test_sms_call_and_plan_are_looked_at_as_what_they_are(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_text(guest, channel="sms")
        assert "GSM-7" in shown(guest, "preview")
        await guest.press("e")
        await write(guest, "☃ {{ company.sms_name }} {{ sender.phone | sms }}")
        assert "UCS-2" in shown(guest, "preview")
        assert "☃" in shown(guest, "preview")
        await guest.press("escape", "n", "escape")
        await open_text(guest, channel="phone")
        assert shown(guest, "preview")
        await guest.press("x", "escape", "escape")
        await open_text(guest, tone="instalment")
        assert guest.head("whose").startswith(_("With the figures of an example"))
        await guest.press("f")
        assert "IBAN" in shown(guest, "preview")

    stay(story)


def test_nobody_owes_anything_yet(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_text(guest)
        assert guest.head("whose").startswith(_("With the figures of an example"))
        assert "Boulangerie Dubois" in shown(guest, "preview") or "F2026" in shown(guest, "preview")
        await guest.press("x")
        await guest.press("escape", "escape")

    stay(story, full=False)


def test_values_complete_themselves_between_braces_only() -> None:
    assert word_at("Bonjour {{ cust") == "cust"
    assert word_at("{% if customer.dis") == "customer.dis"
    assert word_at("{{ ") == ""
    assert word_at("{{ customer.name }} et") is None
    assert completions("customer.n") == ["customer.name", "customer.number"]
    assert completions("hello") == ["contact.hello"]
    assert completions("custmer.name") == ["customer.name"]
    assert completions("signature") == []


def test_pages_and_changes_are_drawn_in_a_width() -> None:
    table = {
        "kind": "table",
        "head": [{"text": "Facture", "right": False}, {"text": "Reste", "right": True}],
        "rows": [[["F-1 pour un très long chantier de rénovation", "commande 12"], ["1 200,00\u00a0€"]]],
        "total": ["Total", "1 200,00\u00a0€"],
    }
    lines = [line.plain for line in html_lines([table], 30)]
    assert all(len(line) <= 30 for line in lines)
    assert sum("1 200,00\u00a0€" in line for line in lines) == 2
    assert [line.plain[:1] for line in changed_lines("a\nb", "a\nc")] == [" ", "−", "+"]
    assert sms_lines("Bonjour", 40)[0].plain == "Bonjour"


def test_a_file_is_opened_where_somebody_sees_it() -> None:
    assert viewer.opener("darwin", {}) == "open"
    assert viewer.opener("linux", {}) == ""
    assert viewer.opener("linux", {"DISPLAY": ":0"}) == "xdg-open"
    assert viewer.opener("win32", {}) == "explorer"

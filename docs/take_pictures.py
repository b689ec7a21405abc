"""Takes the pictures of the README and of the guide: `make pictures`.

The example company as of one fixed day, French, dark, 140×40: whoever takes them, whenever, gets the same files.
"""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).resolve().parent / "pictures"
TODAY = "2026-11-24"
SIZE = (140, 40)
_IDS = re.compile(r"terminal-\d+")
_OUTSIDE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
"""Fonts from the network, and who drew it."""

PICTURES: Mapping[str, tuple[str, ...]] = {
    "aujourdhui": (),
    "clients": ("2",),
    "recherche": ("2", "slash", *"hotel"),
    "colonnes": ("2", "m"),
    "fiche": ("2", "enter"),
    "promesse": ("2", "enter", "plus", "p"),
    "factures": ("3",),
    "expliquer": ("3", "x"),
    "lettrage": ("4", "down"),
    "relances": ("5",),
    "envoi": ("5", "O"),
    "modele": ("ctrl+p", *"textes des", "enter", *("down",) * 12, "e", *"Cher {{ cust"),
    "scenario": ("5", "c", "enter", "down", "down", *">>>"),
    "repetition": ("5", "c", "v", "plus", "down", "down", "down", "enter"),
    "boite-envoi": ("ctrl+p", *"boîte", "enter"),
    "importer": ("3", "i", "ctrl+u", *"factures.csv", "enter"),
    "defaire": ("z",),
    "palette": ("ctrl+p", *"prom"),
    "aide": ("5", "question_mark"),
}
"""Picture → the keys that lead to it from the first screen."""

FILE = """numero;client;date facture;date echeance;montant ttc;date paiement
F2026-90001;C-1020;20/11/2026;20/12/2026;1 200,50;
F2026-90002;C-1021;20/11/2026;31/02/2027;840,00;
F2026-90003;C-1022;21/11/2026;21/12/2026;2 310,00;
F2026-90004;Brasserie du Nouveau Port;23/11/2026;23/12/2026;415,20;
"""
"""What is imported in a picture: three good lines, one with an impossible date."""


def kept(svg: str) -> str:
    """A picture without what differs from run to run, and without any address."""
    plain = _OUTSIDE.sub("", _IDS.sub("terminal", svg)).replace("<svg ", '<svg xml:space="preserve" ', 1)
    return "\n".join(line.rstrip() for line in plain.splitlines()) + "\n"


async def taken(opening: Any, keys: tuple[str, ...]) -> str:
    """The screen after some keys, once everything they started is finished."""
    from crm.tui.app import RelanceApp

    app = RelanceApp(opening, theme="ardoise")
    async with app.run_test(size=SIZE) as pilot:
        for key in ("", *keys):
            if key:
                await pilot.press(key)
            quiet = 0
            while quiet < 3:
                await pilot.pause()
                quiet = quiet + 1 if all(worker.is_finished for worker in app.workers) else 0
        if app.unexpected:
            raise app.unexpected[0]
        # Heights that follow their content may have been measured before it was whole.
        for _again in range(2):
            for widget in app.screen.query("*"):
                widget.refresh(layout=True)
            await pilot.pause()
        return kept(app.export_screenshot(title="Relance"))


def take(data: Path, wanted: list[str]) -> None:
    """Take pictures of the example in a folder, which is made there unless it is there already."""
    for name in [name for name in os.environ if name.startswith("CRM_")]:
        del os.environ[name]
    os.environ |= {"CRM_LANGUAGE": "fr", "XDG_CONFIG_HOME": str(data / "config")}
    from crm.bootstrap import Crm
    from crm.core.settings import Settings
    from crm.demo import database_file, prepare

    data = data.resolve()
    settings = Settings.load(data_folder=data, user="U1")
    prepare(settings, today=TODAY)
    own = settings.model_copy(update={"database_url": f"sqlite:///{database_file(settings)}"})
    FOLDER.mkdir(exist_ok=True)
    (data / "factures.csv").write_text(FILE, "utf-8")
    os.chdir(data)
    for name in wanted:
        crm = Crm.open(own, today=TODAY, door="tui")
        try:
            svg = asyncio.run(taken(lambda crm=crm: crm, PICTURES[name]))
        finally:
            crm.close()
        (FOLDER / f"{name}.svg").write_text(svg, "utf-8")
        sys.stdout.write(f"docs/pictures/{name}.svg\n")


if __name__ == "__main__":
    words = sys.argv[1:]
    with TemporaryDirectory() as temporary:
        if words and words[0] == "--in":
            take(Path(words[1]), words[2:] or list(PICTURES))
        else:
            take(Path(temporary), words or list(PICTURES))

"""The plain terminal: says a page, waits for a number, a letter or a word, does it, says what it has done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm.core.actions import Action, Effect
from crm.core.basics import AcceptProposal, ImportData, RefuseProposal, Undo
from crm.core.errors import CrmError
from crm.core.exchange import FileRefused
from crm.core.i18n import _, mark
from crm.core.names import name_key
from crm.core.proposals import restored
from crm.core.sheets import Answer, bare
from crm.tui import faults
from crm.tui.base import Subject, faults_folder
from crm.tui.cards import accepted_card, proposal_card, receipt_of
from crm.tui.cells import clean
from crm.tui.plain.asking import Left, Talk, agreed, card_words, changed_action, commit, error_words, fill_in
from crm.tui.plain.pages import PAGES, Page, Record, customers_page
from crm.tui.rosters import COLUMNS, LEAD
from crm.tui.screens.importing import Found, import_card, uploads
from crm.tui.sheets import value_words
from crm.tui.views import keep_columns
from crm.tui.words import action_words

if TYPE_CHECKING:
    from crm.bootstrap import Crm

LETTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a": (mark("call"), ("log_interaction",)),
    "r": (mark("remind"), ("explain_dunning",)),
    "l": (mark("dispute"), ("open_dispute",)),
    "s": (mark("suspend"), ("pause_dunning", "place_hold")),
    "+p": (mark("promise"), ("record_promise",)),
    "+é": (mark("payment plan"), ("create_payment_plan",)),
    "+n": (mark("note"), ("add_note",)),
    "+c": (mark("contact"), ("update_contact",)),
    "+v": (mark("quote"), ("record_quote",)),
}
"""Letter → what it does to the customer of a record, and the actions that may do it."""
_QUIT = frozenset({"q", "quit", "quitter"})
_SECTIONS = {
    "today": mark("Today"),
    "customers": mark("Customers"),
    "invoices": mark("Invoices"),
    "reconcile": mark("Matching"),
    "reminders": mark("Reminders"),
    "proposals": mark("Proposals"),
    "settings": mark("Settings"),
}
_FOUND = 12


class PlainTerminal:
    """A conversation in lines."""

    def __init__(self, crm: Crm, read: Callable[[str], str] = input, write: Callable[[str], None] = print) -> None:
        self._crm = crm
        self._talk = Talk(read, write)
        self._page = Page(())
        self._pages: list[Page] = []

    def run(self, word: str = "today") -> None:
        """Say the first page and answer until the person leaves."""
        self._show(PAGES.get(word, PAGES["today"])(self._crm))
        while True:
            try:
                answer = self._talk.ask(_("Number, letter or word (? help):"))
                if answer.lower() in _QUIT:
                    return
                self._do(answer)
            except (EOFError, KeyboardInterrupt):
                return
            except Left:
                self._talk.write(_("Nothing was recorded."))
            except CrmError as error:
                self._talk.write(error_words(error))
            except Exception as fault:  # whatever it is, the conversation goes on
                self._talk.write(error_words(faults.told(fault, faults_folder(self._crm))))

    # What is said

    def _show(self, page: Page) -> None:
        self._page = page
        for line in page.lines:
            self._talk.write(clean(line))
        for place, record in enumerate(page.records):
            if place in page.heads:
                self._talk.write(page.heads[place])
            self._talk.write(f"{place + 1}. {record.words}")

    def _again(self) -> None:
        if self._page.again is not None:
            self._page = self._page.again(self._crm)

    # What is asked

    def _do(self, answer: str) -> None:
        if not answer:
            self._show(self._page)
        elif answer in {"?", "aide", "help"}:
            self._help()
        elif answer.startswith("/"):
            self._open(customers_page(self._crm, answer[1:].strip()))
        elif answer.startswith(":"):
            self._by_name(answer[1:].strip())
        elif answer.isdigit():
            self._number(int(answer))
        elif answer.lower() in {"échap", "esc", "retour", "back"}:
            self._show(self._pages.pop() if self._pages else PAGES["today"](self._crm))
        elif name_key(answer) in {name_key(_("columns")), "columns"}:
            self._columns()
        elif (page := self._section(answer)) is not None:
            self._pages.clear()
            self._show(page(self._crm))
        else:
            self._letter(answer)

    @staticmethod
    def _section(answer: str) -> Callable[[Crm], Page] | None:
        wanted = name_key(answer)
        for word, name in _SECTIONS.items():
            if len(wanted) > 2 and (name_key(_(name)).startswith(wanted) or word.startswith(wanted)):
                return PAGES[word]
        return None

    def _open(self, page: Page) -> None:
        self._pages.append(self._page)
        self._show(page)

    def _record(self, number: int) -> Record:
        if not 1 <= number <= len(self._page.records):
            self._talk.write(_("There is no number {number} here.").format(number=number))
            raise Left
        return self._page.records[number - 1]

    def _number(self, number: int) -> None:
        record = self._record(number)
        if record.proposal is not None:
            self._decide(record)
        elif record.text:
            self._talk.write(record.text)
        elif record.opens is not None:
            self._open(record.opens(self._crm))
        else:
            self._talk.write(record.words)

    def _letter(self, answer: str) -> None:
        letter, _sign, rest = answer.partition(" ")
        letter = letter.lower().replace("=", "+")
        if letter in {"+", "p", "n", "c"} and rest[:1].isalpha() and letter == "+":
            letter, rest = f"+{rest[0]}", rest[1:].strip()
        record = self._record(int(rest)) if rest.strip().isdigit() else None
        if letter == "z":
            self._act(Undo, {}, ask=False)
        elif letter == "i":
            self._import(Path(rest).expanduser())
        elif letter in {"o", "y"} and record is not None and record.acts is not None:
            name, given = record.acts
            self._act(self._crm.registry.get(name), given, ask=False)
        elif letter in {"o", "y", "n", "m"} and record is not None and record.proposal is not None:
            self._decide(record, letter)
        elif letter in LETTERS:
            self._about(letter, record.subject if record else self._page.subject)
        else:
            self._talk.write(
                _("“{answer}” is no letter here. ? says which there are.").format(answer=clean(answer)[:40])
            )

    def _about(self, letter: str, subject: Subject) -> None:
        kind = next((self._crm.registry.get(name) for name in LETTERS[letter][1] if name in self._crm.registry), None)
        if kind is None or not subject.customer:
            self._talk.write(_("Say of whom: the letter, then the number of a record."))
            return
        given: dict[str, Any] = subject.given(kind)
        if letter == "a":
            given["channel"] = "phone"
        self._act(kind, given, ask=True, name=subject.name)

    # What is done

    def _act(self, kind: type[Action[Any]], given: dict[str, Any], *, ask: bool, name: str = "") -> None:
        action = fill_in(self._crm, self._talk, kind, given, ask=ask and kind.effect is not Effect.READ)
        if kind.effect is Effect.READ:
            self._answer(self._crm.runner.read(action, self._crm.actor))
            return
        names = {str(given.get("customer", "")): name} if name else {}
        self._talk.write(commit(self._crm, self._talk, action, names))
        self._again()

    def _answer(self, answer: Answer) -> None:
        sheet = answer.as_sheet()
        self._talk.write(clean(sheet.title) + ".")
        today = self._crm.clock.today()
        for row in sheet.rows:
            parts = [
                f"{column.heading}: {value_words(bare(value), column.kind, today)}".removeprefix(": ")
                for column, value in zip(sheet.columns, row, strict=True)
                if value_words(bare(value), column.kind, today)
            ]
            self._talk.write(clean(". ".join(parts)))
        for line in (sheet.formula, *sheet.notes):
            if line:
                self._talk.write(line)

    def _decide(self, record: Record, letter: str = "") -> None:
        crm, proposal = self._crm, record.proposal
        assert proposal is not None
        action = restored(proposal, crm.registry)
        names = {record.subject.customer: record.subject.name}
        if action.effect is Effect.SEND:
            self._act(type(action), action.model_dump(), ask=False)
            return
        preview = crm.runner.preview(AcceptProposal(proposal=proposal.id), crm.actor)
        self._talk.write(card_words(proposal_card(proposal, action, preview, crm.clock.today(), names)))
        answer = letter or self._talk.ask(_("o yes, m change, n no, enter leaves it?")).lower()
        if answer in {"o", "y", "oui", "yes"}:
            done = crm.runner.commit(preview, crm.actor)
            self._talk.write(f"{receipt_of(action, done.result.outcome, done.changes)} {_('z to undo')}")
        elif answer in {"n", "non", "no"}:
            reason = self._talk.ask(_("Why? enter: without a reason"))
            crm.runner.run(RefuseProposal(proposal=proposal.id, reason=reason), crm.actor)
            self._talk.write(_("Refused."))
        elif answer == "m":
            self._changed(proposal.id, action)
        else:
            raise Left
        self._again()

    def _changed(self, number: int, action: Action[Any]) -> None:
        crm = self._crm
        changed = changed_action(crm, self._talk, action)
        fields = changed.model_dump(mode="json", exclude_none=True)
        preview = crm.runner.preview(AcceptProposal(proposal=number, fields=fields), crm.actor)
        self._talk.write(card_words(accepted_card(changed, preview, crm.clock.today(), {})))
        if not agreed(self._talk, sends=False):
            raise Left
        done = crm.runner.commit(preview, crm.actor)
        self._talk.write(receipt_of(changed, done.result.outcome, done.changes))

    def _import(self, path: Path) -> None:
        crm = self._crm
        for upload in uploads(crm, path):
            try:
                preview = crm.runner.preview(ImportData(upload=upload), crm.actor)
            except FileRefused as refused:
                self._talk.write(clean(refused.message))
                continue
            self._talk.write(card_words(import_card([Found(preview.result, preview)])))
            for problem in preview.result.problems[:20]:
                self._talk.write(f"{problem.line}: {clean(problem.message)}")
            if agreed(self._talk, sends=False):
                self._talk.write(clean(crm.runner.commit(preview, crm.actor).result.sentence()))
        self._again()

    def _by_name(self, words: str) -> None:
        wanted = name_key(words).split()
        kinds = [
            kind
            for kind in self._crm.registry
            if all(word in name_key(f"{action_words(kind)} {kind.action_name()}") for word in wanted)
        ]
        for place, kind in enumerate(kinds[:_FOUND], 1):
            self._talk.write(f"{place}. {action_words(kind)}.")
        if not kinds:
            self._talk.write(_("Nothing answers to this name."))
            return
        answer = self._talk.ask(_("Which one?"))
        if answer.isdigit() and 1 <= int(answer) <= min(len(kinds), _FOUND):
            kind = kinds[int(answer) - 1]
            self._act(kind, self._page.subject.given(kind), ask=True)

    def _columns(self) -> None:
        """Which columns the records of customers tell, and in which order."""
        names = [name for name in COLUMNS if name != LEAD]
        for place, name in enumerate(names, 1):
            self._talk.write(f"{place}. {_(COLUMNS[name])}.")
        answer = self._talk.ask(_("Which ones, in their order? Numbers with spaces between; enter: the usual ones"))
        wanted = answer.replace(",", " ").split()
        if not all(word.isdigit() and 1 <= int(word) <= len(names) for word in wanted):
            self._talk.write(_("These are numbers from 1 to {count}.").format(count=len(names)))
            raise Left
        crm = self._crm
        chosen = dict.fromkeys(names[int(word) - 1] for word in wanted)
        keep_columns(crm.settings.data_folder, crm.actor.user, chosen)
        self._show(customers_page(crm))

    def _help(self) -> None:
        write = self._talk.write
        write(_("A number opens a record, enter says the page again, back goes back, q leaves."))
        write(_("Pages: {names}.").format(names=", ".join(_(name).lower() for name in _SECTIONS.values())))
        write(_("/ and words find a customer. : and words find an action. i and a path import a file. z undoes."))
        letters = ", ".join(f"{letter} {_(label)}" for letter, (label, _names) in LETTERS.items())
        write(_("On a customer, with the number of a record: {letters}.").format(letters=letters))
        write(_("On what waits for your yes: o yes, m change, n no."))
        write(_("“columns” chooses what the list of customers tells, and in which order."))

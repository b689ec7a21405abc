"""What the team has before it at the example company: visits made, objectives of the quarter, and the tasks of these days. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from crm.core.actions import Action
from crm.core.calendar import add_months, add_working_days
from crm.core.periods import Period
from crm.customers.interactions import LogInteraction
from crm.demo.people import House, Payer
from crm.portfolio.cadences import SetNextContact
from crm.portfolio.objective_actions import RecordMeasure, SetObjective, SetObjectives, quarter_of
from crm.portfolio.tasks import CompleteTask, CreateTask

if TYPE_CHECKING:
    from crm.demo.story import Bill

Told = tuple[date, int, int, Action[Any]]
"""Day, minute of the day, place in the team, and what is done."""
_SOPHIE = 0
_SET = -30
"""Working days before today on which the objectives of the quarter were agreed."""
_FEWEST = 24
_OWN = 1
"""Number of the first objective that was set."""
_VISITS = (
    (-38, "Vu la nouvelle carte d'hiver, échantillons laissés."),
    (-31, "Point sur les quantités de fin d'année."),
    (-24, "Visite du nouveau labo, besoin de bidons plus petits."),
    (-17, "Tarif 2027 remis en main propre."),
    (-11, "Livraison du quai revue ensemble, tout est en ordre."),
    (-6, "Le gérant veut passer à une commande par semaine."),
)


def days_work(today: date, people: Sequence[House], bills: Sequence["Bill"]) -> Iterator[Told]:
    """All of it, in no order; an example too small or too short has none."""
    fitting = [house for house in people if house.country == "FR" and house.payer not in (Payer.FAILING, Payer.STRUCK)]
    if len(fitting) < _FEWEST or min(bill.issued for bill in bills) > add_working_days(today, 2 * _SET):
        return
    for house, (back, note) in zip(fitting[1::2], _VISITS, strict=False):
        visit = LogInteraction(customer=house.number, channel="visit", note=note, contact=house.contact)
        yield _by(house, add_working_days(today, back), 15 * 60 + 10, visit)
    yield from _objectives(today, fitting, bills)
    yield from _tasks(today, fitting[8:])


def _by(house: House, day: date, minute: int, action: Action[Any]) -> Told:
    return day, minute, int(house.manager[1:]) - 1, action


def _objectives(today: date, people: Sequence[House], bills: Sequence["Bill"]) -> Iterator[Told]:
    agreed, quarter = add_working_days(today, _SET), quarter_of(today)
    before = Period(add_months(quarter.start, -12), add_months(quarter.end, -12))
    year: dict[str, int] = {}
    for bill in bills:
        if before.start <= bill.issued <= before.end and bill.house.currency == "EUR":
            year[bill.house.number] = year.get(bill.house.number, 0) + bill.cents
    minute = 9 * 60
    own = SetObjective(
        customer=people[3].number, measure="own", name="Références à leur carte", target="24", period=quarter,
        note="Convenu au salon : deux nouvelles références par semaine.",
    )  # fmt: skip  # read as a table: columns side by side
    yield agreed, minute, _SOPHIE, own
    for back, value in ((-29, "9"), (-15, "13"), (-4, "16")):
        yield add_working_days(today, back), 16 * 60, _SOPHIE, RecordMeasure(objective=_OWN, value=value)
    everybody = round(sum(year.values()) * 1.04 / 100_000) * 1_000
    for assignee, measure, target in (("all", "revenue", everybody), ("all", "dso", 42), ("U2", "overdue", 15_000)):
        if target:
            minute += 5
            aim = SetObjective(assignee=assignee, measure=measure, target=str(target), period=quarter)
            yield agreed, minute, _SOPHIE, aim
    for house in people[:6]:
        if target := round(year.get(house.number, 0) * 1.05 / 10_000) * 100:
            minute += 2
            yield (
                agreed,
                minute,
                _SOPHIE,
                SetObjective(customer=house.number, measure="revenue", target=str(target), period=quarter),
            )
    seen = tuple(house.number for house in people[:12])
    yield agreed, minute + 10, _SOPHIE, SetObjectives(template="one_visit", customers=seen, period=quarter)
    late = tuple(house.number for house in people if house.payer is Payer.STRAPPED)[:15]
    if late:
        yield agreed, minute + 15, _SOPHIE, SetObjectives(template="nothing_overdue", customers=late, period=quarter)


def _tasks(today: date, people: Sequence[House]) -> Iterator[Told]:
    yesterday, soon = add_working_days(today, -1), add_working_days(today, 2)
    planned: Sequence[dict[str, Any]] = (
        {"task_type": "call", "day": today, "time": "09:30", "note": "Le virement annoncé vendredi est-il parti ?", "priority": "high"},
        {"task_type": "call", "day": today, "note": "Rappeler après l'inventaire."},
        {"task_type": "visit", "day": today, "time": "14:30", "note": "Tournée de Noël : cartons cadeaux, reprise des vides."},
        {"task_type": "letter", "day": today, "note": "Carte de vœux avec le calendrier de livraison."},
        {"task_type": "meeting", "day": soon, "time": "10:00", "note": "Conditions 2027, avec la gérante.", "origin": "meeting/1"},
        {"task_type": "visit", "day": soon, "every": "monthly", "note": "Passage du mois."},
        {"task_type": "email", "day": soon, "note": "Envoyer le tarif des formats individuels."},
    )  # fmt: skip  # read as a table: columns side by side
    for place, (house, told) in enumerate(zip(people, planned, strict=False)):
        yield _by(house, yesterday, 17 * 60 + place, CreateTask(customer=house.number, **told))
    for house, days in zip(people[8:], (1, 3, 4), strict=False):
        when = SetNextContact(customer=house.number, day=add_working_days(today, days), note="Prendre des nouvelles.")
        yield _by(house, yesterday, 17 * 60 + 30, when)
    forgotten, done = people[7], people[12] if len(people) > 12 else people[7]
    earlier = add_working_days(today, -6)
    yield _by(forgotten, earlier, 11 * 60, CreateTask(
        task_type="todo", customer=forgotten.number, day=add_working_days(today, -2), note="Retrouver le bon de livraison signé.",
    ))  # fmt: skip  # read as a table: columns side by side
    team = CreateTask(task_type="meeting", day=earlier, every="weekly", time="08:45", note="Point d'équipe du lundi.")
    yield earlier, 8 * 60, _SOPHIE, team
    yield earlier, 9 * 60 + 30, _SOPHIE, CompleteTask(task_type="meeting", note="Trois dossiers répartis.")
    yield _by(
        done,
        earlier,
        12 * 60,
        CreateTask(task_type="call", customer=done.number, day=yesterday, note="Suite du salon."),
    )
    yield _by(
        done, yesterday, 11 * 60, CompleteTask(customer=done.number, task_type="call", note="Ravis, commande à venir.")
    )

"""The rules of the date grammar, French and English: one way of saying a day or a period a line, and what it means.

A rule is a row of words: `a|b` either, `a?` perhaps, `{day}` a hole that `dates.py` fills.
"""

from dataclasses import dataclass

from crm.language import meanings as mean
from crm.language.meanings import Build


@dataclass(frozen=True, slots=True)
class Element:
    """One word of a rule: any of some words, or a hole."""

    words: frozenset[str]
    slot: str | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A way of saying, and what it means."""

    elements: tuple[Element, ...]
    build: Build


def _rule(pattern: str, build: Build) -> Rule:
    elements = []
    for part in pattern.split():
        optional = part.endswith("?")
        bare = part.removesuffix("?")
        slot = bare[1:-1] if bare.startswith("{") else None
        elements.append(Element(frozenset() if slot else frozenset(bare.split("|")), slot, optional))
    return Rule(tuple(elements), build)


_NEXT = "prochain|prochaine|pro|proch|suivant|suivante|next"
_LAST = "dernier|derniere|passe|passee|precedent|precedente|ecoule|ecoulee|last"
_WEEK_WORDS = "semaine|sem"

BASE: tuple[Rule, ...] = (
    _rule("aujourd hui|huit", mean.named(0)),
    _rule("d? aujourd hui en huit|8", mean.named(7)),
    _rule("d? aujourd hui en quinze|15", mean.named(14)),
    _rule("dans|in 24h", mean.named(1)),
    _rule("dans|in 48h", mean.named(2)),
    _rule("dans|in 72h", mean.named(3)),
    _rule("aujourdhui|ajd|auj|ojd|today|tonight", mean.named(0)),
    _rule("ce|cet|cette matin|soir|midi|aprem", mean.named(0)),
    _rule("cet|cette|cet apres midi", mean.named(0)),
    _rule("demain|2main|2m1|dem1|dmain|tomorrow|tmrw|tomorow", mean.named(1)),
    _rule("apres demain", mean.named(2)),
    _rule("the? day after tomorrow", mean.named(2)),
    _rule("hier|yesterday", mean.named(-1)),
    _rule("avant hier", mean.named(-2)),
    _rule("the? day before yesterday", mean.named(-2)),
    _rule("demain|tomorrow en huit", mean.named(8)),
    # days of the week
    _rule("{wd}", mean.weekday_rule(None)),
    _rule(f"{{wd}} {_NEXT}", mean.weekday_rule(False)),
    _rule("{wd} qui vient", mean.weekday_rule(False)),
    _rule("next|this|coming {wd}", mean.weekday_rule(False)),
    _rule(f"{{wd}} {_LAST}", mean.weekday_rule(True)),
    _rule("last|past {wd}", mean.weekday_rule(True)),
    _rule("{wd} en huit|8", mean.weekday_rule(False, 7)),
    _rule("{wd} en quinze|15", mean.weekday_rule(False, 14)),
    _rule("{wd} week", mean.weekday_rule(False, 7)),
    _rule("a week on|from|next? {wd}", mean.weekday_rule(False, 7)),
    _rule("two|2 weeks on|from {wd}", mean.weekday_rule(False, 14)),
    _rule(f"{{wd}} de|dans? la? {_WEEK_WORDS} {_NEXT}", mean.weekday_in_week(1)),
    _rule(f"{{wd}} de|dans? la? {_WEEK_WORDS} qui vient", mean.weekday_in_week(1)),
    _rule("{wd} d|de la? semaine|sem d apres", mean.weekday_in_week(1)),
    _rule("{wd} of|in? next week", mean.weekday_in_week(1)),
    _rule(f"{{wd}} de|dans? cette|la {_WEEK_WORDS}", mean.weekday_in_week(0)),
    _rule("{wd} this week", mean.weekday_in_week(0)),
    _rule(f"{{wd}} de|dans? la? {_WEEK_WORDS} {_LAST}", mean.weekday_in_week(-1)),
    _rule("{wd} of? last week", mean.weekday_in_week(-1)),
    _rule("last|dernier {wd} of|du the? mois|month", mean.last_weekday_of_month),
    _rule("le dernier {wd} du mois", mean.last_weekday_of_month),
    _rule("{wd} le|the? {dom}", mean.weekday_and_date),
    # days of the month
    _rule(
        "le|au|du|the {dom}",
        mean.nearest_dom,
    ),
    _rule("{wd}? le|au|du|the? {dom} of|de? {month} de|of|,? {year}?", mean.day_month),
    _rule("{month} the? {dom} ,? {year}?", mean.day_month),
    _rule("le|au|du|the {dom} du|of|de mois|month prochain|suivant|next|pro", mean.dom_in_unit(1)),
    _rule("the {dom} of next month", mean.dom_in_unit(1)),
    _rule("le|au|du {dom} de|du ce? mois ci?", mean.dom_in_unit(0)),
    _rule("the {dom} of this|the month", mean.dom_in_unit(0)),
    _rule("le|au|du {dom} du mois dernier|passe|precedent", mean.dom_in_unit(-1)),
    _rule("the {dom} of last month", mean.dom_in_unit(-1)),
    _rule("{wd}? le|au|du|the? {figures}", mean.figures),
    _rule(
        "le|la|a|l|the? {feast}",
        mean.feast,
    ),
    # months and parts of them
    _rule("le|au|du? mois? de|d {month} de? {year}?", mean.month_meant),
    _rule("en|courant|in|for|during? {month} de? {year}?", mean.month_meant),
    _rule(f"en? {{month}} {_LAST}", mean.month_last),
    _rule("last {month}", mean.month_last),
    _rule("la? fin de|d|du? mois? de|d? {month} {year}?", mean.month_part("end")),
    _rule("the? end of? {month} {year}?", mean.month_part("end")),
    _rule("late {month} {year}?", mean.month_part("end")),
    _rule("a|la? mi {month} {year}?", mean.month_part("middle")),
    _rule("le|au? milieu de|d|du? mois? de|d? {month} {year}?", mean.month_part("middle")),
    _rule("mid {month} {year}?", mean.month_part("middle")),
    _rule("au|le|tout? debut de|d|du? mois? de|d? {month} {year}?", mean.month_part("start")),
    _rule("the? early|beginning|start of? {month} {year}?", mean.month_part("start")),
    _rule("la|en|a? fin de|du|d|ce? ce? mois courant|ci?", mean.unit_part("month", "end", 0)),
    _rule("la|en|a? fin|fdm de|du? mois prochain|suivant|pro", mean.unit_part("month", "end", 1)),
    _rule("la? fin de|du? mois dernier|passe", mean.unit_part("month", "end", -1)),
    _rule("fdm|eom", mean.unit_part("month", "end", 0)),
    _rule("the? end of the|this? month", mean.unit_part("month", "end", 0)),
    _rule("the? month end", mean.unit_part("month", "end", 0)),
    _rule("the? end of next month", mean.unit_part("month", "end", 1)),
    _rule("the? end of last month", mean.unit_part("month", "end", -1)),
    _rule("la|en? fin de|d la|cette? semaine|sem", mean.unit_part("week", "end", 0)),
    _rule("la|en|a? fin de|d la? semaine|sem prochaine|pro|suivante", mean.unit_part("week", "end", 1)),
    _rule("the? end of the|this? week", mean.unit_part("week", "end", 0)),
    _rule("the? end of next week", mean.unit_part("week", "end", 1)),
    _rule("le|en|au? debut de|d la? semaine|sem prochaine|pro", mean.unit_part("week", "start", 1)),
    _rule("the? early|beginning|start of? next week", mean.unit_part("week", "start", 1)),
    _rule("en? milieu de|d la? semaine prochaine", mean.unit_part("week", "middle", 1)),
    _rule("le|en|au? debut de|du? mois prochain|suivant|pro", mean.unit_part("month", "start", 1)),
    _rule("the? early|beginning|start of? next month", mean.unit_part("month", "start", 1)),
    _rule("le|a|au? mi|milieu de|du? mois prochain|suivant|pro", mean.unit_part("month", "middle", 1)),
    _rule("le|a|au? mi|milieu de|du|de? ce? mois", mean.unit_part("month", "middle", 0)),
    _rule("mid month", mean.unit_part("month", "middle", 0)),
    _rule("la? fin de|d l? annee|an", mean.unit_part("year", "end", 0)),
    _rule("la? fin de|du|d? {q} {year}?", mean.quarter_end),
    _rule("the? end of {q} {year}?", mean.quarter_end),
    _rule("the? end of the|this? year", mean.unit_part("year", "end", 0)),
    _rule("year end", mean.unit_part("year", "end", 0)),
    _rule("la? fin de|d|du ce? trimestre", mean.unit_part("quarter", "end", 0)),
    _rule("the? end of the|this? quarter", mean.unit_part("quarter", "end", 0)),
    _rule("la? fin de l? annee|an prochain|prochaine", mean.unit_part("year", "end", 1)),
    # weeks, months, quarters, years
    _rule("ce|cet|cette|le|la|l|this {unit} ci|courant|courante|en?", mean.this_unit(0)),
    _rule("ce|cet|cette|this {unit}", mean.this_unit(0)),
    _rule("the? current {unit}", mean.this_unit(0)),
    _rule("l|le|la? {unit} en cours", mean.this_unit(0)),
    _rule(f"le|la|l|cette|ce|du|de? {{unit}} {_NEXT}", mean.this_unit(1)),
    _rule("le|la|l {unit} qui vient", mean.this_unit(1)),
    _rule("la|le|l {unit} d apres", mean.this_unit(1)),
    _rule("next|the|coming following? {unit}", mean.this_unit(1)),
    _rule("next {unit}", mean.this_unit(1)),
    _rule(f"le|la|l|du|de? {{unit}} {_LAST}", mean.this_unit(-1)),
    _rule("la|le|l {unit} d avant", mean.this_unit(-1)),
    _rule("last|previous {unit}", mean.this_unit(-1)),
    _rule("ce|le|the|this|du? week end|we", mean.weekend(0)),
    _rule("ce|le|the|this|du? week? weekend", mean.weekend(0)),
    _rule("le|du? week? end|we|weekend prochain", mean.weekend(1)),
    _rule("next weekend", mean.weekend(1)),
    _rule("le|au|du|the|en? {q} de|of? {year}?", mean.quarter_meant),
    _rule("le|au|du|the|en? {rank} trimestre|trim|quarter de|of? {year}?", mean.quarter_meant),
    _rule("le|au|du|the|en? {h} de|of? {year}?", mean.half_meant),
    _rule("le|au|du|the|en? {rank} semestre|half de|of? {year}?", mean.half_meant),
    _rule("semaine|week|sem {n}", mean.iso_week),
    _rule("la? semaine|sem du|de {wd}? {day}", mean.week_of),
    _rule("the? week of the? {day}", mean.week_of),
    _rule("dans|sous|courant|d|pendant? la semaine", mean.shift_unit("week", 0)),
    _rule("courant|dans|d la? semaine|sem prochaine|pro", mean.shift_unit("week", 1)),
    _rule("dans|courant le? mois", mean.shift_unit("month", 0)),
    _rule("en|in|de|sur? {year}", mean.year_meant),
    _rule("en|sur|de|the? l|cette|fiscal? annee|an|exercice|year {year}", mean.year_meant),
    # counted from today
    _rule("dans|in {n} {unit}", mean.ahead(1)),
    _rule("{n} {unit} from now|today|later", mean.ahead(1)),
    _rule("dans une|un? quinzaine de? jours?", mean.one_ahead(14, "day")),
    _rule("dans une? huitaine de? jours?", mean.one_ahead(8, "day")),
    _rule("dans une? dizaine de jours", mean.one_ahead(10, "day")),
    _rule("in a {unit}", mean.one_unit(1)),
    _rule("in a fortnight", mean.one_ahead(14, "day")),
    _rule("il? y a|as {n} {unit}", mean.ahead(-1)),
    _rule("{n} {unit} ago", mean.ahead(-1)),
    _rule("a {unit} ago", mean.one_unit(-1)),
    _rule("il? y a une? quinzaine de? jours?", mean.one_ahead(-14, "day")),
    _rule("les|ces|des|sur? les|ces? {n} derniers|dernieres|d {unit}", mean.last_n),
    _rule("les|ces|des|sur? {n} {unit} passes|passees|ecoules|ecoulees", mean.last_n),
    _rule("the|over|in|for? last|past {n} {unit}", mean.last_n),
    _rule("les|ces|des|sur? les|ces? {n} prochains|prochaines {unit}", mean.next_n),
    _rule("les|ces|des|sur? les|ces? prochains|prochaines {n} {unit}", mean.next_n),
    _rule("the|over|in|for? next|coming {n} {unit}", mean.next_n),
)

RANGES: tuple[Rule, ...] = (
    _rule("{n} {unit}", mean.a_length),
    _rule("une? quinzaine de? jours?", mean.fifteen_days),
    # time limits: from today on
    _rule("sous|within {n} {unit}", mean.until_after("within")),
    _rule("d ici|ici a? {n} {unit}", mean.until_after("within")),
    _rule("sous|d? ici? une? huitaine", mean.until_in(8, "day", "within")),
    _rule("sous|d? ici? une? quinzaine de? jours?", mean.until_in(15, "day", "within")),
    _rule("dans la quinzaine", mean.until_in(15, "day", "within")),
    _rule("sous|within|d? ici? 24h", mean.until_in(1, "day", "within")),
    _rule("sous|within|d? ici? 48h", mean.until_in(2, "day", "within")),
    _rule("sous|within|d? ici? 72h", mean.until_in(3, "day", "within")),
    _rule("within a|one {unit}", mean.one_unit_long("within")),
    _rule("pendant|durant|for {n} {unit}", mean.until_after("for")),
    _rule("for a {unit}", mean.one_unit_long("for")),
    _rule("pour {n} {unit}", mean.until_after("for")),
    _rule("d ici|ici a|la|le|au|l? {any}", mean.by_then),
    _rule("avant|avt|by|before la|le|l|the? {any}", mean.by_then),
    _rule("au plus tard|tar le? {any}", mean.by_then),
    _rule("no later than {any}", mean.by_then),
    _rule("jusqu|jusque|jusqua a|au|en|la? la|le|l? {any}", mean.up_to),
    _rule("until|till|til|to the? {any}", mean.up_to),
    # beginnings
    _rule("depuis|since le|la|l|the? {any}", mean.since_then),
    _rule("depuis {n} {unit}", mean.since_count),
    _rule("depuis le|la|l|ce? debut de|du|d|ce|cette? l|la|le|ce|cette? annee|an|exercice", mean.since_start("year")),
    _rule("depuis le? debut de|du|d|ce? ce? mois", mean.since_start("month")),
    _rule("depuis le? debut de|d|du? ce? trimestre", mean.since_start("quarter")),
    _rule("depuis le? debut de|d|du? la|cette? semaine", mean.since_start("week")),
    _rule("year to date", mean.since_start("year")),
    _rule("ytd", mean.since_start("year")),
    _rule("since the? beginning|start of the|this? year", mean.since_start("year")),
    _rule("month to date", mean.since_start("month")),
    _rule("a partir|compter de|du|d|le? {any}", mean.starting),
    _rule("des le? {any}", mean.starting),
    _rule("starting|from on|the? {any}", mean.starting),
    # between two
    _rule("entre|between le|the? {any} et|and le|the? {any}", mean.between_days),
    _rule("de|du|from {any} a|au|to|until|jusqu au|a? {any}", mean.between_days),
    _rule("entre|between le|the? {dom} et|and le|the? {day}", mean.dom_to_date),
    _rule("du|from the? {dom} au|to the? {day}", mean.dom_to_date),
)

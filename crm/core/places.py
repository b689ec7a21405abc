"""Where somebody is, as far as hours go: the time zone, the weekend and the public holidays of a country.

A country that spans several zones counts by its busiest; one that is not listed counts by ours.
"""

from dataclasses import dataclass
from datetime import date, time
from functools import cached_property, lru_cache

from crm.core.calendar import ALSACE_MOSELLE, FRANCE, PARIS, Opening, PublicHolidays, weekend
from crm.core.errors import Invalid

_ZONES = {
    "AD": "Europe/Andorra", "AE": "Asia/Dubai", "AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna",
    "AU": "Australia/Sydney", "BE": "Europe/Brussels", "BF": "Africa/Ouagadougou", "BG": "Europe/Sofia",
    "BJ": "Africa/Porto-Novo", "BL": "America/St_Barthelemy", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CD": "Africa/Kinshasa", "CG": "Africa/Brazzaville", "CH": "Europe/Zurich", "CI": "Africa/Abidjan",
    "CL": "America/Santiago", "CM": "Africa/Douala", "CN": "Asia/Shanghai", "CO": "America/Bogota", "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "DZ": "Africa/Algiers",
    "EE": "Europe/Tallinn", "EG": "Africa/Cairo", "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": PARIS,
    "GA": "Africa/Libreville", "GB": "Europe/London", "GF": "America/Cayenne", "GG": "Europe/Guernsey", "GN": "Africa/Conakry",
    "GP": "America/Guadeloupe", "GR": "Europe/Athens", "HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest", "ID": "Asia/Jakarta", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata",
    "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KE": "Africa/Nairobi", "KR": "Asia/Seoul",
    "LB": "Asia/Beirut", "LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga",
    "MA": "Africa/Casablanca", "MC": "Europe/Monaco", "MF": "America/Marigot", "MG": "Indian/Antananarivo",
    "ML": "Africa/Bamako", "MQ": "America/Martinique", "MT": "Europe/Malta", "MU": "Indian/Mauritius",
    "MX": "America/Mexico_City", "NC": "Pacific/Noumea", "NE": "Africa/Niamey", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "NZ": "Pacific/Auckland", "PF": "Pacific/Tahiti", "PL": "Europe/Warsaw",
    "PM": "America/Miquelon", "PT": "Europe/Lisbon", "QA": "Asia/Qatar", "RE": "Indian/Reunion", "RO": "Europe/Bucharest",
    "RS": "Europe/Belgrade", "SA": "Asia/Riyadh", "SE": "Europe/Stockholm", "SG": "Asia/Singapore",
    "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "SN": "Africa/Dakar", "TG": "Africa/Lome", "TN": "Africa/Tunis",
    "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "US": "America/New_York", "WF": "Pacific/Wallis",
    "YT": "Indian/Mayotte", "ZA": "Africa/Johannesburg",
}  # fmt: skip  # read as a table: columns side by side
_OVERSEAS = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip  # read as a table: columns side by side
"""The beginning of a French postal code → the territory, which has hours and holidays of its own."""
_ALSACE_MOSELLE = ("57", "67", "68")
_NAMES = {
    "AD": "ANDORRE", "AE": "ÉMIRATS ARABES UNIS", "AR": "ARGENTINE", "AT": "AUTRICHE", "AU": "AUSTRALIE",
    "BE": "BELGIQUE", "BF": "BURKINA FASO", "BG": "BULGARIE", "BJ": "BÉNIN", "BR": "BRÉSIL", "CA": "CANADA",
    "CD": "RÉPUBLIQUE DÉMOCRATIQUE DU CONGO", "CG": "CONGO", "CH": "SUISSE", "CI": "CÔTE D’IVOIRE", "CL": "CHILI",
    "CM": "CAMEROUN", "CN": "CHINE", "CO": "COLOMBIE", "CY": "CHYPRE", "CZ": "TCHÉQUIE", "DE": "ALLEMAGNE",
    "DK": "DANEMARK", "DZ": "ALGÉRIE", "EE": "ESTONIE", "EG": "ÉGYPTE", "ES": "ESPAGNE", "FI": "FINLANDE", "GA": "GABON",
    "GB": "ROYAUME-UNI", "GG": "GUERNESEY", "GN": "GUINÉE", "GR": "GRÈCE", "HK": "HONG KONG", "HR": "CROATIE",
    "HU": "HONGRIE", "ID": "INDONÉSIE", "IE": "IRLANDE", "IL": "ISRAËL", "IN": "INDE", "IS": "ISLANDE", "IT": "ITALIE",
    "JP": "JAPON", "KE": "KENYA", "KR": "CORÉE DU SUD", "LB": "LIBAN", "LI": "LIECHTENSTEIN", "LT": "LITUANIE",
    "LU": "LUXEMBOURG", "LV": "LETTONIE", "MA": "MAROC", "MC": "MONACO", "MG": "MADAGASCAR", "ML": "MALI", "MT": "MALTE",
    "MU": "MAURICE", "MX": "MEXIQUE", "NE": "NIGER", "NL": "PAYS-BAS", "NO": "NORVÈGE", "NZ": "NOUVELLE-ZÉLANDE",
    "PL": "POLOGNE", "PT": "PORTUGAL", "QA": "QATAR", "RO": "ROUMANIE", "RS": "SERBIE", "SA": "ARABIE SAOUDITE",
    "SE": "SUÈDE", "SG": "SINGAPOUR", "SI": "SLOVÉNIE", "SK": "SLOVAQUIE", "SN": "SÉNÉGAL", "TG": "TOGO", "TN": "TUNISIE",
    "TR": "TURQUIE", "UA": "UKRAINE", "US": "ÉTATS-UNIS", "ZA": "AFRIQUE DU SUD",
}  # fmt: skip  # read as a table: columns side by side
"""Countries as the post of the sending country wants them on the last line: in its language, in capitals."""
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class Place:
    """A country, or a part of one, with its hours."""

    country: str = FRANCE
    region: str | None = None
    tz: str = PARIS

    @cached_property
    def weekend(self) -> frozenset[int]:
        """The weekdays that are not worked; Monday is 0."""
        return weekend(self.country)

    def __contains__(self, day: object) -> bool:
        """Whether a day is a public holiday there; of a country whose holidays are not known none is."""
        try:
            return day in PublicHolidays(self.country, self.region)
        except Invalid:
            return False

    def opening(self, hours: tuple[time, time], saturday: tuple[time, time] | None = None) -> Opening:
        """Hours on every worked weekday, and on Saturday where the weekend is that of Saturday and Sunday."""
        worked = {day: hours for day in range(7) if day not in self.weekend}
        if saturday is not None and self.weekend == {_SATURDAY, _SUNDAY}:
            worked[_SATURDAY] = saturday
        return worked


@lru_cache(maxsize=1024)
def place_of(country: str, postal_code: str = "", *, tz: str = PARIS) -> Place:
    """The place of an address; `tz` counts for France itself and where the country is not known."""
    known = country.strip().upper() or FRANCE
    if known == FRANCE:
        code = postal_code.strip()
        if (overseas := _OVERSEAS.get(code[:3])) is not None:
            return Place(overseas, None, _ZONES[overseas])
        return Place(FRANCE, ALSACE_MOSELLE if code.startswith(_ALSACE_MOSELLE) else None, _ZONES[FRANCE])
    return Place(known, None, _ZONES.get(known, tz))


def country_line(country: str) -> str:
    """The last line of an address abroad; empty in France, whose territories are told by their postal code."""
    code = country.strip().upper()
    return "" if code in ("", FRANCE) or code in _OVERSEAS.values() else _NAMES.get(code, code)


@dataclass(frozen=True, slots=True)
class Together:
    """The public holidays of two places: nothing leaves on a day off at either end."""

    ours: Place
    theirs: Place

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.theirs or day in self.ours)

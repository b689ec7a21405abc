"""Figures that are no amounts, as on screen: `60,21` and `24,50 %`; in English `60.21` and `24.50%`."""

from decimal import Decimal

from crm.core.i18n import language


def decimal_shown(value: Decimal | str) -> str:
    """A decimal figure with the sign of the language in use."""
    return str(value) if language() == "en" else str(value).replace(".", ",")


def percent_shown(value: Decimal | str) -> str:
    """A figure in percent."""
    return decimal_shown(value) + ("%" if language() == "en" else "\u00a0%")

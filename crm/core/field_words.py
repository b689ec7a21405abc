"""What a field should have held, in words: the same sentence at every door that takes typed text."""

from typing import Any

from crm.core.i18n import _


def expected(fault: str, context: dict[str, Any]) -> str:
    """What a value should have been, from the kind of pydantic's fault and its context."""
    match fault.split("_"):
        case ["value", "error"]:
            return str(context.get("error", ""))
        case ["enum"] | ["literal", _]:
            choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return _("one of {choices}").format(choices=choices)
        case ["date", *_rest]:
            return _("a day is written YYYY-MM-DD")
        case ["int" | "decimal", *_rest]:
            return _("a number is expected")
        case ["bool", *_rest]:
            return _("yes or no is expected")
        case ["string", "too", "short"] | ["missing"]:
            return _("something is missing here")
        case ["string", "too", "long"]:
            return _("at most {limit} characters").format(limit=context["max_length"])
        case ["greater", *_rest]:
            return _("at least {limit}").format(limit=context.get("ge", context.get("gt")))
        case ["less", *_rest]:
            return _("at most {limit}").format(limit=context.get("le", context.get("lt")))
        case _other:
            return _("this does not fit")

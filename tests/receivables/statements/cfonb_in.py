"""CFONB 120 files in a few words."""

_PLUS, _MINUS = "{ABCDEFGHI", "}JKLMNOPQR"
ACCOUNT = ("10278", "02204", "00012345603")


def amount(cents: int) -> str:
    """Fourteen characters, the last with the sign."""
    digits = f"{abs(cents):014}"
    return digits[:-1] + (_MINUS if cents < 0 else _PLUS)[int(digits[-1])]


def record(
    code: str,
    middle: str = "",
    *,
    day: str = "100326",
    cents: int | str = 0,
    tail: str = "",
    currency: str = "EUR",
    decimals: str = "2",
) -> str:
    """A record: what stands at 33, 41 and from 43 on is `middle`, what stands behind the amount `tail`."""
    bank, branch, number = ACCOUNT
    head = f"{code}{bank}    {branch}{currency}{decimals} {number}"
    written = cents if isinstance(cents, str) else amount(cents)
    operation, rest = middle[:2].ljust(2), middle[2:]
    return f"{head}{operation}{day}{rest}".ljust(90)[:90] + written + tail.ljust(16)[:16]


def old(cents: int, day: str = "010326", **more: str) -> str:
    """The old balance."""
    return record("01", day=day, cents=cents, **more)


def new(cents: int, day: str = "310326", **more: str) -> str:
    """The new balance."""
    return record("07", day=day, cents=cents, **more)


def move(
    cents: int | str,
    label: str = "VIR DUPONT SARL",
    *,
    operation: str = "18",
    day: str = "100326",
    reject: str = "  ",
    value: str = "100326",
    number: str = "0000000",
    tail: str = "",
    **more: str,
) -> str:
    """A movement."""
    return record("04", f"{operation}{reject}{value}{label:31}  {number}00", day=day, cents=cents, tail=tail, **more)


def more(qualifier: str, text: str) -> str:
    """More of the movement before."""
    bank, branch, number = ACCOUNT
    return f"05{bank}    {branch}EUR2 {number}18100326     {qualifier}{text:70}  "


def cfonb(*records: str, end: str = "\r\n") -> str:
    """A file."""
    return end.join(records) + end

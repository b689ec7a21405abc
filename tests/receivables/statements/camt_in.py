"""CAMT files in a few words."""

IBAN = "FR7610278022040001234560307"


def camt(
    *records: str, message: str = "053", version: str = "02", closing: str | None = None, opening: str = "0.00"
) -> str:
    """A statement of some records; its balances when a closing one is given."""
    element, container = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}[message]
    balances = (
        "" if closing is None else balance("OPBD", opening, "2026-03-01") + balance("CLBD", closing, "2026-03-31")
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}">'
        f"<{element}><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-31T20:00:00</CreDtTm></GrpHdr>\n"
        f"<{container}><Id>S-1</Id><CreDtTm>2026-03-31T20:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
        f"{balances}{''.join(records)}</{container}></{element}></Document>"
    )


def balance(code: str, amount: str, day: str, currency: str = "EUR") -> str:
    """A balance; a minus sign makes it a debit."""
    side = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def entry(
    amount: str, *details: str, more: str = "", currency: str = "EUR", status: str = "BOOK", day: str = "2026-03-10"
) -> str:
    """An entry of an amount; a minus sign makes it a debit."""
    side = "DBIT" if amount.startswith("-") else "CRDT"
    inside = f"<NtryDtls>{''.join(details)}</NtryDtls>" if details else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{more}{inside}</Ntry>\n"
    )


def payment(
    amount: str = "", *, payer: str = "", iban: str = "", said: str = "", name: str = "", more: str = ""
) -> str:
    """A payment inside of an entry."""
    given = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    refs = f"<Refs><EndToEndId>{name}</EndToEndId></Refs>" if name else ""
    party = f"<Dbtr><Nm>{payer}</Nm></Dbtr>" if payer else ""
    account = f"<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>" if iban else ""
    words = f"<RmtInf><Ustrd>{said}</Ustrd></RmtInf>" if said else ""
    return f"<TxDtls>{refs}{given}<RltdPties>{party}{account}</RltdPties>{words}{more}</TxDtls>\n"

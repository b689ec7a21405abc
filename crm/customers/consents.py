"""Who has said no to being reached at which address: the latest word counts."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from crm.customers.models import Consent, ConsentPurpose


def refusals(
    session: Session, channel: str, addresses: Iterable[str] | None = None
) -> Mapping[ConsentPurpose, frozenset[str]]:
    """The addresses of a channel that have said no, by purpose; among some addresses, or all."""
    query = select(Consent.address, Consent.purpose, Consent.granted).where(Consent.channel == channel)
    if addresses is not None:
        query = query.where(col(Consent.address).in_(list({address.lower() for address in addresses})))
    latest: dict[tuple[str, str], bool] = {}
    for address, purpose, granted in session.exec(query.order_by(col(Consent.id))):
        latest[purpose, address] = granted
    return {
        purpose: frozenset(address for (about, address), granted in latest.items() if about == purpose and not granted)
        for purpose in ConsentPurpose
    }

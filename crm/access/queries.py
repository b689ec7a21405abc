"""Reads of people."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from crm.access.models import User


def user_numbers(session: Session) -> frozenset[str]:
    """The numbers of all users."""
    return frozenset(session.exec(select(User.number)).all())


def user_names(session: Session) -> Mapping[str, str]:
    """Number → name of every user: work is kept for a number and shown by the name."""
    return {user.number: user.name for user in all_users(session)}


def by_number(session: Session, number: str) -> User | None:
    """The user of a number."""
    return session.exec(select(User).where(User.number == number)).first()


def all_users(session: Session) -> Sequence[User]:
    """Every user, by name."""
    return session.exec(select(User).order_by(col(User.name), col(User.number))).all()

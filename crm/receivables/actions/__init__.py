"""What can be asked about what is owed."""

from crm.receivables.actions import (
    balance,
    bank,
    books,
    datasets,
    dispute_reasons,
    disputes,
    evaluation,
    exposure,
    invoices,
    limitations,
    matching,
    payments,
    penalties,
    plan_document,
    plans,
    promises,
    reliability,
)
from crm.receivables.actions.balance import AgedBalance, AgeingReport, BalanceExplanation, ExplainBalance
from crm.receivables.actions.disputes import DisputeList, ListDisputes, OpenDispute, ResolveDispute, UpdateDispute
from crm.receivables.actions.exposure import ExposureList, ListExposure, ShowExposure
from crm.receivables.actions.invoices import InvoiceCard, InvoiceList, ListInvoices, ShowInvoice
from crm.receivables.actions.limitations import LimitationList, ListLimitations, limitation_words
from crm.receivables.actions.penalties import ListPenalties, PenaltyList
from crm.receivables.actions.plans import CreatePaymentPlan, ListPaymentPlans, PlanCard, PlanList, ShowPaymentPlan
from crm.receivables.actions.promises import ListPromises, PromiseList, RecordPromise, UpdatePromise
from crm.receivables.actions.reliability import ReliabilityReport, ShowReliability
from crm.receivables.documents import Documents
from crm.receivables.fec.importer import Fec
from crm.receivables.invoices_csv import InvoicesCsv
from crm.receivables.payments_csv import PaymentsCsv
from crm.receivables.statements_in import IMPORTERS as STATEMENTS

ACTIONS = (
    *balance.ACTIONS,
    *invoices.ACTIONS,
    *promises.ACTIONS,
    *reliability.ACTIONS,
    *plans.ACTIONS,
    *plan_document.ACTIONS,
    *disputes.ACTIONS,
    *dispute_reasons.ACTIONS,
    *limitations.ACTIONS,
    *penalties.ACTIONS,
    *exposure.ACTIONS,
    *payments.ACTIONS,
    *matching.ACTIONS,
    *bank.ACTIONS,
    *evaluation.ACTIONS,
    *books.ACTIONS,
)
IMPORTERS = (InvoicesCsv(), PaymentsCsv(), *STATEMENTS, Documents(), Fec())
DATASETS = {**datasets.DATASETS, **books.DATASETS}

__all__ = [
    "ACTIONS",
    "DATASETS",
    "IMPORTERS",
    "AgedBalance",
    "AgeingReport",
    "BalanceExplanation",
    "CreatePaymentPlan",
    "DisputeList",
    "ExplainBalance",
    "ExposureList",
    "InvoiceCard",
    "InvoiceList",
    "LimitationList",
    "ListDisputes",
    "ListExposure",
    "ListInvoices",
    "ListLimitations",
    "ListPaymentPlans",
    "ListPenalties",
    "ListPromises",
    "OpenDispute",
    "PenaltyList",
    "PlanCard",
    "PlanList",
    "PromiseList",
    "RecordPromise",
    "ReliabilityReport",
    "ResolveDispute",
    "ShowExposure",
    "ShowInvoice",
    "ShowPaymentPlan",
    "ShowReliability",
    "UpdateDispute",
    "UpdatePromise",
    "limitation_words",
]

"""A company in the middle of its work, and an example of every action on it.

A new action is one line in `EXAMPLES`; a test fails for one that has none.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from build import LEA, TODAY, a_customer, a_payment, ago, allocated, an_invoice, clean, csv_upload, imported
from sqlmodel import select

from crm.access.actions import ListUsers, SetDigest
from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.basics import (
    AcceptProposal,
    ExportData,
    ImportData,
    ImportTemplate,
    ListJournal,
    ListProposals,
    Propose,
    RefuseProposal,
    Undo,
    VerifyJournal,
)
from crm.core.periods import Period
from crm.customers.actions import (
    AddCompanyAccount,
    CreateCustomer,
    LiftHold,
    PlaceHold,
    SetSegment,
    ShowCompany,
    UpdateCompany,
    UpdateContact,
    UpdateCustomer,
)
from crm.customers.grievances import ListComplaints, RecordComplaint, SettleComplaint
from crm.customers.interactions import LogInteraction
from crm.customers.joining import JoinGroup, ListDuplicates, MergeCustomers, ProposeMerges, SeparateCustomer
from crm.customers.models import Customer, Document
from crm.followup.actions.assumptions import ConfirmAssumptions, ListDebtorsWithoutAddress, ReviewAssumptions
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.following import ShowFollowedScenario
from crm.followup.actions.message_why import ExplainMessage
from crm.followup.actions.pauses import PauseDunning, ResumeDunning
from crm.followup.actions.posting import RecordPosting, RecordReception
from crm.followup.actions.quotes import PreviewQuoteFollowup, RunQuoteFollowup
from crm.followup.actions.rehearsing import RehearseScenario, ShowRehearsedMessage
from crm.followup.actions.scenarios import (
    AssignScenario,
    EditScenario,
    EditScenarioRules,
    ExportScenario,
    ImportScenario,
    ListScenarios,
    RetireScenario,
    ShowScenario,
)
from crm.followup.actions.template_drafts import CheckTemplate, ListTemplateValues, PreviewTemplate
from crm.followup.actions.templates import (
    EditTemplate,
    ListTemplates,
    RestoreTemplate,
    ShowTemplate,
)
from crm.followup.actions.thanks import SendThanks
from crm.followup.actions.why import ExplainDunning
from crm.followup.actions.writing import SendInvoiceCopy, SendMessage
from crm.followup.models import Reminder
from crm.followup.policy import shipped
from crm.law.actions import ComputeDeadlines, ComputeDueDate, ComputePenalties, ListLegalValues, RecordLegalValue
from crm.ledger.actions.differences import DecideResidual, ListResiduals
from crm.ledger.actions.doubtful import EndDoubt, Impair, ListDoubtful, MarkDoubtful
from crm.ledger.actions.drafts import DraftEntries
from crm.ledger.actions.entries import ListEntries, RecordEntries
from crm.ledger.actions.losses import PrepareVatDuplicates, RecordDividend, RecordVatDuplicate, WriteOffDebt
from crm.loyalty.actions.evaluation import EvaluateLifetimeValue
from crm.loyalty.actions.segments import ListSegments, RefreshSegments
from crm.messaging.actions import (
    CancelMessage,
    GoLive,
    ListMessages,
    RetryMessage,
    ReviveAddress,
    SettleMessage,
    ShowMessage,
    ShowOutbox,
    StopLive,
)
from crm.messaging.inbound import ReceiveSms
from crm.messaging.models import DeadAddress, OutgoingMessage, Posting
from crm.messaging.nights import NoteNight
from crm.orders.actions.opportunities import (
    CloseOpportunity,
    ListOpportunities,
    OpenOpportunity,
    ShowPipeline,
    UpdateOpportunity,
)
from crm.orders.actions.orders import ConvertQuote, EndOrder, ListOrders, RecordOrder
from crm.orders.actions.quotes import AnswerQuote, ListQuotes, RecordQuote
from crm.portfolio.actions import ListCustomers, ListTasks, ShowCustomer
from crm.portfolio.cadences import ListLosingTouch, PlanContacts, SetNextContact
from crm.portfolio.calling import PrepareCall, RecordCall
from crm.portfolio.digest import SendDigest
from crm.portfolio.figures import ExplainKpi, KpiTrend, ListKpis, ShowKpi
from crm.portfolio.groups import ShowGroup
from crm.portfolio.handover import AssignCustomer, ListPortfolios
from crm.portfolio.history import AddNote, CustomerHistory
from crm.portfolio.news import ListContactFaults, ShowNews
from crm.portfolio.objective_actions import (
    DropObjective,
    ListObjectives,
    RecordMeasure,
    SetObjective,
    SetObjectives,
)
from crm.portfolio.objective_lines import ShowObjective
from crm.portfolio.search import SearchCustomers
from crm.portfolio.tasks import CancelTask, CompleteTask, CreateTask, RescheduleTask
from crm.portfolio.trends import CustomerTrend, ShowPaymentCalendar
from crm.receivables.actions import AgedBalance, ExplainBalance, ListInvoices, ListLimitations, ShowInvoice
from crm.receivables.actions.bank import ForgetLearned, ListBankLines, ListLearned, SetAside, TakeUp
from crm.receivables.actions.books import CheckAccounting, ListAccountingLines, ListPayables
from crm.receivables.actions.dispute_reasons import AddDisputeReason, ListDisputeReasons, RetireDisputeReason
from crm.receivables.actions.disputes import ListDisputes, OpenDispute, ResolveDispute, UpdateDispute
from crm.receivables.actions.evaluation import EvaluateMatching
from crm.receivables.actions.exposure import LiftOrderHold, ListExposure, PlaceOrderHold, ShowExposure
from crm.receivables.actions.matching import ConfirmMatch, MatchPayments, SettleDifference
from crm.receivables.actions.payments import ListPayments, RecordPayment, UnmatchPayment
from crm.receivables.actions.penalties import (
    ClaimPenalties,
    KeepPenalties,
    ListPenalties,
    ShowPenalties,
    WaivePenalties,
)
from crm.receivables.actions.plan_document import WritePlanDocument
from crm.receivables.actions.plans import (
    CancelPaymentPlan,
    CreatePaymentPlan,
    ListPaymentPlans,
    ShowPaymentPlan,
    SignPaymentPlan,
)
from crm.receivables.actions.promises import ListPromises, RecordPromise, UpdatePromise
from crm.receivables.actions.reliability import ShowReliability
from crm.receivables.models import Instalment, Invoice
from crm.risk.actions.deciding import OverrideRisk, ProposeCreditLimit
from crm.risk.actions.explaining import ExplainRisk, ListAtRisk, SuggestFollowups
from crm.risk.actions.judging import EvaluateRisk
from crm.risk.actions.scoring import ScoreRisk, TrainRisk
from crm.risk.actions.watching import ShowRiskModel

USERS = """
    number;name;email;role
    U1;Sophie Le Bihan;sophie@armor.example;manager
    U2;Lucie Kervella;lucie@armor.example;account_manager
"""
PURCHASES = """
    customer;date;amount
    A;2026-01-05;100.00
    A;2026-02-05;120.00
    A;2026-07-05;90.00
    B;2026-03-01;80.00
    C;2026-03-02;45.00
    C;2026-05-12;60.00
"""
CUSTOMERS = """
    number;name;aliases;regime;city;account_manager;segment;payment_terms;contact_name;email;customer_since;discreet
    C-1;Dupont Frères;DPT;B2B;Brest;U1;vip;45 EOM A;Anne Dupont;anne@dupont.example;2019-05-02;no
    C-2;Mairie de Crozon;;B2G;Crozon;U2;;30;;compta@crozon.example;;no
    C-3;Jeanne Tanguy;;B2C;Brest;U2;;0;;;;yes
"""
INVOICES = """
    number;customer;kind;issue_date;due_date;total_incl_tax;currency;paid_date;paid_amount;disputed;original_invoice
    F-1;C-1;;2026-08-01;2026-09-15;1200.00;EUR;2026-10-01;200.00;;
    F-2;C-1;;2026-10-01;2026-11-15;600.00;EUR;;;;
    F-3;C-2;;2026-10-20;2026-11-19;80.50;EUR;;;yes;
    F-4;C-2;;2026-09-01;2026-10-01;300.00;EUR;2026-10-12;;;
    F-5;Northwind;;2026-11-01;;950.00;USD;;;;
    F-6;C-3;;2026-11-20;2026-12-20;45.00;EUR;;;;
    AV-1;C-1;credit_note;2026-10-15;;-100.00;EUR;;;;F-2
"""


def a_company(crm: Crm) -> Crm:
    """Fill a fresh house: a team, customers, invoices in every standing, money, a hold, proposals, a legal value."""
    crm.runner.run(UpdateCompany(name="Comptoir d'Armor", siren="732829320", city="Brest", payment_terms="30"), LEA)
    for text in (USERS, CUSTOMERS, INVOICES):
        clean(imported(crm, text))
    a_payment(crm, "P-1", customer="C-1", days_ago=6, amount="75.00")
    crm.runner.run(PlaceHold(customer="C-2", reason="waits for the council", until=date(2026, 12, 15)), LEA)
    for segment, subject in (("vip", "C-2"), ("loyal", "C-3")):
        told = {"customer": subject, "segment": segment}
        crm.runner.run(Propose(action="set_segment", fields=told, subject=subject, reason="buys often"), LEA)
    crm.runner.run(RecordPromise(invoice="F-1", by=ago(-4), amount="400", note="on Friday"), LEA)
    crm.runner.run(CreateCustomer(number="C-9", name="Nobody yet"), LEA)
    crm.runner.run(GoLive(channel="email"), LEA)
    _an_outbox(crm)
    _a_bank(crm)
    _a_ledger(crm)
    an_invoice(crm, "F-31", customer="Quai Est", days_late=9, amount="900.00")
    crm.runner.run(CreatePaymentPlan(customer="Quai Est", installments=3, first=ago(-10)), LEA)
    crm.runner.run(PlaceOrderHold(customer="C-2", reason="limit exceeded"), LEA)
    _some_sales(crm)
    _a_week(crm)
    crm.runner.run(EditTemplate(level=3, text="{{ invoice_table }}\n\n{{ payment_block }}"), LEA)
    _recorded_twice(crm)
    _a_payer(crm)
    crm.runner.run(SetDigest(user="U2"), LEA)
    crm.runner.run(RecordComplaint(customer="C-2", note="Nobody answers the telephone."), LEA)
    return crm


def _recorded_twice(crm: Crm) -> None:
    """A customer under two numbers, one found out already, the other not yet; and a company of a group."""
    for number, name in (("C-11", "Transports Le Goff"), ("C-12", "TRANSPORTS LE GOFF SARL"), ("C-13", "Le Goff Fret")):
        crm.runner.run(CreateCustomer(number=number, name=name), LEA)
    for number in ("C-11", "C-12"):
        crm.runner.run(UpdateContact(customer=number, email="compta@legoff.example", phone="02 98 00 11 22"), LEA)
    crm.runner.run(MergeCustomers(customer="C-11", duplicate="C-13"), LEA)
    crm.runner.run(JoinGroup(customer="C-3", parent="C-2"), LEA)


def _some_sales(crm: Crm) -> None:
    """Sales under way and over, quotes with and without an answer, orders of which one is invoiced by its reference."""
    for subject, amount in (("Cold room", "12000"), ("Shelves", "900"), ("Ovens", "7000")):
        crm.runner.run(OpenOpportunity(customer="C-1", subject=subject, amount=amount), LEA)
    crm.runner.run(CloseOpportunity(opportunity=3, outcome="lost", reason="price"), LEA)
    for number, days in (("D-1", 12), ("D-2", 4)):
        crm.runner.run(RecordQuote(customer="C-1", number=number, amount="480", sent=ago(days)), LEA)
    crm.runner.run(RecordQuote(customer="C-2", number="D-3", amount="95", sent=ago(30)), LEA)
    crm.runner.run(AnswerQuote(quote="D-3", answer="accepted", reason="price"), LEA)
    crm.runner.run(RecordOrder(customer="C-1", number="O-1", amount="250", ordered=ago(9), promised=ago(-6)), LEA)


def _a_week(crm: Crm) -> None:
    """What is to be done, and what is aimed at."""
    crm.runner.run(CreateTask(task_type="call", customer="C-3", day=TODAY, note="Ask for the order number."), LEA)
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    crm.runner.run(SetObjective(customer="C-1", measure="revenue", target="5000", period=year), LEA)
    crm.runner.run(SetObjective(assignee="all", measure="own", name="Cards sent", target="60", period=year), LEA)


def _a_payer(crm: Crm) -> None:
    """A customer who was reminded, and has paid since."""
    a_customer(crm, "C-8", "Merci", regime="B2B", email="compta@merci.example")
    an_invoice(crm, "F-41", customer="C-8", days_late=15)
    with crm.database.writing() as session:
        owner = session.exec(select(Customer.id).where(Customer.number == "C-8")).one()
        instalment = session.exec(select(Instalment.id).join(Invoice).where(Invoice.number == "F-41")).one()
        message = OutgoingMessage(
            purpose="dunning", level=1, customer_id=owner, channel="email", recipient="compta@merci.example", text="Bonjour",
            message_id="<reminded@armor.example>", dedupe_key="example/reminded", state="sent", day=ago(10),
            queued_at=crm.clock.now(),
        )  # fmt: skip  # read as a table: columns side by side
        session.add(message)
        session.flush()
        session.add(Reminder(instalment_id=instalment, message_id=message.id, level=1, day=ago(10), asked_cents=12_000))
        session.commit()
    a_payment(crm, "P-41", customer="C-8", days_ago=2, amount="120.00")
    allocated(crm, "P-41", "F-41", "120.00")


def _a_bank(crm: Crm) -> None:
    """Bank lines in every state: matched, waiting, set aside, and something learnt."""
    clean(imported(crm, BANK, kind="bank-csv"))
    crm.runner.run(MatchPayments(), LEA)
    crm.runner.run(ConfirmMatch(line=3, invoices=("F-1=100",)), LEA)


def _a_ledger(crm: Crm) -> None:
    """A customer who leaves differences and may not pay: a debt in doubt, one that is lost, cents without an entry."""
    clean(imported(crm, UNPAID))
    crm.runner.run(MarkDoubtful(invoice="F-21", reason="receivership", day=ago(40)), LEA)
    crm.runner.run(Impair(invoice="F-21", recovery="40", day=ago(40)), LEA)
    crm.runner.run(WriteOffDebt(invoice="F-22", proof="liquidation", proof_day=ago(30), day=ago(20)), LEA)
    crm.runner.run(SettleDifference(invoice="F-23", reason="rounding"), LEA)


def _an_outbox(crm: Crm) -> None:
    """Messages in every state a person may decide about, an address given up, and the file of an invoice."""
    with crm.database.writing() as session:
        session.add(Document(sha256="0" * 64, name="F-1.pdf", size=4, kind="invoice", subject="F-1"))
        for serial, state in enumerate(("queued", "failed", "uncertain", "sent"), start=1):
            session.add(
                OutgoingMessage(
                    purpose="message", customer_id=1, channel="email", recipient="anne@dupont.example", subject=f"No. {serial}",
                    text="Bonjour", message_id=f"<{serial}@armor.example>", dedupe_key=f"copy/{serial}", state=state,
                    day=TODAY, queued_at=crm.clock.now(),
                )
            )  # fmt: skip  # read as a table: columns side by side
        for serial, state in ((5, "queued"), (6, "sent")):
            session.add(
                OutgoingMessage(
                    purpose="message", customer_id=1, channel="registered_letter", recipient="Dupont Frères, 29200 Brest",
                    subject=f"No. {serial}", text="Bonjour", message_id=f"<{serial}@armor.example>",
                    dedupe_key=f"copy/{serial}", state=state, day=TODAY, queued_at=crm.clock.now(),
                )
            )  # fmt: skip  # read as a table: columns side by side
        session.flush()
        session.add(Posting(message_id=6, posted_on=ago(2), tracking="1A 234 567 8901 2"))
        session.add(
            DeadAddress(
                channel="email", address="gone@dupont.example", since=crm.clock.now(), reason="550 5.1.1 unknown"
            )
        )
        session.commit()


UNPAID = """
    number;customer;issue_date;due_date;total_incl_tax;total_excl_tax;paid_date;paid_amount
    F-20;Quai Sud;2026-08-10;2026-09-10;1200.00;1000.00;2026-09-20;1176.00
    F-21;Quai Sud;2026-06-10;2026-07-10;600.00;500.00;;
    F-22;Quai Sud;2025-06-10;2025-07-10;240.00;200.00;;
    F-23;Quai Sud;2026-06-10;2026-07-10;100.03;83.36;2026-09-20;100.00
    F-24;Quai Sud;2025-06-10;2025-07-10;360.00;300.00;;
"""
BANK = """
    Date;Libellé;Montant;Contrepartie
    20/11/2026;PRLV URSSAF BRETAGNE;-310.00;
    20/11/2026;VIR REGLEMENT DIVERS;61.00;SCI DU PORT
    21/11/2026;VIR SANS MOTIF;100.00;HOLDING ARMOR
"""

MORE = "number;customer;issue_date;due_date;total_incl_tax\nF-2;C-1;2026-10-01;2026-11-30;600.00\nF-7;Zola;2026-11-02;;12.00\n"

EXAMPLES: dict[str, Callable[[Crm], Action[Any]]] = {
    "import_data": lambda crm: ImportData(upload=csv_upload(crm, MORE, "more.csv")),
    "export_data": lambda crm: ExportData(dataset="invoices", customer="C-1", as_of=ago(20)),
    "import_template": lambda crm: ImportTemplate(kind="invoices-csv"),
    "undo": lambda crm: Undo(entry=10),
    "list_journal": lambda crm: ListJournal(limit=5),
    "verify_journal": lambda crm: VerifyJournal(),
    "propose": lambda crm: Propose(
        action="update_customer", fields={"customer": "C-1", "city": "Rennes"}, subject="C-1", reason="moved"
    ),
    "list_proposals": lambda crm: ListProposals(subject="C-2"),
    "accept_proposal": lambda crm: AcceptProposal(proposal=1),
    "refuse_proposal": lambda crm: RefuseProposal(proposal=2, reason="not yet"),
    "set_digest": lambda crm: SetDigest(user="U1"),
    "list_users": lambda crm: ListUsers(),
    "merge_customers": lambda crm: MergeCustomers(customer="C-11", duplicate="C-12"),
    "separate_customer": lambda crm: SeparateCustomer(record="C-13"),
    "list_duplicates": lambda crm: ListDuplicates(),
    "propose_merges": lambda crm: ProposeMerges(),
    "show_group": lambda crm: ShowGroup(customer="C-3"),
    "assign_customer": lambda crm: AssignCustomer(customer="C-1", assignee="U2"),
    "list_portfolios": lambda crm: ListPortfolios(),
    "join_group": lambda crm: JoinGroup(customer="C-11", parent="C-2"),
    "compute_due_date": lambda crm: ComputeDueDate(issued=date(2026, 3, 17), terms="45 EOM A"),
    "compute_penalties": lambda crm: ComputePenalties(amount="1000", due=date(2026, 3, 1), paid=date(2026, 9, 1)),
    "compute_deadlines": lambda crm: ComputeDeadlines(event="order", date=date(2026, 9, 10), served=date(2026, 10, 15)),
    "list_limitations": lambda crm: ListLimitations(within=36_500),
    "list_legal_values": lambda crm: ListLegalValues(series="ecb_mro_rate"),
    "record_legal_value": lambda crm: RecordLegalValue(
        series="ecb_mro_rate", value="2.65", valid_from=date(2027, 1, 1), source="ECB, 17 December 2026"
    ),
    "show_company": lambda crm: ShowCompany(),
    "update_company": lambda crm: UpdateCompany(capital="10000", sender_name="Sophie Le Bihan"),
    "add_company_account": lambda crm: AddCompanyAccount(iban="FR1420041010050500013M02606", label="Compte courant"),
    "create_customer": lambda crm: CreateCustomer(number="C-10", name="Zola", regime="B2B"),
    "update_customer": lambda crm: UpdateCustomer(customer="C-1", city="Quimper", credit_limit="5000"),
    "update_contact": lambda crm: UpdateContact(customer="C-1", contact_name="Anne Dupont", phone="0298000000"),
    "set_segment": lambda crm: SetSegment(customer="C-2", segment="big_account"),
    "place_hold": lambda crm: PlaceHold(customer="C-1", reason="waits for a credit note", invoice="F-2"),
    "lift_hold": lambda crm: LiftHold(customer="C-2"),
    "open_opportunity": lambda crm: OpenOpportunity(
        customer="C-2", subject="Kitchen", amount="5000", expected=ago(-40), next_step="Visit", owner="U2"
    ),
    "update_opportunity": lambda crm: UpdateOpportunity(opportunity=1, stage="negotiation", next_step="Call"),
    "close_opportunity": lambda crm: CloseOpportunity(opportunity=2, outcome="won", reason="quality"),
    "list_opportunities": lambda crm: ListOpportunities(status="open"),
    "show_pipeline": lambda crm: ShowPipeline(),
    "record_quote": lambda crm: RecordQuote(
        customer="C-1", amount="11500", subject="Cold room", opportunity=1, valid_until=ago(-30)
    ),
    "answer_quote": lambda crm: AnswerQuote(quote="D-1", answer="refused", reason="price", note="too dear"),
    "list_quotes": lambda crm: ListQuotes(customer="C-1", status="open"),
    "record_order": lambda crm: RecordOrder(customer="C-9", amount="300", reference="BC-12"),
    "convert_quote": lambda crm: ConvertQuote(quote="D-3", promised=ago(-10)),
    "end_order": lambda crm: EndOrder(order="O-1", outcome="cancelled"),
    "list_orders": lambda crm: ListOrders(customer="C-1"),
    "preview_quote_followup": lambda crm: PreviewQuoteFollowup(quote="D-1"),
    "run_quote_followup": lambda crm: RunQuoteFollowup(customer="C-1"),
    "aged_balance": lambda crm: AgedBalance(as_of=ago(15), city="Brest"),
    "explain_balance": lambda crm: ExplainBalance(customer="C-1", bucket="61-90"),
    "list_invoices": lambda crm: ListInvoices(status="open", amount_min="50", sort="amount", limit=3),
    "show_invoice": lambda crm: ShowInvoice(invoice="F-1"),
    "update_promise": lambda crm: UpdatePromise(invoice="F-1", by=ago(-8), note="after the fair"),
    "show_reliability": lambda crm: ShowReliability(customer="C-1"),
    "create_payment_plan": lambda crm: CreatePaymentPlan(
        customer="C-1", numbers=("F-2",), installments=3, frequency="weekly"
    ),
    "sign_payment_plan": lambda crm: SignPaymentPlan(customer="Quai Est", file="plan.pdf"),
    "cancel_payment_plan": lambda crm: CancelPaymentPlan(invoice="F-31", reason="sold the business"),
    "show_payment_plan": lambda crm: ShowPaymentPlan(plan=1),
    "write_plan_document": lambda crm: WritePlanDocument(plan=1),
    "list_payment_plans": lambda crm: ListPaymentPlans(status="active"),
    "record_promise": lambda crm: RecordPromise(invoice="F-1", by=ago(-10), amount="500", contact="Anne Dupont"),
    "list_promises": lambda crm: ListPromises(status="pending"),
    "record_payment": lambda crm: RecordPayment(invoice="F-6", received=ago(1), method="check", reference="4412"),
    "list_payments": lambda crm: ListPayments(customer="C-1", status="unallocated"),
    "match_payments": lambda crm: MatchPayments(invoice="F-2", amount="75"),
    "confirm_match": lambda crm: ConfirmMatch(line=2, invoices=("F-6",), learn=False),
    "unmatch_payment": lambda crm: UnmatchPayment(invoice="F-4"),
    "settle_difference": lambda crm: SettleDifference(invoice="F-1", reason="discount"),
    "list_bank_lines": lambda crm: ListBankLines(state="to_decide"),
    "set_aside": lambda crm: SetAside(line=2),
    "take_up": lambda crm: TakeUp(line=1),
    "list_learned": lambda crm: ListLearned(),
    "forget_learned": lambda crm: ForgetLearned(fact=1),
    "explain_risk": lambda crm: ExplainRisk(customer="C-1"),
    "list_at_risk": lambda crm: ListAtRisk(limit=10),
    "suggest_followups": lambda crm: SuggestFollowups(),
    "score_risk": lambda crm: ScoreRisk(),
    "train_risk": lambda crm: TrainRisk(),
    "override_risk": lambda crm: OverrideRisk(customer="C-1", percent=20, reason="a new owner, known to pay"),
    "propose_credit_limit": lambda crm: ProposeCreditLimit(customer="C-1", insured="4000"),
    "show_risk_model": lambda crm: ShowRiskModel(),
    "evaluate_risk": lambda crm: EvaluateRisk(
        invoices=csv_upload(crm, INVOICES.replace(",", ";"), "judged.csv"), cutoff=(date(2026, 9, 1),)
    ),
    "evaluate_matching": lambda crm: EvaluateMatching(
        truth=csv_upload(crm, "payment;invoice;amount\nP-1;F-2;75.00\n", "truth.csv")
    ),
    "list_segments": lambda crm: ListSegments(segment="vip", as_of=TODAY),
    "refresh_segments": lambda crm: RefreshSegments(),
    "evaluate_lifetime_value": lambda crm: EvaluateLifetimeValue(
        transactions=csv_upload(crm, PURCHASES, "purchases.csv"), calibration_end=date(2026, 6, 30)
    ),
    "open_dispute": lambda crm: OpenDispute(invoice="F-2", reason="damaged_goods", amount="120"),
    "update_dispute": lambda crm: UpdateDispute(invoice="F-3", owner="Lucie Kervella", deadline=ago(-12)),
    "resolve_dispute": lambda crm: ResolveDispute(invoice="F-3", outcome="partial", amount="30.50", note="two boxes"),
    "list_dispute_reasons": lambda crm: ListDisputeReasons(),
    "add_dispute_reason": lambda crm: AddDisputeReason(label="Palette cassée"),
    "retire_dispute_reason": lambda crm: RetireDisputeReason(reason="late_delivery"),
    "list_disputes": lambda crm: ListDisputes(status="open"),
    "check_accounting": lambda crm: CheckAccounting(),
    "list_accounting_lines": lambda crm: ListAccountingLines(customer="C-1"),
    "list_payables": lambda crm: ListPayables(),
    "list_residuals": lambda crm: ListResiduals(state="undecided"),
    "decide_residual": lambda crm: DecideResidual(invoice="F-20", cause="discount", decision="write_off"),
    "list_doubtful": lambda crm: ListDoubtful(),
    "mark_doubtful": lambda crm: MarkDoubtful(invoice="F-24", reason="no answer since June"),
    "impair": lambda crm: Impair(invoice="F-21", recovery="25"),
    "end_doubt": lambda crm: EndDoubt(invoice="F-21"),
    "write_off_debt": lambda crm: WriteOffDebt(
        invoice="F-21", proof="liquidation", proof_day=ago(3), duplicate_sent=ago(1)
    ),
    "prepare_vat_duplicates": lambda crm: PrepareVatDuplicates(),
    "record_vat_duplicate": lambda crm: RecordVatDuplicate(invoice="F-22", sent=ago(2)),
    "record_dividend": lambda crm: RecordDividend(invoice="F-22", amount="24"),
    "list_penalties": lambda crm: ListPenalties(),
    "show_penalties": lambda crm: ShowPenalties(invoice="F-1"),
    "claim_penalties": lambda crm: ClaimPenalties(invoice="F-1"),
    "waive_penalties": lambda crm: WaivePenalties(invoice="F-1", reason="first delay in years"),
    "keep_penalties": lambda crm: KeepPenalties(invoice="F-1", reason="for the next talk"),
    "list_exposure": lambda crm: ListExposure(),
    "show_exposure": lambda crm: ShowExposure(customer="C-1"),
    "place_order_hold": lambda crm: PlaceOrderHold(customer="C-1", reason="limit exceeded"),
    "lift_order_hold": lambda crm: LiftOrderHold(customer="C-2", reason="all is paid"),
    "list_entries": lambda crm: ListEntries(account="416"),
    "record_entries": lambda crm: RecordEntries(),
    "draft_entries": lambda crm: DraftEntries(document="F-20"),
    "show_kpi": lambda crm: ShowKpi(kpi="dso", period="2026-09-01/2026-11-24"),
    "kpi_trend": lambda crm: KpiTrend(kpi="overdue_rate", months=6),
    "list_kpis": lambda crm: ListKpis(months=3),
    "explain_kpi": lambda crm: ExplainKpi(kpi="dso", period="2026-09-01/2026-11-24"),
    "list_customers": lambda crm: ListCustomers(city="Brest"),
    "show_customer": lambda crm: ShowCustomer(customer="dupont"),
    "create_task": lambda crm: CreateTask(
        task_type="visit", customer="C-1", day=ago(-3), time="10:00", every="monthly"
    ),
    "reschedule_task": lambda crm: RescheduleTask(customer="C-3", task_type="call", day=ago(-2)),
    "complete_task": lambda crm: CompleteTask(task=1, outcome="reached", note="Pays on Friday."),
    "cancel_task": lambda crm: CancelTask(customer="C-3", note="sold the shop"),
    "list_losing_touch": lambda crm: ListLosingTouch(touch="all", limit=5),
    "set_next_contact": lambda crm: SetNextContact(customer="C-2", day=ago(-6), task_type="meeting"),
    "plan_contacts": lambda crm: PlanContacts(touch="never", per_day=2),
    "prepare_call": lambda crm: PrepareCall(customer="C-1"),
    "record_call": lambda crm: RecordCall(customer="C-1", result="already_paid", contact="Anne"),
    "show_news": lambda crm: ShowNews(period=Period(ago(30), TODAY)),
    "list_contact_faults": lambda crm: ListContactFaults(),
    "list_objectives": lambda crm: ListObjectives(customer="C-1"),
    "show_objective": lambda crm: ShowObjective(objective=1),
    "set_objective": lambda crm: SetObjective(customer="C-2", measure="overdue", target="0"),
    "set_objectives": lambda crm: SetObjectives(template="nothing_overdue", segment="vip"),
    "record_measure": lambda crm: RecordMeasure(objective=2, value="41"),
    "drop_objective": lambda crm: DropObjective(objective=1, note="moved to next year"),
    "list_tasks": lambda crm: ListTasks(status="todo"),
    "record_complaint": lambda crm: RecordComplaint(customer="C-1", note="The boxes were wet."),
    "settle_complaint": lambda crm: SettleComplaint(complaint=1, outcome="replaced"),
    "list_complaints": lambda crm: ListComplaints(),
    "log_interaction": lambda crm: LogInteraction(
        customer="C-1", outcome="reached", note="The cheque leaves tomorrow."
    ),
    "add_note": lambda crm: AddNote(invoice="F-1", note="Ask for the delivery slip first."),
    "customer_history": lambda crm: CustomerHistory(customer="C-1"),
    "search_customers": lambda crm: SearchCustomers(text="brest", sort="overdue"),
    "customer_trend": lambda crm: CustomerTrend(customer="C-1", months=6),
    "show_payment_calendar": lambda crm: ShowPaymentCalendar(days=10),
    "show_outbox": lambda crm: ShowOutbox(),
    "list_messages": lambda crm: ListMessages(state="queued"),
    "show_message": lambda crm: ShowMessage(message=4),
    "retry_message": lambda crm: RetryMessage(message=2),
    "settle_message": lambda crm: SettleMessage(message=3, outcome="sent"),
    "cancel_message": lambda crm: CancelMessage(message=1),
    "revive_address": lambda crm: ReviveAddress(channel="email", address="gone@dupont.example"),
    "receive_sms": lambda crm: ReceiveSms(sid="SM1", sender="+33612345678", text="STOP"),
    "record_posting": lambda crm: RecordPosting(message=5, tracking="1A 234 567 8901 3"),
    "record_reception": lambda crm: RecordReception(message=6, date=ago(1)),
    "go_live": lambda crm: GoLive(channel="registered_letter"),
    "stop_live": lambda crm: StopLive(channel="email"),
    "preview_dunning": lambda crm: PreviewDunning(city="Brest"),
    "run_dunning": lambda crm: RunDunning(customer="C-1"),
    "pause_dunning": lambda crm: PauseDunning(customer="C-1", until=ago(-20), reason="waits for a credit note"),
    "resume_dunning": lambda crm: ResumeDunning(customer="C-2"),
    "explain_dunning": lambda crm: ExplainDunning(customer="C-1"),
    "list_scenarios": lambda crm: ListScenarios(),
    "show_scenario": lambda crm: ShowScenario(scenario="strict", due=TODAY),
    "export_scenario": lambda crm: ExportScenario(scenario="strict"),
    "import_scenario": lambda crm: ImportScenario(text=shipped()["strict"][1], name="own"),
    "edit_scenario": lambda crm: EditScenario(scenario="standard", level=2, offset=12),
    "edit_scenario_rules": lambda crm: EditScenarioRules(scenario="standard", gap_days=9),
    "show_followed_scenario": lambda crm: ShowFollowedScenario(customer="C-1"),
    "assign_scenario": lambda crm: AssignScenario(scenario="good_payer", customer="C-1"),
    "rehearse_scenario": lambda crm: RehearseScenario(scenario="standard", beside="strict"),
    "show_rehearsed_message": lambda crm: ShowRehearsedMessage(customer="C-1", level=2),
    "retire_scenario": lambda crm: RetireScenario(scenario="strict"),
    "explain_message": lambda crm: ExplainMessage(message=3),
    "note_night": lambda crm: NoteNight(problems="match_payments: no statement"),
    "send_digest": lambda crm: SendDigest(),
    "send_thanks": lambda crm: SendThanks(),
    "send_message": lambda crm: SendMessage(customer="C-8", subject="Your order", text="Hello,\n\nIt leaves today."),
    "send_invoice_copy": lambda crm: SendInvoiceCopy(invoice="F-1"),
    "list_templates": lambda crm: ListTemplates(level=1),
    "show_template": lambda crm: ShowTemplate(level=2, tone="strict"),
    "preview_template": lambda crm: PreviewTemplate(level=2, customer="C-1"),
    "check_template": lambda crm: CheckTemplate(level=2, text="{{ customer.nom }}"),
    "list_template_values": lambda crm: ListTemplateValues(level=2, customer="C-1"),
    "edit_template": lambda crm: EditTemplate(level=1, text="{{ invoice_table }}\n\n{{ signature }}"),
    "restore_template": lambda crm: RestoreTemplate(level=3),
    "list_debtors_without_address": lambda crm: ListDebtorsWithoutAddress(),
    "review_assumptions": lambda crm: ReviewAssumptions(kind="due_dates"),
    "confirm_assumptions": lambda crm: ConfirmAssumptions(kind="due_dates", customer="Northwind", terms="45 EOM A"),
}
"""Action → an example on the company."""

BEARS_ITS_OWN_WITNESS = frozenset({"list_journal", "verify_journal"})
"""Readings that tell of every act, an undo included: the only ones an undo does not put back."""


def answers(crm: Crm) -> dict[str, Any]:
    """What every reading answers, and the aged balance of several days."""
    told = {
        name: crm.runner.read(example(crm), LEA).as_json()
        for name, example in EXAMPLES.items()
        if name in crm.registry and crm.registry.get(name).effect == "read" and name not in BEARS_ITS_OWN_WITNESS
    }
    told["evaluate_risk"].pop("seconds", None)  # what a clock says
    for day in (ago(100), ago(30), ago(7), TODAY, ago(-60)):
        told[f"aged_balance {day}"] = crm.runner.read(AgedBalance(as_of=day), LEA).as_json()
        told[f"list_invoices {day}"] = crm.runner.read(ListInvoices(as_of=day), LEA).as_json()
    for name in crm.runner.exchange.datasets:
        sheet = crm.runner.read(ExportData(dataset=name), LEA).sheet
        told[f"export {name}"] = [[str(value) for value in record.values()] for record in sheet.records()]
    for customer in ("C-1", "C-2", "C-3"):
        told[f"show_customer {customer}"] = crm.runner.read(ShowCustomer(customer=customer), LEA).as_json()
    told["proposals"] = crm.runner.read(ListProposals(), LEA).as_json()
    return told

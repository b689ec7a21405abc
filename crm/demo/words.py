"""What is said at the example company: calls, promises, objections, notes. French, as its people write it."""

from crm.customers.interactions import Outcome
from crm.receivables.disputes import DisputeOutcome
from crm.receivables.models import DisputeReason

CALLS = (
    (Outcome.REACHED, "La comptable vérifie que la facture est bien saisie et rappelle."),
    (Outcome.REACHED, "Facture validée, elle part au prochain virement."),
    (Outcome.REACHED, "N'avait pas reçu la facture : renvoyée pendant l'appel."),
    (Outcome.REACHED, "Attend la signature du gérant, en déplacement jusqu'à vendredi."),
    (Outcome.REACHED, "Mois difficile, demande un peu de patience. Ton cordial."),
    (Outcome.VOICEMAIL, "Message laissé avec le numéro de facture et le montant."),
    (Outcome.VOICEMAIL, "Messagerie du service comptable."),
    (Outcome.NO_ANSWER, "Sonne longtemps, personne."),
    (Outcome.CALLBACK_REQUESTED, "En inventaire : rappeler lundi matin."),
    (Outcome.CALLBACK_REQUESTED, "La comptable est absente le mercredi."),
)
PROMISES = (
    "« Le virement est prêt, il part avec ceux de la semaine. »",
    "« Nous attendons un règlement de notre côté, vous l'aurez ensuite. »",
    "« C'est signé, je le mets au prochain lot. »",
    "« Un oubli, je m'en occupe. »",
    "« Le chèque part au courrier demain. »",
)
GRIEVANCES = (
    (
        DisputeReason.MISSING_GOODS,
        ("Il manque deux cartons à la livraison, bon émargé avec réserve.", "Palette incomplète, photo envoyée."),
    ),
    (
        DisputeReason.DAMAGED_GOODS,
        ("Bidons percés à l'arrivée, marchandise tenue à disposition.", "Emballages mouillés, inutilisables."),
    ),
    (DisputeReason.PRICE_ERROR, ("La remise annuelle n'a pas été appliquée.", "Prix de l'ancien tarif.")),
    (DisputeReason.WRONG_QUANTITY, ("Facturé 24, livré 20.",)),
    (DisputeReason.LATE_DELIVERY, ("Livré trois jours après l'ouverture de la saison.",)),
    (DisputeReason.DUPLICATE_INVOICE, ("Pensent avoir déjà reçu cette facture sous un autre numéro.",)),
    (DisputeReason.MISSING_PO, ("Le numéro d'engagement n'est pas sur la facture : rejetée par leur portail.",)),
)
"""Why, and in which words."""
SEE_TO = {DisputeReason.PRICE_ERROR: "Claire Rolland"}
"""Who sees to objections of a kind; to the others, whoever looks after the customer."""
CREDITED = frozenset({DisputeReason.MISSING_GOODS, DisputeReason.DAMAGED_GOODS, DisputeReason.WRONG_QUANTITY})
"""What leads to a credit note if it is right."""
ANSWERS = {
    DisputeOutcome.REJECTED: "Bon de livraison signé sans réserve, copie envoyée : la facture reste due.",
    DisputeOutcome.ACCEPTED: "Vérifié au dépôt : le client a raison, avoir demandé.",
    DisputeOutcome.PARTIAL: "Une partie est fondée, l'avoir de cette partie suit.",
}
"""What an objection was answered, by how it ended."""
NOTES = (
    "Préfère être appelé le matin avant 10 h.",
    "Nouvelle comptable depuis septembre, très à l'écoute.",
    "Regroupe ses règlements en fin de mois.",
    "Veut les factures en un seul envoi mensuel.",
    "Ouvre une deuxième boutique au printemps.",
    "Fermé trois semaines en août.",
    "Demande une remise sur les volumes l'an prochain.",
    "Reprise de l'affaire par le fils : même SIREN, même adresse.",
    "A félicité l'équipe pour la livraison d'urgence.",
    "Le standard ne passe pas les fournisseurs : demander directement la comptabilité.",
    "Contrat revu : paiement à 30 jours confirmé par écrit.",
    "Travaux dans la rue, livrer par l'arrière.",
)
PAUSES = (
    ("inventaire annuel, règle en fin de semaine", 8),
    ("demande du commercial, rendez-vous pris", 12),
    ("changement de logiciel comptable chez le client", 20),
    ("congés du service comptable", 14),
    ("deuil dans la famille du gérant", 15),
)
"""Why reminders are stopped, and for how many days."""

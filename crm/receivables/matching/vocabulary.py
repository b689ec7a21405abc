"""Words of the trade on French statements: what never tells who pays, and what is written in several ways."""

from __future__ import annotations

LEGAL_FORMS = frozenset(
    [
        "SARL",
        "SAS",
        "SASU",
        "SA",
        "EURL",
        "SCI",
        "SNC",
        "SCP",
        "SCM",
        "SCEA",
        "EARL",
        "GAEC",
        "SELARL",
        "SELAS",
        "SELARLU",
        "SCOP",
        "SCIC",
        "SC",
        "SCA",
        "EI",
        "EIRL",
        "GIE",
        "ASSOC",
        "ASSOCIATION",
        "STE",
        "SOCIETE",
        "SOC",
        "ETS",
        "ETABLISSEMENTS",
        "ETABLISSEMENT",
        "ETABL",
        "ENTREPRISE",
        "ENT",
        "ENTR",
        "CIE",
        "COMPAGNIE",
        "CO",
        "LTD",
        "GMBH",
        "BV",
        "BVBA",
        "SPRL",
        "SL",
        "INC",
        "PLC",
        "AG",
        "KG",
        "MICRO",
        "AUTOENTREPRENEUR",
    ]
)
"""Dropped from names: a payer writes them, changes them or leaves them out."""

LINK_WORDS = frozenset(
    [
        "DE",
        "DU",
        "DES",
        "LA",
        "LE",
        "LES",
        "L",
        "D",
        "ET",
        "AND",
        "THE",
        "OF",
        "EN",
        "AU",
        "AUX",
        "A",
        "SUR",
        "POUR",
        "PAR",
        "CHEZ",
    ]
)

COURTESY = frozenset(["M", "MR", "MME", "MLLE", "MM", "MONSIEUR", "MADAME", "MELLE", "OU", "DR", "ME", "MAITRE", "MRS"])

BANK_WORDS = frozenset(
    ["VIR", "VIRT", "VIREMENT", "VIREMENTS", "VRT", "SEPA", "SCT", "INST", "INSTANTANE", "RECU", "RECUS", "EMIS", "RECEPTION", "FAVEUR", "VOTRE", "VOS", "VERS", "WEB", "EUR", "EUROS", "NOTPROVIDED", "NONREF", "PRLV", "PRELEVEMENT", "PRLVT", "REM", "REMISE", "CHEQUE", "CHEQUES", "CHQ", "CHQS", "CB", "CARTE", "TPE", "VERSEMENT", "ESPECES", "PAIEMENT", "PAIEMENTS", "PAYMENT", "PAYMENTS", "REGLEMENT", "REGLEMENTS", "REGLT", "RGT", "RGLT", "REGL", "REG", "FACTURE", "FACTURES", "FACT", "FACTS", "FAC", "FACS", "INVOICE", "INVOICES", "REF", "REFERENCE", "MOTIF", "LIBELLE", "NUM", "NUMERO", "NO", "NR", "ACOMPTE", "ACPTE", "SOLDE", "ECHEANCE", "ECH", "CLIENT", "CLIENTS", "FOURNISSEUR", "FRS", "COMMANDE", "CMD", "COMPTE", "CPT", "IBAN", "BIC", "RIB", "BANQUE", "TRANSFERT", "TRANSFER", "ORDRE", "DONNEUR", "EMETTEUR", "DATE", "DATED", "OPERATION", "OPE", "MOIS", "JANVIER", "FEVRIER", "MARS", "AVRIL", "MAI", "JUIN", "JUILLET", "AOUT", "SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DECEMBRE", "NOTRE", "NTRE", "VTRE", "PERMANENT", "ID", "EREF", "RNF", "FRM", "NPY", "LCC", "LIB", "RCN", "SUITE", "REGUL", "IMPAYE", "REJET", "RETOUR", "MERCI", "ETRANGER", "INTERNATIONAL", "TRESORERIE", "GROUPE", "HOLDING", "AVOIR", "ESCOMPTE", "FRAIS"]
)  # fmt: skip
"""Never looked up as a name when they stand in a label; a customer's name may still hold them."""

TRADE_WORDS = frozenset(
    ["BOULANGERIE", "BOUCHERIE", "PATISSERIE", "GARAGE", "TRANSPORTS", "TRANSPORT", "MENUISERIE", "PLOMBERIE", "ELECTRICITE", "MACONNERIE", "PEINTURE", "RESTAURANT", "HOTEL", "CAFE", "BAR", "BRASSERIE", "PHARMACIE", "CABINET", "CONSEIL", "CONSEILS", "SERVICE", "SERVICES", "INDUSTRIE", "INDUSTRIES", "DISTRIBUTION", "NEGOCE", "COMMERCE", "INTERNATIONAL", "FRANCE", "GROUPE", "GROUP", "HOLDING", "IMMOBILIER", "IMMOBILIERE", "BATIMENT", "CONSTRUCTION", "CONSTRUCTIONS", "TRAVAUX", "RENOVATION", "INFORMATIQUE", "SOLUTIONS", "TECHNOLOGIES", "TECHNOLOGIE", "SYSTEMES", "SYSTEMS", "DESIGN", "STUDIO", "AGENCE", "ATELIER", "ATELIERS", "MAISON", "PRODUCTION", "PRODUCTIONS", "DIFFUSION", "COMMUNICATION", "MEDIA", "FORMATION", "NETTOYAGE", "SECURITE", "ENERGIE", "ENERGIES", "ENVIRONNEMENT", "PAYSAGE", "PAYSAGES", "JARDIN", "JARDINS", "VIGNOBLE", "VIGNOBLES", "DOMAINE", "CHATEAU", "FERME", "MAIRIE", "COMMUNE", "VILLE", "SYNDICAT", "LYCEE", "COLLEGE", "ECOLE", "CLINIQUE", "CENTRE", "LOGISTIQUE", "LOCATION", "AUTO", "AUTOMOBILE", "AUTOMOBILES", "OPTIQUE", "COIFFURE", "BEAUTE", "TRAITEUR", "EPICERIE", "PRIMEUR", "PRIMEURS", "FRERES", "FILS", "PERE", "ASSOCIES", "FRERE", "NORD", "SUD", "EST", "OUEST", "CHARPENTE", "COUVERTURE", "TOITURE", "CHAUFFAGE", "CARRELAGE", "METALLERIE", "SERRURERIE", "IMPRIMERIE", "LIBRAIRIE", "FLEURS", "FLEURISTE", "MECANIQUE", "AGRICOLE", "COOPERATIVE", "CAVE", "PAPETERIE", "MOBILIER"]
)  # fmt: skip
"""Many bear them: they count for less than a proper name."""

SAME_WORDS = {
    "ST": "SAINT", "GAL": "GENERAL", "GLE": "GENERALE", "GENE": "GENERALE", "INTL": "INTERNATIONAL",
    "INTERNAT": "INTERNATIONAL", "BAT": "BATIMENT", "CONST": "CONSTRUCTION", "CONSTR": "CONSTRUCTION", "TRANSP": "TRANSPORTS",
    "TRANSPORT": "TRANSPORTS", "TP": "TRAVAUX", "ELEC": "ELECTRICITE", "ELECT": "ELECTRICITE", "MENUIS": "MENUISERIE",
    "PLOMB": "PLOMBERIE", "BOUL": "BOULANGERIE", "PATISS": "PATISSERIE", "REST": "RESTAURANT", "RESTO": "RESTAURANT",
    "PHIE": "PHARMACIE", "PHCIE": "PHARMACIE", "CAB": "CABINET", "IND": "INDUSTRIE", "DISTRI": "DISTRIBUTION", "DISTRIB": "DISTRIBUTION",
    "IMMO": "IMMOBILIER", "INFO": "INFORMATIQUE", "INDUS": "INDUSTRIE", "TECHNO": "TECHNOLOGIES", "SERV": "SERVICES",
    "SERVICE": "SERVICES", "CONSEILS": "CONSEIL", "FRES": "FRERES", "FRS": "FRERES", "ASS": "ASSOCIES", "MAC": "MACONNERIE",
    "CTRE": "CENTRE", "GPE": "GROUPE", "GRP": "GROUPE", "GROUP": "GROUPE", "COOP": "COOPERATIVE", "SYND": "SYNDICAT", "AGCE": "AGENCE",
    "FCE": "FRANCE", "DOM": "DOMAINE", "CHT": "CHATEAU", "NETT": "NETTOYAGE", "LOC": "LOCATION", "GAR": "GARAGE",
    "SOLUTION": "SOLUTIONS", "TECHNOLOGIE": "TECHNOLOGIES", "ATELIERS": "ATELIER", "PRIMEURS": "PRIMEUR", "AUTOS": "AUTO",
    "LOGIST": "LOGISTIQUE", "RENOV": "RENOVATION", "COM": "COMMUNICATION", "COMM": "COMMUNICATION", "IMP": "IMPRIMERIE",
}  # fmt: skip
"""Abbreviations and spellings of one word."""

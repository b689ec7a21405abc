"""Names of people, places, trades and third parties that French statements show."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Words given with bars between them."""
    return tuple(text.split("|"))


FAMILIES = words(
    "Abadie|Allard|Aubry|Barthélemy|Baudry|Bazin|Benoît|Besnard|Blondel|Bodin|Boucher|Bouvier|Briand|Carpentier|Cartier|Chauvin|Collet|Cordier|Coulon|Cousin|"
    "Da Silva|Daniel|Delattre|Delaunay|Deschamps|Devaux|Didier|Diallo|Dos Santos|El Amrani|Évrard|Ferrand|Fleury|Gallet|Gaudin|Gervais|Gillet|Grondin|Guillot|"
    "Guyot|Hamon|Hardy|Hebert|Hoarau|Huet|Humbert|Imbert|Jacquet|Jourdan|Kaya|Keller|Klein|Lacombe|Lebrun|Le Roux|Le Gall|Legros|Lelièvre|Lévêque|Maillard|Mallet|"
    "Marchal|Maury|Merle|Monnier|Moulin|N'Diaye|Olivier|Ollivier|Pascal|Payet|Pelletier|Perret|Pichon|Poirier|Pons|Prévost|Poulain|Raynaud|Regnier|Rivière|Sauvage|"
    "Schneider|Tanguy|Tessier|Texier|Thibault|Traoré|Tran|Vallet|Verdier|Vasseur|Voisin|Weber|Wagner|Yilmaz|Zimmermann"
)
FIRST_NAMES = words(
    "Alain|Brigitte|Camille|Denis|Élodie|Fabrice|Françoise|Guillaume|Hélène|Isabelle|Jérôme|Kévin|Laurence|Mickaël|Nathalie|Olivier|Patricia|Quentin|Régis|Sandrine|Thierry|Valérie|Xavier|Yann"
)
CRAFTS = words(
    "Ambulances|Ascenseurs|Assainissement|Autocars|Bijouterie|Boucherie|Carrelages|Cave|Charcuterie|Chauffage|Confiserie|Couverture|Déménagements|Ébénisterie|Espaces Verts|Étanchéité|Fermetures|"
    "Fonderie|Froid|Garage|Hôtel|Isolation|Jardinerie|Laiterie|Location|Maçonnerie|Marbrerie|Maroquinerie|Mécanique|Minoterie|Miroiterie|Nettoyage|Papeterie|Pisciculture|Piscines|Poissonnerie|"
    "Pressing|Quincaillerie|Ramonage|Scierie|Sellerie|Stores|Taille de Pierre|Terrassement|Tôlerie|Transports|Verrerie|Vidange"
)
COINED = words(
    "Abyss|Agrilia|Aquanor|Bativer|Biolys|Celtipharm|Cimeo|Cofidel|Datanéo|Distrinor|Ecolia|Elyx|Energis|Evalis|Fluidis|Gerlux|Hydrel|Ibisoft|Isovert|Kalisto|Kerneo|Logidis|Luminov|Mecaform|Medialp|"
    "Neolys|Normatec|Novalia|Oleis|Optival|Pharmeo|Plastiform|Polytech Ouest|Prodiane|Quadrea|Rhonalia|Robotix|Sanivie|Sécuris|Sofralu|Solaréo|Technoval|Telnor|Urbanéo|Valdor|Vetiplus|Viatrans|Xylem Bois"
)
FIELDS = words(
    "Aménagement|Assistance|Audit|Automation|Bureautique|Chimie|Conditionnement|Cosmétiques|Développement|Diffusion|Électronique|Emballages|Équipement|Exploitation|Façades|Gestion|Habitat|Hygiène|Ingénierie|"
    "Maintenance|Manutention|Menuiseries|Métal|Négoce|Ouest|Patrimoine|Plastiques|Production|Propreté|Recyclage|Sud|Surgelés|Textile|Tourisme|Viandes"
)
TOWNS = words(
    "Annecy|Arras|Auxerre|Avignon|Bayonne|Béthune|Blois|Bourges|Cahors|Chambéry|Cholet|Colmar|Dax|Dreux|Épinal|Évreux|Fougères|Gap|Guéret|La Roche-sur-Yon|Langres|Le Mans|Limoges|Lorient|Mâcon|Mende|"
    "Moulins|Nevers|Périgueux|Quimper|Roanne|Saint-Brieuc|Saint-Lô|Sète|Tarbes|Thonon-les-Bains|Troyes|Valence|Vichy|Villefranche-sur-Saône"
)
CHAINS = words(
    "Intermodal|Point Vert|Optivision|Bureau Plus|Brico Relais|Speedo Pneus|Carré Blanc|Aqua Center|Pizza Roma|Mobil Home"
)
TENURES = ("SARL", "SAS", "EURL", "SASU", "SA", "SCOP", "SELARL", "")
STREETS = words(
    "rue des Lilas|avenue Foch|quai de Verdun|place du Marché|rue Pasteur|boulevard Carnot|rue du Stade|chemin Vert"
)
MANAGERS = words("Foncia Armor|Citya Bellevue|Nexity Lamy Ouest|Cabinet Jourdain Syndic|Immo de France Aquitaine")
FACTORS = words(
    "BNP PARIBAS FACTOR|FACTOFRANCE|EUROFACTOR|CGA FACTORING|CREDIT MUTUEL FACTORING|LA BANQUE POSTALE FACTORING"
)
PAYING_OFFICES = words(
    "SGC {}|TRESORERIE {}|TRESORERIE {} MUNICIPALE|DRFIP {}|DDFIP {}|PAIERIE DEPARTEMENTALE {}|TP {}"
)

NOT_CUSTOMERS_IN = words(
    "VIR SEPA DGFIP SIE {town} REMBOURSEMENT TVA CA3|VIREMENT DIRECTION GENERALE DES FINANCES PUBL REMB IS|VIR DE CPAM DU {dept} IJ SUBROGATION {name}|VIR MSA PORTES DE BRETAGNE PRESTATIONS|"
    "VIR AGENCE DE SERVICES ET DE PAIEM AIDE APPRENTI|VIR ASP AIDE UNIQUE APPRENTISSAGE|VIR OPCO EP REMBOURSEMENT FORMATION|VIR HARMONIE MUTUELLE REMB {digits}|VIR AG2R LA MONDIALE PREVOYANCE|"
    "VIR MAAF ASSURANCES SA REGLT SINISTRE {digits}|VIR SEPA AXA FRANCE IARD INDEMNITE DOSSIER {digits}|VIR GROUPAMA LOIRE BRETAGNE SIN {digits}|VIR EDF ENTREPRISES REMB TROP PERCU CLIENT {digits}|"
    "REMBOURSEMENT CARTE LEROY MERLIN {town}|AVOIR CARTE AMAZON MKTPLACE|ANNULATION CARTE SNCF|VIR ORANGE SA REMBOURSEMENT FACT {digits}|VIR RECU DE {own} VIREMENT INTERNE|VIR {own} LIVRET ENTREPRISE|"
    "VIREMENT DE COMPTE A COMPTE {digits}|MISE A DISPOSITION PRET {digits}|DEBLOCAGE CREDIT EQUIPEMENT {digits}|VIR BPIFRANCE SUBVENTION INNOVATION|VIR REGION BRETAGNE SUBVENTION {digits}|INTERETS CREDITEURS AU {day}|"
    "VIR COMPTE COURANT ASSOCIE {name}|APPORT EN COMPTE COURANT {name}|VIR STRIPE TECHNOLOGY EUROPE LTD STRIPE {code}|VIR STRIPE PAYMENTS EUROPE {code}|VIR GOCARDLESS SAS {code}|VIR PAYPAL EUROPE S A R L ET CIE {digits}|"
    "VIR SUMUP PAYMENTS LTD PID{digits}|REMISE CB {digits} DU {day}|REM CB NO{digits} TPE {digits}|CARTES BANCAIRES REMISE {digits}|VIR MOLLIE PAYMENTS {code}|VIR SHOPIFY INTERNATIONAL LTD {code}|"
    "VERSEMENT ESPECES GAB {town}|VRST ESPECES AGENCE {town}|VIR FACTOFRANCE FINANCEMENT {digits}|VIR BNP PARIBAS FACTOR MISE A DISPO|VIR EUROFACTOR RESTITUTION FDG|VIR SWILE TITRES RESTAURANT {digits}|"
    "EXTOURNE COMMISSION D INTERVENTION|REGULARISATION FRAIS BANCAIRES|ERREUR BANQUE CONTREPASSATION FRAIS|VIR RFA {supplier} REMISE FIN ANNEE|VIR {supplier} AVOIR {digits}|COUPONS {digits} TITRES"
)
NOT_CUSTOMERS_OUT = words(
    "VIR SEPA EMIS SALAIRE {name}|VIREMENT SALAIRES {month}|PRLV SEPA URSSAF BRETAGNE {digits}|PRLV SEPA DGFIP TVA3 {digits}|PRLV SEPA DGFIP PRLV A LA SOURCE|PRLV ORANGE SA {digits}|PRLV SEPA EDF PRO {digits}|"
    "ECHEANCE PRET {digits} DU {day}|LOYER SCI DU PONT {month}|PRLV SEPA SCI DU PONT LOYER|CARTE {day} TOTALENERGIES {town}|CB AMAZON EU SARL {day}|FACTURE CARTE DU {day}|COTISATION CARTE BUSINESS|"
    "FRAIS DE TENUE DE COMPTE|COMMISSIONS SUR REMISE CB|VIR EMIS {supplier} FACT {digits}|VIR SEPA {supplier} F{digits}|CHEQUE {digits}|CHQ N {digits}|RETRAIT DAB {town}|PRLV GENERALI VIE|PRLV SEPA MALAKOFF HUMANIS|"
    "LEASING ARVAL {digits}|PRLV LOCAM|VIR INTERNE VERS LIVRET|REMBT ECHEANCE PGE {digits}"
)
SUPPLIERS = words(
    "REXEL FRANCE|POINT P|PROLIANS|SONEPAR|LYRECO|METRO FRANCE|TEREVA|CEDEO|MANUTAN|WURTH FRANCE|KILOUTOU|LOXAM|DPD FRANCE|CHRONOPOST"
)
MONTHS = words("JANVIER|FEVRIER|MARS|AVRIL|MAI|JUIN|JUILLET|AOUT|SEPTEMBRE|OCTOBRE|NOVEMBRE|DECEMBRE")

"""The words, prices and places of the demo firm."""

from __future__ import annotations

ROLES = ("Analyst", "Consultant", "Senior Consultant", "Project Manager", "Architect")
ROLE_SENIORITY = (1, 2, 3, 4, 4)
ROLE_LIST_RATE_USD = (112.0, 148.0, 190.0, 215.0, 242.0)
ROLE_COST_USD = (59.0, 80.0, 103.0, 117.0, 132.0)
STANDARD_COST_USD = 94.0
ROLE_SHARE = (0.24, 0.32, 0.24, 0.10, 0.10)
PM_ROLE = 3
SELLER_ROLE = "Account Executive"
OFFICE_ROLE = "Operations"

LEGAL_ENTITIES = ("LE-US", "LE-UK", "LE-DE")
ENTITY_NAMES = ("Northgate Consulting Inc.", "Northgate Consulting Ltd", "Northgate Consulting GmbH")
ENTITY_COUNTRIES = ("US", "GB", "DE")
ENTITY_CURRENCIES = ("USD", "GBP", "EUR")
ENTITY_TAX_RATES = (0.0, 0.20, 0.19)
ENTITY_SHARE = (0.5, 0.25, 0.25)
ENTITY_WEEKLY_HOURS = (40.0, 37.5, 40.0)
BASE_USD = (1.0, 1.27, 1.08)
REGIONS = ("Americas East", "Americas West", "UK & Ireland", "DACH", "Nordics")
# The regions each legal entity sells and works in.
ENTITY_REGIONS = ((0, 1), (2,), (3, 4))
CALENDARS = ("US", "UK", "DE")

PRACTICES = ("Data", "Cloud", "Advisory")
SERVICES = {
    "Data": ("Data platform", "Analytics", "Data migration"),
    "Cloud": ("Cloud migration", "Application support", "Integration"),
    "Advisory": ("Operating model", "Programme management", "Process redesign"),
}
SKILLS = {
    "Data": ("SQL modelling", "Data engineering", "Machine learning", "Dashboards", "Data governance", "Streaming"),
    "Cloud": ("Infrastructure as code", "Containers", "API design", "Security", "Site reliability", "Java services"),
    "Advisory": (
        "Process analysis",
        "Change management",
        "Business cases",
        "Workshop facilitation",
        "Vendor selection",
        "Cost modelling",
    ),
}
INDUSTRIES = ("Manufacturing", "Financial services", "Retail", "Energy", "Health", "Public sector", "Telecom")

BILLING_METHODS = (
    "time_and_materials",
    "fixed_fee",
    "milestone",
    "percent_complete",
    "retainer",
    "managed_service",
    "hybrid",
)

STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
STAGE_PROBABILITY = (0.10, 0.25, 0.50, 0.75, 1.0, 0.0)
WON, LOST = 4, 5

EXPENSE_CATEGORIES = ("Meals", "Hotel", "Airfare", "Taxi", "Rail", "Supplies", "Software")
EXPENSE_MEDIAN_USD = (28.0, 165.0, 340.0, 24.0, 62.0, 35.0, 80.0)
EXPENSE_POLICY_USD = (75.0, 300.0, 1200.0, 80.0, 250.0, 150.0, 400.0)
EXPENSE_SHARE = (0.38, 0.16, 0.09, 0.17, 0.11, 0.06, 0.03)
MERCHANTS = {
    "Meals": ("Corner Bistro", "Station Cafe", "Green Table", "Noodle Bar", "Harbour Grill"),
    "Hotel": ("City Inn", "Grand Park Hotel", "Transit Hotel", "Riverside Lodge"),
    "Airfare": ("Blue Air", "Continental Wings", "Nordic Air"),
    "Taxi": ("Metro Cab", "Airport Taxi", "Ride Now"),
    "Rail": ("National Rail", "Intercity Rail"),
    "Supplies": ("Office Depot Store", "Paper & Pens"),
    "Software": ("Cloud Tools", "Diagram Pro"),
}
MIXED_MERCHANTS = ("Central Department Store", "Corner Shop", "Online Market")
PERSONAL_MERCHANTS = ("Toy Palace", "Sport World", "Beauty Lounge", "Game Arcade", "Jewel Corner")

FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Iris", "Jan", "Kira", "Leo", "Mia", "Noah")
LAST_NAMES = ("Ash", "Birch", "Cedar", "Dale", "Elm", "Fern", "Grove", "Heath", "Ivy", "Juniper", "Knoll", "Laurel")
COMPANY_FIRST = (
    "Alder",
    "Beacon",
    "Cobalt",
    "Delta",
    "Ember",
    "Falcon",
    "Granite",
    "Harbor",
    "Indigo",
    "Juniper",
    "Keystone",
    "Lumen",
    "Meridian",
    "Nova",
    "Orchard",
    "Pioneer",
    "Quarry",
    "Ridge",
    "Summit",
    "Timber",
)
COMPANY_SECOND = ("Foods", "Bank", "Energy", "Logistics", "Health", "Retail", "Systems", "Telecom", "Motors", "Works")
COMPANY_FORM = ("Inc.", "Ltd", "GmbH")

"""What the partnerships of the demonstration agreed. Every text is invented; nobody named here agreed any of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MARK = "[Invented for the demonstration]"


@dataclass(frozen=True)
class Agreed:
    """One partnership.

    results: result, indicator, baseline, target. lessons: title, context, what was tried, evidence, audience.
    """

    goal: str
    level: str
    focus: tuple[str, ...]
    priority: int
    phases: tuple[str, ...]
    objectives: tuple[str, str]
    results: tuple[tuple[str, str, str, str], ...]
    pilot: tuple[str, str]
    lessons: tuple[tuple[str, str, str, str, str], ...]
    quorum: int = 60
    hinders: str = "Annual reports in a format of its own"
    left_open: tuple[str, ...] = field(default=())  # registers that were not kept


AGREED: dict[str, Agreed] = {
    "health": Agreed(
        "Lower maternal and child mortality",
        "province",
        ("human_development", "poverty_reduction"),
        1,
        ("pilot", "review", "scale_up"),
        ("One plan and one budget for provincial health services", "Health centres staffed day and night"),
        (
            ("Mothers give birth with a trained person", "Births attended, percent", "71", "90"),
            ("Medicines reach health centres", "Centres without a shortage, percent", "58", "85"),
        ),
        ("Pooled fund in two provinces", "That one fund pays health centres faster than four."),
        (
            (
                "Publish every withdrawal of a pooled fund",
                "Partners heard of a change of the fund’s rules from each other.",
                "A monthly list of withdrawals sent to all partners on the same day.",
                "Trust fell by about 20 points and came back within two rounds after the list began.",
                "everybody",
            ),
        ),
    ),
    "education": Agreed(
        "Nine years of basic education for all",
        "district",
        ("human_development",),
        2,
        ("pilot", "review", "scale_up", "sustained"),
        ("Every child completes nine years", "Teachers are paid on time"),
        (
            ("Children stay at school", "Completion of grade nine, percent", "48", "65"),
            ("School grants arrive before term", "Grants on time, percent", "40", "90"),
        ),
        ("School grants in one district", "That grants paid to schools arrive earlier than through four offices."),
        (
            (
                "Pay school grants before the term begins",
                "Grants came when the term was half over.",
                "Grants are paid in two parts, the first on the plan and not on the report.",
                "Nine of ten schools had the money in the first week.",
                "everybody",
            ),
        ),
        left_open=("expectations", "meetings"),
    ),
    "water": Agreed(
        "Safe water and sanitation in every commune",
        "commune",
        ("poverty_reduction", "decentralization"),
        4,
        ("pilot",),
        ("Safe water in every commune", "Those who drink it keep it running"),
        (("Water points work", "Working water points, percent", "63", "85"),),
        ("Fees set by users in ten communes", "That users who set the fee also pay it."),
        (),
        hinders="Procurement of pumps through headquarters",
        left_open=("documents",),
    ),
    "irrigation": Agreed(
        "Rice yields that feed the country",
        "district",
        ("poverty_reduction",),
        7,
        ("pilot",),
        ("Farmers’ groups run two schemes", "Fees pay for repairs"),
        (("Fields are watered twice a year", "Hectares with two harvests", "240", "600"),),
        ("Two schemes run by farmers’ groups", "That farmers’ groups keep canals better than a project office."),
        (),
        quorum=75,
        left_open=("capacity_plans", "own_rules", "expectations"),
    ),
    "finance": Agreed(
        "A budget that is carried out as it was decided",
        "central",
        ("poverty_reduction",),
        3,
        ("pilot", "review", "scale_up"),
        ("One reform programme", "Budgets are spent as voted"),
        (
            ("Payments arrive on time", "Payments within 60 days, percent", "35", "80"),
            ("Audits are read in public", "Audit reports published", "2", "12"),
        ),
        ("Treasury account in three ministries", "That one account ends unspent balances."),
        (
            (
                "Start a treasury reform with the ministries that ask for it",
                "Three ministries volunteered, nine were named.",
                "The pilot went to the volunteers first; the others watched.",
                "Volunteers needed half the time; two of the nine asked to join.",
                "everybody",
            ),
        ),
    ),
    "agriculture": Agreed(
        "Farming that holds through drought and flood",
        "province",
        ("poverty_reduction", "human_development"),
        5,
        ("pilot", "review"),
        ("Seeds and advice in time", "Losses shared fairly"),
        (("Farmers lose less", "Harvest lost to drought, percent", "22", "12"),),
        ("Weather advice by telephone", "That a message in the morning changes what is sown."),
        (
            (
                "Weather advice is trusted when a neighbour repeats it",
                "Messages were sent to 400 farmers.",
                "One farmer in each village was asked to repeat the message.",
                "Twice as many farmers acted on it where somebody repeated it.",
                "partnership",
            ),
        ),
        left_open=("mechanisms",),
    ),
    "protection": Agreed(
        "Poor families are known and supported",
        "central",
        ("human_development", "poverty_reduction"),
        2,
        ("pilot", "review", "scale_up", "sustained"),
        ("One register of poor families", "Cash arrives every month"),
        (("Families receive support", "Families on the register paid monthly, percent", "30", "80"),),
        ("Cash by telephone in four communes", "That cash by telephone arrives whole."),
        (
            (
                "Let the commune read out the list",
                "Families were on the list who were not poor, and the other way round.",
                "The commune reads the list aloud and corrects it before payment.",
                "One family in eleven was corrected; complaints fell to a third.",
                "everybody",
            ),
        ),
    ),
    "decentralization": Agreed(
        "Communes that plan and spend with their people",
        "commune",
        ("decentralization",),
        6,
        ("pilot",),
        ("Districts plan with communes", "Money follows the plan"),
        (("Plans are carried out", "Commune projects finished in the year, percent", "44", "75"),),
        ("District funds in five districts", "That districts spend with communes and not for them."),
        (),
        left_open=("replications", "capacity_plans"),
    ),
}
CLAUSES: tuple[dict[str, str], ...] = (
    {
        "code": "openness",
        "en": "We tell each other bad news first, and before others hear it.",
        "km": "យើងប្រាប់គ្នានូវដំណឹងមិនល្អមុនគេ មុនអ្នកដទៃដឹង។",
        "fr": "Nous nous disons d’abord les mauvaises nouvelles, avant que d’autres ne les apprennent.",
    },
    {
        "code": "respect",
        "en": "We speak about problems, never about persons.",
        "km": "យើងនិយាយអំពីបញ្ហា មិននិយាយអំពីបុគ្គលឡើយ។",
        "fr": "Nous parlons des problèmes, jamais des personnes.",
    },
    {
        "code": "promises",
        "en": "What we promise has an owner and a date; what we cannot keep we say early.",
        "km": "អ្វីដែលយើងសន្យាមានម្ចាស់ និងកាលបរិច្ឆេទ។ អ្វីដែលធ្វើមិនបាន យើងនិយាយឱ្យបានឆាប់។",
        "fr": "Ce que nous promettons a un responsable et une date ; ce que nous ne pouvons tenir, nous le disons tôt.",
    },
    {
        "code": "anonymity",
        "en": "Nobody tries to find out who answered what.",
        "km": "គ្មាននរណាព្យាយាមស្វែងរកថានរណាឆ្លើយអ្វីឡើយ។",
        "fr": "Personne ne cherche à savoir qui a répondu quoi.",
    },
)
DISPUTES: dict[str, Any] = {
    "contact": f"Secretary of the partnership {MARK}",
    "acknowledge_days": 5,
    "direct_talks_days": 15,
    "facilitated_days": 30,
    "steering_group_days": 30,
    "external_days": 60,
    "mediator": f"National mediation centre {MARK}",
    "adjudicator": f"Panel of three, one chosen by each side {MARK}",
    "is_existence_public": True,
    "confidentiality": "Partners may know that a dispute exists; what is said in talks stays with those who talk.",
}
CRITERIA = ("legitimate", "accessible", "predictable", "equitable", "transparent", "learning", "dialogue")
SYSTEMS = ("financial_management", "planning", "procurement", "audit_and_evaluation", "staffing", "information")

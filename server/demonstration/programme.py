"""Who takes part in the demonstration, and what is true of each partnership.

Ministries, donors and agencies bear the names public documents use; kinds of organizations stand in for NGOs. Persons
and answers are invented. The truths below are what the analysis must find, or must not invent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ORGANIZATIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    # code: name, kind, names in other languages
    "moh": (
        "Ministry of Health",
        "central_government",
        {"km": "ក្រសួងសុខាភិបាល", "fr": "Ministère de la Santé"},
    ),
    "moeys": (
        "Ministry of Education, Youth and Sport",
        "central_government",
        {"km": "ក្រសួងអប់រំ យុវជន និងកីឡា", "fr": "Ministère de l’Éducation, de la Jeunesse et des Sports"},
    ),
    "mrd": (
        "Ministry of Rural Development",
        "central_government",
        {"km": "ក្រសួងអភិវឌ្ឍន៍ជនបទ", "fr": "Ministère du Développement rural"},
    ),
    "maff": (
        "Ministry of Agriculture, Forestry and Fisheries",
        "central_government",
        {"km": "ក្រសួងកសិកម្ម រុក្ខាប្រមាញ់ និងនេសាទ", "fr": "Ministère de l’Agriculture, des Forêts et de la Pêche"},
    ),
    "mowram": (
        "Ministry of Water Resources and Meteorology",
        "central_government",
        {"km": "ក្រសួងធនធានទឹក និងឧតុនិយម", "fr": "Ministère des Ressources en eau et de la Météorologie"},
    ),
    "mef": (
        "Ministry of Economy and Finance",
        "central_government",
        {"km": "ក្រសួងសេដ្ឋកិច្ច និងហិរញ្ញវត្ថុ", "fr": "Ministère de l’Économie et des Finances"},
    ),
    "moi": (
        "Ministry of Interior",
        "central_government",
        {"km": "ក្រសួងមហាផ្ទៃ", "fr": "Ministère de l’Intérieur"},
    ),
    "mosvy": (
        "Ministry of Social Affairs, Veterans and Youth Rehabilitation",
        "central_government",
        {
            "km": "ក្រសួងសង្គមកិច្ច អតីតយុទ្ធជន និងយុវនីតិសម្បទា",
            "fr": "Ministère des Affaires sociales, des Anciens combattants et de la Réinsertion des jeunes",
        },
    ),
    "cdc": (
        "Council for the Development of Cambodia",
        "central_government",
        {"km": "ក្រុមប្រឹក្សាអភិវឌ្ឍន៍កម្ពុជា", "fr": "Conseil pour le Développement du Cambodge"},
    ),
    "provinces": (
        "Provincial departments",
        "local_government",
        {"km": "មន្ទីរខេត្ត", "fr": "Directions provinciales"},
    ),
    "communes": (
        "League of communes and sangkats",
        "local_government",
        {"km": "សមាគមឃុំ សង្កាត់", "fr": "Ligue des communes et sangkats"},
    ),
    "ngo-health": (
        "National health NGO network",
        "national_ngo",
        {"km": "បណ្តាញអង្គការជាតិផ្នែកសុខភាព", "fr": "Réseau national d’ONG de santé"},
    ),
    "ngo-education": (
        "National education NGO network",
        "national_ngo",
        {"km": "បណ្តាញអង្គការជាតិផ្នែកអប់រំ", "fr": "Réseau national d’ONG d’éducation"},
    ),
    "ngo-farmers": (
        "National farmers’ federation",
        "national_ngo",
        {"km": "សហព័ន្ធកសិករជាតិ", "fr": "Fédération nationale des agriculteurs"},
    ),
    "university": (
        "National university",
        "national_academic",
        {"km": "សាកលវិទ្យាល័យជាតិ", "fr": "Université nationale"},
    ),
    "chamber": (
        "National chamber of commerce",
        "national_private",
        {"km": "សភាពាណិជ្ជកម្មជាតិ", "fr": "Chambre nationale de commerce"},
    ),
    "japan": ("Japan", "donor_country", {"km": "ជប៉ុន", "fr": "Japon"}),
    "australia": ("Australia", "donor_country", {"km": "អូស្ត្រាលី", "fr": "Australie"}),
    "france": ("France", "donor_country", {"km": "បារាំង", "fr": "France"}),
    "germany": ("Germany", "donor_country", {"km": "អាល្លឺម៉ង់", "fr": "Allemagne"}),
    "sweden": ("Sweden", "donor_country", {"km": "ស៊ុយអែត", "fr": "Suède"}),
    "eu": ("European Union", "donor_country", {"km": "សហភាពអឺរ៉ុប", "fr": "Union européenne"}),
    "who": (
        "World Health Organization",
        "un_agency",
        {"km": "អង្គការសុខភាពពិភពលោក", "fr": "Organisation mondiale de la Santé"},
    ),
    "unicef": ("UNICEF", "un_agency", {"km": "យូនីសេហ្វ", "fr": "UNICEF"}),
    "undp": ("UNDP", "un_agency", {"km": "កម្មវិធីអភិវឌ្ឍន៍សហប្រជាជាតិ", "fr": "PNUD"}),
    "fao": ("FAO", "un_agency", {"km": "អង្គការស្បៀង និងកសិកម្ម", "fr": "FAO"}),
    "adb": (
        "Asian Development Bank",
        "lending_agency",
        {"km": "ធនាគារអភិវឌ្ឍន៍អាស៊ី", "fr": "Banque asiatique de développement"},
    ),
    "wb": ("World Bank", "lending_agency", {"km": "ធនាគារពិភពលោក", "fr": "Banque mondiale"}),
    "ingo-health": (
        "International health NGO",
        "international_ngo",
        {"km": "អង្គការអន្តរជាតិផ្នែកសុខភាព", "fr": "ONG internationale de santé"},
    ),
    "ingo-water": (
        "International water NGO",
        "international_ngo",
        {"km": "អង្គការអន្តរជាតិផ្នែកទឹក", "fr": "ONG internationale de l’eau"},
    ),
    "ingo-education": (
        "International education NGO",
        "international_ngo",
        {"km": "អង្គការអន្តរជាតិផ្នែកអប់រំ", "fr": "ONG internationale d’éducation"},
    ),
}
STEADY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Truth:
    """A demonstration partnership and what is true of it.

    members: the lead first, then the external lead. people: invited per organization, in turn. shifts: construct ->
    points added in rounds 1 to 6. side_gaps: construct -> points national partners lie above external ones.
    """

    code: str
    title: str
    titles: dict[str, str]
    purpose: str
    sector: str
    members: tuple[str, ...]
    people: tuple[int, ...] = (3, 2, 3)
    level: float = 62.0
    shifts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    side_gaps: dict[str, float] = field(default_factory=dict)
    answering: float = 0.9
    new_version_from: int = 0  # round from which the reworded instrument is used; 0: never
    disclosure_level: str = "B"

    @property
    def is_too_small(self) -> bool:
        return sum(self.people[at % len(self.people)] for at in range(len(self.members))) * self.answering < 5


PROGRAMME: tuple[Truth, ...] = (
    Truth(
        "health",
        "Health sector partnership",
        {"km": "ភាពជាដៃគូក្នុងវិស័យសុខាភិបាល", "fr": "Partenariat du secteur de la santé"},
        "One plan, one budget and one review for health services in the provinces.",
        "Health",
        ("moh", "who", "provinces", "ngo-health", "mef", "japan", "australia", "adb", "unicef", "ingo-health"),
        # A dispute over pooled funds before round 3, settled before round 5.
        shifts={"R": (0, 0, -24, -22, -4, 2), "T": (0, 0, -16, -14, 0, 2), "G": (0, 0, -10, -8, 0, 0)},
    ),
    Truth(
        "education",
        "Basic education partnership",
        {"km": "ភាពជាដៃគូអប់រំមូលដ្ឋាន", "fr": "Partenariat pour l’éducation de base"},
        "Every child completes nine years of school close to home.",
        "Education",
        ("moeys", "unicef", "provinces", "ngo-education", "university", "sweden", "eu", "ingo-education"),
        level=70.0,
        shifts=dict.fromkeys(("R", "T", "H"), (0.0, -7.0, -14.0, -21.0, -28.0, -35.0)),
    ),
    Truth(
        "water",
        "Rural water and sanitation partnership",
        {"km": "ភាពជាដៃគូទឹកស្អាត និងអនាម័យជនបទ", "fr": "Partenariat pour l’eau et l’assainissement en milieu rural"},
        "Safe water and latrines in every commune, kept working by those who use them.",
        "Rural development",
        ("mrd", "adb", "provinces", "communes", "ngo-health", "mef", "japan", "unicef", "ingo-water", "germany"),
        side_gaps={"T": 28.0, "R": 6.0},
    ),
    Truth(
        "irrigation",
        "Irrigation pilot partnership",
        {"km": "ភាពជាដៃគូសាកល្បងប្រព័ន្ធធារាសាស្ត្រ", "fr": "Partenariat pilote d’irrigation"},
        "Farmers’ groups run and pay for two small irrigation schemes.",
        "Water resources",
        ("mowram", "france", "ngo-farmers", "fao"),
        people=(2, 1, 1, 1),
        answering=0.5,
    ),
    Truth(
        "finance",
        "Public financial management partnership",
        {"km": "ភាពជាដៃគូគ្រប់គ្រងហិរញ្ញវត្ថុសាធារណៈ", "fr": "Partenariat pour la gestion des finances publiques"},
        "One reform programme for budget, treasury and procurement.",
        "Public finance",
        ("mef", "wb", "cdc", "moi", "moh", "moeys", "university", "chamber", "adb", "eu", "australia", "sweden"),
        people=(2, 3),
        new_version_from=4,
    ),
    Truth(
        "agriculture",
        "Climate and agriculture partnership",
        {"km": "ភាពជាដៃគូអាកាសធាតុ និងកសិកម្ម", "fr": "Partenariat pour le climat et l’agriculture"},
        "Farming that holds through drought and flood.",
        "Agriculture",
        ("maff", "fao", "provinces", "ngo-farmers", "wb", "france"),
        level=58.0,
    ),
    Truth(
        "protection",
        "Social protection partnership",
        {"km": "ភាពជាដៃគូគាំពារសង្គម", "fr": "Partenariat pour la protection sociale"},
        "Cash support reaches poor families on one register.",
        "Social affairs",
        ("mosvy", "undp", "mef", "communes", "ngo-health", "unicef", "germany"),
        level=72.0,
        disclosure_level="C",
    ),
    Truth(
        "decentralization",
        "Decentralization partnership",
        {"km": "ភាពជាដៃគូវិមជ្ឈការ", "fr": "Partenariat pour la décentralisation"},
        "Districts and communes plan and spend with their own people.",
        "Local government",
        ("moi", "undp", "communes", "provinces", "sweden", "eu"),
        people=(3, 3, 4),
        level=60.0,
    ),
)
OPEN_ANSWERS: tuple[tuple[str, str, str], ...] = (
    # kind, topic, text: invented
    ("O1", "L", "After the floods two partners changed their plans within a week and told everybody why."),
    ("O1", "H", "The joint review replaced four separate missions."),
    ("O1", "R", "The ministry said openly that the target was missed, and nobody was blamed."),
    ("O2", "T", "We heard of the new budget ceiling from a newspaper."),
    ("O2", "H", "Three reports on the same activity, in three formats, in one month."),
    ("O2", "G", "It was not clear who had to sign, so nobody did."),
    ("O3", "T", "How decisions on spending reach the provinces."),
    ("O3", "H", "One reporting format that all partners accept."),
    ("O3", "S", "Who coordinates when the project office closes."),
    ("O1", "G", "A small partner asked for a different timetable, and the committee changed it."),
    ("O1", "T", "The audit report was sent to everybody in the same week, with the bad news on the first page."),
    ("O1", "S", "The ministry chaired every meeting this year and set the agenda itself."),
    ("O1", "V", "We wrote down together what success would look like in three years."),
    ("O2", "R", "A promise made in the spring was not mentioned again."),
    ("O2", "L", "The pilot was extended before anybody had looked at its results."),
    ("O2", "S", "Two missions asked the same officers for the same figures in the same week."),
    ("O2", "V", "Some partners still follow plans of their own beside the common one."),
    ("O3", "R", "How problems can be raised early without blaming anybody."),
    ("O3", "L", "What we learned from the two districts that stopped."),
    ("O3", "G", "Who answers when a result is not reached."),
)

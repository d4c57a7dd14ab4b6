"""Who may use which route: one line per route or per branch of routes, read by test_access_matrix.py.

To add a route: write "METHOD /path": WHO, with the path as the route spells it. A path that ends in * covers what lies
beneath it; the longest line that fits a route counts. WHO is one of the names below, or a frozenset of roles of your
own. Give the ids of your path in `made_up` of cast.py, so that the route finds something to show.
"""

from __future__ import annotations

# The cast, as cast.py sets it up; all but the last two sit in the partnership that is asked for
READER, REPRESENTATIVE, OTHER_REPRESENTATIVE = "reader", "representative", "representative of another organization"
TRUSTEE, FACILITATOR = "trustee", "facilitator"
OTHER_FACILITATOR, ADMINISTRATOR = "facilitator of another partnership", "administrator without a seat"
NOBODY = "account without a seat"
STRANGER, RESPONDENT = "stranger", "respondent's cookie"
ACCOUNTS = (
    READER,
    REPRESENTATIVE,
    OTHER_REPRESENTATIVE,
    TRUSTEE,
    FACILITATOR,
    OTHER_FACILITATOR,
    ADMINISTRATOR,
    NOBODY,
)
ROLES = (*ACCOUNTS, STRANGER, RESPONDENT)

# Who gets in. Everybody else must get 404, or the way to the login where nobody is logged in.
ANYONE = frozenset(ROLES)
ACCOUNT = frozenset(ACCOUNTS)
SEAT = frozenset({READER, REPRESENTATIVE, OTHER_REPRESENTATIVE, TRUSTEE, FACILITATOR})
RUNS = frozenset({FACILITATOR})
REPRESENTS = frozenset({REPRESENTATIVE, OTHER_REPRESENTATIVE})
SECOND_PERSONS = frozenset({REPRESENTATIVE, OTHER_REPRESENTATIVE, TRUSTEE})
RUNS_SOMETHING = frozenset({FACILITATOR, OTHER_FACILITATOR, ADMINISTRATOR})
ADMINISTERS = frozenset({ADMINISTRATOR})
ANSWERS = frozenset({RESPONDENT})  # a personal link opens these pages, an account never does
NOBODY_YET = frozenset[str]()  # what it shows is not there in the partnership of the cast; another test looks at it
HOLDS_A_LINK = frozenset[str]()  # another kind of personal link opens these pages; nobody of the cast holds one

EXPECTED: dict[str, frozenset[str]] = {
    # Everybody
    "GET /": ANYONE,
    "GET /static/{name}": ANYONE,
    "GET /privacy": ANYONE,
    "GET /healthz": ANYONE,
    "GET /readyz": ANYONE,
    "GET /stored": ANYONE,
    "GET /accessibility": ANYONE,
    "GET /help*": ANYONE,
    "POST /language": ANYONE,
    "GET /login": ANYONE,
    "POST /login": ANYONE,
    "POST /logout": ANYONE,
    "GET /login/code": ANYONE,  # after a right password; others are led to the login
    "POST /login/code": ANYONE,
    "GET /login/forgotten": ANYONE,
    "POST /login/forgotten": ANYONE,
    "GET /join": ANYONE,
    "POST /join": ANYONE,
    "GET /join/form": HOLDS_A_LINK,
    "POST /join/form": HOLDS_A_LINK,
    "GET /api/v1/openapi.json": ANYONE,  # the description of the interface; no data
    "GET /api/v1*": HOLDS_A_LINK,  # a token opens it, never a cookie
    # Second persons
    "GET /approval": ANYONE,
    "POST /approval": ANYONE,
    "POST /approval/leave": ANYONE,
    "GET /approval/list": HOLDS_A_LINK,
    "POST /approval/list": HOLDS_A_LINK,
    # Accounts
    "GET /account": ACCOUNT,
    "GET /account/*": ACCOUNT,
    "POST /account": ACCOUNT,
    "POST /account/*": ACCOUNT,
    "GET /accounts*": ADMINISTERS,
    "POST /accounts*": ADMINISTERS,
    # Respondents
    "GET /i": ANYONE,
    "POST /i": ANYONE,
    "POST /finish": ANYONE,
    "GET /finished": ANYONE,
    "GET /answer*": ANSWERS,
    "POST /answer*": ANSWERS,
    "GET /handed-in": ANSWERS,
    "GET /position*": ANSWERS,
    "POST /position*": ANSWERS,
    "GET /resume": ANSWERS,
    "POST /resume*": ANSWERS,
    "GET /worker.js": ANYONE,
    "GET /offline": ANSWERS,
    "GET /offline/*": ANYONE,
    "POST /offline": ANSWERS,
    "POST /offline/*": ANSWERS,
    "GET /paper": ANYONE,
    "POST /paper": ANYONE,
    "GET /paper/entry": ANSWERS,
    "POST /paper/entry": ANSWERS,
    # Key holders
    "GET /k": ANYONE,
    "POST /k": ANYONE,
    "POST /keys/leave": ANYONE,
    "GET /keys": HOLDS_A_LINK,
    "GET /keys/*": ANYONE,  # leads to the page above and shows nothing
    "POST /keys/*": HOLDS_A_LINK,
    # The machine
    "GET /keystore": RUNS_SOMETHING,
    "POST /keystore/repair": RUNS_SOMETHING,
    # The second person who cancels a round
    "GET /cancel/{secret}": ANYONE,
    "POST /cancel/{secret}": ANYONE,
    # Partnerships
    "GET /partnerships": ACCOUNT,
    "GET /exports*": ACCOUNT,
    "GET /side-by-side": ACCOUNT,
    "GET /partnerships/new": RUNS_SOMETHING,
    "POST /partnerships/new": RUNS_SOMETHING,
    "GET /partnerships/{partnership_id}": SEAT,
    "GET /partnerships/{partnership_id}/first-steps*": RUNS,
    "POST /partnerships/{partnership_id}/first-steps/charter": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/preview*": RUNS,
    "GET /partnerships/{partnership_id}/series*": SEAT,
    "GET /partnerships/{partnership_id}/trend": SEAT,
    "GET /partnerships/{partnership_id}/trend.svg": SEAT,
    "GET /partnerships/{partnership_id}/trend.png": SEAT,
    "GET /partnerships/{partnership_id}/trend.csv": SEAT,
    "GET /partnerships/{partnership_id}/charts/*": SEAT,
    "GET /partnerships/{partnership_id}/dyads": SEAT,
    "GET /partnerships/{partnership_id}/dyads.csv": SEAT,
    "GET /partnerships/{partnership_id}/dyads/*": NOBODY_YET,  # drawings of organizations, at level C only
    "GET /partnerships/{partnership_id}/discussion": SEAT,
    "GET /partnerships/{partnership_id}/discussion/new": RUNS,
    "GET /partnerships/{partnership_id}/discussion/{entry_id}": SEAT,
    "POST /partnerships/{partnership_id}/discussion*": RUNS,
    "POST /partnerships/{partnership_id}/discussion/{entry_id}/reply": REPRESENTS,
    "GET /partnerships/{partnership_id}/commitments": SEAT,
    "GET /partnerships/{partnership_id}/commitments/new": RUNS,
    "GET /partnerships/{partnership_id}/commitments/{commitment_id}": SEAT,
    "POST /partnerships/{partnership_id}/commitments": RUNS,
    "POST /partnerships/{partnership_id}/commitments/{commitment_id}/*": RUNS,
    "POST /partnerships/{partnership_id}/commitments/{commitment_id}/done": frozenset({FACILITATOR, REPRESENTATIVE}),
    "POST /partnerships/{partnership_id}/commitments/{commitment_id}/verify": frozenset({FACILITATOR, REPRESENTATIVE}),
    # Charter, partners, registers
    "GET /sign": ANYONE,
    "POST /sign": ANYONE,
    "GET /sign/charter": HOLDS_A_LINK,
    "POST /sign/charter": HOLDS_A_LINK,
    "GET /lessons": ACCOUNT,
    "GET /lessons/{lesson_id}": SEAT,
    "GET /partnerships/{partnership_id}/lessons/new": RUNS,
    "POST /partnerships/{partnership_id}/lessons/new": RUNS,
    "GET /partnerships/{partnership_id}/about": RUNS,
    "POST /partnerships/{partnership_id}/about": RUNS,
    "POST /partnerships/{partnership_id}/phase": RUNS,
    "GET /partnerships/{partnership_id}/charter": SEAT,
    "GET /partnerships/{partnership_id}/charter/versions/{number}": SEAT,
    "GET /partnerships/{partnership_id}/charter/versions/{number}/scans/{organization_id}": SEAT,
    "GET /partnerships/{partnership_id}/charter/draft/*": RUNS,
    "POST /partnerships/{partnership_id}/charter/*": RUNS,
    "GET /partnerships/{partnership_id}/members": SEAT,
    "GET /partnerships/{partnership_id}/members/{organization_id}": RUNS,
    "POST /partnerships/{partnership_id}/members*": RUNS,
    "GET /partnerships/{partnership_id}/principles": SEAT,
    "POST /partnerships/{partnership_id}/principles": RUNS,
    "GET /partnerships/{partnership_id}/registers": SEAT,
    "GET /partnerships/{partnership_id}/registers/{code}": SEAT,
    "GET /partnerships/{partnership_id}/registers/{code}/*": RUNS,
    "POST /partnerships/{partnership_id}/registers/*": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/facts": SEAT,
    "GET /partnerships/{partnership_id}/rounds/{number}/facts/edit": RUNS,
    "GET /partnerships/{partnership_id}/questionnaire*": RUNS,
    "POST /partnerships/{partnership_id}/questionnaire*": RUNS,
    # People
    "GET /partnerships/{partnership_id}/people*": RUNS,
    "POST /partnerships/{partnership_id}/people*": RUNS,
    "GET /partnerships/{partnership_id}/log": RUNS,
    "GET /partnerships/{partnership_id}/meetings": SEAT,
    "GET /partnerships/{partnership_id}/meetings/new": RUNS,
    "GET /partnerships/{partnership_id}/meetings/{meeting_id}*": SEAT,
    "POST /partnerships/{partnership_id}/meetings*": RUNS,
    "GET /partnerships/{partnership_id}/replies": RUNS,
    "POST /partnerships/{partnership_id}/replies": RUNS,
    "GET /r": ANYONE,
    "POST /r": ANYONE,  # asks for a link; without one it shows where to type its code
    "GET /r/*": ANYONE,  # shows nothing of any partnership
    "POST /r/send": ANYONE,  # the same
    "GET /partnerships/{partnership_id}/concerns": SEAT,
    "GET /partnerships/{partnership_id}/concerns/new": REPRESENTS,
    "GET /partnerships/{partnership_id}/concerns/{concern_id}": frozenset({FACILITATOR, REPRESENTATIVE}),
    "POST /partnerships/{partnership_id}/concerns": REPRESENTS,
    "POST /partnerships/{partnership_id}/concerns/rounds/{number}": RUNS,
    "POST /partnerships/{partnership_id}/concerns/{concern_id}": frozenset({FACILITATOR, REPRESENTATIVE}),
    # The partner represented is a party; until a neutral facilitator is named, the partnership's stands in
    "GET /partnerships/{partnership_id}/disputes": SEAT,
    "GET /partnerships/{partnership_id}/disputes/new": frozenset({FACILITATOR, *REPRESENTS}),
    "GET /partnerships/{partnership_id}/disputes/{dispute_id}*": frozenset({FACILITATOR, REPRESENTATIVE}),
    "POST /partnerships/{partnership_id}/disputes": frozenset({FACILITATOR, *REPRESENTS}),
    "POST /partnerships/{partnership_id}/disputes/{dispute_id}/*": frozenset({FACILITATOR, REPRESENTATIVE}),
    "POST /partnerships/{partnership_id}/disputes/{dispute_id}/people": RUNS,
    "POST /partnerships/{partnership_id}/disputes/{dispute_id}/parties": RUNS,
    "GET /partnerships/{partnership_id}/contacts*": RUNS,
    "POST /partnerships/{partnership_id}/contacts*": RUNS,
    "GET /partnerships/{partnership_id}/keys*": RUNS,
    "POST /partnerships/{partnership_id}/keys*": RUNS,
    "GET /partnerships/{partnership_id}/rhythm": RUNS,
    "POST /partnerships/{partnership_id}/rhythm": RUNS,
    "GET /partnerships/{partnership_id}/mails*": RUNS,
    "POST /partnerships/{partnership_id}/mails*": RUNS,
    # Rounds
    "GET /partnerships/{partnership_id}/rounds/{number}/mails*": RUNS,
    "POST /partnerships/{partnership_id}/rounds/{number}/cancel/confirm": SECOND_PERSONS,
    "POST /partnerships/{partnership_id}/rounds/{number}/letters": SECOND_PERSONS,
    "GET /partnerships/{partnership_id}/rounds/{number}/mails/shown": RUNS,  # in the demonstration
    "GET /partnerships/{partnership_id}/rounds/{number}/calendar.ics": SEAT,
    "GET /partnerships/{partnership_id}/rounds/new": RUNS,
    "POST /partnerships/{partnership_id}/rounds": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}": SEAT,
    "GET /partnerships/{partnership_id}/rounds/{number}/how-sure": SEAT,
    "GET /partnerships/{partnership_id}/rounds/{number}/brief": RUNS,  # a draft; others when it was shared or released
    "GET /partnerships/{partnership_id}/rounds/{number}/brief/words": RUNS,
    "POST /partnerships/{partnership_id}/rounds/{number}/brief/comment": NOBODY_YET,  # a draft takes none
    "GET /partnerships/{partnership_id}/rounds/{number}/release*": SEAT,
    "GET /partnerships/{partnership_id}/rounds/{number}/brief.pdf": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/list": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/dates": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/form.pdf": RUNS,
    "GET /partnerships/{partnership_id}/rounds/{number}/approval": RUNS,
    "POST /partnerships/{partnership_id}/rounds/{number}/*": RUNS,
}

# Not there yet for those who may see it: the state of things comes first, and another test looks at it
LATER = {
    "GET /partnerships/{partnership_id}/questionnaire*",
    "POST /partnerships/{partnership_id}/questionnaire*",
    "GET /handed-in",
    "GET /lessons/{lesson_id}",
    "GET /partnerships/{partnership_id}/charter/draft/*",
    "GET /partnerships/{partnership_id}/charter/versions/{number}",
    "GET /partnerships/{partnership_id}/charter/versions/{number}/scans/{organization_id}",
    "GET /partnerships/{partnership_id}/registers/{code}",
    "GET /partnerships/{partnership_id}/registers/{code}/*",
    "GET /partnerships/{partnership_id}/rounds/{number}/mails/shown",
    "POST /offline/*",
    "POST /partnerships/{partnership_id}/charter/*",
    "POST /partnerships/{partnership_id}/concerns/rounds/{number}",
    "POST /partnerships/{partnership_id}/members*",
    "POST /partnerships/{partnership_id}/principles",
    "POST /partnerships/{partnership_id}/registers/*",
}


def find_line(method: str, path: str) -> str | None:
    """The line that speaks for this route: the one that spells it, else the longest branch it lies on."""
    wanted = f"{method} {path}"
    if wanted in EXPECTED:
        return wanted
    branches = [line for line in EXPECTED if line.endswith("*") and wanted.startswith(line[:-1])]
    return max(branches, key=len, default=None)

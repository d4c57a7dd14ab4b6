# %% [markdown]
# Reading Rapport's numbers by a program
#
# Run as a script, or cell by cell in an editor that knows `# %%`. Only the standard library is needed:
#
#     RAPPORT_URL=https://rapport.example.org RAPPORT_TOKEN=rapport_... python3 read_the_api.py

# %% Where, and who asks. The token comes from the page "API tokens" of your account.
import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

URL = os.environ.get("RAPPORT_URL", "http://127.0.0.1:8000")
TOKEN = os.environ.get("RAPPORT_TOKEN", "")


# %% One question: an address beneath /api/v1, and what is asked of it.
def ask(path: str, **query: object) -> dict:
    address = URL + path + (f"?{urlencode(query)}" if query else "")
    asked = Request(address, headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310 - the address is your own
    with urlopen(asked) as answer:  # noqa: S310 - the same
        return json.load(answer)


# %% Lists come in pages: follow `next` until there is none.
def everything(path: str, **query: object) -> list[dict]:
    page = ask(path, limit=500, **query)
    found = page["items"]
    while page["next"]:
        page = ask(page["next"])
        found += page["items"]
    return found


# %% Numbers are compared within one segment only, and a change is claimed only where its interval leaves out zero.
def said(change: dict) -> str:
    if change["low"] is None or change["high"] is None:
        return f"nothing can be said ({change['flag']})"
    if change["low"] <= 0 <= change["high"]:
        return "cannot be told apart from no change"
    word = "rose" if change["low"] > 0 else "fell"
    ends = sorted((abs(change["low"]), abs(change["high"])))
    return f"{word} by {ends[0]:.0f} to {ends[1]:.0f} points"


# %% The trust index of every partnership this token opens.
def report() -> None:
    for partnership in everything("/api/v1/partnerships"):
        print(f"\n{partnership['title']}")
        address = f"/api/v1/partnerships/{partnership['id']}/series"
        levels = everything(address, construct="headline:trust", estimate="level", population="all")
        changes = everything(address, construct="headline:trust", estimate="change_last", population="all")
        by_round = {one["round"]: one for one in changes}
        for level in levels:
            shown = "hidden" if level["value"] is None else f"{level['value']:.0f} points"
            if level["low"] is not None:
                shown += f" ({level['low']:.0f} to {level['high']:.0f})"
            change = by_round.get(level["round"])
            about = f"; since the round before: {said(change)}" if change else ""
            print(f"  {level['closed_on']}  segment {level['segment']}  {shown}{about}")


if __name__ == "__main__":
    report()

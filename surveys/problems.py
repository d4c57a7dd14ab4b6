"""Every failure of the domain, one class per failure that somebody handles differently."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

Kind = Literal["missing", "conflict", "gone", "invalid", "forbidden"]


class SurveyProblem(Exception):
    """A failure of the domain; the class names the fact, details carry values, never answers."""

    kind: ClassVar[Kind] = "conflict"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UnreadableInstrument(SurveyProblem):
    """An instrument file is not one."""

    kind = "invalid"


class InvalidAnswers(SurveyProblem):
    """Answers that the questionnaire does not allow; details name the items."""

    kind = "invalid"


class NotFound(SurveyProblem):
    """A thing that is not there, or that this person may not know of: the two are told alike."""

    kind = "missing"


class LinkNotOpen(SurveyProblem):
    """A personal link that opens nothing: unknown, closed, cancelled and withdrawn are told alike."""

    kind = "gone"


class RoundNotOpen(SurveyProblem):
    """Answers or a close were attempted on a round that is not open."""


class RoundNotPrepared(SurveyProblem):
    """A list or an approval was changed on a round that has begun."""


class ListTooSmall(SurveyProblem):
    """An invitation list below 5 people or 3 organizations."""

    kind = "invalid"


class NotApproved(SurveyProblem):
    """A round cannot begin before a second person approved its list."""


class RoundChanged(SurveyProblem):
    """What was fixed when a round began was changed in the database: it is neither closed nor opened."""


class TooEarly(SurveyProblem):
    """A round may be closed only at its announced time."""


class InvalidInput(SurveyProblem):
    """A form or file holds something that cannot be; the message says what and where."""

    kind = "invalid"


class InvalidEntry(InvalidInput):
    """An entry of a charter or register has fields that cannot be; details name them, each with the reason."""


class RuleBroken(SurveyProblem):
    """Something the founding text demands is missing; details carry the breaches, each with its rule."""


class CharterFixed(SurveyProblem):
    """A text that was put to signature was to be changed: a new version is needed."""


class WeakPassword(InvalidInput):
    """A password that is too short, too long or easily guessed; details say which."""


class LastOfItsKind(SurveyProblem):
    """The last facilitator of a partnership or the last administrator cannot be taken away."""


class AnswersTooLong(SurveyProblem):
    """An open answer is longer than announced: refused, never cut."""

    kind = "invalid"


class KeysMissing(SurveyProblem):
    """No replica of the keystore holds the keys of a round."""


class KeysDamaged(SurveyProblem):
    """Every replica of a round's keys is damaged."""


class CodeMistyped(SurveyProblem):
    """A key code that cannot be one; details name the wrong groups."""

    kind = "invalid"


class WrongCode(SurveyProblem):
    """A well-formed key code that is not the one asked for."""

    kind = "invalid"


class KeyHoldersNotReady(SurveyProblem):
    """A round of several keys cannot begin before a rehearsal proved the codes of its holders."""


class CodesNeeded(SurveyProblem):
    """A round of several keys was to be opened without enough codes of its holders: it stays sealed."""


class ReleaseExists(SurveyProblem):
    """A round has one release; later ones are revisions."""


class OpeningFailed(SurveyProblem):
    """The opening job's own checks failed: the round stays closed and sealed."""


class ChangedMeanwhile(SurveyProblem):
    """Somebody saved the same thing after this writer had opened it; details hold the version that stands."""


class NotAllowedNow(SurveyProblem):
    """A step that this role cannot take in this state."""

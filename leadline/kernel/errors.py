"""The error classes users may see, one exit code each.

    LeadlineError               1  something went wrong that no class below names
    ├── UsageError              2  wrong arguments on the command line
    ├── InputError              3  a file or its rows break the input contract
    ├── ConfigurationError      4  a mapping file, setting or governance table is wrong
    ├── HomeError               5  the home lacks what the command needs (a build, a model, a store)
    ├── BusyError               6  another run holds the home
    ├── GateError               7  a build or a model did not pass its gates; nothing was published
    ├── IntegrityError          8  a stored file is not what its manifest says
    └── InsufficientDataError   9  too little data, or an as-of before the data

Messages are built from attributes, so that callers never parse text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong in an input: where it is, what was expected, what was found."""

    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


class LeadlineError(Exception):
    """Base class of all Leadline errors.

    Args:
        what: one sentence saying what went wrong.
        where: entity, column, file and line, or path, as far as known.
        expected: what would have been right.
        found: what was there instead.
        next_step: what the reader should do now.
        faults: every fault of the input, when there are several.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        next_step: str = "",
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.next_step = next_step
        self.faults = tuple(faults)

    def __str__(self) -> str:
        named = (("where", self.where), ("expected", self.expected), ("found", self.found))
        lines = [self.what, *(f"  {name}: {text}" for name, text in named if text)]
        lines += [f"  - {fault}" for fault in self.faults]
        if self.next_step:
            lines.append(f"  next: {self.next_step}")
        return "\n".join(lines)


class UsageError(LeadlineError):
    """Wrong arguments of a command: an unknown score, an invalid date."""

    exit_code = 2


class InputError(LeadlineError):
    """A delivered file breaks the input contract and was refused whole."""

    exit_code = 3


class ConfigurationError(LeadlineError):
    """A mapping file, a setting or a governance table is wrong."""

    exit_code = 4


class HomeError(LeadlineError):
    """The home lacks what the command needs."""

    exit_code = 5


class BusyError(LeadlineError):
    """Another run holds the home."""

    exit_code = 6


class GateError(LeadlineError):
    """A build or a model failed its gates; what was published before stays published."""

    exit_code = 7


class IntegrityError(LeadlineError):
    """A stored file's content is not what its manifest says."""

    exit_code = 8


class InsufficientDataError(LeadlineError):
    """Too little data for what was asked, or an as-of before the data."""

    exit_code = 9


EXIT_CODES: dict[int, type[LeadlineError]] = {
    error.exit_code: error
    for error in (
        LeadlineError,
        UsageError,
        InputError,
        ConfigurationError,
        HomeError,
        BusyError,
        GateError,
        IntegrityError,
        InsufficientDataError,
    )
}

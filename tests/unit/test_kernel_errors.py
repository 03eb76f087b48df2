"""Errors are sentences for people, with every fault listed and one exit code per class."""

from __future__ import annotations

from leadline.kernel.errors import EXIT_CODES, Fault, InputError, LeadlineError


def _subclasses(error: type[LeadlineError]) -> set[type[LeadlineError]]:
    return {error}.union(*(_subclasses(child) for child in error.__subclasses__()))


def test_every_error_class_has_an_exit_code_of_its_own() -> None:
    assert set(EXIT_CODES.values()) == _subclasses(LeadlineError)
    assert len(EXIT_CODES) == len(_subclasses(LeadlineError))


def test_an_error_says_what_where_expected_found_and_next() -> None:
    error = InputError(
        "The file is cut.", where="crm/opportunity.csv:17", expected="9 fields", found="4", next_step="send it again"
    )
    assert str(error).splitlines() == [
        "The file is cut.",
        "  where: crm/opportunity.csv:17",
        "  expected: 9 fields",
        "  found: 4",
        "  next: send it again",
    ]


def test_an_error_lists_all_faults_at_once() -> None:
    faults = [Fault("a.csv", "column id", "none"), Fault("b.csv", "utf-8", "byte 0xff")]
    text = str(InputError("Two files were refused.", faults=faults))
    assert "a.csv: expected column id, found none" in text
    assert "b.csv: expected utf-8, found byte 0xff" in text

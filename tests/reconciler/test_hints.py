"""Hints to what was probably meant."""

from reconciler.diagnostics import MOST_COMPARED, closest, did_you_mean


def test_a_misspelling_names_what_was_meant():
    assert closest("Discrad", ["Count", "Discard"]) == "Discard"
    assert did_you_mean("Discrad", {"Count", "Discard"}) == "Did you mean 'Discard'?"
    assert did_you_mean("x", iter(["b", "a"])) == "Known here: a, b."


def test_a_pipeline_of_mere_mistakes_gets_no_hints():
    """Each unknown name was compared with all others: 18,000 of them took more than minutes."""
    names = [f"atom{number}" for number in range(MOST_COMPARED)]
    assert closest("atm7", names) == "atom7"
    assert closest("atm7", [*names, "one more"]) is None
    assert did_you_mean("atm7", [*names, "one more"]) == ""

"""The library is read once and checked."""

import shutil

import pytest

from reconciler.library import LibraryError, load_library


@pytest.fixture
def copy(library, tmp_path):
    for manifest in sorted(library.root.rglob("*.yaml")):
        place = tmp_path / manifest.relative_to(library.root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, place)
    return tmp_path


def test_the_library_has_what_pipelines_need(library):
    atoms = (
        "Allow CheckSession Classify Count Discard Dissect Log Meter OpenSession Receive Send Tee"
    )
    assert set(atoms.split()) <= library.atoms.keys()
    assert "SessionTable" in library.states


def test_every_mistake_of_a_library_is_reported(copy):
    (copy / "atoms" / "Count.yaml").write_text("atom: Count\nsumary: x\n")
    (copy / "elements" / "Strip" / "manifest.yaml").write_text(
        'class: Strap\nsummary: x\nports: {inputs: "1", outputs: "some"}\n'
        "processing: a/a\nclick: true\nrequires: [Nothing]\n"
    )
    with pytest.raises(LibraryError) as caught:
        load_library(copy)
    found = {(d.file, d.line, d.summary) for d in caught.value.diagnostics}
    assert ("atoms/Count.yaml", 2, "Unknown key") in found
    assert ("elements/Strip/manifest.yaml", 3, "Invalid value") in found


def test_references_and_places_of_manifests_are_checked(copy):
    strip = copy / "elements" / "Strip" / "manifest.yaml"
    strip.write_text(strip.read_text().replace("requires: []", "requires: [support/headrom]"))
    shutil.copytree(copy / "elements" / "Idle", copy / "elements" / "Idler")
    with pytest.raises(LibraryError) as caught:
        load_library(copy)
    found = {(d.file, d.summary) for d in caught.value.diagnostics}
    assert ("elements/Strip/manifest.yaml", "Unknown class") in found
    assert ("elements/Idler/manifest.yaml", "Manifest in the wrong place") in found


def test_mistakes_in_layouts_are_found_where_they_are(copy):
    sessions = copy / "elements" / "SessionTable" / "manifest.yaml"
    before, after = sessions.read_text().rsplit("first_packets, type: u64", 1)
    sessions.write_text(f"{before}first_packets, type: u32{after}")
    with pytest.raises(LibraryError) as caught:
        load_library(copy)
    missing, narrowed = [d for d in caught.value.diagnostics if "SessionTable" in d.file]
    assert missing.detail == "elements/SessionTable has no file session_migrations.hh"
    assert narrowed.line == before.count("\n") + 1 and narrowed.column > 1
    assert narrowed.detail == "layout 1 -> 2: first_packets changes from u64 to u32"

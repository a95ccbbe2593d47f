"""The published JSON Schemas are those of the models."""

from schemas.publish import DIRECTORY, documents, main


def test_published_schemas_are_current():
    published = {path.name: path.read_text() for path in DIRECTORY.glob("*.json")}
    assert published == documents(), "run `python -m schemas.publish`"


def test_publish_writes_every_schema(tmp_path):
    main([str(tmp_path / "out")])
    assert {path.name for path in (tmp_path / "out").iterdir()} == documents().keys()

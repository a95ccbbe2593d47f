"""A library that takes next to no time to compile."""

from __future__ import annotations

from pathlib import Path

from reconciler.library import Library
from schemas.element import ElementManifest, SupportManifest

FILES = {
    "driver/element.hh": """#pragma once
#include <cstdio>
namespace clickup { struct Said { explicit Said(const char* name) { std::puts(name); } }; }
#define CLICKUP_ELEMENT(Class, ...) static const ::clickup::Said said_##Class { #Class }
""",
    "driver/main.cc": "int main() { return 0; }\n",
    "shared/none.cc": "namespace clickup { int none() { return 0; } }\n",
    "supervisor/main.cc": "int none();\nint main() { return 0; }\n",
    "support/words/words.hh": "#pragma once\nint words();\n",
    "support/words/words.cc": '#include "words.hh"\nint words() { return 1; }\n',
    "elements/A/A.hh": """#pragma once
#include "driver/element.hh"
#include "support/words/words.hh"
namespace clickup { struct A {}; }
""",
    "elements/B/B.hh": """#pragma once
#include "driver/element.hh"
namespace clickup { struct B {}; }
""",
}


def element(name: str, *requires: str) -> ElementManifest:
    return ElementManifest.model_validate(
        {
            "class": name,
            "summary": "Nothing.",
            "ports": {"inputs": "1", "outputs": "1"},
            "processing": "a/a",
            "click": False,
            "requires": requires,
        }
    )


def small_library(root: Path) -> Library:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    manifests = (element("A", "support/words", "B"), element("B"), element("C", "Missing"))
    words = SupportManifest(support="words", summary="Words.", sources=("words.cc",))
    elements = {manifest.class_name: manifest for manifest in manifests}
    return Library({}, elements, {"words": words}, root)

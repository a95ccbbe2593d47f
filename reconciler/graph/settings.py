"""Reads the parameters of an element from its configuration arguments. Pure."""

from __future__ import annotations

from schemas.element import ElementManifest, ElementParameter


def settings(arguments: tuple[str, ...], manifest: ElementManifest) -> dict[str, str]:
    """Return parameter -> text, without those at their default; the last of a repeated
    one counts.
    """
    keywords = {parameter.name: parameter for parameter in manifest.parameters}
    positional = [parameter for parameter in manifest.parameters if parameter.positional]
    found: dict[str, str] = {}
    place = 0
    for argument in arguments:
        word, _, text = argument.partition(" ")
        if word in keywords and text and not _takes_raw(positional, place):
            found[word] = text.strip()
            continue
        name = _positional_name(positional, place)
        words = " ".join(argument.split())
        repeated = place >= len(positional) or positional[place].repeated
        found[name] = f"{found[name]}, {words}" if repeated and name in found else words
        place += 1
    return {
        name: text
        for name, text in found.items()
        if name not in keywords or normalize(text) != normalize(default_text(manifest, name))
    }


def setting_text(arguments: tuple[str, ...], manifest: ElementManifest, name: str) -> str:
    """Return the text of a parameter: the one given, else its default, else ""."""
    return settings(arguments, manifest).get(name) or default_text(manifest, name)


def _takes_raw(positional: list[ElementParameter], place: int) -> bool:
    """Tell whether the argument is a pattern: patterns may start with any word, even a keyword."""
    return bool(positional) and positional[min(place, len(positional) - 1)].type == "pattern"


def _positional_name(positional: list[ElementParameter], place: int) -> str:
    if not positional:
        return "ARGUMENTS"
    return positional[min(place, len(positional) - 1)].name


def default_text(manifest: ElementManifest, name: str) -> str:
    """Return the text of a parameter's default, or ""."""
    default = next((p.default for p in manifest.parameters if p.name == name), None)
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def normalize(text: str) -> str | float:
    """Return numbers and durations by value, so that 120, 120s and 2min are equal."""
    factors = {"ms": 1e-3, "us": 1e-6, "min": 60.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    for unit, factor in factors.items():
        number = text.removesuffix(unit)
        if number != text and _is_number(number):
            return float(number) * factor
    return float(text) if _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()

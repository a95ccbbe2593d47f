"""Models are strict, frozen, and describe what they accept."""

import pytest
from pydantic import ValidationError

from schemas import Device, Rollout
from schemas.layout import Layout
from schemas.meta import duration_text, parse_duration


def rollout(**spec):
    return Rollout.model_validate(
        {
            "apiVersion": "click-up/v1alpha1",
            "kind": "Rollout",
            "metadata": {"name": "one"},
            "spec": {"element": "bridge", "devices": {"names": ["edge"]}, **spec},
        }
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2s", 2.0), ("500ms", 0.5), ("1.5m", 90.0), ("10us", 1e-5), ("1d", 86400)],
)
def test_durations_have_units(text, seconds):
    assert parse_duration(text) == seconds
    assert parse_duration(duration_text(seconds)) == seconds


def test_a_number_without_unit_is_refused_with_what_to_write():
    with pytest.raises(ValueError, match="write 2s for seconds or 2ms"):
        parse_duration(2)


def test_rollout_survives_json():
    given = rollout(verify={"soak": "2s", "probes": ["a.count >= 1 and b/c.rate > 0.5"]})
    assert Rollout.model_validate_json(given.model_dump_json()) == given
    assert Rollout.model_validate(given.model_dump(mode="json")) == given


def test_confirm_timeout_must_outlast_verification():
    with pytest.raises(ValidationError, match="every upgrade would be reverted"):
        rollout(verify={"soak": "30s"}, confirm_timeout="30s")


@pytest.mark.parametrize("probe", ["count > 1", "a.count", "a.count >= x", "a.b > 1 or c.d > 1"])
def test_probes_compare_a_handler_with_a_number(probe):
    with pytest.raises(ValidationError, match="a probe compares"):
        rollout(verify={"probes": [probe]})


@pytest.mark.parametrize("interface", ["", "a b", "x" * 16, "a/b", "a,b"])
def test_interface_names_are_linux_names(interface):
    with pytest.raises(ValidationError, match="network interface has 1 to 15"):
        Device.model_validate(
            {
                "apiVersion": "click-up/v1alpha1",
                "kind": "Device",
                "metadata": {"name": "edge"},
                "spec": {"interfaces": {"lan": interface}},
            }
        )


def test_objects_cannot_be_changed():
    with pytest.raises(ValidationError):
        rollout().spec = None


def test_layouts_need_a_key_and_distinct_names():
    value = {"name": "x", "type": "u8", "summary": "a field"}
    with pytest.raises(ValidationError, match="key: true"):
        Layout.model_validate({"version": 1, "fields": [value]})
    with pytest.raises(ValidationError, match="named twice: x"):
        Layout.model_validate({"version": 1, "fields": [{**value, "key": True}, value]})

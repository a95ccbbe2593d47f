"""A repository of two bridges on two devices, in text."""

from __future__ import annotations

DEVICE = """\
apiVersion: click-up/v1alpha1
kind: Device
metadata: {name: NAME}
spec: SPEC
"""
ONE = DEVICE.replace("NAME", "one").replace("SPEC", "{interfaces: {lan: a, wan: b}}")
TWO = DEVICE.replace("NAME", "two").replace("SPEC", "{interfaces: {lan: c, wan: d}}")
WIRE = """\
apiVersion: click-up/v1alpha1
kind: NetworkElement
metadata: {name: wire}
spec:
  version: 1.0.0
  interfaces: [lan, wan]
  atoms:
    lan: {use: Receive, with: {interface: lan}}
    wan: {use: Send, with: {interface: wan}}
  flow: [lan -> wan]
---
apiVersion: click-up/v1alpha1
kind: Rollout
metadata: {name: wire}
spec: {element: wire, devices: {names: [one, two]}}
"""

"""The walk-through: a firewall under traffic, upgraded three ways on one machine."""

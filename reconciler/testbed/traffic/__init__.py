"""Traffic of the walk-through: each module is a program that runs inside one network namespace."""

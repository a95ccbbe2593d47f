"""Checkpoint files: reading and writing them, and showing, selecting, comparing and exporting what
they hold.

Here belongs what needs nothing but a file. Where files are kept, of which device and revision they
are, and how they come back to a device is known elsewhere.
"""

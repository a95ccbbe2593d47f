"""Reports when the next frame arrives: `python -m benchmarks.arrivals INTERFACE`.

For each line on standard input it prints a line as soon as it listens, and then another with the
CLOCK_REALTIME nanoseconds at which the kernel received the first frame after that.
"""

from __future__ import annotations

import socket
import struct
import sys

SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
TIMESPEC = struct.Struct("qq")


def main(interface: str) -> None:
    """Serve until standard input ends."""
    for _ in sys.stdin:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as frames:
            frames.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            frames.bind((interface, ETH_P_ALL))
            print("listening", flush=True)
            _, ancillary, _, _ = frames.recvmsg(2048, 256)
        (data,) = (value for _, kind, value in ancillary if kind == SO_TIMESTAMPNS)
        seconds, nanoseconds = TIMESPEC.unpack(data)
        print(seconds * 1_000_000_000 + nanoseconds, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

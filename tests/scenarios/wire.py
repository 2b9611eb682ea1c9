"""A wire between two network namespaces: two TUN devices and a pump that delays, loses and swallows packets.

Started in the namespace of one end; argument: the process whose namespace holds the other end. Each line of standard
input sets delay (ms), loss (share, each way) and the largest packet that passes (bytes, 0 for any). Ends with its input.
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def device(name):
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22s", name.encode(), IFF_TUN | IFF_NO_PI, b""))
    return end


def main():
    near, far = device("near"), device("far")
    subprocess.run(["ip", "link", "set", "far", "netns", sys.argv[1]], check=True)
    print("laid", flush=True)
    delay, loss, largest = 0.0, 0.0, 0
    others = {near: far, far: near}
    owed = {near: 0.0, far: 0.0}
    waiting, number, text = [], 0, b""
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, end, packet = heapq.heappop(waiting)
            try:
                os.write(end, packet)
            except OSError:
                pass  # The other end is not up.
        pause = max(0.0, waiting[0][0] - now) if waiting else None
        ready, _, _ = select.select([near, far, 0], [], [], pause)
        for end in ready:
            if end == 0:
                piece = os.read(0, 4096)
                if not piece:
                    return
                text += piece
                while b"\n" in text:
                    line, text = text.split(b"\n", 1)
                    delay_ms, loss, largest = (float(word) for word in line.split())
                    delay = delay_ms / 1000
                    print("set", flush=True)
                continue
            try:
                packet = os.read(end, 70000)
            except OSError:
                continue
            if largest and len(packet) > largest:
                continue
            # In turn and not by chance: a lossy wire is to lose as much in every run.
            owed[end] += loss
            if owed[end] >= 1:
                owed[end] -= 1
                continue
            number += 1
            heapq.heappush(waiting, (time.monotonic() + delay, number, others[end], packet))


main()

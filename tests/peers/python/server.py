"""A WebSocket server on the PyPI package `websockets`, for the suites: a peer we did not write.

    server.py CERT KEY PORT

Serves wss on 127.0.0.1, sends a JSON message every 200 ms and echoes what it is sent. PORT 0 takes a free port.
Prints `READY PORT` once it listens. Ends on SIGTERM and when its standard input ends, so that it does not outlive
the test that started it. It holds no test logic.
"""

import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
import threading

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

INTERVAL = 0.2


async def ticks(connection):
    """Sends numbered messages until the connection closes."""
    number = 0
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send(json.dumps({"type": "tick", "peer": "websockets", "number": number}))
            number += 1
            await asyncio.sleep(INTERVAL)


async def session(connection):
    """One client."""
    ticking = asyncio.create_task(ticks(connection))
    try:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                await connection.send(message)
    finally:
        ticking.cancel()


def wait_for_the_end_of_input(loop, stop):
    """Nothing is ever written to the standard input; its end means that the test is gone."""
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # The loop has ended by itself.
        loop.call_soon_threadsafe(stop.set)


async def main(cert, key, port):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with serve(session, "127.0.0.1", port, ssl=tls) as server:
        print("READY", server.sockets[0].getsockname()[1], flush=True)
        threading.Thread(target=wait_for_the_end_of_input, args=(loop, stop), daemon=True).start()
        await stop.wait()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

/**
 * A WebSocket server on the npm package `ws`, for the suites: a peer we did not write.
 *
 *     node server.cjs CERT KEY PORT
 *
 * Serves wss on 127.0.0.1, sends a JSON message every 200 ms and echoes what it is sent. PORT 0 takes a free port.
 * Prints `READY PORT` once it listens. Ends on SIGTERM and when its standard input ends, so that it does not
 * outlive the test that started it. It holds no test logic.
 *
 * CommonJS, because only `require` finds packages through NODE_PATH: they are installed outside the checkout.
 */
"use strict";

const { readFileSync } = require("node:fs");
const { createServer } = require("node:https");
const { WebSocketServer } = require("ws");

const INTERVAL = 200;
const GOODBYE = 500;

const [cert, key, port] = process.argv.slice(2);
if (port === undefined) {
  process.stderr.write("usage: node server.cjs CERT KEY PORT\n");
  process.exit(2);
}

const https = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
const server = new WebSocketServer({ server: https });

server.on("connection", (socket) => {
  let number = 0;
  const tick = () => socket.send(JSON.stringify({ type: "tick", peer: "ws", number: number++ }));
  const ticking = setInterval(tick, INTERVAL);
  tick();
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("close", () => clearInterval(ticking));
  socket.on("error", () => socket.terminate());
});

function stop() {
  for (const socket of server.clients) socket.close(1001);
  https.close();
  setTimeout(() => process.exit(0), GOODBYE).unref();
  server.close(() => process.exit(0));
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdin.on("end", stop).resume();

https.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`READY ${https.address().port}\n`);
});

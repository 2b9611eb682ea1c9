// Hands one message over. The answer comes when the message is as safe as its `level` says.
const [{ execFileSync }, { readFileSync }] = await Promise.all([import("node:child_process"), import("node:fs")]);
const gateway = execFileSync("linekeeper", ["config", "path", "--gateway"], { encoding: "utf8" }).trim();
const { url, token } = JSON.parse(readFileSync(gateway, "utf8"));
const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
console.log(await (await fetch(`${url}/v1/endpoints/hub/messages`, { method: "POST", headers, body: '{"text":"hello from JavaScript"}' })).json());

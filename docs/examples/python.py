# Hands one message over. The answer comes when the message is as safe as its `level` says.
import json, subprocess, urllib.request
gateway = json.load(open(subprocess.check_output(["linekeeper", "config", "path", "--gateway"], text=True).strip()))
headers = {"Authorization": "Bearer " + gateway["token"], "Content-Type": "application/json"}
request = urllib.request.Request(gateway["url"] + "/v1/endpoints/hub/messages", b'{"text":"hello from Python"}', headers)
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read().decode())

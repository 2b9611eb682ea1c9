# Hands one message over with curl. The answer comes when the message is as safe as its `level` says.
gateway=$(linekeeper config path --gateway)
jq -r '"Authorization: Bearer " + .token' "$gateway" | curl --noproxy '*' --silent --show-error --fail-with-body \
  "$(jq -r .url "$gateway")/v1/endpoints/hub/messages" \
  --header @- --header 'Content-Type: application/json' --data '{"text":"hello from curl"}'

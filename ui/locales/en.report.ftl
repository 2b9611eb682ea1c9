# Words of a check's report that are neither a finding nor a step: text for the clipboard, HTML file, text for IT.
# Findings, owners and steps stand in en.findings.ftl. One word for one thing: glossary.md.

report-title = Linekeeper check { $ref }
report-ok = OK
report-degraded = WORKS, NOT AS IT SHOULD
report-problem = PROBLEM
report-incomplete = NOT FINISHED
report-who = Who
report-do = Do
report-meanwhile = Meanwhile
report-reference = Reference
report-code = Code
report-also = Also
report-and-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
}
report-colon = { $name }: { $value }
report-pair = { $first }, { $second }
report-value-if = { $value } ({ $remark })

## How a part of the way is
status-ok = ok
status-warn = warn
status-fail = FAIL
status-skip = skip
status-cut = cut
status-error = error

## Parts of the way
row-name = name
row-connect = connect
row-proxy = proxy
row-backups = backups
row-security = security
row-web = web
row-websocket = websocket
row-quality = quality
row-idle = silence

## What is said of them
note-addresses = { $count ->
    [one] { $count } address
   *[other] { $count } addresses
}
note-literal = the address itself, no name
note-in = { $what } in { $time }
note-dead = { $count ->
    [one] { $count } of { $total } does not answer
   *[other] { $count } of { $total } do not answer
}
note-backups = { $reached } of { $count } can be reached
note-from = { $status } from { $server }
note-status = { $status }
note-clock = clock { $skew }
note-issuer = signed by “{ $issuer }”
note-days = { $count ->
    [one] { $count } day left
   *[other] { $count } days left
}
note-expired = expired
note-median = usually { $median }, at most { $max }
note-retransmits = { $count ->
    [one] { $count } retransmission
   *[other] { $count } retransmissions
}
note-through = { $proxy } ({ $source })
note-needs = needs “{ $part }”

## What an address or a name server said
address-connected = connected
address-refused = refused
address-timeout = no answer
address-unreachable = no path
address-denied = stopped by a rule here
address-failed = failed
answer-ok = answers
answer-no-data = no address
answer-nxdomain = no such name
answer-servfail = failed
answer-refused = refuses
answer-timeout = no answer
source-configuration = configuration file
source-environment = environment variables
source-desktop = system settings
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = long polling
transport-poll = polling

## Live connection
live-connected = connected
live-connected-over = connected over { $transport }
live-connecting = connecting
live-reconnecting = reconnecting
live-disconnected = not connected
live-failed = not connected
live-next = next try in { $time }
live-waiting = { $count ->
    [one] { $count } waiting message
   *[other] { $count } waiting messages
}

## Comparison
changed-since = Changed since the last good check ({ $age } ago)
changed-nothing = Nothing changed since the last good check ({ $age } ago)
changed-issuer = issuer of the certificate
changed-addresses = addresses
changed-websocket = WebSocket
changed-proxy = proxy
changed-dns = name lookup
changed-tcp = connection
changed-tls = start of encryption
changed-upgrade = WebSocket opening
changed-first-byte = first answer
changed-median = response time
changed-works = works
changed-works-not = does not work
changed-none = none
changed-before = Before
changed-now = Now

## Sections of the HTML file
part-endpoints = Connections
part-findings = What was found
part-timing = Where the time went
part-addresses = Addresses
part-name-servers = Name servers
part-certificates = Certificates
part-computer = This computer
part-steps = All steps
part-it = Text for IT
part-details = Details
phase-dns = name
phase-tcp = connect
phase-proxy = proxy
phase-tls = security
phase-upgrade = WebSocket
phase-first-byte = web answer
phase-total = in all
column-step = Step
column-for = For
column-result = Result
column-took = Took
column-said = What was seen
column-address = Address
column-server = Server
column-subject = For
column-issuer = Signed by
column-valid = Valid
column-what = What
computer-interfaces = Interfaces
computer-gateways = Routers
computer-resolvers = Name servers
computer-proxy = Proxy
computer-clock = Clock
computer-vpn = VPN
computer-free = Free space for waiting messages
nothing-found = Nothing unusual.
attempts = { $count ->
    [one] { $count } attempt
   *[other] { $count } attempts
}
footer-mode-quick = quick
footer-mode-deep = deep
footer-run = run { $id }
footer-redacted = Passwords, tokens and personal names were removed ({ $count }).
footer-local = { $time } here

## Text for IT
it-subject = Please help: { $line }
it-destination = Destination
it-port = Port
it-protocol = Protocol
it-proxy = Proxy on the way
it-reason = What is wrong
it-wanted = What would help
it-evidence = Evidence
it-when = Checked
it-trace = Trace
it-trace-text = every request of the check carries the header X-Diag-Run: { $id }
it-protocol-wss = WebSocket over TLS (wss), TCP
it-protocol-ws = WebSocket (ws), TCP

## Quantities
time-ms = { $n } ms
time-s = { $n } s
time-min = { $n } min
time-h = { $n } h
time-d = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
size-mb = { $n } MB
size-gb = { $n } GB

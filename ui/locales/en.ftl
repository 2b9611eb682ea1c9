# Words of the window in English. Every key stands in every language with the same arguments (words.test.ts).
# One word for one thing: see glossary.md.

## Frame
app-name = Linekeeper
sections = Sections
overview = Overview
messages = Messages
sending = Sending
help = Help
language = Language
skip = Skip to the content
close = Close
dismiss = Dismiss
keep = Keep
quit = Quit Linekeeper

## Quantities
span-s = { $s } s
span-min = { $min } min
span-h = { $h } h
span-h-min = { $h } h { $min } min
span-d = { $d } d
span-d-h = { $d } d { $h } h
unit-ms = { $n } ms
unit-s = { $n } s
unit-b = { $n } B
unit-kb = { $n } kB
unit-mb = { $n } MB
unit-gb = { $n } GB
unit-tb = { $n } TB
ago = { $duration } ago

## First sentence
verdict-connected = { $total ->
    [one] The connection is up
   *[other] All { $total } connections are up
}
verdict-degraded = { $total ->
    [one] The connection is up, on a fallback
   *[other] All { $total } connections are up, { $fallback } on a fallback
}
verdict-partial = { $up ->
    [one] { $up } of { $total } connections is up
   *[other] { $up } of { $total } connections are up
}
verdict-down = { $total ->
    [one] The connection is down
   *[other] No connection is up
}
verdict-offline = This computer has no network
verdict-paused = { $total ->
    [one] The connection is paused
   *[other] All { $total } connections are paused
}
verdict-connecting = { $up ->
    [0] Connecting
    [one] { $up } of { $total } connections is up
   *[other] { $up } of { $total } connections are up
}
verdict-empty = No connections yet
verdict-opening = Asking Linekeeper
verdict-lost = Linekeeper is not running here; trying again

## Second sentence
cause-down = { $count ->
    [one] { $names } has been down for { $duration }.
   *[other] { $names } are down, the longest for { $duration }.
}
cause-no-network = { $count ->
    [one] { $names } has no network.
   *[other] { $names } have no network.
}
cause-offline = Connections come back by themselves when the network does.
cause-fallback = { $count ->
    [one] { $names } runs on a fallback.
   *[other] { $names } run on a fallback.
}
cause-connecting = { $count ->
    [one] { $names } is connecting.
   *[other] { $names } are connecting.
}
cause-paused = { $count ->
    [one] { $names } is paused.
   *[other] { $names } are paused.
}
cause-waiting = { $count ->
    [one] { $count } message waits to be sent.
   *[other] { $count } messages wait to be sent.
}
cause-on-disk = { $count ->
    [one] { $count } message waits safely on disk.
   *[other] { $count } messages wait safely on disk.
}
cause-steady = Nothing has changed for { $duration }.
cause-empty = Nothing is configured, so there is nothing to keep up.
cause-lost = What you see below is the last that was known.
names-more = { $count } more

## One connection
state-up = Connected
state-fallback = Connected on a fallback
state-connecting = Connecting
state-reconnecting = Reconnecting
state-disconnected = Disconnected
state-failed = Failed
state-offline = No network
state-paused = Paused
line-up = up { $duration }
line-fallback = up { $duration } on a fallback
line-backup = up { $duration } on { $host }
line-quality = up { $duration }, quality { $quality }
line-connecting = trying for { $duration }
line-offline = no network for { $duration }
line-paused = paused for { $duration }
line-down = down { $duration }
line-attempt = down { $duration }, attempt { $attempt }
line-reason = down { $duration }, { $reason }
reason-paused = paused
reason-auth-required = sign-in refused
reason-misconfigured = wrong address
reason-max-attempts = every allowed try failed
reason-server-stop = the server asked us to stay away
reason-flapping = unstable
reason-captive-portal = this network wants you to sign in
reason-offline = no network
transport-websocket = WebSocket
transport-sse = SSE
transport-long-poll = Long polling
transport-poll = Polling
pill-fallback = { $transport }, fallback
pill-backup = Backup host
next-try = next try in { $duration }
next-try-now = trying now
next-check = The main host is checked again in { $duration }.
next-check-now = The main host is being checked now.
wait-backoff = Each failed try makes the next wait longer, to spare the server.
wait-local = The cause was on this computer: the next try comes at once.
wait-server-restarting = The server is given a moment to come back.
wait-overloaded = The server is given time to catch up.
wait-server-asked = The server asked us to wait until { $time }.
wait-flapping = It opens and drops again and again, so tries are rarer.
wait-slow-probe = It is tried only now and then until the cause is gone.
wait-budget = This server has been tried often enough for the moment.
response-p95 = p95 { $time }
response-hint = Half of the answers came within { $p50 }, 95 of 100 within { $p95 }.
sparkline = Response times, newest last

## Orders
reconnect = Reconnect
reconnect-all = Reconnect all
pause = Pause
pause-all = Pause all
resume = Resume
resume-all = Resume all
try-now = Try now
connect = Connect
details = Details
show-messages = Show messages
order-failed = That did not work.

## Details of a connection
detail-address = Address
detail-host = Now using
detail-transport = Transport
detail-response = Response time
detail-response-value = { $last } now, { $p50 } median, { $p95 } p95
detail-quality = Quality
detail-usual = Usual time
detail-lost = Pings lost
detail-answer = Last answer
detail-received = Received
detail-sent = Sent
detail-traffic = { $count ->
    [one] { $count } message, { $size }
   *[other] { $count } messages, { $size }
}
detail-reconnects = Reconnects
detail-errors = Errors
detail-next = Next try
detail-primary = Main host
detail-last-error = Last error
detail-remedy = What to do
detail-owner = Who can mend it
detail-technical = Technical detail
detail-none = none
quality-good = good
quality-fair = fair
quality-poor = poor
quality-unknown = not measured yet

## Problems of the agent
problems = Problems
problem-at = Connection { $name }
empty-title = Your connections will appear here
empty-body = Each shows whether it is up, how fast it answers and what went wrong last.
empty-add = To add one, write it into the configuration file. This command prints where it is:
empty-demo = To look around first, start with demo data:

## Messages
messages-hint = The last 100 of each connection, newest first.
messages-from = From
messages-all = All connections
messages-filter = Filter
messages-filter-hint = Text in a message
messages-hold = Hold
messages-continue = { $count ->
    [0] Continue
   *[other] Continue, { $count } withheld
}
messages-count = { $shown } of { $total }
messages-list = Received messages
messages-none = No messages yet
messages-none-hint = What arrives appears here at once.
messages-no-match = No message matches
messages-no-match-hint = Change the filter, or clear it to see all.
messages-clear = Clear the filter
messages-load-failed = Earlier messages could not be loaded.
message-shortened = shortened
message-empty = empty
message-detail = Message { $seq } from { $name }
message-received = { $time }, { $size }
binary-size = Binary, { $size }
feed-volume = volume { $n }
feed-models = { $available } of { $total } models available
feed-sources = { $active } of { $total } sources active
feed-requests = { $n } requests/min
feed-failed = { $n } failed
feed-loading = { $n } loading
feed-database-online = database online
feed-database-offline = database offline
feed-fear-greed = Fear and greed { $value }
feed-hub-open = Session { $id } opened
feed-hub-pong = Answer to a ping
mood-extreme-fear = extreme fear
mood-fear = fear
mood-neutral = neutral
mood-greed = greed
mood-extreme-greed = extreme greed
mood-positive = positive
mood-negative = negative
mood-bullish = bullish
mood-bearish = bearish
mood-mixed = mixed

## Waiting messages of one connection
waiting-back = { $count ->
    [one] { $count } message waits; it goes out when the connection is back.
   *[other] { $count } messages wait; they go out when the connection is back.
}
waiting-first = { $count ->
    [one] { $count } message waits; it goes out as soon as the connection is up.
   *[other] { $count } messages wait; they go out as soon as the connection is up.
}
waiting-resume = { $count ->
    [one] { $count } message waits; it goes out when you resume the connection.
   *[other] { $count } messages wait; they go out when you resume the connection.
}
waiting-now = { $count ->
    [one] { $count } message is on its way.
   *[other] { $count } messages are on their way.
}
waiting-none = nothing waits
not-delivered = { $count ->
    [one] { $count } message could not be delivered.
   *[other] { $count } messages could not be delivered.
}
oldest = oldest { $duration }
level-memory = Held in memory: what is accepted is lost when Linekeeper ends.
level-process = Written to a file: what is accepted survives a crash of Linekeeper, but not a power cut.
level-power = On disk: what is accepted survives a crash and a power cut.
pill-not-delivered = { $count } not delivered
pill-memory = Memory only
buffer-ok = Takes messages
buffer-full = Full
buffer-unavailable = Disk refuses
detail-waiting = Waiting
detail-oldest = Oldest
detail-on-the-way = On the way
detail-on-the-way-value = { $count } sent, not yet confirmed
detail-promise = Promise
detail-buffer = State

## Sending
sending-title = { $count ->
    [0] No message waits to be sent
    [one] { $count } message waits to be sent
   *[other] { $count } messages wait to be sent
}
sending-hint = What is accepted waits here, in order, until its server has it.
compose-label = Message to { $name }
compose-placeholder = Text or JSON; it goes out as it stands
compose-send = Send
compose-sending = Storing
compose-keys = sends
compose-not-json = This looks like JSON but is not valid. It goes out as it stands.
compose-now = It goes out at once.
compose-back = It waits on this computer and goes out when the connection is back.
compose-first = It waits on this computer and goes out as soon as the connection is up.
compose-resume = It waits on this computer and goes out when you resume the connection.
compose-refused = Not accepted.
compose-unknown = No answer came, so it is not known whether the message was accepted. Sending it again does no harm: it counts once.
sent-title = Sent from this window
sent-storing = being stored
sent-accepted = accepted
sent-delivered = delivered
sent-delivered-after = delivered after { $duration }
sent-missed = accepted; what followed was missed here
show = Show
send-message = Send a message
waiting-title = Waiting messages
waiting-facts = Waiting for { $duration }, { $size }.
waiting-failed = { $count ->
    [one] It failed on { $count } attempt.
   *[other] It failed on { $count } attempts.
}
waiting-sent = May have been sent already, not confirmed.
waiting-fetching = Fetching its content
waiting-gone = It does not wait any more.
waiting-cut = This is its beginning.
waiting-shown = { $shown } of { $total }, in the order in which they came.
waiting-ask-hint = { $count ->
    [one] { $name } will not receive it. It cannot be brought back.
   *[other] { $name } will not receive them. They cannot be brought back.
}
waiting-ask-sent = { $count ->
    [one] { $name } may have received it already; if not, it never will. It cannot be brought back.
   *[other] { $name } may have received some already; it will not receive the others. They cannot be brought back.
}
page-back = Back
page-next = Next
dead-title = Not delivered
dead-hint = Set aside so that the others can go on. They stay until you decide; sent again, they go behind those that wait.
dead-poison = { $attempts ->
    [one] It failed on { $attempts } attempt.
   *[other] It failed on each of { $attempts } attempts.
}
dead-refused = The server does not take it as it is.
dead-corrupt = It was damaged on disk and cannot be sent again.
dead-retry = Send again
dead-delete = Delete
dead-delete-all = Delete all
dead-export = Save as a file
dead-exported = Saved: { $place }
dead-ask-one = Delete this message?
dead-ask-all = { $count ->
    [one] Delete { $count } message?
   *[other] Delete { $count } messages?
}
dead-ask-hint = { $count ->
    [one] { $name } never received it. It cannot be brought back.
   *[other] { $name } never received them. They cannot be brought back.
}
dead-facts = { $size }, given up { $duration } ago.
dead-shown = The oldest { $shown } of { $total }. A file holds all of them.
dead-load-failed = These messages could not be loaded.

## Diagnostics
check = Diagnostics
check-hint = One click tests the way from this computer to every server, and says what is wrong and who can mend it.
check-run = Run diagnostics
check-again = Run again
check-deep = Deep check
check-deep-hint = Also tests silence, large packets and more response times. Takes up to two minutes.
check-cancel = Cancel
check-which = What is checked
check-begins = The check begins.
check-progress = Step { $step } of { $total }: { $doing }, { $duration }
check-many = { $count ->
    [one] { $count } connection
   *[other] { $count } connections
}
check-made = { $what }, checked { $ago } ago in { $took }
check-made-deep = { $what }, deep check { $ago } ago in { $took }
check-who = Who can mend it
check-do = What to do
check-meanwhile = Right now
check-meanwhile-up = { $count ->
    [0] Connected over { $transport }, nothing waits.
    [one] Connected over { $transport }, { $count } message waits.
   *[other] Connected over { $transport }, { $count } messages wait.
}
check-meanwhile-down = { $count ->
    [0] Not connected, nothing waits.
    [one] Not connected, { $count } message waits.
   *[other] Not connected, { $count } messages wait.
}
check-meanwhile-retry = { $count ->
    [0] Not connected, next try in { $duration }.
    [one] Not connected, next try in { $duration }; { $count } message waits.
   *[other] Not connected, next try in { $duration }; { $count } messages wait.
}
check-copy = Copy result
check-copy-it = Text for IT
check-copied = The result is on the clipboard.
check-copied-it = A text for whoever runs the network is on the clipboard.
check-save-page = Save as a page
check-save-bundle = Save support file…
check-saved = Saved: { $place }
check-reference = Finding and reference, to be read out on the telephone
check-compared = { $name }, compared with the last good check { $ago } ago: { $changes }.
change-issuer = issuer { $before } → { $now }
change-addresses = addresses { $before } → { $now }
change-websocket = WebSocket { $before } → { $now }
change-dns = name { $before } → { $now }
change-tcp = connection { $before } → { $now }
change-tls = security { $before } → { $now }
change-upgrade = opening WebSocket { $before } → { $now }
change-median = response time { $before } → { $now }
change-proxy = proxy { $before } → { $now }
check-findings = { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}
check-follows = A consequence of { $code }
check-steps = { $count ->
    [one] { $count } step
   *[other] { $count } steps
}
check-step = Step
check-step-for = Connection
check-step-state = Result
check-step-time = Time
severity-info = Good to know
severity-warn = Not as it should be
severity-fail = Does not work
stage-computer = This computer
stage-name = Name
stage-connection = Connection
stage-proxy = Proxy
stage-security = Security
stage-web = Web
stage-websocket = WebSocket
stage-fallback = Fallbacks
stage-response = Response time
stage-silence = Silence
stage-doing-computer = looking at the network of this computer
stage-doing-name = looking up the name
stage-doing-connection = connecting to every address
stage-doing-proxy = going through the proxy
stage-doing-security = checking the certificate
stage-doing-web = asking for a page
stage-doing-websocket = opening a WebSocket
stage-doing-fallback = trying the fallbacks
stage-doing-response = measuring response times
stage-doing-silence = waiting in silence
stage-is-pass = Works
stage-is-warn = Not as it should be
stage-is-fail = Does not work
stage-is-error = Broke off
stage-is-running = Under way
stage-is-cancelled = Cancelled
stage-is-skip = Not checked
stage-is-awaited = Not begun
stage-is-na = Does not apply
check-skipped = not checked: what it needs does not work
check-cancelled = the check ended before this
check-broke-off = this step broke off
check-addresses = { $count ->
    [one] { $count } address
   *[other] { $count } addresses
}
check-connected-to = { $address }
check-address-dead = { $address }: { $result ->
    [refused] refused
    [timeout] no answer
    [unreachable] no path
    [denied] stopped by a rule on this computer
   *[failed] failed
}
check-through = through { $proxy }
check-certificate = { $days ->
    [one] issued by { $issuer }, { $days } day left
   *[other] issued by { $issuer }, { $days } days left
}
check-answered = answers with { $status }
check-answered-by = { $server } answers with { $status }
check-open = opens
check-median = { $count ->
    [one] { $time } in { $count } answer
   *[other] { $time } median of { $count } answers
}
check-network = network { $name } is up
check-clock = network is up; the clock differs by { $time }
check-no-interface = no network
recording-title = A problem that comes and goes?
recording-hint = Record it: start, make it happen, stop. For 15 minutes at most the log says more, and the support file says where to read. Nothing is sent anywhere.
recording-start = Start recording the problem
recording-again = Record again
recording-on = The problem is being recorded
recording-left = { $left } left
recording-on-hint = Make it happen now, then stop. What Linekeeper does is logged in detail; messages and passwords are not.
recording-reference = Reference, to be read out on the telephone
recording-stop = Stop recording
recording-over = The problem is recorded
recording-done = It took { $took }, reference { $reference }. A support file that you save from now on says when that was, so that whoever helps you reads this part of the log.
bundle-title = Support file
bundle-hint = One file for whoever helps you. Passwords, tokens, user names and messages are never in it; look before you save.
bundle-privacy = Also taken out
privacy-standard = Addresses and ids
privacy-strict = Addresses, ids and host names
privacy-full = Nothing more
privacy-full-hint = Addresses of this network stay readable. Hand this file only to those who run it.
bundle-removed = { $count ->
    [0] nothing taken out
    [one] { $count } taken out
   *[other] { $count } taken out
}
bundle-look = Look
bundle-save = Save

## Help
help-hint = Keys, versions and where things are.
help-keys = Keys
help-versions = Versions
help-places = Where things are
key-overview = Open the overview
key-messages = Open the messages
key-sending = Open sending
key-check = Open diagnostics
key-help = Open this help
key-reconnect = Reconnect all connections
key-hold = Hold or continue the messages
key-filter = Filter the messages
key-compose = Write a message
key-run-check = Run diagnostics
key-sheet = Show the keys
key-escape = Close what is open
key-then = { $first } then { $second }
key-or = or
version-agent = Agent
version-window = Window
version-process = Process
version-uptime = Running for
place-gateway = Local gateway
place-gateway-off = off
place-config = Configuration file
place-status = State on a terminal
place-link = Link to this page

## Without a token
token-title = This page opens with its own link
token-body = The link carries the token that proves you may see these connections. This command prints it:
token-old-title = The link has changed
token-old-body = Linekeeper does not accept this page's token any more. Open the link that this command prints:

## Errors: one sentence for each code; .todo says what to do
error-dns-not-found = No server with this name was found.
error-dns-failed = The server’s address could not be looked up.
error-dns-timeout = Looking up the server’s address took too long.
error-connection-refused = No program answers at the server’s address.
error-connect-timeout = The server does not answer.
error-unreachable = The server cannot be reached from this network.
error-network-down = This computer has no network.
error-permission-denied = This computer does not allow the connection.
error-connect-failed = The connection could not be opened.
error-tls-name = The server’s certificate is for another name.
error-tls-expired = The server’s certificate has expired.
error-tls-not-yet-valid = The server’s certificate is not valid yet. Is this computer’s clock right?
error-tls-untrusted = The server’s certificate comes from an issuer this computer does not trust.
error-tls-revoked = The server’s certificate was revoked.
error-tls-timeout = Setting up the encrypted connection took too long.
error-tls-not-spoken = The server offers no encrypted connection at this address.
error-tls-failed = The encrypted connection could not be set up.
error-ca-file = The configured file of trusted certificates cannot be used.
error-client-cert = The configured client certificate cannot be used.
error-client-cert-required = The server asks for a client certificate.
error-client-cert-refused = The server does not accept the client certificate.
error-proxy-unreachable = The proxy cannot be reached.
error-proxy-auth-required = The proxy asks for a user name and password.
error-proxy-refused = The proxy does not allow the connection.
error-proxy-cannot-reach = The proxy cannot reach the server.
error-proxy-timeout = Connecting through the proxy took too long.
error-proxy-failed = The proxy does not work as it should.
error-unauthorized = The server does not accept the user name, password or token.
error-forbidden = The server refuses access.
error-secret-unavailable = The secret for the server could not be read.
error-secret-exposed = Other people on this computer can read a file with a secret.
error-not-found = The server answers, but has nothing at this address.
error-rate-limited = The server asks us to connect less often.
error-service-unavailable = The server is up, the service behind it is not.
error-server-error = The server reports an error of its own.
error-not-websocket = Something answers at this address, but not a WebSocket server.
error-redirect-refused = The server sends the connection elsewhere, and it cannot go there.
error-handshake-invalid = The server answered the WebSocket request, but not in a valid way.
error-handshake-timeout = The server accepted the connection, but then did not answer.
error-handshake-closed = The server closed the connection before answering.
error-attempt-timeout = Connecting took too long.
error-not-proven = The connection opened, but nothing came through it.
error-ping-timeout = The connection went silent.
error-connection-lost = The connection was lost.
error-closed-by-server = The server ended the connection.
error-server-restarting = The server is restarting.
error-server-overloaded = The server is overloaded.
error-protocol-violation = The server sent something a WebSocket server may not send.
error-invalid-utf8 = The server sent damaged text (not valid UTF-8).
error-message-too-big = A message was larger than allowed.
error-captive-portal = This network wants you to sign in first.
error-max-attempts = Every allowed try failed. It is still tried from time to time.
error-config-invalid = The configuration file has an error.
    .todo = Correct the file. Changes are read at once.
error-config-unreadable = The configuration file cannot be read.
    .todo = Give your account the right to read it.
error-env-invalid = An environment variable has a value that is not valid.
    .todo = Correct the variable, then start Linekeeper again.
error-unsupported = This version cannot do what is configured here.
    .todo = Remove the setting, or install a version that knows it.
error-gateway-unavailable = The local gateway could not start.
    .todo = Free the address, or configure another one. Connections are not affected.
error-gateway-busy = The local gateway has too many connections.
    .todo = Close programs or pages that use it. Connections to servers are not affected.
error-log-unavailable = Log files cannot be written.
    .todo = Make the folder writable. Connections are not affected.
error-file-not-written = The file could not be written.
    .todo = Check that the disk has room and that your account may write to the folder.
error-tray-unavailable = This desktop shows no tray icons.
    .todo = Install or enable a tray host; in GNOME that is the extension AppIndicator. Until then closing this window minimizes it, and starting Linekeeper again brings it back.
error-notifications-unavailable = The desktop shows no notifications.
    .todo = Start a notification service. Until then look at this window.
error-no-home = No folder for Linekeeper’s files was found.
    .todo = Set HOME or LINEKEEPER_HOME, then start Linekeeper again.
error-already-running = Linekeeper is already running.
error-check-running = Another check is running.
error-bad-request = The request is not valid.
error-token-required = The gateway’s token is missing or wrong.
error-origin-refused = Requests from this origin are not allowed.
error-unknown-endpoint = There is no connection with this id.
error-unknown-route = There is nothing at this path.
error-unknown-message = There is no message with this id.
error-unknown-check = There is no check with this id any more.
error-bundle-refused = The support file was not saved: something in it must not leave this computer.
    .todo = Leave the named file out, or report this.
error-unsupported-media-type = Messages of this content type are not taken.
error-too-many-messages = Messages come faster than they can be taken.
error-buffer-full = The buffer for unsent messages is full.
    .todo = Wait until the server takes messages again, or delete some that wait.
error-disk-full = The disk is too full to store unsent messages.
    .todo = Free space on the disk. What waits is still sent.
error-buffer-unavailable = Unsent messages cannot be stored.
    .todo = Check that the disk works and that your account may write to Linekeeper’s folder.
error-buffer-damaged = Stored messages were damaged.
    .todo = What could be saved was saved and is sent. The damaged file is kept.
error-messages-left = Messages wait for a connection that is not configured any more.
    .todo = Configure and enable the connection again to send them, or delete their folder.
error-shutting-down = Linekeeper is shutting down.
error-internal = Something went wrong inside Linekeeper. The log has more.

## What a person can do: one for each remedy, and who can
remedy-resume = Nothing is wrong. Resume it when you want the connection back.
remedy-join-network = Connect this computer to a network: check the cable or Wi-Fi. Linekeeper then connects by itself.
remedy-sign-in-to-network = Open a browser, visit any page and sign in to this network. Linekeeper then connects by itself.
remedy-renew-credential = Correct the user name, password or token in the configuration, or ask who runs the server for a new one.
remedy-mend-secret = Put the secret where the configuration says it is; the technical detail names the place and what is wrong.
remedy-ask-for-access = Ask who runs the server to give this account or this computer access.
remedy-mend-client-certificate = Check the files of the client certificate and its key that the configuration names.
remedy-get-client-certificate = Ask who runs the server for a client certificate, and name its files in the configuration.
remedy-renew-client-certificate = Ask who runs the server for a new client certificate: this one may have expired.
remedy-sign-in-to-proxy = Ask your network administrator for the proxy’s user name and password, and enter them in the configuration.
remedy-check-proxy = Ask your network administrator whether the proxy works and its address in the settings is right.
remedy-allow-at-proxy = Ask your network administrator to let the proxy connect to this server.
remedy-check-name = Check how the server’s name is spelled in the configuration. If it is right, ask your network administrator.
remedy-check-name-service = See whether web pages open. If they do not, tell your network administrator that names are not found.
remedy-check-address = Compare the address in the configuration with the one that the people who run the server gave you.
remedy-check-path = Check the part of the address after the server’s name. Who runs the server knows the right one.
remedy-check-port = Check the port in the configuration. Who runs the server knows which one is encrypted.
remedy-start-server = Ask who runs the server whether it is running, and check the port in the configuration.
remedy-check-route = Check your network, and the VPN if this server needs one. If both work, ask your network administrator.
remedy-allow-in-firewall = Ask your administrator to allow Linekeeper in this computer’s firewall or security software.
remedy-correct-certificate-name = Check the server’s name in the configuration. If it is right, who runs the server must correct the certificate.
remedy-replace-certificate = Tell who runs the server that it needs a new certificate. First make sure that this computer’s date is right.
remedy-set-clock = Set this computer’s date and time. If they are right, tell who runs the server.
remedy-trust-issuer = Ask your administrator for the issuer’s certificate, and name its file as ca_file in the configuration.
remedy-check-inspection = Ask your network administrator whether a proxy or security software inspects encrypted connections.
remedy-mend-ca-file = Check the file that the configuration names as ca_file: it must be readable and hold certificates.
remedy-let-websocket-through = Ask your network administrator whether a proxy or firewall blocks WebSocket. If not, ask who runs the server.
remedy-respect-wait = Linekeeper keeps the time that the server asked for. Reconnecting by hand tries at once.
remedy-ask-for-higher-limit = Linekeeper slows down by itself. If this happens often, ask who runs the server for a higher limit.
remedy-wait-for-server = Linekeeper connects as soon as the server is ready. If this lasts, tell who runs the server.
remedy-check-line = Linekeeper reconnects by itself. If this happens often, check the cable, Wi-Fi or VPN.
remedy-ask-about-hangups = The server accepts and hangs up again and again. Ask who runs it; Linekeeper tries less often meanwhile.
remedy-ask-about-stop = The server wants no connection for now. Ask who runs it; reconnecting by hand tries at once.
remedy-try-by-hand = Linekeeper now tries only now and then. Reconnect by hand once the cause is gone.
remedy-report-to-server = Send the technical detail to the people who run the server: it breaks the rules of the protocol.
remedy-shrink-messages = Ask who runs the server to send smaller messages.
remedy-returns-by-itself = Messages flow. Linekeeper returns to the usual way by itself as soon as that works again.
remedy-report-defect = This is a fault of Linekeeper. Send its log files to who looks after it.
owner-you = you
owner-administrator = the administrator
owner-server = who runs the server
owner-linekeeper = Linekeeper

# Words of tray and notifications in English, beside those of the window (en.ftl), which they share: verdicts, reasons,
# units, errors. A key stands in one of the two files only. Every key stands in every language with the same
# arguments (crate presenter, tests in words). One word for one thing: see glossary.md.

span-min-s = { $min } min { $s } s

## Tray
tray-line = { $name }: { $state }
tray-pair = { $first }, { $second }
tray-connecting = connecting
tray-disconnected = disconnected
tray-failed = failed
tray-waiting = { $count ->
    [one] { $count } message waiting
   *[other] { $count } messages waiting
}
tray-more = { $count ->
    [one] { $count } more connection
   *[other] { $count } more connections
}
tray-more-down = { $count ->
    [one] { $count } more connection, down
   *[other] { $count } more connections, { $down } down
}
tray-check = Run diagnostics
tray-open = Open Linekeeper
tray-quit = Quit Linekeeper

## Notices: something is down
notice-down = { $name } is down
notice-down-group = { $down } of { $total } connections are down
notice-blocked = { $name } cannot connect
notice-keeps-trying = Linekeeper keeps trying.
notice-waiting = { $count ->
    [one] { $count } message waits to be sent.
   *[other] { $count } messages wait to be sent.
}

## Notices: why it does not come back by itself, and what to do
why-auth-required = Signing in was refused. Correct the user name, password or token in the configuration file.
why-misconfigured = The server answers, but not as it should. Check address and path in the configuration file.
why-max-attempts = Every allowed try failed. Linekeeper tries again from time to time.
why-server-stop = The server asked us to stay away.
why-flapping = It opens and drops again and again.
why-captive-portal = This network wants you to sign in. Open a browser and do so.
why-offline = This computer has no network.

## Notices: it drops again and again
notice-unstable = { $name } is unstable
notice-unstable-group = { $count ->
    [one] { $count } connection is unstable
   *[other] { $count } connections are unstable
}
notice-unstable-drops = { $count ->
    [one] It dropped once in { $span }. Linekeeper keeps trying.
   *[other] It dropped { $count } times in { $span }. Linekeeper keeps trying.
}
notice-unstable-too = Unstable: { $names }

## Notices: it is up again
notice-back = { $name } is back after { $duration }
notice-back-group = { $count ->
    [one] { $count } connection is back after { $duration }
   *[other] { $count } connections are back after { $duration }
}
notice-on-fallback = Connected on a fallback: { $transport }.
notice-on-backup = Connected to a backup host: { $host }.
notice-still-down = Still down: { $names }

## Notices: something is wrong with messages that wait
notice-buffer-full = Too many messages wait for { $name }
notice-disk-full = The disk is too full for messages to { $name }
notice-buffer-unavailable = Messages to { $name } cannot be stored
notice-buffer-damaged = Stored messages to { $name } were damaged
notice-not-delivered = { $count ->
    [one] { $count } message to { $name } could not be delivered
   *[other] { $count } messages to { $name } could not be delivered
}
notice-not-delivered-todo = It is kept aside until you send it again or delete it.
notice-messages-group = { $count ->
    [one] Messages of { $count } connection need attention
   *[other] Messages of { $count } connections need attention
}

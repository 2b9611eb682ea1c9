# Words of a check in English, beside those of the window (en.ftl), whose units they use: what was found and what to do
# about it (attribute remedy), who can, how sure that is, and the steps. A key stands in one of the files only. Every key
# stands in every language with the same arguments (crate diagnostics, tests in words). One word for one thing: see
# glossary.md. Sentences have at most 160 characters with long names in them.

## This computer
finding-pc-01 = This computer is not connected to any network.
    .remedy = Plug in the network cable or join a Wi-Fi network, then check again.
finding-pc-02 = This computer is connected, but its network gives it no way to the outside.
    .remedy = Disconnect from the network and join it again. If that does not help, tell your network administrator: there is no default gateway.
finding-pc-03 = The router { $gateway } does not answer ({ $iface }).
    .remedy = Check the cable or the Wi-Fi and restart the router. If that does not help, call your network administrator.
finding-pc-04 = A rule on this computer stopped the connection to { $target } before it left.
    .remedy = Ask whoever looks after the firewall or security software of this computer to let Linekeeper reach { $target }.
finding-pc-05 = { $direction ->
    [ahead] This computer’s clock is { $skew } ahead
   *[behind] This computer’s clock is { $skew } behind
}{ $breaks ->
    [yes] ; security checks fail because of it.
   *[no] . Security checks can fail because of it.
}
    .remedy = Switch on automatic time in the system settings, then check again.
finding-pc-06 = { $direction ->
    [ahead] This computer’s clock is { $skew } ahead of the server’s.
   *[behind] This computer’s clock is { $skew } behind the server’s.
}
    .remedy = This does no harm yet. To set it right, switch on automatic time in the system settings.
finding-pc-07 = This network wants you to sign in before it lets anything through.
    .remedy = Open a web browser and sign in to the network, then check again.
finding-pc-08 = { $reason ->
    [no-space] Messages cannot be saved, because the disk is full.
    [unwritable] Messages cannot be saved, because nothing can be written to their folder.
    [full] Messages cannot be saved, because too many wait already.
   *[other] Messages cannot be saved: { $why }.
} { $count ->
    [0] No messages wait.
    [one] { $count } message waits.
   *[other] { $count } messages wait.
}
    .remedy = { $reason ->
    [full] Get the connection working, so that they can be sent. Do not uninstall Linekeeper: they are stored in { $place }.
    [unwritable] Make the folder { $place } writable, or ask your administrator to. Do not uninstall Linekeeper: messages are stored there.
    [no-space] Free up space on the disk that holds { $place }. Do not uninstall Linekeeper: messages are stored there.
   *[other] Restart Linekeeper, but do not uninstall it. If that does not help, send the support file to the makers of Linekeeper.
}
finding-pc-09 = { $why ->
    [full] { $count ->
        [one] { $count } message ({ $size }) waits to be sent, and there is little room for more.
       *[other] { $count } messages ({ $size }) wait to be sent, and there is little room for more.
    }
   *[old] { $count ->
        [one] { $count } message ({ $size }) has waited to be sent for { $age }.
       *[other] { $count } messages ({ $size }) wait to be sent, the oldest for { $age }.
    }
}
    .remedy = Nothing is lost: they are sent as soon as the connection works. Do not uninstall Linekeeper until then.
finding-pc-10 = This computer has no free connections left.
    .remedy = Restart Linekeeper. If it happens again, send the support file to the makers of Linekeeper.
finding-pc-11 = { $user ->
    [none] Another copy of Linekeeper holds the waiting messages (process { $pid }).
   *[other] Another copy of Linekeeper holds the waiting messages (process { $pid }, user { $user }).
}
    .remedy = Close the other copy, then check again.
finding-pc-12 = { $what ->
    [woke] This computer woke up a moment ago; the results may still change.
   *[network] The network changed a moment ago; the results may still change.
}
    .remedy = Wait half a minute, then check again.
finding-pc-13 = Traffic to { $host } goes through the VPN { $iface }.
    .remedy = Nothing to do. If something fails, try it without the VPN, or connect the VPN anew.

## Configuration
finding-cf-01 = { $what ->
    [url] The address of { $name } is not valid: { $why }.
    [proxy] The proxy named in the { $name ->
        [configuration] configuration file
        [environment] environment variables
       *[desktop] system settings
    } cannot be used: { $why }.
   *[setting] A setting of { $name } cannot be used: { $why }.
}
    .remedy = { $what ->
    [proxy] { $name ->
        [configuration] Correct the proxy in the configuration file.
        [environment] Correct the proxy in the environment variables.
       *[desktop] Correct the proxy in the system settings.
    }
   *[other] Correct it in the configuration file.
}
finding-cf-02 = { $kind ->
    [circle] { $host } sends the connection in a circle.
    [weaker] { $host } sends the connection to an address without encryption ({ $location }).
   *[elsewhere] { $location ->
        [none] { $host } sends the connection elsewhere, but does not say where.
       *[other] { $host } sends the connection to another address ({ $location }).
    }
}
    .remedy = { $kind ->
    [circle] Tell the person who runs the server, and send this report along.
    [weaker] Do not use that address: others could read along. Tell the person who runs the server.
   *[elsewhere] Put the new address into the configuration file. If you do not know it, ask the person who runs the server.
}
finding-cf-03 = No user name, password or token could be read for { $name }.
    .remedy = Check the place where it should be stored: { $place }.

## Names
finding-dn-01 = { $resolver ->
    [unknown] There seems to be no server with the name { $host }.
   *[other] There is no server with the name { $host }, says the name server { $resolver }.
}
    .remedy = Check the spelling. If it is an internal name, connect the VPN. Otherwise ask your network administrator.
finding-dn-02 = { $resolver ->
    [unknown] Looking up the name { $host } failed.
   *[other] The name server { $resolver } failed while looking up { $host }.
}
    .remedy = { $resolver ->
    [unknown] Tell your network administrator: no name server gave an answer for { $host }.
   *[other] Tell your network administrator: { $resolver } answers SERVFAIL for { $host } (zone, DNSSEC or forwarder).
}
finding-dn-03 = No name server answers, so { $host } cannot be found.
    .remedy = { $servers ->
    [none] Check the network and the VPN. For your network administrator: no lookup is answered; port 53 may be blocked.
   *[other] Check the network and the VPN. For your network administrator: no answer from { $servers }, port 53.
}
finding-dn-04 = The name server { $resolver } refuses to answer this computer.
    .remedy = Set the name servers to automatic in the network settings, or ask your network administrator which ones to use.
finding-dn-05 = The name { $host } exists, but it has no address.
    .remedy = Tell the person who runs the server: { $host } needs an A or AAAA record.
finding-dn-06 = { $lost ->
    [none] The first name server, { $resolver }, does not answer.
   *[other] The first name server, { $resolver }, does not answer; every lookup loses { $lost }.
}
    .remedy = Ask your network administrator to repair the name server { $resolver } or to remove it.
finding-dn-07 = The name { $host } is fixed to { $address } in this computer’s hosts file.
    .remedy = If that is not intended, remove the line with { $host } from the hosts file.
finding-dn-08 = The name { $host } leads to { $address }, which looks like a block or a detour.
    .remedy = Ask your network administrator whether a filter blocks the name { $host } and, if so, to allow it.

## Reaching the server
finding-tc-01 = { $proof ->
    [yes] { $host } can be reached, but no program answers there on port { $port }.
   *[no] The connection to { $target } is refused.
}
    .remedy = { $proof ->
    [yes] Ask the person who runs the server whether the service on port { $port } is running.
   *[no] Often caused by a stopped service or a firewall. Ask the person who runs the server, then your network administrator, about { $target }.
}
finding-tc-02 = Nothing answers at { $target }.
    .remedy = Usually a firewall between here and there: packets disappear on the way. Ask your network administrator to allow { $target }.
finding-tc-03 = { $tried ->
    [one] { $target } does not answer, and nothing else could be tried from here.
   *[more] Nothing outside this network answers.
}
    .remedy = Often caused by the internet connection or a firewall. See whether web pages open; if not, call your network administrator.
finding-tc-04 = This network has no path to { $address }.
    .remedy = If you use a VPN, check that it is connected. If that does not help, ask your network administrator for a route to { $target }.
finding-tc-05 = { $lost ->
    [none] IPv6 to { $host } leads nowhere; IPv4 works.
   *[other] IPv6 to { $host } leads nowhere; { $lost } is lost before IPv4 is used.
}
    .remedy = It works meanwhile. Ask your network administrator to repair IPv6 or to switch it off.
finding-tc-06 = { $lost ->
    [none] IPv4 to { $host } leads nowhere; IPv6 works.
   *[other] IPv4 to { $host } leads nowhere; { $lost } is lost before IPv6 is used.
}
    .remedy = It works meanwhile. Ask your network administrator to repair IPv4 (NAT or route).
finding-tc-07 = { $dead ->
    [one] { $dead } of the { $total } addresses of { $host } does not answer: { $list }.
   *[other] { $dead } of the { $total } addresses of { $host } do not answer: { $list }.
}
    .remedy = It works meanwhile. Ask the person who runs the server to repair these addresses or to take them out of DNS.
finding-tc-08 = { $host } accepts the connection and hangs up at once.
    .remedy = Often caused by a server whose service is down, or by security software on the way. Ask the person who runs the server to look into it.
finding-tc-09 = { $host } accepts the connection and then says nothing.
    .remedy = Often caused by an overloaded server, or by a proxy that answers in its place. Ask the person who runs the server to look into it.
finding-tc-10 = Small packets reach { $host }, but large ones get lost on the way.
    .remedy = Ask your network administrator to lower the packet size (MTU; for a VPN often 1300) or to allow ICMP “packet too big”.

## Proxy
finding-px-01 = { $schemes ->
    [none] The proxy { $proxy } wants a user name and password (407).
   *[other] The proxy { $proxy } wants a user name and password (407, { $schemes }).
}
    .remedy = Put them into the configuration file. If the proxy takes only Kerberos or NTLM, ask its administrator to exempt { $target }.
finding-px-02 = { $how ->
    [broken] The proxy { $proxy } does not work properly.
   *[silent] The proxy { $proxy } does not answer.
} It is set { $source ->
    [configuration] in the configuration file.
    [environment] in the environment variables.
   *[desktop] in the system settings.
}
    .remedy = { $source ->
    [configuration] Check the proxy in the configuration file.
    [environment] { $setting ->
        [none] Check the proxy in the environment variables.
       *[other] Check the environment variable { $setting }.
    }
   *[desktop] Check the proxy in the system settings.
} Outside the office network it may not exist.
finding-px-03 = The proxy { $proxy } does not allow the connection to { $target }.
    .remedy = Ask the proxy’s administrator to allow { $target } (method CONNECT).
finding-px-04 = { $status ->
    [none] The proxy { $proxy } takes the request for { $host }, and then does not answer.
   *[other] The proxy { $proxy } cannot reach { $host } ({ $status }).
}
    .remedy = Ask the proxy’s administrator to check name and route from the proxy to { $target }.
finding-px-05 = The name of the proxy { $proxy } cannot be found.
    .remedy = { $source ->
    [configuration] Correct the proxy in the configuration file, or connect the VPN.
    [environment] Correct the proxy in the environment variables, or connect the VPN.
   *[desktop] Correct the proxy in the system settings, or connect the VPN.
}
finding-px-06 = This computer is set to use an automatic proxy script, which Linekeeper does not run.
    .remedy = Ask your administrator which proxy the script { $url } names, and put that proxy into the configuration file.
finding-px-07 = Direct access fails, and this computer’s proxy { $proxy } is not used for { $name }.
    .remedy = Set "proxy" to "system" or to { $proxy } in the configuration file. This proxy comes from { $source ->
    [configuration] the configuration file.
    [environment] the environment variables.
   *[desktop] the system settings.
}
finding-px-08 = Something on the way answers in place of servers (a transparent proxy).
    .remedy = If something fails, ask your network administrator to exempt { $host } from it.

## Security
finding-tl-01 = { $whose ->
    [issuer] { $host } sends a certificate of its issuer, “{ $issuer }”, that expired on { $date }.
   *[server] The certificate of { $host } expired on { $date }.
}
    .remedy = { $whose ->
    [issuer] Ask the person who runs the server to send its issuer’s present certificate along.
   *[server] Ask the person who runs the server to renew it.
}
finding-tl-02 = The certificate of { $host } is valid only from { $date }.
    .remedy = Tell the person who runs the server. Until then nothing can connect.
finding-tl-03 = The certificate is for { $names }, not for { $host }.
    .remedy = Check the address in the configuration file. If it is right, tell the person who runs the server; a device on the way may also answer in its place.
finding-tl-04 = { $host } shows a self-made certificate.
    .remedy = Ask the person who runs the server for a proper certificate, or have your organisation’s root certificate installed on this computer.
finding-tl-05 = { $vendor ->
    [none] The certificate of { $host } is signed by “{ $issuer }”, which this computer does not trust.
   *[other] The certificate of { $host } is signed by “{ $issuer }”, an inspection device ({ $vendor }).
}
    .remedy = { $vendor ->
    [none] Ask your administrator whether to trust this issuer and install its root certificate here or, if it inspects traffic, to exempt { $target }.
   *[other] Ask your administrator to install that issuer’s root certificate here, or to exempt { $target } from inspection.
}
finding-tl-06 = Traffic to { $host } is opened and signed anew by “{ $issuer }” (inspection).
    .remedy = It works, but inspection may break real-time connections. If one fails, ask your administrator to exempt { $target }.
finding-tl-07 = { $host } leaves out the intermediate certificate “{ $issuer }”.
    .remedy = Ask the person who runs the server to send the full certificate chain.
finding-tl-08 = { $kind ->
    [protocol] { $host } and this computer have no secure protocol in common ({ $alert }).
   *[other] { $host } broke off the secure connection ({ $alert }).
}
    .remedy = { $kind ->
    [protocol] Ask the person who runs the server to offer TLS 1.2 or newer.
   *[other] Ask the person who runs the server why, and send this report along.
}
finding-tl-09 = { $spoken ->
    [tls] { $target } wants encryption, but the address asks for none.
   *[plain] { $target } does not encrypt; it answers in plain text (“{ $bytes }”).
}
    .remedy = { $spoken ->
    [tls] Begin the address in the configuration file with wss:// instead of ws://.
   *[plain] Check the port in the configuration file. Only for a server without encryption, begin the address with ws://.
}
finding-tl-10 = The connection is cut as soon as the name { $host } is announced.
    .remedy = Probably a firewall that filters by name. Ask your network administrator to allow { $target }.
finding-tl-11 = { $days ->
    [0] The certificate of { $host } expires within 24 hours.
    [one] The certificate of { $host } expires in { $days } day.
   *[other] The certificate of { $host } expires in { $days } days.
}
    .remedy = Ask the person who runs the server to renew it in time.
finding-tl-12 = { $host } asks for a client certificate.
    .remedy = Ask the person who manages your account for one, and name it in the configuration file.
finding-tl-13 = { $flaw ->
    [revoked] The certificate of { $host } was revoked.
   *[other] The certificate of { $host } cannot be used: it is damaged or made for another purpose.
}
    .remedy = Ask the person who runs the server to replace it.

## The server’s answer
finding-ht-01 = { $host } does not accept the user name, password or token ({ $status }).
    .remedy = Check whether they have expired and correct them in the configuration file, or ask the person who manages your account.
finding-ht-02 = { $host } does not allow this access ({ $status }).
    .remedy = { $origin ->
    [none] Ask the person who manages your account for access.
   *[other] Ask the person who manages your account for access, and whether the origin { $origin } is allowed.
}
finding-ht-03 = { $title ->
    [none] A filter answers in place of { $host }.
   *[other] A filter answers in place of { $host }, with its own page: “{ $title }”.
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let this computer through.
   *[network] Ask your administrator to allow { $target }.
}
finding-ht-04 = { $host } has nothing at { $path } ({ $status }).
    .remedy = Correct the path in the configuration file, or ask the person who runs the server for the right one.
finding-ht-05 = { $wait ->
    [none] { $host } limits requests and asks us to come less often ({ $status }).
   *[other] { $host } limits requests and asks us to wait { $wait } ({ $status }).
}
    .remedy = { $wait ->
    [none] Wait, and do not reconnect by hand: Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
   *[other] Wait { $wait }, and do not reconnect by hand: Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
}
finding-ht-06 = { $host } reports an internal error ({ $status }).
    .remedy = { $request ->
    [none] Tell the person who runs the server, with the time: { $at }.
   *[other] Tell the person who runs the server, with the time and the request: { $at }, { $request }.
}
finding-ht-07 = { $gateway ->
    [none] The gateway of { $host } is up, but the service behind it is not ({ $status }).
   *[other] The gateway of { $host } ({ $gateway }) is up, but the service behind it is not ({ $status }).
}
    .remedy = Tell the person who runs the server. Linekeeper keeps trying.
finding-ht-08 = { $usual ->
    [none] { $host } answers slowly: it took { $time }.
   *[other] { $host } answers slowly: it took { $time }, usually { $usual }.
}
    .remedy = If it lasts, tell the person who runs the server.

## Real time
finding-ws-01 = { $host } answers like an ordinary website ({ $status }), not like a real-time service.
    .remedy = Check the path in the configuration file. If it is right, tell the person who runs the server: WebSocket is not set up there.
finding-ws-02 = { $where ->
    [server] The gateway of { $host } removes the request for a real-time connection (WebSocket).
   *[network] Something between here and { $host } removes the request for a real-time connection (WebSocket).
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let WebSocket upgrades through the gateway to { $target }.
   *[network] Ask your administrator to allow WebSocket to { $target } on proxy, antivirus and gateway. Use wss:// where the server offers it.
}
finding-ws-03 = { $host } wants another version of the real-time protocol: { $version }.
    .remedy = Tell the person who runs the server that this program speaks WebSocket version 13, and see whether a newer Linekeeper exists.
finding-ws-04 = { $rule ->
    [accept] The WebSocket answer of { $host } is not genuine: its proof is wrong.
   *[other] The WebSocket answer of { $host } breaks the rules ({ $what }).
}
    .remedy = { $rule ->
    [accept] { $where ->
        [server] Usually a cache in front of the server. Tell the person who runs the server, and send this report along.
       *[network] Usually a cache or proxy that answers from memory. Ask your administrator to exempt { $target }.
    }
   *[other] Tell the person who runs the server, and send this report along.
}
finding-ws-05 = { $got ->
    [none] { $host } chose no subprotocol, but “{ $want }” is needed.
   *[other] { $want ->
        [none] { $host } chose the subprotocol “{ $got }”, which nobody asked for.
       *[other] { $host } chose the subprotocol “{ $got }”, but “{ $want }” is needed.
    }
}
    .remedy = Correct the subprotocols in the configuration file, or ask the person who runs the server which one it speaks.
finding-ws-06 = { $how ->
    [cut] Ordinary web requests to { $host } work, but the WebSocket request is cut off.
   *[silent] Ordinary web requests to { $host } work, but the WebSocket request gets no answer.
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let WebSocket through the gateway to { $target }.
   *[network] Ask your administrator to allow WebSocket to { $target } on proxy, antivirus and gateway.
}
finding-ws-07 = { $meaning ->
    [sign-in] { $host } hung up: it does not accept the sign-in
    [forbidden] { $host } hung up: this access is not allowed
    [policy] { $host } hung up: its rules do not allow this connection
    [fault] { $host } hung up: it has an internal error
    [busy] { $host } hung up: it is too busy
    [restart] { $host } hung up: it is restarting or going away
    [gateway] { $host } hung up: its gateway cannot reach the service behind it
    [protocol] { $host } hung up: it complains about the protocol
    [data] { $host } hung up: it does not understand the data
    [too-big] { $host } hung up: a message was too big for it
    [not-found] { $host } hung up: it does not know what was asked for
    [done] { $host } hung up at once, without giving a reason
   *[other] { $host } hung up, for a reason of its own
} { $reason ->
    [none] ({ $code }).
   *[other] ({ $code }, “{ $reason }”).
}
    .remedy = { $meaning ->
    [sign-in] Check user name, password or token in the configuration file; they may have expired.
    [forbidden] Ask the person who manages your account for access.
    [policy] Check user name, password or token, then ask the person who manages your account whether this connection is allowed.
    [busy] Wait; Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
    [restart] Wait; Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
    [data] Check in the configuration file whether the messages sent on connect are what the server expects.
    [too-big] Make the messages sent on connect smaller, in the configuration file.
    [not-found] Correct address and path in the configuration file.
   *[other] Tell the person who runs the server, with the code { $code }.
}
finding-ws-08 = { $when ->
    [cut] The connection to { $host } opens and works, but is cut after { $time }.
    [mute] The connection to { $host } opens and works, but after { $time } nothing passes any more.
   *[never] The connection to { $host } opens, but nothing passes through it.
}
    .remedy = { $when ->
    [cut] Often caused by a gateway that restarts or allows no long connections. Check again; if it lasts, send this report to { $where ->
        [server] the person who runs the server.
       *[network] your network administrator.
    }
    [mute] Often caused by a gateway that allows no long connections. Check again; if it lasts, send this report to { $where ->
        [server] the person who runs the server.
       *[network] your network administrator.
    }
   *[never] { $where ->
        [server] Usually the gateway in front of the server. Tell the person who runs the server, and send this report along.
       *[network] Usually an inspection device or an antivirus web shield. Ask your administrator to exempt { $target }.
    }
}
finding-ws-09 = WebSocket does not work here; { $transport ->
    [sse] { $name } is running on SSE instead.
    [long-poll] { $name } is running on long polling instead.
    [poll] { $name } is running on polling instead.
   *[other] { $name } is running on a fallback instead.
} Messages still flow.
    .remedy = Nothing urgent. To have it faster again, ask your administrator to allow WebSocket to { $target }.
finding-ws-10 = Connections to { $host } are cut after { $idle } of silence.
    .remedy = Set the heartbeat to { $heartbeat } in the configuration file, or ask your network administrator to raise the limit.
finding-ws-11 = { $host } allows one connection at a time and refused this one.
    .remedy = Close the other program that is connected, or set single_session to true for { $name } in the configuration file.

## Quality
finding-qu-01 = { $usual ->
    [none] The connection to { $host } is slow: { $time } for an answer.
   *[other] The connection to { $host } is slow: { $time } for an answer, usually { $usual }.
}
    .remedy = Often caused by weak Wi-Fi, a VPN or large downloads. Check those first, then ask your network administrator.
finding-qu-02 = { $by ->
    [late] Answers of { $host } get held up or lost on the way: { $count } of { $total } came much too late.
   *[repeated] Data gets lost on the way to { $host }: it had to be sent again { $count } times in { $total } messages.
}
    .remedy = Check the Wi-Fi signal and the cable. If they are fine, tell your network administrator: packets get lost or come late.
finding-qu-03 = Response times of { $host } vary strongly, by { $time } from one to the next.
    .remedy = Often caused by weak Wi-Fi, a busy line or a busy computer. Check those first.
finding-qu-04 = { $host } answered only at the second attempt; the fault comes and goes.
    .remedy = Run a deep check. If it happens again, send the report to your network administrator.

## Everything works, and the check itself
finding-ok-01 = Everything works. { $time ->
    [none] { $count ->
        [one] { $name } answers.
       *[other] All { $count } connections answer.
    }
   *[other] { $count ->
        [one] { $over ->
            [websocket] { $name } answers in { $time } over WebSocket.
           *[web] { $name } answers in { $time }.
        }
       *[other] All { $count } connections answer, the slowest in { $time }.
    }
}
    .remedy = Nothing to do.
finding-me-01 = { $waits ->
    [retry] The way to { $name } works now; Linekeeper waits { $wait } before its next try.
    [now] The way to { $name } works now; Linekeeper is just trying again.
    [fallback] WebSocket to { $name } works again; Linekeeper is still using the fallback.
   *[stopped] The way to { $name } works now, but Linekeeper has stopped trying.
}
    .remedy = { $waits ->
    [fallback] Nothing to do: it goes back by itself. To hurry it, choose Reconnect.
   *[other] Choose Reconnect.
}
finding-me-02 = { $name } is connected and working; only the extra connection of this check failed.
    .remedy = Nothing to do. Usually the server allows only one connection at a time.
finding-me-03 = { $cause ->
    [broken] The check did not finish: a step broke off inside Linekeeper ({ $steps }).
    [cancelled] { $steps ->
        [none] The check did not finish.
       *[other] The check did not finish; left out: { $steps }.
    }
   *[unknown] The check did not see enough to judge.
}
    .remedy = { $cause ->
    [broken] Check again. If it happens again, send the support file to the makers of Linekeeper.
   *[other] Check again and let it finish.
}
finding-me-04 = The way to { $name } works, but Linekeeper stays disconnected: the fault is its own.
    .remedy = Restart Linekeeper, and send the support file to the makers of Linekeeper.

## Who can mend it
finding-owner-user = you, on this computer
finding-owner-it = your network administrator
finding-owner-proxy-admin = whoever looks after the proxy or security software
finding-owner-server = whoever runs the server
finding-owner-account = whoever manages your account
finding-owner-vendor = the makers of Linekeeper
finding-owner-config = whoever keeps the configuration file
finding-owner-none = nobody has to act

## How sure it is
finding-confidence-certain = certain
finding-confidence-likely = likely
finding-confidence-possible = possible

## What is wrong, in one word
verdict-class-ok = Everything works
verdict-class-degraded = Works, but not well
verdict-class-this-computer = This computer
verdict-class-local-network = The network here
verdict-class-proxy = Proxy or security software
verdict-class-dns = Name lookup
verdict-class-tls = Certificate and encryption
verdict-class-server = The server
verdict-class-credentials = Sign-in
verdict-class-configuration = Configuration
verdict-class-incomplete = Check not finished

## Steps
step-a1 = Network interfaces and routes
    .doing = looking at the network interfaces
step-a2 = Router
    .doing = asking the router
step-a3 = Clock
    .doing = comparing the clock
step-a4 = Proxy settings
    .doing = reading the proxy settings
step-a5 = VPN
    .doing = looking for a VPN
step-a6 = Waiting messages and disk
    .doing = looking at waiting messages and disk
step-a7 = Sleep and network changes
    .doing = looking for sleep and network changes
step-a8 = Live connections
    .doing = looking at the live connections
step-b1 = Name lookup
    .doing = looking up the name
step-b2 = Each name server
    .doing = asking each name server
step-b3 = Hosts file
    .doing = reading the hosts file
step-c1 = Other servers
    .doing = trying other servers
step-c2 = Sign-in page
    .doing = looking for a sign-in page
step-d1 = Connection to the server
    .doing = connecting to the server
step-d2 = Way through the proxy
    .doing = going through the proxy
step-d3 = Large packets
    .doing = sending large packets
step-e1 = Encryption and certificate
    .doing = checking the certificate
step-e2 = Second opinion on the certificate
    .doing = getting a second opinion on the certificate
step-e3 = Encryption over the other IP version
    .doing = checking encryption over the other IP version
step-f1 = Web request
    .doing = sending a web request
step-g1 = WebSocket
    .doing = opening a WebSocket
step-g2 = Messages through WebSocket
    .doing = waiting for an answer through WebSocket
step-g3 = Closing
    .doing = closing the WebSocket
step-g4 = Event stream (SSE)
    .doing = reading the event stream
step-g5 = Long polling
    .doing = trying long polling
step-g6 = Polling
    .doing = trying polling
step-g7 = Socket.IO
    .doing = trying Socket.IO
step-h1 = Response times
    .doing = measuring response times
step-h2 = Throughput
    .doing = measuring throughput
step-i1 = Silence
    .doing = waiting in silence
step-j = Comparison with the last good check
    .doing = comparing with the last good check

## How a step ended
step-status-pass = fine
step-status-warn = not as it should be
step-status-fail = failed
step-status-skip = skipped
step-status-na = does not apply
step-status-cancelled = cancelled
step-status-error = broke off

## Why a step was not done
step-reason-needs-name = needs the name, which failed
step-reason-needs-tcp = needs TCP, which failed
step-reason-needs-proxy = needs the proxy, which failed
step-reason-needs-tls = needs TLS, which failed
step-reason-needs-web = needs the web request, which failed
step-reason-needs-websocket = needs the WebSocket, which failed
step-reason-needs-pong = needs an answered ping, which failed
step-reason-needs-earlier = needs an earlier step, which failed
step-reason-needs-route = needs a default route, and there is none
step-reason-needs-other-family = needs TCP over the other IP version, which failed
step-reason-needs-configuration = needs a configuration that can be used
step-reason-cut-short = the check ended before this step
step-reason-broke-off = this step broke off
step-reason-broke-before = the check broke off before this step
step-reason-nothing-here = there is nothing to check here
step-reason-transport-not-configured = this transport is not configured
step-reason-deep-only = part of the deep check
step-reason-asked-to-wait = the server asked to wait
step-reason-no-echo = no echo is agreed with the server
step-reason-one-session = the server allows one session, and the live connection has it
step-reason-unencrypted = the address asks for no encryption
step-reason-no-certificate = the server showed no certificate
step-reason-proxy-chooses = the proxy chooses the address
step-reason-proxy-resolves = the proxy looks the name up
step-reason-no-proxy = no proxy is on the way
step-reason-one-family = the name has addresses of one IP version
step-reason-not-counted = this system does not tell what was acknowledged
step-reason-no-connection = no connection for it could be opened
step-reason-session-closed = the server had closed the session
step-reason-literal = there is no name to look up: the address is a number
step-reason-own-name = the name is this computer’s own
step-reason-no-agent = Linekeeper is not running and keeps no connections
step-reason-no-buffer = no waiting messages are known: Linekeeper was not asked
step-reason-no-clock = no server told its time
step-reason-no-history = no history is kept here
step-reason-no-good-check = there is no good check in this network yet
step-reason-history-unreadable = the history cannot be read
step-reason-history-silent = the history did not answer in time
step-reason-others-checked = the other connections are checked themselves
step-reason-no-others = no other connection is configured
step-reason-others-proxied = all other connections go through a proxy, which would answer for them
step-reason-no-control-page = no page to recognise sign-in pages by is configured (control_url)
step-reason-control-page-encrypted = control_url does not begin with http://, and a sign-in page can answer nowhere else
step-reason-all-here = everything that is checked is on this computer
step-reason-interfaces-unread = interfaces and routes are not read on this system
step-reason-no-router = the default route names no router
step-reason-neighbours-unread = this system does not tell whether the router answers
step-reason-nobody-watched = nobody watched for sleep and changes of network
step-reason-servers-unknown = this system does not tell which name servers it asks
step-reason-undotted = the system completes a name without a dot; name servers are not asked for it as it stands
step-reason-not-askable = no name server can be asked for this name
step-reason-hosts-file-answers = the hosts file answers for this name

## Results of transports
transport-result-pass = works
transport-result-warn = works, but not well
transport-result-fail = does not work
transport-result-skip = not tried
transport-result-not-configured = not configured
transport-result-cancelled = cancelled
transport-result-error = check broke off

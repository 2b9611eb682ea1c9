# Words of a check in English, beside those of the window (en.ftl), whose units they use: what was found and what to do
# about it (attribute remedy), who can, how sure that is, and the steps. A key stands in one of the files only. Every key
# stands in every language with the same arguments (crate diagnostics, tests in words). One word for one thing: see
# glossary.md. Sentences have at most 160 characters with long names in them.

## This computer
finding-pc-01 = This computer is not connected to any network.
    .remedy = Plug in the network cable or join a Wi-Fi network, then check again.
    .it = Bring this computer back into the network: check port, cable, Wi-Fi and its network interfaces.
finding-pc-02 = This computer is connected, but its network gives it no way to the outside.
    .remedy = Disconnect from the network and join it again. If that does not help, tell your network administrator: there is no default gateway.
    .it = Give this computer a default gateway: check DHCP, its fixed addresses and the routes of the VPN.
finding-pc-03 = The router { $gateway } does not answer ({ $iface }).
    .remedy = Check the cable or the Wi-Fi and restart the router. If that does not help, call your network administrator.
    .it = Check the router { $gateway } and this computer’s switch port and VLAN ({ $iface }): ARP or neighbour discovery gets no answer.
finding-pc-04 = A rule on this computer stopped the connection to { $target } before it left.
    .remedy = Ask whoever looks after the firewall or security software of this computer to let Linekeeper reach { $target }.
    .it = Allow Linekeeper outgoing TCP to { $target } in the firewall or endpoint security of this computer.
finding-pc-05 = { $direction ->
    [ahead] This computer’s clock is { $skew } ahead
   *[behind] This computer’s clock is { $skew } behind
}{ $breaks ->
    [yes] ; security checks fail because of it.
   *[no] . Security checks can fail because of it.
}
    .remedy = Switch on automatic time in the system settings, then check again.
    .it = Let this computer take its time from a time server (NTP): its clock is off by { $skew }.
finding-pc-06 = { $direction ->
    [ahead] This computer’s clock is { $skew } ahead of the server’s.
   *[behind] This computer’s clock is { $skew } behind the server’s.
}
    .remedy = This does no harm yet. To set it right, switch on automatic time in the system settings.
    .it = Let this computer take its time from a time server (NTP): its clock is off by { $skew }.
finding-pc-07 = This network wants you to sign in before it lets anything through.
    .remedy = Open a web browser and sign in to the network, then check again.
    .it = Sign this computer in to the network or exempt it from the sign-in page: ordinary web requests get that page as their answer.
finding-pc-08 = { $reason ->
    [no-space] Messages cannot be saved, because the disk is full.
    [unwritable] Messages cannot be saved, because nothing can be written to their folder.
    [full] Messages cannot be saved, because too many wait already.
   *[other] Messages cannot be saved, because something is wrong with the place they are kept in.
} { $count ->
    [0] No messages wait.
    [one] { $count } message waits.
   *[other] { $count } messages wait.
}
    .remedy = { $reason ->
    [full] Get the connection working, so that they can be sent. Do not uninstall Linekeeper: it holds them.
    [unwritable] { $place ->
        [none] Make the data folder of Linekeeper writable, or ask your administrator to. Do not uninstall Linekeeper: messages are stored there.
       *[other] Make the folder { $place } writable, or ask your administrator to. Do not uninstall Linekeeper: messages are stored there.
    }
    [no-space] { $place ->
        [none] Free up space on the disk. Do not uninstall Linekeeper: messages are stored there.
       *[other] Free up space on the disk that holds { $place }. Do not uninstall Linekeeper: messages are stored there.
    }
   *[other] Restart Linekeeper, but do not uninstall it. If that does not help, send the support file to the makers of Linekeeper.
}
    .it = { $place ->
    [none] Check free space, quota and write permission of this user for the data folder of Linekeeper. Do not delete that folder: it holds messages.
   *[other] Check free space, quota and write permission of this user for { $place }. Do not delete that folder: it holds messages.
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
    .it = Restore the connection. Do not remove Linekeeper or its data folder until then: messages wait there.
finding-pc-10 = This computer has no free connections left.
    .remedy = Restart Linekeeper. If it happens again, send the support file to the makers of Linekeeper.
    .it = Check the limits of open files and local ports on this computer: not one more connection could be opened.
finding-pc-11 = { $user ->
    [none] Another copy of Linekeeper holds the waiting messages (process { $pid }).
   *[other] Another copy of Linekeeper holds the waiting messages (process { $pid }, user { $user }).
}
    .remedy = Close the other copy, then check again.
    .it = End the process { $pid }: a second copy of Linekeeper uses the same data folder.
finding-pc-12 = { $what ->
    [woke] This computer woke up a moment ago; the results may still change.
   *[network] The network changed a moment ago; the results may still change.
}
    .remedy = Wait half a minute, then check again.
finding-pc-13 = Traffic to { $host } goes through the VPN { $iface }.
    .remedy = Nothing to do. If something fails, try it without the VPN, or connect the VPN anew.

## Configuration
finding-cf-01 = { $what ->
    [url] The address of { $name } is not valid.
    [file] A certificate file named for { $name } cannot be used.
    [proxy] The proxy named in the { $name ->
        [configuration] configuration file
        [environment] environment variables
       *[desktop] system settings
    } is not written in a way that can be used.
   *[setting] A setting of { $name } cannot be used.
}
    .remedy = { $what ->
    [proxy] { $name ->
        [configuration] Correct the proxy in the configuration file; it is written like http://proxy.example:3128.
        [environment] Correct the proxy in the environment variables; it is written like http://proxy.example:3128.
       *[desktop] Correct the proxy in the system settings; it is written like http://proxy.example:3128.
    }
    [file] Check path and content of the certificate files in the configuration file.
   *[other] Correct it in the configuration file.
}
    .it = Correct this entry of the configuration. What is wrong with it stands in the evidence.
finding-cf-02 = { $kind ->
    [circle] { $host } sends the connection in a circle.
    [weaker] { $location ->
        [none] { $host } sends the connection to an address without encryption.
       *[other] { $host } sends the connection to an address without encryption ({ $location }).
    }
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
    .it = { $kind ->
    [circle] Correct the redirect at { $target }: it sends clients in a circle.
    [weaker] Correct the redirect at { $target }: it leads from an encrypted address to one without encryption.
   *[elsewhere] { $location ->
        [none] Correct the redirect at { $target }, or tell us the address that the service has now: the redirect does not say.
       *[other] Confirm that the service moved to { $location }, so that we change the configuration. If it did not, remove the redirect at { $target }.
    }
}
finding-cf-03 = No user name, password or token could be read for { $name }.
    .remedy = Check the place that the configuration file names for it: an environment variable, a file or the keyring.
    .it = Make the stored user name, password or token readable for this user. Where it was looked for stands in the evidence.

## Names
finding-dn-01 = { $resolver ->
    [unknown] There seems to be no server with the name { $host }.
   *[other] There is no server with the name { $host }, says the name server { $resolver }.
}
    .remedy = Check the spelling. If it is an internal name, connect the VPN. Otherwise ask your network administrator.
    .it = Check that { $host } exists in the DNS zone that this computer sees (split DNS, VPN), or tell us the right name.
finding-dn-02 = { $resolver ->
    [unknown] Looking up the name { $host } failed.
   *[other] The name server { $resolver } failed while looking up { $host }.
}
    .remedy = { $how ->
    [half] Tell your network administrator: { $resolver } answers only one of two questions about { $host }, A or AAAA.
   *[failed] { $resolver ->
        [unknown] Tell your network administrator: no name server gave an answer for { $host }.
       *[other] Tell your network administrator: { $resolver } answers SERVFAIL for { $host } (zone, DNSSEC or forwarder).
    }
}
    .it = { $how ->
    [half] Have { $resolver } answer questions for A and for AAAA of { $host }, if only with “no data”: one of them gets no answer.
   *[failed] Check zone, DNSSEC and forwarders for { $host }: the lookup ends without an answer (SERVFAIL).
}
finding-dn-03 = No name server answers, so { $host } cannot be found.
    .remedy = { $servers ->
    [none] Check the network and the VPN. For your network administrator: no lookup is answered; port 53 may be blocked.
   *[other] Check the network and the VPN. For your network administrator: no answer from { $servers }, port 53.
}
    .it = { $servers ->
    [none] Check the name servers of this network and that port 53 (UDP and TCP) is open for this computer.
   *[other] Check the name servers { $servers } and that port 53 (UDP and TCP) is open for this computer.
}
finding-dn-04 = The name server { $resolver } refuses to answer this computer.
    .remedy = Set the name servers to automatic in the network settings, or ask your network administrator which ones to use.
    .it = Allow this computer to query { $resolver }, or hand out other name servers (DHCP).
finding-dn-05 = The name { $host } exists, but it has no address.
    .remedy = Tell the person who runs the server: { $host } needs an A or AAAA record.
    .it = Add an A or AAAA record for { $host }.
finding-dn-06 = { $lost ->
    [none] The first name server, { $resolver }, does not answer.
   *[other] The first name server, { $resolver }, does not answer; every lookup loses { $lost }.
}
    .remedy = Ask your network administrator to repair the name server { $resolver } or to remove it.
    .it = Repair the name server { $resolver } or take it out of the list (DHCP): every lookup waits for it first.
finding-dn-07 = The name { $host } is fixed to { $address } in this computer’s hosts file.
    .remedy = If that is not intended, remove the line with { $host } from the hosts file.
    .it = Remove the line with { $host } from this computer’s hosts file, unless it is meant to lead to { $address }.
finding-dn-08 = The name { $host } leads to { $address }, which looks like a block or a detour.
    .remedy = Ask your network administrator whether a filter blocks the name { $host } and, if so, to allow it.
    .it = Check whether a DNS filter answers { $address } for { $host }; if so, exempt the name.

## Reaching the server
finding-tc-01 = { $proof ->
    [yes] { $host } can be reached, but no program answers there on port { $port }.
   *[no] The connection to { $target } is refused.
}
    .remedy = { $proof ->
    [yes] Ask the person who runs the server whether the service on port { $port } is running.
   *[no] Often caused by a stopped service or a firewall. Ask the person who runs the server, then your network administrator, about { $target }.
}
    .it = Check that the service listens at { $target } and that no firewall rejects the connection: a TCP reset came back.
finding-tc-02 = Nothing answers at { $target }.
    .remedy = Usually a firewall between here and there: packets disappear on the way. Ask your network administrator to allow { $target }.
    .it = Allow TCP to { $target } in the firewalls between this computer and the server: packets are dropped without an answer.
finding-tc-03 = { $tried ->
    [one] { $target } does not answer, and nothing else could be tried from here.
   *[more] Nothing outside this network answers.
}
    .remedy = Often caused by the internet connection or a firewall. See whether web pages open; if not, call your network administrator.
    .it = Check the internet connection of this network and its outgoing firewall rules: TCP to { $target } gets no answer.
finding-tc-04 = This network has no path to { $address }.
    .remedy = If you use a VPN, check that it is connected. If that does not help, ask your network administrator for a route to { $target }.
    .it = Add a route to { $target }: this computer or a router on the way says that it has no route.
finding-tc-05 = { $lost ->
    [none] IPv6 to { $host } leads nowhere; IPv4 works.
   *[other] IPv6 to { $host } leads nowhere; { $lost } is lost before IPv4 is used.
}
    .remedy = It works meanwhile. Ask your network administrator to repair IPv6 or to switch it off.
    .it = Repair the IPv6 route to { $host }, or stop announcing IPv6 in this network.
finding-tc-06 = { $lost ->
    [none] IPv4 to { $host } leads nowhere; IPv6 works.
   *[other] IPv4 to { $host } leads nowhere; { $lost } is lost before IPv6 is used.
}
    .remedy = It works meanwhile. Ask your network administrator to repair IPv4 (NAT or route).
    .it = Repair the IPv4 route to { $host } (NAT, firewall).
finding-tc-07 = { $dead ->
    [one] { $dead } of the { $total } addresses of { $host } does not answer: { $list }.
   *[other] { $dead } of the { $total } addresses of { $host } do not answer: { $list }.
}
    .remedy = It works meanwhile. Ask the person who runs the server to repair these addresses or to take them out of DNS.
    .it = Repair these addresses of { $host } or take them out of DNS: { $list }.
finding-tc-08 = { $host } accepts the connection and hangs up at once.
    .remedy = Often caused by a server whose service is down, or by security software on the way. Ask the person who runs the server to look into it.
    .it = Check service and load balancer at { $target }, and devices on the way: the connection is accepted and closed before an answer.
finding-tc-09 = { $host } accepts the connection and then says nothing.
    .remedy = Often caused by an overloaded server, or by a proxy that answers in its place. Ask the person who runs the server to look into it.
    .it = Check the service at { $target } (load, hanging backend) and proxies on the way: the connection is accepted, then nothing comes.
finding-tc-10 = Small packets reach { $host }, but large ones get lost on the way.
    .remedy = Ask your network administrator to lower the packet size (MTU; for a VPN often 1300) or to allow ICMP “packet too big”.
    .it = Lower MTU or MSS on the way to { $target } (tunnels often need 1300), or let ICMP “packet too big” through.
finding-tc-11 = { $why ->
    [name] The name of the backup host { $target } of { $name } cannot be found.
    [refused] No program answers at the backup host { $target } of { $name }.
    [security] No secure connection to the backup host { $target } of { $name } can be made.
    [proxy] The proxy does not lead to the backup host { $target } of { $name }.
   *[silent] The backup host { $target } of { $name } does not answer.
}
    .remedy = { $why ->
    [name] Correct fallback_urls in the configuration file, or ask your network administrator about this name.
    [proxy] Ask the proxy’s administrator to allow { $target }. It matters as soon as the main host fails.
    [silent] Ask your network administrator to allow { $target }. It matters as soon as the main host fails.
   *[other] Tell the person who runs the server. It matters as soon as the main host fails.
}
    .it = { $why ->
    [name] Check the name of { $target } in DNS, or tell us the right one: it is the backup host of { $name }.
    [refused] Check that the service listens at { $target }, the backup host of { $name }: connections are refused.
    [security] Check certificate and TLS at { $target }, the backup host of { $name }.
    [proxy] Allow { $target } on the proxy: it is the backup host of { $name }.
   *[silent] Allow TCP to { $target } and check that the service runs there: it is the backup host of { $name }.
}
finding-tc-12 = { $live ->
    [yes] { $name } is connected to its backup host { $target } meanwhile.
   *[no] The backup host { $target } of { $name } can be reached.
}
    .remedy = { $live ->
    [yes] Nothing to do: Linekeeper goes back to the main host by itself.
   *[no] Nothing to do: Linekeeper changes to the backup host by itself.
}

## Proxy
finding-px-01 = { $schemes ->
    [none] The proxy { $proxy } wants a user name and password (407).
   *[other] The proxy { $proxy } wants a user name and password (407, { $schemes }).
}
    .remedy = Put them into the configuration file. If the proxy takes only Kerberos or NTLM, ask its administrator to exempt { $target }.
    .it = Give this user a login for the proxy { $proxy }, or exempt { $target } from it. Linekeeper has no Kerberos or NTLM.
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
    .it = Check that the proxy { $proxy } runs and accepts connections of this computer.
finding-px-03 = The proxy { $proxy } does not allow the connection to { $target }.
    .remedy = Ask the proxy’s administrator to allow { $target } (method CONNECT).
    .it = Allow the method CONNECT to { $target } on the proxy { $proxy }.
finding-px-04 = { $status ->
    [none] The proxy { $proxy } takes the request for { $host }, and then does not answer.
   *[other] The proxy { $proxy } cannot reach { $host } ({ $status }).
}
    .remedy = Ask the proxy’s administrator to check name and route from the proxy to { $target }.
    .it = Check on the proxy { $proxy } that it finds the name and reaches { $target }.
finding-px-05 = The name of the proxy { $proxy } cannot be found.
    .remedy = { $source ->
    [configuration] Correct the proxy in the configuration file, or connect the VPN.
    [environment] Correct the proxy in the environment variables, or connect the VPN.
   *[desktop] Correct the proxy in the system settings, or connect the VPN.
}
    .it = Check the DNS name of the proxy { $proxy }, or tell us the right one.
finding-px-06 = This computer is set to use an automatic proxy script, which Linekeeper does not run.
    .remedy = { $url ->
    [none] Ask your administrator which proxy the script names, and put that proxy into the configuration file.
   *[other] Ask your administrator which proxy the script { $url } names, and put that proxy into the configuration file.
}
    .it = Tell us which proxy this computer is to use: Linekeeper does not run the automatic script.
finding-px-07 = Direct access fails, and this computer’s proxy { $proxy } is not used for { $name }.
    .remedy = Set "proxy" to "system" or to { $proxy } in the configuration file. This proxy comes from { $source ->
    [configuration] the configuration file.
    [environment] the environment variables.
   *[desktop] the system settings.
}
    .it = Confirm that { $name } may go through the proxy { $proxy }, or allow direct access.
finding-px-08 = Something on the way answers in place of servers (a transparent proxy).
    .remedy = { $host ->
    [none] If something fails, ask your network administrator to exempt your connections from it.
   *[other] If something fails, ask your network administrator to exempt { $host } from it.
}
    .it = { $host ->
    [none] Exempt these connections from the transparent proxy.
   *[other] Exempt { $host } from the transparent proxy.
}

## Security
finding-tl-01 = { $whose ->
    [issuer] { $host } sends a certificate of its issuer, “{ $issuer }”, that expired on { $date }.
   *[server] { $date ->
        [none] The certificate of { $host } has expired.
       *[other] The certificate of { $host } expired on { $date }.
    }
}
    .remedy = { $whose ->
    [issuer] Ask the person who runs the server to send its issuer’s present certificate along.
   *[server] Ask the person who runs the server to renew it.
}
    .it = { $whose ->
    [issuer] Replace the expired certificate of the issuer “{ $issuer }” at { $target } by its present one.
   *[server] Renew the certificate and install it at { $target }.
}
finding-tl-02 = { $date ->
    [none] The certificate of { $host } is not valid yet.
   *[other] The certificate of { $host } is valid only from { $date }.
}
    .remedy = Tell the person who runs the server. Until then nothing can connect.
    .it = Install a certificate at { $target } that is valid now, and check the clock of the server.
finding-tl-03 = { $names ->
    [none] The certificate of { $host } is for another name.
   *[other] The certificate is for { $names }, not for { $host }.
}
    .remedy = Check the address in the configuration file. If it is right, tell the person who runs the server; a device on the way may also answer in its place.
    .it = Install a certificate at { $target } that names { $host } (subject alternative name).
finding-tl-04 = { $host } shows a self-made certificate.
    .remedy = Ask the person who runs the server for a proper certificate, or have your organisation’s root certificate installed on this computer.
    .it = Install a certificate at { $target } by an authority that this computer trusts, or install the root certificate here.
finding-tl-05 = { $vendor ->
    [none] { $issuer ->
        [none] The certificate of { $host } is signed by an issuer that this computer does not trust.
       *[other] The certificate of { $host } is signed by “{ $issuer }”, which this computer does not trust.
    }
   *[other] { $issuer ->
        [none] The certificate of { $host } is signed by an inspection device ({ $vendor }).
       *[other] The certificate of { $host } is signed by “{ $issuer }”, an inspection device ({ $vendor }).
    }
}
    .remedy = { $vendor ->
    [none] Ask your administrator whether to trust this issuer and install its root certificate here or, if it inspects traffic, to exempt { $target }.
   *[other] Ask your administrator to install that issuer’s root certificate here, or to exempt { $target } from inspection.
}
    .it = { $vendor ->
    [none] { $issuer ->
        [none] If the issuer is your own authority, install its root certificate here. If a device inspects traffic, exempt { $target }.
       *[other] If “{ $issuer }” is your own authority, install its root certificate here. If a device inspects traffic, exempt { $target }.
    }
   *[other] Install the root certificate of the inspection device ({ $vendor }) on this computer, or exempt { $target } from inspection.
}
finding-tl-06 = { $issuer ->
    [none] Traffic to { $host } is opened and signed anew on the way (inspection).
   *[other] Traffic to { $host } is opened and signed anew by “{ $issuer }” (inspection).
}
    .remedy = It works, but inspection may break real-time connections. If one fails, ask your administrator to exempt { $target }.
    .it = Exempt { $target } from inspection if real-time connections break.
finding-tl-07 = { $issuer ->
    [none] { $host } leaves out an intermediate certificate.
   *[other] { $host } leaves out the intermediate certificate “{ $issuer }”.
}
    .remedy = Ask the person who runs the server to send the full certificate chain.
    .it = { $issuer ->
    [none] Let the server at { $target } send the whole chain of certificates.
   *[other] Let the server at { $target } send the whole chain, with the intermediate certificate “{ $issuer }”.
}
finding-tl-08 = { $kind ->
    [protocol] { $host } and this computer have no secure protocol in common.
   *[other] { $host } broke off the secure connection.
}
    .remedy = { $kind ->
    [protocol] Ask the person who runs the server to offer TLS 1.2 or newer.
   *[other] Ask the person who runs the server why, and send this report along.
}
    .it = { $kind ->
    [protocol] Offer TLS 1.2 or 1.3 with current cipher suites at { $target }.
   *[other] Find out why { $target } ends the TLS handshake; its alert stands in the evidence.
}
finding-tl-09 = { $spoken ->
    [tls] { $target } wants encryption, but the address does not ask for it.
   *[plain] { $bytes ->
        [none] { $target } does not encrypt; it answers in plain text.
       *[other] { $target } does not encrypt; it answers in plain text (“{ $bytes }”).
    }
}
    .remedy = { $spoken ->
    [tls] Begin the address in the configuration file with wss:// instead of ws://.
   *[plain] Check the port in the configuration file. Only for a server without encryption, begin the address with ws://.
}
    .it = { $spoken ->
    [tls] Confirm that { $target } takes TLS alone, so that we change the address to wss://.
   *[plain] Tell us which port takes TLS, or set TLS up at { $target }: it answers in plain text.
}
finding-tl-10 = The connection is cut as soon as the name { $host } is announced.
    .remedy = Probably a firewall that filters by name. Ask your network administrator to allow { $target }.
    .it = Allow the server name { $host } (TLS SNI) and TCP to { $target } in firewall and filter.
finding-tl-11 = { $days ->
    [0] The certificate of { $host } expires within 24 hours.
    [one] The certificate of { $host } expires in { $days } day.
   *[other] The certificate of { $host } expires in { $days } days.
}
    .remedy = Ask the person who runs the server to renew it in time.
    .it = Renew the certificate at { $target } before it expires.
finding-tl-12 = { $host } asks for a client certificate.
    .remedy = Ask the person who manages your account for one, and name it in the configuration file.
    .it = Issue a client certificate for this user: { $target } asks for one.
finding-tl-13 = { $flaw ->
    [revoked] The certificate of { $host } was revoked.
   *[other] The certificate of { $host } cannot be used: it is damaged or made for another purpose.
}
    .remedy = Ask the person who runs the server to replace it.
    .it = Replace the certificate at { $target }.

## The server’s answer
finding-ht-01 = { $host } does not accept the user name, password or token ({ $status }).
    .remedy = Check whether they have expired and correct them in the configuration file, or ask the person who manages your account.
    .it = Check whether this account’s user name, password or token is valid: { $target } answered { $status }.
finding-ht-02 = { $host } does not allow this access ({ $status }).
    .remedy = { $origin ->
    [none] Ask the person who manages your account for access.
   *[other] Ask the person who manages your account for access, and whether the origin { $origin } is allowed.
}
    .it = { $origin ->
    [none] Give this account access to { $target }: it answered { $status }.
   *[other] Give this account access to { $target } and allow the origin { $origin }: it answered { $status }.
}
finding-ht-03 = { $title ->
    [none] A filter answers in place of { $host }.
   *[other] A filter answers in place of { $host }, with its own page: “{ $title }”.
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let this computer through.
   *[network] Ask your administrator to allow { $target }.
}
    .it = { $where ->
    [server] Let this computer through the filter in front of { $target }.
   *[network] Allow { $target } in web filter and firewall, WebSocket included.
}
finding-ht-04 = { $host } has nothing at { $path } ({ $status }).
    .remedy = Correct the path in the configuration file, or ask the person who runs the server for the right one.
    .it = Tell us the right path of the service at { $target }: { $path } answers { $status }.
finding-ht-05 = { $wait ->
    [none] { $host } limits requests and asks us to come less often ({ $status }).
   *[other] { $host } limits requests and asks us to wait { $wait } ({ $status }).
}
    .remedy = { $wait ->
    [none] Wait, and do not reconnect by hand: Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
   *[other] Wait { $wait }, and do not reconnect by hand: Linekeeper tries again by itself. If it lasts, tell the person who runs the server.
}
    .it = Raise the limit of requests for this client at { $target }, or tell us how often it may come.
finding-ht-06 = { $host } reports an internal error ({ $status }).
    .remedy = { $request ->
    [none] { $at ->
        [none] Tell the person who runs the server, and send this report along.
       *[other] Tell the person who runs the server, with the time: { $at }.
    }
   *[other] { $at ->
        [none] Tell the person who runs the server, with the request: { $request }.
       *[other] Tell the person who runs the server, with the time and the request: { $at }, { $request }.
    }
}
    .it = { $request ->
    [none] Look into the log of { $target } at the time of this check: it answered { $status }.
   *[other] Look into the log of { $target } for the request { $request }: it answered { $status }.
}
finding-ht-07 = { $gateway ->
    [none] The gateway of { $host } is up, but the service behind it is not ({ $status }).
   *[other] The gateway of { $host } ({ $gateway }) is up, but the service behind it is not ({ $status }).
}
    .remedy = Tell the person who runs the server. Linekeeper keeps trying.
    .it = Check the service behind the gateway at { $target }: the gateway answered { $status }.
finding-ht-08 = { $usual ->
    [none] { $host } answers slowly: it took { $time }.
   *[other] { $host } answers slowly: it took { $time }, usually { $usual }.
}
    .remedy = If it lasts, tell the person who runs the server.
    .it = Check load and response time of { $host }: the first byte took { $time }.

## Real time
finding-ws-01 = { $host } answers like an ordinary website ({ $status }), not like a real-time service.
    .remedy = Check the path in the configuration file. If it is right, tell the person who runs the server: WebSocket is not set up there.
    .it = Set WebSocket up at { $target } or in its gateway, or tell us the right path: the upgrade was answered with { $status }.
finding-ws-02 = { $where ->
    [server] The gateway of { $host } removes the request for a real-time connection (WebSocket).
   *[network] Something between here and { $host } removes the request for a real-time connection (WebSocket).
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let WebSocket upgrades through the gateway to { $target }.
   *[network] Ask your administrator to allow WebSocket to { $target } on proxy, antivirus and gateway. Use wss:// where the server offers it.
}
    .it = { $where ->
    [server] Let the gateway of { $target } pass the headers Upgrade and Connection on to the service (HTTP/1.1).
   *[network] Allow WebSocket to { $target } on proxy, antivirus and gateway: the headers Upgrade and Connection must not be removed.
}
finding-ws-03 = { $host } wants another version of the real-time protocol: { $version }.
    .remedy = Tell the person who runs the server that this program speaks WebSocket version 13, and see whether a newer Linekeeper exists.
    .it = Serve WebSocket version 13 (RFC 6455) at { $target }.
finding-ws-04 = { $rule ->
    [accept] The WebSocket answer of { $host } is not genuine: its proof is wrong.
   *[other] The WebSocket answer of { $host } breaks the rules.
}
    .remedy = { $rule ->
    [accept] { $where ->
        [server] Usually a cache in front of the server. Tell the person who runs the server, and send this report along.
       *[network] Usually a cache or proxy that answers from memory. Ask your administrator to exempt { $target }.
    }
   *[other] Tell the person who runs the server, and send this report along.
}
    .it = { $rule ->
    [accept] Exempt { $target } from caching: Sec-WebSocket-Accept does not belong to the request.
   *[other] Correct the WebSocket handshake of { $target } (RFC 6455). Which rule is broken stands in the evidence.
}
finding-ws-05 = { $got ->
    [none] { $want ->
        [none] { $host } agrees on no subprotocol.
       *[other] { $host } chose no subprotocol, but “{ $want }” is needed.
    }
   *[other] { $want ->
        [none] { $host } chose the subprotocol “{ $got }”, which nobody asked for.
       *[other] { $host } chose the subprotocol “{ $got }”, but “{ $want }” is needed.
    }
}
    .remedy = Correct the subprotocols in the configuration file, or ask the person who runs the server which one it speaks.
    .it = { $want ->
    [none] Tell us which subprotocol { $target } speaks.
   *[other] Let { $target } accept the subprotocol “{ $want }”, or tell us which one it speaks.
}
finding-ws-06 = { $how ->
    [cut] Ordinary web requests to { $host } work, but the WebSocket request is cut off.
   *[silent] Ordinary web requests to { $host } work, but the WebSocket request gets no answer.
}
    .remedy = { $where ->
    [server] Ask the person who runs the server to let WebSocket through the gateway to { $target }.
   *[network] Ask your administrator to allow WebSocket to { $target } on proxy, antivirus and gateway.
}
    .it = { $where ->
    [server] Let the gateway of { $target } pass WebSocket upgrades: ordinary requests are answered, those with Upgrade are not.
   *[network] Allow WebSocket to { $target } on proxy, antivirus and gateway: ordinary requests are answered, those with Upgrade are not.
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
    .it = Look into the log of { $target }: it closed the WebSocket with code { $code }.
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
    .it = { $where ->
    [server] Check the gateway in front of { $target }: the WebSocket opens, but no ping comes back.
   *[network] Exempt { $target } from inspection and antivirus web shields: the WebSocket opens, but no ping comes back.
}
finding-ws-09 = WebSocket does not work here; { $transport ->
    [sse] { $name } is running on SSE instead.
    [long-poll] { $name } is running on long polling instead.
    [poll] { $name } is running on polling instead.
   *[other] { $name } is running on a fallback instead.
} Messages still flow.
    .remedy = Nothing urgent. To have it faster again, ask your administrator to allow WebSocket to { $target }.
    .it = Allow WebSocket to { $target } on proxy, antivirus and gateway; it runs on a fallback meanwhile.
finding-ws-10 = Connections to { $host } are cut after { $idle } of silence.
    .remedy = Set the heartbeat to { $heartbeat } in the configuration file, or ask your network administrator to raise the limit.
    .it = Raise the idle timeout for connections to { $target } on firewall, proxy and gateway: they are cut after { $idle }.
finding-ws-11 = { $host } allows one connection at a time and refused this one.
    .remedy = Close the other program that is connected, or set single_session to true for { $name } in the configuration file.
    .it = Tell us how many connections { $target } allows one user, and which program holds the other one.

## Quality
finding-qu-01 = { $usual ->
    [none] The connection to { $host } is slow: { $time } for an answer.
   *[other] The connection to { $host } is slow: { $time } for an answer, usually { $usual }.
}
    .remedy = Often caused by weak Wi-Fi, a VPN or large downloads. Check those first, then ask your network administrator.
    .it = Check line, VPN and load on the way to { $host }: an answer takes { $time }.
finding-qu-02 = { $by ->
    [late] Answers of { $host } get held up or lost on the way: { $count } of { $total } came much too late.
   *[repeated] Data gets lost on the way to { $host }: it had to be sent again { $count } times in { $total } messages.
}
    .remedy = Check the Wi-Fi signal and the cable. If they are fine, tell your network administrator: packets get lost or come late.
    .it = Look for packet loss between this computer and { $host }: Wi-Fi, cable, congested line.
finding-qu-03 = Response times of { $host } vary strongly, by { $time } from one to the next.
    .remedy = Often caused by weak Wi-Fi, a busy line or a busy computer. Check those first.
    .it = Look for load on Wi-Fi and line between this computer and { $host }: response times vary by { $time }.
finding-qu-04 = { $host } answered only at the second attempt; the fault comes and goes.
    .remedy = Run a deep check. If it happens again, send the report to your network administrator.
    .it = Look for connections that are cut now and then on the way to { $host }: the first attempt failed, the second worked.

## Everything works, and the check itself
finding-ok-01 = Everything works. { $time ->
    [none] { $count ->
        [one] { $name } answers.
        [2] Both connections answer.
       *[other] All { $count } connections answer.
    }
   *[other] { $count ->
        [one] { $over ->
            [websocket] { $name } answers in { $time } over WebSocket.
           *[web] { $name } answers in { $time }.
        }
        [2] Both connections answer, the slower one in { $time }.
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
    .it = Nothing in the network: the path to { $name } works. Choose Reconnect in Linekeeper.
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
    .it = Nothing in the network: the path to { $name } works, and Linekeeper does not use it. Its log and support file say more.

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
step-d4 = Backup hosts
    .doing = trying the backup hosts
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
step-reason-no-backups = no backup host is configured
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

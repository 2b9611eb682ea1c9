//! Remedies: what a person can do about a connection that is not as it should be, and who that person is.
//! Only words and their owners; when each applies stands in `remedy_for.rs`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever uses this computer and its configuration.
    You,
    /// Whoever looks after this computer and its network.
    Administrator,
    /// Whoever runs the server.
    Server,
    /// Nobody has to act: Linekeeper goes on by itself.
    Linekeeper,
}

/// What a person can do about an endpoint, as it stands in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Remedy {
    /// Stable code.
    pub code: RemedyCode,
    /// Who can do it.
    pub owner: Owner,
    /// What to do, in one or two English sentences.
    pub text: String,
}

impl From<RemedyCode> for Remedy {
    fn from(code: RemedyCode) -> Self {
        Self { code, owner: code.owner(), text: code.text().to_owned() }
    }
}

macro_rules! remedies {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $owner:ident => $text:literal,)+) => {
        /// What to do, for programs. People read [`RemedyCode::text`] or the words of the UI.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum RemedyCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)+
        }

        impl RemedyCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Who can do it.
            pub fn owner(self) -> Owner {
                match self { $(Self::$name => Owner::$owner),+ }
            }

            /// What to do, in English.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

remedies! {
    /// It was paused here.
    Resume = "resume", You
        => "Nothing is wrong. Resume it when you want the connection back.",
    /// No network.
    JoinNetwork = "join_network", You
        => "Connect this computer to a network: check the cable or Wi-Fi. Linekeeper then connects by itself.",
    /// A sign-in page of the network is in the way.
    SignInToNetwork = "sign_in_to_network", You
        => "Open a browser, visit any page and sign in to this network. Linekeeper then connects by itself.",
    /// The server does not accept user name, password or token.
    RenewCredential = "renew_credential", You
        => "Correct the user name, password or token in the configuration, or ask who runs the server for a new one.",
    /// There is nothing, or nothing usable, where the configuration says the secret is.
    MendSecret = "mend_secret", You
        => "Put the secret where the configuration says it is; the technical detail names the place and what is wrong.",
    /// The credentials are known, but may not do this.
    AskForAccess = "ask_for_access", Server
        => "Ask who runs the server to give this account or this computer access.",
    /// The files of the client certificate are not usable.
    MendClientCertificate = "mend_client_certificate", You
        => "Check the files of the client certificate and its key that the configuration names.",
    /// The server wants a client certificate.
    GetClientCertificate = "get_client_certificate", Server
        => "Ask who runs the server for a client certificate, and name its files in the configuration.",
    /// The server does not like the client certificate.
    RenewClientCertificate = "renew_client_certificate", Server
        => "Ask who runs the server for a new client certificate: this one may have expired.",
    /// The proxy wants to know who we are.
    SignInToProxy = "sign_in_to_proxy", Administrator
        => "Ask your network administrator for the proxy's user name and password, and enter them in the configuration.",
    /// The proxy is away or broken.
    CheckProxy = "check_proxy", Administrator
        => "Ask your network administrator whether the proxy works and its address in the settings is right.",
    /// The proxy does not let us through.
    AllowAtProxy = "allow_at_proxy", Administrator
        => "Ask your network administrator to let the proxy connect to this server.",
    /// The name does not exist.
    CheckName = "check_name", You
        => "Check how the server's name is spelled in the configuration. If it is right, ask your network administrator.",
    /// Names cannot be looked up.
    CheckNameService = "check_name_service", Administrator
        => "See whether web pages open. If they do not, tell your network administrator that names are not found.",
    /// Another server or another path answers.
    CheckAddress = "check_address", You
        => "Compare the address in the configuration with the one that the people who run the server gave you.",
    /// The server is right, the path is not.
    CheckPath = "check_path", You
        => "Check the part of the address after the server's name. Who runs the server knows the right one.",
    /// The port speaks no TLS.
    CheckPort = "check_port", You
        => "Check the port in the configuration. Who runs the server knows which one is encrypted.",
    /// Nothing listens.
    StartServer = "start_server", Server
        => "Ask who runs the server whether it is running, and check the port in the configuration.",
    /// No way to the server.
    CheckRoute = "check_route", Administrator
        => "Check your network, and the VPN if this server needs one. If both work, ask your network administrator.",
    /// A firewall of this computer.
    AllowInFirewall = "allow_in_firewall", Administrator
        => "Ask your administrator to allow Linekeeper in this computer's firewall or security software.",
    /// The certificate names somebody else.
    CorrectCertificateName = "correct_certificate_name", Server
        => "Check the server's name in the configuration. If it is right, who runs the server must correct the certificate.",
    /// The certificate is over.
    ReplaceCertificate = "replace_certificate", Server
        => "Tell who runs the server that it needs a new certificate. First make sure that this computer's date is right.",
    /// The certificate is not valid yet.
    SetClock = "set_clock", You
        => "Set this computer's date and time. If they are right, tell who runs the server.",
    /// Nobody here knows the issuer.
    TrustIssuer = "trust_issuer", Administrator
        => "Ask your administrator for the issuer's certificate, and name its file as ca_file in the configuration.",
    /// Something on the way changes encrypted connections.
    CheckInspection = "check_inspection", Administrator
        => "Ask your network administrator whether a proxy or security software inspects encrypted connections.",
    /// The file of trusted issuers is not usable.
    MendCaFile = "mend_ca_file", You
        => "Check the file that the configuration names as ca_file: it must be readable and hold certificates.",
    /// Connections open, but WebSocket does not come through.
    LetWebsocketThrough = "let_websocket_through", Administrator
        => "Ask your network administrator whether a proxy or firewall blocks WebSocket. If not, ask who runs the server.",
    /// The server named a time.
    RespectWait = "respect_wait", Linekeeper
        => "Linekeeper keeps the time that the server asked for. Reconnecting by hand tries at once.",
    /// Too many requests.
    AskForHigherLimit = "ask_for_higher_limit", Server
        => "Linekeeper slows down by itself. If this happens often, ask who runs the server for a higher limit.",
    /// The server is known to be in trouble.
    WaitForServer = "wait_for_server", Server
        => "Linekeeper connects as soon as the server is ready. If this lasts, tell who runs the server.",
    /// A line that broke, as lines do.
    CheckLine = "check_line", Linekeeper
        => "Linekeeper reconnects by itself. If this happens often, check the cable, Wi-Fi or VPN.",
    /// The server accepts and hangs up.
    AskAboutHangups = "ask_about_hangups", Server
        => "The server accepts and hangs up again and again. Ask who runs it; Linekeeper tries less often meanwhile.",
    /// The server ended it on purpose.
    AskAboutStop = "ask_about_stop", Server
        => "The server wants no connection for now. Ask who runs it; reconnecting by hand tries at once.",
    /// Every allowed try failed, for causes that pass.
    TryByHand = "try_by_hand", You
        => "Linekeeper now tries only now and then. Reconnect by hand once the cause is gone.",
    /// The server breaks the rules.
    ReportToServer = "report_to_server", Server
        => "Send the technical detail to the people who run the server: it breaks the rules of the protocol.",
    /// A message was over the limit.
    ShrinkMessages = "shrink_messages", Server
        => "Ask who runs the server to send smaller messages.",
    /// Connected, but not in the preferred way.
    ReturnsByItself = "returns_by_itself", Linekeeper
        => "Messages flow. Linekeeper returns to the usual way by itself as soon as that works again.",
    /// A defect of ours.
    ReportDefect = "report_defect", Linekeeper
        => "This is a fault of Linekeeper. Send its log files to who looks after it.",
}

impl fmt::Display for RemedyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Owner {
    /// Every owner.
    pub const ALL: [Self; 4] = [Self::You, Self::Administrator, Self::Server, Self::Linekeeper];

    /// The word as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Administrator => "administrator",
            Self::Server => "server",
            Self::Linekeeper => "linekeeper",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_remedy_is_unique_and_short_and_says_what_to_do() {
        let mut seen = HashSet::new();
        for code in RemedyCode::ALL {
            assert!(seen.insert(code.as_str()) && seen.insert(code.text()), "{code} stands twice");
            assert!(code.text().len() <= 160, "{code}: too long");
            assert!(code.text().ends_with('.'), "{code}: not a sentence");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn who_has_to_act_is_named_in_the_text() {
        for code in RemedyCode::ALL {
            let names: &[&str] = match code.owner() {
                Owner::You => &[
                    "the configuration",
                    "this computer",
                    "this network",
                    "Resume",
                    "by hand",
                    "the address",
                ],
                Owner::Administrator => &["administrator"],
                Owner::Server => &["who run"],
                Owner::Linekeeper => &["Linekeeper"],
            };
            assert!(names.iter().any(|name| code.text().contains(name)), "{code}: {}", code.text());
        }
        for owner in Owner::ALL {
            assert_eq!(serde_json::to_value(owner).unwrap(), owner.as_str());
        }
    }
}

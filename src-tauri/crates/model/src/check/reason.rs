//! Why a step was not done, or did not end by itself. Codes: the words of every language stand in `ui/locales`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($name:ident = $word:literal, $english:literal;)+) => {
        /// Why a step was skipped, does not apply, was cut short or broke off.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum StepReason {
            $(#[doc = $english] #[serde(rename = $word)] $name,)+
        }

        impl StepReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// The reason in English, as part of a sentence.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $english),+ }
            }
        }
    };
}

reasons! {
    NeedsName = "needs_name", "needs the name, which failed";
    NeedsTcp = "needs_tcp", "needs TCP, which failed";
    NeedsProxy = "needs_proxy", "needs the proxy, which failed";
    NeedsTls = "needs_tls", "needs TLS, which failed";
    NeedsWeb = "needs_web", "needs the web request, which failed";
    NeedsWebsocket = "needs_websocket", "needs the WebSocket, which failed";
    NeedsPong = "needs_pong", "needs an answered ping, which failed";
    NeedsEarlier = "needs_earlier", "needs an earlier step, which failed";
    NeedsRoute = "needs_route", "needs a default route, and there is none";
    NeedsOtherFamily = "needs_other_family", "needs TCP over the other IP version, which failed";
    NeedsConfiguration = "needs_configuration", "needs a configuration that can be used";
    CutShort = "cut_short", "the check ended before this step";
    BrokeOff = "broke_off", "this step broke off";
    BrokeBefore = "broke_before", "the check broke off before this step";
    NothingHere = "nothing_here", "there is nothing to check here";
    TransportNotConfigured = "transport_not_configured", "this transport is not configured";
    DeepOnly = "deep_only", "part of the deep check";
    AskedToWait = "asked_to_wait", "the server asked to wait";
    NoEcho = "no_echo", "no echo is agreed with the server";
    OneSession = "one_session", "the server allows one session, and the live connection has it";
    Unencrypted = "unencrypted", "the address asks for no encryption";
    NoCertificate = "no_certificate", "the server showed no certificate";
    ProxyChooses = "proxy_chooses", "the proxy chooses the address";
    ProxyResolves = "proxy_resolves", "the proxy looks the name up";
    NoProxy = "no_proxy", "no proxy is on the way";
    NoBackups = "no_backups", "no backup host is configured";
    OneFamily = "one_family", "the name has addresses of one IP version";
    NotCounted = "not_counted", "this system does not tell what was acknowledged";
    NoConnection = "no_connection", "no connection for it could be opened";
    SessionClosed = "session_closed", "the server had closed the session";
    Literal = "literal", "there is no name to look up: the address is a number";
    OwnName = "own_name", "the name is this computer’s own";
    NoAgent = "no_agent", "Linekeeper is not running and keeps no connections";
    NoBuffer = "no_buffer", "no waiting messages are known: Linekeeper was not asked";
    NoClock = "no_clock", "no server told its time";
    NoHistory = "no_history", "no history is kept here";
    NoGoodCheck = "no_good_check", "there is no good check in this network yet";
    HistoryUnreadable = "history_unreadable", "the history cannot be read";
    HistorySilent = "history_silent", "the history did not answer in time";
    OthersChecked = "others_checked", "the other connections are checked themselves";
    NoOthers = "no_others", "no other connection is configured";
    OthersProxied = "others_proxied", "all other connections go through a proxy, which would answer for them";
    NoControlPage = "no_control_page", "no page to recognise sign-in pages by is configured (control_url)";
    ControlPageEncrypted = "control_page_encrypted", "control_url does not begin with http://, and a sign-in page can answer nowhere else";
    AllHere = "all_here", "everything that is checked is on this computer";
    InterfacesUnread = "interfaces_unread", "interfaces and routes are not read on this system";
    NoRouter = "no_router", "the default route names no router";
    NeighboursUnread = "neighbours_unread", "this system does not tell whether the router answers";
    NobodyWatched = "nobody_watched", "nobody watched for sleep and changes of network";
    ServersUnknown = "servers_unknown", "this system does not tell which name servers it asks";
    Undotted = "undotted", "the system completes a name without a dot; name servers are not asked for it as it stands";
    NotAskable = "not_askable", "no name server can be asked for this name";
    HostsFileAnswers = "hosts_file_answers", "the hosts file answers for this name";
}

impl StepReason {
    /// Whether another step failed that this one needs.
    pub fn is_consequence(self) -> bool {
        self.as_str().starts_with("needs_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_back_from_its_code() {
        for reason in StepReason::ALL {
            let written = serde_json::to_value(reason).unwrap();
            assert_eq!(written, reason.as_str());
            assert_eq!(serde_json::from_value::<StepReason>(written).unwrap(), *reason);
        }
    }
}

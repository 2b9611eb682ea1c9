//! Stable error codes. A code is added only when somebody acts on it, and is never renamed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal => $plain:literal,)+) => {
        /// What went wrong, for programs. People read [`ErrorCode::plain`] or the words of the UI.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// One English sentence without jargon.
            pub fn plain(self) -> &'static str {
                match self { $(Self::$name => $plain),+ }
            }
        }
    };
}

codes! {
    /// The name does not exist.
    DnsNotFound = "dns_not_found" => "No server with this name was found.",
    /// The name servers do not answer, or answer with a failure.
    DnsFailed = "dns_failed" => "The server's address could not be looked up.",
    /// No lookup result in time.
    DnsTimeout = "dns_timeout" => "Looking up the server's address took too long.",
    /// The port is closed.
    ConnectionRefused = "connection_refused" => "No program answers at the server's address.",
    /// No address answered in time.
    ConnectTimeout = "connect_timeout" => "The server does not answer.",
    /// No way to the address.
    Unreachable = "unreachable" => "The server cannot be reached from this network.",
    /// This computer has no usable network.
    NetworkDown = "network_down" => "This computer has no network.",
    /// The operating system forbade it: firewall, sandbox.
    PermissionDenied = "permission_denied" => "This computer does not allow the connection.",
    /// Any other failure while opening the TCP connection.
    ConnectFailed = "connect_failed" => "The connection could not be opened.",
    /// The certificate is for another name.
    TlsName = "tls_name" => "The server's certificate is for another name.",
    /// The certificate has expired.
    TlsExpired = "tls_expired" => "The server's certificate has expired.",
    /// The certificate is not valid yet; often a wrong clock.
    TlsNotYetValid = "tls_not_yet_valid" => "The server's certificate is not valid yet. Is this computer's clock right?",
    /// The issuer is not trusted here.
    TlsUntrusted = "tls_untrusted" => "The server's certificate comes from an issuer this computer does not trust.",
    /// The certificate was revoked.
    TlsRevoked = "tls_revoked" => "The server's certificate was revoked.",
    /// The handshake took too long.
    TlsTimeout = "tls_timeout" => "Setting up the encrypted connection took too long.",
    /// The other side does not speak TLS.
    TlsNotSpoken = "tls_not_spoken" => "The server offers no encrypted connection at this address.",
    /// Any other TLS failure.
    TlsFailed = "tls_failed" => "The encrypted connection could not be set up.",
    /// The CA file could not be read or holds no certificate.
    CaFile = "ca_file" => "The configured file of trusted certificates cannot be used.",
    /// The client certificate's files could not be read or do not belong together.
    ClientCert = "client_cert" => "The configured client certificate cannot be used.",
    /// The server wants a client certificate, and none is configured.
    ClientCertRequired = "client_cert_required" => "The server asks for a client certificate.",
    /// The server does not accept the client certificate.
    ClientCertRefused = "client_cert_refused" => "The server does not accept the client certificate.",
    /// The proxy's name is unknown, or it does not listen.
    ProxyUnreachable = "proxy_unreachable" => "The proxy cannot be reached.",
    /// 407, or what means the same in SOCKS5.
    ProxyAuthRequired = "proxy_auth_required" => "The proxy asks for a user name and password.",
    /// The proxy forbids the connection.
    ProxyRefused = "proxy_refused" => "The proxy does not allow the connection.",
    /// The proxy works, but finds no way to the server.
    ProxyCannotReach = "proxy_cannot_reach" => "The proxy cannot reach the server.",
    /// The proxy opened no way in time.
    ProxyTimeout = "proxy_timeout" => "Connecting through the proxy took too long.",
    /// No proxy, or one in trouble.
    ProxyFailed = "proxy_failed" => "The proxy does not work as it should.",
    /// 401, or a close code that means the same.
    Unauthorized = "unauthorized" => "The server does not accept the user name, password or token.",
    /// 403.
    Forbidden = "forbidden" => "The server refuses access.",
    /// The configured place of a secret holds none that can be used.
    SecretUnavailable = "secret_unavailable" => "The secret for the server could not be read.",
    /// Others than its owner can read the file of a secret.
    SecretExposed = "secret_exposed" => "Other people on this computer can read a file with a secret.",
    /// 404 or 410.
    NotFound = "not_found" => "The server answers, but has nothing at this address.",
    /// 429.
    RateLimited = "rate_limited" => "The server asks us to connect less often.",
    /// 502, 503, 504.
    ServiceUnavailable = "service_unavailable" => "The server is up, the service behind it is not.",
    /// Any other 5xx.
    ServerError = "server_error" => "The server reports an error of its own.",
    /// A page, or any other answer, where a WebSocket was expected.
    NotWebsocket = "not_websocket" => "Something answers at this address, but not a WebSocket server.",
    /// A redirect that is not followed: it loops, is one too many, or leads where it may not.
    RedirectRefused = "redirect_refused" => "The server sends the connection elsewhere, and it cannot go there.",
    /// The answer broke the rules of the handshake.
    HandshakeInvalid = "handshake_invalid" => "The server answered the WebSocket request, but not in a valid way.",
    /// No answer to the upgrade in time.
    HandshakeTimeout = "handshake_timeout" => "The server accepted the connection, but then did not answer.",
    /// The connection closed during the handshake.
    HandshakeClosed = "handshake_closed" => "The server closed the connection before answering.",
    /// The whole attempt took too long.
    AttemptTimeout = "attempt_timeout" => "Connecting took too long.",
    /// Opened, but nothing came back in time.
    NotProven = "not_proven" => "The connection opened, but nothing came through it.",
    /// Nothing came back after a ping.
    PingTimeout = "ping_timeout" => "The connection went silent.",
    /// The session ended without a close frame.
    ConnectionLost = "connection_lost" => "The connection was lost.",
    /// The server ended the session.
    ClosedByServer = "closed_by_server" => "The server ended the connection.",
    /// The server is going away or restarting: close 1001, 1012.
    ServerRestarting = "server_restarting" => "The server is restarting.",
    /// The server is overloaded: close 1013.
    ServerOverloaded = "server_overloaded" => "The server is overloaded.",
    /// The peer broke the protocol.
    ProtocolViolation = "protocol_violation" => "The server sent something a WebSocket server may not send.",
    /// A text frame was not UTF-8.
    InvalidUtf8 = "invalid_utf8" => "The server sent damaged text (not valid UTF-8).",
    /// A message exceeded the limit.
    MessageTooBig = "message_too_big" => "A message was larger than allowed.",
    /// A sign-in page of the network answers in place of the server.
    CaptivePortal = "captive_portal" => "This network wants you to sign in first.",
    /// Every allowed try failed.
    MaxAttempts = "max_attempts" => "Every allowed try failed. It is still tried from time to time.",
    /// The configuration file is not valid.
    ConfigInvalid = "config_invalid" => "The configuration file has an error.",
    /// The configuration file could not be read.
    ConfigUnreadable = "config_unreadable" => "The configuration file cannot be read.",
    /// An environment variable has a value that is not valid.
    EnvInvalid = "env_invalid" => "An environment variable has a value that is not valid.",
    /// A configured feature is not part of this version.
    Unsupported = "unsupported" => "This version cannot do what is configured here.",
    /// The gateway's configured address is taken or not allowed.
    GatewayUnavailable = "gateway_unavailable" => "The local gateway could not start.",
    /// The gateway serves as many connections as it may.
    GatewayBusy = "gateway_busy" => "The local gateway has too many connections.",
    /// Log files cannot be written.
    LogUnavailable = "log_unavailable" => "Log files cannot be written.",
    /// A file that somebody asked for could not be written.
    FileNotWritten = "file_not_written" => "The file could not be written.",
    /// No tray host on this desktop.
    TrayUnavailable = "tray_unavailable" => "This desktop shows no tray icons.",
    /// Notifications are refused by the desktop.
    NotificationsUnavailable = "notifications_unavailable" => "The desktop shows no notifications.",
    /// No folder for the application's files.
    NoHome = "no_home" => "No folder for Linekeeper's files was found.",
    /// Another agent owns this home.
    AlreadyRunning = "already_running" => "Linekeeper is already running.",
    /// One check at a time.
    CheckRunning = "check_running" => "Another check is running.",
    /// The request is malformed.
    BadRequest = "bad_request" => "The request is not valid.",
    /// No or a wrong token.
    TokenRequired = "token_required" => "The gateway's token is missing or wrong.",
    /// Wrong Host or Origin header.
    OriginRefused = "origin_refused" => "Requests from this origin are not allowed.",
    /// No such endpoint.
    UnknownEndpoint = "unknown_endpoint" => "There is no endpoint with this id.",
    /// No such route, or not with this method.
    UnknownRoute = "unknown_route" => "There is nothing at this path.",
    /// No waiting message or dead letter has this id.
    UnknownMessage = "unknown_message" => "There is no message with this id.",
    /// No check that is kept has this id.
    UnknownCheck = "unknown_check" => "There is no check with this id any more.",
    /// Something in a support file must not leave this computer.
    BundleRefused = "bundle_refused" => "The support file was not saved: something in it must not leave this computer.",
    /// 415 of the gateway.
    UnsupportedMediaType = "unsupported_media_type" => "Messages of this content type are not taken.",
    /// 429 of the gateway; the limit of a hub connection.
    TooManyMessages = "too_many_messages" => "Messages come faster than they can be taken.",
    /// A bound of the buffer is reached.
    BufferFull = "buffer_full" => "The buffer for unsent messages is full.",
    /// The disk has no room left, or nearly none.
    DiskFull = "disk_full" => "The disk is too full to store unsent messages.",
    /// The buffer's disk refuses, or the buffer failed.
    BufferUnavailable = "buffer_unavailable" => "Unsent messages cannot be stored.",
    /// Files of the buffer were damaged; what could be saved was.
    BufferDamaged = "buffer_damaged" => "Stored messages were damaged.",
    /// Messages wait for an endpoint that was removed or disabled.
    MessagesLeft = "messages_left" => "Messages wait for a connection that is not configured any more.",
    /// The agent is shutting down.
    ShuttingDown = "shutting_down" => "Linekeeper is shutting down.",
    /// A defect; the log has more.
    Internal = "internal" => "Something went wrong inside Linekeeper. The log has more.",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_has_a_short_sentence() {
        let mut seen = HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{code} stands twice");
            assert!(code.plain().len() <= 160, "{code}: too long");
            assert!(code.plain().ends_with(['.', '?']), "{code}: not a sentence");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}

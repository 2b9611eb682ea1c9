//! Findings: what a check can find, who can mend it, and how sure it is.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::step::StepId;
use crate::EndpointId;

/// Who can mend what a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FindingOwner {
    /// Whoever uses this computer.
    User,
    /// Whoever looks after this computer and its network.
    It,
    /// Whoever looks after the proxy or the security software.
    ProxyAdmin,
    /// Whoever runs the server.
    Server,
    /// Whoever owns the account the credentials belong to.
    Account,
    /// The makers of Linekeeper.
    Vendor,
    /// Whoever keeps the configuration.
    Config,
    /// Nobody has to act.
    None,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Fits what was seen; so do other causes.
    Possible,
    /// Two independent observations agree.
    Likely,
    /// One typed error explains everything.
    Certain,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It works, but not as it should.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// Stable code.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// The endpoint it is about; absent where it is about this computer or its network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointId>,
    /// What is wrong, one English sentence of at most 160 characters.
    pub text: String,
    /// What to do about it, in English.
    pub remedy: String,
    /// Who can.
    pub owner: FindingOwner,
    /// How sure it is.
    pub confidence: Confidence,
    /// Values in the sentences, by name, as they are said in English (`"31 ms"`, `"2 h"`).
    pub args: BTreeMap<String, String>,
    /// What was seen, for experts: at least one line. Raw errors, errno and status stand here.
    pub evidence: Vec<String>,
    /// The step that saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// The finding this one is a consequence of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_by: Option<FindingCode>,
}

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $owner:ident, $confidence:ident;)+) => {
        /// What a check can find. The word is what support reads out on the telephone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum FindingCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)+
        }

        impl FindingCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Who can mend it, unless the evidence says otherwise.
            pub fn owner(self) -> FindingOwner {
                match self { $(Self::$name => FindingOwner::$owner),+ }
            }

            /// The most that may be claimed for it.
            pub fn confidence(self) -> Confidence {
                match self { $(Self::$name => Confidence::$confidence),+ }
            }
        }
    };
}

findings! {
    /// No interface is up.
    Pc01 = "PC-01", User, Certain;
    /// No default route.
    Pc02 = "PC-02", It, Certain;
    /// The router does not answer.
    Pc03 = "PC-03", It, Likely;
    /// A local rule refuses the connection.
    Pc04 = "PC-04", ProxyAdmin, Certain;
    /// The clock is wrong enough to break TLS.
    Pc05 = "PC-05", User, Certain;
    /// The clock is somewhat wrong.
    Pc06 = "PC-06", User, Likely;
    /// A sign-in page.
    Pc07 = "PC-07", User, Likely;
    /// The buffer cannot be written or is full.
    Pc08 = "PC-08", User, Certain;
    /// Many or old messages wait.
    Pc09 = "PC-09", None, Certain;
    /// Out of file handles or local ports.
    Pc10 = "PC-10", Vendor, Certain;
    /// Another copy holds the buffer.
    Pc11 = "PC-11", User, Certain;
    /// Just woke up or changed network.
    Pc12 = "PC-12", None, Possible;
    /// Traffic goes through a VPN.
    Pc13 = "PC-13", None, Certain;
    /// The configured URL cannot be used.
    Cf01 = "CF-01", Config, Certain;
    /// The server moved.
    Cf02 = "CF-02", Server, Certain;
    /// No credentials are stored.
    Cf03 = "CF-03", User, Certain;
    /// The name does not exist.
    Dn01 = "DN-01", It, Certain;
    /// The name server failed.
    Dn02 = "DN-02", It, Certain;
    /// No name server answered.
    Dn03 = "DN-03", It, Certain;
    /// The name server refuses this computer.
    Dn04 = "DN-04", It, Certain;
    /// The name has no address.
    Dn05 = "DN-05", Server, Certain;
    /// The first name server is silent.
    Dn06 = "DN-06", It, Certain;
    /// The hosts file fixes the name.
    Dn07 = "DN-07", User, Certain;
    /// The name leads to a blocking address.
    Dn08 = "DN-08", It, Likely;
    /// Refused: nothing listens.
    Tc01 = "TC-01", Server, Likely;
    /// Silence, while another server answers.
    Tc02 = "TC-02", It, Likely;
    /// Silence everywhere.
    Tc03 = "TC-03", It, Possible;
    /// No path.
    Tc04 = "TC-04", It, Certain;
    /// IPv6 dead, IPv4 fine.
    Tc05 = "TC-05", It, Certain;
    /// IPv4 dead, IPv6 fine.
    Tc06 = "TC-06", It, Certain;
    /// Some addresses dead.
    Tc07 = "TC-07", Server, Likely;
    /// Accepts and hangs up.
    Tc08 = "TC-08", Server, Possible;
    /// Accepts and says nothing.
    Tc09 = "TC-09", Server, Possible;
    /// Large packets vanish.
    Tc10 = "TC-10", It, Likely;
    /// A backup host cannot be reached.
    Tc11 = "TC-11", Server, Likely;
    /// A backup host can be reached, or is in use.
    Tc12 = "TC-12", None, Certain;
    /// The proxy wants a login.
    Px01 = "PX-01", ProxyAdmin, Certain;
    /// The proxy does not answer.
    Px02 = "PX-02", ProxyAdmin, Certain;
    /// The proxy refuses the destination.
    Px03 = "PX-03", ProxyAdmin, Certain;
    /// The proxy could not reach the destination.
    Px04 = "PX-04", ProxyAdmin, Certain;
    /// The proxy's name cannot be found.
    Px05 = "PX-05", ProxyAdmin, Certain;
    /// An automatic proxy script was not run.
    Px06 = "PX-06", ProxyAdmin, Certain;
    /// A proxy exists that is not used.
    Px07 = "PX-07", User, Likely;
    /// A transparent proxy.
    Px08 = "PX-08", ProxyAdmin, Likely;
    /// Certificate expired.
    Tl01 = "TL-01", Server, Certain;
    /// Certificate not valid yet.
    Tl02 = "TL-02", Server, Certain;
    /// Certificate for another name.
    Tl03 = "TL-03", Server, Likely;
    /// Self-signed certificate.
    Tl04 = "TL-04", Server, Likely;
    /// Unknown issuer.
    Tl05 = "TL-05", ProxyAdmin, Likely;
    /// Inspection.
    Tl06 = "TL-06", ProxyAdmin, Likely;
    /// Chain incomplete.
    Tl07 = "TL-07", Server, Likely;
    /// No common version or cipher.
    Tl08 = "TL-08", Server, Certain;
    /// The answer is not TLS.
    Tl09 = "TL-09", Config, Certain;
    /// Cut when the name is announced.
    Tl10 = "TL-10", It, Likely;
    /// Expires soon.
    Tl11 = "TL-11", Server, Certain;
    /// A client certificate is wanted.
    Tl12 = "TL-12", Account, Certain;
    /// Certificate not acceptable for another reason: revoked, damaged, for another purpose.
    Tl13 = "TL-13", Server, Certain;
    /// 401.
    Ht01 = "HT-01", Account, Certain;
    /// 403 by the server.
    Ht02 = "HT-02", Account, Likely;
    /// A block page.
    Ht03 = "HT-03", ProxyAdmin, Likely;
    /// 404.
    Ht04 = "HT-04", Config, Likely;
    /// 429.
    Ht05 = "HT-05", Server, Certain;
    /// 500.
    Ht06 = "HT-06", Server, Certain;
    /// 502, 503, 504.
    Ht07 = "HT-07", Server, Certain;
    /// Slow answer.
    Ht08 = "HT-08", Server, Likely;
    /// A web page in place of 101.
    Ws01 = "WS-01", Server, Likely;
    /// The upgrade is removed on the way.
    Ws02 = "WS-02", ProxyAdmin, Likely;
    /// Another version is wanted.
    Ws03 = "WS-03", Server, Certain;
    /// A wrong proof in the answer.
    Ws04 = "WS-04", ProxyAdmin, Likely;
    /// Another subprotocol.
    Ws05 = "WS-05", Config, Certain;
    /// The upgrade request is swallowed.
    Ws06 = "WS-06", ProxyAdmin, Likely;
    /// Closed right after the upgrade.
    Ws07 = "WS-07", Server, Certain;
    /// Open, but nothing passes.
    Ws08 = "WS-08", ProxyAdmin, Likely;
    /// A fallback is used.
    Ws09 = "WS-09", ProxyAdmin, Likely;
    /// Idle connections are cut.
    Ws10 = "WS-10", It, Likely;
    /// One session only.
    Ws11 = "WS-11", Config, Likely;
    /// Slow.
    Qu01 = "QU-01", It, Possible;
    /// Data is lost on the way.
    Qu02 = "QU-02", It, Likely;
    /// Response times vary.
    Qu03 = "QU-03", It, Possible;
    /// It worked at the second attempt.
    Qu04 = "QU-04", None, Likely;
    /// Everything works.
    Ok01 = "OK-01", None, Certain;
    /// Works now; the application waits.
    Me01 = "ME-01", User, Certain;
    /// The live connection works; the check's own was refused.
    Me02 = "ME-02", None, Likely;
    /// The check did not finish.
    Me03 = "ME-03", None, Certain;
    /// The path works; the application does not.
    Me04 = "ME-04", Vendor, Likely;
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! In one word: which part of the world a failure belongs to.

use model::check::{FindingCode as Code, FindingOwner, VerdictClass};

/// The class of a finding that stops something.
pub(super) fn class_of(code: Code, owner: FindingOwner) -> VerdictClass {
    match code {
        Code::Pc01
        | Code::Pc02
        | Code::Pc04
        | Code::Pc05
        | Code::Pc06
        | Code::Pc07
        | Code::Pc08
        | Code::Pc09
        | Code::Pc10
        | Code::Pc11
        | Code::Pc12
        | Code::Pc13
        | Code::Dn07
        | Code::Me01
        | Code::Me04 => VerdictClass::ThisComputer,
        Code::Pc03
        | Code::Tc02
        | Code::Tc03
        | Code::Tc04
        | Code::Tc05
        | Code::Tc06
        | Code::Tc10
        | Code::Tl10
        | Code::Ws10
        | Code::Qu01
        | Code::Qu02
        | Code::Qu03
        | Code::Qu04 => VerdictClass::LocalNetwork,
        // Blamed on the server only where the network is known to work: the finding's owner says which.
        Code::Tc01 | Code::Tc07 | Code::Tc08 | Code::Tc09 | Code::Tc11 => {
            if owner == FindingOwner::Server {
                VerdictClass::Server
            } else {
                VerdictClass::LocalNetwork
            }
        }
        Code::Cf01 | Code::Cf02 | Code::Tl09 | Code::Ht04 | Code::Ws05 | Code::Ws11 => {
            VerdictClass::Configuration
        }
        Code::Cf03 | Code::Ht01 | Code::Ht02 | Code::Tl12 => VerdictClass::Credentials,
        Code::Dn01 | Code::Dn02 | Code::Dn03 | Code::Dn04 | Code::Dn05 | Code::Dn06 | Code::Dn08 => {
            VerdictClass::Dns
        }
        Code::Px01
        | Code::Px02
        | Code::Px03
        | Code::Px04
        | Code::Px05
        | Code::Px06
        | Code::Px07
        | Code::Px08 => VerdictClass::Proxy,
        Code::Tl01
        | Code::Tl02
        | Code::Tl03
        | Code::Tl04
        | Code::Tl05
        | Code::Tl06
        | Code::Tl07
        | Code::Tl08
        | Code::Tl11
        | Code::Tl13 => VerdictClass::Tls,
        Code::Ht05 | Code::Ht06 | Code::Ht07 | Code::Ht08 | Code::Ws01 | Code::Ws03 => VerdictClass::Server,
        Code::Ht03 | Code::Ws02 | Code::Ws04 | Code::Ws06 | Code::Ws07 | Code::Ws08 | Code::Ws09 => {
            match owner {
                FindingOwner::Server => VerdictClass::Server,
                FindingOwner::Account => VerdictClass::Credentials,
                FindingOwner::Config => VerdictClass::Configuration,
                FindingOwner::User
                | FindingOwner::It
                | FindingOwner::ProxyAdmin
                | FindingOwner::Vendor
                | FindingOwner::None => VerdictClass::Proxy,
            }
        }
        Code::Ok01 | Code::Me02 | Code::Tc12 => VerdictClass::Ok,
        Code::Me03 => VerdictClass::Incomplete,
    }
}

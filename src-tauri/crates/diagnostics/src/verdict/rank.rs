//! The order of causes: first match wins. What everything else stands on comes first, then the way a connection takes.

use model::check::FindingCode as Code;

/// Ranks up to this are what everything else stands on: they come first however sure the others are.
pub(super) const FOUNDATIONS: u8 = 9;

/// The place of a code in the order of causes; lower is earlier.
pub(super) fn rank(code: Code) -> u8 {
    match code {
        // The buffer.
        Code::Pc08 | Code::Pc11 => 1,
        // Interface, route, local rule.
        Code::Pc01 => 2,
        Code::Pc02 => 3,
        Code::Pc04 | Code::Pc10 => 4,
        Code::Pc03 => 5,
        // Sign-in page, clock.
        Code::Pc07 => 6,
        Code::Pc05 => 7,
        Code::Cf01 | Code::Cf02 | Code::Cf03 => 10,
        Code::Px01 | Code::Px02 | Code::Px03 | Code::Px04 | Code::Px05 => 20,
        Code::Px06 | Code::Px07 => 21,
        Code::Dn07 => 30,
        Code::Dn01 | Code::Dn02 | Code::Dn03 | Code::Dn04 | Code::Dn05 | Code::Dn08 => 31,
        Code::Dn06 => 32,
        Code::Tc01 | Code::Tc02 | Code::Tc03 | Code::Tc04 => 40,
        Code::Tc05 | Code::Tc06 | Code::Tc07 => 41,
        // Large packets; a line that says nothing may only have lost them.
        Code::Tc10 => 45,
        Code::Tl10 => 46,
        Code::Tc08 | Code::Tc09 => 47,
        Code::Tl01
        | Code::Tl02
        | Code::Tl03
        | Code::Tl04
        | Code::Tl05
        | Code::Tl07
        | Code::Tl08
        | Code::Tl09
        | Code::Tl12
        | Code::Tl13 => 50,
        Code::Tl06 => 51,
        Code::Tl11 => 52,
        Code::Ht03 => 60,
        Code::Ht04 | Code::Ht05 | Code::Ht06 | Code::Ht07 => 61,
        Code::Ws01 | Code::Ws02 | Code::Ws03 | Code::Ws04 | Code::Ws05 | Code::Ws06 => 70,
        Code::Ws07 | Code::Ws08 | Code::Ws11 => 71,
        Code::Ws09 => 72,
        Code::Ws10 => 73,
        Code::Ht01 | Code::Ht02 => 80,
        Code::Me04 => 85,
        Code::Me01 => 86,
        Code::Qu04 => 89,
        Code::Qu02 => 90,
        Code::Qu01 => 91,
        Code::Qu03 => 92,
        Code::Ht08 => 93,
        // Needed only when something else fails.
        Code::Tc11 => 95,
        // Good to know.
        Code::Pc06 => 100,
        Code::Px08 => 101,
        Code::Pc09 => 102,
        Code::Me02 | Code::Me03 | Code::Ok01 => 110,
        Code::Tc12 => 115,
        Code::Pc12 | Code::Pc13 => 120,
    }
}

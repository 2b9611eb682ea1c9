//! WebSocket frames as bytes: those a server may send, and those it may not.

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// A frame to be written, right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    fin: bool,
    reserved: u8,
    opcode: u8,
    mask: Option<[u8; 4]>,
    declared: Option<u64>,
    payload: Vec<u8>,
}

impl RawFrame {
    /// A whole frame of any opcode, reserved ones included; only the low four bits count.
    pub fn of(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            fin: true,
            reserved: 0,
            opcode: opcode & 0x0F,
            mask: None,
            declared: None,
            payload: payload.into(),
        }
    }

    /// Text; need not be UTF-8.
    pub fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(TEXT, payload)
    }

    /// Binary.
    pub fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(BINARY, payload)
    }

    /// A further part of a message.
    pub fn continuation(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(CONTINUATION, payload)
    }

    /// A ping; may be longer than allowed.
    pub fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(PING, payload)
    }

    /// A pong; may answer nothing.
    pub fn pong(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(PONG, payload)
    }

    /// A close with any code and any bytes as its reason.
    pub fn close(code: u16, reason: impl AsRef<[u8]>) -> Self {
        Self::of(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
    }

    /// A close whose payload is these bytes.
    pub fn close_of(payload: impl Into<Vec<u8>>) -> Self {
        Self::of(CLOSE, payload)
    }

    /// Says that more parts follow.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.fin = false;
        self
    }

    /// Sets reserved bits: 4, 2 and 1 are RSV1, RSV2 and RSV3.
    #[must_use]
    pub fn reserved(mut self, bits: u8) -> Self {
        self.reserved = bits & 0b111;
        self
    }

    /// Masks the payload, which only clients may do.
    #[must_use]
    pub fn masked(mut self, key: [u8; 4]) -> Self {
        self.mask = Some(key);
        self
    }

    /// Announces this length, whatever the payload's is.
    #[must_use]
    pub fn declaring(mut self, length: u64) -> Self {
        self.declared = Some(length);
        self
    }

    /// The frame on the wire (RFC 6455 section 5.2).
    pub fn bytes(&self) -> Vec<u8> {
        let length = self.declared.unwrap_or(self.payload.len() as u64);
        let mut bytes = Vec::with_capacity(self.payload.len() + 14);
        bytes.push(u8::from(self.fin) << 7 | self.reserved << 4 | self.opcode);
        let mask_bit = u8::from(self.mask.is_some()) << 7;
        if let Ok(short @ 0..=125) = u8::try_from(length) {
            bytes.push(mask_bit | short);
        } else if let Ok(medium) = u16::try_from(length) {
            bytes.push(mask_bit | 126);
            bytes.extend(medium.to_be_bytes());
        } else {
            bytes.push(mask_bit | 127);
            bytes.extend(length.to_be_bytes());
        }
        let key = self.mask.unwrap_or_default();
        bytes.extend(self.mask.iter().flatten());
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// One message in parts: the first frame as `first` is, the rest as continuations.
pub fn fragments(first: RawFrame, rest: &[&[u8]]) -> Vec<u8> {
    let mut bytes = first.unfinished().bytes();
    for (index, part) in rest.iter().enumerate() {
        let part = RawFrame::continuation(*part);
        let last = index + 1 == rest.len();
        bytes.extend(if last { part } else { part.unfinished() }.bytes());
    }
    bytes
}

/// A frame a client sent, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFrame {
    /// Its opcode.
    pub opcode: u8,
    /// True when it was masked, as a client's must be.
    pub masked: bool,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl ClientFrame {
    /// The first frame in `bytes` and its length, if it is whole.
    pub fn first_of(bytes: &[u8]) -> Option<(Self, usize)> {
        let (head, rest) = bytes.split_at_checked(2)?;
        let masked = head[1] & 0x80 != 0;
        let (length, rest) = match head[1] & 0x7F {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), rest)
            }
            short => (u64::from(short), rest),
        };
        let (key, rest) = if masked { rest.split_first_chunk()? } else { (&[0; 4], rest) };
        let payload = rest.get(..usize::try_from(length).ok()?)?;
        let frame = Self {
            opcode: head[0] & 0x0F,
            masked,
            payload: payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        };
        Some((frame, bytes.len() - rest.len() + payload.len()))
    }

    /// The text of a text frame that is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.payload).ok().filter(|_| self.opcode == TEXT)
    }

    /// True for a ping.
    pub fn is_ping(&self) -> bool {
        self.opcode == PING
    }

    /// True for a pong.
    pub fn is_pong(&self) -> bool {
        self.opcode == PONG
    }

    /// True for a close.
    pub fn is_close(&self) -> bool {
        self.opcode == CLOSE
    }

    /// The code of a close frame that has one.
    pub fn close_code(&self) -> Option<u16> {
        match self.payload[..] {
            [high, low, ..] if self.is_close() => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_written_as_rfc_6455_section_5_7_shows_them() {
        assert_eq!(RawFrame::text("Hello").bytes(), b"\x81\x05Hello");
        assert_eq!(
            RawFrame::text("Hello").masked([0x37, 0xfa, 0x21, 0x3d]).bytes(),
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
        );
        assert_eq!(fragments(RawFrame::text("Hel"), &[b"lo"]), b"\x01\x03Hel\x80\x02lo");
        assert_eq!(RawFrame::binary(vec![0; 256]).bytes()[..4], [0x82, 0x7E, 0x01, 0x00]);
        let huge = RawFrame::binary(vec![]).declaring(65_536).bytes();
        assert_eq!(huge, [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(RawFrame::of(0xB, vec![]).reserved(4).bytes(), [0xCB, 0]);
    }

    #[test]
    fn what_a_client_sends_is_read_back_and_nothing_is_read_from_half_a_frame() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let bytes = RawFrame::binary(vec![7; length]).masked([1, 2, 3, 4]).bytes();
            let (frame, end) = ClientFrame::first_of(&bytes).unwrap();
            assert_eq!((frame.payload, frame.masked, end), (vec![7; length], true, bytes.len()));
            for cut in [0, 1, 2, 5, bytes.len() - 1] {
                assert_eq!(ClientFrame::first_of(&bytes[..cut.min(bytes.len() - 1)]), None);
            }
        }
        let close = RawFrame::close(1002, "why").masked([9; 4]).bytes();
        assert_eq!(ClientFrame::first_of(&close).unwrap().0.close_code(), Some(1002));
    }
}

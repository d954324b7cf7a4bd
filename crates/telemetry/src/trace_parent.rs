//! The W3C trace context that an event carries from the first request to the last effect.
//!
//! Source: w3.org, Trace Context, level 1 (2021-11-23), `traceparent`.

use std::fmt;
use std::str::FromStr;

/// The one flag that version 00 knows; the others are to be zero when a trace is carried on.
const SAMPLED: u8 = 1;

/// A `traceparent`: `00-<trace id, 32 hex>-<span id, 16 hex>-<flags, 2 hex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// A text that is no `traceparent` of version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTraceParent;

impl TraceParent {
    /// Starts a trace of its own.
    pub fn start() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), flags: SAMPLED }
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn step(self) -> Self {
        Self { span: fastrand::u64(1..), flags: self.flags & SAMPLED, ..self }
    }

    /// Takes a trace on where the text holds one, else starts one: a broken header never stops an event.
    pub fn follow(text: Option<&str>) -> Self {
        text.and_then(|text| text.parse().ok()).map_or_else(Self::start, Self::step)
    }

    /// The trace's id, as logs show it.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let ["00", trace, span, flags] = parts[..] else { return Err(InvalidTraceParent) };
        let (trace, span, flags) = (hex(trace, 32)?, hex(span, 16)?, hex(flags, 2)?);
        let span = u64::try_from(span).map_err(|_| InvalidTraceParent)?;
        let flags = u8::try_from(flags).map_err(|_| InvalidTraceParent)?;
        if trace == 0 || span == 0 { Err(InvalidTraceParent) } else { Ok(Self { trace, span, flags }) }
    }
}

/// So many digits, in lower case only, as the source has it.
fn hex(text: &str, digits: usize) -> Result<u128, InvalidTraceParent> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(lower) {
        return Err(InvalidTraceParent);
    }
    u128::from_str_radix(text, 16).map_err(|_| InvalidTraceParent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_carried_on_and_a_broken_one_begins_anew() {
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(given.parse::<TraceParent>().unwrap().to_string(), given);
        let next = TraceParent::follow(Some(given));
        assert_eq!(next.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_ne!(next.to_string(), given);
        let flagged = TraceParent::follow(Some(&given.replace("-01", "-ff"))).to_string();
        assert!(flagged.ends_with("-01"), "{flagged}");
        for broken in [
            "",
            "00-0-0-0",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-+1",
            "00-XY-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            &given.to_uppercase(),
            &format!("{given}-00"),
        ] {
            assert_eq!(broken.parse::<TraceParent>(), Err(InvalidTraceParent), "{broken}");
        }
    }
}

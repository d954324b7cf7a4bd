//! The W3C trace context that an event carries from the first request to the last effect.
//!
//! Source: w3.org, Trace Context, level 1 (2021-11-23), `traceparent`.

use std::fmt;
use std::str::FromStr;

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
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), flags: 1 }
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn step(self) -> Self {
        Self { span: fastrand::u64(1..), ..self }
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
        let lower_hex = |part: &&str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let parts: Vec<&str> = text.split('-').filter(lower_hex).collect();
        let ["00", trace, span, flags] = parts[..] else { return Err(InvalidTraceParent) };
        if (trace.len(), span.len(), flags.len()) != (32, 16, 2) {
            return Err(InvalidTraceParent);
        }
        let whole = Self {
            trace: u128::from_str_radix(trace, 16).map_err(|_| InvalidTraceParent)?,
            span: u64::from_str_radix(span, 16).map_err(|_| InvalidTraceParent)?,
            flags: u8::from_str_radix(flags, 16).map_err(|_| InvalidTraceParent)?,
        };
        if whole.trace == 0 || whole.span == 0 { Err(InvalidTraceParent) } else { Ok(whole) }
    }
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
        for broken in
            ["", "00-0-0-0", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &given.to_uppercase()]
        {
            assert_eq!(broken.parse::<TraceParent>(), Err(InvalidTraceParent), "{broken}");
        }
    }
}

//! The trace of one piece of work: carried on from its causes to its effects, and shown in each of its log lines.

use tracing::Span;

use crate::TraceParent;

/// Most traces that a log line names beside its own. A batch may have a hundred causes; the timeline holds them all.
const LINKS_MAX: usize = 8;

/// The trace of one piece of work.
///
/// Several causes may end in one effect: three notices of an order become one reading of it. The last cause lends its trace,
/// because the timeline names that one as the cause too; the others are named beside it.
#[derive(Debug, Clone)]
pub struct Trace {
    parent: TraceParent,
    span: Span,
}

impl Trace {
    /// Carries on the trace of the last cause that has one, by the causes' `traceparent`; else starts one.
    pub fn of<'a>(causes: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let causes: Vec<TraceParent> =
            causes.into_iter().flatten().filter_map(|text| text.parse().ok()).collect();
        let parent = causes.last().map_or_else(TraceParent::start, |cause| cause.step());
        // An error's span is there whatever the filter: a warning needs its trace most.
        let span =
            tracing::error_span!("work", trace.id = parent.trace_id(), trace.links = links(parent, &causes));
        Self { parent, span }
    }

    /// This work as the parent of its effects: what they carry as `traceparent`.
    pub fn parent(&self) -> TraceParent {
        self.parent
    }

    /// For `.instrument(…)`: log lines within carry `trace.id`, and `trace.links` if other traces end here too.
    pub fn span(&self) -> Span {
        self.span.clone()
    }
}

/// The ids of the other traces, newest first; none if there is no other.
fn links(own: TraceParent, causes: &[TraceParent]) -> Option<String> {
    let mut others: Vec<String> = Vec::new();
    for id in causes.iter().rev().map(|cause| cause.trace_id()).filter(|id| *id != own.trace_id()) {
        if others.len() < LINKS_MAX && !others.contains(&id) {
            others.push(id);
        }
    }
    (!others.is_empty()).then(|| others.join(" "))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use super::*;

    /// The tests run one after the other: a span that is first made where nobody listens, while a subscriber begins to
    /// elsewhere, may be remembered as one that nobody wants.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn in_turn() -> MutexGuard<'static, ()> {
        ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const FIRST: &str = "00-11111111111111111111111111111111-b7ad6b7169203331-01";
    const LAST: &str = "00-22222222222222222222222222222222-b7ad6b7169203331-01";

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a warning within the trace looks like while only warnings are logged.
    fn line(causes: &[Option<&str>]) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            Trace::of(causes.iter().copied()).span().in_scope(|| tracing::warn!("done"));
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_last_cause_lends_its_trace_and_the_others_are_linked_once() {
        let _turn = in_turn();
        let trace = Trace::of([Some(FIRST), Some(LAST)]).parent();
        assert_eq!(trace.trace_id(), "2".repeat(32));
        assert_ne!(trace.to_string(), LAST, "each step is a parent of its own");
        let several = line(&[Some(FIRST), Some("broken"), Some(FIRST), Some(LAST), None]);
        let (own, other) = ("2".repeat(32), "1".repeat(32));
        assert!(several.contains(&format!(r#"work{{trace.id="{own}" trace.links="{other}"}}"#)), "{several}");
        let one = line(&[Some(LAST), Some(LAST)]);
        assert!(one.contains(&own) && !one.contains("trace.links"), "{one}");
    }

    #[test]
    fn work_without_a_usable_cause_starts_a_trace() {
        let _turn = in_turn();
        let (one, other) = (Trace::of([None, Some("broken")]).parent(), Trace::of([]).parent());
        assert_ne!(one.trace_id(), other.trace_id());
    }

    #[test]
    fn a_line_names_only_so_many_traces() {
        let _turn = in_turn();
        let causes: Vec<String> = (1..=100).map(|n| format!("00-{n:032x}-b7ad6b7169203331-01")).collect();
        let causes: Vec<Option<&str>> = causes.iter().map(|it| Some(it.as_str())).collect();
        let text = line(&causes);
        let links = text.split("trace.links=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(links.split(' ').count(), LINKS_MAX);
        assert!(links.starts_with(&format!("{:032x}", 99)), "{links}");
    }
}

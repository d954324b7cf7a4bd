//! Every request that a shop has seen.

use std::sync::Mutex;

/// One request to a shop's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: String,
    /// As it was sent, for example `/stores/abc123/v2/orders?limit=250`.
    pub path_and_query: String,
    /// What it was answered; 0: not yet, or the connection was cut before the answer.
    pub status: u16,
}

/// The requests in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Vec<Request>>);

impl Journal {
    /// Notes a request that came in; the answer is noted under the number returned.
    pub(crate) fn arrived(&self, method: &str, path_and_query: &str) -> usize {
        let mut requests = self.lock();
        requests.push(Request {
            method: method.to_owned(),
            path_and_query: path_and_query.to_owned(),
            status: 0,
        });
        requests.len() - 1
    }

    pub(crate) fn answered(&self, number: usize, status: u16) {
        if let Some(request) = self.lock().get_mut(number) {
            request.status = status;
        }
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Request>> {
        self.0.lock().expect("nobody panics while holding the journal")
    }
}

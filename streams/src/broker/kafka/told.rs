//! Why a client does not get through to the cluster, in its own words.

use std::sync::Arc;

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::native;
use crate::broker::BrokerError;

/// How often it is looked whether another broker takes what one has refused: a second, in all.
const REFUSED_LOOKS: u32 = 20;

/// What a client has told while its answer is waited for. The library goes on trying, whatever it is; whoever waits wants to know.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The first refusal of what the client shows, or else the last reason.
    reason: Option<(Code, Arc<str>)>,
    /// How often it was looked since the refusal. Of several brokers, another one may be better.
    looks: u32,
}

impl Told {
    /// Listens to the client, and says whether it is no use to wait any longer.
    pub(super) fn is_final<C: ClientContext>(&mut self, client: &Client<C>) -> bool {
        while let Some((code, reason)) = native::told(client) {
            self.note(code, &reason);
        }
        self.looks += u32::from(self.is_refused());
        self.looks > REFUSED_LOOKS
    }

    fn is_refused(&self) -> bool {
        self.reason.as_ref().is_some_and(|(code, _)| is_credential(*code) || *code == Code::SSL)
    }

    fn note(&mut self, code: Code, reason: &str) {
        // That all brokers are down says nothing about why, and comes behind the reason.
        if !self.is_refused() && code != Code::NoError && code != Code::AllBrokersDown {
            self.reason = Some((code, Arc::from(reason)));
        }
    }

    /// What is the matter, if the client knows.
    pub(super) fn error(self, operation: &'static str) -> Option<BrokerError> {
        let (code, reason) = self.reason?;
        Some(match code {
            Code::SSL => BrokerError::NotTrusted { operation, reason },
            code if is_credential(code) => BrokerError::NotAuthenticated { operation, reason },
            _ => BrokerError::Unreachable { operation, reason },
        })
    }
}

fn is_credential(code: Code) -> bool {
    matches!(code, Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(notes: &[(Code, &str)]) -> Option<BrokerError> {
        let mut told = Told::default();
        for (code, reason) in notes {
            told.note(*code, reason);
        }
        told.error("ask")
    }

    #[test]
    fn a_refusal_outweighs_what_else_is_told_and_lines_for_the_log_are_none() {
        let (operation, reason) = ("ask", Arc::from("why"));
        let down = (Code::AllBrokersDown, "2/2 brokers are down");
        assert_eq!(told(&[(Code::NoError, "a line"), down]), None);
        assert_eq!(
            told(&[(Code::BrokerTransportFailure, "why"), down]),
            Some(BrokerError::Unreachable { operation, reason: Arc::clone(&reason) })
        );
        assert_eq!(
            told(&[(Code::Authentication, "why"), (Code::BrokerTransportFailure, "refused"), down]),
            Some(BrokerError::NotAuthenticated { operation, reason: Arc::clone(&reason) })
        );
        assert_eq!(
            told(&[(Code::BrokerTransportFailure, "before"), (Code::SSL, "why")]),
            Some(BrokerError::NotTrusted { operation, reason })
        );
    }
}

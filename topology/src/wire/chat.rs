//! Topic `chat`: what people write.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::names::names;
use super::{Value, topics};

names! {
    /// What somebody did in the chat.
    ChatKind, "chat kind" {
        /// Wrote a message; needs nothing but the user.
        Message = "message",
        /// Asked a question; needs `message` and `text`.
        Question = "question",
        /// Supported a question; needs `message`, the question's id.
        Upvote = "upvote",
        /// Answered a message; needs `in_reply_to`.
        Reply = "reply",
    }
}

/// One thing that somebody did in the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// What it was.
    pub kind: ChatKind,
    /// The producer's event id, for tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CompactString>,
    /// Who; an opaque id, never a name.
    pub user: CompactString,
    /// The id of the message; for an upvote the question's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<CompactString>,
    /// The id of the message that a reply answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<CompactString>,
    /// The text, where the producer shares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<CompactString>,
    /// The length of the text in characters, where the producer shares only that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars: Option<i32>,
    /// The intervention that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CompactString>,
}

impl Value for Chat {
    const RECORD: &'static str = "Chat";
    const TOPIC: &'static str = topics::CHAT;
    const SCHEMA: &'static str = include_str!("../../../schemas/chat.avsc");

    fn validate(&self) -> Result<(), Invalid> {
        let kind = self.kind.as_str();
        check::not_empty("user", &self.user)?;
        check::not_negative("chars", self.chars)?;
        match self.kind {
            ChatKind::Message => Ok(()),
            ChatKind::Question => {
                check::present(kind, "message", self.message.as_ref())?;
                check::present(kind, "text", self.text.as_ref())
            }
            ChatKind::Upvote => check::present(kind, "message", self.message.as_ref()),
            ChatKind::Reply => check::present(kind, "in_reply_to", self.in_reply_to.as_ref()),
        }
    }
}

//! Queues of the environment.

use serde_json::{Value, json};

use crate::{Deployment, aws};

/// A queue.
#[derive(Debug)]
pub struct Queue(&'static str);

/// A message that was received.
#[derive(Debug)]
pub struct Message {
    /// Its body.
    pub body: String,
    receipt: String,
}

impl Queue {
    /// The queue whose URL is this output of the files service.
    #[must_use]
    pub fn output(name: &str) -> Self {
        Self(Deployment::get().output("files", name))
    }

    /// Sends a message.
    pub fn send(&self, body: &str) {
        let _ = aws::sqs("SendMessage", &json!({"QueueUrl": self.0, "MessageBody": body}));
    }

    /// Takes up to ten messages, which stay invisible to others for a while.
    #[must_use]
    pub fn receive(&self) -> Vec<Message> {
        let answer = aws::sqs("ReceiveMessage", &json!({"QueueUrl": self.0, "MaxNumberOfMessages": 10}));
        let message = |message: &Value| {
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            Message { body: text("Body"), receipt: text("ReceiptHandle") }
        };
        answer["Messages"].as_array().into_iter().flatten().map(message).collect()
    }

    /// Deletes a message that was received.
    pub fn delete(&self, message: &Message) {
        let _ = aws::sqs("DeleteMessage", &json!({"QueueUrl": self.0, "ReceiptHandle": message.receipt}));
    }

    /// How many messages there are, visible or not.
    #[must_use]
    pub fn len(&self) -> u64 {
        let counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        counts.into_iter().map(|name| self.attribute(name).parse::<u64>().unwrap()).sum()
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of its attributes.
    #[must_use]
    pub fn attribute(&self, name: &str) -> String {
        let answer = aws::sqs("GetQueueAttributes", &json!({"QueueUrl": self.0, "AttributeNames": [name]}));
        answer["Attributes"][name].as_str().unwrap().to_owned()
    }

    /// Lets a message that failed come again after a second, until the result is dropped.
    #[must_use]
    pub fn impatient(&self) -> Patience<'_> {
        let usual = self.attribute(PATIENCE);
        self.set_patience("1");
        Patience { queue: self, usual }
    }

    fn set_patience(&self, seconds: &str) {
        let attributes = json!({PATIENCE: seconds});
        let _ = aws::sqs("SetQueueAttributes", &json!({"QueueUrl": self.0, "Attributes": attributes}));
    }
}

const PATIENCE: &str = "VisibilityTimeout";

/// Puts a queue's visibility timeout back.
#[derive(Debug)]
pub struct Patience<'a> {
    queue: &'a Queue,
    usual: String,
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        self.queue.set_patience(&self.usual);
    }
}
